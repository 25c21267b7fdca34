"""What HCL expressions come to, as far as their text alone tells.

Values are Python's: texts, numbers, truth values, ``None``, lists and dictionaries, and :data:`UNKNOWN` for all that
only the environment, the clock or a function that is not known here could tell. Work is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from prebake.project.contexts.hclfunctions import FUNCTIONS
from prebake.syntax.hcl_nodes import (
    Call,
    Choice,
    Expression,
    For,
    Item,
    ListOf,
    Literal,
    Name,
    ObjectOf,
    Operation,
    Template,
)

_MOST_STEPS = 50_000
_MOST_TEXT = 10_000
_MOST_ITEMS = 2_000
_MAX_DEPTH = 100


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that cannot be told."""

Value = Any
Lookup = Callable[[str], Value]
Caller = Callable[[str, list[Value]], Value]


class Budget:
    """How much may still be worked out for one file; ``depth`` is how many expressions are being worked out."""

    def __init__(self) -> None:
        self._left = _MOST_STEPS
        self.depth = 0

    def spend(self) -> bool:
        """Take one step; False when there is none left, or when it would lead too deep."""
        self._left -= 1
        return self._left >= 0 and self.depth < _MAX_DEPTH


def evaluate(expression: Expression, lookup: Lookup, call: Caller, budget: Budget) -> Value:
    """The value of an expression.

    ``lookup`` gives the value of a variable, ``call`` that of a function that is none of HCL's own; both may give
    :data:`UNKNOWN`. Never raises.
    """
    return _Evaluator(lookup, call, budget).value(expression)


def is_known(value: Value) -> bool:
    """Whether a value, and all that is in it, is known."""
    if isinstance(value, list):
        return all(map(is_known, value))
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return value is not UNKNOWN


def as_text(value: Value) -> str | None:
    """A value as HCL writes it into a text; ``None`` for what has no such form or is not known."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, (str, int, float)) else None


class _Evaluator:
    def __init__(self, lookup: Lookup, call: Caller, budget: Budget) -> None:
        self._lookup = lookup
        self._call = call
        self._budget = budget

    def value(self, expression: Expression) -> Value:
        if isinstance(expression, Literal):
            return expression.value
        if not self._budget.spend():
            return UNKNOWN
        self._budget.depth += 1
        value = self._value(expression)
        self._budget.depth -= 1
        return value

    def _value(self, expression: Expression) -> Value:
        if isinstance(expression, Name):
            return self._lookup(expression.name)
        if isinstance(expression, Template):
            return self._template(expression)
        if isinstance(expression, ListOf):
            return [self.value(item) for item in expression.items]
        if isinstance(expression, ObjectOf):
            return self._object(expression)
        if isinstance(expression, Item):
            return _item(self.value(expression.base), self.value(expression.key))
        if isinstance(expression, Choice):
            condition = _truth(self.value(expression.condition))
            return UNKNOWN if condition is None else self.value(expression.yes if condition else expression.no)
        if isinstance(expression, Operation):
            return self._operation(expression)
        if isinstance(expression, Call):
            return self._function(expression)
        if isinstance(expression, For):
            return self._for(expression)
        return UNKNOWN

    def _template(self, expression: Template) -> Value:
        texts = [part if isinstance(part, str) else as_text(self.value(part)) for part in expression.parts]
        known = [text for text in texts if text is not None]
        return _bounded("".join(known)) if len(known) == len(texts) else UNKNOWN

    def _object(self, expression: ObjectOf) -> Value:
        found: dict[str, Value] = {}
        for key, value in expression.pairs:
            name = as_text(self.value(key))
            if name is None:
                return UNKNOWN
            found[name] = self.value(value)
        return found

    def _operation(self, expression: Operation) -> Value:
        operands = [self.value(operand) for operand in expression.operands]
        operator = expression.operator
        if operator in ("&&", "||"):
            truths = [_truth(operand) for operand in operands]
            decisive = operator == "||"
            if decisive in truths:
                return decisive
            return UNKNOWN if None in truths else not decisive
        if not all(map(is_known, operands)):
            return UNKNOWN
        if operator == "!":
            truth = _truth(operands[0])
            return UNKNOWN if truth is None else not truth
        if operator in ("==", "!="):
            same = _same(*operands)
            return same if operator == "==" else not same
        return _arithmetic(operator, operands)

    def _function(self, expression: Call) -> Value:
        arguments = [self.value(argument) for argument in expression.arguments]
        if expression.spread:
            last = arguments.pop() if arguments else UNKNOWN
            if not isinstance(last, list):
                return UNKNOWN
            arguments += last
        function = FUNCTIONS.get(expression.name)
        if function is None:
            return self._call(expression.name, arguments)
        if not all(map(is_known, arguments)):
            return UNKNOWN
        try:
            return _bounded(function(*arguments))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return UNKNOWN

    def _for(self, expression: For) -> Value:
        collection = self.value(expression.collection)
        if isinstance(collection, dict):
            pairs = [(key, collection[key]) for key in sorted(collection)]
        elif isinstance(collection, list):
            pairs = list(enumerate(collection))
        else:
            return UNKNOWN
        values: list[Value] = []
        table: dict[str, Value] = {}
        for pair in pairs[:_MOST_ITEMS]:
            bound: Mapping[str, Value] = dict(zip(expression.names, pair[2 - len(expression.names) :], strict=True))
            inner = _Evaluator(_scope(bound, self._lookup), self._call, self._budget)
            if expression.condition is not None:
                wanted = _truth(inner.value(expression.condition))
                if wanted is None:
                    return UNKNOWN
                if not wanted:
                    continue
            value = inner.value(expression.value)
            if expression.key is None:
                values.append(value)
                continue
            key = as_text(inner.value(expression.key))
            if key is None:
                return UNKNOWN
            table[key] = [*table.get(key, []), value] if expression.grouped else value
        return values if expression.key is None else table


def _scope(bound: Mapping[str, Value], outer: Lookup) -> Lookup:
    return lambda name: bound[name] if name in bound else outer(name)


def _bounded(value: Value) -> Value:
    too_long = isinstance(value, str) and len(value) > _MOST_TEXT
    too_many = isinstance(value, (list, dict)) and len(value) > _MOST_ITEMS
    return UNKNOWN if too_long or too_many else value


def _truth(value: Value) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def _item(base: Value, key: Value) -> Value:
    if isinstance(base, dict) and isinstance(key, (str, int)):
        return base.get(str(key), UNKNOWN)
    if isinstance(base, list) and isinstance(key, int) and 0 <= key < len(base):
        return base[key]
    return UNKNOWN


def _same(left: Value, right: Value) -> bool:
    """HCL's equality: values of two kinds are never the same, numbers are one kind."""
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (left, right)]
    return (all(numbers) or type(left) is type(right)) and bool(left == right)


def _arithmetic(operator: str, operands: list[Value]) -> Value:
    try:
        numbers = [float(value) if isinstance(value, str) else value for value in operands]
        if operator == "-" and len(numbers) == 1:
            return -numbers[0]
        left, right = numbers
        if operator in ("<", ">", "<=", ">="):
            return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
        if operator == "/":
            return left / right
        return {"+": left + right, "-": left - right, "*": left * right, "%": left % right if right else UNKNOWN}[
            operator
        ]
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return UNKNOWN
