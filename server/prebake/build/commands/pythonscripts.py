"""``RUN python x.py``, where x.py comes from the project, and ``python -c``: what the code reads and writes.

It reads itself, the modules of the project that it imports, they import and so on, and the files that their texts name
by literal paths. Where a part of that code may do more (import by name, start programs, work out a path when it runs)
nothing is known.

What is taken for granted of the rest: libraries read no file of the project whose path is not written out in the code.
Libraries that keep to their caches write there and where a literal path points; any other may write below the working
directory as well.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from prebake.build.build import Build
from prebake.build.commands.effects import Effects, named_variables, redirections
from prebake.build.commands.words import effect_table
from prebake.build.image import ImageFiles
from prebake.build.steps import Step
from prebake.project.python.index import index
from prebake.project.python.modules import Module, Modules
from prebake.project.python.scopes import Import
from prebake.project.python.touches import Touches, is_path, touches
from prebake.text import Text

_MOST_MODULES = 500
CODE = "<code>"
"""The path of a program that stands in the Dockerfile itself."""


def script_effects(build: Build, image: ImageFiles, step: Step, path: str) -> Effects:
    """What ``python`` does with a script of the project. ``path`` is the script's in the image, ``image`` the files
    that the RUN finds.
    """
    return _Script(build, image, step, path).effects()


def code_effects(build: Build, image: ImageFiles, step: Step, code: str) -> Effects:
    """What ``python -c CODE`` does, or ``python`` with the code in a here-document."""
    text = Text(code)
    path = posixpath.join(step.directory or ".", CODE)
    return _Script(build, image, step, path, Module(CODE, "", False, text, index(text))).effects()


class _Script:
    def __init__(self, build: Build, image: ImageFiles, step: Step, path: str, code: Module | None = None) -> None:
        self._build = build
        self._code = code
        self._image = image
        self._step = step
        self._path = path
        self._folder = posixpath.dirname(path)
        self._variables: set[str] | None = set(named_variables(step))
        self._files: dict[str, str] = {}
        self._reads: dict[str, None] = {}
        self._literals: list[str] = []
        self._untidy = False

    def effects(self) -> Effects:
        """What it does."""
        own = redirections(self._step)
        problem = own.opaque or self._follow()
        if problem is not None:
            return Effects(opaque=problem, network=True)
        literals = [path for text in self._literals for path in self._places(text) if path != self._path]
        writes = [self._step.directory or "/"] if self._untidy else []
        compiled = [] if self._step.lookup("PYTHONDONTWRITEBYTECODE") else self._compiled()
        return Effects(
            reads=tuple(dict.fromkeys((*own.reads, *self._reads, *literals))),
            writes=(*own.writes, *compiled),
            roots=tuple(dict.fromkeys((*writes, *literals, *self._caches()))),
            imports=self._folder,
            environment=None
            if self._variables is None or self._untidy
            else frozenset((*_common_variables(), *self._variables)),
            network=True,
        )

    def _follow(self) -> str | None:
        """Read the script and what it imports; why that does not tell everything, ``None`` when it does."""
        name = posixpath.basename(self._path) if self._code is None else "code"
        if any(wrapper not in ("env", "time", "exec", "nice") for wrapper in self._step.wrappers):
            return "may read anything"
        if self._step.directory is None or any(item.text is None for item in self._step.arguments):
            return "has an argument that is known only when it runs"
        if self._step.sets("PYTHONPATH") and not self._step.lookup("PYTHONPATH"):
            return "finds its modules in places that are not known"
        if self._step.sets("PYTHONSTARTUP") or self._step.sets("PYTHONHOME"):
            return "runs Python in another way"
        modules = Modules(self._build.snapshot, self._file, self._roots(), ())
        source = self._file(self._path) if self._code is None else None
        first = modules.read(source) if source is not None else self._code
        if first is None:
            return f"runs {name}, which cannot be read"
        code = self._code.text.content if self._code is not None else None
        given = [item.text for item in self._step.arguments if item.text is not None and item.text != code]
        self._literals = [text for text in given if is_path(text)]
        pending, seen = [first], {first.path}
        while pending:
            module = pending.pop()
            found = touches(module.text)
            where = name if module is first else f"{name}, whose module {self._build.relative(module.path)}"
            if found.problem is not None:
                return f"runs {where} {found.problem}" if module is not first else f"runs {name}, which {found.problem}"
            self._literals += found.literals
            self._note_variables(found)
            for imported in found.imports:
                for inner in self._imported(modules, module, imported):
                    if isinstance(inner, str):
                        return f"runs {name}, which {inner}"
                    if inner.path not in seen:
                        seen.add(inner.path)
                        pending.append(inner)
            if len(seen) > _MOST_MODULES:
                return f"runs {name}, which imports very much"
        for variable in sorted(self._variables or ()):
            if self._step.sets(variable) and self._step.lookup(variable) is None:
                return f"runs {name}, which uses {variable}, whose value is not known"
            value = self._step.lookup(variable)
            self._literals += [value] if value is not None and is_path(value) else []
        return None

    def _roots(self) -> list[str]:
        entries = (self._step.lookup("PYTHONPATH") or "").split(":")
        return [
            self._folder,
            *(path for entry in entries if entry and (path := self._step.absolute(entry)) is not None),
        ]

    def _file(self, image: str) -> str | None:
        """The file of the project at a path of the image; that it was looked for counts as reading."""
        self._reads[image] = None
        found = self._image.provider(image)
        if found is None:
            return None
        path = self._image.copies[0].files.absolute(found.context)
        self._files[image] = path
        return path

    def _imported(self, modules: Modules, module: Module, imported: Import) -> Iterator[Module | str]:
        """The modules that an import statement reads, or why they are not known, as the rest of a sentence."""
        name = module.absolute(imported)
        if name is None:
            yield "imports beyond its package"
            return
        parts = name.split(".") if name else []
        names = [".".join(parts[: count + 1]) for count in range(len(parts))]
        found = [modules.find(each) for each in names]
        if imported.name is not None and imported.name != "*":
            found.append(modules.find(f"{name}.{imported.name}" if name else imported.name))
        yield from (each for each in found if each is not None)
        if names and found[0] is None and not imported.level:
            yield from self._foreign(parts[0])

    def _foreign(self, top: str) -> Iterator[str]:
        """What to say of a module that is not found among the copied files."""
        if top in sys.stdlib_module_names:
            return
        root = self._build.context.root
        for folder in ("", "src"):
            base = posixpath.join(root or "/", folder)
            if root is not None and (
                self._build.snapshot.is_dir(posixpath.join(base, top))
                or self._build.snapshot.is_file(posixpath.join(base, f"{top}.py"))
            ):
                yield f"imports {top}, which is the project's and is found in a way that is not followed"
                return
        self._untidy = self._untidy or top not in effect_table()["scripts"]["tidy"]

    def _note_variables(self, found: Touches) -> None:
        if found.variables is None or self._variables is None:
            self._variables = None
        else:
            self._variables |= found.variables

    def _places(self, text: str) -> Iterator[str]:
        """What a literal path may mean: seen from the working directory, and as it is written."""
        path = self._step.absolute(text)
        if path is not None and path != "/":
            yield path

    def _compiled(self) -> list[str]:
        """The folders in which Python keeps what it compiled of the imported modules."""
        found = (
            posixpath.join(posixpath.dirname(image), "__pycache__") for image in self._files if image != self._path
        )
        return list(dict.fromkeys(found))

    def _caches(self) -> list[str]:
        table = effect_table()["scripts"]
        homes = {self._step.lookup("HOME") or "/root", f"/home/{(self._step.state.user or 'root').partition(':')[0]}"}
        found = [posixpath.join(home, name) for home in sorted(homes) for name in table["caches"]]
        values = (self._step.lookup(name) for name in table["variables"])
        return [*found, "/tmp", *(path for value in values if value and (path := self._step.absolute(value)))]


@lru_cache(maxsize=1)
def _common_variables() -> tuple[str, ...]:
    table: Mapping[str, Any] = effect_table()
    return (*table["environment"]["common"], *table["scripts"]["variables"], "HF_*", "HUGGING*", "TORCH_*", "CUDA_*")
