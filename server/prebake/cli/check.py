"""``prebake check``: reports what is wrong with Dockerfiles, and fixes it when asked to."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prebake.cli.measuring import Measuring
from prebake.cli.output import printable, standard_error, standard_output
from prebake.cli.results import results
from prebake.cli.targets import Targets, built_from, find_targets, workspaces
from prebake.config import ConfigError
from prebake.engine import Engine, Report
from prebake.files import absolute, relative
from prebake.findings import Applicability, Finding, Severity
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.fixing import FixResult


def usage_problem(options: Namespace) -> str | None:
    """Why the options do not go together; ``None`` when they do."""
    if options.suggested and not (options.fix or options.diff):
        return "--suggested needs --fix or --diff"
    if options.diff and options.format == "json":
        return "--diff prints a diff: it does not go with --format json"
    if options.stdin_filename is not None and options.paths not in ([], ["-"]):
        return "--stdin-filename takes no PATH"
    if options.stdin_filename is not None and os.path.isdir(options.stdin_filename):
        return f"--stdin-filename: {options.stdin_filename} is a folder"
    if options.context is not None and not os.path.isdir(options.context):
        return f"--context: {options.context} is no folder"
    for option in ("select", "ignore"):
        for selector in _selectors(getattr(options, option)) or ():
            if not _names_a_rule(selector):
                return f"--{option}: no rule is called {selector!r} (prebake rule lists them)"
    return None


def run(options: Namespace) -> int:
    """Check with options for which :func:`usage_problem` found nothing; returns the exit status."""
    check = _Check(options)
    try:
        status = check.run()
    except ConfigError as error:
        check.complain(str(error))
        status = 2
    check.output.flush()
    check.errors.flush()
    return status


class _Check:
    """One run of the command."""

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self.output = standard_output()
        self.errors = standard_error()
        self.folder = absolute(".")
        self.stdin_path = None if options.stdin_filename is None else absolute(options.stdin_filename)
        # The fixed text, or the diff, has the standard output for itself.
        own_output = options.diff or (options.fix and self.stdin_path is not None)
        self.report_output = self.errors if own_output else self.output
        self.paths: Sequence[str] = [self.stdin_path] if self.stdin_path is not None else options.paths or ["."]
        self.overrides = {"select": _selectors(options.select), "ignore": _selectors(options.ignore)}
        self.engine = Engine(
            scanner=Measuring(self.errors, self.folder).scanner,
            overrides=self.overrides,
            workspaces=workspaces(self.paths),
        )

    def complain(self, problem: str) -> None:
        """Say on the standard error what went wrong."""
        self.errors.line(f"prebake: {printable(problem)}")

    def run(self) -> int:
        if self.stdin_path is not None:
            self.engine.update(self.stdin_path, Text.from_bytes(sys.stdin.buffer.read()))
        targets = find_targets(self.engine, self.paths, self.stdin_path)
        self._set_context(targets)
        for note in targets.notes:
            self.complain(note)
        failed = bool(targets.problems)
        for problem in targets.problems:
            self.complain(problem)
        if self.options.fix or self.options.diff:
            failed |= not self._fix(targets)
        reports = [self.engine.check(path) for path in targets.dockerfiles]
        for report in reports:
            if report.problem is not None:
                self.complain(f"{relative(report.path, self.folder)}: {report.problem}")
            for failure in report.failures:
                self.complain(f"{relative(report.path, self.folder)}: {failure}")
                failed = True
        self._print(reports)
        remains = any(
            finding.severity >= Severity[self.options.fail_on.upper()]
            for report in reports
            for finding in report.findings
        )
        return 2 if failed else int(remains)

    def _set_context(self, targets: Targets) -> None:
        """Make ``--context`` the context setting of all Dockerfiles that are checked; their targets stay."""
        if self.options.context is None:
            return
        chosen = built_from(self.engine, targets.dockerfiles, absolute(self.options.context))
        self.engine.configure({**self.overrides, "targets": chosen}, workspaces(self.paths))

    def _fix(self, targets: Targets) -> bool:
        """Apply fixes, or show what they would do; returns whether that went well."""
        from prebake.fixing import fix_all

        applicability = Applicability.SUGGESTED if self.options.suggested else Applicability.SAFE
        result = fix_all(self.engine, targets.dockerfiles, applicability, wanted=self._is_to_be_fixed)
        if self.options.diff:
            self._print_diff(result)
            return True
        if self.stdin_path is not None:
            return self._print_fixed(result)
        if not self._write(result, targets):
            return False
        self._say_what_was_done(result)
        return True

    def _is_to_be_fixed(self, finding: Finding) -> bool:
        """Whether a finding's preferred fix may be applied: nothing is changed of which the report does not speak, and
        no other file than the one whose text was given.
        """
        if not self._is_shown(finding):
            return False
        edits = (edit for fix in finding.fixes[:1] for edit in fix.edits)
        return self.stdin_path is None or all(edit.path == self.stdin_path for edit in edits)

    def _is_shown(self, finding: Finding) -> bool:
        return self.options.all or finding.severity > Severity.HINT

    def _print_diff(self, result: FixResult) -> None:
        from prebake.cli.diff import unified_diff

        for edit in result.edits:
            for line in unified_diff(edit, self.folder):
                if self.output.is_terminal:
                    self.output.line(self._painted(printable(line.rstrip("\r\n"))))
                else:
                    self.output.write_bytes(line.encode("utf-8", "surrogateescape"))

    def _painted(self, line: str) -> str:
        style = {"+": "good", "-": "error", "@": "information"}.get(line[:1])
        return self.output.paint(line, style) if style is not None else line

    def _print_fixed(self, result: FixResult) -> bool:
        text = self.engine.snapshot.text(self.stdin_path or "") or Text("")
        for edit in result.edits:
            text = edit.apply()
            self.engine.update(edit.path, text)
        self.output.write_bytes(text.to_bytes())
        self._say_what_was_done(result)
        return True

    def _write(self, result: FixResult, targets: Targets) -> bool:
        if not result.edits:
            return True
        from prebake.cli.writing import WriteError, write_edits

        try:
            write_edits(result.edits, [self.engine.project_root(path) for path in targets.dockerfiles])
        except WriteError as error:
            self.complain(f"nothing was fixed: {error}")
            return False
        finally:
            self.engine.invalidate()
        return True

    def _say_what_was_done(self, result: FixResult) -> None:
        output = self.errors if self.options.format == "json" else self.report_output
        for step in result.applied:
            output.line(f"{output.paint('Fixed', 'good')} {self._where(step.finding)}: {printable(step.fix.title)}")
        for refused in result.refused:
            where, title = self._where(refused.finding), printable(refused.fix.title)
            output.line(f"Not fixed {where}: {title}: {refused.why.value}")
        if result.applied or result.refused:
            output.line()

    def _where(self, finding: Finding) -> str:
        return f"{printable(relative(finding.location.path, self.folder))} {finding.code}"

    def _print(self, reports: Sequence[Report]) -> None:
        given_context = self.options.context is not None
        found = results(reports)
        if self.options.format == "json":
            from prebake.cli.json_format import document

            self.report_output.line(document(reports, found, self.folder, given_context))
            return
        from prebake.cli.text_format import TextFormat

        shown = [result for result in found if self._is_shown(result.finding)]
        printer = TextFormat(self.report_output, self.engine.snapshot, self.folder)
        if not self.options.diff:
            printer.findings(shown)
        printer.summary(reports, shown, len(found) - len(shown), given_context)


def _selectors(given: Sequence[str] | None) -> list[str] | None:
    """The codes, prefixes and names of an option that may be repeated; ``None`` when it is not given."""
    if given is None:
        return None
    return [selector.strip() for part in given for selector in part.split(",") if selector.strip()]


def _names_a_rule(selector: str) -> bool:
    from prebake.rules import REGISTRY

    code = selector.upper()
    return code == "ALL" or any(entry.code.startswith(code) or entry.name == selector for entry in REGISTRY)
