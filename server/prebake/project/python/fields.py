"""The attributes of classes whose values come from elsewhere: dataclasses, pydantic's models and its settings."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from prebake.project.python.datacalls import dotenv
from prebake.project.python.modules import Module
from prebake.project.python.names import Code, Data, External
from prebake.project.python.scopes import Scope
from prebake.project.python.values import MISSING, UNKNOWN, Value, Values, alternatives, argument

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

_SETTINGS = {"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"}
_FIELDS = {
    *("pydantic.Field", "pydantic.fields.Field", "pydantic.v1.Field", "dataclasses.field"),
    *("attr.ib", "attr.field", "attrs.field", "attr.attrib"),
}
_ALIASES = ("validation_alias", "env", "alias")


def attribute(evaluator: Evaluator, data: Data, depth: int) -> Values:
    """The values of an attribute: of the arguments that make the object, of the environment for settings, of what the
    class and its subclasses say.
    """
    values = evaluator.bound(data.module, data.owner, data.name, data.bindings, depth)
    bases = {base.name for base in evaluator.names.bases(data.module, data.owner) if isinstance(base, External)}
    if bases & _SETTINGS or _inherits_settings(evaluator, data):
        values = _setting(evaluator, data, values, depth)
    through = data.through
    if through is not None and through.call is None:
        return _overridden(evaluator, data, values, depth)
    if through is not None and through.call is not None and "__init__" not in data.owner.bindings:
        given = _given(evaluator, data, through.call, through.origin, depth)
        if given is not None:
            return given
    return values


def _inherits_settings(evaluator: Evaluator, data: Data) -> bool:
    pending, seen = [(data.module, data.owner)], {data.owner}
    while pending:
        for base in evaluator.names.bases(*pending.pop()):
            if isinstance(base, External):
                if base.name in _SETTINGS:
                    return True
            elif isinstance(base, Code) and base.scope not in seen:
                seen.add(base.scope)
                pending.append((base.module, base.scope))
    return False


def _overridden(evaluator: Evaluator, data: Data, values: Values, depth: int) -> Values:
    """``self.x`` in a class is what its subclasses make of it, too."""
    found = list(values)
    for derived in evaluator.names.subclasses(data.owner):
        bindings = (*derived.scope.members.get(data.name, ()), *derived.scope.bindings.get(data.name, ()))
        if bindings:
            found += evaluator.bound(derived.module, derived.scope, data.name, bindings, depth)
    if len(found) == len(values):
        return values
    useful = [value for value in found if value != Value(None)]
    return alternatives(useful) if len(useful) > 1 else tuple(useful) or values


def _given(evaluator: Evaluator, data: Data, call: ast.Call, origin: Scope | None, depth: int) -> Values | None:
    """What the call that makes the object passes for a field; ``None`` when it passes nothing."""
    passed = argument(call, data.name, _position(data.owner, data.name))
    home = evaluator.home_of(data.owner, call)
    if passed is MISSING:
        return None
    if home is None or origin is None:
        return (UNKNOWN,)
    return evaluator.passed(home, origin, call, data.name, passed, None, depth)


def _position(owner: Scope, name: str) -> int | None:
    """At which position a field is passed."""
    if not isinstance(owner.node, ast.ClassDef) or owner.node.bases:
        return None
    names = [
        item.target.id
        for item in owner.node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]
    return names.index(name) if name in names else None


def field(evaluator: Evaluator, module: Module, scope: Scope, node: ast.Call, depth: int) -> Values:
    """``Field(default, alias="VARIABLE")`` and ``field(default=...)``, without the environment."""
    passed = argument(node, "default", 0)
    if isinstance(passed, ast.expr) and not (isinstance(passed, ast.Constant) and passed.value is ...):
        return evaluator.evaluate(module, scope, passed, depth + 1)
    factory = argument(node, "default_factory", None)
    if factory is MISSING:
        factory = argument(node, "factory", None)
    if isinstance(factory, ast.Lambda):
        return evaluator.evaluate(module, scope, factory.body, depth + 1)
    if isinstance(factory, ast.expr):
        call = ast.copy_location(ast.Call(factory, [], []), node)
        return evaluator.evaluate(module, scope, call, depth + 1)
    return (UNKNOWN,)


def is_field(name: str) -> bool:
    """Whether a function of a library declares a field."""
    return name in _FIELDS


def _setting(evaluator: Evaluator, data: Data, default: Values, depth: int) -> Values:
    """A field of a settings class: the environment, ``.env``, then its default."""
    options = _options(data.owner)
    prefix = _text(options.get("env_prefix")) or ""
    sensitive = isinstance(options.get("case_sensitive"), ast.Constant) and bool(
        getattr(options["case_sensitive"], "value", False)
    )
    names = [prefix + data.name]
    for binding in data.bindings:
        named = _aliases(binding.value)
        if named:
            names = named
    fields = options.get("fields")  # pydantic 1: fields = {"model": {"env": "MODEL"}}
    if isinstance(fields, ast.Dict):
        for key, value in zip(fields.keys, fields.values, strict=True):
            if _text(key) == data.name and isinstance(value, ast.Dict):
                names = [
                    text
                    for inner, item in zip(value.keys, value.values, strict=True)
                    if _text(inner) == "env"
                    for text in _texts(item)
                ] or names
    file = options.get("env_file")
    for name in reversed(names):
        spelled = evaluator.spelled(name) if not sensitive else name
        default = evaluator.from_environment(
            spelled if spelled is not None else name if sensitive else name.upper(),
            _from_file(evaluator, data, file, name, default, depth),
            depth,
        )
    return default


def _from_file(
    evaluator: Evaluator, data: Data, file: ast.expr | None, name: str, default: Values, depth: int
) -> Values:
    path = _text(file)
    if path is None:
        return default
    found = dotenv(evaluator, path)
    text = next((value for key, value in found.items() if key.lower() == name.lower()), "")
    return default if text == "" else (UNKNOWN,) if text is None else (Value(text),)


def _aliases(node: ast.expr | None) -> list[str]:
    if not isinstance(node, ast.Call):
        return []
    for keyword in _ALIASES:
        passed = argument(node, keyword, None)
        if isinstance(passed, ast.Call):  # AliasChoices("A", "B")
            return _texts(ast.Tuple(passed.args[:], ast.Load()))
        if isinstance(passed, ast.expr) and _texts(passed):
            return _texts(passed)
    return []


def _options(settings: Scope) -> dict[str, ast.expr]:
    """The ``model_config`` of a settings class, or what stands in its ``class Config``."""
    found: dict[str, ast.expr] = {}
    inner = next((item.target for item in settings.bindings.get("Config", ()) if isinstance(item.target, Scope)), None)
    if inner is not None:
        for name, bindings in inner.bindings.items():
            if len(bindings) == 1 and bindings[0].value is not None:
                found[name] = bindings[0].value
    for binding in settings.bindings.get("model_config", ()):
        node = binding.value
        if isinstance(node, ast.Call):
            found.update((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            found.update((text, value) for key, value in pairs if (text := _text(key)) is not None)
    return found


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _texts(node: ast.expr) -> list[str]:
    nodes = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [text for item in nodes if (text := _text(item)) is not None]
