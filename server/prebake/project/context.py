"""Where a Dockerfile's build context is, and how we know.

Evidence is gathered by lists of providers, the most trusted first. What someone wrote down (settings, compose files,
bake files, commands) is evidence of how the image is built; only where there is none is the context inferred from the
Dockerfile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from prebake.files import Snapshot, is_below, parent, relative
from prebake.project.implied import implied_folder
from prebake.project.layout import (
    bake_files,
    command_files,
    compose_files,
    devcontainer_files,
    pipeline_files,
    workflow_files,
)
from prebake.project.sources import context_sources, exists
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Dockerfile

if TYPE_CHECKING:
    from prebake.config import Settings
    from prebake.project.buildfiles import Form
    from prebake.project.namedcontexts import NamedContext

Kind = Literal[
    "setting",
    "compose",
    "bake",
    "devcontainer",
    "workflow",
    "makefile",
    "script",
    "readme",
    "copy-sources",
    "dockerfile",
]


class Evidence(NamedTuple):
    """What says that a Dockerfile is built from a context: a place in a file (``line`` is 0-based), or none where it is
    inferred. ``detail`` is for messages.
    """

    kind: Kind
    path: str | None = None
    line: int | None = None
    detail: str = ""

    def source(self, folder: str) -> str:
        """The evidence in short, seen from a folder: ``compose.yaml:4``, or the detail where it stands in no file."""
        if self.path is None:
            return self.detail
        name = relative(self.path, folder)
        return name if self.line is None else f"{name}:{self.line + 1}"


class Context(NamedTuple):
    """One way in which a Dockerfile is built.

    ``root`` is the absolute path of the context's top folder. ``remote`` says that the builder fetches the context
    itself, so that nothing is sent and BuildKit reads no ignore file; ``root`` is then what it fetches, where that is
    this repository, else ``None``. ``target`` is the stage that is built, ``args`` the build arguments that are given,
    ``service`` the compose service, ``named`` the named contexts.
    """

    root: str | None
    evidence: Evidence
    target: str | None = None
    args: Mapping[str, str] = MappingProxyType({})
    service: str | None = None
    remote: bool = False
    named: Mapping[str, NamedContext] = MappingProxyType({})


class _Subject(NamedTuple):
    """The Dockerfile whose context is looked for."""

    snapshot: Snapshot
    path: str
    tree: Dockerfile
    project: str
    settings: Settings


def _setting(subject: _Subject) -> Iterator[Context]:
    target = subject.settings.targets.get(subject.path)
    if target is not None and target.context is not None:
        evidence = Evidence("setting", subject.settings.source, None, "the targets setting")
        yield Context(target.context, evidence, target.target)


def _compose(subject: _Subject) -> Iterator[Context]:
    for path in compose_files(subject.snapshot, subject.path, subject.project):
        from prebake.project.compose import services

        for service in services(subject.snapshot, path):
            build = service.build
            if build is not None and build.dockerfile == subject.path and build.context is not None:
                evidence = Evidence("compose", path, build.span.start.line, f"service {service.name}")
                yield Context(build.context, evidence, build.target, build.args, service.name, named=build.contexts)


def _bake(subject: _Subject) -> Iterator[Context]:
    for files in bake_files(subject.snapshot, subject.path, subject.project):
        from prebake.project.bake import bake_sets, bake_targets

        for together in bake_sets(files):
            for made in bake_targets(subject.snapshot, together, subject.project):
                if made.dockerfile == subject.path and made.context is not None:
                    evidence = Evidence("bake", made.path, made.line, f"target {made.name}")
                    yield Context(made.context, evidence, made.target, made.args, named=made.named)


def _devcontainer(subject: _Subject) -> Iterator[Context]:
    for path in devcontainer_files(subject.snapshot, subject.path, subject.project):
        from prebake.project.devcontainer import dev_container

        made = dev_container(subject.snapshot, path)
        if made is not None and made.dockerfile == subject.path:
            evidence = Evidence("devcontainer", path, made.line, "the development container")
            yield Context(made.context, evidence, made.target, made.args)


def _workflows(subject: _Subject) -> Iterator[Context]:
    yield from (context for context in _all_workflows(subject) if context.evidence.detail != _COPIED)


def _all_workflows(subject: _Subject) -> Iterator[Context]:
    for path in workflow_files(subject.snapshot, subject.project):
        from prebake.project.workflows import workflow_builds

        for built in workflow_builds(subject.snapshot, path, subject.project):
            if built.dockerfile == subject.path:
                evidence = Evidence("workflow", path, built.line, built.detail)
                yield Context(built.context, evidence, built.target, built.args, None, built.is_git, built.named)


def _pipelines(subject: _Subject) -> Iterator[Context]:
    yield from _lines(subject, pipeline_files(subject.snapshot, subject.project))


def _commands(subject: _Subject) -> Iterator[Context]:
    files = command_files(subject.snapshot, subject.path, subject.project)
    forms = ("makefile", "justfile", "taskfile", "script", "package")
    ordered = sorted((file for file in files if file[1] in forms), key=lambda file: forms.index(file[1]))
    yield from _lines(subject, ordered)


def _documents(subject: _Subject) -> Iterator[Context]:
    files = command_files(subject.snapshot, subject.path, subject.project)
    yield from _lines(subject, (file for file in files if file[1] == "document"))


def _copied_elsewhere(subject: _Subject) -> Iterator[Context]:
    """``cp docker/gpu.Dockerfile app/Dockerfile``: what is built there, by whatever tool, has that context."""
    files = command_files(subject.snapshot, subject.path, subject.project)
    for context in (*_all_workflows(subject), *_lines(subject, files, copied=True)):
        root = context.root
        if context.evidence.detail == _COPIED and root is not None and is_below(root, subject.project):
            yield context


_COPIED = "cp"
_KINDS: Mapping[Form, Kind] = {
    "pipeline": "workflow", "skaffold": "workflow", "document": "readme", "script": "script", "package": "script",
}  # fmt: skip


def _lines(subject: _Subject, files: Iterable[tuple[str, Form]], *, copied: bool = False) -> Iterator[Context]:
    """What the build commands in files say."""
    for path, form in files:
        from prebake.project.buildlines import build_lines

        for built in build_lines(subject.snapshot, path, form, subject.project, subject.path):
            if (built.detail == _COPIED) == copied:
                evidence = Evidence(_KINDS.get(form, "makefile"), path, built.line, built.detail)
                yield Context(built.context, evidence, built.target, built.args, named=built.named)


def _copy_sources(subject: _Subject) -> Iterator[Context]:
    sources = context_sources(subject.tree)
    folders = list(_upwards(subject))
    holding = [folder for folder in folders if _holds(subject, folder, sources)]
    if sources and holding:
        detail = "the nearest folder that holds all sources of COPY"
        yield Context(holding[0], Evidence("copy-sources", detail=detail))
    implied = implied_folder(subject.snapshot, subject.tree, holding)
    if implied not in (None, parent(subject.path)):
        detail = "the folder that holds the paths the Dockerfile uses"
        yield Context(implied, Evidence("copy-sources", detail=detail))


def _upwards(subject: _Subject) -> Iterator[str]:
    """The Dockerfile's folder and those above it, up to the project's top folder."""
    folder = parent(subject.path)
    yield folder
    while folder != subject.project and is_below(folder, subject.project) and parent(folder) != folder:
        folder = parent(folder)
        yield folder


def _dockerfile(subject: _Subject) -> Iterator[Context]:
    yield Context(parent(subject.path), Evidence("dockerfile", detail="the Dockerfile's folder"))


_Provider = Callable[[_Subject], Iterator[Context]]
_DECISIVE: tuple[_Provider, ...] = (_setting,)
_WRITTEN: tuple[tuple[_Provider, ...], ...] = (
    (_compose, _bake, _devcontainer, _workflows, _pipelines),
    (_commands,),
    (_documents,),
    (_copied_elsewhere,),
)
"""What is written down, the most trusted first: what machines read, what people run, what people read."""
_INFERRED: tuple[_Provider, ...] = (_copy_sources, _dockerfile)


def find_contexts(
    snapshot: Snapshot, dockerfile_path: str, tree: Dockerfile, project_root: str, settings: Settings
) -> tuple[Context, ...]:
    """The contexts that a Dockerfile is built from, the most trusted first; at least one.

    A setting decides alone. Else what is written down counts, group by group up to the first that tells of a build
    from this machine; what is sent from here comes before what the builder fetches, and a context whose folder is
    missing is none. Only without any of that is the context inferred.
    """
    subject = _Subject(snapshot, dockerfile_path, tree, project_root, settings)
    decided = _usable(subject, _DECISIVE)
    if decided:
        return _distinct(decided)
    found: list[Context] = []
    for providers in _WRITTEN:
        found += _supported(subject, _usable(subject, providers))
        if any(not context.remote for context in found):
            break
    if found and not _is_misread(subject, found):
        return _distinct(sorted(_with_whole(found), key=lambda context: context.remote))
    inferred = next(context for provider in _INFERRED for context in provider(subject))
    return (_with_target(inferred, settings, dockerfile_path),)


def _usable(subject: _Subject, providers: tuple[_Provider, ...]) -> list[Context]:
    """What providers tell, without contexts whose folder is missing."""
    found = (context for provider in providers for context in provider(subject))
    return [context for context in found if context.root is None or subject.snapshot.is_dir(context.root)]


def _supported(subject: _Subject, found: list[Context]) -> list[Context]:
    """Without what contradicts better evidence: another folder than the most trusted kind of evidence names counts only
    where all sources of COPY are in it. Weak evidence is never trusted most.
    """
    roots = dict.fromkeys(context.root for context in found)
    if len(roots) < 2:
        return found
    sources = context_sources(subject.tree)
    holding: set[str | None] = {root for root in roots if root and _holds(subject, root, sources)}
    kinds = (context.evidence.kind for context in found if not context.remote)
    best = next((kind for kind in kinds if kind not in _WEAK), None)
    trusted = {context.root for context in found if context.remote or context.evidence.kind == best} | holding
    return [context for context in found if context.root in trusted] if trusted else found


_WEAK = frozenset(("devcontainer", "makefile", "script", "readme"))
"""Kinds of evidence whose folder depends on where something is run, or that are written down once and forgotten."""


def _is_misread(subject: _Subject, found: list[Context]) -> bool:
    """Whether weak evidence names a folder that lacks a source of COPY while another one holds them all."""
    if any(context.remote or context.evidence.kind not in _WEAK for context in found):
        return False
    sources = context_sources(subject.tree)
    roots = {context.root for context in found}
    lacking = not any(root and _holds(subject, root, sources) for root in roots)
    return lacking and any(_holds(subject, folder, sources) for folder in _upwards(subject))


def _with_whole(found: list[Context]) -> list[Context]:
    """With the build of the last stage, where nothing but weak evidence speaks and each of it builds another stage: a
    test or a linter most likely, beside the image that somebody builds elsewhere.
    """
    if any(context.evidence.kind not in _WEAK or context.target is None for context in found):
        return found
    return [found[0]._replace(target=None), *found]


def _holds(subject: _Subject, folder: str, sources: tuple[str, ...]) -> bool:
    """Whether all sources of COPY are in a folder."""
    return all(exists(subject.snapshot, folder, source) for source in sources)


def _with_target(context: Context, settings: Settings, path: str) -> Context:
    """The context with the target that the settings name without naming a context."""
    chosen = settings.targets.get(path)
    target = chosen.target if chosen is not None else None
    return Context(context.root, context.evidence, target)


def _distinct(contexts: list[Context]) -> tuple[Context, ...]:
    """Without those that tell nothing new."""
    known: dict[tuple[object, ...], Context] = {}
    for context in contexts:
        known.setdefault((context.root, context.target, context.service, context.remote), context)
    return tuple(known.values())
