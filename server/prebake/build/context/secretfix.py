"""Leaving secrets out of a build context: the entries of the ignore file."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.context.evidence import evidence
from prebake.build.context.exclusions import escaped, proposal
from prebake.build.context.ignoreedit import with_entries, written
from prebake.build.context.secrets import at_run_time, held_back, is_git_config
from prebake.edits import FileEdit
from prebake.files import relative
from prebake.findings import Applicability, Fix
from prebake.project.ignore import rules_of
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
        return f"{reason}; the value has to come when the container runs (--env-file, a secret mount) first"
    if build.ignore.is_empty:
        return _whole(build, free, kept)
    fixes: list[Fix] = []
    groups = [free, *([path] for path in free)] if len(free) > 1 else [free]
    for group in groups[: _MOST_ALONE + 1]:
        patterns = [_pattern(build, path) for path in group]
        edit = with_entries(build, patterns)
        if isinstance(edit, str):
            return edit
        if not _leaves_out(edit.apply(), group):
            continue
        name = relative(edit.path, build.root)
        what = patterns[0] if len(group) == 1 else f"{len(group)} files with secrets"
        fixes.append(Fix(f"Add {what} to {name}", Applicability.SUGGESTED, (edit,), _explanation(build, group, kept)))
    return tuple(fixes) or "an exception in the ignore file lets it in"


def _whole(build: Build, free: Sequence[str], kept: Sequence[str]) -> tuple[Fix, ...] | str:
    """The ignore file where there is none, or one without a pattern."""
    made = proposal(build)
    if made is None or not _leaves_out(Text(made.text), free):
        return "the ignore file that the project should have does not leave it out"
    edit: FileEdit | str = written(build, made)
    if isinstance(edit, str):
        return edit
    verb = "Create" if edit.creates else "Fill"
    title = f"{verb} {relative(edit.path, build.root)}, with an entry for {free[0]}"
    notes = " ".join(f"{note}." for note in dict.fromkeys((*kept, *made.kept)))
    explanation = f"The image will lack what the file lists; no instruction names any of it. {notes}".rstrip()
    return (Fix(title, Applicability.SUGGESTED, (edit,), explanation),)


def _pattern(build: Build, path: str) -> str:
    """The entry for a file; the whole of ``.git`` where nothing reads it."""
    if is_git_config(path) and evidence(build).git is None:
        return escaped(path.removesuffix("/config"))
    return escaped(path)


def _leaves_out(text: Text, paths: Sequence[str]) -> bool:
    rules = rules_of(text, "")
    return not any(rules.sends(path) for path in paths)


def _explanation(build: Build, paths: Sequence[str], kept: Sequence[str]) -> str:
    them = "this file" if len(paths) == 1 else "these files"
    told = [at_run_time(build, path) for path in paths]
    notes = dict.fromkeys((*(note for note in told if note is not None), *kept))
    general = (
        ()
        if any(told) or all(map(is_git_config, paths))
        else (f"A program that reads {them} must get the values when the container runs.",)
    )
    return " ".join((f"The image will lack {them}.", *general, *(f"{note}." for note in notes)))
