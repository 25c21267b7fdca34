"""``prebake check``: reports what is wrong with Dockerfiles, and fixes it when asked to."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from prebake.cli.known import CannotCompareError, Known, Separated, separate
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
    from prebake.cli.adoption import Adoption


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
    if options.baseline is not None and not os.path.lexists(options.baseline):
        # A baseline is what a whole project has now: not one file, not what would be, not what a change brought in.
        for option in ("diff", "since", "stdin_filename"):
            if getattr(options, option):
                name = option.replace("_", "-")
                return f"--baseline: {options.baseline} does not exist; it is written without --{name}"
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
    except (ConfigError, CannotCompareError) as error:
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
        self.overrides: dict[str, Any] = {"select": _selectors(options.select), "ignore": _selectors(options.ignore)}
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
        adoption = self._adoption(targets)
        if self.options.fix or self.options.diff:
            failed |= not self._fix(targets, adoption)
        reports = [self.engine.check(path) for path in targets.dockerfiles]
        for report in reports:
            if report.problem is not None:
                self.complain(f"{relative(report.path, self.folder)}: {report.problem}")
            for failure in report.failures:
                self.complain(f"{relative(report.path, self.folder)}: {failure}")
                failed = True
        found = results(reports)
        if adoption is not None:
            if not failed:
                adoption.conclude(found, reports, targets)
            elif self.options.baseline is not None:
                self.complain(f"{self.options.baseline} was not compared, since not everything could be checked")
            for note in adoption.notes():
                self.complain(note)
        separated = separate(found, adoption.known if adoption is not None else Counter())
        self._print(reports, separated, adoption)
        least = Severity[self.options.fail_on.upper()]
        return 2 if failed else int(any(result.finding.severity >= least for result in separated.new))

    def _set_context(self, targets: Targets) -> None:
        """Make ``--context`` the context setting of all Dockerfiles that are checked; their targets stay."""
        if self.options.context is None:
            return
        chosen = built_from(self.engine, targets.dockerfiles, absolute(self.options.context))
        self.overrides["targets"] = chosen
        self.engine.configure(self.overrides, workspaces(self.paths))

    def _adoption(self, targets: Targets) -> Adoption | None:
        """What was known before, where that was asked for."""
        if self.options.baseline is None and self.options.since is None:
            return None
        from prebake.cli.adoption import Adoption
        from prebake.cli.baseline import Baseline

        baseline = since = None
        if self.options.baseline is not None:
            baseline = Baseline(self.options.baseline)
        if self.options.since is not None:
            from prebake.cli.since import Since

            since = Since(self.options.since, self.folder, targets.dockerfiles)
        adoption = Adoption(self.engine, baseline, since)
        reports = [self.engine.check(path) for path in targets.dockerfiles]
        scanner = Measuring(self.errors, self.folder).scanner  # what was measured now says nothing of then
        adoption.look(reports, scanner, self.overrides, workspaces(self.paths))
        return adoption

    def _fix(self, targets: Targets, adoption: Adoption | None) -> bool:
        """Apply fixes, or show what they would do; returns whether that went well."""
        from prebake.cli.fixes import Fixes

        told = self.report_output if self.options.format == "text" else self.errors
        fixes = Fixes(self.engine, targets, self.folder, output=self.output, told=told)
        applicability = Applicability.SUGGESTED if self.options.suggested else Applicability.SAFE
        result = fixes.find(applicability, lambda finding: self._is_to_be_fixed(finding, adoption))
        if self.options.diff:
            fixes.print_diff(result)
        elif self.stdin_path is not None:
            fixes.print_fixed(result, self.stdin_path)
        elif (problem := fixes.write(result)) is not None:
            self.complain(problem)
            return False
        return True

    def _is_to_be_fixed(self, finding: Finding, adoption: Adoption | None) -> bool:
        """Whether a finding's preferred fix may be applied: nothing is changed of which the report does not speak, and
        no other file than the one whose text was given.
        """
        if not self._is_shown(finding) or (adoption is not None and not adoption.may_be_fixed(finding)):
            return False
        edits = (edit for fix in finding.fixes[:1] for edit in fix.edits)
        return self.stdin_path is None or all(edit.path == self.stdin_path for edit in edits)

    def _is_shown(self, finding: Finding) -> bool:
        return self.options.all or finding.severity > Severity.HINT

    def _print(self, reports: Sequence[Report], separated: Separated, adoption: Adoption | None) -> None:
        found, known = separated
        given_context = self.options.context is not None
        if self.options.format == "json":
            from prebake.cli.json_format import document

            more = adoption.document(len(known)) if adoption is not None else {}
            self.report_output.line(document(reports, found, self.folder, given_context, more))
            return
        from prebake.cli.text_format import TextFormat

        shown = [result for result in found if self._is_shown(result.finding)]
        printer = TextFormat(self.report_output, self.engine.snapshot, self.folder)
        if not self.options.diff:
            printer.findings(shown)
        left_out = None if adoption is None else Known(len(known), adoption.source)
        printer.summary(reports, shown, len(found) - len(shown), given_context, left_out)


def _selectors(given: Sequence[str] | None) -> list[str] | None:
    """The codes, prefixes and names of an option that may be repeated; ``None`` when it is not given."""
    if given is None:
        return None
    return [selector.strip() for part in given for selector in part.split(",") if selector.strip()]


def _names_a_rule(selector: str) -> bool:
    from prebake.rules import REGISTRY

    code = selector.upper()
    return code == "ALL" or any(entry.code.startswith(code) or entry.name == selector for entry in REGISTRY)
