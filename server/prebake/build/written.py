"""Files of the finished image whose text stands in the Dockerfile itself: here-documents of COPY and RUN."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from types import MappingProxyType

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.startup import final_chain
from prebake.build.state import State, states
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import scripts_of
from prebake.syntax.shell import Command
from prebake.text import Text

_ESCAPED = MappingProxyType({"\\$": "$", "\\`": "`", "\\\\": "\\"})


def written_text(build: Build, path: str) -> Text | None:
    """The text of a file at a path of the finished image; ``None`` where the Dockerfile does not hold it."""
    return _written(build).get(path)


@fact
def _written(build: Build) -> dict[str, Text]:
    found: dict[str, str] = {}
    for stage in final_chain(build):
        for instruction in stage.instructions:
            if instruction.keyword in ("COPY", "ADD") and instruction.heredocs:
                found.update(_copied(build, instruction))
            elif instruction.keyword == "RUN" and ">" in build.text.content[instruction.start : instruction.end]:
                _redirected(instruction, states(build)[instruction.index], found)
    return {path: Text(content) for path, content in found.items()}


def _copied(build: Build, instruction: Instruction) -> Iterator[tuple[str, str]]:
    copy = copies(build)[instruction.index]
    for heredoc in instruction.heredocs if copy.destination is not None else ():
        place = posixpath.join(copy.destination or "", heredoc.name) if copy.into else copy.destination or ""
        yield place, heredoc.body


def _redirected(instruction: Instruction, state: State, found: dict[str, str]) -> None:
    """``cat > FILE <<EOF`` and ``echo TEXT > FILE``, also ``>>``."""
    for script in scripts_of(instruction, state.shell):
        for command in script.commands:
            target, append = _target(command)
            path = None if target is None else state.absolute(target)
            if path is None or (append and path not in found):
                continue
            body = _body(command)
            if body is None:
                found.pop(path, None)
            else:
                found[path] = found[path] + body if append else body


def _target(command: Command) -> tuple[str | None, bool]:
    """The file that a command writes, and whether it is made longer."""
    for item in command.redirections:
        if item.operator in (">", ">|", ">>") and item.fd in (None, 1) and item.target.value != "/dev/null":
            return item.target.value, item.operator == ">>"
    if command.name == "tee" and len(command.words) > 1:
        return command.words[-1].value, "-a" in command.values
    return None, False


def _body(command: Command) -> str | None:
    """The text that a command writes; ``None`` where it is not known."""
    if command.name in ("cat", "tee"):
        for item in command.redirections:
            if item.body is not None:
                plain = item.target.raw[:1] not in ("'", '"', "\\")
                return _unescaped(item.body.raw) if plain else item.body.raw
        return None
    if command.name not in ("echo", "printf"):
        return None
    values = [word.value for word in command.words[1:] if word.raw not in ("-e", "-n", "-en", "-ne")]
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not known:
        return "\n" if command.name == "echo" and not values else None
    if command.name == "echo":
        return " ".join(known).replace("\\n", "\n") + "\n"
    form = known[0].replace("\\n", "\n")
    if len(known) == 1:
        return form
    return "".join(form.replace("%s", value, 1) for value in known[1:]) if form.count("%s") == 1 else None


def _unescaped(text: str) -> str:
    """A here-document's text as the shell writes it; variables in it stay, as their values are not known."""
    for written, meant in _ESCAPED.items():
        text = text.replace(written, meant)
    return text
