"""The model downloads among the calls of a program that run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from prebake.project.models.catalogue import Entry, entries_for
from prebake.project.models.load import CODE, Load, is_path
from prebake.project.models.shellloads import shell_loads
from prebake.project.python.modules import Module
from prebake.project.python.names import External
from prebake.project.python.parse import span_of
from prebake.project.python.reach import Reached
from prebake.project.python.scopes import Call, Guard, dotted
from prebake.project.python.values import MISSING, Value, argument, chosen
from prebake.regex import regex
from prebake.syntax.fragment import Fragment
from prebake.syntax.shell import split

__all__ = ["CODE", "Load", "find_loads"]

_PATH_WORDS = ("path", "dir", "directory", "folder", "file", "checkpoint", "ckpt", "local", "output")
PLAIN = regex(r"[A-Za-z0-9./~_][\w .:/@+*-]{0,200}\Z", re.ASCII)
"""Texts that are put into the statements of a build: no quote, no backslash, nothing that ends them."""
_EXISTENCE = frozenset(("os.path.exists", "os.path.isdir", "os.path.isfile", "os.path.lexists", "os.listdir"))
# Calls that run a command: given as a text or as the list of its words.
_RUNNERS = frozenset(
    (
        "os.system",
        "os.popen",
        *(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen", "getoutput")),
    )
)
_LOGINS = frozenset(("huggingface_hub.login", "huggingface_hub.interpreter_login", "huggingface_hub.notebook_login"))


def find_loads(reached: Reached) -> tuple[Load, ...]:
    """The downloads of a program, in the order of files and lines.

    An id may turn out to be a folder where the program runs; see :attr:`Load.written`.
    """
    calls = [
        (module, call, names)
        for module, trace in reached.visits
        for call, names in trace.outside
        if _matters(names[0]) or (len(names) > 1 and any(map(_matters, names)))
    ]
    finder = _Finder(reached, any(name in _LOGINS for _, _, names in calls for name in names))
    made = [(call, load) for module, call, _ in calls for load in finder.loads(module, call)]
    found = dict.fromkeys(_told_apart(made))
    return tuple(sorted(found, key=lambda load: (load.path, load.span.start, load.model or "")))


def _told_apart(made: Sequence[tuple[Call, Load]]) -> Iterator[Load]:
    """The loads; of those in branches of which one runs, and that load different models, none is sure to."""
    branches: dict[int, dict[tuple[bool, int], set[tuple[str, str]]]] = {}
    for call, load in made:
        if load.model is not None:
            for decision, branch in _decisions(call):
                branches.setdefault(decision, {}).setdefault(branch, set()).add((load.library, load.model))
    for call, load in made:
        mine = (load.library, load.model)
        for decision, branch in _decisions(call):
            others = [models for other, models in branches.get(decision, {}).items() if other != branch]
            if any(mine not in models for models in others):
                yield load._replace(certain=False)
                break
        else:
            yield load


def _decisions(call: Call) -> Iterator[tuple[int, tuple[bool, int]]]:
    """The decisions that a call depends on, and the branch of each that it stands in."""
    for guard in call.guards:
        if guard.choice is not None:
            yield id(guard.choice), (True, guard.branch)
        elif guard.test is not None:
            yield id(guard.test), (guard.kind == "if", 0)


@lru_cache(maxsize=65_536)
def _matters(name: str) -> bool:
    """Whether a call of a library's function counts at all; asked for each call of a program."""
    return name in _LOGINS or name in _RUNNERS or bool(entries_for(name))


class _Finder:
    def __init__(self, reached: Reached, logs_in: bool) -> None:
        self._names = reached.names
        self._evaluator = reached.evaluator
        self._reached = reached
        self._token = logs_in

    @cached_property
    def _keywords(self) -> frozenset[str | None]:
        """The keywords that any reached call passes."""
        return frozenset(keyword.arg for _, call in self._reached.calls for keyword in call.node.keywords)

    def _names_any(self, variables: tuple[str, ...]) -> bool:
        """Whether some reached module has the name of a variable in it."""
        return any(name in module.text.content for module in self._reached.modules for name in variables)

    def _called(self, module: Module, call: Call) -> Iterator[str]:
        for target in self._names.followed(self._names.targets(module, call.scope, call.node.func)):
            if isinstance(target, External):
                yield target.name

    def loads(self, module: Module, call: Call) -> Iterator[Load]:
        """The downloads that one call makes."""
        for name in self._called(module, call):
            if name in _RUNNERS:
                yield from self._commands(module, call)
                continue
            found = entries_for(name)
            if not found or self._evaluator.runs(module, call.scope, call.guards) is False:
                continue
            for entry in found:
                if entry.evidence and not entry.evidence & self._keywords:
                    continue
                wanted = self._wanted(module, call, entry)
                if wanted is False:
                    continue
                for value in self._models(module, call, entry, name):
                    load = self._load(module, call, entry, name, value)
                    if load is not None:
                        yield load if wanted else load._replace(certain=False)

    def _commands(self, module: Module, call: Call) -> Iterator[Load]:
        """The downloads of the command that a call runs."""
        node = call.node.args[0] if call.node.args else None
        if node is None or self._evaluator.runs(module, call.scope, call.guards) is False:
            return
        lines: list[tuple[str, ...]] = []
        if isinstance(node, (ast.List, ast.Tuple)):
            parts = [self._evaluator.evaluate(module, call.scope, part) for part in node.elts]
            texts = [values[0].text if len(values) == 1 else None for values in parts]
            lines.append(tuple("\0" if text is None else text for text in texts))
        else:
            values = self._evaluator.evaluate(module, call.scope, node)
            text = values[0].text if len(values) == 1 else None
            for command in split(Fragment.whole(text)).commands if text is not None else ():
                lines.append(tuple("\0" if word.value is None else word.value for word in command.words))
        for words in lines:
            # `python -m spacy download` is the same as `spacy download`; sys.executable is not known.
            rest = words[2:] if len(words) > 2 and words[1] == "-m" else words
            for load in shell_loads(rest, {}, module.path, span_of(module.text, call.node)):
                yield load._replace(alternatives=tuple(self._alternatives(module, call)))

    def _wanted(self, module: Module, call: Call, entry: Entry) -> bool | None:
        """Whether the arguments besides the id let the call download; ``None`` when that is not known."""
        if any(self._is_true(module, call, option) for option in entry.offline):
            return False
        if any(self._given(module, call, (option, None)) is not False for option in entry.local):
            return False
        if any(self._says(module, call, (option, None), (value,)) for option, value in entry.quiet.items()):
            return False
        positions = dict((*entry.needs, *entry.refusals))
        for name, values in entry.accepts.items():
            option = (name, positions.get(name))
            if self._given(module, call, option) is not False and not self._says(module, call, option, values):
                return False
        answers = [self._given(module, call, option) for option in entry.needs]
        answers = [True if True in answers else None if None in answers else False] if answers else []
        answers += [
            self._given(module, call, option)
            for option in entry.refusals
            if argument(call.node, *option) is not MISSING
        ]
        return False if False in answers else None if None in answers else True

    def _says(self, module: Module, call: Call, option: tuple[str, int | None], texts: Sequence[str]) -> bool:
        """Whether an argument is one of some texts."""
        node = argument(call.node, *option)
        return isinstance(node, ast.expr) and any(
            value.text in texts for value in self._evaluator.evaluate(module, call.scope, node)
        )

    def _given(self, module: Module, call: Call, option: tuple[str, int | None]) -> bool | None:
        """Whether an argument is passed and neither None nor False; ``None`` when that is not known."""
        node = argument(call.node, *option)
        if not isinstance(node, ast.expr):
            return False if node is MISSING else None
        values = self._evaluator.evaluate(module, call.scope, node)
        if all(value.known for value in values):
            answers = {value.constant not in (None, False) for value in values}
            return answers.pop() if len(answers) == 1 else None
        return True if dotted(node) is not None and self._externals(module, call, node) else None

    def _externals(self, module: Module, call: Call, node: ast.expr) -> tuple[str, ...]:
        """The objects of libraries that an expression names."""
        targets = self._names.followed(self._names.targets(module, call.scope, node))
        return tuple(target.name for target in targets if isinstance(target, External))

    def _models(self, module: Module, call: Call, entry: Entry, name: str) -> Iterable[Value]:
        if entry.named is not None:
            owner, _, function = name.rpartition(".")
            return (Value(function if entry.named == "function" else owner.rpartition(".")[2]),)
        parameter, position = entry.model
        passed = argument(call.node, parameter, position) if parameter else MISSING
        if isinstance(passed, ast.expr):
            values = self._each(module, call, passed) if entry.many else None
            if values is None:
                values = self._evaluator.evaluate(module, call.scope, passed)
            hint = (dotted(passed) or ("",))[-1].lower()
            is_path = any(word in hint.split("_") for word in _PATH_WORDS)
            return [value for value in chosen(tuple(values)) if value.text is not None or not (is_path or entry.known)]
        if passed is MISSING:
            default = entry.default_of(name)
            if default is not None:
                return (Value(default),)
            return () if entry.optional or entry.known else (Value(known=False),)
        return () if entry.known else (Value(known=False),)

    def _each(self, module: Module, call: Call, node: ast.expr) -> Iterable[Value] | None:
        """The elements of a list; ``None`` for anything else."""
        values = self._evaluator.elements(module, call.scope, node)
        return None if any(value.text is None for value in values) else values

    def _chosen(self, module: Module, call: Call, entry: Entry) -> tuple[str, str | None] | None:
        """The default that another argument chooses."""
        if entry.choice is None or argument(call.node, *entry.model) is not MISSING:
            return None
        node = argument(call.node, *entry.choice)
        values = self._evaluator.evaluate(module, call.scope, node) if isinstance(node, ast.expr) else ()
        text = values[0].text if len(values) == 1 else None
        return None if text is None else entry.chosen(text)

    def _load(self, module: Module, call: Call, entry: Entry, name: str, value: Value) -> Load | None:
        if entry.kind == "tokenizer" and self._names_any(entry.folder_variables):
            return None  # the code moves the folder: to where its own files are, as a rule
        if value.path or value.made or (value.known and value.text is None and value.variable is None):
            return None
        model, valid = None, False
        if value.text is not None:
            if not entry.knows(value.text) or (not entry.known and entry.named is None and is_path(value.text, entry)):
                return None
            model = entry.repository_of(name, value.text)
            valid = entry.allows(model)
        revision = self._passed(module, call, entry.revision)
        chosen = self._chosen(module, call, entry) if model is None else None
        if chosen is not None:
            model, valid = chosen[0], entry.allows(chosen[0])
            revision = revision or (Value(chosen[1]) if chosen[1] else None)
        include, exclude, filtered = self._filters(module, call, entry)
        kind = entry.kind_of(name)
        repository = self._text(module, call, entry.repository) or ("dataset" if kind == "dataset" else "model")
        return Load(
            entry,
            name,
            model,
            value.text,
            valid,
            module.path,
            span_of(module.text, call.node),
            kind="dataset" if repository == "dataset" else kind,
            variable=value.variable,
            from_environment=value.set_by_environment,
            certain=value.certain,
            revision=revision,
            repository=repository,
            token=self._token or any(self._passed(module, call, parameter) is not None for parameter in entry.token),
            cache=self._first(module, call, entry.cache),
            target=self._first(module, call, entry.target),
            files=self._files(module, call, entry),
            include=include,
            exclude=exclude,
            filtered=filtered,
            alternatives=tuple(self._alternatives(module, call)),
            passed=tuple(self._arguments(module, call, entry)),
            assumed=chosen is not None,
            source=value.source,
        )

    def _arguments(self, module: Module, call: Call, entry: Entry) -> Iterator[tuple[str, str | None]]:
        """The arguments besides the id that decide what is downloaded, as Python writes them."""
        for option in entry.passes:
            node = argument(call.node, *option)
            if node is MISSING:
                continue
            yield option[0], self._literal(module, call, node) if isinstance(node, ast.expr) else None

    def _literal(self, module: Module, call: Call, node: ast.expr) -> str | None:
        if isinstance(node, (ast.List, ast.Tuple)):
            parts = [self._literal(module, call, part) for part in node.elts]
            known = [part for part in parts if part is not None]
            return f"[{', '.join(known)}]" if len(known) == len(parts) else None
        values = self._evaluator.evaluate(module, call.scope, node)
        if len(values) == 1 and values[0].known:
            constant = values[0].constant
            if constant is None or isinstance(constant, (bool, int)):
                return repr(constant)
            plain = isinstance(constant, str) and PLAIN.match(constant) is not None and ".." not in constant.split("/")
            return f"'{constant}'" if plain else None
        # A member of an enumeration of the library, which takes its name as well.
        names = self._externals(module, call, node) if dotted(node) is not None else ()
        last = names[0].rpartition(".")[2] if len(names) == 1 else ""
        return f"'{last}'" if last.isidentifier() and last.isascii() and last.isupper() else None

    def _passed(self, module: Module, call: Call, parameter: str | None) -> Value | None:
        """The value of an argument; ``None`` when it is missing, None or False."""
        node = argument(call.node, parameter, None) if parameter else MISSING
        if not isinstance(node, ast.expr):
            return None
        values = self._evaluator.evaluate(module, call.scope, node)
        value = values[0] if len(values) == 1 else Value(known=False)
        return None if value.known and value.constant in (None, False, "") and value.variable is None else value

    def _first(self, module: Module, call: Call, parameters: tuple[str, ...]) -> Value | None:
        return next((found for name in parameters if (found := self._passed(module, call, name)) is not None), None)

    def _text(self, module: Module, call: Call, parameter: str | None) -> str | None:
        value = self._passed(module, call, parameter)
        return None if value is None else value.text

    def _is_true(self, module: Module, call: Call, parameter: str) -> bool:
        node = argument(call.node, parameter, None)
        return isinstance(node, ast.expr) and self._evaluator.truth(module, call.scope, node) is True

    def _files(self, module: Module, call: Call, entry: Entry) -> tuple[str, ...]:
        if entry.files is None:
            return ()
        node = argument(call.node, *entry.files)
        if not isinstance(node, ast.expr):
            return ()
        texts = [value.text for value in self._evaluator.evaluate(module, call.scope, node)]
        folder = argument(call.node, "subfolder", None)
        if isinstance(folder, ast.expr):
            texts = [None]
        known = tuple(text for text in texts if text is not None)
        return known if len(known) == len(texts) else ()

    def _filters(self, module: Module, call: Call, entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        found: list[tuple[str, ...]] = []
        filtered = False
        for parameter in entry.filters:
            node = argument(call.node, parameter, None)
            given = isinstance(node, ast.expr) and not (isinstance(node, ast.Constant) and node.value is None)
            filtered = filtered or given
            found.append(self._patterns(module, call, node) if isinstance(node, ast.expr) and given else ())
        while len(found) < 2:
            found.append(())
        return found[0], found[1], filtered

    def _patterns(self, module: Module, call: Call, node: ast.expr) -> tuple[str, ...]:
        values = self._evaluator.elements(module, call.scope, node)
        if any(value.text is None for value in values):
            values = self._evaluator.evaluate(module, call.scope, node)
        texts = [value.text for value in values]
        return tuple(text for text in texts if text is not None) if None not in texts else ()

    def _alternatives(self, module: Module, call: Call) -> Iterator[str | None]:
        """Paths that the code tries before it comes to this call."""
        for guard in call.guards:
            nodes = guard.body if guard.test is None else (guard.test,)
            for node in (inner for top in nodes for inner in ast.walk(top) if isinstance(inner, ast.Call)):
                yield from self._tried(module, call, guard, node)

    def _tried(self, module: Module, call: Call, guard: Guard, node: ast.Call) -> Iterator[str | None]:
        names = [
            target.name
            for target in self._names.followed(self._names.targets(module, call.scope, node.func))
            if isinstance(target, External)
        ]
        checked: ast.expr | None = None
        if guard.test is not None:
            if any(name in _EXISTENCE for name in names):
                checked = node.args[0] if node.args else None
            elif isinstance(node.func, ast.Attribute) and node.func.attr in ("exists", "is_dir", "is_file"):
                checked = node.func.value
            if checked is not None:
                yield from (value.text for value in self._evaluator.evaluate(module, call.scope, checked))
        else:  # `try: model.load(path)`, whatever loads it
            for passed in (*node.args, *(keyword.value for keyword in node.keywords)):
                for value in self._evaluator.evaluate(module, call.scope, passed):
                    if value.path or (value.text is not None and is_path(value.text)):
                        yield value.text
