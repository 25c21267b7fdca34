"""The constants that an expression can have, found without running anything.

Literals, names bound once, attributes, f-strings and sums, defaults of parameters, arguments of the calls that are
reached, environment variables as the image and compose set them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from prebake.project.python.calls import Frame, call_value
from prebake.project.python.modules import Module
from prebake.project.python.names import Data, External, Names
from prebake.project.python.scopes import FUNCTIONS, Binding, Call, Guard, Scope, dotted
from prebake.project.python.values import (
    MISSING,
    UNKNOWN,
    Value,
    Values,
    alternatives,
    argument,
    as_text,
    bounded,
    joined,
)

_MAX_DEPTH = 16
_MAX_STEPS = 2000
_SETTINGS = {"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"}


class Evaluator:
    """Evaluates expressions of one program.

    ``environment`` holds the variables that are set when the container starts; the value is ``None`` where a variable
    is set to something unknown. ``callers`` are the reached calls of each function (a class's are those of the class);
    ``None`` while they are not known yet: then no parameter has a known value. ``frames`` are the calls that are being
    evaluated, the innermost last: in the function of one, a parameter is what that call passes.
    """

    def __init__(
        self,
        names: Names,
        environment: Mapping[str, str | None],
        callers: Mapping[Scope, Iterable[tuple[Module, Call]]] | None,
    ) -> None:
        self.names = names
        self._environment = environment
        self._callers = callers
        self._steps = 0
        self._busy: set[tuple[Scope, str]] = set()
        self.frames: tuple[Frame, ...] = ()

    def _begin(self, depth: int) -> None:
        """Count a step; a question from outside has depth 0 and starts anew."""
        self._steps = self._steps + 1 if depth else 0

    def evaluate(self, module: Module, scope: Scope, node: ast.expr | None, depth: int = 0) -> Values:
        """The values of an expression that stands in a scope; :data:`UNKNOWN` among them when there can be others."""
        self._begin(depth)
        if node is None or depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            return (UNKNOWN,)
        return bounded(self._evaluate(module, scope, node, depth))

    def _evaluate(self, module: Module, scope: Scope, node: ast.expr, depth: int) -> Values:
        if isinstance(node, ast.Constant):
            return (Value(node.value),)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._name(module, scope, node, depth)
        if isinstance(node, ast.JoinedStr):
            return self._text(module, scope, node.values, depth)
        if isinstance(node, ast.FormattedValue):
            if node.format_spec is not None or node.conversion not in (-1, ord("s")):
                return (UNKNOWN,)
            return tuple(as_text(value) for value in self.evaluate(module, scope, node.value, depth + 1))
        if isinstance(node, ast.BinOp):
            return self._operation(module, scope, node, depth)
        if isinstance(node, ast.BoolOp):
            return self._choice(module, scope, node, depth)
        if isinstance(node, ast.IfExp):
            holds = self.truth(module, scope, node.test, depth + 1)
            if holds is not None:
                return self.evaluate(module, scope, node.body if holds else node.orelse, depth + 1)
            both = (node.body, node.orelse)
            return alternatives(value for branch in both for value in self.evaluate(module, scope, branch, depth + 1))
        if isinstance(node, ast.Subscript):
            return self._item(module, scope, node, depth)
        if isinstance(node, ast.Call):
            return self._call(module, scope, node, depth)
        if isinstance(node, ast.NamedExpr):
            return self.evaluate(module, scope, node.value, depth + 1)
        return (UNKNOWN,)

    def _name(self, module: Module, scope: Scope, node: ast.Name | ast.Attribute, depth: int) -> Values:
        found: list[Value] = []
        for target in self.names.targets(module, scope, node):
            if isinstance(target, Data):
                found += self._data(target, depth + 1)
            else:
                path = isinstance(target, External) and target.name.startswith("pathlib.")
                found.append(UNKNOWN._replace(path=path, made=not isinstance(target, External)))
        if not found and isinstance(node, ast.Attribute) and node.attr == "value":  # a member of an Enum
            return self.evaluate(module, scope, node.value, depth + 1)
        return tuple(found) or (UNKNOWN,)

    def _data(self, data: Data, depth: int) -> Values:
        key = (data.owner, data.name)
        if key in self._busy or depth > _MAX_DEPTH:
            return (UNKNOWN,)
        self._busy.add(key)
        try:
            if data.owner.kind == "class":
                return self._attribute(data, depth)
            return self._bindings(data.module, data.owner, data.name, data.bindings, depth)
        finally:
            self._busy.discard(key)

    def _bindings(self, module: Module, owner: Scope, name: str, bindings: Iterable[Binding], depth: int) -> Values:
        found: list[Values] = [(UNKNOWN,)] if self.names.assigned_elsewhere(name) else []
        for binding in bindings:
            if binding.kind == "param":
                found.append(self._parameter(module, owner, name, binding, depth))
            elif binding.kind == "loop" and binding.value is not None:
                found.append(self.elements(module, binding.scope, binding.value, depth))
            elif binding.kind == "assign" and binding.value is not None:
                if self.runs(module, binding.scope, binding.guards, depth) is not False:
                    found.append(self.evaluate(module, binding.scope, binding.value, depth + 1))
            else:
                found.append((UNKNOWN,))
        if len(found) > 1:  # `model = None` at first says nothing
            found = [values for values in found if values != (Value(None),)] or found[:1]
        if len(found) == 1:
            return found[0]
        return alternatives(value for values in found for value in values) or (UNKNOWN,)

    def runs(self, module: Module, scope: Scope, guards: Iterable[Guard], depth: int = 0) -> bool | None:
        """Whether code under these conditions runs: ``False`` when one surely fails, ``None`` when nobody knows."""
        self._begin(depth)
        result: bool | None = True
        for kind, test, _ in guards:
            holds = None if test is None else self.truth(module, scope, test, depth + 1)
            if holds is None:
                result = None
            elif holds is (kind == "else"):
                return False
        return result

    def _parameter(self, module: Module, owner: Scope, name: str, binding: Binding, depth: int) -> Values:
        if self._callers is None:
            return (UNKNOWN,)
        default: Values = (UNKNOWN,)
        if binding.value is not None:
            default = self.evaluate(module, binding.scope, binding.value, depth + 1)
        frames = self.frames
        for number in reversed(range(len(frames))):
            if frames[number].function is owner:
                _, caller, scope, call = frames[number]
                self.frames = frames[:number]
                try:
                    return self._passed(caller, scope, call, owner, name, default, depth)
                finally:
                    self.frames = frames
        calls = list(self._callers.get(owner, ()))
        if not calls:
            return default
        found: list[Value] = []
        for home, reached in calls:
            found += self._passed(home, reached.scope, reached.node, owner, name, default, depth)
        return tuple(found)

    def _passed(
        self, caller: Module, scope: Scope, call: ast.Call, owner: Scope, name: str, default: Values, depth: int
    ) -> Values:
        """What one call passes for a parameter."""
        passed = argument(call, name, _place(owner, name))
        if passed is MISSING:
            return default
        return self.evaluate(caller, scope, passed, depth + 1) if isinstance(passed, ast.expr) else (UNKNOWN,)

    def _attribute(self, data: Data, depth: int) -> Values:
        """An attribute: set by ``self.x = ...``, in the class body, by the arguments of a dataclass or, for settings
        classes, by the environment.
        """
        values = self._bindings(data.module, data.owner, data.name, data.bindings, depth)
        bases = {base.name for base in self.names.bases(data.module, data.owner) if isinstance(base, External)}
        if bases & _SETTINGS:
            variable = (_prefix(data.owner) + data.name).upper()
            return self.from_environment(variable, values)
        through = data.through
        if through is not None and through.call is not None and "__init__" not in data.owner.bindings:
            passed = argument(through.call, data.name, None)
            if isinstance(passed, ast.expr) and through.origin is not None:
                calls = (self._callers or {}).get(data.owner, ())
                caller = next((home for home, call in calls if call.node is through.call), None)
                if caller is not None:
                    return self.evaluate(caller, through.origin, passed, depth + 1)
        return values

    def from_environment(self, variable: str, default: Values) -> Values:
        """What an environment variable holds when the container starts, else the default."""
        if variable in self._environment:
            value = self._environment[variable]
            known = value is not None
            return (Value(value, known=known, variable=variable, set_by_environment=True),)
        return tuple(value._replace(variable=value.variable or variable) for value in default)

    def _text(self, module: Module, scope: Scope, parts: list[ast.expr], depth: int) -> Values:
        return joined([self.evaluate(module, scope, part, depth + 1) for part in parts])

    def _operation(self, module: Module, scope: Scope, node: ast.BinOp, depth: int) -> Values:
        if not isinstance(node.op, (ast.Add, ast.Div)):
            return (UNKNOWN,)
        left = self.evaluate(module, scope, node.left, depth + 1)
        right = self.evaluate(module, scope, node.right, depth + 1)
        if isinstance(node.op, ast.Add):
            return joined([left, right])
        if any(value.path for value in left):
            return tuple(value._replace(path=True) for value in joined([left, right], "/"))
        return (UNKNOWN,)

    def _choice(self, module: Module, scope: Scope, node: ast.BoolOp, depth: int) -> Values:
        found: list[Value] = []
        variable: str | None = None
        for number, part in enumerate(node.values):
            last = number == len(node.values) - 1
            for value in self.evaluate(module, scope, part, depth + 1):
                taken = bool(value.constant) is isinstance(node.op, ast.Or) if value.known else None
                variable = variable or value.variable
                if last or taken is True:
                    found.append(value._replace(variable=value.variable or variable))
                elif taken is None:
                    found.append(value)
            if found and all(value.known for value in found):
                break
        return tuple(found) if len(found) == 1 else alternatives(found) or (UNKNOWN,)

    def _item(self, module: Module, scope: Scope, node: ast.Subscript, depth: int) -> Values:
        if External("os.environ") in self.names.targets(module, scope, node.value):
            return self.variable(module, scope, node.slice, (UNKNOWN,), depth)
        keys = self.evaluate(module, scope, node.slice, depth + 1)
        return self.looked_up(module, scope, node.value, keys, depth)

    def looked_up(self, module: Module, scope: Scope, container: ast.expr, keys: Values, depth: int) -> Values:
        """An entry of a dict, list or tuple display."""
        literal = self._literal(module, scope, container, depth)
        if literal is None:
            return (UNKNOWN,)
        home, place, node = literal
        if isinstance(node, ast.Dict):
            entries = [
                (key.value if isinstance(key, ast.Constant) else UNKNOWN, value)
                for key, value in zip(node.keys, node.values, strict=True)
            ]
        elif isinstance(node, (ast.List, ast.Tuple)):
            entries = list(enumerate(node.elts))
        else:
            return (UNKNOWN,)
        if len(keys) == 1 and keys[0].known:
            for key, value in entries:
                if key == keys[0].constant:
                    variable = keys[0].variable
                    return tuple(
                        found._replace(variable=found.variable or variable)
                        for found in self.evaluate(home, place, value, depth + 1)
                    )
            return (UNKNOWN,)
        return (UNKNOWN,)

    def _literal(
        self, module: Module, scope: Scope, node: ast.expr, depth: int
    ) -> tuple[Module, Scope, ast.expr] | None:
        """The dict, list, tuple or set display that an expression stands for."""
        if isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
            return module, scope, node
        if depth > _MAX_DEPTH or dotted(node) is None:
            return None
        targets = self.names.targets(module, scope, node)
        if len(targets) != 1 or not isinstance(targets[0], Data) or len(targets[0].bindings) != 1:
            return None
        binding = targets[0].bindings[0]
        if binding.kind != "assign" or binding.value is None:
            return None
        return self._literal(targets[0].module, binding.scope, binding.value, depth + 4)

    def elements(self, module: Module, scope: Scope, node: ast.expr, depth: int = 0) -> Values:
        """The values that a loop over an expression runs through."""
        self._begin(depth)
        view, shown = None, node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "values"):
            view, shown = node.func.attr, node.func.value
        literal = self._literal(module, scope, shown, depth)
        if literal is None:
            return (UNKNOWN,)
        home, place, display = literal
        parts: Iterable[ast.expr | None] = ()
        if isinstance(display, ast.Dict):
            parts = display.values if view == "values" else display.keys
        elif view is None and isinstance(display, (ast.List, ast.Tuple, ast.Set)):
            parts = display.elts
        found = tuple(value for part in parts for value in self.evaluate(home, place, part, depth + 1))
        return found or (UNKNOWN,)

    def variable(self, module: Module, scope: Scope, name: ast.expr, default: Values, depth: int) -> Values:
        """The environment variable that ``name`` evaluates to."""
        known = self.evaluate(module, scope, name, depth + 1)
        if len(known) != 1 or known[0].text is None:
            return (UNKNOWN,)
        return self.from_environment(known[0].text, default)

    def _call(self, module: Module, scope: Scope, node: ast.Call, depth: int) -> Values:
        return call_value(self, module, scope, node, depth)

    def truth(self, module: Module, scope: Scope, node: ast.expr, depth: int = 0) -> bool | None:
        """Whether a condition holds when the container starts; ``None`` when that is not known."""
        self._begin(depth)
        if depth > _MAX_DEPTH:
            return None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.truth(module, scope, node.operand, depth + 1)
            return None if inner is None else not inner
        if isinstance(node, ast.BoolOp):
            decisive = isinstance(node.op, ast.Or)
            parts = [self.truth(module, scope, part, depth + 1) for part in node.values]
            return decisive if decisive in parts else None if None in parts else not decisive
        if isinstance(node, ast.Compare):
            return self._compared(module, scope, node, depth)
        return _agreed(
            bool(value.constant) if value.known else None for value in self.evaluate(module, scope, node, depth + 1)
        )

    def _compared(self, module: Module, scope: Scope, node: ast.Compare, depth: int) -> bool | None:
        if len(node.ops) != 1:
            return None
        operator = node.ops[0]
        left = self.evaluate(module, scope, node.left, depth + 1)
        if isinstance(operator, (ast.In, ast.NotIn)):
            right = self.elements(module, scope, node.comparators[0], depth + 1)
            if not all(value.known for value in (*left, *right)):
                return None
            held = _agreed(value.constant in [item.constant for item in right] for value in left)
            return None if held is None else held is isinstance(operator, ast.In)
        if not isinstance(operator, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
            return None
        right = self.evaluate(module, scope, node.comparators[0], depth + 1)
        if not all(value.known for value in (*left, *right)):
            return None
        equal = _agreed(one.constant == other.constant for one in left for other in right)
        return None if equal is None else equal is isinstance(operator, (ast.Eq, ast.Is))


def _agreed(answers: Iterable[bool | None]) -> bool | None:
    distinct = set(answers)
    return distinct.pop() if len(distinct) == 1 else None


def _place(function: Scope, name: str) -> int | None:
    """At which position callers pass a parameter; ``None`` when only by keyword. ``self`` and ``cls`` do not count."""
    if not isinstance(function.node, FUNCTIONS):
        return None
    arguments = function.node.args
    names = [item.arg for item in (*arguments.posonlyargs, *arguments.args)]
    if name not in names:
        return None
    bound = (
        function.parent is not None and function.parent.kind == "class" and ("staticmethod",) not in function.decorators
    )
    return names.index(name) - bound


def _prefix(settings: Scope) -> str:
    """The ``env_prefix`` of a pydantic settings class."""
    configurations = [binding.value for binding in settings.bindings.get("model_config", ())]
    inner = next((item.target for item in settings.bindings.get("Config", ()) if isinstance(item.target, Scope)), None)
    if inner is not None:
        configurations += [binding.value for binding in inner.bindings.get("env_prefix", ())]
    for node in configurations:
        if isinstance(node, ast.Call):
            node = next((keyword.value for keyword in node.keywords if keyword.arg == "env_prefix"), None)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
    return ""
