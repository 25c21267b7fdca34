"""``prebake context``: shows what is sent to the builder, what is left out, and which patterns decide."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.cli.contexts import Shown, contexts_of
from prebake.cli.dockerfiles import DockerfileCommand, context_problem
from prebake.cli.measuring import Measuring
from prebake.cli.targets import Targets, workspaces
from prebake.engine import Engine, builds
from prebake.files import Snapshot, relative
from prebake.findings import Applicability, Severity

if TYPE_CHECKING:
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.scan import ContextScan

_ADVISERS = "PB1"
"""The rules about contexts."""
_MOST_ADVISED = 5
"""Dockerfiles whose contexts are checked for advice."""


def usage_problem(options: Namespace) -> str | None:
    """Why the options do not go together; ``None`` when they do."""
    if options.all and options.lines is not None:
        return "--all shows every entry: it does not go with --lines"
    return context_problem(options)


def run(options: Namespace) -> int:
    """Show contexts with options for which :func:`usage_problem` found nothing; returns the exit status."""
    return _Context(options).carry_out()


class _Context(DockerfileCommand):
    def __init__(self, options: Namespace) -> None:
        super().__init__(options, whole=True)
        self.pruning = Measuring(self.errors, self.folder)

    def run(self, targets: Targets) -> int:
        shown = contexts_of(
            (build for path in targets.dockerfiles for build in self._builds(path)),
            self.folder,
            given_context=self.options.context is not None,
        )
        self._print(shown)
        unread = any(self.engine.snapshot.text(path) is None for path in targets.dockerfiles)
        return 2 if targets.problems or unread or not targets.dockerfiles else 0

    def _builds(self, path: str) -> Iterator[Build]:
        if self.engine.snapshot.text(path) is None:
            self.complain(f"{relative(path, self.folder)}: {self.engine.snapshot.unreadable(path) or 'cannot be read'}")
            return
        yield from builds(
            self.engine.snapshot,
            path,
            self.engine.settings(path),
            root=self.engine.project_root(path),
            scanner=self.measuring.scanner,
        )

    def _print(self, shown: tuple[Shown, ...]) -> None:
        options = self.options
        if options.format == "json":
            from prebake.cli.context_json import document

            self.output.line(document(shown, self.folder, options.lines, options.depth, options.all))
            return
        from prebake.cli.context_text import ContextText

        text = ContextText(self.output, self.folder, options.lines, options.depth, options.all)
        text.contexts(shown)
        text.advice(*self._advice(shown))

    def _advice(self, shown: tuple[Shown, ...]) -> tuple[str, list[str]]:
        """The command that mends what is wrong with the contexts, and what it would do."""
        options = self.options
        overrides = {**self.overrides, "select": [_ADVISERS]}
        engine = Engine(scanner=self._scanner, overrides=overrides, workspaces=workspaces(options.paths))
        paths = dict.fromkeys(reader.path for context in shown for reader in context.readers)
        found = [
            finding
            for path in list(paths)[:_MOST_ADVISED]
            for finding in engine.check(path).findings
            if finding.severity > Severity.HINT and finding.fixes
        ]
        steps = dict.fromkeys(f"{finding.code}  {finding.fixes[0].title}" for finding in found)
        is_safe = all(finding.fixes[0].applicability is Applicability.SAFE for finding in found)
        given = (*(("--context", options.context) if options.context is not None else ()), *options.paths)
        return shlex.join(
            ["prebake", "check", "--fix", *([] if is_safe else ["--suggested"]), "--select", _ADVISERS, *given]
        ), list(steps)

    def _scanner(self, files: Snapshot, root: str, rules: IgnoreRules) -> ContextScan:
        """Without ignored files, among which the rules would find fault, too."""
        return (self.measuring if rules.is_empty else self.pruning).scanner(files, root, rules)
