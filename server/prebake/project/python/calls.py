"""What calls of well-known functions give: paths, texts, environment variables, functions of the project."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING

from prebake.project.python.modules import Module
from prebake.project.python.names import Code, External, returned
from prebake.project.python.scopes import FUNCTIONS, Scope
from prebake.project.python.values import UNKNOWN, Value, Values, alternatives, argument, as_text, joined
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

_PATHS = {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"}
_ENVIRONMENT = {"os.getenv", "os.environ.get", "decouple.config", "environs.Env()", "environs.Env().str"}
_FIELDS = {"pydantic.Field", "pydantic.fields.Field", "dataclasses.field"}
_TEXT_METHODS = {"strip", "lstrip", "rstrip", "lower", "upper"}
_PATH_METHODS = {"resolve", "absolute", "expanduser", "joinpath", "as_posix", "with_name", "with_suffix"}


class Frame(NamedTuple):
    """A call that is being evaluated: of which function, and where it stands."""

    function: Scope
    module: Module
    scope: Scope
    call: ast.Call


def call_value(evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, depth: int) -> Values:
    """The values of a call; one made object where it is no function known here."""
    if isinstance(node.func, ast.Name) and node.func.id in ("str", "int") and scope.lookup(node.func.id) is None:
        found = evaluator.evaluate(module, scope, node.args[0] if node.args else None, depth + 1)
        return tuple(as_text(value) if node.func.id == "str" else _as_int(value) for value in found)
    values: list[Value] = []
    for target in evaluator.names.followed(evaluator.names.targets(module, scope, node.func)):
        if isinstance(target, External):
            values += _library(evaluator, module, scope, node, target.name, depth)
        elif isinstance(target, Code) and isinstance(target.scope.node, FUNCTIONS):
            values += _result(evaluator, target, Frame(target.scope, module, scope, node), depth)
        else:
            values.append(UNKNOWN._replace(made=True))
    if values:
        return tuple(values)
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


def _as_int(value: Value) -> Value:
    if value.known and isinstance(value.constant, (str, int)):
        try:
            return value._replace(constant=int(value.constant))
        except ValueError:
            return UNKNOWN
    return UNKNOWN


def _library(
    evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, name: str, depth: int
) -> tuple[Value, ...]:
    if name in _ENVIRONMENT:
        variable = argument(node, "key" if name != "os.environ.get" else None, 0)
        if not isinstance(variable, ast.expr):
            return (UNKNOWN,)
        passed = argument(node, "default", 1)
        default: Values = (Value(None),)
        if isinstance(passed, ast.expr):
            default = evaluator.evaluate(module, scope, passed, depth + 1)
        elif passed is None:
            default = (UNKNOWN,)
        return evaluator.variable(module, scope, variable, default, depth)
    if name in _PATHS or name == "os.path.join":
        parts = [evaluator.evaluate(module, scope, part, depth + 1) for part in node.args]
        return tuple(_as_path(value) for value in joined(parts or [(Value("."),)], "/"))
    if name.startswith(("os.path.", "os.getcwd", "pathlib.")):
        return (UNKNOWN._replace(path=True),)
    if name in _FIELDS:
        return _field(evaluator, module, scope, node, depth)
    if name.rpartition("().")[0] in _ENVIRONMENT and isinstance(node.func, ast.Attribute):  # a method of the text
        return _method(evaluator, module, scope, node, node.func, depth)
    return (UNKNOWN._replace(made=True),)


def _as_path(value: Value) -> Value:
    if value.text is None:
        return value._replace(path=True)
    return value._replace(constant=posixpath.normpath(value.text) if value.text else ".", path=True)


def _field(evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, depth: int) -> Values:
    """``Field(default, alias="VARIABLE")``."""
    passed = argument(node, "default", 0)
    default = evaluator.evaluate(module, scope, passed, depth + 1) if isinstance(passed, ast.expr) else (UNKNOWN,)
    for keyword in ("validation_alias", "alias", "env"):
        name = argument(node, keyword, None)
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            return evaluator.from_environment(name.value, default)
    return default


def _method(
    evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, function: ast.Attribute, depth: int
) -> Values:
    """A method of a text, a path or a dict display."""
    if function.attr == "get" and node.args:
        keys = evaluator.evaluate(module, scope, node.args[0], depth + 1)
        return evaluator.looked_up(module, scope, function.value, keys, depth)
    base = evaluator.evaluate(module, scope, function.value, depth + 1)
    if function.attr in _TEXT_METHODS and not node.args:
        return tuple(
            UNKNOWN if value.text is None else value._replace(constant=getattr(value.text, function.attr)())
            for value in base
        )
    if function.attr in _PATH_METHODS:
        return (UNKNOWN._replace(path=any(value.path for value in base)),)
    if function.attr == "format" and not node.keywords:
        return _formatted(base, [evaluator.evaluate(module, scope, part, depth + 1) for part in node.args])
    return (UNKNOWN,)


def _formatted(templates: Values, parts: list[Values]) -> Values:
    if len(templates) != 1 or templates[0].text is None:
        return (UNKNOWN,)
    pieces = templates[0].text.split("{}")
    if len(pieces) != len(parts) + 1 or any("{" in piece or "}" in piece for piece in pieces):
        return (UNKNOWN,)
    spliced: list[Values] = [(Value(pieces[0]),)]
    for part, piece in zip(parts, pieces[1:], strict=True):
        spliced += [part, (Value(piece),)]
    return joined(spliced)
