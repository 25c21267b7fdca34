"""Sources that are not in the context at all: whether that can be said, what brings them, and what is there instead."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from prebake.build.build import Build, fact
from prebake.build.context.arriving.makers import Maker, is_git_ignored, maker_of, submodule_of
from prebake.build.context.arriving.sources import Lost, Site, has_submodules, lost_sources, sites
from prebake.build.context.unnamed import folders
from prebake.files import Kind, ancestors, is_below, join, parent, relative
from prebake.project.contexts.evidence import INFERRED, WEAK
from prebake.project.contexts.sources import exists
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import WILDCARDS

_PLACEHOLDER = regex(r"[{}<>@%$]|__\w+__|\b(?:path/to/|(?i:your)[-_])")
"""What a path has that is to be replaced; a variable's value may be another one when the image is built."""
_SAMPLES = frozenset(
    {
        *("test", "tests", "testdata", "testfiles", "testing", "fixtures", "__fixtures__", "__tests__", "e2e", "spec"),
        "mocks",
    }
)
"""Folders of Dockerfiles that are read by tests and not built."""
_OF_OTHERS = frozenset({"vendor", "node_modules", "third_party", "site-packages"})
"""Folders with copies of other projects, seldom whole."""
_PUTS_TOGETHER = regex(r"\.?goreleaser.*\.ya?ml|BUILD(?:\.bazel)?")
"""Files of tools that gather what an image is built from in a folder of their own."""
_MOST_LOOKED = 400
_ALIKE = 0.75
_FEW = 3
"""More sources than these that are missing, and more than twice those that are there, are a checkout of a part."""


class Absent(NamedTuple):
    """A source that is not in the context.

    ``near`` are paths that are there and may be meant, the likeliest first; ``case`` says that the first differs in
    case alone. ``maker`` is what brings it before the build; ``ignored`` says that git ignores it, so that a fresh
    clone never has it. ``link`` is where a link of this name leads that leaves the context, an absolute path where the
    link holds one of a place in the context, which is not where builders look for it. ``empty``: it is there, a folder
    without anything in it where git has not fetched a submodule.
    """

    lost: Lost
    near: tuple[str, ...]
    case: bool
    maker: Maker | None
    ignored: bool
    link: str | None = None
    empty: bool = False


@fact
def absent_sources(build: Build) -> tuple[Absent, ...]:
    """The sources that are not in the context, where that is certain enough to be said."""
    lost = [item for item in lost_sources(build) if not item.left_out and not _is_optional(item)]
    empty = tuple(_empty(build))
    if not lost or _is_part(build, lost) or _is_built_elsewhere(build):
        return empty
    found = [_absent(build, item) for item in lost if not _is_doubtful(build, item.site)]
    return (*found, *empty) if _is_supported(build, found) else empty


def _is_part(build: Build, lost: list[Lost]) -> bool:
    """Whether not all of the project is here, whatever tells of the rest: a checkout of a part."""
    missing = {item.site.path for item in lost}
    there = {site.path for site in sites(build)} - missing
    if len(missing) <= _FEW or len(missing) <= 2 * len(there):
        return False
    return not any(_same_but_for_case(build, path) for path in missing)


def _empty(build: Build) -> Iterator[Absent]:
    """The submodules that instructions copy and git has not fetched."""
    root = build.context.root
    if root is None or build.context.remote or not has_submodules(build):
        return
    for site in sites(build):
        place = join(root, site.path)
        if not site.is_file and build.snapshot.is_dir(place) and not build.snapshot.list(place):
            maker = submodule_of(build, site.path)
            if maker is not None:
                yield Absent(Lost(site, (), stops=False), (), False, maker, False, empty=True)


def _is_optional(lost: Lost) -> bool:
    """Whether a wildcard that selects nothing may be meant to: ``requirements*.txt``, ``poetry.lock*``, or one of
    several sources.
    """
    if lost.stops or not lost.site.is_glob:
        return False
    name = posixpath.basename(lost.site.path)
    return not lost.site.alone or not name.startswith("*") or lost.site.form == "parents"


def _is_doubtful(build: Build, site: Site) -> bool:
    """Whether a path is no path yet, or lies where the image may be built from just as well."""
    if "{{" in site.instruction.raw and site.form != "mount":
        return True  # the words of a template
    if _PLACEHOLDER.search(site.instruction.raw[site.token.start : site.token.end]):
        return True
    root = build.context.root or "/"
    others = [context.root for context in build.contexts if context.root not in (None, root)]
    kind = build.context.evidence.kind
    if kind in INFERRED | WEAK:
        others += ancestors(parent(build.path), build.root)
    if any(other is not None and other != root and exists(build.snapshot, other, site.path) for other in others):
        return True
    return kind in INFERRED and _is_somewhere(build, site.path)


def _is_somewhere(build: Build, path: str) -> bool:
    """Whether another folder of the project has this path in it: it may be the context."""
    level, looked = [build.root], 0
    while level:
        below: list[str] = []
        for folder in level:
            looked += 1
            if looked > _MOST_LOOKED:
                return False
            if folder != build.context.root and exists(build.snapshot, folder, path):
                return True
            below += [
                join(folder, entry.name)
                for entry in build.snapshot.list(folder)
                if entry.kind is Kind.DIRECTORY and entry.name not in (".git", "node_modules", ".venv", "venv")
            ]
        level = below
    return False


def _is_built_elsewhere(build: Build) -> bool:
    """Whether another tool puts the context together, or the file is a sample that nobody builds."""
    if any(mark in build.text.content for mark in ("{%", "{{-", "<%=")):
        return True
    above = {name.lower() for name in relative(parent(build.path), build.root).split("/")}
    if _OF_OTHERS & above or (_SAMPLES & above and build.context.evidence.kind in INFERRED):
        return True
    name = posixpath.basename(build.path)
    for folder in dict.fromkeys((parent(build.path), build.context.root or "/", build.root)):
        for entry in build.snapshot.list(folder):
            if entry.kind is not Kind.FILE or not _PUTS_TOGETHER.fullmatch(entry.name):
                continue
            text = build.snapshot.text(join(folder, entry.name))
            if text is not None and (name in text.content or "dockers" in text.content):
                return True
    return False


def _is_supported(build: Build, found: list[Absent]) -> bool:
    """Whether the context is the right one: it is written down, or has another source of the Dockerfile, or something
    that is spelled nearly so; and more is there than is missing without a reason.
    """
    if any(item.case for item in found):
        return True
    root = build.context.root or "/"
    there = {site.path for site in sites(build) if exists(build.snapshot, root, site.path)}
    unexplained = {item.lost.site.path for item in found if item.maker is None and not item.ignored}
    if len(unexplained) > max(len(there), 1):
        return False
    return bool(there) or build.context.evidence.kind not in INFERRED


def _absent(build: Build, lost: Lost) -> Absent:
    path = lost.site.path
    near, case = _near(build, path)
    ignored = is_git_ignored(build, path)
    maker = None if case else maker_of(build, path)
    return Absent(lost, near, case, maker, ignored, _link(build, path))


def _link(build: Build, path: str) -> str | None:
    """Where a link leads that is there but not to be followed in the context."""
    root = build.context.root or "/"
    resolved = build.snapshot.resolve(join(root, path))
    if resolved is not None and not is_below(resolved, build.snapshot.resolve(root) or root):
        return relative(resolved, root)
    written = build.snapshot.link(join(root, path)) if resolved is not None else None
    return written if written is not None and written.startswith("/") else None


class _Break(NamedTuple):
    """Where a path leaves what is there: the last folder that is, what it holds, and the parts that follow."""

    folder: str
    names: tuple[str, ...]
    part: str
    rest: tuple[str, ...]

    def there(self, build: Build, names: Iterable[str]) -> tuple[str, ...]:
        """The paths that are there when one of these names takes the place of the part that is not."""
        root = build.context.root or "/"
        paths = (posixpath.join(self.folder, name, *self.rest) for name in names)
        return tuple(path for path in paths if exists(build.snapshot, root, path))


def _break(build: Build, path: str) -> _Break | None:
    """Where a path breaks off; ``None`` where a wildcard comes before."""
    root = build.context.root or "/"
    folder, parts = "", path.split("/")
    for number, part in enumerate(parts):
        if WILDCARDS & set(part):
            return None
        names = _names(build).get(folder)
        if names is None:
            listed = build.snapshot.list(join(root, folder) if folder else root)
            names = _names(build)[folder] = tuple(entry.name for entry in listed)
        if part not in names:
            return _Break(folder, names, part, tuple(parts[number + 1 :]))
        folder = posixpath.join(folder, part)
    return None


@fact
def _names(build: Build) -> dict[str, tuple[str, ...]]:
    """The names in the folders of the context that were looked into."""
    return {}


def _same_but_for_case(build: Build, path: str) -> tuple[str, ...]:
    """The paths that differ from one that is missing in case alone."""
    at = _break(build, path)
    return () if at is None else at.there(build, [name for name in at.names if name.lower() == at.part.lower()])


def _near(build: Build, path: str) -> tuple[tuple[str, ...], bool]:
    """Paths of the context that may be meant, and whether the first differs in case alone."""
    from difflib import get_close_matches

    same = _same_but_for_case(build, path)
    if same:
        return same, True
    if WILDCARDS & set(path):
        return (), False
    at = _break(build, path)
    alike = at.there(build, get_close_matches(at.part, at.names, n=3, cutoff=_ALIKE)) if at is not None else ()
    if alike:
        return alike, False
    name = posixpath.basename(path)
    elsewhere = (posixpath.join(place, name) for place, names in folders(build).items() if name in names)
    return tuple(sorted(elsewhere, key=lambda item: (item.count("/"), item)))[:2], False
