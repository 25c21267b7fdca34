"""From a command to the Python programs it starts.

Wrappers are looked through, shell texts split, shell scripts of the project read; nothing is run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from prebake.files import join
from prebake.project.launchers import Launcher, launcher
from prebake.project.manifest import read_toml, table
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.expand import expand
from prebake.syntax.fragment import Fragment
from prebake.syntax.run import script_of_file
from prebake.syntax.shell import Command, Script, ShellWord, split
from prebake.text import Text

_MAX_DEPTH = 6
_MAX_COMMANDS = 2000
_UNKNOWN = "\0"

_PYTHON = regex(r"(python|pypy)(\d(\.\d+)?)?w?$")
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "busybox"))
_MODULE = regex(r"[^\W\d]\w*(\.[^\W\d]\w*)*$")
_APPLICATION = regex(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*(?:\.[^\W\d]\w*)*)(\(.*\))?$")
_ASSIGNMENT = regex(r"[^\W\d]\w*=")
_VALUED_PYTHON = frozenset("XW")


class Site(NamedTuple):
    """Where in a script of the image a command stands: ``path`` in the image, offsets into its text."""

    path: str
    start: int
    end: int


class Program(NamedTuple):
    """A Python program as the image runs it.

    One of ``file`` (a path in the image), ``module`` (a dotted name), ``code`` (the text of ``python -c``) and
    ``console`` (a command that some package installs) says what runs. ``main``: it runs as ``__main__``. ``name`` is
    the object that is taken from it. ``directories`` are the folders of the image that modules are looked for in.
    ``site`` is the place of the command in a script, ``None`` for one in CMD, ENTRYPOINT or a compose file.
    """

    directories: tuple[str, ...]
    file: str | None = None
    module: str | None = None
    code: str | None = None
    console: str | None = None
    main: bool = False
    name: str | None = None
    arguments: tuple[str, ...] = ()
    site: Site | None = None
    environment: Mapping[str, str | None] = MappingProxyType({})

    def __hash__(self) -> int:
        return hash(self[:-1])  # without the variables, which have no hash


class Place:
    """Where a command runs: the working directory, the variables, the image's files, and the arguments of a script.

    ``read`` gives the text of a file of the image as far as the project has it. ``script`` is the path of the script
    that is being read.
    """

    def __init__(
        self,
        directory: str,
        environment: Mapping[str, str | None],
        read: Callable[[str], Text | None],
        arguments: tuple[str, ...] = (),
        script: str | None = None,
    ) -> None:
        self.directory = directory
        self.environment = environment
        self.read = read
        self.arguments = arguments
        self.script = script
        # How many commands were looked at: scripts that call each other many times come to an end.
        self.seen = [0]

    def but(
        self,
        *,
        directory: str | None = None,
        environment: Mapping[str, str | None] | None = None,
        arguments: tuple[str, ...] | None = None,
        script: str | None = None,
    ) -> Place:
        """This place with something else; commands are counted on."""
        other = Place(
            self.directory if directory is None else directory,
            self.environment if environment is None else environment,
            self.read,
            self.arguments if arguments is None else arguments,
            self.script if script is None else script,
        )
        other.seen = self.seen
        return other

    def path(self, name: str) -> str:
        """A path of the image as the command sees it."""
        return join(self.directory, name)


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
    entry = launcher(words)
    if entry is None:
        yield from _unknown(words, place, depth)
    elif entry[0].kind == "wrapper":
        yield from _wrapped(entry[0], words[entry[1] :], place, depth)
    elif entry[0].kind == "script":
        named = next((word for word in words[entry[1] :] if word.endswith(".py")), None)
        if named is not None:
            yield _script(named, words[entry[1] :], place, extra=(place.directory,))
    else:
        yield from _server(entry[0], words[entry[1] :], place)


def programs_of_script(script: Script, place: Place, depth: int = 0) -> Iterator[Program]:
    """The Python programs that a shell text starts, ``cd`` and variables followed."""
    if depth > _MAX_DEPTH:
        return
    environment = dict(place.environment)
    for command in script.commands:
        here = place.but(environment=environment)
        own = {item.name: _value(item.value, here) for item in command.assignments}
        if not command.words:
            environment.update(own)
            continue
        words = tuple(part for word in command.words for part in _words(word, here))
        if words[:1] == ("cd",) and len(words) == 2 and _UNKNOWN not in words[1]:
            place = place.but(directory=place.path(words[1]))
        elif words[:1] == ("export",):
            for word in words[1:]:
                name, given, value = word.partition("=")
                if given:
                    environment[name] = None if _UNKNOWN in value else value
        elif not _is_test(command):
            for program in programs_of_words(words, here.but(environment={**environment, **own}), depth + 1):
                if program.site is None and here.script is not None:
                    program = program._replace(site=Site(here.script, command.start, command.end))
                yield program


def _is_test(command: Command) -> bool:
    return command.name in ("echo", "printf", "test", "[", "[[", "set", "trap")


def _words(word: ShellWord, place: Place) -> tuple[str, ...]:
    if word.raw in ('"$@"', "$@", "$*", '"$*"', '"${@}"'):
        return place.arguments
    value = _value(word, place)
    if value is not None and word.raw.startswith("$") and " " in value:
        return tuple(value.split())
    return (_UNKNOWN if value is None else value,)


def _value(word: ShellWord, place: Place) -> str | None:
    if word.value is not None:
        return word.value
    if word.pattern is not None:
        return word.pattern
    return None if word.substitutions else expand(word.raw, place.environment.get)


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
    if entry.python and rest and rest[0].endswith(".py"):
        yield _script(rest[0], rest[1:], here)
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
    if at < len(words) and words[at] != "-" and _UNKNOWN not in words[at]:
        yield _script(words[at], words[at + 1 :], place)


def _option(option: str, value: str, rest: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    if option == "c":
        yield Program(_directories(place), code=value, main=True, arguments=rest, environment=place.environment)
    elif launcher((value, *rest)) is not None and value != "time":
        yield from programs_of_words((value, *rest), place, depth + 1)
    elif _MODULE.match(value):
        yield Program(_directories(place), module=value, main=True, arguments=rest, environment=place.environment)


def _script(name: str, arguments: Sequence[str], place: Place, extra: tuple[str, ...] = ()) -> Program:
    path = place.path(name)
    directories = (posixpath.dirname(path) or ".", *extra, *_python_path(place))
    return Program(directories, file=path, main=True, arguments=tuple(arguments), environment=place.environment)


def _directories(place: Place, folder: str | None = None) -> tuple[str, ...]:
    return (place.directory if folder is None else place.path(folder), *_python_path(place))


def _python_path(place: Place) -> tuple[str, ...]:
    value = place.environment.get("PYTHONPATH") or ""
    return tuple(place.path(entry) for entry in value.split(":") if entry)


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
    text = None if _UNKNOWN in name else place.read(place.path(name))
    script = None if text is None else script_of_file(text)
    if script is not None:
        yield from programs_of_script(script, place.but(arguments=arguments, script=place.path(name)), depth + 1)


def _unknown(words: tuple[str, ...], place: Place, depth: int) -> Iterator[Program]:
    """A script of the project by its path, or the command of an installed package."""
    name = words[0]
    if _UNKNOWN in name:
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
            yield _script(path, words[1:], place)
        elif first.startswith("#!") or path.endswith((".sh", ".bash")):
            yield from _file(path, words[1:], place, depth)
        return
    if "/" not in name or name.rpartition("/")[0].endswith("/bin"):
        command = name.rpartition("/")[2]
        yield Program(
            _python_path(place), console=command, main=False, arguments=words[1:], environment=place.environment
        )


def _server(entry: Launcher, words: tuple[str, ...], place: Place) -> Iterator[Program]:
    folder = _option_value(words, entry.directory)
    directories = _directories(place, folder)
    named = _option_value(words, entry.options)
    if named is None and entry.variable:
        named = place.environment.get(entry.variable)
    if named is None and entry.setting and not any(word.endswith(".py") for word in words):
        text = place.read(place.path("pyproject.toml"))
        value = None if text is None else table(read_toml(text), *entry.setting[:-1]).get(entry.setting[-1])
        named = value if isinstance(value, str) else None
    candidates = [named] if named is not None else [] if entry.options and not entry.file else list(words)
    for word in candidates:
        match = _APPLICATION.match(word)
        if match:
            yield Program(directories, module=match[1], name=match[2], arguments=words, environment=place.environment)
            return
    if entry.bare:
        for word in reversed(candidates):
            if _MODULE.match(word) and not (named is None and _is_value(words, word)):
                yield Program(
                    directories, module=word, name=entry.object, arguments=words, environment=place.environment
                )
                return
    path = named if named is not None and named.endswith(".py") else None
    if path is None and entry.file:
        path = next((word for word in words if word.endswith(".py")), None)
    for name in [path] if path is not None else entry.defaults:
        base = place if folder is None else place.but(directory=place.path(folder))
        if base.read(base.path(name)) is not None:
            yield _application_file(name, words, base, entry.object)
            return


def _application_file(name: str, words: tuple[str, ...], place: Place, attribute: str | None) -> Program:
    """A file that holds an application: as a module of its package, where it is in one."""
    script = _script(name, words, place, extra=(place.directory,))
    root, module = posixpath.split(script.file or "")
    names = [module.removesuffix(".py")]
    while root not in ("", "/", ".") and place.read(posixpath.join(root, "__init__.py")) is not None:
        root, package = posixpath.split(root)
        names.insert(0, package)
    if len(names) == 1:
        return script._replace(main=False, name=attribute)
    directories = (root or ".", *script.directories[1:])
    return script._replace(file=None, module=".".join(names), main=False, name=attribute, directories=directories)


def _option_value(words: tuple[str, ...], options: tuple[str, ...]) -> str | None:
    for at, word in enumerate(words):
        for option in options:
            if word == option and at + 1 < len(words):
                return words[at + 1]
            if option.startswith("--") and word.startswith(option + "="):
                return word.partition("=")[2]
    return None


def _is_value(words: tuple[str, ...], word: str) -> bool:
    """Whether a word stands behind an option, which may own it."""
    at = words.index(word)
    return at > 0 and words[at - 1].startswith("-") and "=" not in words[at - 1]
