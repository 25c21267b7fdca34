"""A download of a model that a program or a shell makes when it runs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prebake.files import join
from prebake.project.models.catalogue import Entry
from prebake.project.python.values import Value
from prebake.records import NamedTuple
from prebake.regex import regex
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


_SCHEME = regex(r"[a-z][a-z0-9]+:/")


class Load(NamedTuple):
    """A call that downloads a model when it runs.

    ``model`` is the repository's id, ``None`` when it has no static value; ``valid`` whether the hub would take it.
    ``written`` is the text that the call passes: where a file or folder of that name stands, the library takes that.
    ``variable`` is the environment variable that decides it, ``from_environment`` whether that is set in the image or
    by compose. ``source`` says where an unknown id comes from. ``certain``: it is fetched whenever the call runs, not
    one of several alternatives. ``kind`` is ``weights``, ``tokenizer``, ``config``, ``dataset`` or ``package``.

    ``revision``, ``cache`` and ``target`` are what the call passes: ``None`` for nothing, a :class:`Value` that may be
    unknown otherwise. ``files``: the only files it fetches; ``include`` and ``exclude`` its filters, ``filtered``
    whether there are any, known or not. ``alternatives`` are the paths that are tried first, ``None`` for an unknown
    one. ``passed`` are the other arguments that decide what is downloaded, as Python writes them, ``None`` for an
    unknown one. ``assumed``: the id is the default of the release that the catalogue knows.

    ``words`` is the command line of a download that a shell makes, empty for calls of Python.
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
    passed: tuple[tuple[str, str | None], ...] = ()
    assumed: bool = False
    words: tuple[str, ...] = ()
    source: str | None = None

    @property
    def call(self) -> str:
        """The call in short: the class, with its method, or the function with its module, which may be any ``load``;
        the command of a shell.
        """
        if self.words:
            return self.name
        parts = self.name.split(".")
        return ".".join(parts[-2:] if parts[-1][:1].islower() else parts[-1:])

    @property
    def in_file(self) -> bool:
        """Whether it stands in a file of the project."""
        return self.path != CODE

    @property
    def library(self) -> str:
        """The library as messages name it."""
        return self.entry.library

    def statements(self, folder: str | None = None) -> str | None:
        """Python statements that download it at build time, to ``folder`` where they have to be told; ``None`` where
        there are none that are sure to be right.
        """
        template = self.entry.build
        if template is None or self.model is None or not self.valid or self.assumed or self.words:
            return None
        passed = dict(self.passed)
        if self.entry.places is not None and folder is not None:
            passed.setdefault(self.entry.places, f"'{folder}'")
        if None in passed.values():
            return None
        arguments = "".join(f", {name}={text}" for name, text in passed.items())
        owner, _, name = self.name.rpartition(".")
        parts = {"{args}": arguments, "{name}": name, "{owner}": owner.rpartition(".")[2], "{model}": f"'{self.model}'"}
        return re.sub(r"\{\w+\}", lambda found: parts[found[0]], template)

    def folder(self, environment: Mapping[str, str | None], home: str, directory: str) -> str | None:
        """The folder (or file) of the image that it reads; ``None`` when it is not known, or the hub's cache.

        ``home`` is the home folder of the user who runs the code, ``directory`` the working directory. Some libraries
        take ``~`` for the home folder, others for a name like any other: such a folder is not known.
        """
        own = self.target or self.cache
        if own is not None and own.text is not None:
            return None if own.text.startswith("~") else join(directory, own.text)
        return self.entry.folder(environment, home, directory, self.model or "")


def is_path(text: str, entry: Entry | None = None) -> bool:
    """Whether a text given for a model is surely a path, and no id of the hub, or of what else ``entry`` downloads."""
    if not text or text.startswith(("/", "./", "../", "~", "\\")) or text in (".", "..") or text[1:3] == ":\\":
        return True
    if entry is not None and entry.grammar == "url":
        return not _SCHEME.match(text)
    if entry is not None and _SCHEME.match(text):
        return False
    if (text.count("/") > 1 and (entry is None or entry.grammar == "hub")) or text.lower().endswith(_FILE_ENDINGS):
        return True
    first, slash, _ = text.partition("/")
    return bool(slash) and first.lower() in _FOLDERS
