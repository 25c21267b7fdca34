"""Where the commands of a shell text run and what its variables hold, as far as the text alone tells."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from types import MappingProxyType

from prebake.files import join, parent
from prebake.regex import regex
from prebake.syntax.expand import expand
from prebake.syntax.shell import Assignment, Command, ShellWord

_HERE = regex(r"\$\(pwd\)|`pwd`|\$\{PWD\}|\$PWD\b")
_SCRIPT_FOLDER = regex(
    r"\$\(\s*cd\s+(?:--\s+)?\"?\$\(\s*dirname\s+(?:--\s+)?\"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?(?::-\$0)?\})"
    r"\"?\s*\)(/[\w./-]*)?\"?(?:\s*>\s*/dev/null(?:\s*2>&1)?)?\s*&&\s*pwd(?:\s+-P)?\s*\)"
    r"|(?:\$\(\s*dirname\s+(?:--\s+)?|`dirname )\"?(?:\$\(\s*(?:readlink -f|realpath)\s+)?\"?"
    r"\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?(?::-\$0)?\})\"?\s*\)?\"?[)`]"
    r"|\$\{(?:0|BASH_SOURCE(?:\[0\])?)%/\*\}"
)
_TOP = regex(r"\$\(\s*git rev-parse --show-toplevel\s*\)|`git rev-parse --show-toplevel`")
_WORKSPACE = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY", "CIRCLE_WORKING_DIRECTORY", "WORKSPACE")
_DECLARES = frozenset(("export", "readonly", "declare", "local", "typeset"))
_BRANCHES = frozenset(("if", "then", "elif", "else", "for", "while", "do", "case", "function"))
_BRACED = regex(r"\$\{[^{}]*\}")
_REPOSITORY = regex(r"([^/:]+?)(?:\.git)?/?$")
_MOST_TEXT = 2_000


class Places:
    """The working directory and the variables of a shell text, followed command by command."""

    def __init__(
        self,
        folder: str | None,
        workspace: str,
        script: str | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """As for :func:`prebake.project.contexts.dockercli.docker_builds`."""
        self.workspace = workspace
        self._script = script
        self._stack: list[tuple[tuple[str, ...], str | None]] = [((), folder)]
        self._previous: str | None = None
        self._pushed: list[str | None] = []
        self._variables: dict[str, str | None] = {**dict.fromkeys(_WORKSPACE, workspace), **variables}
        self._cloned: set[str] = set()

    @property
    def folder(self) -> str | None:
        """The working directory of the command that was followed last; ``None`` when it is not known."""
        return self._stack[-1][1]

    def follow(self, command: Command) -> bool:
        """Take note of what a command does to the place and the variables; True when it does nothing else."""
        subshell = tuple(name for name in command.context if name in ("(", "$("))
        while len(self._stack) > 1 and self._stack[-1][0] != subshell[: len(self._stack[-1][0])]:
            self._stack.pop()
        if not command.words:
            for assignment in command.assignments:
                self._assign(assignment, command)
            return True
        name = command.name
        if name in ("cd", "pushd"):
            if name == "pushd":
                self._pushed.append(self.folder)
            self._move(self._target(command), subshell)
        elif name == "popd":
            self._move(self._pushed.pop() if self._pushed else None, subshell)
        elif name in _DECLARES:
            for word in command.words[1:]:
                self._declare(word, command)
        elif name == "git" and len(command.words) > 2 and command.words[1].value == "clone":
            self._clone(command)
        else:
            return False
        return True

    def value(self, word: ShellWord) -> str | None:
        """A word as the command gets it; ``None`` where that is not known."""
        return word.value if word.value is not None else self._resolved(word.raw)

    def path(self, word: ShellWord) -> str | None:
        """A word as an absolute path."""
        value = self.value(word)
        if value is None or not value:
            return None
        if value.startswith("/"):
            return join(value)
        return None if self.folder is None else join(self.folder, value)

    def _target(self, command: Command) -> str | None:
        """Where ``cd`` goes."""
        word = next((word for word in command.words[1:] if word.value not in ("--", "-P", "-L")), None)
        if word is None:
            return None
        if word.value == "-":
            return self._previous
        if word.value is not None and word.value.strip("/") in self._cloned:
            # The folder of a fresh clone is the repository's top folder, under whatever name it lies here.
            return self.workspace
        return self.path(word)

    def _move(self, folder: str | None, subshell: tuple[str, ...]) -> None:
        self._previous = self.folder
        if self._stack[-1][0] == subshell:
            self._stack.pop()
        self._stack.append((subshell, folder))

    def _clone(self, command: Command) -> None:
        words = [word.value for word in command.words[2:] if word.value and not word.value.startswith("-")]
        address = next((word for word in words if "/" in word or word.endswith(".git")), None)
        if address is None:
            return
        after = words[words.index(address) + 1 :]
        found = _REPOSITORY.search(address)
        name = after[0].strip("/") if after else found[1] if found is not None else ""
        if name:
            self._cloned.add(name)

    def _assign(self, assignment: Assignment, command: Command) -> None:
        word = assignment.value
        self._set(assignment.name, self.value(word) if not word.raw.startswith("(") else None, command)

    def _declare(self, word: ShellWord, command: Command) -> None:
        name, equals, raw = word.raw.partition("=")
        if equals and name.isidentifier():
            self._set(name, self._resolved(raw), command)

    def _set(self, name: str, value: str | None, command: Command) -> None:
        """A variable gets a value. One that gets several values in branches has none that is known."""
        in_branch = not _BRANCHES.isdisjoint(command.context)
        if in_branch and self._variables.get(name, value) != value:
            value = None
        self._variables[name] = value if value is None or len(value) <= _MOST_TEXT else None

    def _resolved(self, raw: str) -> str | None:
        text = raw
        if "$" in text or "`" in text:
            text = _TOP.sub(lambda _: self.workspace, text)
            script = parent(self._script) if self._script is not None else None
            if script is not None:
                text = _SCRIPT_FOLDER.sub(lambda found: posixpath.normpath(f"{script}{found[1] or ''}"), text)
            here = self.folder
            if here is not None:
                text = _HERE.sub(lambda _: here, text)
        if "$(" in text or "`" in text or not set("*?[]{}~").isdisjoint(_BRACED.sub("", text)):
            return None
        return expand(text, self._variables.get)
