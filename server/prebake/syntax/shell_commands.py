"""Reading commands: operators, compounds, redirections and here-documents around the words."""

from __future__ import annotations

import re

from prebake.regex import regex
from prebake.syntax.shell_compounds import CASE_ENDS, CLOSERS, KEYWORDS, OPENERS, SECTIONS, Compounds
from prebake.syntax.shell_nodes import Assignment, Command, Redirection, Script, ShellWord
from prebake.syntax.shell_quotes import Parts
from prebake.syntax.shell_redirections import STARTS, read_here_documents, read_redirection
from prebake.syntax.shell_words import WordReader

_OPERATOR = regex(r";;&|;;|;&|;|&&|&|\|\||\|&|\|")
_ASSIGNMENT = regex(r"([A-Za-z_]\w*+)(?:\[[^\]\s]*+\])?\+?=", re.ASCII)
_FUNCTION_PARENTHESES = regex(r"\([ \t]*+\)")
_TEST_OPERATOR = regex(r"&&|\|\||[()<>&|]")
_TEST_GOES_ON = frozenset(("&&", "||", "(", "!", "[["))


class Reader(WordReader):
    """Reads the words and commands of one fragment."""

    __slots__ = ()

    def commands(self, at: int, context: tuple[str, ...], closes: bool) -> tuple[Script, int]:
        """Read a list of commands from an index, up to the parenthesis that closes it or to the end."""
        return _CommandReader(self, context, closes).read(at)


class _CommandReader:
    """The state while one list of commands is read: the open compounds and the command under construction."""

    __slots__ = (
        "arms",
        "assignments",
        "before",
        "bodies",
        "closed",
        "closes",
        "commands",
        "compounds",
        "fresh",
        "functions",
        "header",
        "negated",
        "pattern",
        "reader",
        "redirections",
        "start",
        "stop",
        "test",
        "text",
        "words",
    )

    def __init__(self, reader: Reader, context: tuple[str, ...], closes: bool) -> None:
        self.reader = reader
        self.text = reader.text
        self.closes = closes
        self.closed = not closes
        self.compounds = Compounds(context, reader.fail)
        self.commands: list[Command] = []
        self.functions: list[str] = []
        self.bodies: list[int] = []
        self.arms: list[tuple[int, str]] = []
        self.before = ""
        self.fresh = True  # nothing was read since the last operator, so that a line end separates nothing
        self.header = ""  # "for", "select" or "case" while the words of its header are read
        self.test = False  # between [[ and ]]
        self.pattern = False  # where a case expects a pattern
        self.negated = False
        self.words: list[ShellWord] = []
        self.assignments: list[Assignment] = []
        self.redirections: list[Redirection] = []
        self.start = self.stop = -1  # source offsets of the command under construction; -1 when there is none

    def read(self, at: int) -> tuple[Script, int]:
        reader, text = self.reader, self.text
        well_formed = reader.problem is None
        outer_context, reader.context = reader.context, self.compounds.context
        while at < reader.end:
            char = text[at]
            if char in " \t\\\r" and (behind := reader.skip_blank(at)) > at:
                at = behind
            elif char == "\n":
                at = self._line_end(at)
            elif char == "#":
                at = text.find("\n", at, reader.end)
                at = at if at >= 0 else reader.end
            elif self.pattern:
                at = self._pattern(at)
            elif self.test and char in "()<>&|":
                at = self._test_operator(at)
            elif char in STARTS and (found := read_redirection(reader, at)) is not None:
                at = self._redirected(*found)
            elif char in ";&|":
                at = self._operator(at)
            elif char == "(":
                at = self._open_parenthesis(at)
            elif char == ")":
                at = self._close_parenthesis(at)
                if self.closes and self.closed:
                    break
            else:
                at = self._word(at)
        self._finish()
        reader.context = outer_context
        script = Script(
            tuple(self.commands),
            reader.problem if well_formed else None,
            tuple(self.functions),
            tuple(self.bodies),
            tuple(self.arms),
        )
        return script, at

    def _finish(self) -> None:
        """Take what is left at the end, and say what is missing there."""
        reader = self.reader
        dangling = self.fresh and self.start < 0 and bool(self.commands) and self.before in ("&&", "||", "|", "|&")
        if self.header:
            reader.fail(f"unterminated {self.header}")
        if self.test:
            reader.fail("unterminated [[")
        self._flush("")
        if self.compounds.innermost:
            reader.fail(f"unterminated {self.compounds.innermost}")
        if not self.closed:
            reader.fail("unterminated substitution")
        if dangling:
            reader.fail(f"nothing follows {self.before}")
        if reader.here_documents and not self.closes:
            reader.fail("unterminated here-document")

    # -- the command under construction

    def _add(self, word: ShellWord) -> None:
        self.words.append(word)
        self._extend(word.start, word.end)

    def _extend(self, start: int, end: int) -> None:
        if self.start < 0:
            self.start = start
        self.stop = end

    def _flush(self, operator: str) -> None:
        """End the command under construction, if there is one, by an operator."""
        if self.start >= 0:
            self.commands.append(
                Command(
                    tuple(self.words),
                    tuple(self.assignments),
                    tuple(self.redirections),
                    self.before,
                    operator,
                    self.compounds.context,
                    self.negated,
                    self.start,
                    self.stop,
                )
            )
            self.words, self.assignments, self.redirections = [], [], []
            self.start = self.stop = -1
            self.fresh = False
            if not self.header:
                self.compounds.end_function()
        self.negated = self.test = False
        if operator and not (operator == "\n" and self.fresh):
            self.before = operator
            self.fresh = True

    def _open(self, kind: str) -> None:
        self.negated = False
        self.compounds.open(kind)
        self.reader.context = self.compounds.context

    def _close(self, closer: str) -> None:
        self.compounds.close(closer)
        self.reader.context = self.compounds.context
        self.fresh = False

    def _open_header(self) -> None:
        """The header of a loop or case is complete: what follows is inside."""
        if self.header:
            kind = "case" if self.header == "case" else "for"
            self.header = ""
            self._open(kind)

    # -- tokens

    def _line_end(self, at: int) -> int:
        goes_on = (self.test and self.words[-1].raw in _TEST_GOES_ON) or (self.header == "case" and len(self.words) < 3)
        if not goes_on:
            if self.test:
                self.reader.fail("unterminated [[")
            self._flush("\n")
            self._open_header()
        return read_here_documents(self.reader, at + 1)

    def _operator(self, at: int) -> int:
        found = _OPERATOR.match(self.text, at, self.reader.end)
        if found is None:
            return at + 1
        operator = found.group()
        if self.test:
            self.reader.fail("unterminated [[")
        if self.header == "case":
            self.reader.fail("case without in")
            self.header = ""
        self._flush(operator)
        self._open_header()
        if operator in CASE_ENDS:
            self.pattern = self.compounds.end_arm(operator)
            self.reader.context = self.compounds.context
        return found.end()

    def _open_parenthesis(self, at: int) -> int:
        reader, text = self.reader, self.text
        if (not self.words or (self.header and len(self.words) == 1)) and text.startswith("((", at):
            parts = Parts()
            parts.dynamic = True
            stop = reader.arithmetic(at + 2, parts)
            if stop is not None:
                self._add(reader.finish(parts, at, stop))
                return stop
        if len(self.words) == 1 and not self.assignments and not self.redirections and not self.header:
            empty = _FUNCTION_PARENTHESES.match(text, at, reader.end)
            if empty is not None:
                name = self.words.pop().raw
                self.start = self.stop = -1
                self._function(name)
                return empty.end()
        if self.start >= 0:
            reader.fail("unexpected (")
            self._flush("")
            self.header = ""
        self._open("(")
        return at + 1

    def _close_parenthesis(self, at: int) -> int:
        self._flush("")
        self.header = ""
        if self.closes and not self.compounds.holds("("):
            self.closed = True
        else:
            self._close(")")
        return at + 1

    def _test_operator(self, at: int) -> int:
        found = _TEST_OPERATOR.match(self.text, at, self.reader.end)
        stop = found.end() if found is not None else at + 1
        parts = Parts()
        parts.text.append(self.text[at:stop])
        self._add(self.reader.finish(parts, at, stop))
        return stop

    def _function(self, name: str) -> None:
        self.functions.append(name)
        self.bodies.append(len(self.commands))
        self._open("function")
        self.fresh = True

    def _word(self, at: int) -> int:
        reader = self.reader
        first = not self.words
        if first and (assigned := _ASSIGNMENT.match(self.text, at, reader.end)) is not None:
            return self._assignment(assigned)
        word, stop = reader.word(at)
        if first and word.raw in KEYWORDS and not self.assignments:
            return self._keyword(word, stop)
        if self.header and word.raw == "do" and len(self.words) == 2:
            self._flush("\n")
            self._open_header()
            self._section("do")
            return stop
        self._add(word)
        if self.test and word.raw == "]]":
            self.test = False
        elif self.header == "case" and len(self.words) == 3:
            if word.raw != "in":
                reader.fail("case without in")
            self._flush("\n")
            self._open_header()
            self.pattern = True
        return stop

    def _keyword(self, word: ShellWord, stop: int) -> int:
        reader, raw = self.reader, word.raw
        if raw == "!":
            self.negated = True
        elif raw in OPENERS:
            self._open(OPENERS[raw])
        elif raw in SECTIONS:
            self._section(raw)
        elif raw in CLOSERS:
            self._close(raw)
        elif raw == "function":
            name, stop = reader.word(reader.skip_blank(stop))
            parentheses = _FUNCTION_PARENTHESES.match(self.text, reader.skip_blank(stop), reader.end)
            self._function(name.raw)
            stop = parentheses.end() if parentheses is not None else stop
        else:
            self._add(word)
            if raw == "[[":
                self.test = True
            else:
                self.header = raw
        return stop

    def _section(self, keyword: str) -> None:
        self.compounds.section(keyword)
        self.reader.context = self.compounds.context
        self.fresh = True

    def _assignment(self, found: re.Match[str]) -> int:
        reader = self.reader
        start, at = found.span()
        if self.text.startswith("(", at) and at < reader.end:
            value, stop = reader.array(at)
        else:
            value, stop = reader.word(at)
        assignment = Assignment(found.group(1), value, reader.offsets[start], reader.offsets[stop - 1] + 1)
        self.assignments.append(assignment)
        self._extend(assignment.start, assignment.end)
        return stop

    def _redirected(self, redirection: Redirection, stop: int) -> int:
        self.redirections.append(redirection)
        self._extend(redirection.start, redirection.end)
        return stop

    def _pattern(self, at: int) -> int:
        """A case's pattern up to its parenthesis, or the end of the case."""
        reader, text = self.reader, self.text
        self.pattern = False
        word, stop = reader.word(at)
        if word.raw == "esac":
            self._close("esac")
            return stop
        at += text[at] == "("
        begin = at
        while (at := reader.skip_blank(at)) < reader.end:
            char = text[at]
            if char == ")":
                self.arms.append((len(self.commands), text[begin:at].strip()))
                self.fresh = True
                return at + 1
            if char in "\n;&(":
                break
            at = at + 1 if char == "|" else max(reader.word(at)[1], at + 1)
        reader.fail("case pattern without )")
        return at
