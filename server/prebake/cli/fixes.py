"""``--fix`` and ``--diff``: applying fixes, or showing what they would do."""

from __future__ import annotations

from collections.abc import Callable

from prebake.cli.output import Output, printable
from prebake.cli.targets import Targets
from prebake.engine import Engine
from prebake.files import relative
from prebake.findings import Applicability, Finding
from prebake.fixing import FixResult, fix_all
from prebake.text import Text


class Fixes:
    """The fixes of one run."""

    def __init__(self, engine: Engine, targets: Targets, folder: str, *, output: Output, told: Output) -> None:
        """Paths are seen from ``folder``. Fixed texts and diffs go to ``output``, what was done is ``told``."""
        self._engine = engine
        self._targets = targets
        self._folder = folder
        self._output = output
        self._told = told

    def find(self, applicability: Applicability, wanted: Callable[[Finding], bool]) -> FixResult:
        """The sum of the fixes that may be applied to wanted findings; nothing is written."""
        return fix_all(self._engine, self._targets.dockerfiles, applicability, wanted=wanted)

    def print_diff(self, result: FixResult) -> None:
        """Print what would be changed."""
        from prebake.cli.diff import unified_diff

        for edit in result.edits:
            for line in unified_diff(edit, self._folder):
                if self._output.is_terminal:
                    self._output.line(self._painted(printable(line.rstrip("\r\n"))))
                else:
                    self._output.write_bytes(line.encode("utf-8", "surrogateescape"))

    def _painted(self, line: str) -> str:
        style = {"+": "good", "-": "error", "@": "information"}.get(line[:1])
        return self._output.paint(line, style) if style is not None else line

    def print_fixed(self, result: FixResult, path: str) -> None:
        """Print the text of the one file that was given, fixed; from here on the engine has it."""
        text = self._engine.snapshot.text(path) or Text("")
        for edit in result.edits:
            text = edit.apply()
            self._engine.update(edit.path, text)
        self._output.write_bytes(text.to_bytes())
        self._say_what_was_done(result)

    def write(self, result: FixResult) -> str | None:
        """Write the fixed files; what went wrong, if anything did: then nothing was written."""
        if result.edits:
            from prebake.cli.writing import WriteError, write_edits

            try:
                write_edits(result.edits, [self._engine.project_root(path) for path in self._targets.dockerfiles])
            except WriteError as error:
                return f"nothing was fixed: {error}"
            finally:
                self._engine.invalidate()
        self._say_what_was_done(result)
        return None

    def _say_what_was_done(self, result: FixResult) -> None:
        output = self._told
        for step in result.applied:
            output.line(f"{output.paint('Fixed', 'good')} {self._where(step.finding)}: {printable(step.fix.title)}")
        for refused in result.refused:
            where, title = self._where(refused.finding), printable(refused.fix.title)
            output.line(f"Not fixed {where}: {title}: {refused.why.value}")
        if result.applied or result.refused:
            output.line()

    def _where(self, finding: Finding) -> str:
        return f"{printable(relative(finding.location.path, self._folder))} {finding.code}"
