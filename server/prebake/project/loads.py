"""The model downloads among the calls of a program that run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from prebake.project.catalogue import Entry, entry_for, is_hub_id, may_download
from prebake.project.python.modules import Module
from prebake.project.python.names import External
from prebake.project.python.parse import span_of
from prebake.project.python.reach import Reached
from prebake.project.python.scopes import Call, Guard, dotted
from prebake.project.python.values import MISSING, Value, argument, chosen
from prebake.records import NamedTuple
from prebake.text import Span

CODE = "<code>"
"""The path of calls in the text of ``python -c``."""

_FILE_ENDINGS = (".bin", ".pt", ".pth", ".onnx", ".gguf", ".ckpt", ".safetensors", ".tar.gz", ".zip", ".h5")
# First folders of relative paths that look like an id: nobody publishes under these names.
_FOLDERS = frozenset(
    {
        "model",
        "models",
        "checkpoint",
        "checkpoints",
        "ckpt",
        "weights",
        "data",
        "assets",
        "out",
        "output",
        "outputs",
        "saved",
        "saved_model",
        "saved_models",
        "artifacts",
        "artefacts",
        "results",
        "runs",
        "resources",
        "pretrained",
        "pretrained_models",
        "cache",
        "tmp",
        "src",
        "app",
        "static",
        "storage",
        "local",
    }
)
_PATH_WORDS = ("path", "dir", "directory", "folder", "file", "checkpoint", "ckpt", "local", "output")
_EXISTENCE = frozenset(("os.path.exists", "os.path.isdir", "os.path.isfile", "os.path.lexists", "os.listdir"))
_LOGINS = frozenset(("huggingface_hub.login", "huggingface_hub.interpreter_login", "huggingface_hub.notebook_login"))


class Load(NamedTuple):
    """A call that downloads a model when it runs.

    ``model`` is the repository's id, ``None`` when it has no static value; ``valid`` whether the hub would take it.
    ``written`` is the text that the call passes: where a file or folder of that name stands, the library takes that.
    ``variable`` is the environment variable that decides it, ``from_environment`` whether that is set in the image or
    by compose. ``source`` says where an unknown id comes from. ``certain``: it is fetched whenever the call runs, not
    one of several alternatives. ``kind`` is ``weights``, ``tokenizer`` or ``config``.

    ``revision``, ``cache`` and ``target`` are what the call passes: ``None`` for nothing, a :class:`Value` that may be
    unknown otherwise. ``files``: the only files it fetches; ``include`` and ``exclude`` its filters, ``filtered``
    whether there are any, known or not. ``alternatives`` are the paths that are tried first, ``None`` for an unknown
    one.
    """

    entry: Entry
    name: str
    model: str | None
    written: str | None
    valid: bool
    path: str
    span: Span
    kind: str = "weights"
    variable: str | None = None
    from_environment: bool = False
    certain: bool = True
    revision: Value | None = None
    repository: str = "model"
    token: bool = False
    cache: Value | None = None
    target: Value | None = None
    files: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    filtered: bool = False
    alternatives: tuple[str | None, ...] = ()
    source: str | None = None

    @property
    def call(self) -> str:
        """The call in short: the class or function, and its method."""
        parts = self.name.split(".")
        return ".".join(parts[-2:] if parts[-1].startswith("from_") else parts[-1:])

    @property
    def in_file(self) -> bool:
        """Whether it stands in a file of the project."""
        return self.path != CODE

    @property
    def library(self) -> str:
        """The library as messages name it."""
        return self.entry.library


def find_loads(reached: Reached) -> tuple[Load, ...]:
    """The downloads of a program, in the order of files and lines.

    An id may turn out to be a folder where the program runs; see :attr:`Load.written`.
    """
    finder = _Finder(reached)
    found = {load: None for module, call in reached.calls for load in finder.loads(module, call)}
    return tuple(sorted(found, key=lambda load: (load.path, load.span.start, load.model or "")))


class _Finder:
    def __init__(self, reached: Reached) -> None:
        self._names = reached.names
        self._evaluator = reached.evaluator
        self._token = any(self._logs_in(module, call) for module, call in reached.calls)

    def _logs_in(self, module: Module, call: Call) -> bool:
        chain = dotted(call.node.func)
        return (
            chain is not None
            and chain[-1].endswith("login")
            and any(name in _LOGINS for name in self._called(module, call))
        )

    def _called(self, module: Module, call: Call) -> Iterator[str]:
        for target in self._names.followed(self._names.targets(module, call.scope, call.node.func)):
            if isinstance(target, External):
                yield target.name

    def loads(self, module: Module, call: Call) -> Iterator[Load]:
        """The downloads that one call makes."""
        chain = dotted(call.node.func)
        if chain is not None and len(chain) > 1 and not may_download(chain[-1]):
            return
        for name in self._called(module, call):
            entry = entry_for(name)
            if entry is None or self._evaluator.runs(module, call.scope, call.guards) is False:
                continue
            if any(self._is_true(module, call, option) for option in entry.offline):
                continue
            for value in self._models(module, call, entry):
                load = self._load(module, call, entry, name, value)
                if load is not None:
                    yield load

    def _models(self, module: Module, call: Call, entry: Entry) -> Iterable[Value]:
        parameter, position = entry.model
        passed = argument(call.node, parameter, position)
        if isinstance(passed, ast.expr):
            values = self._evaluator.evaluate(module, call.scope, passed)
            hint = (dotted(passed) or ("",))[-1].lower()
            is_path = any(word in hint.split("_") for word in _PATH_WORDS)
            return [value for value in chosen(values) if not (is_path and value.text is None)]
        if passed is MISSING:
            if entry.default is not None:
                return (Value(entry.default),)
            return () if entry.optional else (Value(known=False),)
        return (Value(known=False),)

    def _load(self, module: Module, call: Call, entry: Entry, name: str, value: Value) -> Load | None:
        if value.path or value.made or (value.known and value.text is None and value.variable is None):
            return None
        model, valid = None, False
        if value.text is not None:
            if _is_path(value.text):
                return None
            model = entry.repository_of(name, value.text)
            valid = is_hub_id(model)
        include, exclude, filtered = self._filters(module, call, entry)
        return Load(
            entry,
            name,
            model,
            value.text,
            valid,
            module.path,
            span_of(module.text, call.node),
            kind=entry.kind_of(name),
            variable=value.variable,
            from_environment=value.set_by_environment,
            certain=value.certain,
            revision=self._passed(module, call, entry.revision),
            repository=self._text(module, call, entry.repository) or "model",
            token=self._token or any(self._passed(module, call, parameter) is not None for parameter in entry.token),
            cache=self._first(module, call, entry.cache),
            target=self._first(module, call, entry.target),
            files=self._files(module, call, entry),
            include=include,
            exclude=exclude,
            filtered=filtered,
            alternatives=tuple(self._alternatives(module, call)),
            source=value.source,
        )

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
        elif node.args and any(entry_for(name) is not None for name in names):
            for value in self._evaluator.evaluate(module, call.scope, node.args[0]):
                if value.path or (value.text is not None and _is_path(value.text)):
                    yield value.text


def _is_path(text: str) -> bool:
    """Whether a text given for a model is surely a path, and no id of the hub."""
    if not text or text.startswith(("/", "./", "../", "~", "\\")) or text in (".", "..") or text[1:3] == ":\\":
        return True
    if text.count("/") > 1 or text.lower().endswith(_FILE_ENDINGS):
        return True
    first, slash, _ = text.partition("/")
    return bool(slash) and first.lower() in _FOLDERS
