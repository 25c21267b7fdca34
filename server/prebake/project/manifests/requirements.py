"""What ``pip install -r FILE`` reads: the file, what it includes, and the local paths it names.

The rules are pip's own (``pip/_internal/req/req_file.py``): ``-r`` and ``-c`` are relative to the file they stand in,
local projects and archives to the working directory, ``--find-links`` to the file where that exists and else to the
working directory; ``${UPPER_CASE}`` is taken from the environment. uv follows them.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Protocol

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_LONGEST_LINE = 100_000
"""Logical lines beyond this many characters are not read: no requirement is that long."""

_NAME = regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SCHEME = regex(r"[A-Za-z][A-Za-z0-9+.-]*:")
_VARIABLE = regex(r"\$\{([A-Z0-9_]+)\}")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz")

_MOST_LINES = 20_000
"""Lines of all files together beyond which the rest is not read."""

_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SHORT = {"r": "requirement", "c": "constraint", "e": "editable", "f": "find-links", "i": "index-url"}
_FLAGS = {"no-index", "prefer-binary", "require-hashes", "pre", "always-unzip", "use-pep517", "no-use-pep517"}
_VALUES = {
    *_SHORT.values(),
    *(
        "pypi-url",
        "extra-index-url",
        "no-binary",
        "only-binary",
        "trusted-host",
        "use-feature",
        "process-dependency-links",
    ),
    *("hash", "config-settings", "config-setting", "global-option", "install-option"),
}


_INDEXES = ("index-url", "extra-index-url", "pypi-url")


class Files(Protocol):
    """Where requirement files are looked up: a :class:`~prebake.files.Snapshot`, or the files of an image."""

    def text(self, path: str) -> Text | None: ...

    def is_file(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...


class Trouble(Enum):
    """Why the closure of a requirements file is not known or not made of files alone."""

    MISSING = "missing"
    REMOTE = "remote"
    VARIABLE = "variable"
    PROJECT = "project"
    MALFORMED = "malformed"


class Problem(NamedTuple):
    """A line that stands in the way. ``line`` is 0-based, or ``None`` for a file that was named elsewhere; ``message``
    is the rest of a sentence that begins with the place (``requirements.txt line 3 ...``).
    """

    kind: Trouble
    path: str
    line: int | None
    message: str


class Package(NamedTuple):
    """A requirement by name: where it stands (0-based line)."""

    name: str
    path: str
    line: int


class LocalInput(NamedTuple):
    """A local archive, project folder or ``--find-links`` folder that is read; ``line`` is 0-based."""

    path: str
    at: str
    line: int
    project: bool


class Closure(NamedTuple):
    """Everything a set of requirement files reads.

    ``files`` are the requirement and constraint files in the order they are read, the given ones included.
    ``checkouts`` says that an editable requirement comes from version control: pip clones it to ``src`` below the
    virtual environment or the working directory.
    """

    files: tuple[str, ...]
    packages: tuple[Package, ...]
    local: tuple[LocalInput, ...]
    checkouts: bool
    problems: tuple[Problem, ...]


def closure(
    files: Files,
    requirements: Iterable[str],
    constraints: Iterable[str] = (),
    *,
    cwd: str,
    env: Callable[[str], str | None] = lambda name: None,
) -> Closure:
    """Follow requirement files to all they read.

    Paths are resolved against ``cwd`` and may be of any file system that ``files`` knows. ``env`` gives an environment
    variable's value, ``None`` where it is not known. Never raises; includes that go in circles are read once.
    """
    walk = _Walk(files, cwd, env)
    for constraint, names in ((False, requirements), (True, constraints)):
        for name in names:
            walk.visit(name, None, None, constraint=constraint)
    walk.run()
    return Closure(
        tuple(walk.read), tuple(walk.packages), tuple(dict.fromkeys(walk.local)), walk.checkouts, tuple(walk.problems)
    )


def decode(text: Text) -> str:
    """The content of a requirements file as pip decodes it: a byte order mark of UTF-16 or UTF-32 counts."""
    head = text.content[:4]
    if not any("\udc80" <= character <= "\udcff" for character in head):
        return text.content
    data = text.to_bytes()
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff")
    return text.content


def logical_lines(content: str) -> Iterator[tuple[int, str]]:
    """The lines of a requirements file with their 0-based numbers: continuations joined, comments and blank lines
    dropped.
    """
    pieces: list[str] = []
    first = 0
    for number, line in enumerate(content.splitlines()):
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            if not pieces:
                first = number
            pieces.append(line.rstrip("\\"))
            continue
        if not pieces:
            first = number
        # A comment line ends a continuation; the blank keeps its ``#`` from sticking to the text before it.
        pieces.append(" " + line if comment else line)
        if joined := _without_comment("".join(pieces)):
            yield first, joined
        pieces = []
    if joined := _without_comment("".join(pieces)):
        yield first, joined


def _without_comment(line: str) -> str:
    at = line.find("#")
    while at > 0 and not line[at - 1].isspace():
        at = line.find("#", at + 1)
    return (line if at < 0 else line[:at]).strip()


def local_path(text: str) -> str | None:
    """The path in an argument that pip takes for a local project or archive by its look alone, without extras;
    ``None`` for a name, a remote URL, or what only the disk can tell.
    """
    text = text.strip()
    name, at, url = text.partition("@")
    if at and _NAME.fullmatch(name.strip().partition("[")[0].strip()) and _SCHEME.match(url.strip()):
        text = url.strip()
    text = re.sub(r"^(?:git|hg|svn|bzr)\+(?=file:)", "", text, flags=re.IGNORECASE)
    if text.lower().startswith("file:"):
        path = re.split(r"[#;?]", text[5:], maxsplit=1)[0].strip()
        return re.sub(r"^//(?:localhost)?(?=/)", "", path).removeprefix("//") or "."
    if _SCHEME.match(text):
        return None
    path = text.partition(";")[0].strip()
    if path.endswith("]") and "[" in path:
        path = path[: path.rindex("[")]
    if path.startswith((".", "/", "~")) or "/" in path or path.lower().endswith(_ARCHIVES):
        return path
    return None


def is_local_index(text: str) -> bool:
    """Whether a package index is a folder: a ``file:`` URL (perhaps named, as uv allows), or a path."""
    place = text.partition("=")[2] if re.match(r"[\w-]+=", text) else text
    return place.lower().startswith(("file:", "./", "../", "/"))


def is_archive(path: str) -> bool:
    """Whether a path is that of a wheel or source archive."""
    return path.lower().endswith(_ARCHIVES)


class _Walk:
    def __init__(self, files: Files, cwd: str, env: Callable[[str], str | None]) -> None:
        self._files = files
        self._cwd = cwd
        self._env = env
        self._pending: list[tuple[str, bool]] = []
        self.read: dict[str, bool] = {}
        self.packages: list[Package] = []
        self.local: list[LocalInput] = []
        self.checkouts = False
        self.problems: list[Problem] = []

    def visit(self, name: str, at: str | None, line: int | None, *, constraint: bool) -> None:
        """Note a file to be read; ``at`` is the file that includes it."""
        if _SCHEME.match(name) and not name.lower().startswith("file:"):
            self._trouble(Trouble.REMOTE, at or name, line, f"reads {name} over the network")
            return
        folder = self._cwd if at is None else posixpath.dirname(at)
        local = (local_path(name) or name) if name.lower().startswith("file:") else name
        path = posixpath.normpath(posixpath.join(folder, local))
        if path in self.read:
            return
        if not self._files.is_file(path):
            said = "does not exist" if at is None else f"includes {name}, which does not exist"
            self._trouble(Trouble.MISSING, at or path, line, said)
            return
        self.read[path] = constraint
        self._pending.append((path, constraint))

    def run(self) -> None:
        """Read all noted files, and those that they include."""
        left = _MOST_LINES
        while self._pending:
            path, constraint = self._pending.pop(0)
            text = self._files.text(path)
            if text is None:
                self._trouble(Trouble.MALFORMED, path, None, "cannot be read")
                continue
            for line, content in logical_lines(decode(text)):
                left -= 1
                if left < 0:
                    self._trouble(Trouble.MALFORMED, path, line, "is one line of too many to be read")
                    return
                if len(content) > _LONGEST_LINE:
                    self._trouble(Trouble.MALFORMED, path, line, "is too long to be a requirement")
                else:
                    self._line(path, line, content, constraint)

    def _trouble(self, kind: Trouble, path: str, line: int | None, message: str) -> None:
        self.problems.append(Problem(kind, path, line, message))

    def _line(self, path: str, line: int, content: str, constraint: bool) -> None:
        requirement, options = _split(content)
        if requirement and not constraint:
            self._requirement(path, line, self._expanded(requirement))
        if not options:
            return
        try:
            words = shlex.split(options)
        except ValueError:
            self._trouble(Trouble.MALFORMED, path, line, "has an unclosed quote")
            return
        for name, value in _options(words):
            if name not in _VALUES and name not in _FLAGS:
                self._trouble(Trouble.MALFORMED, path, line, f"has the option --{name}, which pip does not know")
            elif name in _INDEXES and is_local_index(self._expanded(value)):
                self._trouble(Trouble.PROJECT, path, line, f"reads the package index {value}, which is not followed")
            elif name in ("requirement", "constraint", "editable", "find-links"):
                self._reading(path, line, name, value, constraint)

    def _reading(self, path: str, line: int, name: str, value: str, constraint: bool) -> None:
        expanded = self._expanded(value)
        if _VARIABLE.search(expanded):
            unknown = _VARIABLE.search(expanded)
            known = unknown.group(0) if unknown else ""
            self._trouble(Trouble.VARIABLE, path, line, f"depends on {known}, whose value is not known")
        elif name == "editable":
            self._editable(path, line, expanded)
        elif name == "find-links":
            self._find_links(path, line, expanded)
        else:
            self.visit(expanded, path, line, constraint=constraint or name == "constraint")

    def _expanded(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self._env(found.group(1)) or found.group(0), text)

    def _editable(self, path: str, line: int, target: str) -> None:
        local = local_path(target)
        if local is None and self._files.is_dir(self._resolved(target.partition("[")[0])):
            local = target.partition("[")[0]
        if local is None:
            self.checkouts = True
            return
        self._project(path, line, local, f"-e {target}")

    def _find_links(self, path: str, line: int, target: str) -> None:
        if _SCHEME.match(target) and not target.lower().startswith("file:"):
            return
        name = local_path(target) or target
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        exists = self._files.is_dir(beside) or self._files.is_file(beside)
        place = beside if exists else self._resolved(name)
        self.local.append(LocalInput(place, path, line, False))
        if self._files.is_file(place) and not is_archive(place):
            self._trouble(Trouble.PROJECT, path, line, f"reads {name}, whose links are not followed")

    def _requirement(self, path: str, line: int, text: str) -> None:
        if (found := _VARIABLE.search(text)) and ("/" in text or text.startswith((".", "$"))) and "://" not in text:
            self._trouble(Trouble.VARIABLE, path, line, f"depends on {found.group(0)}, whose value is not known")
            return
        local = local_path(text)
        name = _NAME.match(text)
        if local is not None:
            self._project(path, line, local, text)
        elif name is not None:
            self.packages.append(Package(name.group(0), path, line))
        elif _SCHEME.match(text):
            self.packages.append(Package(text.split()[0], path, line))

    def _project(self, path: str, line: int, local: str, shown: str) -> None:
        resolved = self._resolved(local)
        if is_archive(resolved) and not self._files.is_dir(resolved):
            self.local.append(LocalInput(resolved, path, line, False))
            if not self._files.is_file(resolved):
                self._trouble(Trouble.MISSING, path, line, f"names {local}, which does not exist")
            return
        self.local.append(LocalInput(resolved, path, line, True))
        self._trouble(Trouble.PROJECT, path, line, f"installs a project from its sources ({shown})")

    def _resolved(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self._cwd, path))


def _split(content: str) -> tuple[str, str]:
    """The requirement and the options of a line: pip takes everything from the first word with a dash for options."""
    if content.startswith("-"):
        return "", content
    at = content.find(" -")
    return (content, "") if at < 0 else (content[:at].strip(), content[at + 1 :])


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Long option names (or the letter of an unknown short one) and their values; flags have an empty value."""
    queue = iter(words)
    for word in queue:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            yield name, value if equals else next(queue, "") if name in _VALUES else ""
        elif word.startswith("-") and len(word) > 1:
            name = _SHORT.get(word[1], word[1])
            yield name, word[2:].removeprefix("=") if word[2:] else next(queue, "") if name in _VALUES else ""
