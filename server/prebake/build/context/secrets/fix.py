"""Leaving secrets out of a build context: the entries of the ignore file."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.context.ignorefile.candidates import SECRETS
from prebake.build.context.ignorefile.edit import unwritable, written
from prebake.build.context.ignorefile.evidence import evidence
from prebake.build.context.ignorefile.placement import Addition, added
from prebake.build.context.ignorefile.proposal import proposal
from prebake.build.context.secrets.found import is_git_config
from prebake.build.context.secrets.use import at_run_time, held_back
from prebake.edits import FileEdit
from prebake.files import relative
from prebake.findings import Applicability, Fix
from prebake.project.ignore.rules import rules_of
from prebake.syntax.ignorefile import literal
from prebake.text import Text

_MOST_ALONE = 8


def removal(build: Build, paths: Sequence[str]) -> tuple[Fix, ...] | str:
    """The fixes that leave files with secrets out, all of them first, then each; else why there is none.

    Where no pattern is in force, it is the whole ignore file that the context should have.
    """
    reasons = {path: held_back(build, path) for path in paths}
    kept = [f"{path} stays: {reason}" for path, reason in reasons.items() if reason is not None]
    free = [path for path, reason in reasons.items() if reason is None]
    if not free:
        reason = "; ".join(dict.fromkeys(reason for reason in reasons.values() if reason is not None))
        return f"{reason}; it has to get the value in another way first: when the container runs, or by a secret mount"
    if build.ignore.is_empty:
        return _whole(build, free, kept)
    path, file = build.ignore.path, build.ignore.file
    problem = unwritable(build, path) if path is not None else None
    if path is None or file is None or problem is not None:
        return problem or "there is no ignore file"
    name = relative(path, build.root)
    fixes: list[Fix] = []
    groups = [free, *([path] for path in free)] if len(free) > 1 else [free]
    for group in groups[: _MOST_ALONE + 1]:
        additions = {_addition(build, path): (path,) for path in group}
        edit = added(file, path, additions)
        if edit is not None:
            what = next(iter(additions)).lines[0] if len(group) == 1 else f"{len(group)} files with secrets"
            explanation = _explanation(build, group, kept)
            fixes.append(Fix(f"Add {what} to {name}", Applicability.SUGGESTED, (edit,), explanation))
    return tuple(fixes) or f"an exception in {name} lets it in again wherever an entry stands"


def _whole(build: Build, free: Sequence[str], kept: Sequence[str]) -> tuple[Fix, ...] | str:
    """The ignore file where there is none, or one without a pattern."""
    made = proposal(build)
    if made is None or any(map(rules_of(Text(made.text), "").sends, free)):
        return "the ignore file that the project should have does not leave it out"
    edit: FileEdit | str = written(build, made)
    if isinstance(edit, str):
        return edit
    verb = "Create" if edit.creates else "Fill"
    title = f"{verb} {relative(edit.path, build.root)}, with an entry for {free[0]}"
    notes = " ".join(f"{note}." for note in dict.fromkeys((*kept, *made.kept)))
    explanation = f"The image will lack what the file lists; no instruction names any of it. {notes}".rstrip()
    return (Fix(title, Applicability.SUGGESTED, (edit,), explanation),)


def _addition(build: Build, path: str) -> Addition:
    """The entry for a file; the whole of ``.git`` where nothing reads it."""
    if is_git_config(path) and evidence(build).git is None:
        return Addition("Version control", (literal(path.removesuffix("/config")),), True, False)
    return Addition(SECRETS, (literal(path),), False, False)


def _explanation(build: Build, paths: Sequence[str], kept: Sequence[str]) -> str:
    them = "this file" if len(paths) == 1 else "these files"
    told = {path: at_run_time(build, path) for path in paths}
    untold = [path for path, note in told.items() if note is None and not is_git_config(path)]
    readers = ", ".join(untold) if len(untold) < len(paths) else them
    general = f"A program that reads {readers} must get the values when the container runs." if untold else ""
    notes = dict.fromkeys((*(note for note in told.values() if note is not None), *kept))
    return " ".join(filter(None, (f"The image will lack {them}.", general, *(f"{note}." for note in notes))))
