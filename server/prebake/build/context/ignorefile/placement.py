"""Writing new patterns into somebody's ignore file: in the section that holds the same kind of thing, as they write."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from prebake.data import load_table
from prebake.edits import FileEdit, TextEdit, apply, with_lines
from prebake.project.ignore.rules import IgnoreRules, rules_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.ignorefile import IgnoreFile, Pattern

_TITLE = regex(r"(#+\s*)(\S.*)?")


class Addition(NamedTuple):
    """What is to be added: a pattern, its exceptions behind it, and the title of the group that it belongs to.

    ``folder``: it is about folders only. ``rooted``: it need not match below the context's top.
    """

    title: str
    lines: tuple[str, ...]
    folder: bool
    rooted: bool


class Style(NamedTuple):
    """An author's habits: a slash behind folders, a slash before what lies at the top, ``**/`` before what may lie
    anywhere, titles in comments.
    """

    trailing: bool
    leading: bool
    anywhere: bool
    titles: str | None

    def line(self, line: str, addition: Addition) -> str:
        """A line as this author would write it."""
        negated, pattern = line.startswith("!"), line.removeprefix("!")
        if addition.rooted and not self.anywhere:
            pattern = pattern.removeprefix("**/")
        if self.leading and not pattern.startswith(("**/", "\\")):
            pattern = f"/{pattern}"
        if self.trailing and addition.folder and not negated:
            pattern = f"{pattern}/"
        return f"!{pattern}" if negated else pattern


class _Section(NamedTuple):
    """Neighbouring lines: comments, then patterns. ``end`` is the line behind which more of the kind can stand."""

    title: str
    patterns: tuple[Pattern, ...]
    end: int


def style_of(file: IgnoreFile) -> Style:
    """The habits of an ignore file's author."""
    plain = [pattern for pattern in file.patterns if not pattern.negated and not _is_wild(pattern.pattern)]
    folders = [pattern.raw.endswith("/") for pattern in plain if _is_folder(pattern)]
    rooted = [pattern.raw.startswith("/") for pattern in plain]
    named = [_TITLE.fullmatch(file.text.line(comment.line)) for comment in file.comments]
    titles = [found[1] for found in named if found is not None and found[2]]
    return Style(
        trailing=sum(folders) * 2 > len(folders),
        leading=sum(rooted) * 2 > len(rooted),
        anywhere=any(pattern.raw.startswith("**/") for pattern in file.patterns),
        titles=max(titles, key=titles.count) if titles else None,
    )


def _is_wild(pattern: str) -> bool:
    return "*" in pattern.removeprefix("**/") or "?" in pattern or "[" in pattern


def _is_folder(pattern: Pattern) -> bool:
    """Whether a pattern is, as far as can be told by its text, about a folder."""
    name = posixpath.basename(pattern.pattern)
    return pattern.raw.endswith("/") or any(name in kin for kin in _folder_names().values())


def added(file: IgnoreFile, path: str, additions: Mapping[Addition, Sequence[str]]) -> FileEdit | None:
    """The edit of the ignore file at ``path`` that adds all this, each with the paths of the context that it is to
    leave out; ``None`` where some of it would have no effect wherever it stands, or take back what the author's
    exceptions let in.
    """
    before = rules_of(file.text, path)
    style = style_of(file)
    sections = _sections(file)
    behind: dict[int, list[str]] = {}
    blocks: dict[str, list[str]] = {}
    last = max((section.end for section in sections), default=0)
    exceptions = [section.end for section in sections if any(pattern.negated for pattern in section.patterns)]
    for addition, paths in additions.items():
        lines = [style.line(line, addition) for line in addition.lines]
        kin = _kin(sections, addition.title)
        if kin is not None and _works(before, with_lines(file.text, kin, lines), paths):
            behind.setdefault(kin, []).extend(lines)
            continue
        after = max(exceptions, default=last)
        place = next((at for at in (after, last) if _works(before, with_lines(file.text, at, lines), paths)), None)
        if place is None:
            return None
        if style.titles is not None:
            blocks.setdefault(addition.title, []).extend(lines)
        else:
            behind.setdefault(place, []).extend(lines)
    for title, lines in blocks.items():
        behind.setdefault(last, []).extend(("", f"{style.titles}{title}", *lines))
    edits = tuple(with_lines(file.text, line, lines) for line, lines in sorted(behind.items()))
    return FileEdit(path, file.text, edits)


def _works(before: IgnoreRules, edit: TextEdit, paths: Sequence[str]) -> bool:
    """Whether an edit makes rules leave out these paths, and let in what the author's exceptions name."""
    assert before.file is not None
    after = rules_of(apply(before.file.text, (edit,)), "")
    exceptions = [pattern.pattern for pattern in before.patterns if pattern.negated]
    return not any(after.sends(path) for path in paths) and all(
        after.delivers(path) == before.delivers(path) for path in exceptions
    )


def _sections(file: IgnoreFile) -> tuple[_Section, ...]:
    patterns = {pattern.line: pattern for pattern in file.patterns}
    comments = {comment.line: comment.text for comment in file.comments}
    found: list[_Section] = []
    titles: list[str] = []
    held: list[Pattern] = []
    end = 0

    def close() -> None:
        if held or titles:
            found.append(_Section(" ".join(titles), tuple(held), end))
        titles.clear()
        held.clear()

    for line in range(file.text.line_count):
        if line in patterns:
            held.append(patterns[line])
        elif line in comments:
            if held:
                close()
            titles.append(comments[line].lstrip("#"))
        else:
            close()
            continue
        end = line
    close()
    return tuple(found)


def _kin(sections: Sequence[_Section], title: str) -> int | None:
    """The line behind which a group's patterns belong: in the section with most of its kind."""
    names, words = _names_of(title), _words_of(title)
    best, place = 0, None
    for section in sections:
        score = sum(2 for pattern in section.patterns if posixpath.basename(pattern.pattern) in names)
        if section.patterns and words & set(re.findall(r"[a-z]+", section.title.lower())):
            score += 3
        if score > best:
            best, place = score, section.end
    return place


@lru_cache(maxsize=1)
def _folder_names() -> dict[str, frozenset[str]]:
    """The names of folders in the table of what can be left out, by the title of their group."""
    return {
        group["title"]: frozenset(
            name for name in _names_of(group["title"]) if not _is_wild(name) and name not in group.get("files", ())
        )
        for group in load_table("ignorable")["group"]
    }


@lru_cache(maxsize=64)
def _names_of(title: str) -> frozenset[str]:
    """The last parts of the patterns that stand for a group in other people's ignore files."""
    return frozenset(
        name
        for group in load_table("ignorable")["group"]
        if group["title"] == title
        for name in (*(posixpath.basename(item["pattern"]) for item in group["patterns"]), *group.get("kin", ()))
    )


@lru_cache(maxsize=64)
def _words_of(title: str) -> frozenset[str]:
    """The words by which a section's title can be known as that of a group."""
    return frozenset(
        word for group in load_table("ignorable")["group"] if group["title"] == title for word in group.get("words", ())
    )
