"""Edits of the commands of one instruction, made where they stand: options, whole words, a command more at the end.

What is not touched keeps its text: comments, continuations, indentation and line ends. What cannot be spelled without
rewriting more than that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from prebake.edits import TextEdit
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import scripts_of
from prebake.syntax.shell import Command, Script, ShellWord

_JOINS = frozenset(("", "&&", ";", "\n", "|"))
"""Operators behind which a command more at the end of all changes nothing for those before it."""

_LEAVES = frozenset(("exec", "exit", "return"))
"""Commands behind which nothing runs."""

_BROKEN_BEHIND = regex(r"&&[ \t]*\\[ \t]*\r?\n")
_BROKEN_BEFORE = regex(r"\\[ \t]*\r?\n[ \t]*&&")
_INDENT = regex(r"[ \t]*")


class CommandEdits:
    """Collects edits of one instruction.

    ``problem`` says why one of them cannot be spelled, ``None`` as long as all can; then ``edits`` are not to be used.
    """

    def __init__(self, instruction: Instruction, escape: str = "\\") -> None:
        """``escape`` is the character that continues a line (see :attr:`Dockerfile.escape`)."""
        self._instruction = instruction
        self._escape = escape
        self._scripts: tuple[Script, ...] | None = None
        self._own: dict[int, Command] = {}
        self.edits: list[TextEdit] = []
        self.problem: str | None = None

    def _edit(self, start: int, end: int, text: str) -> None:
        self.edits.append(TextEdit(self._instruction.span_of(_Range(start, end)), text))

    def refuse(self, reason: str) -> None:
        """Note why something cannot be spelled; the first reason counts."""
        self.problem = self.problem or reason

    def place(self, shell: Sequence[str], command: Command, word: ShellWord) -> ShellWord | None:
        """Where a command's word stands in the source, though the command may come from the text of a ``sh -c``;
        ``None`` when that is not clear.
        """
        if self._scripts is None:
            self._scripts = scripts_of(self._instruction, shell)
            self._own = {item.start: item for script in self._scripts[:1] for item in script.commands}
        if self._own.get(command.start) == command:
            return word
        number = next((number for number, known in enumerate(command.words) if known is word), None)
        found = [item for script in self._scripts[1:] for item in script.commands if item.values == command.values]
        return found[0].words[number] if len(found) == 1 and number is not None else None

    def _written(self, word: ShellWord) -> bool:
        """Whether a word stands in the source as the shell reads it, so that it can be edited there."""
        return self._instruction.raw[word.start : word.end] == word.raw and not self._quoted(word)

    def _quoted(self, word: ShellWord) -> bool:
        """Whether it is a string of the exec form."""
        return any(word.start == string.start for string in self._instruction.json or ())

    def _check(self, *words: ShellWord) -> None:
        if not all(map(self._written, words)):
            self.refuse("its words cannot be edited one by one where they stand")

    def replace(self, word: ShellWord, text: str) -> None:
        """Put another text in a word's place."""
        quoted = self._quoted(word) and " " not in text
        if not quoted:
            self._check(word)
        self._edit(word.start, word.end, f'"{text}"' if quoted else text)

    def before(self, word: ShellWord, text: str) -> None:
        """Insert a text in front of a word."""
        self._check(word)
        self._edit(word.start, word.start, text)

    def prefix(self, shell: Sequence[str], command: Command, text: str) -> None:
        """Let a text, a command with its operator, stand in front of a command of a RUN."""
        instruction = self._instruction
        scripts = scripts_of(instruction, shell)[:1]
        if instruction.json is not None:
            self.refuse("it is in JSON form, to which no command can be added")
        elif not scripts or scripts[0].problem is not None or command not in scripts[0].commands:
            self.refuse("its commands are not understood")
        elif command.context or command.negated or command.before not in ("", "&&", ";", "\n"):
            self.refuse("the command runs on a condition, or reads what another one writes")
        elif command.after in ("||", "&", "|", "|&"):
            self.refuse(f"the command is followed by `{command.after}`")
        else:
            self._edit(command.start, command.start, text)

    def words_before(self, word: ShellWord, words: Sequence[str]) -> None:
        """Insert words in front of another one, each on a line of its own where that one begins its line."""
        raw = self._instruction.raw
        if self._quoted(word):
            self._edit(word.start, word.start, "".join(f'"{text}", ' for text in words))
            return
        start = raw.rfind("\n", 0, word.start) + 1
        broken = start and not raw[start : word.start].strip()
        between = f" {self._escape}" + ("\r\n" if "\r\n" in raw else "\n") + raw[start : word.start] if broken else " "
        self.before(word, "".join(text + between for text in words))

    def behind(self, word: ShellWord, text: str) -> None:
        """Insert a word behind another one."""
        if self._quoted(word) and " " not in text:
            self._edit(word.end, word.end, f', "{text}"')
            return
        self._check(word)
        self._edit(word.end, word.end, f" {text}")

    def drop(self, before: ShellWord, first: ShellWord, last: ShellWord) -> None:
        """Remove words and what is between them and the word before; a comment line in between stays."""
        raw = self._instruction.raw
        self._check(first, last)
        lines = raw[before.end : first.start].split("\n")
        if not any(line.lstrip().startswith("#") for line in lines[1:]):
            self._edit(before.end, last.end, "")
            return
        start, end = raw.rfind("\n", 0, first.start) + 1, raw.find("\n", last.end) + 1
        alone = not raw[start : first.start].strip() and end and raw[last.end : end].strip() in ("\\", "`")
        self._edit(*((start, end) if alone else (first.start, last.end)), "")

    def flag(self, text: str) -> None:
        """Add an option of the instruction itself, such as ``--mount=...``, behind those that it has."""
        instruction = self._instruction
        at = instruction.body.offsets[0]
        between = instruction.raw[instruction.flags[-1].end : at] if instruction.flags else " "
        self._edit(at, at, text + (between if "#" not in between else " "))

    def append(self, shell: Sequence[str], command: str) -> None:
        """Let one more command run after all others of a RUN, if these succeed, in the style of the RUN."""
        instruction = self._instruction
        scripts = scripts_of(instruction, shell)[:1]
        reason = _closed(instruction, scripts[0]) if scripts else "its shell is not known"
        if reason is not None:
            self.refuse(reason)
            return
        commands = scripts[0].commands
        last = commands[-1]
        self._edit(last.end, last.end, _joint(self._escape, instruction, commands) + command)


class _Range(NamedTuple):
    start: int
    end: int


def _closed(instruction: Instruction, script: Script) -> str | None:
    """Why nothing can be added to the end of a RUN; ``None`` when something can."""
    if instruction.json is not None:
        return "it is in JSON form, to which no command can be added"
    if script.problem is not None or not script.commands:
        return f"its commands are not understood: {script.problem or 'there are none'}"
    if instruction.heredocs and instruction.heredocs[0].body.startswith("#!"):
        return "it is a script of its own with an interpreter"
    if instruction.heredocs and script.commands[0].start < instruction.heredocs[0].start:
        return "it has a here-document as its input"
    last = script.commands[-1]
    if any(item.body is not None for item in last.redirections):
        return "its last command has a here-document"
    if last.context:
        return "it ends in a subshell, a loop or a condition"
    if last.after not in ("", "\n") or last.negated or last.name in _LEAVES:
        last_word = "!" if last.negated else last.after.strip() or last.name
        return f"it ends in `{last_word}`, behind which no command can be added"
    odd = next((command.before for command in script.commands if command.before not in _JOINS), None)
    if odd is not None and any(not command.context for command in script.commands if command.before == odd):
        return f"its commands are joined by `{odd}` as well"
    return None


def _joint(escape: str, instruction: Instruction, commands: Sequence[Command]) -> str:
    """What goes between the last command and one that follows it: an operator, and a line break where they have one."""
    raw = instruction.raw
    last = commands[-1]
    newline = "\r\n" if "\r\n" in raw else "\n"
    escape = "\\" if instruction.heredocs else escape
    stops = commands[0].name == "set" and any("e" in (value or "") for value in commands[0].values[1:2])
    indent = _indent(raw, last.end)
    if last.before == "\n":
        return f"{newline}{indent}" if stops and instruction.heredocs else " && "
    if "\n" not in raw[commands[0].start : last.end]:
        return "; " if stops and last.before == ";" else " && "
    if last.before == ";":
        return f"; {escape}{newline}{indent}" if stops else f" && {escape}{newline}{indent}"
    text = raw[commands[0].start : last.end]
    behind = [found.end() for found in _BROKEN_BEHIND.finditer(text.replace(escape, "\\"))]
    before = [found.end() for found in _BROKEN_BEFORE.finditer(text.replace(escape, "\\"))]
    if behind and (not before or behind[-1] > before[-1]):
        at = commands[0].start + behind[-1]
        own = _INDENT.match(raw, at)
        return f" && {escape}{newline}{own[0] if own is not None else indent}"
    if before:
        own = _INDENT.match(raw, raw.rfind("\n", 0, commands[0].start + before[-1]) + 1)
        return f" {escape}{newline}{own[0] if own is not None else indent}&& "
    return f" {escape}{newline}{indent}&& "


def _indent(raw: str, end: int) -> str:
    """The indentation of the line that ends with a command; four blanks where it is the instruction's first one."""
    start = raw.rfind("\n", 0, end) + 1
    own = _INDENT.match(raw, start)
    return own[0] if own is not None and start else "    "
