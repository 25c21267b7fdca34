"""What git ignores and an ignore file should leave out as well: what is large, secret or written with each run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from prebake.build.build import Build, fact
from prebake.build.context.mentions import mentions
from prebake.build.context.unread import is_closed, unread
from prebake.build.context.use import context_use, named_sources, neighbours
from prebake.files import is_below, join, parent, relative
from prebake.project.ignore.rules import IgnoreRules, rules_of
from prebake.regex import regex
from prebake.syntax.gitignore import GitPattern, translated
from prebake.syntax.glob import WILDCARDS
from prebake.syntax.ignorefile import example
from prebake.text import Text

_NAME = ".gitignore"
_WORTH = 1_000_000
_MOST_FILES = 50_000
_MOST_MATCHED = 5_000
_SECRET = regex(
    r".*(secrets?|credentials?|passwords?|service[-_]?account|api[-_]?keys?|tokens?)[^/]*\.(json|ya?ml|toml|ini|txt|env)"
    r"|.*\.(pem|key|p12|pfx)|\.env(\..*)?"
)
_PUBLIC = regex(r".*(example|sample|template|tokenizer|special_tokens|added_tokens).*")


@fact
def _git_patterns(build: Build) -> tuple[GitPattern, ...]:
    """The lines of all ``.gitignore`` files that bear on the context, the outermost file first."""
    root = build.context.root or "/"
    top = build.snapshot.git_root(root) or root
    found: list[GitPattern] = []
    if is_below(root, top) and root != top:
        below = relative(root, top).split("/")
        folders = [join(top, *below[:end]) for end in range(len(below))]
        for number, folder in enumerate(folders):
            text = build.snapshot.text(join(folder, _NAME))
            found += translated(text, "", tuple(below[number:])) if text is not None else ()
    inside = sorted(path for path in _listed(build) if path)
    for path in ("", *inside):
        text = build.snapshot.text(join(root, path, _NAME) if path else join(root, _NAME))
        found += translated(text, path) if text is not None else ()
    return tuple(found)


def _listed(build: Build) -> Iterator[str]:
    """The folders of the context that hold a ``.gitignore``, as far as it was measured."""
    if build.scan is not None:
        yield from (path for path, listing in build.scan.listings.items() if _NAME in listing.names)


@fact
def listed_names(build: Build) -> frozenset[str]:
    """The plain names that git ignores, wherever or at the context's top."""
    return frozenset(
        name
        for found in _git_patterns(build)
        if not found.negated and not WILDCARDS & set(name := found.pattern.removeprefix("**/")) and "/" not in name
    )


def taken_over(build: Build, patterns: Sequence[str]) -> tuple[str, ...]:
    """What an ignore file with these patterns should have besides, since git ignores it and it is there."""
    scan = build.scan
    if scan is None or not scan.complete or not any(context_use(other).is_broad for other in neighbours(build)):
        return ()
    lines = _git_patterns(build)
    if not lines:
        return ()
    sent = scan.rules if not patterns else rules_of(Text("\n".join(patterns)), "")
    left = [(path, size) for path, size in scan.files() if sent.sends(path)]
    if len(left) > _MOST_FILES:
        return ()
    rules = rules_of(Text("\n".join(line.line for line in lines)), "")
    matched: dict[int, list[tuple[str, int]]] = {}
    for path, size in left:
        decided = rules.deciding(path)
        if decided is not None:
            matched.setdefault(decided.line, []).append((path, size))
    found: dict[str, None] = {}
    for number, files in sorted(matched.items()):
        wanted = _taken(build, lines, number, files, [path for path, _ in left])
        found.update(dict.fromkeys(wanted))
    return tuple(found)


def _taken(
    build: Build, lines: Sequence[GitPattern], number: int, files: Sequence[tuple[str, int]], left: Sequence[str]
) -> tuple[str, ...]:
    """A line with the exceptions to it, where it matters, nothing reads what it is about, and it means the same to
    Docker as to git; else nothing.
    """
    line = lines[number]
    alone = rules_of(Text(line.pattern), "")
    secret = all(_is_secret(path) for path, _ in files)
    logs = line.pattern.endswith(".log")
    if len(files) > _MOST_MATCHED or not (secret or logs or sum(size for _, size in files) >= _WORTH):
        return ()
    targets = {_target(alone, path) for path, _ in files}
    if line.folders and any(path in targets for path, _ in files):
        return ()
    if secret:
        named = any(posixpath.basename(path) in mentions(build).parts for path, _ in files)
    else:
        named = not (logs or is_closed(build)) or any(unread(build, path) != () for path in targets)
    if named:
        return ()
    exceptions = [
        other.line for other in lines[number + 1 :] if other.negated and not alone.sends(example(other.pattern))
    ]
    taken = (line.pattern, *exceptions)
    rules = rules_of(Text("\n".join(taken)), "")
    if not all(rules.sends(path) for path in named_sources(build)):
        return ()
    return taken if _git_agrees(build, [path for path in left if not rules.sends(path)]) else ()


def _is_secret(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return _SECRET.fullmatch(name) is not None and _PUBLIC.fullmatch(name) is None


def _target(rules: IgnoreRules, path: str) -> str:
    """The outermost folder around a path that rules leave out, or the path itself."""
    ends = [at for at, char in enumerate(path) if char == "/"]
    return next((path[:end] for end in ends if not rules.sends(path[:end], is_dir=True)), path)


def _git_agrees(build: Build, paths: Iterable[str]) -> bool:
    """Whether git ignores all these files and tracks none; taken for granted where there is no repository."""
    root = build.context.root or "/"
    asked = [join(root, path) for path in paths]
    if build.snapshot.git_root(parent(join(root, _NAME))) is None:
        return True
    return len(build.snapshot.git_ignored(asked)) == len(asked)
