"""Downloads of models in a RUN whose failure does not stop the build."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import takewhile

from prebake.build.build import Build, fact
from prebake.build.models.runs.fetches import Fetch, fetches_at
from prebake.build.state import states
from prebake.findings import Location, Related
from prebake.project.python.parse import FILE
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import scripts_of
from prebake.syntax.shell import Command
from prebake.text import Position, Span

_HARMLESS = frozenset(("true", ":", "echo", "printf"))
"""Commands behind ``||`` that succeed and do nothing in place of the download."""

_FAILS = frozenset(("-f", "--fail", "--fail-with-body", "--fail-early"))
_CALLS = frozenset(
    ("from_pretrained", "snapshot_download", "hf_hub_download", "SentenceTransformer", "download", "load_dataset")
)
_STOPS = regex(r"\b(?:raise|exit|_exit|abort|fail)\b")
NLTK = regex(r"\bnltk\.download\(([^()\n]{0,200})\)")
"""A call of NLTK's download, with what it is given."""

_MOST_CODE = 100_000


class Ignored(NamedTuple):
    """A download whose failure is ignored.

    ``kind`` is ``or`` (``|| true``), ``semicolon`` (more follows that does not depend on it), ``loop`` (a later round
    decides), ``curl`` (an error page is a success), ``except`` (Python code catches the error) or ``nltk`` (its
    ``download`` returns False). ``command`` is the download as it stands, ``following`` the one behind it.
    """

    kind: str
    fetch: Fetch
    message: str
    command: Command
    following: Command | None = None
    related: tuple[Related, ...] = ()
    mild: bool = False


@fact
def ignored_failures(build: Build) -> tuple[Ignored, ...]:
    """They, in order, each once."""
    return tuple(
        found
        for instruction in build.tree.instructions
        if instruction.keyword == "RUN"
        for fetch in fetches_at(build, instruction)
        for found in [_of(build, instruction, fetch)]
        if found is not None
    )


def _of(build: Build, instruction: Instruction, fetch: Fetch) -> Ignored | None:
    shell = states(build)[instruction.index].shell
    command = fetch.step.command
    for script in scripts_of(instruction, shell)[:1]:
        if script.problem is None and command in script.commands:
            number = script.commands.index(command)
            found = _in_shell(fetch, script.commands, number, any(map(_is_errexit, shell[1:])))
            if found is not None:
                return found
    return _of_curl(fetch, command) or _in_python(build, fetch)


def _in_shell(fetch: Fetch, commands: Sequence[Command], number: int, stops: bool) -> Ignored | None:
    command = commands[number]
    rest = commands[number + 1 :]
    says = f"{fetch.subject} may fail to download {fetch.named}, and the build goes on"
    if command.after == "||" and rest:
        alternative = _group(command, rest)
        if alternative and all(item.name in _HARMLESS or item.values == ("exit", "0") for item in alternative):
            shown = alternative[0].name if alternative[0].name != "exit" else "exit 0"
            alone = len(alternative) == 1 and rest[0].context == command.context
            message = f"{says} (`|| {shown}`): the image then lacks the model, and each container downloads it"
            return Ignored("or", fetch, message, command, rest[0] if alone else None)
        return None
    if stops or any(item.name == "set" and _sets_errexit(item) for item in commands[:number]):
        return None
    if command.context == ("for", "do") and command.after in (";", "\n", ""):
        message = f"{says} with the next round of the loop, as only the last one counts: the image may lack a model"
        return Ignored("loop", fetch, message, command)
    if command.context:
        return None
    last = _end_of_chain(commands, number)
    if last is None or last + 1 >= len(commands):
        return None
    following = commands[last + 1]
    joint = "the next line" if following.before == "\n" else f"`{following.before}`"
    message = f"{says} behind {joint}, as only the last command counts: the image may lack the model"
    return Ignored("semicolon", fetch, message, commands[last], following)


def _group(command: Command, rest: Sequence[Command]) -> list[Command]:
    """The commands behind the ``||`` of a command: one, or those in parentheses."""
    depth = len(rest[0].context)
    if depth <= len(command.context):
        return [rest[0]]
    return list(takewhile(lambda item: len(item.context) >= depth, rest))


def _sets_errexit(command: Command) -> bool:
    return any(_is_errexit(value or "") for value in command.values[1:])


def _is_errexit(word: str) -> bool:
    """Whether an option of a shell, or of ``set``, makes it stop at the first failure."""
    return word == "errexit" or (word[:1] == "-" and word[1:2] != "-" and "e" in word[1:])


def _end_of_chain(commands: Sequence[Command], number: int) -> int | None:
    """The last command that a failure skips, as of ``a && b; c`` it is b; ``None`` where it is not known."""
    while commands[number].after == "&&" and number + 1 < len(commands):
        number += 1
        if commands[number].context:
            return None
    return number if commands[number].after in (";", "\n") else None


def _of_curl(fetch: Fetch, command: Command) -> Ignored | None:
    if fetch.step.program != "curl" or fetch.step.wrappers:
        return None
    for argument in fetch.step.arguments:
        text = argument.text or ""
        if text in _FAILS or (text.startswith("-") and not text.startswith("--") and "f" in _letters(text)):
            return None
    message = (
        f"curl without -f takes an error page for {fetch.named}: when the server answers with 404 or 503, the build "
        "succeeds and the image has a broken file"
    )
    return Ignored("curl", fetch, message, command)


def _letters(text: str) -> str:
    """The options among letters such as ``-fsSLo``, up to the first that takes a value."""
    found = ""
    for letter in text[1:]:
        found += letter
        if letter in "oHXduAemxbcCDEFhKPQrTtUwyYz":
            break
    return found


def _in_python(build: Build, fetch: Fetch) -> Ignored | None:
    code = fetch.code
    if code is None or len(code) > _MOST_CODE:
        return None
    try:
        tree = ast.parse(code, FILE)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_downloads(child) for child in node.body):
            handler = next((item for item in node.handlers if _swallows(item)), None)
            if handler is not None and not node.orelse and not node.finalbody:
                return _caught(build, fetch, handler)
    found = NLTK.search(code)
    if found is not None and "raise_on_error" not in found.group(1):
        message = (
            f"nltk.download returns False when it fails ({fetch.subject}), and the build goes on: the image may lack "
            "the data. Pass raise_on_error=True"
        )
        return Ignored("nltk", fetch, message, fetch.step.command, mild=True)
    return None


def _downloads(node: ast.AST) -> bool:
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            name = child.func.attr if isinstance(child.func, ast.Attribute) else getattr(child.func, "id", "")
            if name in _CALLS:
                return True
    return False


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler does nothing but pass over the error, or tell of it."""
    kinds = (ast.Pass, ast.Expr)
    if not all(isinstance(node, kinds) for node in handler.body):
        return False
    caught = ast.unparse(handler.type) if handler.type is not None else ""
    if caught and not any(name in caught for name in ("Exception", "Error")):
        return False
    return not any(_STOPS.search(ast.unparse(node)) for node in handler.body if isinstance(node, ast.Expr))


def _caught(build: Build, fetch: Fetch, handler: ast.ExceptHandler) -> Ignored:
    place = f"line {handler.lineno} of {fetch.subject}" if fetch.script is not None else f"line {handler.lineno}"
    message = (
        f"the code catches the error of the download and goes on ({place}), and so does the build: the image may lack "
        f"{fetch.named}"
    )
    related = tuple(_in_file(build, fetch, handler.lineno - 1))
    return Ignored("except", fetch, message, fetch.step.command, related=related)


def _in_file(build: Build, fetch: Fetch, line: int) -> Iterator[Related]:
    from prebake.build.image import image_before

    if fetch.script is None:
        return
    found = image_before(build, fetch.instruction).provider(fetch.script)
    if found is not None and found.copy is not None:
        path = found.copy.files.absolute(found.context)
        yield Related(Location(path, Span(Position(line, 0), Position(line + 1, 0))), "the error is caught here")
