"""What a Dockerfile takes from its build context: everything, or certain paths."""

from __future__ import annotations

from prebake.build.build import Build, fact
from prebake.build.copies import SourceKind, copies
from prebake.build.state import states
from prebake.project.contexts.find import Context, known_contexts
from prebake.project.contexts.layout import dockerfiles
from prebake.project.contexts.sources import mount_options
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.syntax.glob import clean


class ContextUse(NamedTuple):
    """The instructions of the stages that are built which read the context.

    ``broad`` are the COPY and ADD instructions that take all of it, ``mounts`` the RUN instructions that mount all of
    it. ``paths`` are the sources of all others, relative to the context root, wildcards as they are written;
    ``unknown`` says that some sources depend on a variable without a known value.
    """

    broad: tuple[Instruction, ...]
    mounts: tuple[Instruction, ...]
    paths: tuple[str, ...]
    unknown: bool

    @property
    def is_broad(self) -> bool:
        """Whether all of the context is read."""
        return bool(self.broad or self.mounts)

    @property
    def is_any(self) -> bool:
        """Whether anything of the context is read."""
        return self.is_broad or bool(self.paths) or self.unknown


@fact
def needed_stages(build: Build) -> tuple[Stage, ...]:
    """The stages that BuildKit builds for the final one: those it is built on, copies from or mounts."""
    found: dict[int, Stage] = {}
    todo = [build.final_stage]
    while todo:
        stage = todo.pop()
        if stage is None or stage.index in found:
            continue
        found[stage.index] = stage
        names = [stage.base]
        for instruction in (item for item in stage.instructions if item.flags):
            names += instruction.flag_values("from")
            names += [mount_options(value).get("from", "") for value in instruction.flag_values("mount")]
        expand = states(build)[stage.instruction.index].expand
        todo += [build.stage_named(expand(name) or name, stage.index) for name in names if name]
    return tuple(found[index] for index in sorted(found))


@fact
def context_use(build: Build) -> ContextUse:
    """What this build takes from its context."""
    broad: list[Instruction] = []
    mounts: list[Instruction] = []
    paths: dict[str, None] = {}
    unknown = False
    resolved = copies(build)
    for stage in needed_stages(build):
        for instruction in stage.instructions:
            copy = resolved.get(instruction.index)
            if copy is not None and copy.from_context:
                if copy.broad:
                    broad.append(instruction)
                for source in copy.sources:
                    unknown = unknown or source.kind is SourceKind.UNKNOWN
                    if source.path is not None and source.kind is not SourceKind.ROOT:
                        paths[source.path] = None
            elif instruction.keyword == "RUN" and instruction.flags:
                sources = _mounted(build, instruction)
                mounts += [instruction] if "" in sources else []
                paths.update(dict.fromkeys(source for source in sources if source))
    return ContextUse(tuple(broad), tuple(mounts), tuple(paths), unknown)


def _mounted(build: Build, instruction: Instruction) -> list[str]:
    """The sources of a RUN's bind mounts of the context, ``""`` for its root."""
    found = (mounted(build, instruction, value) for value in instruction.flag_values("mount"))
    return [source for source in found if source is not None]


def mounted(build: Build, instruction: Instruction, value: str) -> str | None:
    """What of the context a ``--mount`` of RUN mounts, ``""`` for its root; ``None`` where it is not of the context, or
    not known.
    """
    options = mount_options(value)
    if options.get("type", "bind") != "bind" or "from" in options:
        return None
    written = options.get("source", options.get("src", "."))
    text = states(build)[instruction.index].expand(written, build.tree.escape)
    return None if text is None else clean("/" + text)[1:]


@fact
def neighbours(build: Build) -> tuple[Build, ...]:
    """The builds of all Dockerfiles in the project that share this build's context, itself first."""
    settings = build.settings.builder, tuple(build.settings.targets.items())
    key = build.root, settings, build.snapshot.state_without(build.path)
    others = _others.get(key)
    if others is None:
        if len(_others) >= _MOST_REMEMBERED:
            _others.clear()
        others = _others[key] = _Others()
    paths = [path for path in dockerfiles(build.snapshot, build.root) if path != build.path]
    return (build, *others.sharing(build, paths))


class _Others:
    """Other Dockerfiles of a project, with their contexts and builds."""

    def __init__(self) -> None:
        self._contexts: dict[str, tuple[Context, ...]] = {}
        self._on: dict[str | None, dict[str, Context]] = {}
        self._builds: dict[tuple[str, str | None], Build] = {}

    def sharing(self, build: Build, paths: list[str]) -> list[Build]:
        """The builds of those of some Dockerfiles that have a build's context."""
        for path in paths:
            if path not in self._contexts:
                is_there = build.snapshot.text(path) is not None
                contexts = known_contexts(build.snapshot, path, build.root, build.settings) if is_there else ()
                self._contexts[path] = contexts
                for context in contexts:
                    self._on.setdefault(context.root, {}).setdefault(path, context)
        here = self._on.get(build.context.root, {})
        return [self._build(build, path, here[path]) for path in paths if path in here]

    def _build(self, build: Build, path: str, context: Context) -> Build:
        key = path, context.root
        if key not in self._builds:
            self._builds[key] = Build(
                build.snapshot,
                path,
                build.settings,
                root=build.root,
                contexts=self._contexts[path],
                context=context,
                scanner=lambda *_: None,
            )
        return self._builds[key]


# Every keystroke in one Dockerfile asks for the others, and so does each of them; what is known of them stays true.
_others: dict[tuple[object, ...], _Others] = {}
_MOST_REMEMBERED = 16


@fact
def named_sources(build: Build) -> tuple[str, ...]:
    """The sources, relative to the context root, that instructions of any Dockerfile on this context name."""
    return tuple(dict.fromkeys(path for other in neighbours(build) for path in context_use(other).paths))


def text_of(build: Build, keywords: frozenset[str]) -> str:
    """The arguments of all instructions of these kinds in the stages that are built, one after the other."""
    known = _texts(build)
    if keywords not in known:
        known[keywords] = "\n".join(
            text
            for stage in needed_stages(build)
            for instruction in stage.instructions
            if instruction.keyword in keywords
            for text in (instruction.body.text, *(heredoc.body for heredoc in instruction.heredocs))
        )
    return known[keywords]


@fact
def _texts(build: Build) -> dict[frozenset[str], str]:
    return {}
