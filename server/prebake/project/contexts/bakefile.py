"""What bake files declare: targets and groups, with variables, functions and matrices worked out as far as they are
literal. How declarations become builds is :mod:`prebake.project.contexts.bake`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product

from prebake.project.contexts.hclvalues import UNKNOWN, Budget, Value, as_text, evaluate
from prebake.project.jsontree import load_json
from prebake.project.yamltree import Node
from prebake.records import NamedTuple
from prebake.syntax.hcl import parse_hcl, parse_template
from prebake.syntax.hcl_nodes import Attribute, Block, Body, Expression, ListOf, Literal, Name, ObjectOf
from prebake.text import Text

_READ = ("context", "contexts", "dockerfile", "dockerfile-inline", "target", "args", "inherits", "tags", "call")
_BUILT_IN: Mapping[str, Value] = {"BAKE_CMD_CONTEXT": "cwd://", "BAKE_LOCAL_PLATFORM": UNKNOWN}
_BLOCKS = ("variable", "function", "target", "group")
_MOST_COMBINATIONS = 200
_MOST_CALLS = 20


class Declared(NamedTuple):
    """One declaration of a target: its attributes as they are written, where it stands, the line 0-based."""

    name: str
    values: Mapping[str, Value]
    path: str
    line: int


class Definition(NamedTuple):
    """All declarations of the files that bake reads together, in order. A group also stands for the targets that a
    matrix makes of one block.
    """

    targets: tuple[Declared, ...]
    groups: Mapping[str, tuple[str, ...]]


def read(texts: tuple[tuple[str, Text], ...]) -> Definition:
    """What files declare, each given with its absolute path; those of later ones come last. Never raises."""
    files = [(path, text, _body(path, text)) for path, text in texts]
    scope = _Scope([body for _, _, body in files])
    targets: list[Declared] = []
    groups: dict[str, tuple[str, ...]] = {}
    for path, text, body in files:
        for block in body.blocks:
            if len(block.labels) != 1:
                continue
            label, line = block.labels[0], text.position(block.start).line
            if block.kind == "target":
                made = list(_targets(scope, block, path, line))
                targets += made
                names = tuple(target.name for target in made)
                if names != (label,):
                    groups[label] = groups.get(label, ()) + names
            elif block.kind == "group":
                named = block.body.get("targets")
                members = scope.value(named.value) if named is not None else ()
                known = tuple(item for item in members if isinstance(item, str)) if isinstance(members, list) else ()
                groups[label] = known  # unlike targets, groups of one name are not merged
    return Definition(tuple(targets), groups)


def _body(path: str, text: Text) -> Body:
    if not path.endswith(".json"):
        return parse_hcl(text)
    root = load_json(text)
    return _body_of_json(root, text) if root is not None and root.kind == "mapping" else Body()


def _body_of_json(root: Node, text: Text) -> Body:
    """HCL's JSON form: blocks are nested objects, texts hold interpolations."""
    blocks: list[Block] = []
    attributes: list[Attribute] = []
    for kind, value in root.pairs():
        if kind.text not in _BLOCKS:
            attributes.append(_attribute(kind, value, text))
            continue
        for labelled in value.sequence() or (value,):
            for label, inner in labelled.pairs():
                for one in inner.sequence() or (inner,):
                    body = Body(tuple(_attribute(key, item, text) for key, item in one.pairs()))
                    start, end = text.offset(label.span.start), text.offset(one.span.end)
                    blocks.append(Block(kind.text, (label.text,), body, start, end))
    return Body(tuple(attributes), tuple(blocks))


def _attribute(key: Node, value: Node, text: Text) -> Attribute:
    offset = text.offset
    return Attribute(
        key.text, _expression(value), offset(key.span.start), offset(value.span.start), offset(value.span.end)
    )


def _expression(node: Node) -> Expression:
    if node.kind == "mapping":
        return ObjectOf(tuple((Literal(key.text), _expression(value)) for key, value in node.pairs()))
    if node.kind == "sequence":
        return ListOf(tuple(_expression(item) for item in node.items))
    return Literal(None) if node.is_null else parse_template(node.text)


class _Scope:
    """The variables, functions and targets of files that are read together, worked out when they are asked for."""

    def __init__(self, bodies: list[Body]) -> None:
        self._budget = Budget()
        self._variables: dict[str, Expression] = {}
        self._functions: dict[str, Body] = {}
        self._blocks: dict[str, Block] = {}
        self._known: dict[str, Value] = dict(_BUILT_IN)
        self._open: set[object] = set()
        for body in bodies:
            for attribute in body.attributes:
                self._variables[attribute.name] = attribute.value
            for block in body.blocks:
                self._add(block)

    def _add(self, block: Block) -> None:
        label = block.labels[0] if block.labels else ""
        if block.kind == "variable":
            default = block.body.get("default")
            if default is not None:
                self._variables[label] = default.value
        elif block.kind == "function":
            self._functions[label] = block.body
        elif block.kind == "target":
            self._blocks.setdefault(label, block)

    def value(self, expression: Expression, bound: Mapping[str, Value] | None = None) -> Value:
        """The value of an expression, with some names bound."""
        return evaluate(expression, partial(self._lookup, bound or {}), self._call, self._budget)

    def _lookup(self, bound: Mapping[str, Value], name: str) -> Value:
        if name in bound:
            return bound[name]
        if name == "target":
            return _Targets(self._attribute_of)
        if name in self._known:
            return self._known[name]
        expression = self._variables.get(name)
        if expression is None or name in self._open:
            return UNKNOWN
        self._open.add(name)
        self._known[name] = self.value(expression)
        self._open.discard(name)
        return self._known[name]

    def _attribute_of(self, target: str, name: str) -> Value:
        """``target.NAME.attribute``."""
        block = self._blocks.get(target)
        attribute = block.body.get(name) if block is not None else None
        if block is None or attribute is None or (target, name) in self._open or block.body.get("matrix") is not None:
            return UNKNOWN
        self._open.add((target, name))
        value = self.value(attribute.value)
        self._open.discard((target, name))
        return value

    def _call(self, name: str, arguments: list[Value]) -> Value:
        """A function that the file defines."""
        body = self._functions.get(name)
        result = body.get("result") if body is not None else None
        if body is None or result is None or name in self._open or len(self._open) > _MOST_CALLS:
            return UNKNOWN
        names = [item.name for item in _names(body.get("params"))]
        if len(arguments) < len(names):
            return UNKNOWN
        bound = dict(zip(names, arguments, strict=False))
        bound.update({item.name: arguments[len(names) :] for item in _names(body.get("variadic_params"))})
        self._open.add(name)
        value = self.value(result.value, bound)
        self._open.discard(name)
        return value


class _Targets(dict[str, Value]):
    """``target``: a table of tables whose values are worked out when they are asked for."""

    def __init__(self, value: object, target: str | None = None) -> None:
        super().__init__()
        self._value = value
        self._target = target

    def get(self, key: str, default: Value = None, /) -> Value:
        if self._target is None:
            return _Targets(self._value, key)
        return self._value(self._target, key)  # type: ignore[operator]


def _names(attribute: Attribute | None) -> Iterator[Name]:
    if attribute is not None:
        items = attribute.value.items if isinstance(attribute.value, ListOf) else (attribute.value,)
        yield from (item for item in items if isinstance(item, Name))


def _targets(scope: _Scope, block: Block, path: str, line: int) -> Iterator[Declared]:
    """The targets of one block: one, or one for each combination of its matrix."""
    name = block.body.get("name")
    for number, bound in enumerate(_combinations(scope, block)):
        label: str | None = block.labels[0]
        if name is not None and bound:
            label = as_text(scope.value(name.value, bound))
        if label is None:
            label = f"{block.labels[0]} {number + 1}"  # built, but nobody can refer to it
        written = ((key, block.body.get(key)) for key in _READ)
        values = {key: scope.value(item.value, bound) for key, item in written if item is not None}
        yield Declared(label, {key: value for key, value in values.items() if value is not None}, path, line)


def _combinations(scope: _Scope, block: Block) -> list[dict[str, Value]]:
    matrix = block.body.get("matrix")
    if matrix is None:
        return [{}]
    table = scope.value(matrix.value)
    if not isinstance(table, dict):
        return []
    options = [values if isinstance(values, list) else [UNKNOWN] for values in table.values()]
    combined = product(*options)
    return [
        dict(zip(table, values, strict=True)) for values, _ in zip(combined, range(_MOST_COMBINATIONS), strict=False)
    ]
