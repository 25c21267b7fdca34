"""Things in a build context that rules want to know of, recognised while it is walked over."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from prebake.project.measuring import secretnames
from prebake.records import NamedTuple
from prebake.regex import regex

LandmarkKind = Literal[
    "version-control", "virtual-environment", "python-cache", "tool-cache", "package-metadata", "build-output",
    "node-modules", "notebook-checkpoints", "experiment-logs", "editor", "desktop", "secret", "weights", "dataset",
    "archive", "model-cache", "database", "notebook",
]  # fmt: skip

LARGE = 10_000_000
"""Files of at least so many bytes count as weights, datasets or archives by their suffix."""

WEIGHT_SUFFIXES = (
    *(
        ".safetensors",
        ".bin",
        ".pt",
        ".pth",
        ".ckpt",
        ".onnx",
        ".onnx_data",
        ".gguf",
        ".ggml",
        ".h5",
        ".hdf5",
        ".keras",
    ),
    *(".pb", ".tflite", ".pkl", ".pickle", ".joblib", ".npz", ".msgpack", ".caffemodel", ".engine", ".trt", ".mlmodel"),
    *(".pdparams", ".params", ".weights", ".model", ".tar.gz", ".nemo"),
)

DATASET_SUFFIXES = (
    *(".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".tfrecord", ".tfrecords"),
    *(".npy", ".mat", ".lmdb", ".mdb", ".wav", ".flac", ".mp4", ".mkv", ".avi", ".mov"),
)
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst")

# Folders whose name alone says what they are: nobody keeps sources in them.
_FOLDERS: Mapping[str, LandmarkKind] = {
    ".git": "version-control", ".hg": "version-control", ".svn": "version-control",
    "__pycache__": "python-cache",
    ".pytest_cache": "tool-cache", ".mypy_cache": "tool-cache", ".ruff_cache": "tool-cache", ".tox": "tool-cache",
    ".nox": "tool-cache", ".hypothesis": "tool-cache", "htmlcov": "tool-cache", ".eggs": "tool-cache",
    ".ipynb_checkpoints": "notebook-checkpoints",
    ".aim": "experiment-logs", ".neptune": "experiment-logs",
    ".next": "build-output", ".nuxt": "build-output", ".svelte-kit": "build-output", ".angular": "build-output",
    ".turbo": "tool-cache", ".parcel-cache": "tool-cache",
    ".idea": "editor", ".vscode": "editor", ".vs": "editor",
}  # fmt: skip
# Folders that may be somebody's sources as well: what lies in them tells, by a file or a folder of such a name.
_TELLTALES: Mapping[str, tuple[LandmarkKind, re.Pattern[str]]] = {
    "node_modules": ("node-modules", regex(r"\.bin|\.package-lock\.json|\.yarn-integrity|\.modules\.yaml|\.pnpm")),
    "wandb": ("experiment-logs", regex(r"(offline-)?run-.*|.*\.wandb|latest-run|sweep-.*|debug(-internal)?\.log")),
    "mlruns": ("experiment-logs", regex(r"[0-9]+|\.trash|models")),
    "mlartifacts": ("experiment-logs", regex(r"[0-9]+")),
    "lightning_logs": ("experiment-logs", regex(r"version_[0-9]+")),
    "multirun": ("experiment-logs", regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")),
    "catboost_info": ("experiment-logs", regex(r"catboost_training\.json|learn_error\.tsv|learn")),
    "runs": ("experiment-logs", regex(r"detect|segment|classify|pose|obb")),
    "dist": ("build-output", regex(r".*\.(whl|tar\.gz)")),
    "target": ("build-output", regex(r"\.rustc_info\.json")),
    "build": ("build-output", regex(r"bdist\..*|temp\..*|lib\.[a-z].*")),
}
_LOG_FOLDERS = ("runs", "tb_logs", "lightning_logs", "tensorboard", "logs", "tb")
AMBIGUOUS = frozenset((*_TELLTALES, *_LOG_FOLDERS))
"""Names of folders that do not tell what they are."""

_FILES: Mapping[str, LandmarkKind] = {
    ".git": "version-control", ".DS_Store": "desktop", "Thumbs.db": "desktop", ".coverage": "tool-cache",
    **dict.fromkeys(secretnames.NAMES, "secret"),
}  # fmt: skip
_NAMED_SUFFIXES = (*secretnames.SUFFIXES, ".ipynb")
_MOST_BESIDE_SECRETS = 100
"""In a folder with more files, those of JSON are data, and looking at each name takes its time."""
_EVENTS = "events.out.tfevents."
_NAMED_STARTS = (_EVENTS, ".env.")


class Landmark(NamedTuple):
    """One such thing: its kind, its path relative to the context root, whether it is a folder, and all that is in it.

    ``bytes`` and ``files`` are of what was looked at. What lies in a landmark is none of its own.
    """

    kind: LandmarkKind
    path: str
    is_folder: bool
    bytes: int
    files: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)


class Listing(NamedTuple):
    """The files (and links) that lie directly in a folder, with their sizes in bytes."""

    names: Sequence[str]
    sizes: Sequence[int]


Marks = dict[str, tuple[Listing, tuple[Landmark, ...]]]
"""The landmarks among the files of each folder that was shown, with the listing that they were found in."""


class Recognizer:
    """Is shown every folder of a walk, each before those in it, and remembers the landmarks.

    ``marks`` are for the recogniser of the next walk: the same listing is not gone through again.
    """

    def __init__(self, known: Marks | None = None) -> None:
        self.marks: Marks = {}
        self._known = known or {}
        self._folders: dict[str, LandmarkKind] = {}
        self._files: list[Landmark] = []
        self._covered: set[str] = set()

    def look(self, path: str, listing: Listing, folders: Sequence[str]) -> None:
        """Take note of a folder's files and of the names of the folders in it."""
        prefix = f"{path}/" if path else ""
        if path in self._covered:
            self._covered.update(prefix + name for name in folders)
            return
        if "activate" in listing.names and posixpath.basename(path) in ("bin", "Scripts") and "/" in path:
            self._folders[posixpath.dirname(path)] = "virtual-environment"
        kind = _whole_folder(path, listing.names, folders) if path else None
        if kind is not None:
            self._folders[path] = kind
            self._covered.update(prefix + name for name in folders)
            return
        for name in folders:
            kind = _FOLDERS.get(name) or ("package-metadata" if name.endswith((".egg-info", ".dist-info")) else None)
            if name == "node_modules" and "package.json" in listing.names:
                kind = "node-modules"
            if kind is not None:
                self._folders[prefix + name] = kind
                self._covered.add(prefix + name)
        known = self._known.get(path)
        if known is None or known[0] is not listing:
            known = listing, tuple(_among_files(prefix, listing))
        self.marks[path] = known
        self._files.extend(known[1])

    def found(self, listings: Mapping[str, Listing]) -> tuple[Landmark, ...]:
        """The landmarks with their sizes, sorted by path; ``listings`` has every folder after the one it is in."""
        kinds = dict(self._folders)
        for mark in self._files:
            if mark.kind == "experiment-logs":
                kinds[_log_folder(posixpath.dirname(mark.path))] = "experiment-logs"
        kinds.pop("", None)
        owner: dict[str, str] = {}
        totals = {path: [0, 0] for path in kinds}
        for path, listing in listings.items():
            mine = owner.get(posixpath.dirname(path)) if path else None
            if mine is None and path in kinds:
                mine = path
            if mine is not None:
                owner[path] = mine
                totals[mine][0] += sum(listing.sizes)
                totals[mine][1] += len(listing.names)
        folders = [
            Landmark(kind, path, True, *totals[path])
            for path, kind in kinds.items()
            if owner.get(path, path) == path and posixpath.dirname(path) not in owner
        ]
        files = [
            mark for mark in self._files if mark.kind != "experiment-logs" and posixpath.dirname(mark.path) not in owner
        ]
        return tuple(sorted((*folders, *files), key=lambda landmark: landmark.path))


def _among_files(prefix: str, listing: Listing) -> Iterator[Landmark]:
    """What files are; event files of TensorBoard stand for the folder that they are in."""
    private = secretnames.FOLDERS.get(posixpath.basename(prefix[:-1]), ())
    suffixes = _NAMED_SUFFIXES if len(listing.names) > _MOST_BESIDE_SECRETS else (*_NAMED_SUFFIXES, ".json")
    has_large = max(listing.sizes, default=0) >= LARGE
    for name, size in zip(listing.names, listing.sizes, strict=True):
        found = _FILES.get(name)
        if found is None and (name.endswith(suffixes) or name.startswith(_NAMED_STARTS) or name in private):
            found = _named(name, size, name in private)
        if found is None and has_large and size >= LARGE:
            found = _large(name.lower())
        if found is not None:
            yield Landmark(found, prefix + name, False, size, 1)


def _named(name: str, size: int, private: bool) -> LandmarkKind | None:
    """What a file is by its name, where its size allows it; ``private``: its folder is one of secrets."""
    if name.endswith(".ipynb"):
        return "notebook"
    if name.startswith(_EVENTS):
        return "experiment-logs"
    may = size <= secretnames.MAX_BYTES and (private or secretnames.may_hold_secret(name))
    return "secret" if may else None


def _large(name: str) -> LandmarkKind | None:
    """What a large file is by its name, in lower case."""
    if name.endswith(WEIGHT_SUFFIXES):
        return "weights"
    if name.endswith(DATASET_SUFFIXES):
        return "dataset"
    return "archive" if name.endswith(ARCHIVE_SUFFIXES) else None


def _whole_folder(path: str, names: Sequence[str], folders: Sequence[str]) -> LandmarkKind | None:
    """What a folder is by what lies in it."""
    if "pyvenv.cfg" in names or "conda-meta" in folders:
        return "virtual-environment"
    if "HEAD" in names and "objects" in folders and "refs" in folders:  # whatever it is called
        return "version-control"
    if any(name.startswith(("models--", "datasets--")) for name in folders):  # Hugging Face's, which has a CACHEDIR.TAG
        return "model-cache"
    if "CACHEDIR.TAG" in names:
        return "tool-cache"
    if "CMakeCache.txt" in names and "CMakeLists.txt" not in names:
        return "build-output"
    if "WiredTiger" in names or "PG_VERSION" in names or "ibdata1" in names:  # MongoDB, PostgreSQL, MySQL
        return "database"
    name = posixpath.basename(path)
    if name == "node_modules" and folders and not names:
        return "node-modules"
    telltale = _TELLTALES.get(name)
    if telltale is not None and "__init__.py" not in names and _any(telltale[1], (*names, *folders)):
        return telltale[0]
    return None


def _any(pattern: re.Pattern[str], names: Iterable[str]) -> bool:
    return any(pattern.fullmatch(name) for name in names)


def _log_folder(path: str) -> str:
    """The folder of experiment logs that a folder with event files of TensorBoard is in: itself, where none around it
    is called so.
    """
    parts = path.split("/")
    for end in range(1, len(parts)):
        if parts[end - 1] in _LOG_FOLDERS:
            return "/".join(parts[:end])
    return path
