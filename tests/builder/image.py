"""What is in an image: its file tree and its configuration, read from the archive that `docker save` writes."""

import hashlib
import json
import posixpath
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Dates, history and the number of layers may differ between images that are the same to their users.
_CONFIG = (
    "Env", "Cmd", "Entrypoint", "WorkingDir", "User", "ExposedPorts", "Volumes", "Labels", "StopSignal", "Shell",
    "Healthcheck", "OnBuild",
)  # fmt: skip
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"

_COMMON = 2
"""The layers of the base image, which nearly all images here have, and which are large: they are read once."""

_BASES: dict[tuple[str, ...], dict[str, "File"]] = {}

File = tuple[str, ...]  # kind, mode, owner, group, and size and digest or the target of a link


@dataclass(frozen=True)
class Image:
    """The flattened file tree (absolute path -> what stands there) and the configuration of an image."""

    files: dict[str, File]
    config: dict[str, object]

    def differences(self, other: "Image") -> dict[str, tuple[object, object]]:
        """Paths and configuration keys in which two images differ, each with both values."""
        paths = sorted(self.files.keys() | other.files.keys())
        files = {path: (self.files.get(path), other.files.get(path)) for path in paths}
        config = {key: (self.config[key], other.config[key]) for key in _CONFIG}
        return {what: pair for what, pair in (files | config).items() if pair[0] != pair[1]}


def read(archive: Path) -> Image:
    """The image in a `docker save` archive of one image."""
    with tarfile.open(archive) as outer:
        manifest = json.load(_member(outer, "manifest.json"))[0]
        config = json.load(_member(outer, manifest["Config"]))["config"]
        layers = tuple(manifest["Layers"])
        files = dict(_BASES.get(layers[:_COMMON], {}))
        for number, layer in enumerate(layers):
            if number < _COMMON and layers[:_COMMON] in _BASES:
                continue
            with tarfile.open(fileobj=_member(outer, layer)) as inner:
                _apply(inner, files)
            if number == _COMMON - 1:
                _BASES[layers[:_COMMON]] = dict(files)
    return Image(files, {key: config.get(key) or None for key in _CONFIG})


def tree(archive: Path) -> dict[str, File]:
    """The file tree in a plain archive, as BuildKit exports one."""
    files: dict[str, File] = {}
    with tarfile.open(archive) as opened:
        _apply(opened, files)
    return files


def holds(archive: Path, content: bytes) -> bool:
    """Whether a layer has these bytes in a file, deleted later or not."""
    with tarfile.open(archive) as outer:
        layers = json.load(_member(outer, "manifest.json"))[0]["Layers"]
        return any(content in _member(outer, layer).read() for layer in layers)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.getmember(name)
    if found.issym():  # layers that occur twice are stored once
        found = archive.getmember(posixpath.normpath(posixpath.join(posixpath.dirname(name), found.linkname)))
    stream = archive.extractfile(found)
    assert stream is not None, f"{name} is no file"
    return stream


def _apply(layer: tarfile.TarFile, files: dict[str, File]) -> None:
    """Lay one layer over the tree: removals first, then what it brings."""
    members = [(posixpath.normpath("/" + member.name), member) for member in layer.getmembers()]
    for path, _ in members:
        folder, name = posixpath.split(path)
        if name == _OPAQUE:
            _remove(files, folder, itself=False)
        elif name.startswith(_WHITEOUT):
            _remove(files, posixpath.join(folder, name.removeprefix(_WHITEOUT)), itself=True)
    for path, member in members:
        if posixpath.basename(path).startswith(_WHITEOUT):
            continue
        described = _describe(layer, member, files)
        if described[0] != "directory" and files.get(path, ("",))[0] == "directory":
            _remove(files, path, itself=True)
        files[path] = described


def _remove(files: dict[str, File], path: str, *, itself: bool) -> None:
    for each in [each for each in files if each.startswith(path.rstrip("/") + "/")]:
        del files[each]
    if itself:
        files.pop(path, None)


def _digest(stream: IO[bytes], name: str) -> str:
    """The digest of a file; of byte code without the date of its source, which may differ like all dates."""
    if not name.endswith(".pyc"):
        return hashlib.file_digest(stream, "sha256").hexdigest()
    content = stream.read()
    return hashlib.sha256(content[:8] + content[12:]).hexdigest()


def _describe(layer: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, File]) -> File:
    owner = (oct(member.mode), str(member.uid), str(member.gid))
    if member.isfile():
        stream = layer.extractfile(member)
        assert stream is not None
        return ("file", *owner, str(member.size), _digest(stream, member.name))
    if member.islnk():
        return files[posixpath.normpath("/" + member.linkname)]
    if member.issym():
        return ("symlink", str(member.uid), str(member.gid), member.linkname)
    return ("directory" if member.isdir() else f"special {member.type!r}", *owner)
