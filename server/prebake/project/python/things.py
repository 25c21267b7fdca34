"""What values can be found in: dicts and lists that code writes out, data read from files, objects, open files."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prebake.project.python.configfiles import HIDDEN
from prebake.project.python.modules import Module
from prebake.project.python.names import Data, Instance
from prebake.project.python.scopes import Scope
from prebake.project.python.values import UNKNOWN, Thing, Value, Values, alternatives, perhaps
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator


class Display(Thing):
    """A dict, list, tuple or set as the code writes it out."""

    __slots__ = ("_module", "_node", "_scope")

    def __init__(self, module: Module, scope: Scope, node: ast.Dict | ast.List | ast.Tuple | ast.Set) -> None:
        self._module = module
        self._scope = scope
        self._node = node

    @property
    def truth(self) -> bool | None:
        """Whether it has entries."""
        return bool(self._node.keys if isinstance(self._node, ast.Dict) else self._node.elts)

    def _entries(self) -> Iterator[tuple[ast.expr | None, ast.expr]]:
        if isinstance(self._node, ast.Dict):
            yield from zip(self._node.keys, self._node.values, strict=True)
            return
        for number, value in enumerate(self._node.elts):
            yield (ast.Constant(number), value)

    def item(self, evaluator: Evaluator, key: Value, depth: int) -> Values | None:
        """An entry by its key; all of them where the key is not known."""
        if not key.known:
            nodes: Iterable[ast.expr] = (value for _, value in self._entries())
            return perhaps(
                value for node in nodes for value in evaluator.evaluate(self._module, self._scope, node, depth + 1)
            )
        wanted, found = key.constant, None
        if isinstance(wanted, int) and wanted < 0 and not isinstance(self._node, ast.Dict):
            wanted += len(self._node.elts)
        for name, value in self._entries():
            if name is None or isinstance(value, ast.Starred):
                return None  # `**more` may hold it
            names = evaluator.evaluate(self._module, self._scope, name, depth + 1)
            if len(names) != 1 or not names[0].known:
                return None
            if names[0].constant == wanted and type(names[0].constant) is type(wanted):
                found = value
        return () if found is None else evaluator.evaluate(self._module, self._scope, found, depth + 1)

    def elements(self, evaluator: Evaluator, view: str, depth: int) -> Values | None:
        """The elements of a list, the keys or the values of a dict."""
        found: list[Value] = []
        for name, value in self._entries():
            node = name if view == "keys" and isinstance(self._node, ast.Dict) else value
            if name is None or isinstance(value, ast.Starred):
                found.append(UNKNOWN)
            else:
                found += evaluator.evaluate(self._module, self._scope, node, depth + 1)
        return tuple(found)


class Tree(Thing):
    """Data that was read from a file: dicts, lists and texts in one another.

    ``file`` is its name; ``attributes``: entries can be had as attributes, too.
    """

    __slots__ = ("_attributes", "_data", "_file")

    def __init__(self, data: object, file: str, *, attributes: bool = False) -> None:
        self._data = data
        self._file = file
        self._attributes = attributes

    @property
    def truth(self) -> bool | None:
        """Whether it has entries."""
        return bool(self._data)

    @property
    def value(self) -> Value:
        """It as a value."""
        if self._data is HIDDEN:
            return UNKNOWN._replace(source=self._file)
        if isinstance(self._data, (dict, list)):
            return UNKNOWN._replace(thing=self)
        return Value(self._data)

    def _inner(self, data: object) -> Value:
        return Tree(data, self._file, attributes=self._attributes).value

    def attribute(self, evaluator: Evaluator, name: str, depth: int) -> Values | None:
        """An entry, for libraries that give entries as attributes."""
        return self.item(evaluator, Value(name), depth) if self._attributes else None

    def item(self, evaluator: Evaluator, key: Value, depth: int) -> Values | None:
        """An entry by its key; all of them where the key is not known."""
        if isinstance(self._data, dict):
            if not key.known:
                return perhaps(self._inner(data) for data in self._data.values())
            return (self._inner(self._data[key.text]),) if key.text in self._data else ()
        if isinstance(self._data, list):
            if not key.known:
                return perhaps(map(self._inner, self._data))
            if isinstance(key.constant, int) and -len(self._data) <= key.constant < len(self._data):
                return (self._inner(self._data[key.constant]),)
        return None

    def elements(self, evaluator: Evaluator, view: str, depth: int) -> Values | None:
        """The elements of a list, the keys or the values of a table."""
        if isinstance(self._data, dict):
            return tuple(map(self._inner, self._data if view == "keys" else self._data.values()))
        return tuple(map(self._inner, self._data)) if isinstance(self._data, list) else None


class Opened(Thing):
    """A file that the program has opened; ``text`` is ``None`` for one that the project does not have."""

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: Text | None) -> None:
        self.name = name
        self.text = text


class Place(Thing):
    """A file or folder of the project by its path, as code works it out from ``__file__``."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def value(self) -> Value:
        """It as a value."""
        return UNKNOWN._replace(path=True, thing=self)

    def below(self, *names: str | None) -> Value:
        """A path inside it; an unknown one for unknown names."""
        known = [name for name in names if name is not None]
        if len(known) < len(names):
            return UNKNOWN._replace(path=True)
        return Place(posixpath.normpath(posixpath.join(self.path, *known))).value

    def attribute(self, evaluator: Evaluator, name: str, depth: int) -> Values | None:
        """Its ``parent`` folder."""
        return (Place(posixpath.dirname(self.path)).value,) if name == "parent" else None


class Made(Thing):
    """An object of a class of the project."""

    __slots__ = ("_instance",)
    truth = True

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def attribute(self, evaluator: Evaluator, name: str, depth: int) -> Values | None:
        """The value of an attribute."""
        found: list[Value] = []
        for target in evaluator.names.members(self._instance, name):
            if not isinstance(target, Data):
                return None
            found += evaluator.data(target, depth + 1)
        return alternatives(found) if len(found) > 1 else tuple(found) or None
