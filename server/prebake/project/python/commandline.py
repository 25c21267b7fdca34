"""What a program takes from its command line: argparse, click and typer, with the words that the image passes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from prebake.project.python.modules import Module
from prebake.project.python.names import Code, Data, External
from prebake.project.python.scopes import FUNCTIONS, Call, Scope
from prebake.project.python.values import MISSING, Thing, Value, Values, alternatives, argument, perhaps, unknown
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

COMMAND_LINE = "the command line"
_UNKNOWN_WORD = "\0"
_VALUED = (None, "store", "append", "extend")
_PATHS = {"pathlib.Path", "pathlib.PurePath"}


class Option(NamedTuple):
    """One option or positional argument, and where it is declared."""

    flags: tuple[str, ...]
    name: str
    valued: bool
    module: Module
    scope: Scope
    node: ast.Call


def from_words(words: Sequence[str], flags: Iterable[str], others: Collection[str] = ()) -> tuple[bool, str | None]:
    """Whether a command line gives an option, and its value: ``None`` where that is not known. ``others`` are the other
    options that there are.
    """
    wanted = tuple(flags)
    given, value = False, None
    for at, word in enumerate(words):
        if word == "--":
            break
        name, equals, text = word.partition("=")
        if name in wanted:
            following = words[at + 1] if at + 1 < len(words) else _UNKNOWN_WORD
            found: str | None = text if equals else following
            bare = not equals and found is not None and found.startswith("-")
            given, value = True, None if bare or _UNKNOWN_WORD in (found or "") else found
        elif name in others:
            continue
        elif any(len(flag) == 2 and flag != "--" and word.startswith(flag) and word[1:2] != "-" for flag in wanted):
            given, value = True, None if _UNKNOWN_WORD in word else word[2:].removeprefix("=")
        elif len(name) > 3 and name.startswith("--") and any(flag.startswith(name) for flag in wanted):
            given, value = True, None  # perhaps an abbreviation of it
        elif word == _UNKNOWN_WORD and not given and not (at and words[at - 1].startswith("-")):
            given, value = True, None  # perhaps it
    return given, value


class Arguments(Thing):
    """What ``parser.parse_args()`` gives."""

    __slots__ = ("_module", "_scope")
    truth = True

    def __init__(self, module: Module, scope: Scope) -> None:
        self._module = module
        self._scope = scope

    def attribute(self, evaluator: Evaluator, name: str, depth: int) -> Values | None:
        """The value of an argument: from the words of the command line, else its default."""
        declared = self._declared(evaluator)
        named = [option for option in declared if option.name == name]
        if not named:
            return unknown(COMMAND_LINE)
        found = [value for option in named for value in self._value(evaluator, option, declared, depth)]
        if self._has_defaults(evaluator, name) or evaluator.names.assigned_elsewhere(name):
            return (*perhaps(found), *unknown(COMMAND_LINE))
        return tuple(found) if len(named) == 1 else alternatives(found)

    def item(self, evaluator: Evaluator, key: Value, depth: int) -> Values | None:
        """``vars(args)["name"]``."""
        return self.attribute(evaluator, key.text, depth) if key.text is not None else None

    def _declared(self, evaluator: Evaluator) -> list[Option]:
        """The arguments of the parser: those that the same function declares, else the same module, else all."""
        found = _options(evaluator)
        here = [option for option in found if option.scope is self._scope]
        beside = [option for option in found if option.module is self._module]
        return here or beside or found

    @staticmethod
    def _has_defaults(evaluator: Evaluator, name: str) -> bool:
        return any(
            keyword.arg in (name, None)
            for _, call in evaluator.names.calls_of("set_defaults")
            for keyword in call.node.keywords
        )

    def _value(self, evaluator: Evaluator, option: Option, declared: list[Option], depth: int) -> Values:
        node = option.node
        words = evaluator.arguments
        if option.flags:
            others = {flag for item in declared for flag in item.flags}
            given, text = from_words(words, option.flags, others)
        else:
            given, text = _positional(words, option, declared)
        many = argument(node, "nargs", None)
        single = many is MISSING or (isinstance(many, ast.Constant) and many.value == "?")
        if given:
            if text is None or not single or not option.valued:
                return unknown(f"{COMMAND_LINE} ({'/'.join(option.flags) or option.name})")
            return _typed(evaluator, option, Value(text))
        return self._default(evaluator, option, depth)

    def _default(self, evaluator: Evaluator, option: Option, depth: int) -> Values:
        node = option.node
        said = f"{COMMAND_LINE} ({'/'.join(option.flags) or option.name})"
        passed = argument(node, "default", None)
        if isinstance(passed, ast.expr):
            found = evaluator.evaluate(option.module, option.scope, passed, depth + 1)
            return _defaults((item for value in found for item in _typed(evaluator, option, value)), said)
        required = argument(node, "required", None)
        needed = not option.flags or (isinstance(required, ast.Constant) and bool(required.value))
        action = _action(node)
        if action in ("store_true", "store_false"):
            return (Value(action == "store_false"),)
        if not needed and passed is MISSING and option.valued:
            return (Value(None),)
        choices = argument(node, "choices", None)
        if isinstance(choices, ast.expr):
            listed = evaluator.elements(option.module, option.scope, choices, depth + 1)
            return (*perhaps(listed), *unknown(said))
        return unknown(said)


def _options(evaluator: Evaluator) -> list[Option]:
    """The arguments that all parsers of the program declare, as far as they have been read."""
    calls = evaluator.names.calls_of("add_argument")
    known, found = evaluator.options
    for module, call in calls[known:]:
        option = _option(module, call)
        if option is not None and _is_parser(evaluator, module, call):
            found.append(option)
    evaluator.options = (len(calls), found)
    return found


def _option(module: Module, call: Call) -> Option | None:
    texts = [item.value for item in call.node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if not texts or len(texts) < len(call.node.args):
        return None
    flags = tuple(text for text in texts if text.startswith("-"))
    long = next((flag for flag in flags if flag.startswith("--")), flags[0] if flags else texts[0])
    name = long.lstrip("-").replace("-", "_") if flags else texts[0]
    destination = argument(call.node, "dest", None)
    if isinstance(destination, ast.Constant) and isinstance(destination.value, str):
        name = destination.value
    return Option(flags, name, _action(call.node) in _VALUED, module, call.scope, call.node)


def _action(node: ast.Call) -> str | None:
    action = argument(node, "action", None)
    if action is MISSING:
        return None
    return action.value if isinstance(action, ast.Constant) and isinstance(action.value, str) else "?"


def _is_parser(evaluator: Evaluator, module: Module, call: Call) -> bool:
    """Whether ``add_argument`` is called on a parser, as far as anyone can see."""
    function = call.node.func
    assert isinstance(function, ast.Attribute)
    targets = evaluator.names.targets(module, call.scope, function.value)
    found = evaluator.names.followed(targets)
    if not found:
        return any(isinstance(target, Data) and target.bindings[0].kind == "param" for target in targets)
    return any(
        (isinstance(target, External) and target.name.startswith(("argparse.", "configargparse.")))
        or not isinstance(target, External)
        for target in found
    )


def _positional(words: Sequence[str], option: Option, declared: list[Option]) -> tuple[bool, str | None]:
    """The value of a positional argument; not known where it is not sure which word that is."""
    valued = {
        flag: item.valued and argument(item.node, "nargs", None) is MISSING for item in declared for flag in item.flags
    }
    plain = {flag for item in declared if _action(item.node) in ("store_true", "store_false") for flag in item.flags}
    places = [item for item in declared if not item.flags]
    if any(argument(item.node, "nargs", None) is not MISSING for item in places):
        return True, None
    found: list[str] = []
    at = 0
    while at < len(words):
        name, equals, _ = words[at].partition("=")
        if words[at] == _UNKNOWN_WORD:
            return True, None
        if name.startswith("-") and len(name) > 1:
            if not equals and name not in plain:
                if not valued.get(name):
                    return True, None
                at += 1
        else:
            found.append(words[at])
        at += 1
    number = places.index(option)
    return (True, found[number]) if number < len(found) else (False, None)


def _defaults(values: Iterable[Value], said: str) -> Values:
    """Defaults of an argument: the texts among them stand until the command line says something else."""
    return tuple(value if value.text is None else value._replace(source=value.source or said) for value in values)


def _typed(evaluator: Evaluator, option: Option, value: Value) -> Values:
    """What the ``type`` of an argument makes of a text."""
    kind = argument(option.node, "type", None)
    if kind is MISSING or not value.known or not isinstance(value.constant, str):
        return (value,)
    if isinstance(kind, ast.Name) and kind.id == "str":
        return (value,)
    if isinstance(kind, ast.expr):
        targets = evaluator.names.targets(option.module, option.scope, kind)
        if any(isinstance(target, External) and target.name in _PATHS for target in targets):
            return (value._replace(path=True),)
    return unknown(COMMAND_LINE)


def option_of_parameter(evaluator: Evaluator, module: Module, function: Scope, name: str, depth: int) -> Values | None:
    """What click, typer or fire pass for a parameter of a function; ``None`` where none of them calls it."""
    if not isinstance(function.node, FUNCTIONS) or function.parent is None:
        return None
    for decorator in function.node.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        kinds = _library_names(evaluator, module, function.parent, decorator.func)
        if any(kind.endswith(("click.option", "click.argument")) for kind in kinds):
            texts = [item.value for item in decorator.args if isinstance(item, ast.Constant)]
            flags = tuple(text for text in texts if isinstance(text, str) and text.startswith("-"))
            if _click_name(texts, flags) == name:
                return _declared(evaluator, module, function.parent, decorator, flags, depth)
    return None


def _click_name(texts: Sequence[object], flags: tuple[str, ...]) -> str:
    named = [text for text in texts if isinstance(text, str) and not text.startswith("-")]
    if named:
        return named[0].lower().replace("-", "_")
    longest = max(flags, key=lambda flag: len(flag) - len(flag.lstrip("-")), default="")
    return longest.partition("/")[0].lstrip("-").replace("-", "_").lower()


def _library_names(evaluator: Evaluator, module: Module, scope: Scope, node: ast.expr) -> list[str]:
    targets = evaluator.names.followed(evaluator.names.targets(module, scope, node))
    return [target.name for target in targets if isinstance(target, External)]


def _declared(
    evaluator: Evaluator,
    module: Module,
    scope: Scope,
    node: ast.Call,
    flags: tuple[str, ...],
    depth: int,
    default: ast.expr | None = None,
) -> Values:
    """The value of an option of click or typer: command line, then its variable, then its default."""
    given, text = from_words(evaluator.arguments, flags) if flags else (False, None)
    said = f"{COMMAND_LINE} ({'/'.join(flags)})" if flags else COMMAND_LINE
    if given:
        return unknown(said) if text is None else (Value(text),)
    passed = default if default is not None else argument(node, "default", None)
    found = unknown(said)
    if isinstance(passed, ast.expr) and not (isinstance(passed, ast.Constant) and passed.value is ...):
        found = _defaults(evaluator.evaluate(module, scope, passed, depth + 1), said)
    for variable in reversed(_texts(argument(node, "envvar", None))):
        found = evaluator.from_environment(variable, found, depth)
    return found


def _texts(node: object) -> list[str]:
    nodes = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [item.value for item in nodes if isinstance(item, ast.Constant) and isinstance(item.value, str)]


_TYPER = ("typer.Option", "typer.Argument")


def typer_parameter(
    evaluator: Evaluator, module: Module, function: Scope, name: str, default: ast.expr | None, depth: int
) -> Values | None:
    """What typer (or fire) passes for a parameter; ``None`` where it does not call the function."""
    node = function.node
    if not isinstance(node, FUNCTIONS) or function.parent is None:
        return None
    outer = function.parent
    declaration = next(
        (
            call
            for call in (default, *_annotated(node, name))
            if isinstance(call, ast.Call)
            and any(kind.endswith(_TYPER) for kind in _library_names(evaluator, module, outer, call.func))
        ),
        None,
    )
    command = declaration is not None or any(
        kind.endswith((".command", ".callback")) and kind.startswith("typer.")
        for decorator in node.decorator_list
        for kind in _library_names(
            evaluator, module, outer, decorator.func if isinstance(decorator, ast.Call) else decorator
        )
    )
    if not command and not _is_run(evaluator, module, function):
        return None
    plain = declaration if declaration is not None else ast.Call(ast.Name("Option", ast.Load()), [], [])
    flags = tuple(text for text in _texts(ast.Tuple(plain.args[:], ast.Load())) if text.startswith("-"))
    flags = flags or tuple(dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}")))
    value = default
    if declaration is not None and declaration is default:
        first = argument(declaration, "default", 0)
        value = first if isinstance(first, ast.expr) else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("--"):
            value = None
    return _declared(evaluator, module, outer, plain, flags, depth, value)


def _annotated(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> list[ast.expr]:
    """What stands in the ``Annotated[...]`` of a parameter."""
    every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    annotation = next((item.annotation for item in every if item.arg == name), None)
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        return list(annotation.slice.elts)
    return []


def _is_run(evaluator: Evaluator, module: Module, function: Scope) -> bool:
    """Whether the module passes the function to ``typer.run`` or ``fire.Fire``."""
    for last in ("run", "Fire", "cli"):
        for home, call in evaluator.names.calls_of(last):
            if home is not module or not call.node.args:
                continue
            kinds = _library_names(evaluator, module, call.scope, call.node.func)
            if not any(kind in ("typer.run", "fire.Fire", "tyro.cli") for kind in kinds):
                continue
            given = evaluator.names.targets(module, call.scope, call.node.args[0])
            if any(isinstance(target, Code) and target.scope is function for target in given):
                return True
    return False
