"""``conda``, ``mamba``, ``micromamba`` and ``conda-lock``: environment files, lists of packages, lock files.

As documented: the ``pip:`` list of an environment file is installed by pip as a requirements file in the folder of the
environment file would be; ``conda create --file`` takes a list of packages or, with ``@EXPLICIT``, of URLs. Settings
are read in the homes and in the installation, not in the working directory.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.commands.effects import Effects, redirections, roots
from prebake.build.image import ImageFiles
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.project.manifests.requirements import closure
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.text import Text

_PIP_LIST = "pip: list"
"""The name of the requirements file that the ``pip:`` list is written to; no file can have it by chance."""


class _WithPipList(NamedTuple):
    """The files of an image, and the ``pip:`` list of an environment file as one more."""

    image: ImageFiles
    path: str
    content: Text

    def text(self, path: str) -> Text | None:
        return self.content if path == self.path else self.image.text(path)

    def is_file(self, path: str) -> bool:
        return path == self.path or self.image.is_file(path)

    def is_dir(self, path: str) -> bool:
        return self.image.is_dir(path)


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Follow the files that a command names to all that is installed from them."""
    notes.packages += command.packages
    for path in notes.paths(command, command.requirements):
        notes.note([path])
        text = notes.image.text(path)
        if text is None:
            notes.problem(command, f"reads {path}, which is not among the files that are copied from the context")
        elif not path.endswith((".yml", ".yaml")):
            _list(notes, command, path, text)
        elif path.endswith(("-lock.yml", "-lock.yaml")):
            _lock(notes, command, path, text)
        else:
            _environment(notes, command, path, text)
    for path in notes.paths(command, (*command.archives, *command.projects)):
        notes.note([path])
        if not notes.image.is_file(path):
            notes.problem(command, f"installs {path}, which is not followed")
    return _effects(notes, command)


def _list(notes: Notes, command: InstallCommand, path: str, text: Text) -> None:
    """A list of packages, or of URLs of packages."""
    for line in text.content.splitlines():
        word = line.partition("#")[0].strip()
        if not word or word.startswith("@"):
            continue
        if "://" in word and not word.startswith("file:"):
            notes.packages.append(posixpath.basename(word))
        elif word.startswith(("file:", "./", "../", "/", "~")):
            notes.problem(command, f"reads {path}, which names {word}")
        else:
            notes.packages.append(word)


def _lock(notes: Notes, command: InstallCommand, path: str, text: Text) -> None:
    """The lock file of conda-lock, read line by line: whole, it would take seconds to parse."""
    for line in text.content.splitlines():
        word = line.strip()
        if word.startswith("- name: ") and not line.startswith("  "):
            notes.packages.append(word.removeprefix("- name: ").strip("\"'"))
        elif word.startswith(("url: file:", "url: .", "url: /", "path: ")):
            notes.problem(command, f"reads {path}, which names {word.partition(': ')[2]}")


def _environment(notes: Notes, command: InstallCommand, path: str, text: Text) -> None:
    root = load(text)
    listed = root.get("dependencies") if root is not None else None
    if root is None or root.kind != "mapping":
        notes.problem(command, f"reads {path}, which is not a YAML file of an environment")
        return
    for place in _places(root, listed):
        notes.problem(command, f"reads {path}, which names {place}")
    for item in listed.sequence() if listed is not None else ():
        if item.scalar is not None:
            notes.packages.append(item.scalar)
            continue
        for key, value in item.pairs():
            if key.text == "pip":
                _pip(notes, command, path, value)


def _places(root: Node, listed: Node | None) -> Iterator[str]:
    """Channels and packages on the disk."""
    channels = root.get("channels")
    for node in (channels, listed):
        for word in node.strings() if node is not None else ():
            if word.startswith(("file:", "./", "../", "/", "~")):
                yield word


def _pip(notes: Notes, command: InstallCommand, path: str, listed: Node) -> None:
    folder = posixpath.dirname(path)
    content = Text("".join(f"{item}\n" for item in listed.strings()))
    place = posixpath.join(folder, _PIP_LIST)
    files = _WithPipList(notes.image, place, content)
    found = closure(files, [place], cwd=folder, env=command.step.lookup)
    notes.packages += [package.name for package in found.packages]
    for problem in found.problems:
        if problem.path == place:
            notes.problem(command, f"reads {path}, whose pip list {problem.message}")
        else:
            notes.problems.append(notes.said(problem))
    notes.note(name for name in found.files if name != place)
    notes.note(item.path for item in found.local if not item.project)
    for item in found.local:
        if item.project:
            notes.library(command, item.path)


def _effects(notes: Notes, command: InstallCommand) -> Effects:
    step = command.step
    own = redirections(step)
    home = step.lookup("HOME") or "/root"
    notes.note(notes.paths(command, command.named.get("read", ())))
    places = [*roots("conda"), *roots("home"), "/opt/mamba", "/opt/miniconda3", "/root/miniconda3", "/root/micromamba"]
    places += [posixpath.join(home, name) for name in (".cache", ".conda", ".mamba", "micromamba", "miniconda3")]
    for name in ("CONDA_PREFIX", "MAMBA_ROOT_PREFIX", "CONDA_PKGS_DIRS", "CONDA_ENVS_PATH", "CONDA_ENVS_DIRS"):
        value = step.lookup(name) if step.sets(name) else None
        place = step.absolute(value) if value else None
        places += [place] if place is not None else []
    environments = notes.paths(command, command.named.get("environment", ()))
    return Effects(
        reads=own.reads,
        writes=own.writes,
        roots=tuple(dict.fromkeys(place for place in places if place not in environments)),
        environments=tuple(environments),
        opaque=own.opaque,
    )
