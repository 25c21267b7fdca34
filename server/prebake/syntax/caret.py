"""What is being typed at a place of a Dockerfile: which part of which instruction."""

from __future__ import annotations

from enum import Enum, auto

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Dockerfile, Instruction
from prebake.syntax.forms import Form, form_of
from prebake.syntax.tokens import BLANKS
from prebake.text import Position, Text

_MARKS = "\ue000\uf8ff\ue8a5"
"""Characters that stand for the caret, of which a Dockerfile holds none unless it means to."""
_VARIABLE = regex(r"\$(\{?)(\w*)\Z")
_JSON_REST = regex(r'[^"]*')
_RUN_IN_CONTAINER = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK"))


class Part(Enum):
    """A part of an instruction."""

    KEYWORD = auto()
    FLAG = auto()  # the name of a flag, its dashes included
    VALUE = auto()  # of a flag
    OPTION = auto()  # the name of an option of --mount
    OPTION_VALUE = auto()
    ARGUMENT = auto()
    VARIABLE = auto()  # the name of one that is referred to


class Caret(NamedTuple):
    """A part of an instruction that is being typed.

    ``typed`` is what stands before the caret of it, on the caret's line, and ``rest`` what stands behind. ``keyword``
    is the instruction's, of an ONBUILD the one inside; ``within`` says that it is one inside. ``instruction_index`` is
    where it counts among those of the text, or would. ``name`` is that of the flag or option whose value is typed, and
    ``options`` are the other ones of that mount. ``number`` counts arguments from 0, and ``arguments`` says how many
    there are, this one included. ``origin`` is the value of ``--from``. ``quoted``: a string of the JSON form.
    ``braced``: a variable in ``${}``.
    """

    part: Part
    keyword: str
    instruction_index: int
    typed: str
    rest: str
    name: str = ""
    options: tuple[tuple[str, str], ...] = ()
    number: int = 0
    arguments: int = 0
    origin: str | None = None
    quoted: bool = False
    braced: bool = False
    within: bool = False


def at_caret(text: Text, position: Position) -> Caret | None:
    """What is typed at a position; ``None`` where nothing is completed: in comments, directives and here-documents, and
    where the part began on another line.
    """
    line = text.line(position.line)
    column = min(position.column, len(line))
    before = line[:column]
    mark = next((mark for mark in _MARKS if mark not in text.content), None)
    if mark is None or before.lstrip(BLANKS).startswith("#"):
        return None
    offset = text.offset(position)
    marked = Dockerfile(Text(text.content[:offset] + mark + text.content[offset:]))
    instruction = marked.instruction_at(position)
    if instruction is None or _is_in_heredoc(marked, instruction, offset):
        return None
    found = _Reader(instruction, mark, marked.escape).read()
    if found is None or not before.endswith(found.typed) or not line[column:].startswith(found.rest):
        return None
    return found


def _is_in_heredoc(tree: Dockerfile, instruction: Instruction, offset: int) -> bool:
    heredocs = instruction.heredocs
    if heredocs and offset >= instruction.start + heredocs[0].start:
        return True
    return any(other.is_open and other.index < instruction.index for other in tree.instructions)


class _Reader:
    """Finds the part of an instruction that the mark stands in."""

    def __init__(self, instruction: Instruction, mark: str, escape: str) -> None:
        inner = instruction.onbuild
        self._instruction = inner or instruction
        self._within = inner is not None
        self._mark = mark
        self._escape = escape

    def read(self) -> Caret | None:
        """The part; ``None`` where there is nothing to complete."""
        instruction, mark = self._instruction, self._mark
        if mark in instruction.keyword:
            at = instruction.keyword.index(mark)
            start = instruction.raw.find(mark) - at
            typed, rest = instruction.raw[start : start + at], instruction.raw[start + at + 1 :]
            return self._caret(Part.KEYWORD, typed, rest[: len(instruction.keyword) - at - 1])
        for flag in instruction.flags:
            whole = instruction.raw[flag.start : flag.end]
            if mark in whole:
                return self._variable(whole.partition(mark)[0], whole.partition(mark)[2]) or self._flag(whole)
        body = instruction.body.text
        if mark not in body:
            return None
        typed, _, rest = body.partition(mark)
        if typed == "-":
            return self._caret(Part.FLAG, typed, _name_of(rest))
        is_json = body.lstrip(BLANKS).startswith("[") and form_of(instruction.keyword) in (Form.PATHS, Form.COMMAND)
        if not (is_json and instruction.keyword in (*_RUN_IN_CONTAINER, "RUN", "SHELL")):
            variable = self._variable(typed, rest)
            if variable is not None:
                return variable
        return self._string(typed, rest) if is_json else self._argument()

    def _caret(self, part: Part, typed: str, rest: str) -> Caret:
        instruction = self._instruction
        origin = instruction.flag("from")
        return Caret(part, instruction.keyword, instruction.index, typed, rest, origin=origin, within=self._within)

    def _flag(self, whole: str) -> Caret | None:
        typed, _, rest = whole.partition(self._mark)
        name, equals, value = typed.partition("=")
        if not equals:
            return self._caret(Part.FLAG, typed, _name_of(rest.partition("=")[0]))
        if name != "--mount":
            return self._caret(Part.VALUE, value.lstrip("\"'"), rest.rstrip("\"'"))._replace(name=name.strip("-"))
        parts = whole.partition("=")[2].strip("\"'").split(",")
        others = tuple(
            (key.strip().lower(), text)
            for key, _, text in (part.partition("=") for part in parts if self._mark not in part)
        )
        typed, _, rest = next(part for part in parts if self._mark in part).partition(self._mark)
        option, equals, value = typed.partition("=")
        if not equals:
            return self._caret(Part.OPTION, typed, rest.partition("=")[0])._replace(options=others)
        found = self._caret(Part.OPTION_VALUE, value, rest)
        return found._replace(name=option.strip().lower(), options=others)

    def _variable(self, typed: str, rest: str) -> Caret | None:
        match = _VARIABLE.search(typed)
        if match is None or not self._is_expanded(typed[: match.start()]):
            return None
        found = self._caret(Part.VARIABLE, match[2], _word_of(rest))
        return found._replace(braced=bool(match[1]))

    def _is_expanded(self, above: str) -> bool:
        """Whether a dollar behind a text means a variable: it is not escaped, and not in single quotes."""
        quote, escaped = "", False
        for char in above:
            if escaped:
                escaped = False
            elif char == self._escape and quote != "'":
                escaped = True
            elif quote:
                quote = "" if char == quote else quote
            elif char in "\"'":
                quote = char
        return not escaped and quote != "'"

    def _string(self, typed: str, rest: str) -> Caret | None:
        """A string of a JSON array, finished or not."""
        if self._instruction.keyword not in ("COPY", "ADD"):
            return None
        strings = typed.replace('\\"', "  ").split('"')
        if len(strings) % 2:
            return None
        own = typed[len(typed) - len(strings[-1]) :]
        match = _JSON_REST.match(rest)
        count = len(self._instruction.json or ()) or len(strings) // 2
        found = self._caret(Part.ARGUMENT, own, match[0] if match is not None else "")
        return found._replace(number=len(strings) // 2 - 1, arguments=count, quoted=True)

    def _argument(self) -> Caret | None:
        form = form_of(self._instruction.keyword)
        if form in (Form.COMMAND, Form.SINGLE, Form.ONBUILD):
            return None
        words = self._instruction.words
        for number, word in enumerate(words):
            if self._mark in word.raw:
                typed, _, rest = word.raw.partition(self._mark)
                return self._caret(Part.ARGUMENT, typed, rest)._replace(number=number, arguments=len(words))
        return None


def _name_of(text: str) -> str:
    """The rest of a flag's name at the start of a text."""
    end = next((at for at, char in enumerate(text) if not (char.isalnum() or char == "-")), len(text))
    return text[:end]


def _word_of(text: str) -> str:
    """The rest of a variable's name at the start of a text."""
    end = next((at for at, char in enumerate(text) if not (char.isalnum() or char == "_")), len(text))
    return text[:end]
