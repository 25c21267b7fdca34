"""Measuring build contexts for the command: each once in a run, with a line on a terminal when it takes long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prebake.cli.output import Output, printable
from prebake.files import Snapshot, relative

if TYPE_CHECKING:
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.scan import ContextScan, ScanProgress
    from prebake.project.measuring.survey import Survey

_PATIENCE_SECONDS = 0.7
"""How long a walk may take before anything is said."""
_WIDEST = 79


class Measuring:
    """The engine's scanner of the command. Pending fixes do not change sizes: what was measured once is not again."""

    def __init__(self, output: Output, folder: str, whole: bool = False) -> None:
        """Progress goes to ``output`` where that is a terminal; paths are seen from ``folder``. ``whole``: what is
        ignored is measured, too.
        """
        self._output = output
        self._folder = folder
        self._whole = whole
        self._known: list[tuple[str, IgnoreRules, ContextScan]] = []
        self._surveys: dict[str, Survey] = {}
        self._shown = False

    def scanner(self, files: Snapshot, root: str, rules: IgnoreRules) -> ContextScan:
        """The measured context."""
        for known_root, known_rules, found in self._known:
            if known_root == root and known_rules == rules:
                return found
        from prebake.project.measuring.survey import Survey

        if root not in self._surveys:
            self._surveys[root] = Survey(root)
        begin = time.monotonic()

        def show(progress: ScanProgress) -> None:
            if time.monotonic() - begin > _PATIENCE_SECONDS:
                name = printable(relative(root, self._folder))
                line = f"Measuring the build context {name}: {progress.files:,} files"
                self._output.write(f"\r\x1b[K{line[:_WIDEST]}")
                self._output.flush()
                self._shown = True

        progress = show if self._output.is_terminal else None
        try:
            # Another Dockerfile's ignore file is answered from the first walk, as far as that has gone.
            found = self._surveys[root].look(files, rules, progress=progress, whole=self._whole)
        finally:
            if self._shown:
                self._output.write("\r\x1b[K")
                self._output.flush()
                self._shown = False
        self._known.append((root, rules, found))
        return found
