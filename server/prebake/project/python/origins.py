"""Where a value comes from that is not known before a container runs, in words that go behind "it comes from"."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from prebake.project.python.modules import Module
from prebake.project.python.names import Code, External
from prebake.project.python.scopes import FUNCTIONS, Scope

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

COMMAND_LINE = "the command line"
REQUEST = "a request"
_NAMES = {
    "sys.argv": COMMAND_LINE,
    "flask.request": REQUEST,
    "quart.request": REQUEST,
    "bottle.request": REQUEST,
    "input": "what somebody types in",
    "streamlit": "what somebody enters in the page",
    "requests": "an answer over the network",
    "httpx": "an answer over the network",
    "urllib": "an answer over the network",
    "fastapi.Body": REQUEST,
    "fastapi.Query": REQUEST,
    "fastapi.Form": REQUEST,
    "fastapi.Header": REQUEST,
    "fastapi.Path": REQUEST,
    "fastapi.Cookie": REQUEST,
}
_ROUTES = frozenset(
    ("get", "post", "put", "patch", "delete", "route", "api_route", "websocket", "head", "api", "endpoint", "predict")
)
_ASKED = frozenset(("request", "req", "event", "job", "payload", "body", "query", "websocket"))


def origin_of_name(name: str) -> str | None:
    """Where something of a library comes from, by its dotted name; ``None`` where that says nothing."""
    while name:
        if name in _NAMES:
            return _NAMES[name]
        name = name.rpartition(".")[0] if "." in name else ""
        name = name.removesuffix("()")
    return None


def origin_of_parameter(evaluator: Evaluator, module: Module, function: Scope, name: str) -> str | None:
    """Where a parameter comes from of a function that no code of the project calls."""
    node = function.node
    if not isinstance(node, FUNCTIONS) or function.parent is None:
        return None
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(called, ast.Attribute) or called.attr not in _ROUTES:
            continue
        targets = evaluator.names.followed(evaluator.names.targets(module, function.parent, called))
        if any(isinstance(target, External) for target in targets):
            return REQUEST
    if name.lower() in _ASKED or _is_handed_over(evaluator, module, function):
        return REQUEST
    return None


def _is_handed_over(evaluator: Evaluator, module: Module, function: Scope) -> bool:
    """Whether the function is what ``runpod.serverless.start`` calls for each job."""
    for home, call in evaluator.names.calls_of("start"):
        if home is not module:
            continue
        for value in (value for item in call.node.args if isinstance(item, ast.Dict) for value in item.values):
            found = evaluator.names.targets(module, call.scope, value)
            if any(isinstance(target, Code) and target.scope is function for target in found):
                return True
    return False
