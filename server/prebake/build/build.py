"""One Dockerfile in its project: the object that every rule is given.

It holds where to look; the facts themselves are functions of it, each in the module that knows how to find it out,
marked with :func:`fact` or :func:`fact_at` so that they are computed once however many rules ask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from prebake.files import Snapshot, is_below, parent, relative
from prebake.findings import Location
from prebake.syntax.dockerfile import Dockerfile, Instruction, Stage, parse
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.config import Settings
    from prebake.project.contexts.find import Context
    from prebake.project.contexts.namedcontexts import NamedContext
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.scan import ContextScan

T = TypeVar("T")

Scanner = Callable[[Snapshot, str, "IgnoreRules"], "ContextScan | None"]
"""Measures a context root under ignore rules; ``None`` when that is still under way."""


class Token(Protocol):
    """Anything with offsets relative to its instruction."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class Build:
    """The build of one Dockerfile from one context. Lives for one analysis; never changes."""

    def __init__(
        self,
        snapshot: Snapshot,
        path: str,
        settings: Settings,
        *,
        root: str,
        contexts: tuple[Context, ...],
        context: Context,
        scanner: Scanner,
    ) -> None:
        """``path`` is the Dockerfile's, ``root`` the project's top folder; ``context`` is the one of ``contexts`` that
        this analysis is about.
        """
        self.snapshot = snapshot
        self.path = path
        self.settings = settings
        self.root = root
        self.contexts = contexts
        self.context = context
        self._scanner = scanner
        self._facts: dict[Callable[..., Any], Any] = {}

    @cached_property
    def text(self) -> Text:
        """The Dockerfile's text; empty when it cannot be read."""
        return self.snapshot.text(self.path) or Text("")

    @cached_property
    def tree(self) -> Dockerfile:
        """The parsed Dockerfile."""
        return parse(self.text)

    @cached_property
    def ignore(self) -> IgnoreRules:
        """The ignore file in force for the context; one without patterns when there is none."""
        from prebake.project.ignore.inforce import in_force

        root = None if self.context.remote else self.context.root
        return in_force(self.snapshot, self.path, root, self.settings.builder)

    @cached_property
    def scan(self) -> ContextScan | None:
        """What the context holds and sends; ``None`` while that is still being measured, or for a remote context."""
        root = self.context.root
        return None if root is None or self.context.remote else self._scanner(self.snapshot, root, self.ignore)

    @cached_property
    def final_stage(self) -> Stage | None:
        """The stage that ships: the context's target where it names one, else the last; ``None`` without any FROM."""
        stages = self.tree.stages
        target = (self.context.target or "").lower()
        named = next((stage for stage in stages if target and target in (stage.name, str(stage.index))), None)
        return named or (stages[-1] if stages else None)

    def with_text(self, text: Text) -> Build:
        """The build of another text of the Dockerfile from the same context: what would be if it were written so."""
        return Build(
            self.snapshot.overlay({self.path: text}),
            self.path,
            self.settings,
            root=self.root,
            contexts=self.contexts,
            context=self.context,
            scanner=self._scanner,
        )

    def stage_named(self, name: str, before: int) -> Stage | None:
        """The stage that a name or number means in FROM and ``--from``, among those before stage number ``before``;
        ``None`` for an image and for a named context, which replaces a stage of the same name.
        """
        return None if self.named_context(name) is not None else self.tree.stage_named(name, before)

    def named_context(self, name: str) -> NamedContext | None:
        """The named build context that a name means in FROM and ``--from``; ``None`` for a stage or an image."""
        if not self.context.named:
            return None
        from prebake.project.contexts.namedcontexts import find_named

        return find_named(self.context.named, name)

    def stage_of(self, instruction: Instruction) -> Stage:
        """The stage that an instruction stands in; the first one for an ARG above it. Asks for a file with a FROM."""
        return self.tree.stages[instruction.stage or 0]

    def key(self, instruction: Instruction, text: str | None = None) -> str:
        """What an instruction is known by in this file, without line numbers: its stage, and its words or ``text``."""
        stage = self.stage_of(instruction)
        words = " ".join((instruction.keyword, *(word.value for word in instruction.words)))
        return f"{stage.name or stage.index}: {words if text is None else text}"

    def location(self, instruction: Instruction, token: Token | None = None) -> Location:
        """Where an instruction, or a token of it, stands in the Dockerfile."""
        return Location(self.path, instruction.span if token is None else instruction.span_of(token))

    def relative(self, path: str) -> str:
        """A path as the user would write it: seen from the context root, else from the project's top folder."""
        root = self.context.root
        return relative(path, root if root is not None and is_below(path, root) else self.root)


def fact(compute: Callable[[Build], T]) -> Callable[[Build], T]:
    """Mark a function of a :class:`Build` as a fact: it is computed at most once for each."""

    @wraps(compute)
    def remembered(build: Build) -> T:
        facts = build._facts
        if compute not in facts:
            facts[compute] = compute(build)
        result: T = facts[compute]
        return result

    return remembered


def fact_at(compute: Callable[[Build, Instruction], T]) -> Callable[[Build, Instruction], T]:
    """Mark a function of a :class:`Build` and one of its instructions as a fact: it is computed at most once for each,
    and only for those that somebody asks about.
    """

    @wraps(compute)
    def remembered(build: Build, instruction: Instruction) -> T:
        known: dict[int, T] = build._facts.setdefault(compute, {})
        if instruction.index not in known:
            known[instruction.index] = compute(build, instruction)
        return known[instruction.index]

    return remembered


def project_root(snapshot: Snapshot, path: str, workspace: str | None = None) -> str:
    """The top folder of the project a file belongs to: the git work tree, else the workspace folder around it, else the
    file's own folder.
    """
    folder = parent(path)
    root = snapshot.git_root(folder)
    if root is not None:
        return root
    return workspace if workspace is not None and is_below(path, workspace) else folder
