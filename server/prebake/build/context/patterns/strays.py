"""An ignore file that is there, but that no builder reads: by its name, its place or its kind."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from prebake.build.build import Build, fact
from prebake.build.context.use import context_use, neighbours
from prebake.discovery import TEMPLATES, is_dockerfile
from prebake.files import Entry, Kind, join, parent, relative
from prebake.project.contexts.find import find_contexts
from prebake.project.contexts.layout import command_files, dockerfiles, pipeline_files, workflow_files
from prebake.project.contexts.sources import context_sources, exists
from prebake.project.ignore.inforce import CONTAINER_NAME, looked_for, read_at
from prebake.project.ignore.rules import NAME, IgnoreRules, rules_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import parse
from prebake.syntax.glob import WILDCARDS
from prebake.text import Text

_MISSPELT = regex(r"[._-]?docker[._-]?(file[._-]?)?ignores?([._-]?file)?(\.txt)?", re.IGNORECASE)
_LETTERS = sorted("dockerignore")
_PODMAN = regex(r"\b(podman|buildah)\b")
_WORDS = regex(r"[a-z0-9]+")
_CLOUD_BUILD = ("cloudbuild.yaml", "cloudbuild.yml", "cloudbuild.json")
_MOST_DOCKERFILES = 50


class Stray(NamedTuple):
    """An ignore file that is not in force. ``why`` says so, as a sentence without its full stop. ``place`` is where its
    patterns would be in force, ``None`` where they cannot simply be put. ``mild``: it serves another tool that the
    project uses.
    """

    path: str
    why: str
    place: str | None
    mild: bool = False


@fact
def stray(build: Build) -> Stray | None:
    """The ignore file that this build should read by all appearances, and does not; the clearest one of several."""
    if build.context.root is None or build.context.remote:
        return None
    in_force = build.ignore.file.text if build.ignore.file is not None else None
    found = _strays(build, build.context.root)
    return next((item for item in found if in_force is None or build.snapshot.text(item.path) != in_force), None)


@fact
def left_unread(build: Build) -> IgnoreRules | None:
    """The rules that a stray file holds; ``None`` where it cannot be read."""
    found = stray(build)
    text = build.snapshot.text(found.path) if found is not None else None
    return None if found is None or text is None else rules_of(text, found.path)


def cloud_build_list(build: Build) -> str | None:
    """The file by which Cloud Build uploads the context, where the project is built there. `docker build`, which then
    runs in the cloud, sees what was uploaded and does not read it.
    """
    root = build.context.root
    path = join(root or "/", ".gcloudignore")
    if root is None or not build.snapshot.is_file(path):
        return None
    built = (build.snapshot.is_file(join(folder, name)) for folder in (root, build.root) for name in _CLOUD_BUILD)
    return path if any(built) else None


def _strays(build: Build, root: str) -> Iterator[Stray]:
    in_force = build.ignore.path
    if in_force is None or build.snapshot.text(in_force) is None:
        yield from _unreadable(build, root)
    if in_force is None:
        yield from _misspelt(build, root)
    if in_force is None or parent(in_force) == root:
        yield from _of_another_builder(build, root, in_force)
        yield from _of_no_dockerfile(build, root)
        yield from _beside(build, root)


def _unreadable(build: Build, root: str) -> Iterator[Stray]:
    """What has the right name and place, and is no file that the builder reads."""
    snapshot = build.snapshot
    for path in looked_for(build.path, root, build.settings.builder):
        entry = snapshot.stat(path)
        shown = build.relative(path)
        if entry is None:
            continue
        if entry.kind is Kind.DIRECTORY:
            yield Stray(path, f"`{shown}` is a folder", None)
        elif entry.kind is Kind.SYMLINK and not snapshot.exists(path):
            yield Stray(path, f"`{shown}` is a link that leads nowhere", None)
        elif entry.kind is Kind.SYMLINK and read_at(snapshot, path, build.settings.builder) is None:
            if (snapshot.link(path) or "").startswith("/"):
                why = f"`{shown}` is a link with an absolute path, which BuildKit looks for in the context"
            else:
                why = f"`{shown}` is a link out of its folder, which BuildKit does not follow"
            yield Stray(path, why, None)
        elif snapshot.text(path) is None:
            yield Stray(path, f"`{shown}` cannot be read ({snapshot.unreadable(path) or 'it is no file'})", None)


def _misspelt(build: Build, root: str) -> Iterator[Stray]:
    """A file at the context's top whose name is nearly right."""
    for name in _near_names(build, root):
        if _is_near(name) and name != NAME and not _is_named_elsewhere(build, name):
            yield Stray(join(root, name), f"nothing reads `{name}`; builders look for `{NAME}`", join(root, NAME))


def _of_another_builder(build: Build, root: str, in_force: str | None) -> Iterator[Stray]:
    """A file that would be in force with another builder only."""
    beside, top = f"{build.path}{NAME}", join(root, NAME)
    builder = build.settings.builder
    if builder == "legacy" and build.snapshot.is_file(beside):
        why = f"the legacy builder reads no `{build.relative(beside)}`, only `{NAME}` at the top of the context"
        yield Stray(beside, why, top)
    looked = looked_for(build.path, root, builder)
    for path in (f"{build.path}{CONTAINER_NAME}", join(root, CONTAINER_NAME)):
        if path not in looked and in_force is None and build.snapshot.is_file(path):
            place = f"{path.removesuffix(CONTAINER_NAME)}{NAME}"
            name = {"buildkit": "BuildKit", "kaniko": "Kaniko"}.get(builder, "the legacy builder")
            why = f"`{build.relative(path)}` is read by Podman and Buildah, not by {name}"
            yield Stray(path, why, place, _speaks_of(build, _PODMAN))


def _of_no_dockerfile(build: Build, root: str) -> Iterator[Stray]:
    """``X.dockerignore`` where there is no ``X``, but this Dockerfile."""
    folder, own = posixpath.split(build.path)
    if f"{build.path}{NAME}" in looked_for(build.path, root, build.settings.builder):
        place = f"{build.path}{NAME}"
        names = _near_names(build, folder)
        for name in names:
            other = name.removesuffix(NAME)
            if other in (name, "", own) or build.snapshot.exists(join(folder, other)):
                continue
            made = any(build.snapshot.exists(join(folder, f"{other}{ending}")) for ending in TEMPLATES)
            if not made and _meant(other, names) == own and not _is_named_elsewhere(build, name):
                yield Stray(join(folder, name), f"there is no `{other}` that `{name}` could belong to", place)
        path = join(root, f"{own}{NAME}")
        if folder != root and build.snapshot.is_file(path) and not build.snapshot.exists(join(root, own)):
            yield Stray(path, f"`{build.relative(path)}` does not lie beside {build.relative(build.path)}", place)


def _meant(name: str, names: Iterable[str]) -> str | None:
    """The Dockerfile without an ignore file of its own that a name seems to mean: ``api`` is ``Dockerfile.api``."""
    known = set(names)
    words = _distinguishing(name)
    alike = [
        other
        for other in names
        if is_dockerfile(other) and f"{other}{NAME}" not in known and _distinguishing(other) == words
    ]
    return alike[0] if len(alike) == 1 else None


def _distinguishing(name: str) -> frozenset[str]:
    """The words of a Dockerfile's name that tell it from others."""
    from difflib import SequenceMatcher

    def is_usual(word: str) -> bool:
        return word == "docker" or any(
            SequenceMatcher(None, word, usual).ratio() > 0.85 for usual in ("dockerfile", "containerfile")
        )

    return frozenset(word for word in _WORDS.findall(name.lower()) if not is_usual(word))


def _beside(build: Build, root: str) -> Iterator[Stray]:
    """``.dockerignore`` beside a Dockerfile whose context is elsewhere, where no context has it at its top."""
    folder = parent(build.path)
    path = join(folder, NAME)
    if folder == root or not build.snapshot.is_file(path) or not _is_certain(build, root):
        return
    others = dockerfiles(build.snapshot, build.root)
    if len(others) > _MOST_DOCKERFILES or _is_named_elsewhere(build, relative(path, build.root)):
        return
    for other in dict.fromkeys((build.path, *others)):
        tree = parse(build.snapshot.text(other) or Text(""))
        contexts = find_contexts(build.snapshot, other, tree, build.root, build.settings)
        if any(context.root == folder for context in contexts):
            return
    evidence, where = build.context.evidence.source(build.root), relative(root, build.root)
    why = f"`{build.relative(path)}` is not at the top of the build context, which is {where} ({evidence})"
    if build.ignore.path is not None:
        yield Stray(path, why, None)
        return
    yield Stray(path, why, join(root, NAME) if build.settings.builder == "legacy" else f"{build.path}{NAME}")


def _is_certain(build: Build, root: str) -> bool:
    """Whether the context is written down somewhere, or has what COPY takes: by itself, an ignore file beside the
    Dockerfile says that the context is there.
    """
    sources = context_sources(build.tree)
    if build.context.evidence.kind != "copy-sources":
        return True
    return bool(sources) and all(exists(build.snapshot, root, source) for source in sources)


_looked: dict[str, tuple[tuple[Entry, ...], tuple[str, ...]]] = {}
_MOST_REMEMBERED = 1024


def _near_names(build: Build, folder: str) -> tuple[str, ...]:
    """The names of Dockerfiles, ignore files and the like in a folder; remembered as long as its list of entries is the
    same object.
    """
    entries = build.snapshot.list(folder)
    known = _looked.get(folder)
    if known is None or known[0] is not entries:
        files = (entry.name for entry in entries if entry.kind is Kind.FILE)
        near = tuple(name for name in files if is_dockerfile(name) or name.endswith(NAME) or _is_near(name))
        if len(_looked) >= _MOST_REMEMBERED:
            _looked.clear()
        known = _looked[folder] = entries, near
    return known[1]


def _is_near(name: str) -> bool:
    """Whether a name is ``.dockerignore``, or nearly."""
    letters = name.removeprefix(".").lower()
    return _MISSPELT.fullmatch(name) is not None or (len(letters) == 12 and sorted(letters) == _LETTERS)


def _is_named_elsewhere(build: Build, name: str) -> bool:
    """Whether a script or workflow names a file: it may put it in its place. In prose that means nothing."""
    return _speaks_of(build, re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])"), prose=False)


def _speaks_of(build: Build, expression: re.Pattern[str], *, prose: bool = True) -> bool:
    """Whether the project's files with build commands hold something."""
    files = (*command_files(build.snapshot, build.path, build.root), *pipeline_files(build.snapshot, build.root))
    paths = [path for path, form in files if prose or form != "document"]
    texts = (build.snapshot.text(path) for path in (*paths, *workflow_files(build.snapshot, build.root)))
    return any(text is not None and expression.search(text.content) for text in texts)


def removes_what_is_named(build: Build, rules: IgnoreRules) -> str | None:
    """A path that an instruction of any Dockerfile on this context names and that rules would leave out."""
    for other in neighbours(build):
        for path in context_use(other).paths:
            place = join(build.context.root or "/", path)
            if WILDCARDS & set(path) or not build.snapshot.exists(place):
                continue
            is_dir = build.snapshot.is_dir(place)
            if not rules.sends(path, is_dir) and not (is_dir and rules.sends_something_below(path)):
                return path
    return None
