"""Which part of an image an instruction belongs to: what changes seldom and costs much should come first."""

from __future__ import annotations

import re
from enum import IntEnum

from prebake.build.build import Build
from prebake.build.copies import Copy, copies
from prebake.build.installs.installers import install_at
from prebake.build.installs.misplaced import Extra, brought
from prebake.build.installs.systempackages import system_install_at
from prebake.build.order.instructions import effects_at
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_WEIGHTS = (
    *(".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".gguf", ".ggml", ".h5", ".keras", ".pb", ".tflite"),
    *(".npz", ".msgpack", ".joblib", ".engine", ".mlmodel"),
)
_DOWNLOADS = regex(
    r"huggingface|\bhf\s|\bspacy\b|\bnltk\b|\bunidic\b|\bgdown\b|\.py\b|models?\b|weights|"
    r"\.(safetensors|bin|pth?|ckpt|onnx|gguf|h5)\b",
    re.IGNORECASE,
)
"""What tells the download of a model from that of a tool."""

_BESIDE = (".json", ".txt", ".model", ".md", ".yaml", ".yml", ".cfg")
_MOST_FILES = 200


class Tier(IntEnum):
    """The parts in the order in which they should come; ``OTHER`` stays where it stands."""

    OTHER = 0
    SYSTEM = 1
    DEPENDENCIES = 2
    WEIGHTS = 3
    CODE = 4

    @property
    def title(self) -> str:
        """The part in words, for messages."""
        return _TITLES[self]


_TITLES = {
    Tier.OTHER: "other instructions",
    Tier.SYSTEM: "system packages",
    Tier.DEPENDENCIES: "dependencies",
    Tier.WEIGHTS: "weights",
    Tier.CODE: "code",
}


def tier_of(build: Build, instruction: Instruction) -> Tier:
    """The part that an instruction belongs to. A COPY of manifests goes with the dependencies."""
    copy = copies(build).get(instruction.index)
    if copy is not None:
        return _of_copy(copy) if copy.from_context else Tier.OTHER
    if instruction.keyword != "RUN":
        return Tier.OTHER
    if install_at(build, instruction) is not None:
        return Tier.DEPENDENCIES
    if system_install_at(build, instruction) is not None:
        return Tier.SYSTEM
    effects = effects_at(build, instruction)
    if effects.opaque is not None or not effects.network:
        return Tier.OTHER
    return Tier.WEIGHTS if _DOWNLOADS.search(instruction.raw) else Tier.DEPENDENCIES


def _of_copy(copy: Copy) -> Tier:
    extra = brought(copy)
    if not copy.broad and _holds_weights(copy):
        return Tier.WEIGHTS
    return Tier.CODE if extra > Extra.QUIET else Tier.DEPENDENCIES


def _holds_weights(copy: Copy) -> bool:
    """Whether all that it brings are weights and what lies beside them."""
    pending = [(item.context, item.folder) for item in copy.mappings]
    found = False
    seen = 0
    while pending and seen < _MOST_FILES:
        path, is_folder = pending.pop()
        seen += 1
        name = path.lower()
        if is_folder:
            pending += list(copy.files.children(path))
        elif name.endswith(_WEIGHTS):
            found = True
        elif not name.endswith(_BESIDE):
            return False
    return found
