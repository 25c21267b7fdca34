"""Reading one shell word, its globs and braces included, in one pass."""

from __future__ import annotations

from prebake.regex import regex
from prebake.syntax.shell_nodes import ShellWord
from prebake.syntax.shell_quotes import Parts, QuoteReader

#: Where a word ends.
METACHARACTERS = frozenset(" \t\n|&;<>()")

# Not possessive: up to Python 3.11.4 a possessive group keeps what its last, failed round has read (gh-106052).
_BLANK = regex(r"(?:[ \t]|\\\r?\n|\r(?=\n))+")
_PLAIN = regex(r"[^ \t\n\r|&;<>()$`\"'\\*?\[\]{}~]+")
_IN_BODY = regex(r"[^\\$`]+")


class WordReader(QuoteReader):
    """Reads whole words."""

    __slots__ = ()

    def skip_blank(self, at: int) -> int:
        """The index behind the blanks and line continuations at an index."""
        blank = _BLANK.match(self.text, at, self.end)
        return blank.end() if blank is not None else at

    def word(self, at: int) -> tuple[ShellWord, int]:
        """Read the word at an index; it is empty when none starts there. Returns it and the index behind it."""
        text, end = self.text, self.end
        plain = _PLAIN.match(text, at, end)
        if plain is not None:
            stop = plain.end()
            if stop >= end or text[stop] in METACHARACTERS:
                raw = plain.group()
                return ShellWord(raw, raw, raw, False, self.offsets[at], self.offsets[stop - 1] + 1), stop
        return self._compound_word(at)

    def finish(self, parts: Parts, start: int, stop: int, has_glob: bool = False) -> ShellWord:
        """The word made of what was read between two indexes."""
        pattern = None if parts.dynamic else "".join(parts.text)
        source_start = self.offsets[start]
        return ShellWord(
            self.text[start:stop],
            None if has_glob else pattern,
            pattern,
            has_glob,
            source_start,
            self.offsets[stop - 1] + 1 if stop > start else source_start,
            tuple(parts.substitutions),
            tuple(parts.variables),
        )

    def _compound_word(self, start: int) -> tuple[ShellWord, int]:
        text, end = self.text, self.end
        parts = Parts()
        pieces = parts.text
        has_glob = bracket = False
        braces: list[int] = []
        separator = -1  # where the last unquoted "," or ".." stands: what makes braces expand
        at = start
        while at < end:
            plain = _PLAIN.match(text, at, end)
            if plain is not None:
                run = plain.group()
                pieces.append(run)
                if braces:
                    found = max(run.rfind(","), run.rfind(".."))
                    separator = at + found if found >= 0 else separator
                at = plain.end()
                continue
            char = text[at]
            if char in METACHARACTERS:
                if char in "<>" and text.startswith("(", at + 1) and at + 1 < end:
                    at = self._substitution(at + 2, parts, "<(")
                    continue
                break
            if char == "'":
                at = self._single(at + 1, parts)
            elif char == '"':
                at = self._double(at + 1, parts)
            elif char == "\\":
                at = self._escape(at, parts)
            elif char == "$":
                at = self._dollar(at, parts, quoted=False)
            elif char == "`":
                at = self._backticks(at + 1, parts, quoted=False)
            elif char == "\r" and text.startswith("\n", at + 1):
                break
            else:
                if char in "*?":
                    has_glob = True
                elif char == "[":
                    bracket = True
                elif char == "]":
                    has_glob = has_glob or bracket
                elif char == "{":
                    braces.append(at)
                elif char == "}":
                    if braces and separator > braces.pop():
                        parts.dynamic = True
                elif char == "~" and at == start:
                    parts.dynamic = True
                pieces.append(char)
                at += 1
        return self.finish(parts, start, at, has_glob), at

    def body(self, start: int, stop: int, *, expands: bool, strips_tabs: bool) -> ShellWord:
        """The text of a here-document between two indexes, as a word."""
        parts = Parts()
        if expands:
            outer, self.end = self.end, stop
            self._quoted(start, parts, _IN_BODY, "")
            self.end = outer
        else:
            parts.text.append(self.text[start:stop])
        if strips_tabs:
            parts.text = ["\n".join(line.lstrip("\t") for line in "".join(parts.text).split("\n"))]
        return self.finish(parts, start, stop)

    def array(self, start: int) -> tuple[ShellWord, int]:
        """The value of ``NAME=(..)`` from its opening parenthesis."""
        text, end = self.text, self.end
        parts = Parts()
        parts.dynamic = True
        at = start + 1
        while at < end:
            at = self.skip_blank(at)
            if at >= end:
                break
            char = text[at]
            if char == ")":
                return self.finish(parts, start, at + 1), at + 1
            if char == "#":
                at = text.find("\n", at, end)
                at = at if at >= 0 else end
                continue
            word, stop = self.word(at)
            parts.substitutions += word.substitutions
            parts.variables += word.variables
            at = max(stop, at + 1)
        self.fail("unterminated array")
        return self.finish(parts, start, end), end
