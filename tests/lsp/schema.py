"""The types of the protocol, read from its published meta-model, and whether a JSON value is of one."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

JSON = Any
Type = dict[str, Any]
Visit = Callable[[str, dict[str, JSON]], Iterator[str]]
"""Takes the name of a structure and a value that is one; gives what else is wrong with that."""

META_MODEL = Path(__file__).parent / "metamodel" / "metaModel.json"
_ANYTHING = frozenset({"LSPAny", "LSPObject", "LSPArray", "T"})
_MOST = 2**31 - 1


class Schema:
    """The meta-model, by name."""

    def __init__(self, model: dict[str, Any]) -> None:
        self.requests: dict[str, Type] = {item["method"]: item for item in model["requests"]}
        self.notifications: dict[str, Type] = {item["method"]: item for item in model["notifications"]}
        self._structures: dict[str, Type] = {item["name"]: item for item in model["structures"]}
        self._enumerations: dict[str, Type] = {item["name"]: item for item in model["enumerations"]}
        self._aliases: dict[str, Type] = {item["name"]: item["type"] for item in model["typeAliases"]}

    def properties(self, name: str) -> dict[str, Type]:
        """The properties of a structure, inherited ones included."""
        structure = self._structures[name]
        found: dict[str, Type] = {}
        for base in (*structure.get("extends", ()), *structure.get("mixins", ())):
            found.update(self.properties(base["name"]))
        return found | {item["name"]: item for item in structure["properties"]}

    def named(self, name: str) -> Type | None:
        """What an alias stands for."""
        return self._aliases.get(name)

    def enumeration(self, name: str) -> list[JSON]:
        """The values of an enumeration; none when there is none of this name."""
        return [item["value"] for item in self._enumerations.get(name, {}).get("values", ())]

    def errors(self, kind: Type, value: JSON, where: str, visit: Visit) -> Iterator[str]:
        """What is wrong with a value that is to be of a type."""
        match kind["kind"]:
            case "base":
                if not _is_base(kind["name"], value):
                    yield f"{where}: {_short(value)} is no {kind['name']}"
            case "reference":
                yield from self._reference(kind["name"], value, where, visit)
            case "array":
                if not isinstance(value, list):
                    yield f"{where}: {_short(value)} is no array"
                    return
                for number, item in enumerate(value):
                    yield from self.errors(kind["element"], item, f"{where}[{number}]", visit)
            case "map":
                if not isinstance(value, dict):
                    yield f"{where}: {_short(value)} is no object"
                    return
                for key, item in value.items():
                    yield from self.errors(kind["value"], item, f"{where}[{key!r}]", visit)
            case "and":
                known: dict[str, Type] = {}
                for item in kind["items"]:
                    known.update(self.properties(item["name"]))
                yield from self._object(known, value, where, visit)
            case "or":
                yield from self._alternatives(kind["items"], value, where, visit)
            case "tuple":
                if not isinstance(value, list) or len(value) != len(kind["items"]):
                    yield f"{where}: {_short(value)} is no tuple of {len(kind['items'])}"
                    return
                for number, (item, each) in enumerate(zip(kind["items"], value, strict=True)):
                    yield from self.errors(item, each, f"{where}[{number}]", visit)
            case "literal":
                known = {item["name"]: item for item in kind["value"]["properties"]}
                yield from self._object(known, value, where, visit)
            case _:  # string, integer and boolean literals
                if value != kind["value"] or type(value) is not type(kind["value"]):
                    yield f"{where}: {_short(value)} is not {kind['value']!r}"

    def _reference(self, name: str, value: JSON, where: str, visit: Visit) -> Iterator[str]:
        if name in _ANYTHING:
            return
        if name in self._aliases:
            yield from self.errors(self._aliases[name], value, where, visit)
        elif name in self._enumerations:
            found = self._enumerations[name]
            if found.get("supportsCustomValues"):
                yield from self.errors(found["type"], value, where, visit)
            elif value not in self.enumeration(name) or isinstance(value, bool):
                yield f"{where}: {_short(value)} is no {name}"
        else:
            yield from self._object(self.properties(name), value, where, visit)
            if isinstance(value, dict):
                yield from (f"{where}: {problem}" for problem in visit(name, value))

    def _object(self, known: dict[str, Type], value: JSON, where: str, visit: Visit) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {_short(value)} is no object"
            return
        for name, item in known.items():
            if name in value:
                yield from self.errors(item["type"], value[name], f"{where}.{name}", visit)
            elif not item.get("optional"):
                yield f"{where}: {name} is missing"
        yield from (f"{where}: unknown property {name}" for name in value if name not in known)

    def _alternatives(self, kinds: list[Type], value: JSON, where: str, visit: Visit) -> Iterator[str]:
        """Nothing when one alternative fits, as far as its form goes; else what is wrong with the nearest one."""
        tried = [list(self.errors(kind, value, where, _no_more)) for kind in kinds]
        nearest = min(range(len(kinds)), key=lambda number: len(tried[number]))
        yield from self.errors(kinds[nearest], value, where, visit)


def _no_more(_name: str, _value: dict[str, JSON]) -> Iterator[str]:
    yield from ()


def _is_base(name: str, value: JSON) -> bool:
    match name:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and -_MOST - 1 <= value <= _MOST
        case "uinteger":
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
        case "decimal":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "URI" | "DocumentUri":
            return isinstance(value, str) and ":" in value and " " not in value
    return isinstance(value, str)


def _short(value: JSON) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


@cache
def schema() -> Schema:
    """The protocol's types."""
    return Schema(json.loads(META_MODEL.read_text(encoding="utf-8")))
