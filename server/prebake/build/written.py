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
    found: dict[str, Text] = {}
    for stage in final_chain(build):
        for instruction in stage.instructions:
            if instruction.keyword in ("COPY", "ADD") and instruction.heredocs:
                found.update(_copied(build, instruction))
            elif instruction.keyword == "RUN" and ">" in instruction.body.text + "".join(
                heredoc.body for heredoc in instruction.heredocs
            ):
                found.update(_redirected(instruction, states(build)[instruction.index]))
    return found


def _copied(build: Build, instruction: Instruction) -> Iterator[tuple[str, Text]]:
    copy = copies(build)[instruction.index]
    for heredoc in instruction.heredocs if copy.destination is not None else ():
        place = posixpath.join(copy.destination or "", heredoc.name) if copy.into else copy.destination or ""
        yield place, Text(heredoc.body)


def _redirected(instruction: Instruction, state: State) -> Iterator[tuple[str, Text]]:
    """``cat > FILE <<EOF`` and ``echo TEXT > FILE``."""
    for script in scripts_of(instruction, state.shell):
        for command in script.commands:
            target, body = _target(command)
            if target is None or body is None:
                continue
            path = state.absolute(target)
            if path is not None:
                yield path, Text(body)


def _target(command: Command) -> tuple[str | None, str | None]:
    """The file that a command writes, and its text."""
    target = next((item.target.value for item in command.redirections if item.operator in (">", ">|")), None)
    if command.name == "tee" and len(command.words) > 1 and target in (None, "/dev/null"):
        target = command.words[-1].value
    if command.name in ("cat", "tee"):
        for item in command.redirections:
            if item.body is not None:
                plain = item.target.raw[:1] not in ("'", '"', "\\")
                return target, _unescaped(item.body.raw) if plain else item.body.raw
    elif command.name in ("echo", "printf") and target is not None:
        values = [word.value for word in command.words[1:] if word.raw not in ("-e", "-n")]
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            return target, " ".join(known).replace("\\n", "\n")
    return None, None


def _unescaped(text: str) -> str:
    """A here-document's text as the shell writes it; variables in it stay, as their values are not known."""
    for written, meant in _ESCAPED.items():
        text = text.replace(written, meant)
    return text
