"""What says from which context a Dockerfile is built: the places where people and tools write it down.

:mod:`prebake.project.contexts.find` judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from prebake.files import Snapshot, is_below, relative
from prebake.project.contexts.layout import (
    bake_files,
    command_files,
    compose_files,
    devcontainer_files,
    pipeline_files,
    workflow_files,
)
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Dockerfile

if TYPE_CHECKING:
    from prebake.config import Settings
    from prebake.project.contexts.buildfiles import Form
    from prebake.project.contexts.namedcontexts import NamedContext

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


INFERRED: frozenset[Kind] = frozenset(("copy-sources", "dockerfile"))
"""Kinds of evidence that nobody wrote down."""
WEAK: frozenset[Kind] = frozenset(("devcontainer", "makefile", "script", "readme"))
"""Kinds of evidence whose folder depends on where something is run, or that are written down once and forgotten."""


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


class Subject(NamedTuple):
    """The Dockerfile whose context is looked for."""

    snapshot: Snapshot
    path: str
    tree: Dockerfile
    project: str
    settings: Settings


def _setting(subject: Subject) -> Iterator[Context]:
    target = subject.settings.targets.get(subject.path)
    if target is not None and target.context is not None:
        evidence = Evidence("setting", subject.settings.source, None, "the targets setting")
        yield Context(target.context, evidence, target.target)


def _compose(subject: Subject) -> Iterator[Context]:
    snapshot, project = subject.snapshot, subject.project
    for path in dict.fromkeys((*compose_files(snapshot, subject.path, project), *_composed_containers(subject))):
        from prebake.project.compose.services import services

        for service in services(subject.snapshot, path):
            build = service.build
            if build is not None and build.dockerfile == subject.path and build.context is not None:
                evidence = Evidence("compose", path, build.span.start.line, f"service {service.name}")
                yield Context(build.context, evidence, build.target, build.args, service.name, named=build.contexts)


def _composed_containers(subject: Subject) -> Iterator[str]:
    """The compose files that development containers name."""
    for path in devcontainer_files(subject.snapshot, subject.path, subject.project):
        from prebake.project.contexts.devcontainer import compose_files_of

        yield from compose_files_of(subject.snapshot, path)


def _bake(subject: Subject) -> Iterator[Context]:
    folders = bake_files(subject.snapshot, subject.path, subject.project)
    if not folders:
        return
    from prebake.project.contexts.bake import bake_sets, bake_targets
    from prebake.project.contexts.bakecalls import bake_calls

    snapshot, project = subject.snapshot, subject.project
    commands = (*pipeline_files(snapshot, project), *command_files(snapshot, subject.path, project))
    workflows: list[tuple[str, Form]] = [(path, "pipeline") for path in workflow_files(snapshot, project)]
    calls = bake_calls(snapshot, (*workflows, *commands), project)
    called = {path for call in calls for path in call.files}
    sets: list[tuple[tuple[str, ...], str | None]] = [(call.files, call.folder) for call in calls]
    sets += [(files, None) for folder in folders for files in bake_sets(folder) if called.isdisjoint(files)]
    for files, base in sets:
        for made in bake_targets(snapshot, files, project, base):
            if made.dockerfile == subject.path and made.context is not None:
                evidence = Evidence("bake", made.path, made.line, f"target {made.name}")
                yield Context(made.context, evidence, made.target, made.args, named=made.named)


def _devcontainer(subject: Subject) -> Iterator[Context]:
    for path in devcontainer_files(subject.snapshot, subject.path, subject.project):
        from prebake.project.contexts.devcontainer import dev_container

        made = dev_container(subject.snapshot, path)
        if made is not None and made.dockerfile == subject.path:
            evidence = Evidence("devcontainer", path, made.line, "the development container")
            yield Context(made.context, evidence, made.target, made.args)


def _workflows(subject: Subject) -> Iterator[Context]:
    yield from (context for context in _all_workflows(subject) if context.evidence.detail != _COPIED)


def _all_workflows(subject: Subject) -> Iterator[Context]:
    for path in workflow_files(subject.snapshot, subject.project):
        from prebake.project.contexts.workflows import workflow_builds

        for built in workflow_builds(subject.snapshot, path, subject.project):
            if built.dockerfile == subject.path:
                evidence = Evidence("workflow", path, built.line, built.detail)
                yield Context(built.context, evidence, built.target, built.args, None, built.is_git, built.named)


def _pipelines(subject: Subject) -> Iterator[Context]:
    yield from _lines(subject, pipeline_files(subject.snapshot, subject.project))


def _commands(subject: Subject) -> Iterator[Context]:
    files = command_files(subject.snapshot, subject.path, subject.project)
    forms = ("makefile", "justfile", "taskfile", "script", "package")
    ordered = sorted((file for file in files if file[1] in forms), key=lambda file: forms.index(file[1]))
    yield from _lines(subject, ordered)


def _documents(subject: Subject) -> Iterator[Context]:
    files = command_files(subject.snapshot, subject.path, subject.project)
    yield from _lines(subject, (file for file in files if file[1] == "document"))


def _copied_elsewhere(subject: Subject) -> Iterator[Context]:
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


def _lines(subject: Subject, files: Iterable[tuple[str, Form]], *, copied: bool = False) -> Iterator[Context]:
    """What the build commands in files say."""
    for path, form in files:
        from prebake.project.contexts.buildlines import build_lines

        for built in build_lines(subject.snapshot, path, form, subject.project, subject.path):
            if (built.detail == _COPIED) == copied:
                evidence = Evidence(_KINDS.get(form, "makefile"), path, built.line, built.detail)
                yield Context(built.context, evidence, built.target, built.args, named=built.named)


Provider = Callable[[Subject], Iterator[Context]]
DECISIVE: tuple[Provider, ...] = (_setting,)
WRITTEN: tuple[tuple[Provider, ...], ...] = (
    (_compose, _bake, _devcontainer, _workflows, _pipelines),
    (_commands,),
    (_documents,),
    (_copied_elsewhere,),
)
"""What is written down, the most trusted first: what machines read, what people run, what people read."""
