"""Where a Dockerfile's build context is, and how we know.

Evidence is gathered by a list of providers, the most trusted first. What someone wrote down (settings, compose files,
workflows) is evidence of how the image is built; only where there is none is the context inferred from the Dockerfile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from prebake.files import Snapshot, is_below, parent, relative
from prebake.project.implied import implied_folder
from prebake.project.layout import compose_files, workflow_files
from prebake.project.sources import context_sources, exists
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Dockerfile

if TYPE_CHECKING:
    from prebake.config import Settings

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
    ``service`` the compose service.
    """

    root: str | None
    evidence: Evidence
    target: str | None = None
    args: Mapping[str, str] = MappingProxyType({})
    service: str | None = None
    remote: bool = False


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
                yield Context(build.context, evidence, build.target, build.args, service.name)


def _workflows(subject: _Subject) -> Iterator[Context]:
    for path in workflow_files(subject.snapshot, subject.project):
        from prebake.project.workflows import workflow_builds

        for built in workflow_builds(subject.snapshot, path, subject.project):
            if built.dockerfile == subject.path:
                evidence = Evidence("workflow", path, built.line, built.detail)
                yield Context(built.context, evidence, built.target, built.args, None, built.is_git)


def _copy_sources(subject: _Subject) -> Iterator[Context]:
    sources = context_sources(subject.tree)
    folders = list(_upwards(subject))
    holding = [folder for folder in folders if all(exists(subject.snapshot, folder, source) for source in sources)]
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
_WRITTEN: tuple[_Provider, ...] = (_compose, _workflows)
_DECISIVE: tuple[_Provider, ...] = (_setting,)
_INFERRED: tuple[_Provider, ...] = (_copy_sources, _dockerfile)


def find_contexts(
    snapshot: Snapshot, dockerfile_path: str, tree: Dockerfile, project_root: str, settings: Settings
) -> tuple[Context, ...]:
    """The contexts that a Dockerfile is built from, the most trusted first; at least one.

    A setting decides alone. Else everything that is written down counts, what is sent from this machine before what
    the builder fetches; a context whose folder is missing is none. Only without any of that is the context inferred.
    """
    subject = _Subject(snapshot, dockerfile_path, tree, project_root, settings)
    for providers in (_DECISIVE, _WRITTEN):
        found = [context for provider in providers for context in provider(subject)]
        usable = [context for context in found if context.root is None or snapshot.is_dir(context.root)]
        if usable:
            return _distinct(sorted(usable, key=lambda context: context.remote))
    inferred = next(context for provider in _INFERRED for context in provider(subject))
    return (_with_target(inferred, settings, dockerfile_path),)


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
