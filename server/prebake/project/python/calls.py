"""What calls of well-known functions give: paths, texts, environment variables, functions of the project."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING

from prebake.project.python.commandline import Arguments
from prebake.project.python.datacalls import Pair, builtin, library_data, read
from prebake.project.python.fields import field, is_field
from prebake.project.python.modules import Module
from prebake.project.python.names import Code, External, Instance, returned
from prebake.project.python.origins import origin_of_name
from prebake.project.python.scopes import FUNCTIONS, Scope
from prebake.project.python.textmethods import METHODS, formatted, method
from prebake.project.python.things import Made, Place
from prebake.project.python.values import (
    UNKNOWN,
    Value,
    Values,
    alternatives,
    argument,
    joined,
    perhaps,
    unknown,
)
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

_PATHS = {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"}
_OPTIONAL = {"os.getenv", "os.environ.get"}
_ENVIRONMENT = {
    *_OPTIONAL,
    *("os.environ.setdefault", "os.environ.pop", "decouple.config", "decouple.AutoConfig()", "decouple.Config()"),
    *("environs.Env()", "environs.Env().str", "environs.env", "environs.env.str"),
    *("environ.Env()", "environ.Env().str", "starlette.config.Config()"),
}
"""Calls that give an environment variable by its name, and what they are given else."""
_READERS = ("decouple.", "environs.", "environ.", "starlette.config.")
_SAME_PATH = {"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath"}
_PATH_METHODS = {"resolve", "absolute", "expanduser", "joinpath", "as_posix", "with_name", "with_suffix"}


class Frame(NamedTuple):
    """A call that is being evaluated: of which function, and where it stands."""

    function: Scope
    module: Module
    scope: Scope
    call: ast.Call


def call_value(evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, depth: int) -> Values:
    """The values of a call; one made object where it is no function known here."""
    values: list[Value] = []
    for target in evaluator.names.followed(evaluator.names.targets(module, scope, node.func)):
        if isinstance(target, External):
            values += _library(evaluator, module, scope, node, target.name, depth)
        elif isinstance(target, Code) and isinstance(target.scope.node, FUNCTIONS):
            values += _result(evaluator, target, Frame(target.scope, module, scope, node), depth)
        elif isinstance(target, Code) and target.scope.kind == "class":
            thing = Made(Instance(target.module, target.scope, node, scope))
            values.append(UNKNOWN._replace(made=True, thing=thing))
        else:
            values.append(UNKNOWN._replace(made=True))
    if values:
        return tuple(values)
    if isinstance(node.func, ast.Name) and scope.lookup(node.func.id) is None:
        return builtin(evaluator, module, scope, node, node.func.id, depth)
    if isinstance(node.func, ast.Attribute):
        return _method(evaluator, module, scope, node, node.func, depth)
    return (UNKNOWN,)


def _result(evaluator: Evaluator, target: Code, frame: Frame, depth: int) -> Values:
    """What a function of the project returns to one call: its parameters are what that call passes."""
    function = target.scope.node
    assert isinstance(function, FUNCTIONS)
    frames = evaluator.frames
    evaluator.frames = (*frames, frame)
    try:
        given = [evaluator.evaluate(target.module, target.scope, node, depth + 1) for node in returned(function)]
    finally:
        evaluator.frames = frames
    found = [value for values in given for value in values]
    # A variable that is not set, and then a default: `value = os.getenv(...)`, `if value is None: return default`.
    unset = [value for value in found if value.known and value.constant is None and value.variable is not None]
    others = [value for value in found if value not in unset]
    if unset and others:
        found = [value._replace(variable=value.variable or unset[0].variable) for value in others]
    return tuple(found) if len(given) < 2 else alternatives(found)


def _library(
    evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, name: str, depth: int
) -> tuple[Value, ...]:
    if name in _ENVIRONMENT:
        variable = argument(node, None if name.startswith("os.environ.") else "key", 0)
        if not isinstance(variable, ast.expr):
            return (UNKNOWN,)
        passed = argument(node, "default", 1)
        default: Values = (Value(None),) if name in _OPTIONAL else (UNKNOWN,)
        if isinstance(passed, ast.expr):
            default = evaluator.evaluate(module, scope, passed, depth + 1)
        elif passed is None:
            default = (UNKNOWN,)
        return evaluator.variable(module, scope, variable, default, depth)
    if "()." in name and isinstance(node.func, ast.Attribute) and name.startswith(("os.", "pathlib.", *_READERS)):
        return _method(evaluator, module, scope, node, node.func, depth)  # of a text or a path
    if name.startswith(("os.", "pathlib.")):
        return _path(evaluator, module, scope, node, name, depth)
    if is_field(name):
        return field(evaluator, module, scope, node, depth)
    first, _, last = name.rpartition(".")
    if last in ("parse_args", "parse_known_args", "parse_intermixed_args") and "argparse." in first:
        parsed = UNKNOWN._replace(thing=Arguments(module, scope))
        return (UNKNOWN._replace(thing=Pair(parsed)),) if last == "parse_known_args" else (parsed,)
    data = library_data(evaluator, module, scope, node, name, depth)
    if data is not None:
        return data
    if name.removesuffix("()").endswith("Depends") and node.args:  # what FastAPI calls
        called = ast.copy_location(ast.Call(node.args[0], [], []), node)
        return evaluator.evaluate(module, scope, called, depth + 1)
    source = origin_of_name(name)
    if source is not None:
        return unknown(source)
    if isinstance(node.func, ast.Attribute):
        bases = evaluator.evaluate(module, scope, node.func.value, depth + 1)
        if any(base.thing is not None or base.source is not None for base in bases):
            return _method(evaluator, module, scope, node, node.func, depth)
    return (UNKNOWN._replace(made=True),)


def _path(evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, name: str, depth: int) -> Values:
    """What functions on paths give."""
    parts = [evaluator.evaluate(module, scope, part, depth + 1) for part in node.args]
    place = parts[0][0].thing if parts and len(parts[0]) == 1 else None
    if isinstance(place, Place):
        if name in _PATHS or name == "os.path.join":
            texts = [values[0].text if len(values) == 1 else None for values in parts[1:]]
            return (place.below(*texts),)
        if name in _SAME_PATH:
            return (place.value,)
        if name == "os.path.dirname":
            return place.attribute(evaluator, "parent", depth) or (UNKNOWN,)
    if name in _PATHS or name == "os.path.join":
        return tuple(_as_path(value) for value in joined(parts or [(Value("."),)], "/"))
    if name in _SAME_PATH and len(parts) == 1:
        return tuple(_as_path(value) for value in parts[0])
    if not name.startswith(("os.path.", "os.getcwd", "pathlib.")):
        return (UNKNOWN._replace(made=True),)
    return (UNKNOWN._replace(path=True),)


def _as_path(value: Value) -> Value:
    if value.text is None:
        return value._replace(path=True)
    return value._replace(constant=posixpath.normpath(value.text) if value.text else ".", path=True)


def _method(
    evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, function: ast.Attribute, depth: int
) -> Values:
    """A method of a text, a path, a container or an open file."""
    if function.attr == "get" and node.args:
        keys = evaluator.evaluate(module, scope, node.args[0], depth + 1)
        default = evaluator.evaluate(module, scope, node.args[1], depth + 1) if len(node.args) > 1 else (Value(None),)
        if len(keys) == 1 and keys[0].known and not evaluator.names.may_change(function.value, keys[0].constant):
            bases = evaluator.evaluate(module, scope, function.value, depth + 1)
            inside = [None if base.thing is None else base.thing.item(evaluator, keys[0], depth) for base in bases]
            if inside and all(values == () for values in inside):
                return default
        found = evaluator.looked_up(module, scope, function.value, keys, depth)
        if len(node.args) > 1 and not all(value.known and value.certain for value in found):
            return (*perhaps(default), *found)
        return found
    base = evaluator.evaluate(module, scope, function.value, depth + 1)
    if function.attr in METHODS:
        arguments = [evaluator.evaluate(module, scope, part, depth + 1) for part in node.args]
        return tuple(method(value, function.attr, arguments) for value in base)
    if function.attr in ("resolve", "absolute", "joinpath", "open", "read", "read_text"):
        place = base[0].thing if len(base) == 1 else None
        if isinstance(place, Place) and function.attr in ("resolve", "absolute"):
            return (place.value,)
        if isinstance(place, Place) and function.attr == "joinpath":
            parts = [evaluator.evaluate(module, scope, part, depth + 1) for part in node.args]
            return (place.below(*(values[0].text if len(values) == 1 else None for values in parts)),)
        if function.attr in ("open", "read", "read_text"):
            return read(evaluator, base, function.attr)
    if function.attr in _PATH_METHODS:
        return (UNKNOWN._replace(path=any(value.path for value in base)),)
    if function.attr == "format" and not any(keyword.arg is None for keyword in node.keywords):
        named = {
            keyword.arg: evaluator.evaluate(module, scope, keyword.value, depth + 1)
            for keyword in node.keywords
            if keyword.arg is not None
        }
        return formatted(base, [evaluator.evaluate(module, scope, part, depth + 1) for part in node.args], named)
    if function.attr == "join" and len(node.args) == 1 and len(base) == 1 and base[0].text is not None:
        return _join(evaluator, module, scope, base[0].text, node.args[0], depth)
    if function.attr in ("copy", "model_dump", "dict"):
        return base
    return unknown(next((value.source for value in base if value.source is not None), None))


def _join(evaluator: Evaluator, module: Module, scope: Scope, separator: str, node: ast.expr, depth: int) -> Values:
    if not isinstance(node, (ast.List, ast.Tuple)) or any(isinstance(item, ast.Starred) for item in node.elts):
        return (UNKNOWN,)
    return joined([evaluator.evaluate(module, scope, item, depth + 1) for item in node.elts], separator)
