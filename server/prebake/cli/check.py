"""``prebake check``: reports what is wrong with Dockerfiles, and fixes it when asked to."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from prebake.cli.known import CannotCompareError, separate
from prebake.cli.measuring import Measuring
from prebake.cli.output import printable, standard_error, standard_output
from prebake.cli.reporting import Outcome, is_shown, report
from prebake.cli.results import results
from prebake.cli.targets import Targets, built_from, find_targets, workspaces
from prebake.cli.usage import selectors
from prebake.config import ConfigError
from prebake.engine import Engine, Report
from prebake.files import absolute, relative
from prebake.findings import Applicability, Finding, Severity
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.cli.adoption import Adoption


def run(options: Namespace) -> int:
    """Check with options for which :func:`prebake.cli.usage.usage_problem` found nothing; returns the exit status."""
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
        self.overrides: dict[str, Any] = {"select": selectors(options.select), "ignore": selectors(options.ignore)}
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
        failures = list(targets.problems)
        for problem in failures:
            self.complain(problem)
        adoption = self._adoption(targets)
        if self.options.fix or self.options.diff:
            failures += self._fix(targets, adoption)
        reports = [self.engine.check(path) for path in targets.dockerfiles]
        failures += self._failures(reports)
        found = results(reports)
        if adoption is not None:
            if not failures:
                adoption.conclude(found, reports, targets)
            elif self.options.baseline is not None:
                self.complain(f"{self.options.baseline} was not compared, since not everything could be checked")
            for note in adoption.notes():
                self.complain(note)
        new, known = separate(found, adoption.known if adoption is not None else Counter())
        outcome = Outcome(reports, new, len(known), failures)
        report(self.options, self.report_output, self.engine.snapshot, self.folder, outcome, adoption)
        least = Severity[self.options.fail_on.upper()]
        return 2 if failures else int(any(result.finding.severity >= least for result in new))

    def _set_context(self, targets: Targets) -> None:
        """Make ``--context`` the context setting of all Dockerfiles that are checked; their targets stay."""
        if self.options.context is None:
            return
        chosen = built_from(self.engine, targets.dockerfiles, absolute(self.options.context))
        self.overrides["targets"] = chosen
        self.engine.configure(self.overrides, workspaces(self.paths))

    def _failures(self, reports: Sequence[Report]) -> list[str]:
        """What went wrong in prebake itself. That, and which Dockerfiles cannot be read, is told."""
        failures = []
        for found in reports:
            name = relative(found.path, self.folder)
            if found.problem is not None:
                self.complain(f"{name}: {found.problem}")
            for failure in found.failures:
                self.complain(f"{name}: {failure}")
                failures.append(f"{name}: {failure}")
        return failures

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

    def _fix(self, targets: Targets, adoption: Adoption | None) -> list[str]:
        """Apply fixes, or show what they would do; returns what went wrong."""
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
            return [problem]
        return []

    def _is_to_be_fixed(self, finding: Finding, adoption: Adoption | None) -> bool:
        """Whether a finding's preferred fix may be applied: nothing is changed of which the report does not speak, and
        no other file than the one whose text was given.
        """
        if not is_shown(self.options, finding.severity):
            return False
        if adoption is not None and not adoption.may_be_fixed(finding):
            return False
        edits = (edit for fix in finding.fixes[:1] for edit in fix.edits)
        return self.stdin_path is None or all(edit.path == self.stdin_path for edit in edits)
