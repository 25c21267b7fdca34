"""Downloads of models in a RUN whose failure does not stop the build."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence
from itertools import takewhile

from prebake.build.build import Build, fact
from prebake.build.commands.projectscripts import Within
from prebake.build.models.runs.fetches import Fetch, fetches_at
from prebake.build.models.runs.programs import image_file
from prebake.build.state import states
from prebake.findings import Location, Related
from prebake.project.python.parse import FILE
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import SHELLS, scripts_of
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
    ``download`` returns False). ``command`` is the download as it stands, or the script that does it, ``following`` the
    one behind it; ``within`` is the script that they stand in, ``None`` for the Dockerfile.
    """

    kind: str
    fetch: Fetch
    message: str
    command: Command
    following: Command | None = None
    related: tuple[Related, ...] = ()
    mild: bool = False
    within: Within | None = None


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
    """What ignores the failure: the text that the command stands in, or one that starts this, and so on up to the RUN;
    or the command itself.
    """
    command = fetch.step.command
    for within in reversed(fetch.ran.within):
        if within.script is None:  # of make, which stops at each line
            return None
        found = _in_script(build, fetch, within, command)
        if found is not None:
            return found
        command = within.starter.command
    shell = states(build)[instruction.index].shell
    for script in scripts_of(instruction, shell)[:1]:
        if script.problem is None and command in script.commands:
            found = _in_shell(fetch, script.commands, command, any(map(_is_errexit, shell[1:])))
            if found is not None:
                return found
    return _of_curl(build, fetch) or _in_python(build, fetch)


def _in_script(build: Build, fetch: Fetch, within: Within, command: Command) -> Ignored | None:
    script = within.script
    if script is None or script.problem is not None or command not in script.commands:
        return None
    shebang = within.text.line(0).split() if within.text.content.startswith("#!") else []
    given = [item.text or "" for item in within.starter.arguments] if within.starter.program in SHELLS else []
    options = [*shebang[1:], *takewhile(lambda word: word[:1] == "-", given)]
    found = _in_shell(fetch, script.commands, command, any(map(_is_errexit, options)))
    if found is None or (found.kind != "or" and _is_checked(fetch, script.commands, command)):
        return None
    if found.kind == "semicolon":
        message = (
            f"{fetch.subject} may fail to download {fetch.named}, and the script goes on, as it has no `set -e`: the "
            "build succeeds, and the image may lack the model"
        )
        found = found._replace(message=message)
    related = tuple(_in_file(build, fetch, within, found.command, "the script goes on where this fails"))
    return found._replace(within=within, related=related)


def _is_checked(fetch: Fetch, commands: Sequence[Command], command: Command) -> bool:
    """Whether a later command of a script looks at what became of the download, or comes to nothing without it."""
    rest = commands[commands.index(command) + 1 :]
    if any("$?" in word.raw for item in rest for word in item.words):
        return True
    if any(item.name in ("exit", "return") and item.values[1:2] not in ((), ("0",)) for item in rest):
        return True
    names = [posixpath.basename(name) for name in fetch.models]
    last = rest[-1] if rest else None
    return last is not None and any(name and name in word.raw for name in names for word in last.words)


def _in_shell(fetch: Fetch, commands: Sequence[Command], command: Command, stops: bool) -> Ignored | None:
    """What the commands around one do with its failure; ``stops``: the shell ends at the first that fails."""
    number = commands.index(command)
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
    if stops or any(_stops_at_errors(item) for item in commands[:number]):
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


def _stops_at_errors(command: Command) -> bool:
    """Whether from this command on the shell ends at the first that fails: ``set -e``, ``trap ... ERR``."""
    if command.name == "trap":
        return "ERR" in command.values
    return command.name == "set" and any(_is_errexit(value or "") for value in command.values[1:])


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


def _of_curl(build: Build, fetch: Fetch) -> Ignored | None:
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
    command, within = fetch.step.command, fetch.within
    said = "this takes an error page for the file"
    related = () if within is None else tuple(_in_file(build, fetch, within, command, said))
    return Ignored("curl", fetch, message, command, related=related, within=within)


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
    related: tuple[Related, ...] = ()
    found = None if fetch.script is None else project_file(build, fetch, fetch.script)
    if found is not None:
        line = handler.lineno - 1
        span = Span(Position(line, 0), Position(line + 1, 0))
        related = (Related(Location(found, span), "the error is caught here"),)
    return Ignored("except", fetch, message, fetch.step.command, related=related)


def project_file(build: Build, fetch: Fetch, path: str) -> str | None:
    """The file of the project that a RUN finds at a path of the image."""
    return image_file(build, fetch.instruction)(path)


def _in_file(build: Build, fetch: Fetch, within: Within, command: Command, said: str) -> Iterator[Related]:
    path = project_file(build, fetch, within.path)
    if path is not None:
        place = Location(path, within.text.span(command.start, command.end))
        yield Related(place, said)
