"""What the finished image starts, and which files of the project run there."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from prebake.build.bases import base_command
from prebake.build.build import Build, fact
from prebake.build.copies import copies_by_stage
from prebake.build.paths import inside
from prebake.build.state import State, chain, compute, states
from prebake.files import join
from prebake.project.contexts.layout import compose_files
from prebake.project.starting.start import ImageCommand, Start, image_command, service_environment, service_words
from prebake.syntax.dockerfile import Dockerfile, Instruction, Stage
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.project.compose.services import Service

_MAX_DEPTH = 4
_MAX_ORIGINS = 8


@fact
def final_chain(build: Build) -> tuple[Stage, ...]:
    """The stages that the finished image is made of through FROM, lowest first; empty without any FROM."""
    stage = build.final_stage
    return () if stage is None else chain(build, stage)


@fact
def final_state(build: Build) -> State:
    """What is set at the end of the final stage, and so when a container starts."""
    stage = build.final_stage
    if stage is None:
        return State()
    last = stage.instructions[-1]
    if last.keyword in ("FROM", "ENV", "ARG", "WORKDIR", "USER", "SHELL"):
        # The state behind it is the one before one more instruction, which sets nothing.
        longer = Dockerfile(Text(f"{build.text.content[: last.end]}\nSTOPSIGNAL 15\n"))
        found = compute(longer, build.context.args)
        if last.index + 1 < len(found):
            return found[last.index + 1]
    return states(build)[last.index]


@fact
def command(build: Build) -> ImageCommand:
    """The ENTRYPOINT and CMD of the finished image."""
    before = states(build)
    base = base_command(final_state(build).base)
    return image_command(
        (
            (stage, [before[instruction.index].shell for instruction in stage.instructions])
            for stage in final_chain(build)
        ),
        base,
    )


@fact
def compose_services(build: Build) -> tuple[Service, ...]:
    """The compose services that run the image of this build: those that build it, and those that name the image that
    one of these builds.
    """
    found: list[Service] = []
    for path in compose_files(build.snapshot, build.path, build.root):
        from prebake.project.compose.overrides import overridden

        services = overridden(build.snapshot, path)
        builders = [service for service in services if _builds(build, service)]
        images = {service.image.text for service in builders if service.image is not None and service.image.text}
        for service in services:
            named = service.build is None and service.image is not None and service.image.text in images
            if named or service in builders:
                found.append(service)
    return tuple(found)


def _builds(build: Build, service: Service) -> bool:
    spec = service.build
    if spec is None or spec.dockerfile != build.path or spec.context != build.context.root:
        return False
    wanted = (spec.target or "").lower()
    last = build.tree.stages[-1] if build.tree.stages else None
    return build.final_stage is next(
        (item for item in build.tree.stages if wanted in (item.name, str(item.index))), last
    )


@fact
def starts(build: Build) -> tuple[Start, ...]:
    """The ways in which containers of the image are started: each compose service that runs it; the image on its own
    where no compose file does.
    """
    image, state = command(build), final_state(build)
    directory = state.directory or "."
    found = []
    for service in compose_services(build):
        environment = {**state.env, **service_environment(build.snapshot, service)}
        here = directory
        if service.working_dir is not None and service.working_dir.text:
            here = join(directory, service.working_dir.text)
        found.append(Start(service_words(image, service), image.instruction, service, here, environment, state.user))
    if not any(start.service and not start.service.command and not start.service.entrypoint for start in found):
        words = (*image.entrypoint_words, *image.cmd_words)
        if words and (image.cmd_words or not found):
            found.append(Start(words, image.instruction, None, directory, dict(state.env), state.user))
    return tuple(start for start in found if start.words)


def image_file(build: Build, path: str) -> str | None:
    """The file of the project that the finished image has at ``path``, as far as COPY, ADD and compose's mounts say."""
    known = _image_files(build)
    if path not in known:
        known[path] = _image_file(build, path)
    return known[path]


def image_names(build: Build, folder: str) -> tuple[str, ...]:
    """The names that COPY and ADD put into a folder of the finished image."""
    found: dict[str, None] = {}
    for stage in final_chain(build):
        for copy in copies_by_stage(build).get(stage.index, ()):
            for item in copy.mappings:
                below = inside(folder, item.image) if item.folder else None
                if below is not None:
                    children = copy.files.children(posixpath.join(item.context, below).rstrip("/"))
                    found.update((posixpath.basename(child), None) for child, _ in children)
                elif posixpath.dirname(item.image) == folder:
                    found[posixpath.basename(item.image)] = None
    return tuple(found)


@fact
def _image_files(build: Build) -> dict[str, str | None]:
    """The answers that were given: the services of a compose file ask for the same ones."""
    return {}


def _image_file(build: Build, path: str) -> str | None:
    for source, target in _binds(build):
        below = inside(path, target)
        if below is not None:
            mounted = join(source, below)
            if build.snapshot.is_file(mounted):
                return mounted
    return stage_file(build, final_chain(build), path)


@fact
def _binds(build: Build) -> tuple[tuple[str, str], ...]:
    """The folders and files that compose mounts, and where."""
    volumes = (volume for service in compose_services(build) for volume in service.volumes)
    return tuple((volume.source, volume.target) for volume in volumes if volume.kind == "bind" and volume.source)


@fact
def image_layout(build: Build) -> object:
    """Equal to that of another build of the same Dockerfile where :func:`image_file` gives the same answers."""
    copies = (
        (
            copy.instruction.stage,
            copy.origin,
            copy.destination,
            copy.into,
            copy.mappings,
            tuple(word.raw for word in copy.instruction.words),
            copy.instruction.flag_values("exclude"),
            copy.state.env,
            copy.state.args,
        )
        for found in copies_by_stage(build).values()
        for copy in found
    )
    stages = tuple(stage.instruction.body.text for stage in build.tree.stages)
    final = None if build.final_stage is None else build.final_stage.index
    named = tuple(build.context.named)
    # As long as the rules are those of the same text, they are the same object.
    place = (build.path, build.context.root, build.ignore, build.snapshot.state_of_names())
    return (place, final, named, stages, tuple(copies), _binds(build))


def stage_file(build: Build, stages: tuple[Stage, ...], path: str, depth: int = 0) -> str | None:
    """The file of the project that stages, built on one another, put at a path of the image."""
    found = copies_by_stage(build)
    for stage in reversed(stages):
        for copy in reversed(found.get(stage.index, ())):
            if copy.origin is None:
                mapping = copy.provider(path)
                if mapping is not None:
                    return join(build.context.root or "/", mapping.context)
                continue
            source = build.stage_named(copy.origin, stage.index)
            if source is None or copy.destination is None or depth > _MAX_DEPTH:
                continue
            inner = chain(build, source)
            for origin in _origins(build, copy.instruction, copy.destination, copy.into, path):
                located = stage_file(build, inner, origin, depth + 1)
                if located is not None:
                    return located
    return None


def _origins(build: Build, instruction: Instruction, destination: str, into: bool, path: str) -> list[str]:
    """The paths in another stage that ``COPY --from`` may have taken a file from."""
    words = instruction.words[:-1] if instruction.json is None else instruction.json[:-1]
    state = states(build)[instruction.index]
    below = inside(path, destination)
    found = []
    for word in words:
        text = state.expand(word.raw if instruction.json is None else word.value, build.tree.escape)
        if text is None or below is None:
            continue
        root = join("/", text)
        if below:
            found.append(join(root, below))
        if into and (inner := inside(path, join(destination, posixpath.basename(root)))) is not None:
            found.append(join(root, inner) if inner else root)
        elif not below:
            found.append(root)
    return found[:_MAX_ORIGINS]
