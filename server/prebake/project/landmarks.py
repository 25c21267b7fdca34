"""Things in a build context that rules want to know of, recognised while it is walked over."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from prebake.records import NamedTuple

LandmarkKind = Literal[
    "version-control", "virtual-environment", "python-cache", "tool-cache", "package-metadata", "node-modules",
    "notebook-checkpoints", "experiment-logs", "editor", "desktop", "secret", "weights", "notebook",
]  # fmt: skip

LARGE_WEIGHTS = 10_000_000
"""Files of at least so many bytes with a suffix of model weights count as weights."""

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

_FOLDERS: Mapping[str, LandmarkKind] = {
    ".git": "version-control", ".hg": "version-control", ".svn": "version-control",
    "__pycache__": "python-cache",
    ".pytest_cache": "tool-cache", ".mypy_cache": "tool-cache", ".ruff_cache": "tool-cache", ".tox": "tool-cache",
    ".nox": "tool-cache", ".hypothesis": "tool-cache", "htmlcov": "tool-cache", ".eggs": "tool-cache",
    "node_modules": "node-modules",
    ".ipynb_checkpoints": "notebook-checkpoints",
    "wandb": "experiment-logs", "mlruns": "experiment-logs", "mlartifacts": "experiment-logs",
    "lightning_logs": "experiment-logs", "tb_logs": "experiment-logs", "multirun": "experiment-logs",
    "catboost_info": "experiment-logs", ".aim": "experiment-logs", ".neptune": "experiment-logs",
    ".idea": "editor", ".vscode": "editor", ".vs": "editor",
}  # fmt: skip
_FILES: Mapping[str, LandmarkKind] = {
    ".git": "version-control", ".DS_Store": "desktop", "Thumbs.db": "desktop", ".coverage": "tool-cache",
    ".env": "secret", ".env.local": "secret", ".env.production": "secret", ".env.development": "secret",
    ".netrc": "secret", ".pypirc": "secret", "id_rsa": "secret", "id_ed25519": "secret", "id_ecdsa": "secret",
}  # fmt: skip
_KEY_SUFFIXES = (".pem", ".key", ".p12", ".pfx")
_EVENTS = "events.out.tfevents."


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
        kind = _whole_folder(path, listing.names)
        if kind is not None and path:
            self._folders[path] = kind
            self._covered.update(prefix + name for name in folders)
            return
        for name in folders:
            kind = _FOLDERS.get(name) or ("package-metadata" if name.endswith((".egg-info", ".dist-info")) else None)
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
        owner: dict[str, str] = {}
        totals = {path: [0, 0] for path in self._folders}
        for path, listing in listings.items():
            mine = path if path in self._folders else owner.get(posixpath.dirname(path)) if path else None
            if mine is not None:
                owner[path] = mine
                totals[mine][0] += sum(listing.sizes)
                totals[mine][1] += len(listing.names)
        folders = [Landmark(kind, path, True, *totals[path]) for path, kind in self._folders.items()]
        return tuple(sorted((*folders, *self._files), key=lambda landmark: landmark.path))


def _among_files(prefix: str, listing: Listing) -> Iterator[Landmark]:
    has_weights = max(listing.sizes, default=0) >= LARGE_WEIGHTS
    for name, size in zip(listing.names, listing.sizes, strict=True):
        found = _FILES.get(name)
        if found is None and name.endswith(_KEY_SUFFIXES):
            found = "secret"
        elif found is None and name.endswith(".ipynb"):
            found = "notebook"
        elif found is None and has_weights and size >= LARGE_WEIGHTS and name.lower().endswith(WEIGHT_SUFFIXES):
            found = "weights"
        if found is not None:
            yield Landmark(found, prefix + name, False, size, 1)


def _whole_folder(path: str, names: Sequence[str]) -> LandmarkKind | None:
    """What a folder is by a file that lies in it."""
    if "pyvenv.cfg" in names:
        return "virtual-environment"
    if "CACHEDIR.TAG" in names:
        return "tool-cache"
    if posixpath.basename(path) == "runs" and any(name.startswith(_EVENTS) for name in names):
        return "experiment-logs"
    return None
