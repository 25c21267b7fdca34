"""What the last commits of a project would have made run again: with the Dockerfile as it is, and with its fixes.

Today's Dockerfile and ignore file are held against the files of each commit, so that the answer is about the order of
the instructions, not about what they were at the time. Only files that git tracks are seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from prebake import git, githistory
from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.cache.inputs import Selector
from prebake.build.replay.plan import plan_of
from prebake.build.replay.replay import Replay, StepCount
from prebake.build.replay.selection import Selection
from prebake.engine import Engine
from prebake.files import Snapshot, git_tree, join, parent
from prebake.findings import Applicability, Finding, Severity
from prebake.fixing import Step, fix_all
from prebake.githistory import Change, Commit
from prebake.project.ignore.rules import NAME, IgnoreRules
from prebake.records import NamedTuple
from prebake.text import Text

_GIT = ".git/HEAD"
"""Stands for the repository itself, which no two commits have the same: where it is sent, each is another context."""


class ReplayError(Exception):
    """There is nothing to replay; the message says why, and what to do."""


class Counted(NamedTuple):
    """The replay of one Dockerfile: its build, and what became of each step in how many builds."""

    build: Build
    builds: int
    skipped: int
    steps: tuple[StepCount, ...]


class Replayed(NamedTuple):
    """The replay of a Dockerfile along ``commits``, oldest first, as it is and, where a fix can be applied, fixed.

    ``applied`` are the fixes. ``shallow`` says that the repository does not hold what came before.
    """

    builder: str
    commits: tuple[Commit, ...]
    shallow: bool
    now: Counted
    fixed: Counted | None
    applied: tuple[Step, ...]


def replay(engine: Engine, path: str, revision: str, most: int, applicability: Applicability) -> Replayed:
    """Replay the last ``most`` commits of a revision for the Dockerfile at ``path``; ``applicability`` says which
    fixes it is compared with.

    Raises:
        ReplayError: there is no history, or the context is not in it.
        prebake.config.ConfigError: a configuration file is wrong.
    """
    top = engine.snapshot.git_root(parent(path))
    if top is None:
        raise ReplayError("there is no git repository around it, so that there is no history to replay")
    build = engine.builds_of(path)[0]
    if build.context.root is None or build.context.remote:
        raise ReplayError("its build context is not a folder of this machine: name one with --context")
    head = git.commit(top, revision)
    if head is None:
        raise ReplayError(f"git knows no commit {revision!r}")
    try:
        past = git_tree(top, head)
        commits = tuple(githistory.commits(top, head, most))
    except LookupError as error:
        raise ReplayError(str(error)) from error
    result = fix_all(engine, [path], applicability, wanted=_is_shown)
    fixed = {edit.path: edit.apply() for edit in result.edits}
    variants = [_held_against(engine, build, past, {}), *([_held_against(engine, build, past, fixed)] if fixed else [])]
    counted = _counted(variants, top, commits)
    return Replayed(
        builder_of(build).name,
        commits,
        git.is_shallow(top),
        counted[0],
        counted[1] if fixed else None,
        result.applied,
    )


def _is_shown(finding: Finding) -> bool:
    return finding.severity > Severity.HINT


def _held_against(engine: Engine, build: Build, past: Snapshot, fixed: Mapping[str, Text]) -> Build:
    """A build of the files of a commit with the Dockerfile and the ignore file of today, or fixed ones."""
    texts = {name: engine.snapshot.text(name) for name in _own(build)} | dict(fixed)
    return Build(
        past.overlay(texts),
        build.path,
        build.settings,
        root=build.root,
        contexts=build.contexts,
        context=build.context,
        scanner=lambda snapshot, root, rules: None,
    )


def _own(build: Build) -> tuple[str, ...]:
    """The files that are those of today in each commit."""
    return build.path, f"{build.path}{NAME}", join(build.context.root or "", NAME)


def _counted(builds: list[Build], top: str, commits: tuple[Commit, ...]) -> list[Counted]:
    """Replay some builds from the same context, those together that have the same ignore rules."""
    numbers: dict[IgnoreRules, dict[Selector, int]] = {}
    plans = [plan_of(build, numbers.setdefault(build.ignore, {})) for build in builds]
    selections = {
        rules: Selection(found, rules, top=top, context=builds[0].context.root or "", constant=_own(builds[0]))
        for rules, found in numbers.items()
    }
    runs = [Replay(plan, selections[build.ignore]) for build, plan in zip(builds, plans, strict=True)]
    before = commits[0].parent if commits else None
    files = git.names(top, before) if before is not None else None
    if files is not None:
        there = [*files.items(), (_GIT, f"100644 {before}")]
        for selection in selections.values():
            selection.commit(Change(path, None, blob) for path, blob in there)
        for run in runs:
            run.start()
    for commit in commits:
        repository = Change(_GIT, None if commit.parent is None else f"100644 {commit.parent}", f"100644 {commit.oid}")
        touched = {rules: selection.commit((*commit.changes, repository)) for rules, selection in selections.items()}
        for build, run in zip(builds, runs, strict=True):
            run.commit(touched[build.ignore])
    return [Counted(build, run.builds, run.skipped, run.counts()) for build, run in zip(builds, runs, strict=True)]
