"""Calls that read files of data, and functions that every program has."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from prebake.project.python.configfiles import HIDDEN, read_data
from prebake.project.python.modules import Module
from prebake.project.python.names import External
from prebake.project.python.scopes import FUNCTIONS, Scope
from prebake.project.python.things import Opened, Place, Tree
from prebake.project.python.values import UNKNOWN, Thing, Value, Values, argument, as_text, unknown
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

_LOADERS = {
    **dict.fromkeys(("yaml.safe_load", "yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.CLoader"), "yaml"),
    **dict.fromkeys(("ruamel.yaml.YAML().load", "ruamel.yaml.safe_load", "ruamel.yaml.load"), "yaml"),
    **dict.fromkeys(("json.load", "json.loads", "ujson.load", "orjson.loads", "simplejson.load", "json5.load"), "json"),
    **dict.fromkeys(("tomllib.load", "tomllib.loads", "tomli.load", "tomli.loads", "toml.load", "toml.loads"), "toml"),
    "omegaconf.OmegaConf.load": "yaml",
    "dotenv.dotenv_values": "env",
}
_BY_PATH = frozenset(("omegaconf.OmegaConf.load", "dotenv.dotenv_values", "toml.load"))
_INI = ("configparser.ConfigParser()", "configparser.RawConfigParser()", "configparser.SafeConfigParser()")
_WRAPPERS = frozenset(
    ("omegaconf.OmegaConf.create", "box.Box", "munch.Munch", "munch.munchify", "easydict.EasyDict", "addict.Dict")
)


class Pair(Thing):
    """The two things that ``parse_known_args`` gives: the arguments, and what it does not know."""

    __slots__ = ("_first",)

    def __init__(self, first: Value) -> None:
        self._first = first

    def item(self, evaluator: Evaluator, key: Value, depth: int) -> Values | None:
        """The arguments are the first one."""
        return (self._first,) if key.known and key.constant == 0 else None


class Attributes(Thing):
    """A container whose entries can be had as attributes, too."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Thing) -> None:
        self._inner = inner

    def attribute(self, evaluator: Evaluator, name: str, depth: int) -> Values | None:
        """An entry."""
        return self.item(evaluator, Value(name), depth)

    def item(self, evaluator: Evaluator, key: Value, depth: int) -> Values | None:
        """An entry, whose own entries are attributes again."""
        found = self._inner.item(evaluator, key, depth)
        return None if found is None else tuple(with_attributes(value) for value in found)

    def elements(self, evaluator: Evaluator, view: str, depth: int) -> Values | None:
        """Its elements."""
        found = self._inner.elements(evaluator, view, depth)
        return None if found is None else tuple(with_attributes(value) for value in found)


class Ini(Thing):
    """A ``ConfigParser``: the options of its sections."""

    __slots__ = ("_module", "_scope")

    def __init__(self, module: Module, scope: Scope) -> None:
        self._module = module
        self._scope = scope

    def _tree(self, evaluator: Evaluator, depth: int) -> Tree | None:
        """What the only ``read`` of the module reads."""
        calls = [
            (call.scope, call.node)
            for name in ("read", "read_file")
            for home, call in evaluator.names.calls_of(name)
            if home is self._module and call.node.args
        ]
        parsers = [
            (scope, node)
            for scope, node in calls
            if isinstance(node.func, ast.Attribute)
            and any(
                isinstance(value.thing, Ini)
                for value in evaluator.evaluate(self._module, scope, node.func.value, depth + 1)
            )
        ]
        if len(parsers) != 1:
            return None
        scope, node = parsers[0]
        values = evaluator.evaluate(self._module, scope, node.args[0], depth + 1)
        name, text = opened(evaluator, values[0]) if len(values) == 1 else ("", None)
        data = None if text is None else read_data(text, "ini")
        return None if data is None else Tree(data, said(name))

    def item(self, evaluator: Evaluator, key: Value, depth: int) -> Values | None:
        """The options of a section."""
        tree = self._tree(evaluator, depth + 1)
        return None if tree is None else tree.item(evaluator, key, depth)


def with_attributes(value: Value) -> Value:
    """A value whose entries can be had as attributes."""
    if value.thing is None or isinstance(value.thing, Attributes):
        return value
    return value._replace(thing=Attributes(value.thing))


def said(name: str) -> str:
    """How a file is named as the source of a value."""
    return f"the file {name}" if name else "a file that the code reads"


def opened(evaluator: Evaluator, value: Value) -> tuple[str, Text | None]:
    """The name and the text of the file that a value stands for: an open one, or a path."""
    modules = evaluator.names.modules
    if isinstance(value.thing, Opened):
        return value.thing.name, value.thing.text
    if isinstance(value.thing, Place):
        return posixpath.basename(value.thing.path), modules.project_file(value.thing.path)
    if value.text is None or len(value.text) > 1000 or not value.text.isprintable():
        return "", None
    return posixpath.basename(value.text), modules.data_file(value.text)


def read(evaluator: Evaluator, bases: Values, method: str) -> Values:
    """``open``, ``read`` and ``read_text`` of a path or an open file."""
    found = []
    for base in bases:
        name, text = opened(evaluator, base)
        if method == "open":
            found.append(UNKNOWN._replace(thing=Opened(name, text)))
        elif text is None:
            found += unknown(said(name) if name else base.source)
        else:
            found.append(Value(text.content, certain=base.certain))
    return tuple(found)


def library_data(
    evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, name: str, depth: int
) -> Values | None:
    """What a library's function reads from a file; ``None`` for other functions."""
    if name in _WRAPPERS:
        first = evaluator.evaluate(module, scope, node.args[0] if node.args else None, depth + 1)
        return tuple(with_attributes(value) for value in first)
    if f"{name}()" in _INI:
        return (UNKNOWN._replace(thing=Ini(module, scope)),)
    head, _, last = name.rpartition(".")
    if head in _INI and last == "get" and len(node.args) > 1 and isinstance(node.func, ast.Attribute):
        inner = ast.copy_location(ast.Subscript(node.func.value, node.args[0], ast.Load()), node)
        outer = ast.copy_location(ast.Subscript(inner, node.args[1], ast.Load()), node)
        found = evaluator.evaluate(module, scope, outer, depth + 1)
        fallback = argument(node, "fallback", None)
        if isinstance(fallback, ast.expr) and found == (UNKNOWN,):
            return evaluator.evaluate(module, scope, fallback, depth + 1)
        return found
    kind = _LOADERS.get(name)
    if kind is None:
        return None
    found_values: list[Value] = []
    first = evaluator.evaluate(module, scope, node.args[0] if node.args else None, depth + 1)
    for value in first:
        if name.endswith("loads") and value.text is not None:
            file, text = "", Text(value.text) if value.known else None
        elif name in _BY_PATH or isinstance(value.thing, Opened) or value.text is None:
            file, text = opened(evaluator, value)
        else:
            file, text = "", Text(value.text)  # yaml.safe_load("...")
        data = HIDDEN if text is None else read_data(text, kind)
        tree = Tree(HIDDEN if data is None else data, said(file)).value
        found_values.append(with_attributes(tree) if name.startswith("omegaconf.") else tree)
    return tuple(found_values)


def dotenv(evaluator: Evaluator, path: str) -> Mapping[str, str | None]:
    """The variables in a ``.env`` file that the image has."""
    text = evaluator.names.modules.data_file(path)
    data = None if text is None else read_data(text, "env")
    if not isinstance(data, dict):
        return {}
    return {name: None if value is HIDDEN else str(value) for name, value in data.items()}


def hydra_config(evaluator: Evaluator, module: Module, function: Scope, depth: int) -> Values | None:
    """What ``@hydra.main(config_path=..., config_name=...)`` passes; ``None`` for other functions. Groups of the config
    and what the command line overrides are not looked into.
    """
    if not isinstance(function.node, FUNCTIONS) or function.parent is None:
        return None
    for decorator in function.node.decorator_list:
        if not isinstance(decorator, ast.Call) or getattr(decorator.func, "attr", "") != "main":
            continue
        targets = evaluator.names.targets(module, function.parent, decorator.func)
        if External("hydra.main") not in targets:
            continue
        folder, name = (
            [value.text for value in evaluator.evaluate(module, function.parent, passed, depth + 1)]
            if isinstance(passed := argument(decorator, parameter, position), ast.expr)
            else [None]
            for position, parameter in enumerate(("config_path", "config_name"))
        )
        if folder[0] is None or name[0] is None or any("=" in word for word in evaluator.arguments):
            return unknown("the configuration that hydra puts together")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(module.path), folder[0], f"{name[0]}.yaml"))
        text = evaluator.names.modules.project_file(path)
        data = None if text is None else read_data(text, "yaml")
        tree = Tree(HIDDEN if data is None else data, said(posixpath.basename(path))).value
        return (with_attributes(tree),)
    return None


def builtin(evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, name: str, depth: int) -> Values:
    """What a function gives that needs no import."""
    first = node.args[0] if node.args else None
    if name in ("str", "int"):
        found = evaluator.evaluate(module, scope, first, depth + 1)
        return tuple(as_text(value) if name == "str" else _as_int(value) for value in found)
    if name == "open":
        return read(evaluator, evaluator.evaluate(module, scope, first, depth + 1), "open")
    if name == "dict" and not node.args and all(keyword.arg is not None for keyword in node.keywords):
        keys: list[ast.expr | None] = [ast.Constant(keyword.arg) for keyword in node.keywords]
        display = ast.Dict(keys, [keyword.value for keyword in node.keywords])
        return evaluator.evaluate(module, scope, ast.copy_location(display, node), depth + 1)
    if name in ("dict", "list", "tuple", "vars", "next", "iter") and len(node.args) == 1:
        return evaluator.evaluate(module, scope, first, depth + 1) if name != "next" else (UNKNOWN,)
    if name == "getattr" and len(node.args) > 1:
        names = evaluator.evaluate(module, scope, node.args[1], depth + 1)
        if len(names) == 1 and names[0].text is not None and names[0].text.isidentifier():
            attribute = ast.copy_location(ast.Attribute(node.args[0], names[0].text, ast.Load()), node)
            return evaluator.evaluate(module, scope, attribute, depth + 1)
        return (UNKNOWN,)
    if name == "input":
        return unknown("what somebody types in")
    return (UNKNOWN,)


def _as_int(value: Value) -> Value:
    if value.known and isinstance(value.constant, (str, int)):
        try:
            return value._replace(constant=int(value.constant))
        except ValueError:
            return UNKNOWN
    return UNKNOWN
