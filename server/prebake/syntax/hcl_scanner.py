"""The lowest part of reading HCL: blanks, comments, names and fixed tokens."""

from __future__ import annotations

from prebake.regex import regex

MAX_DEPTH = 40
"""What is nested deeper is not read."""
NAME = regex(r"[^\W\d][\w-]*")
_BLANK = regex(r"[ \t\r]+")
_BLANK_LINES = regex(r"\s+")


class Malformed(Exception):
    """What stands here is not what must."""


class Scanner:
    """A text: how far it has been read (``at``), where its last token ends (``last``), where to stop (``end``)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = len(text)
        self.at = self.last = 0
        self.depth = 0
        # Inside brackets a line end is a blank like others.
        self.lines_count = True

    def enter(self) -> None:
        """Go one level down; the caller puts ``depth`` back."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed

    def to_next_line(self) -> None:
        """Give up on the rest of the line."""
        following = self.text.find("\n", self.at, self.end)
        self.at = self.end if following < 0 else following + 1

    def skip(self, *, lines: bool | None = None) -> None:
        """Pass blanks and comments; line ends, too, inside brackets."""
        over_lines = not self.lines_count if lines is None else lines
        blank = _BLANK_LINES if over_lines else _BLANK
        while self.at < self.end:
            found = blank.match(self.text, self.at, self.end)
            if found is not None:
                self.at = found.end()
            elif self.text[self.at] == "#" or self.text.startswith("//", self.at):
                following = self.text.find("\n", self.at, self.end)
                self.at = self.end if following < 0 else following
            elif self.text.startswith("/*", self.at):
                close = self.text.find("*/", self.at + 2, self.end)
                self.at = self.end if close < 0 else close + 2
            else:
                return

    def take(self, token: str) -> bool:
        """Pass blanks and then a token, if it is the next."""
        self.skip()
        if not self.text.startswith(token, self.at) or self.at + len(token) > self.end:
            return False
        self.at = self.last = self.at + len(token)
        return True

    def need(self, token: str) -> None:
        """Pass blanks and a token that must be there."""
        if not self.take(token):
            raise Malformed

    def name(self) -> str:
        """Pass blanks and a name, which must be there."""
        self.skip()
        found = NAME.match(self.text, self.at, self.end)
        if found is None:
            raise Malformed
        self.at = self.last = found.end()
        return found.group()
