"""Python programs as an image runs them, and the place in the image that a command runs in."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from prebake.files import join
from prebake.records import NamedTuple
from prebake.text import Text

UNKNOWN = "\0"
"""Stands in a word for what is not known."""


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
    ``optional``: a script runs it only where a variable is set that neither the image nor compose sets.
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
    optional: bool = False
    environment: Mapping[str, str | None] = MappingProxyType({})

    def __hash__(self) -> int:
        return hash(self[:-1])  # without the variables, which have no hash


class Place:
    """Where a command runs: the working directory, the variables, the image's files, and the arguments of a script.

    ``read`` gives the text of a file of the image as far as the project has it, ``names`` the names in a folder of it.
    ``script`` is the path of the script that is being read, ``site`` the command in it, ``optional`` as for
    :class:`Program`.
    """

    def __init__(
        self,
        directory: str,
        environment: Mapping[str, str | None],
        read: Callable[[str], Text | None],
        arguments: tuple[str, ...] = (),
        script: str | None = None,
        site: Site | None = None,
        names: Callable[[str], Sequence[str]] = lambda path: (),
        *,
        optional: bool = False,
    ) -> None:
        self.directory = directory
        self.environment = environment
        self.read = read
        self.arguments = arguments
        self.script = script
        self.site = site
        self.names = names
        self.optional = optional
        # How many commands were looked at: scripts that call each other many times come to an end.
        self.seen = [0]

    def but(
        self,
        *,
        directory: str | None = None,
        environment: Mapping[str, str | None] | None = None,
        arguments: tuple[str, ...] | None = None,
        script: str | None = None,
        site: Site | None = None,
        optional: bool = False,
    ) -> Place:
        """This place with something else; commands are counted on."""
        other = Place(
            self.directory if directory is None else directory,
            self.environment if environment is None else environment,
            self.read,
            self.arguments if arguments is None else arguments,
            self.script if script is None else script,
            self.site if site is None else site,
            self.names,
            optional=optional or self.optional,
        )
        other.seen = self.seen
        return other

    def path(self, name: str) -> str:
        """A path of the image as the command sees it."""
        return join(self.directory, name)

    def program(
        self,
        arguments: Sequence[str] = (),
        *,
        module: str | None = None,
        code: str | None = None,
        console: str | None = None,
        main: bool = False,
        name: str | None = None,
        folder: str | None = None,
    ) -> Program:
        """A program that is started here; ``folder`` is where modules are looked for, by default the directory."""
        first = self.directory if folder is None else self.path(folder)
        path = self._python_path()
        return Program(
            (*path, first) if console is not None else (first, *path),
            module=module,
            code=code,
            console=console,
            main=main,
            name=name,
            arguments=tuple(arguments),
            site=self.site,
            optional=self.optional,
            environment=self.environment,
        )

    def file_program(self, name: str, arguments: Sequence[str], *, beside: bool = False) -> Program:
        """A file that runs as a script; ``beside``: modules are looked for in the working directory too."""
        path = self.path(name)
        directories = (posixpath.dirname(path) or ".", *((self.directory,) if beside else ()), *self._python_path())
        return Program(
            directories,
            file=path,
            main=True,
            arguments=tuple(arguments),
            site=self.site,
            optional=self.optional,
            environment=self.environment,
        )

    def _python_path(self) -> tuple[str, ...]:
        value = self.environment.get("PYTHONPATH") or ""
        return tuple(self.path(entry) for entry in value.split(":") if entry)
