"""Writing to the standard streams: colours, closed pipes, characters that a terminal must not get."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "information": "1;34",
    "hint": "1;36",
    "good": "1;32",
    "bold": "1",
    "dim": "2",
}
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Output:
    """One of the standard streams. What the stream's encoding does not have is written as escapes.

    When the reader goes away (``prebake check | head``), the rest is dropped without a word.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open = True
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        self.is_terminal = stream.isatty()
        self._coloured = self.is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, style: str) -> str:
        """The text in the colour of a severity, or ``bold``, ``dim``, ``good``; unchanged without colours."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._coloured and text else text

    @property
    def columns(self) -> int | None:
        """The width of the terminal; ``None`` where it is not known, or for other streams."""
        return self._terminal_size()[0]

    @property
    def height(self) -> int | None:
        """The lines of the terminal; ``None`` as for :attr:`columns`."""
        return self._terminal_size()[1]

    def _terminal_size(self) -> tuple[int | None, int | None]:
        if not self.is_terminal:
            return None, None
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return None, None
        return size.columns or None, size.lines or None

    def can_show(self, text: str) -> bool:
        """Whether the stream's encoding has all characters of a text."""
        try:
            text.encode(self._stream.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def line(self, text: str = "") -> None:
        """Write a line."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Write text as it is."""
        if self._open:
            try:
                self._stream.write(text)
            except BrokenPipeError:
                self._drop()

    def write_bytes(self, data: bytes) -> None:
        """Write bytes behind what was written before."""
        self.flush()
        if self._open:
            try:
                self._stream.buffer.write(data)
            except BrokenPipeError:
                self._drop()

    def flush(self) -> None:
        """Hand over what is buffered."""
        if self._open:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._drop()

    def _drop(self) -> None:
        self._open = False
        _discard(self._stream)


def _discard(stream: TextIO) -> None:
    """Let the rest go nowhere: the interpreter flushes a stream once more at its end, and would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def give_up(problem: str) -> None:
    """Say why nothing more can be done; nothing more is written to the standard output."""
    print(f"prebake: {printable(problem)}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        _discard(sys.stdout)


def standard_output() -> Output:
    """The stream for results."""
    return Output(sys.stdout)


def standard_error() -> Output:
    """The stream for everything else."""
    return Output(sys.stderr)


def printable(text: str) -> str:
    """Text from a project made safe for a terminal: control characters, bytes that are no text, and characters that
    change the direction of writing become escapes.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(printable_character(char) for char in text)


def printable_character(char: str) -> str:
    """One character, or its escape; a tab stays."""
    code = ord(char)
    if char == "\t" or (
        code >= 0x20 and code not in range(0x7F, 0xA0) and code < 0xD800 and char not in _BIDIRECTIONAL
    ):
        return char
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code >= 0xE000 and char not in _BIDIRECTIONAL:
        return char
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
