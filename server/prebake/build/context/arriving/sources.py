"""Whether the sources of COPY, ADD and bind mounts reach the builder: sent, left out by the ignore file, or not there.

What counts is the walk over the context, which decides what is sent. BuildKit's own check of ignored sources asks each
path alone, and not at all where the ignore file has exceptions; what makes a build stop is that a file was not sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from prebake.build.build import Build, Token, fact
from prebake.build.builders import LEGACY, builder_of
from prebake.build.context.use import context_use, mounted, needed_stages
from prebake.build.contextfiles import ContextFiles, TooMany
from prebake.build.copies import SourceKind, copies
from prebake.files import Kind, Snapshot, is_below, join
from prebake.project.ignore.rules import NO_RULES, IgnoreRules
from prebake.project.links import led_to
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.glob import WILDCARDS, GlobError

Form = Literal["copy", "parents", "mount"]

_KNOWN = (SourceKind.FOLDER, SourceKind.FILE, SourceKind.GLOB, SourceKind.MISSING)
_MOUNTED = regex(r"(?:^|[=,\"'])(?:source|src)=([^,\"'\s]+)")
_MOST_FOLDERS = 2_000
"""Bound on the folders that are looked through for one file that is sent."""


class Place(NamedTuple):
    """Where a source stands, relative to its instruction."""

    start: int
    end: int


class Site(NamedTuple):
    """A source of the context as an instruction of a stage that is built names it.

    ``path`` is relative to the context root, wildcards as they are written; ``form`` tells COPY and ADD from
    ``--parents`` and from a bind mount. ``alone``: the instruction has no other source. ``is_file``: a file, or a link
    to one, is sent under this path.
    """

    instruction: Instruction
    token: Token
    path: str
    form: Form
    alone: bool = True
    is_file: bool = False

    @property
    def is_glob(self) -> bool:
        """Whether it has a wildcard; a mount has none."""
        return self.form != "mount" and bool(WILDCARDS & set(self.path))

    @property
    def folder(self) -> str:
        """The part of the path before the first component with a wildcard; all of it where there is none."""
        parts = self.path.split("/")
        wild = (number for number, part in enumerate(parts) if self.is_glob and WILDCARDS & set(part))
        return "/".join(parts[: next(wild, len(parts))])


class Lost(NamedTuple):
    """A source of which nothing reaches the builder.

    ``left_out`` are the paths in the context that the ignore file leaves out although the source names them, or a link
    that it names leads to them; none where there is no such path at all. ``stops`` says that the builder stops the
    build; else it goes on without a word and copies nothing.
    """

    site: Site
    left_out: tuple[str, ...]
    stops: bool


@fact
def sites(build: Build) -> tuple[Site, ...]:
    """The sources of the context in the stages that are built, but for its root and those that are not known."""
    found: list[Site] = []
    resolved = copies(build)
    for stage in needed_stages(build):
        for instruction in stage.instructions:
            copy = resolved.get(instruction.index)
            if copy is not None and copy.sources and copy.from_context:
                parents = any(flag.name == "parents" and flag.value != "false" for flag in instruction.flags)
                form: Form = "parents" if parents else "copy"
                alone = len(copy.sources) == 1
                found += [
                    Site(instruction, item.word, item.path, form, alone, item.kind is SourceKind.FILE)
                    for item in copy.sources
                    if item.kind in _KNOWN and item.path and "\\" not in item.path
                ]
            elif instruction.keyword == "RUN" and instruction.flags and "bind" in builder_of(build).mounts:
                found += _mounts(build, instruction)
    return tuple(found)


def _mounts(build: Build, instruction: Instruction) -> Iterator[Site]:
    for flag in instruction.flags:
        if flag.name != "mount" or flag.value is None:
            continue
        path = mounted(build, instruction, flag.value)
        if path:
            found = _MOUNTED.search(instruction.raw, flag.start, flag.end)
            place = Place(*found.span(1)) if found is not None else Place(flag.start, flag.end)
            yield Site(instruction, place, path, "mount")


@fact
def lost_sources(build: Build) -> tuple[Lost, ...]:
    """The sources of which nothing reaches the builder; none for a context that the builder fetches."""
    root = build.context.root
    if root is None or build.context.remote:
        return ()
    reach = _Reach(build.snapshot, root, build.ignore)
    found = [lost for site in sites(build) if (lost := reach.lost(site)) is not None]
    if not any(item.site.is_glob for item in found):
        return tuple(found)
    is_legacy = builder_of(build) is LEGACY
    gone = {item.site for item in found}
    brought = [site.path for site in sites(build) if site not in gone]
    return tuple(
        item._replace(stops=item.site.alone if is_legacy else not _is_brought(build, reach, item.site.folder, brought))
        if item.site.is_glob and item.site.form == "copy"
        else item
        for item in found
    )


def may_lack_sources(build: Build) -> bool:
    """Whether a source may be missing in the context, or be a submodule that git has not fetched: a cheap test, since
    mostly none is.
    """
    return any(not item.left_out for item in lost_sources(build)) or has_submodules(build)


@fact
def has_submodules(build: Build) -> bool:
    """Whether the project is a git repository with submodules."""
    top = build.snapshot.git_root(build.root)
    return top is not None and build.snapshot.is_file(join(top, ".gitmodules"))


def _is_brought(build: Build, reach: _Reach, folder: str, brought: list[str]) -> bool:
    """Whether the folder above a wildcard that selects nothing reaches the builder, as it does only with something in
    it that another source names: where it does not, BuildKit stops.
    """
    if not folder or any(is_below(path, folder) for path in brought):
        return True
    return reach.sends(folder) and (context_use(build).is_broad or any(is_below(folder, path) for path in brought))


class _Reach:
    """What of one context reaches the builder."""

    def __init__(self, snapshot: Snapshot, root: str, rules: IgnoreRules) -> None:
        self._snapshot = snapshot
        self._rules = rules
        self._files = ContextFiles(snapshot, root, NO_RULES)
        self._root = root
        self._tops: dict[str, bool] = {}
        """Whether the context has something of a name at its top: what is missing is often missing with its folder."""

    def lost(self, site: Site) -> Lost | None:
        """What became of a source of which nothing is sent; ``None`` when something is, or that cannot be told."""
        if site.is_file and not self._files.is_link(site.path):
            return None
        if site.instruction.problem is not None:
            return None
        if not site.is_glob:
            chain = self._chain(site.path)
            if chain is None:
                return None
            left_out = tuple(path for path in chain if not is_sent(self._files, self._rules, path))
            return Lost(site, left_out, stops=True) if left_out or not chain else None
        try:
            found = self._files.matches(site.path)
        except (GlobError, TooMany):
            return None
        if any(is_sent(self._files, self._rules, path) for path in found):
            return None
        return Lost(site, found, stops=False)

    def sends(self, folder: str) -> bool:
        """Whether a folder is there and reaches the builder when it is asked for."""
        return self._files.is_folder(folder) and is_sent(self._files, self._rules, folder)

    def _chain(self, path: str) -> tuple[str, ...] | None:
        """A path and, where it is a link or leads through one, the path behind it; nothing when that is not in the
        context, ``None`` where a link leads nowhere at all: what it is for may be yet to come.
        """
        top_name = path.partition("/")[0]
        if top_name not in self._tops:
            self._tops[top_name] = self._snapshot.stat(join(self._root, top_name)) is not None
        if not self._tops[top_name]:
            return ()
        place = join(self._root, path)
        if not self._files.is_link(path):
            return (path,) if self._snapshot.exists(place) else ()
        behind = led_to(self._snapshot, self._root, path)
        if behind is None or not self._snapshot.exists(join(self._root, behind)):
            return () if self._snapshot.exists(place) else None
        return (path,) if behind == path else (path, behind)


def is_sent(files: ContextFiles, rules: IgnoreRules, path: str) -> bool:
    """Whether a path that is there reaches the builder under rules: a folder does when it is not ignored itself, or
    something in it is not; a link does as the link that it is. ``files`` are those of the context without any rules.
    Where it would take long to find out, the path is taken for sent.
    """
    if files.kind(path) is not Kind.DIRECTORY or files.is_link(path):
        return rules.sends(path)
    todo, looked = [path], 0
    while todo and looked < _MOST_FOLDERS:
        folder = todo.pop()
        state = rules.folder(folder)
        if not state.ignored:
            return True
        if state.pruned:
            continue
        looked += 1
        for child, below in files.children(folder):
            if below:
                todo.append(child)
            elif rules.sends(child):
                return True
    return bool(todo)
