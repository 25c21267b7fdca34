"""Finding the file that an ``import`` reads: the project's modules as the interpreter in the image would find them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Container, Iterable, Sequence
from copy import copy
from typing import Protocol

from prebake.project.python.index import index
from prebake.project.python.scopes import Import, ModuleIndex
from prebake.text import Text

Files = Callable[[str], str | None]
"""The project file that stands at an absolute path of the image; ``None`` when none is known to."""


class Texts(Protocol):
    """Where files of the project are read: a :class:`~prebake.files.Snapshot`, or one that notes what it is asked."""

    def text(self, path: str) -> Text | None: ...

    def is_file(self, path: str) -> bool: ...


class Module:
    """A file of the project as an imported module.

    ``path`` is the project file's, ``name`` the dotted name (``""`` for a file run as a script), ``is_package`` whether
    it is an ``__init__.py``.
    """

    __slots__ = ("index", "is_package", "name", "path", "text")

    def __init__(self, path: str, name: str, is_package: bool, text: Text, index: ModuleIndex) -> None:
        self.path = path
        self.name = name
        self.is_package = is_package
        self.text = text
        self.index = index

    def absolute(self, imported: Import) -> str | None:
        """The dotted name that an import statement in this module asks for; ``None`` when it leads out of the top."""
        if not imported.level:
            return imported.module
        package = self.name.split(".") if self.name else []
        if not self.is_package:
            package = package[:-1]
        if imported.level - 1 > len(package):
            return None
        kept = package[: len(package) - imported.level + 1]
        return ".".join([*kept, imported.module] if imported.module else kept)


class Modules:
    """The modules of one program, each read once."""

    def __init__(
        self,
        snapshot: Texts,
        files: Files,
        image_roots: Iterable[str],
        context_roots: Iterable[str],
        directory: str | None = None,
    ) -> None:
        """``image_roots`` are the folders of the image in ``sys.path``, in order. ``context_roots`` are folders of the
        project that are searched after them, for code that gets into the image in ways nobody can see (an installed
        package, a mount). ``directory`` is the folder of the image in which the program is started, where that is
        known.
        """
        self._snapshot = snapshot
        self._files = files
        self._image_roots = tuple(dict.fromkeys(image_roots))
        self._context_roots = tuple(dict.fromkeys(context_roots))
        self._directory = directory
        self._found: dict[str, Module | None] = {}
        self._read: dict[tuple[str, str], Module] = {}
        self._known: list[Module] = []

    def again(self, snapshot: Texts, files: Files, changed: Container[str]) -> Modules:
        """The same modules, those of the ``changed`` files read anew; the others stay the same objects."""
        other = copy(self)
        other._snapshot, other._files = snapshot, files
        other._found = {
            name: module for name, module in self._found.items() if module is None or module.path not in changed
        }
        other._read = {key: module for key, module in self._read.items() if module.path not in changed}
        other._known = [module for module in self._known if module.path not in changed]
        return other

    def read(self, path: str, name: str = "") -> Module | None:
        """The module in a project file; ``None`` when it cannot be read."""
        known = self._read.get((path, name))
        if known is not None:
            return known
        text = self._snapshot.text(path)
        if text is None:
            return None
        module = Module(path, name, posixpath.basename(path) == "__init__.py", text, index(text))
        self._read[path, name] = module
        self._known.append(module)
        return module

    @property
    def known(self) -> Sequence[Module]:
        """The modules read so far."""
        return self._known

    def find(self, name: str) -> Module | None:
        """The module of a dotted name; ``None`` when the project does not have it."""
        if name not in self._found:
            path = self._locate(name)
            self._found[name] = None if path is None else self.read(path, name)
        return self._found[name]

    def data_file(self, path: str) -> Text | None:
        """The text of a file that the program opens by an absolute path of the image, or one that is relative to where
        it is started.
        """
        folders = (self._directory,) if self._directory is not None else self._image_roots
        for place in [path] if path.startswith("/") else [posixpath.join(folder, path) for folder in folders]:
            found = self._files(posixpath.normpath(place))
            if found is not None:
                return self._snapshot.text(found)
        if path.startswith("/"):
            return None
        for root in self._context_roots:
            place = posixpath.normpath(posixpath.join(root, path))
            if self._snapshot.is_file(place):
                return self._snapshot.text(place)
        return None

    def project_file(self, path: str) -> Text | None:
        """The text of a file of the project."""
        return self._snapshot.text(path) if self._snapshot.is_file(path) else None

    def _locate(self, name: str) -> str | None:
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        inner = "/".join(parts)
        for root in self._image_roots:
            for tail in (f"{inner}/__init__.py", f"{inner}.py"):
                path = self._files(posixpath.join(root, tail))
                if path is not None:
                    return path
        for root in self._context_roots:
            for tail in (f"{inner}/__init__.py", f"{inner}.py"):
                path = posixpath.join(root, tail)
                if self._snapshot.is_file(path):
                    return path
        return None
