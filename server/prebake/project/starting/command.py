"""From a command to the Python programs it starts.

Wrappers are looked through, shell texts split, shell scripts of the project read; nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prebake.files import join
from prebake.project.starting.launchers import Launcher, launcher
from prebake.project.starting.program import UNKNOWN, Place, Program
from prebake.project.starting.servers import MODULE, served
from prebake.project.starting.shellflow import flow
from prebake.project.starting.tasks import commands_of, task
from prebake.regex import regex
from prebake.syntax.fragment import Fragment
from prebake.syntax.run import script_of_file
from prebake.syntax.shell import Script, split

__all__ = ["Place", "Program", "programs_of_script", "programs_of_words"]

_MAX_DEPTH = 6
_MAX_COMMANDS = 2000

_PYTHON = regex(r"(python|pypy)(\d(\.\d+)?)?w?$")
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "busybox"))
_ASSIGNMENT = regex(r"[^\W\d]\w*=")
_VALUED_PYTHON = frozenset("XW")


def programs_of_words(words: Sequence[str], place: Place, depth: int = 0) -> Iterator[Program]:
    """The Python programs that a command, given as its words, starts."""
    words = tuple(words)
    place.seen[0] += 1
    if not words or depth > _MAX_DEPTH or place.seen[0] > _MAX_COMMANDS:
        return
    program = words[0].rpartition("/")[2]
    if _PYTHON.match(program):
        yield from _python(words[1:], place, depth)
        return
    if program in _SHELLS:
        yield from _shell(words[1:], place, depth)
        return
    if program in ("source", ".") and len(words) > 1:
        yield from _file(words[1], words[2:], place, depth)
        return
    if program == "eval":
        text = " ".join(words[1:])
        if UNKNOWN not in text:
            yield from programs_of_script(split(Fragment.whole(text)), place, depth + 1)
        return
    entry = launcher(words)
    if entry is None:
        yield from _unknown(words, place, depth)
        return
    found, rest = entry[0], words[entry[1] :]
    if found.kind == "wrapper":
        yield from _wrapped(found, rest, place, depth)
    elif found.kind == "script":
        named = next((word for word in rest if word.endswith(".py")), None)
        if named is not None:
            yield place.file_program(named, rest, beside=True)
    elif found.kind == "supervisor":
        for text, here in commands_of(found, rest, place):
            yield from programs_of_script(split(Fragment.whole(text)), here, depth + 1)
    else:
        yield from served(found, rest, place)


def programs_of_script(script: Script, place: Place, depth: int = 0) -> Iterator[Program]:
    """The Python programs that a shell text starts."""
    if depth > _MAX_DEPTH:
        return
    for words, here in flow(script, place):
        yield from programs_of_words(words, here, depth + 1)


def _wrapped(entry: Launcher, words: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    environment = dict(place.environment)
    positionals = entry.positionals
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            break
        if entry.python and word in ("-m", "--module"):
            yield from _python(words[at:], place, depth)
            return
        if word.startswith("-") and word != "-":
            if word in entry.directory and at + 1 < len(words) and UNKNOWN not in words[at + 1]:
                place = place.but(directory=place.path(words[at + 1]))
            at += 2 if word in entry.valued else 1
        elif entry.assignments and _ASSIGNMENT.match(word):
            name, _, value = word.partition("=")
            environment[name] = value
            at += 1
        elif positionals:
            positionals -= 1
            at += 1
        else:
            break
    rest = words[at:]
    here = place.but(environment=environment)
    text = task(entry, rest, here)
    if text is not None:
        inside = here.but(arguments=rest[1:])
        yield from programs_of_script(split(Fragment.whole(text)), inside, depth + 1)
    elif entry.python and rest and rest[0].endswith(".py"):
        yield here.file_program(rest[0], rest[1:])
    else:
        yield from programs_of_words(rest, here, depth + 1)


def _python(words: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    """``python [options] FILE | -m MODULE | -c TEXT``."""
    at = 0
    while at < len(words) and words[at].startswith("-") and len(words[at]) > 1:
        word = words[at]
        letters = word[1:] if not word.startswith("--") else ""
        if word.startswith("--module"):
            letters = "m"
        if letters[-1:] in ("m", "c") and not letters.strip("bBdEhiIOPqsSuvVxmc"):
            if at + 1 < len(words):
                yield from _option(letters[-1], words[at + 1], words[at + 2 :], place, depth)
            return
        if letters[:1] in ("m", "c") and len(letters) > 1:
            yield from _option(letters[0], letters[1:], words[at + 1 :], place, depth)
            return
        at += 2 if letters[:1] in _VALUED_PYTHON and len(letters) == 1 else 1
    if at < len(words) and words[at] != "-" and UNKNOWN not in words[at]:
        yield place.file_program(words[at], words[at + 1 :])


def _option(option: str, value: str, rest: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    if option == "c":
        yield place.program(rest, code=value, main=True)
    elif launcher((value, *rest)) is not None and value != "time":
        yield from programs_of_words((value, *rest), place, depth + 1)
    elif MODULE.match(value):
        yield place.program(rest, module=value, main=True)


def _shell(words: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    """``sh -c TEXT [NAME ARGUMENT ...]`` or ``sh FILE [ARGUMENT ...]``."""
    at = 0
    while at < len(words) and words[at].startswith(("-", "+")):
        if not words[at].startswith("--") and "c" in words[at]:
            if at + 1 < len(words):
                inside = place.but(arguments=words[at + 3 :])
                yield from programs_of_script(split(Fragment.whole(words[at + 1])), inside, depth + 1)
            return
        at += 2 if words[at] in ("-o", "+o", "-O", "+O") else 1
    if at < len(words):
        yield from _file(words[at], words[at + 1 :], place, depth)


def _file(name: str, arguments: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    path = place.path(name)
    text = None if UNKNOWN in name else place.read(path)
    script = None if text is None else script_of_file(text)
    if script is not None:
        yield from programs_of_script(script, place.but(arguments=arguments, script=path), depth + 1)


def _unknown(words: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    """A script of the project by its path, or the command of an installed package."""
    name = words[0]
    if UNKNOWN in name:
        return
    candidates = [place.path(name)]
    if "/" not in name:
        folders = [*(place.environment.get("PATH") or "").split(":"), "/usr/local/bin", "/usr/bin", "/bin"]
        candidates = [join(folder, name) for folder in folders if folder.startswith("/")]
    for path in candidates:
        text = place.read(path)
        if text is None:
            continue
        first = text.line(0)
        if path.endswith(".py") or (first.startswith("#!") and "python" in first):
            yield place.file_program(path, words[1:])
        elif first.startswith("#!") or path.endswith((".sh", ".bash")):
            yield from _file(path, words[1:], place, depth)
        return
    if "/" not in name or name.rpartition("/")[0].endswith("/bin"):
        yield place.program(words[1:], console=name.rpartition("/")[2])
