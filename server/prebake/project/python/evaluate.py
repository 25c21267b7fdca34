"""The constants that an expression can have, found without running anything.

Literals, names bound once, attributes, f-strings and sums, defaults of parameters, arguments of the calls that are
reached, environment variables as the image and compose set them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from prebake.project.python.calls import Frame, call_value
from prebake.project.python.commandline import COMMAND_LINE, Option, option_of_parameter, typer_parameter
from prebake.project.python.conditions import truth
from prebake.project.python.containers import elements, looked_up
from prebake.project.python.datacalls import hydra_config
from prebake.project.python.fields import attribute
from prebake.project.python.modules import Module
from prebake.project.python.names import Data, External, Instance, Names
from prebake.project.python.origins import origin_of_name, origin_of_parameter
from prebake.project.python.scopes import Binding, Call, Guard, Scope, place_of
from prebake.project.python.textmethods import percent
from prebake.project.python.things import Display, Made, Place
from prebake.project.python.values import (
    MISSING,
    UNKNOWN,
    Missing,
    Value,
    Values,
    alternatives,
    argument,
    as_text,
    bounded,
    joined,
    perhaps,
    unknown,
)

_MAX_DEPTH = 16
_MAX_STEPS = 2000


class Evaluator:
    """Evaluates expressions of one program.

    ``environment`` holds the variables that are set when the container starts; the value is ``None`` where a variable
    is set to something unknown. ``callers`` are the reached calls of each function (a class's are those of the class);
    ``None`` while they are not known yet: then no parameter has a known value. ``arguments`` are the words of the
    command line. ``frames`` are the calls that are being evaluated, the innermost last: in the function of one, a
    parameter is what that call passes.
    """

    def __init__(
        self,
        names: Names,
        environment: Mapping[str, str | None],
        callers: Mapping[Scope, Iterable[tuple[Module, Call]]] | None,
        arguments: Iterable[str] = (),
    ) -> None:
        self.names = names
        self.arguments = tuple(arguments)
        self._environment = environment
        self._callers = callers
        self._steps = 0
        self._busy: set[tuple[Scope, str]] = set()
        self._setting: set[str] = set()
        self.options: tuple[int, list[Option]] = (0, [])
        self._spelled = {name.lower(): name for name in environment}
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
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            number = node.operand.value
            return (Value(-number) if isinstance(number, int) else UNKNOWN,)
        if isinstance(node, (ast.NamedExpr, ast.Await)):
            return self.evaluate(module, scope, node.value, depth + 1)
        if isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
            return (UNKNOWN._replace(thing=Display(module, scope, node)),)
        return (UNKNOWN,)

    def _name(self, module: Module, scope: Scope, node: ast.Name | ast.Attribute, depth: int) -> Values:
        if isinstance(node, ast.Name) and node.id == "__file__" and scope.lookup(node.id) is None:
            return (Place(module.path).value,)
        targets = self.names.targets(module, scope, node)
        if isinstance(node, ast.Attribute) and not any(isinstance(target, Data) for target in targets):
            inside = self.attribute_of(self.evaluate(module, scope, node.value, depth + 1), node.attr, depth)
            if inside is not None:
                return inside
        found: list[Value] = []
        for target in targets:
            if isinstance(target, Data):
                found += self.data(target, depth + 1)
            elif isinstance(target, External):
                path = target.name.startswith("pathlib.")
                found.append(UNKNOWN._replace(path=path, source=origin_of_name(target.name)))
            else:
                thing = Made(target) if isinstance(target, Instance) else None
                found.append(UNKNOWN._replace(made=True, thing=thing))
        if not found and isinstance(node, ast.Attribute) and node.attr == "value":  # a member of an Enum
            return self.evaluate(module, scope, node.value, depth + 1)
        return tuple(found) or (UNKNOWN,)

    def attribute_of(self, bases: Values, name: str, depth: int) -> Values | None:
        """What an attribute of some values is; ``None`` where none of them says anything."""
        found: list[Values] = []
        for base in bases:
            inside = None if base.thing is None else base.thing.attribute(self, name, depth)
            if inside is not None:
                found.append(inside if base.certain else perhaps(inside))
            elif base.source is not None:
                found.append(unknown(base.source))
        if not found:
            return None
        return found[0] if len(bases) == 1 else perhaps(value for values in found for value in values)

    def data(self, data: Data, depth: int) -> Values:
        """The values of a variable or an attribute."""
        key = (data.owner, data.name)
        if key in self._busy or depth > _MAX_DEPTH:
            return (UNKNOWN,)
        self._busy.add(key)
        try:
            if data.owner.kind == "class":
                return attribute(self, data, depth)
            return self.bound(data.module, data.owner, data.name, data.bindings, depth)
        finally:
            self._busy.discard(key)

    def bound(self, module: Module, owner: Scope, name: str, bindings: Iterable[Binding], depth: int) -> Values:
        """The values that several bindings of a name give it."""
        bindings = tuple(bindings)
        several = len(bindings) > 1
        found: list[Values] = [(UNKNOWN,)] if self.names.assigned_elsewhere(name) else []
        for binding in bindings:
            if binding.kind == "param":
                found.append(self._parameter(module, owner, name, binding, depth))
            elif binding.kind == "loop" and binding.value is not None:
                found.append(self.elements(module, binding.scope, binding.value, depth, binding.part))
            elif binding.kind == "assign" and binding.value is not None:
                if self.runs(module, binding.scope, binding.guards, depth) is not False:
                    values = self.evaluate(module, binding.scope, binding.value, depth + 1)
                    if not (several and self._makes_of(module, binding.scope, binding.value, values, name, depth)):
                        found.append(values)
            else:
                found.append((UNKNOWN,))
        if not found:
            return (UNKNOWN,)
        if len(found) > 1:  # `model = None` at first says nothing
            found = [values for values in found if values != (Value(None),)] or found[:1]
        if len(found) == 1:
            return found[0]
        return alternatives(value for values in found for value in values) or (UNKNOWN,)

    def _makes_of(self, module: Module, scope: Scope, node: ast.expr, values: Values, name: str, depth: int) -> bool:
        """Whether an expression makes an object of what a name stands for, as ``model = load(model)`` does: what the
        name stood for before is what is given there.
        """
        if isinstance(node, ast.Call) and not any(value.made for value in values):
            return False
        call = node.value if isinstance(node, (ast.Subscript, ast.Await)) else node
        if not isinstance(call, ast.Call) or not any(
            isinstance(item, ast.Name) and item.id == name for item in ast.walk(call)
        ):
            return False
        return call is node or any(value.made for value in self.evaluate(module, scope, call, depth + 1))

    def runs(self, module: Module, scope: Scope, guards: Iterable[Guard], depth: int = 0) -> bool | None:
        """Whether code under these conditions runs: ``False`` when one surely fails, ``None`` when nobody knows.

        Statements that leave a block above the code count only for a question from outside.
        """
        self._begin(depth)
        result: bool | None = True
        for guard in guards:
            if guard.kind == "rest" and depth:
                continue
            holds = None if guard.test is None else self.truth(module, scope, guard.test, depth + 1)
            if holds is None:
                result = result if guard.kind == "rest" else None
            elif holds is (guard.kind in ("else", "rest")):
                return False
        return result

    def _parameter(self, module: Module, owner: Scope, name: str, binding: Binding, depth: int) -> Values:
        if self._callers is None:
            return (UNKNOWN,)
        frames = self.frames
        for number in reversed(range(len(frames))):
            if frames[number].function is owner:
                _, caller, scope, call = frames[number]
                default = self._default(module, binding, depth)
                self.frames = frames[:number]
                try:
                    return self._given(caller, scope, call, owner, name, default, depth)
                finally:
                    self.frames = frames
        calls = list(self._callers.get(owner, ()))
        option = option_of_parameter(self, module, owner, name, depth) or hydra_config(self, module, owner, depth)
        if option is None and not calls:
            option = typer_parameter(self, module, owner, name, binding.value, depth)
        if option is not None:
            return option
        default = self._default(module, binding, depth)
        if not calls:
            source = origin_of_parameter(self, module, owner, name)
            if binding.value is None:
                return unknown(source)
            if source is not None and source != COMMAND_LINE:  # the caller is a library, which may pass something else
                return (*perhaps(default), *unknown(source))
            return default
        found: list[Value] = []
        for home, reached in calls:
            given = self._given(home, reached.scope, reached.node, owner, name, default, depth)
            found += perhaps(given) if any(guard.kind == "choice" for guard in reached.guards) else given
        return tuple(found)

    def _default(self, module: Module, binding: Binding, depth: int) -> Values:
        if binding.value is None:
            return (UNKNOWN,)
        return self.evaluate(module, binding.scope, binding.value, depth + 1)

    def _given(
        self, caller: Module, scope: Scope, call: ast.Call, owner: Scope, name: str, default: Values, depth: int
    ) -> Values:
        """What one call passes for a parameter."""
        passed = argument(call, name, place_of(owner, name))
        return self.passed(caller, scope, call, name, passed, default, depth)

    def passed(
        self,
        caller: Module,
        scope: Scope,
        call: ast.Call,
        name: str,
        passed: ast.expr | Missing | None,
        default: Values | None,
        depth: int,
    ) -> Values:
        """What a call passes for a name: ``passed`` is what :func:`argument` has found, ``default`` what holds where it
        passes nothing.
        """
        if isinstance(passed, ast.expr):
            return self.evaluate(caller, scope, passed, depth + 1)
        if passed is MISSING and default is not None:
            return default
        for keyword in call.keywords:  # **options
            if keyword.arg is None:
                inside = self.looked_up(caller, scope, keyword.value, (Value(name),), depth)
                if any(value.known for value in inside):
                    return inside
        return (*perhaps(default or ()), UNKNOWN)

    def home_of(self, owner: Scope, call: ast.Call) -> Module | None:
        """The module in which a reached call of a class or function stands."""
        calls = (self._callers or {}).get(owner, ())
        return next((home for home, reached in calls if reached.node is call), None)

    def spelled(self, name: str) -> str | None:
        """The environment variable of a name in any case; ``None`` when none is set."""
        return self._spelled.get(name.lower())

    def from_environment(self, variable: str, default: Values, depth: int) -> Values:
        """What an environment variable holds when the code reads it, else the default."""
        own = list(self.names.assigned_variables(variable, is_set=variable in self._environment))
        if own and variable not in self._setting:
            self._setting.add(variable)
            try:
                found = list(self.from_environment(variable, default, depth + 1))
                if variable not in self._environment and not any(value.known and value.constant for value in found):
                    found = []  # nobody reads it before the code sets it
                for module, scope, node in own:
                    found += self.evaluate(module, scope, node, depth + 1)
            finally:
                self._setting.discard(variable)
            same = len({(value.known, value.text) for value in found}) == 1
            return bounded(value._replace(variable=variable, certain=value.certain and same) for value in found)
        if variable in self._environment:
            value = self._environment[variable]
            known = value is not None
            return (Value(value, known=known, variable=variable, set_by_environment=True),)
        return tuple(value._replace(variable=value.variable or variable) for value in default)

    def _text(self, module: Module, scope: Scope, parts: list[ast.expr], depth: int) -> Values:
        return joined([self.evaluate(module, scope, part, depth + 1) for part in parts])

    def _operation(self, module: Module, scope: Scope, node: ast.BinOp, depth: int) -> Values:
        if not isinstance(node.op, (ast.Add, ast.Div, ast.Mod)):
            return (UNKNOWN,)
        left = self.evaluate(module, scope, node.left, depth + 1)
        if isinstance(node.op, ast.Mod):
            parts = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return percent(left, [self.evaluate(module, scope, part, depth + 1) for part in parts])
        right = self.evaluate(module, scope, node.right, depth + 1)
        if isinstance(node.op, ast.Add):
            return joined([left, right])
        if len(left) == 1 and isinstance(left[0].thing, Place):
            return tuple(left[0].thing.below(value.text) for value in right)
        if any(value.path for value in left):
            return tuple(value._replace(path=True) for value in joined([left, right], "/"))
        return (UNKNOWN,)

    def _choice(self, module: Module, scope: Scope, node: ast.BoolOp, depth: int) -> Values:
        found: list[Value] = []
        variable: str | None = None
        for number, part in enumerate(node.values):
            last = number == len(node.values) - 1
            decided = []
            for value in self.evaluate(module, scope, part, depth + 1):
                taken = None if value.truth is None else value.truth is isinstance(node.op, ast.Or)
                decided.append(taken is True)
                variable = variable or value.variable
                if last or taken is True:
                    found.append(value._replace(variable=value.variable or variable))
                elif taken is None:
                    found.append(value)
            if all(decided):
                break
        return tuple(found) if len(found) == 1 else alternatives(found) or (UNKNOWN,)

    def _item(self, module: Module, scope: Scope, node: ast.Subscript, depth: int) -> Values:
        if External("os.environ") in self.names.targets(module, scope, node.value):
            return self.variable(module, scope, node.slice, (UNKNOWN,), depth)
        keys = self.evaluate(module, scope, node.slice, depth + 1)
        return self.looked_up(module, scope, node.value, keys, depth)

    def looked_up(self, module: Module, scope: Scope, container: ast.expr, keys: Values, depth: int) -> Values:
        """An entry of a dict, a list, or data that was read from a file."""
        return looked_up(self, module, scope, container, keys, depth)

    def elements(self, module: Module, scope: Scope, node: ast.expr, depth: int = 0, part: int | None = None) -> Values:
        """The values that a loop over an expression runs through; ``part`` is which part of each is meant."""
        self._begin(depth)
        return (UNKNOWN,) if depth > _MAX_DEPTH else elements(self, module, scope, node, depth, part)

    def variable(self, module: Module, scope: Scope, name: ast.expr, default: Values, depth: int) -> Values:
        """The environment variable that ``name`` evaluates to."""
        known = self.evaluate(module, scope, name, depth + 1)
        if len(known) != 1 or known[0].text is None:
            return (UNKNOWN,)
        return self.from_environment(known[0].text, default, depth)

    def _call(self, module: Module, scope: Scope, node: ast.Call, depth: int) -> Values:
        return call_value(self, module, scope, node, depth)

    def truth(self, module: Module, scope: Scope, node: ast.expr, depth: int = 0) -> bool | None:
        """Whether a condition holds when the container starts; ``None`` when that is not known."""
        self._begin(depth)
        return None if depth > _MAX_DEPTH else truth(self, module, scope, node, depth)
