"""Calls of ``docker buildx bake`` that say which files it reads and where it runs, in commands and workflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from prebake.files import Snapshot, join
from prebake.project.contexts.buildfiles import Form
from prebake.project.contexts.buildlines import folders_of, snippets_of
from prebake.project.contexts.dockercli import commands_in, options_of
from prebake.project.contexts.namedcontexts import REMOTE
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.text import Text

_COMMANDS = (("docker", "buildx", "bake"), ("docker", "bake"))
_VALUED = frozenset(
    ("file", "builder", "set", "metadata-file", "progress", "provenance", "sbom", "call", "allow", "var")
)


class BakeCall(NamedTuple):
    """The bake files that are read together, and the folder that their paths are relative to; all absolute."""

    files: tuple[str, ...]
    folder: str


def bake_calls(snapshot: Snapshot, files: Iterable[tuple[str, Form]], project: str) -> tuple[BakeCall, ...]:
    """The calls in files that name bake files which are there."""
    found: dict[BakeCall, None] = {}
    for path, form in files:
        text = snapshot.text(path)
        if text is not None and "bake" in text.content:
            calls = _read(text, path, form, project)
            found.update((call, None) for call in calls if all(map(snapshot.is_file, call.files)))
    return tuple(found)


@lru_cache(maxsize=128)
def _read(text: Text, path: str, form: Form, project: str) -> tuple[BakeCall, ...]:
    found: dict[BakeCall, None] = {}
    for snippet in snippets_of(text, path, form):
        if "bake" not in snippet.text:
            continue
        for folder in folders_of(path, form, project):
            place = join(folder, snippet.folder)
            for _, words, places in commands_in(snippet.text, place, project, path, snippet.variables):
                names = tuple(places.value(word) or "" for word in words[:3])
                known = next((known for known in _COMMANDS if names[: len(known)] == known), None)
                if known is None or places.folder is None:
                    continue
                options, positional = options_of(words[len(known) :], _VALUED, frozenset("f"), {"f": "file"})
                named = [places.path(word) for word in options.get("file", [])]
                if not any(REMOTE.match(word.raw.strip("\"'")) for word in positional):
                    found.update((call, None) for call in _call(named, places.folder))
    root = load(text) if "docker/bake-action" in text.content else None
    if root is not None:
        found.update((call, None) for call in _actions(root, project))
    return tuple(found)


def _call(files: Iterable[str | None], folder: str) -> Iterator[BakeCall]:
    """A call whose files are all known; none where one is a compose file, from which targets would take something."""
    named = list(files)
    known = tuple(file for file in named if file is not None and not file.endswith((".yml", ".yaml")))
    if known and len(known) == len(named):
        yield BakeCall(known, folder)


def _actions(root: Node, project: str) -> Iterator[BakeCall]:
    """The steps that use ``docker/bake-action``: files are relative to its ``source`` or ``workdir``."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.items)
        uses = node.get("uses") if node.kind == "mapping" else None
        if uses is None or not uses.text.startswith("docker/bake-action"):
            continue
        given = {name: node.get("with", name) for name in ("source", "workdir", "files")}
        texts = {name: value.text if value is not None else "" for name, value in given.items()}
        if any("${{" in text or REMOTE.match(text) for text in texts.values()):
            continue
        folder = join(project, texts["source"] or texts["workdir"] or ".")
        named = [part.strip() for line in texts["files"].splitlines() for part in line.split(",")]
        yield from _call((join(folder, name.removeprefix("cwd://")) for name in named if name), folder)
