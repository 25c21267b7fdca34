"""``prebake replay``: counts how often the steps of a Dockerfile would have run again in the last commits."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any

from prebake.cli.measuring import Measuring
from prebake.cli.output import printable, standard_error, standard_output
from prebake.cli.targets import Targets, built_from, find_targets, usual_dockerfile, workspaces
from prebake.config import ConfigError
from prebake.engine import Engine
from prebake.files import absolute, relative
from prebake.findings import Applicability


def usage_problem(options: Namespace) -> str | None:
    """Why the options do not go together; ``None`` when they do."""
    if options.context is not None and not os.path.isdir(options.context):
        return f"--context: {options.context} is no folder"
    return None


def run(options: Namespace) -> int:
    """Replay with options for which :func:`usage_problem` found nothing; returns the exit status."""
    command = _Command(options)
    try:
        status = command.run()
    except ConfigError as error:
        command.complain(str(error))
        status = 2
    command.output.flush()
    command.errors.flush()
    return status


class _Command:
    """One run of the command."""

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self.output = standard_output()
        self.errors = standard_error()
        self.folder = absolute(".")
        measuring = Measuring(self.errors, self.folder)
        self.engine = Engine(scanner=measuring.scanner, workspaces=workspaces(options.paths))

    def complain(self, problem: str) -> None:
        """Say on the standard error what went wrong."""
        self.errors.line(f"prebake: {printable(problem)}")

    def run(self) -> int:
        from prebake.replaying import Replayed, ReplayError, replay

        targets = self._targets()
        for problem in (*targets.notes, *targets.problems):
            self.complain(problem)
        if self.options.context is not None:
            chosen = built_from(self.engine, targets.dockerfiles, absolute(self.options.context))
            overrides: dict[str, Any] = {"targets": chosen}
            self.engine.configure(overrides, workspaces(self.options.paths))
        applicability = Applicability.SUGGESTED if self.options.suggested else Applicability.SAFE
        found: list[Replayed] = []
        failed = bool(targets.problems) or not targets.dockerfiles
        for path in targets.dockerfiles:
            try:
                found.append(replay(self.engine, path, self.options.revision, self.options.commits, applicability))
            except ReplayError as error:
                self.complain(f"{relative(path, self.folder)}: {error}")
                failed = True
        self._print(tuple(found))
        return 2 if failed else 0

    def _targets(self) -> Targets:
        usual = usual_dockerfile(self.engine, self.folder)
        return find_targets(self.engine, self.options.paths or [usual or "."])

    def _print(self, found: tuple[Any, ...]) -> None:
        if self.options.format == "json":
            from prebake.cli.replay_json import document

            self.output.line(document(found, self.folder))
            return
        from prebake.cli.replay_text import ReplayText

        text = ReplayText(self.output, self.folder, self.options.revision)
        for number, replayed in enumerate(found):
            if number:
                self.output.line()
            text.print(replayed)
