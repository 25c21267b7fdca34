"""Which compound commands are open while a shell text is read."""

from __future__ import annotations

from collections.abc import Callable

_MAX_OPEN = 100

#: Keywords that start a section, and the compounds they belong to.
SECTIONS = {"then": ("if",), "elif": ("if",), "else": ("if",), "do": ("for", "while")}
#: Keywords (and the parenthesis) that close compounds.
CLOSERS = {"fi": ("if",), "done": ("for", "while"), "esac": ("case",), "}": ("{",), ")": ("(",)}
#: Keywords that open compounds without a header.
OPENERS = {"if": "if", "while": "while", "until": "while", "{": "{"}
#: What ends an arm of a case.
CASE_ENDS = frozenset((";;", ";&", ";;&"))
#: Words that are keywords where a command may start.
KEYWORDS = frozenset({*SECTIONS, *CLOSERS, *OPENERS, "!", "for", "select", "case", "function", "[["} - {")"})


class Compounds:
    """The stack of open compounds and sections; ``context`` is it, behind the compounds around the text."""

    __slots__ = ("_fail", "_outer", "_stack", "context")

    def __init__(self, outer: tuple[str, ...], fail: Callable[[str], None]) -> None:
        self._outer = outer
        self._fail = fail
        self._stack: list[str] = []
        self.context = outer

    @property
    def innermost(self) -> str:
        """The innermost open compound, or an empty string."""
        return next((kind for kind in reversed(self._stack) if kind not in SECTIONS), "")

    def holds(self, kind: str) -> bool:
        """Whether a compound of the kind is open."""
        return kind in self._stack

    def open(self, kind: str) -> None:
        """Enter a compound."""
        if len(self._stack) >= _MAX_OPEN:
            self._fail("nested too deeply")
            return
        self._stack.append(kind)
        self._changed()

    def section(self, keyword: str) -> None:
        """Go on to the next section of the innermost compound that the keyword belongs to."""
        index = self._find(keyword, SECTIONS[keyword])
        if index is not None:
            self._stack[index + 1 :] = [keyword]
            self._changed()

    def close(self, closer: str) -> None:
        """Leave the innermost compound that the closer belongs to, with whatever is still open inside."""
        index = self._find(closer, CLOSERS[closer])
        if index is not None:
            del self._stack[index:]
            self._changed()
            self.end_function()

    def end_arm(self, operator: str) -> bool:
        """End the arm of the innermost case; False where no case is open."""
        index = self._find(operator, ("case",))
        if index is None:
            return False
        del self._stack[index + 1 :]
        self._changed()
        return True

    def end_function(self) -> None:
        """Leave a function whose body, one compound (or, in half-typed text, one command), has just ended."""
        if self._stack and self._stack[-1] == "function":
            while self._stack and self._stack[-1] == "function":
                self._stack.pop()
            self._changed()

    def _find(self, token: str, kinds: tuple[str, ...]) -> int | None:
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index] in kinds:
                inside = next((kind for kind in reversed(self._stack[index + 1 :]) if kind not in SECTIONS), None)
                if inside is not None:
                    self._fail(f"unterminated {inside}")
                return index
        self._fail(f"unexpected {token}")
        return None

    def _changed(self) -> None:
        self.context = (*self._outer, *self._stack)
