"""Where a Dockerfile's build context is, and how we know.

What someone wrote down (settings, compose files, bake files, commands) is evidence of how the image is built; only
where there is none is the context inferred from the Dockerfile.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prebake.discovery import is_dockerfile
from prebake.files import Snapshot, ancestors, parent
from prebake.project.contexts.evidence import DECISIVE, WEAK, WRITTEN, Context, Evidence, Provider, Subject
from prebake.project.contexts.implied import implied_folder
from prebake.project.contexts.sources import context_sources, exists
from prebake.syntax.dockerfile import Dockerfile, parse
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.config import Settings

__all__ = ["Context", "Evidence", "find_contexts", "known_contexts"]


def _copy_sources(subject: Subject) -> Iterator[Context]:
    sources = context_sources(subject.tree)
    around = ancestors(parent(subject.path), subject.project)
    holding = [folder for folder in around if _holds(subject, folder, sources)]
    if sources and holding:
        detail = "the nearest folder that holds all sources of COPY"
        yield Context(holding[0], Evidence("copy-sources", detail=detail))
    implied = implied_folder(subject.snapshot, subject.tree, holding)
    if implied not in (None, parent(subject.path)):
        detail = "the folder that holds the paths the Dockerfile uses"
        yield Context(implied, Evidence("copy-sources", detail=detail))


def _dockerfile(subject: Subject) -> Iterator[Context]:
    yield Context(parent(subject.path), Evidence("dockerfile", detail="the Dockerfile's folder"))


_INFERRED: tuple[Provider, ...] = (_copy_sources, _dockerfile)


def find_contexts(
    snapshot: Snapshot, dockerfile_path: str, tree: Dockerfile, project_root: str, settings: Settings
) -> tuple[Context, ...]:
    """The contexts that a Dockerfile is built from, the most trusted first; at least one.

    A setting decides alone. Else what is written down counts, group by group up to the first that tells of a build
    from this machine; what is sent from here comes before what the builder fetches, and a context whose folder is
    missing is none. Only without any of that is the context inferred.
    """
    subject = Subject(snapshot, dockerfile_path, tree, project_root, settings)
    decided = _usable(subject, DECISIVE)
    if decided:
        return _distinct(decided)
    found: list[Context] = []
    for number in range(len(WRITTEN)):
        found += _supported(subject, _written(subject, number))
        if any(not context.remote for context in found):
            break
    if found and not _is_misread(subject, found):
        return _distinct(sorted(_with_whole(found), key=lambda context: context.remote))
    inferred = next(context for provider in _INFERRED for context in provider(subject))
    return (_with_target(inferred, settings, dockerfile_path),)


def known_contexts(
    snapshot: Snapshot, dockerfile_path: str, project_root: str, settings: Settings
) -> tuple[Context, ...]:
    """The contexts of a Dockerfile; see :func:`find_contexts`.

    Remembered: no other Dockerfile's text and no Python file's says anything about them, so that none of hundreds of
    Dockerfiles is looked at again while one of those is typed in.
    """
    text = snapshot.text(dockerfile_path)
    told = frozenset(item for item in snapshot.changed.items() if not _says_nothing(item[0]))
    state = snapshot.state_of_names(), told, settings, text
    known = _contexts.get((project_root, dockerfile_path))
    if known is None or known[0] != state:
        if len(_contexts) >= _MOST_REMEMBERED:
            _contexts.clear()
        found = find_contexts(snapshot, dockerfile_path, parse(text or Text("")), project_root, settings)
        known = _contexts[project_root, dockerfile_path] = state, found
    return known[1]


def _says_nothing(path: str) -> bool:
    return path.endswith(".py") or is_dockerfile(posixpath.basename(path))


_contexts: dict[tuple[str, str], tuple[object, tuple[Context, ...]]] = {}

# What other files say of a Dockerfile stays true while it is typed in.
_told: dict[tuple[str, str, int], tuple[object, list[Context]]] = {}
_MOST_REMEMBERED = 4096


def _written(subject: Subject, group: int) -> list[Context]:
    """What a group of :data:`WRITTEN` tells."""
    key = subject.path, subject.project, group
    state = subject.snapshot.is_file(subject.path), subject.snapshot.state_without(subject.path)
    known = _told.get(key)
    if known is None or known[0] != state:
        if len(_told) >= _MOST_REMEMBERED:
            _told.clear()
        known = _told[key] = state, _usable(subject, WRITTEN[group])
    return known[1]


def _usable(subject: Subject, providers: tuple[Provider, ...]) -> list[Context]:
    """What providers tell, without contexts whose folder is missing."""
    found = (context for provider in providers for context in provider(subject))
    return [context for context in found if context.root is None or subject.snapshot.is_dir(context.root)]


def _supported(subject: Subject, found: list[Context]) -> list[Context]:
    """Without what contradicts better evidence: another folder than the most trusted kind of evidence names counts only
    where all sources of COPY are in it. Weak evidence is never trusted most.
    """
    roots = dict.fromkeys(context.root for context in found)
    if len(roots) < 2:
        return found
    sources = context_sources(subject.tree)
    holding: set[str | None] = {root for root in roots if root and _holds(subject, root, sources)}
    kinds = (context.evidence.kind for context in found if not context.remote)
    best = next((kind for kind in kinds if kind not in WEAK), None)
    trusted = {context.root for context in found if context.remote or context.evidence.kind == best} | holding
    return [context for context in found if context.root in trusted] if trusted else found


def _is_misread(subject: Subject, found: list[Context]) -> bool:
    """Whether weak evidence names a folder that lacks a source of COPY while another one holds them all."""
    if any(context.remote or context.evidence.kind not in WEAK for context in found):
        return False
    sources = context_sources(subject.tree)
    roots = {context.root for context in found}
    lacking = not any(root and _holds(subject, root, sources) for root in roots)
    return lacking and any(
        _holds(subject, folder, sources) for folder in ancestors(parent(subject.path), subject.project)
    )


def _with_whole(found: list[Context]) -> list[Context]:
    """With the build of the last stage, where nothing but weak evidence speaks and each of it builds another stage: a
    test or a linter most likely, beside the image that somebody builds elsewhere.
    """
    if any(context.evidence.kind not in WEAK or context.target is None for context in found):
        return found
    return [found[0]._replace(target=None), *found]


def _holds(subject: Subject, folder: str, sources: tuple[str, ...]) -> bool:
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
