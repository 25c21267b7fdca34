"""Secrets in a build context: which are sent, and which instructions put them into the image."""

from __future__ import annotations

import posixpath

from prebake.build.build import Build, fact
from prebake.build.context.use import needed_stages
from prebake.build.copies import Copy, SourceKind, copies_by_stage
from prebake.build.paths import inside
from prebake.build.shipping import ships
from prebake.build.startup import final_chain
from prebake.build.state import chain, states
from prebake.files import Kind, join
from prebake.project.measuring.secretnames import MAX_BYTES
from prebake.project.measuring.secrets import is_environment, is_harmless, is_made_up, is_opaque, secret_in, values_in
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_MOST_CANDIDATES = 300
_MOST_TEMPLATES = 4
_FOLDERS = frozenset({SourceKind.ROOT, SourceKind.FOLDER, SourceKind.GLOB})
_REMOVES = regex(r"\brm\b|\bunlink\b|\bshred\b")


def is_git_config(path: str) -> bool:
    """Whether a path is that of a repository's own settings, which hold the address of its remote."""
    return f"/{path}".endswith("/.git/config")


class Leak(NamedTuple):
    """A secret that an instruction copies without naming it.

    ``path`` is relative to the context root. ``shipped`` says that the image has it, and not only a stage on the way;
    ``tracked`` that git has it, too; ``local`` that git ignores it, so that only this machine has it.
    """

    path: str
    what: str
    instruction: Instruction
    shipped: bool
    tracked: bool
    local: bool

    @property
    def is_grave(self) -> bool:
        """Whether the image gives away what nobody else could have."""
        return self.shipped and not self.tracked


@fact
def sent_secrets(build: Build) -> dict[str, str]:
    """The files with secrets that are sent to the builder, by path relative to the context root; none while the context
    is being measured.

    Keys among tests and examples count only where git ignores them.
    """
    scan, root = build.scan, build.context.root
    if scan is None or root is None:
        return {}
    found: dict[str, str] = {}
    marks = scan.landmarks
    candidates = [mark.path for mark in marks if mark.kind == "secret"]
    candidates += [f"{mark.path}/config" for mark in marks if mark.kind == "version-control" and mark.name == ".git"]
    candidates = sorted(filter(build.ignore.sends, candidates), key=lambda path: (path.count("/"), path))
    for path in candidates[:_MOST_CANDIDATES]:
        place = join(root, path)
        entry = build.snapshot.stat(place)
        if entry is None or entry.kind is not Kind.FILE or not 0 < entry.size <= MAX_BYTES:
            continue
        if is_opaque(path):
            secret = None if is_harmless(path) else "a store of keys"
        else:
            text = build.snapshot.text(place)
            known = _template_values(build, path) if is_environment(path) else frozenset()
            secret = secret_in(path, text, known) if text is not None else None
        if secret is not None:
            found[path] = secret
    doubtful = [join(root, path) for path in found if is_made_up(path)]
    ignored = build.snapshot.git_ignored(doubtful)
    return {path: secret for path, secret in found.items() if not is_made_up(path) or join(root, path) in ignored}


def _template_values(build: Build, path: str) -> frozenset[str]:
    """The values in the templates beside a file of variables, ``.env.example`` and its like."""
    folder = join(build.context.root or "/", posixpath.dirname(path))
    names = [entry.name for entry in build.snapshot.list(folder) if "env" in entry.name and is_harmless(entry.name)]
    texts = (build.snapshot.text(join(folder, name)) for name in names[:_MOST_TEMPLATES])
    return frozenset().union(*(values_in(text) for text in texts if text is not None))


@fact
def leaks(build: Build) -> tuple[Leak, ...]:
    """The secrets that COPY or ADD put into a layer along with everything else, the gravest first.

    What an instruction names, or an exception of the ignore file lets in by name, is there on purpose.
    """
    carriers = [
        copy
        for stage in needed_stages(build)
        for copy in copies_by_stage(build).get(stage.index, ())
        if any(source.kind in _FOLDERS for source in copy.sources)
    ]
    if not carriers:
        return ()
    named = named_files(build)
    paths = [path for path in sent_secrets(build) if path not in named and not _let_in(build, path)]
    taken: dict[str, list[Copy]] = {}
    for copy in carriers:
        for path in paths:
            if below(copy, path) is not None:
                taken.setdefault(path, []).append(copy)
    root = build.context.root or "/"
    places = [join(root, path) for path in taken]
    local = build.snapshot.git_ignored(places)
    tracked = build.snapshot.git_tracked(place for place in places if place not in local)
    found: list[Leak] = []
    for path, by in taken.items():
        shipping = next((copy for copy in by if _reaches_image(build, copy, path)), None)
        copy = shipping or by[0]
        place = join(root, path)
        # What git keeps of itself is no file of the repository.
        is_git = is_git_config(path)
        leak = Leak(
            path,
            sent_secrets(build)[path],
            copy.instruction,
            shipping is not None,
            place in tracked and not is_git,
            place in local and not is_git,
        )
        found.append(leak)
    return tuple(sorted(found, key=lambda leak: (not leak.is_grave, not leak.shipped, leak.path)))


@fact
def named_files(build: Build) -> frozenset[str]:
    """The files that a COPY or ADD of this build names, wildcards included."""
    return frozenset(
        item.context
        for stage in needed_stages(build)
        for copy in copies_by_stage(build).get(stage.index, ())
        for item in copy.mappings
        if not item.folder and copy.sources[item.source].kind in (SourceKind.FILE, SourceKind.GLOB)
    )


def _let_in(build: Build, path: str) -> bool:
    """Whether an exception of the ignore file names a file."""
    name = posixpath.basename(path)
    return any(
        pattern.negated and pattern.pattern in (path, name, f"**/{name}") and pattern.problem is None
        for pattern in build.ignore.patterns
    )


def below(copy: Copy, path: str) -> str | None:
    """The path of a file below the folder that a COPY takes it with; ``None`` where it does not."""
    for source in copy.sources:
        found: str | None = None
        if source.kind is SourceKind.ROOT and source.path:  # each entry of the root is a source
            first, _, rest = path.partition("/")
            found = rest or first
        elif source.kind in (SourceKind.ROOT, SourceKind.FOLDER):
            found = inside(path, source.path) if source.path else path
        elif source.kind is SourceKind.GLOB:
            folders = (item.context for item in copy.mappings if item.folder)
            found = next((part for folder in folders if (part := inside(path, folder))), None)
        if found and copy.takes(found):
            return found
    return None


def _reaches_image(build: Build, copy: Copy, path: str) -> bool:
    """Whether the finished image has a file that an instruction copies: its layer ships, or is copied from stage to
    stage with the folder it lies in.
    """
    if ships(build, copy.instruction):
        return True
    part = below(copy, path)
    if copy.destination is None or part is None or copy.instruction.stage is None:
        return False
    final = {stage.index for stage in final_chain(build)}
    todo = [(copy.instruction.stage, copy.instruction.index, posixpath.join(copy.destination, part))]
    seen: set[tuple[int, str]] = set()
    while todo:
        number, after, place = todo.pop()
        if (number, place) in seen or _removed(build, number, after, place):
            continue
        seen.add((number, place))
        for stage in needed_stages(build):
            for other in copies_by_stage(build).get(stage.index, ()):
                goes = _goes_on(build, other, number, place)
                if goes is None:
                    continue
                if stage.index in final:
                    return True
                todo.append((stage.index, other.instruction.index, goes))
    return False


def _removed(build: Build, stage: int, after: int, place: str) -> bool:
    """Whether a later RUN of a stage removes a file, so that what is copied from the stage lacks it."""
    name = posixpath.basename(place)
    return any(
        item.keyword == "RUN" and item.index > after and name in item.body.text and _REMOVES.search(item.body.text)
        for item in build.tree.stages[stage].instructions
    )


def _goes_on(build: Build, copy: Copy, stage: int, place: str) -> str | None:
    """Where a COPY --from puts a file of a stage; ``None`` when it does not take it."""
    instruction = copy.instruction
    if copy.origin is None or copy.destination is None:
        return None
    source = build.stage_named(copy.origin, instruction.stage or 0)
    if source is None or all(below.index != stage for below in chain(build, source)):
        return None
    words = instruction.words[:-1] if instruction.json is None else instruction.json[:-1]
    for word in words:
        text = states(build)[instruction.index].expand(word.raw if instruction.json is None else word.value)
        part = inside(place, posixpath.normpath(join("/", text))) if text else None
        if part is not None:
            return posixpath.join(copy.destination, part or posixpath.basename(place))
    return None
