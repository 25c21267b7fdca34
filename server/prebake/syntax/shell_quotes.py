"""Reading quotes, expansions and substitutions: what shell words and here-documents have in common."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from prebake.regex import regex
from prebake.syntax.fragment import Fragment
from prebake.syntax.shell_nodes import Redirection, Script

#: Substitutions and compounds nested deeper than this are not read: nobody writes them, and they would exhaust the
#: stack.
MAX_DEPTH = 50

_IN_DOUBLE = regex(r'[^"\\$`]+')
_IN_BRACES = regex(r"[^\"'\\$`}]+")
_IN_ARITHMETIC = regex(r"[^()$`\\\"']+")
_NAME = regex(r"[A-Za-z_]\w*|[0-9@*#?$!-]", re.ASCII)
_BRACED_NAME = regex(r"[#!]?([A-Za-z_]\w*|\d+|[@*#?$!-])", re.ASCII)
_ANSI_ESCAPE = regex(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|(.))", re.DOTALL)
_ANSI = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Parts:
    """What is known so far of the word being read: static text, whether that is all, commands and variables."""

    __slots__ = ("dynamic", "substitutions", "text", "variables")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.dynamic = False
        self.substitutions: list[Script] = []
        self.variables: list[str] = []


class QuoteReader(ABC):
    """Reads quotes and expansions of one fragment, which all words share.

    ``end`` is the index where reading stops, ``context`` the compounds that are open around it. ``problem`` keeps the
    first fault met.
    """

    __slots__ = (
        "_no_arithmetic",
        "_patience",
        "context",
        "depth",
        "end",
        "here_documents",
        "offsets",
        "problem",
        "text",
    )

    def __init__(self, fragment: Fragment, depth: int = 0) -> None:
        self.text = fragment.text
        self.offsets = fragment.offsets
        self.end = len(fragment.text)
        self.context: tuple[str, ...] = ()
        self.depth = depth
        self.problem: str | None = None
        #: Here-documents whose bodies start behind the next line end, each with its delimiter and whether its text is
        #: expanded.
        self.here_documents: list[tuple[Redirection, str, bool]] = []
        # Where "((" turned out to be two subshells, and how much text may still be read in vain to find that out:
        # without these, nested or unclosed ones would cost quadratic time.
        self._no_arithmetic: set[int] = set()
        self._patience = 10 * self.end + 1000

    def fail(self, problem: str) -> None:
        """Note what is wrong with the text, unless something was wrong before."""
        if self.problem is None:
            self.problem = problem

    @abstractmethod
    def commands(self, at: int, context: tuple[str, ...], closes: bool) -> tuple[Script, int]:
        """Read a list of commands from an index.

        ``context`` is that of its commands. With ``closes`` it goes up to the parenthesis that closes a substitution,
        otherwise to the end. Returns the script and the index behind it.
        """

    def _single(self, at: int, parts: Parts) -> int:
        close = self.text.find("'", at, self.end)
        if close < 0:
            self.fail("unterminated single quote")
            close = self.end
        parts.text.append(self.text[at:close])
        return min(close + 1, self.end)

    def _escape(self, at: int, parts: Parts) -> int:
        """A backslash outside quotes; in front of a line end it joins the lines."""
        following = self.text[at + 1 : min(at + 3, self.end)]
        if following.startswith("\n"):
            return at + 2
        if following == "\r\n":
            return at + 3
        parts.text.append(following[:1] or "\\")
        return min(at + 2, self.end)

    def _double(self, at: int, parts: Parts) -> int:
        at = self._quoted(at, parts, _IN_DOUBLE, '"')
        if at >= self.end:
            self.fail("unterminated double quote")
            return self.end
        return at + 1

    def _quoted(self, at: int, parts: Parts, plain: re.Pattern[str], close: str) -> int:
        """Read text where only ``$``, backticks and backslashes are special; returns the index of ``close``."""
        text, end = self.text, self.end
        while at < end:
            run = plain.match(text, at, end)
            if run is not None:
                parts.text.append(run.group())
                at = run.end()
                continue
            char = text[at]
            if char == close:
                return at
            if char == "\\":
                following = text[at + 1 : at + 2] if at + 1 < end else ""
                if following == "\n":
                    at += 2
                elif following and (following in "$`\\" or following == close):
                    parts.text.append(following)
                    at += 2
                else:
                    parts.text.append(char)
                    at += 1
            elif char == "$":
                at = self._dollar(at, parts, quoted=True)
            else:
                at = self._backticks(at + 1, parts, quoted=True)
        return end

    def _dollar(self, at: int, parts: Parts, *, quoted: bool) -> int:
        """Whatever a dollar sign starts; returns the index behind it."""
        text, end = self.text, self.end
        following = text[at + 1] if at + 1 < end else ""
        if following == "(":
            if text.startswith("(", at + 2) and at + 2 < end:
                close = self.arithmetic(at + 3, parts)
                if close is not None:
                    parts.dynamic = True
                    return close
            return self._substitution(at + 2, parts, "$(")
        if following == "{":
            return self._braced(at + 2, parts, quoted)
        if not quoted and following == "'":
            return self._ansi(at + 2, parts)
        if not quoted and following == '"':
            return at + 1
        name = _NAME.match(text, at + 1, end)
        if name is None:
            parts.text.append("$")
            return at + 1
        parts.dynamic = True
        parts.variables.append(name.group())
        return name.end()

    def _ansi(self, at: int, parts: Parts) -> int:
        """``$'..'``, where backslash escapes are those of C."""
        text, end = self.text, self.end
        while at < end:
            if text[at] == "'":
                return at + 1
            if text[at] == "\\":
                escape = _ANSI_ESCAPE.match(text, at, end)
                if escape is None:
                    break
                parts.text.append(_ansi_character(escape))
                at = escape.end()
            else:
                parts.text.append(text[at])
                at += 1
        self.fail("unterminated single quote")
        return end

    def _enter(self) -> bool:
        if self.depth >= MAX_DEPTH:
            self.fail("nested too deeply")
            return False
        self.depth += 1
        return True

    def _substitution(self, at: int, parts: Parts, kind: str) -> int:
        parts.dynamic = True
        if not self._enter():
            return self.end
        script, at = self.commands(at, (*self.context, kind), True)
        parts.substitutions.append(script)
        self.depth -= 1
        return at

    def _braced(self, at: int, parts: Parts, quoted: bool) -> int:
        """``${..}`` from behind its opening brace."""
        parts.dynamic = True
        text, end = self.text, self.end
        name = _BRACED_NAME.match(text, at, end)
        if name is not None:
            parts.variables.append(name.group(1))
            at = name.end()
        if not self._enter():
            return end
        while at < end:
            run = _IN_BRACES.match(text, at, end)
            if run is not None:
                at = run.end()
                continue
            char = text[at]
            if char == "}":
                self.depth -= 1
                return at + 1
            if char == "'" and quoted:
                at += 1
            else:
                at = self._skipped(at, parts)
        self.depth -= 1
        self.fail("unterminated ${")
        return end

    def arithmetic(self, at: int, parts: Parts) -> int | None:
        """Read ``..))`` from behind its ``((``; returns the index behind it, or None where they are two subshells."""
        text, end = self.text, self.end
        if at in self._no_arithmetic or self._patience < 0:
            return None
        if not self._enter():
            return end
        level, start, problem = 0, at, self.problem
        substitutions, variables = len(parts.substitutions), len(parts.variables)
        while at < end:
            run = _IN_ARITHMETIC.match(text, at, end)
            if run is not None:
                at = run.end()
                continue
            char = text[at]
            if char == "(":
                level += 1
                at += 1
            elif char == ")":
                if level == 0:
                    break
                level -= 1
                at += 1
            else:
                at = self._skipped(at, parts)
        self.depth -= 1
        if text.startswith("))", at) and at + 1 < end:
            return at + 2
        self._no_arithmetic.add(start)
        self._patience -= at - start
        self.problem = problem
        del parts.substitutions[substitutions:], parts.variables[variables:]
        return None

    def _skipped(self, at: int, parts: Parts) -> int:
        """Pass over a quote, escape or expansion, for the sake of the commands and variables in it."""
        char = self.text[at]
        if char == "'":
            return self._single(at + 1, parts)
        if char == '"':
            return self._double(at + 1, parts)
        if char == "\\":
            return min(at + 2, self.end)
        if char == "$":
            return self._dollar(at, parts, quoted=True)
        return self._backticks(at + 1, parts, quoted=True)

    def _backticks(self, at: int, parts: Parts, *, quoted: bool) -> int:
        """A substitution from behind its opening backtick; inside, a backslash hides ``$``, a backtick or another."""
        parts.dynamic = True
        text, end = self.text, self.end
        close = text.find("`", at, end)
        escape = text.find("\\", at, close if close >= 0 else end)
        kept: list[int] | range
        if escape < 0:
            stop = close if close >= 0 else end
            kept = range(at, stop)
        else:
            kept, stop = [], at
            special = '$`\\"' if quoted else "$`\\"
            while stop < end and text[stop] != "`":
                if text[stop] == "\\" and stop + 1 < end and text[stop + 1] in special:
                    stop += 1
                kept.append(stop)
                stop += 1
        if stop >= end:
            self.fail("unterminated backtick")
        if not self._enter():
            return end
        offsets = tuple(self.offsets[index] for index in kept)
        inner = Fragment("".join(text[index] for index in kept), (*offsets, self.offsets[min(stop, len(text))]))
        script, _ = type(self)(inner, self.depth).commands(0, (*self.context, "$("), False)
        self.depth -= 1
        if script.problem is not None:
            self.fail(script.problem)
        parts.substitutions.append(script)
        return min(stop + 1, end)


def _ansi_character(escape: re.Match[str]) -> str:
    two, four, eight, octal, other = escape.groups()
    if other is not None:
        return _ANSI.get(other, other if other in "\\'\"?" else "\\" + other)
    code = int(octal, 8) & 0xFF if octal else int(two or four or eight, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"
