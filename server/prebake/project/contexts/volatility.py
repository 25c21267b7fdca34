"""Build arguments whose value changes with each build: by their names, or because what builds the image says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prebake.discovery import is_compose_file
from prebake.files import Kind, Snapshot, join
from prebake.project.contexts.layout import workflow_files
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_CHANGING = regex(
    r"(((git|vcs|source|src|code|app|image|build|built|head|release|docker)_?)*"
    r"(commit|sha|sha1|revision|rev|vcs_?ref|git_?ref)(_?(sha1?|hash|id|ref|short|full|long|short_?sha|date|time))?"
    r"|((git|vcs|source|src|app|image)_?)*(git|vcs|source|src)_?(describe|hash)"
    r"|((image|docker|app)_?)?build_?(date|time|datetime|timestamp|number|num|no|id|rev|sha|hash)"
    r"|((image|docker|app)_?)?(created|creation|release)_?(date|time|at)|created|timestamp|now|today"
    r"|ci_(commit|job|pipeline|build)_\w+|github_(sha|run_id|run_number|run_attempt)"
    r"|git_?(branch|dirty|version)|cache_?bust(er|ing)?|bust_?cache|cache_?(date|breaker|invalidat\w*))$",
    re.IGNORECASE,
)
"""Names that stand for one build or one commit."""

_VERSION = regex(
    r"((app|image|project|package|release|build|service|model)_?)?(version|release|git_?tag)$", re.IGNORECASE
)
"""Names that may do, if they have no real default."""

_FRESH = regex(r"(cache_?bust(er|ing)?|bust_?cache|cache_?(date|breaker|invalidat\w*))$", re.IGNORECASE)
_PLACEHOLDER = regex(
    r"(|0|1|0\.0\.0\S*|dev\S*|unknown|unspecified|undefined|unset|none|null|local|latest|n/?a|main|master|head|snapshot|now|"
    r"1970-01-01\S*|x+|\?+|todo|changeme|not[-_ ]?set|dirty|test)$",
    re.IGNORECASE,
)

_VALUE = (
    r"\$\{\{[^}\n]{0,40}\bgithub\.(?:sha|run_id|run_number|run_attempt)\b"
    r"|\$\((?:shell\s+)?(?:[\w=]+\s+)?(?:git\s+(?:rev-parse|describe|log|show)|date)\b"
    r"|`(?:git\s+(?:rev-parse|describe|log|show)|date)\b"
    r"|\$\{?(?:GITHUB_SHA|GITHUB_RUN_ID|GITHUB_RUN_NUMBER|CI_COMMIT_\w*SHA|CI_COMMIT_TIMESTAMP|CI_PIPELINE_I?ID|CI_JOB_ID"
    r"|CI_JOB_STARTED_AT|BUILD_NUMBER|BUILD_ID|CIRCLE_SHA1|CIRCLE_BUILD_NUM|BITBUCKET_COMMIT|BITBUCKET_BUILD_NUMBER"
    r"|TRAVIS_COMMIT|DRONE_COMMIT\w*|BUILDKITE_COMMIT|COMMIT_SHA)\b"
)
_GIVEN = regex(rf"--build-arg[= ]\s*[\"']?(\w+)=[\"']?(?:(?P<value>{_VALUE})|\$[({{]?(?P<name>\w+))")
_LISTED = regex(rf"\s*(?:-\s*)?[\"']?(\w+)[\"']?\s*[=:]\s*[\"']?(?:(?P<value>{_VALUE}))")
_BLOCK = regex(r"(\s*)(?:build-args|args|build_args)\s*:\s*(?:[|>][+-]?\s*)?$")
_SET = regex(rf"\s*(?:export\s+)?(\w+)\s*[:?]?=\s*[\"']?(?:{_VALUE})")
_SCRIPTS = frozenset(("makefile", "gnumakefile", "justfile", ".gitlab-ci.yml", "jenkinsfile", "azure-pipelines.yml"))
_FOLDERS = (".", "scripts", "script", "ci", "cicd", "docker", "build", "bin", "tools", ".circleci")
_LONGEST = 2000
"""Longer lines are not looked at."""


class Passed(NamedTuple):
    """Where a build is given a value that changes: a line (0-based) of a file of the project."""

    path: str
    line: int


def changes_by_name(name: str, default: str | None) -> bool:
    """Whether a build argument of this name changes with each build. One with a real default is a pinned version, or a
    commit to be checked out.
    """
    if default is not None and not _PLACEHOLDER.match(default):
        return False
    return bool(_CHANGING.match(name)) or (default is not None and bool(_VERSION.match(name)))


def busts_cache(name: str) -> bool:
    """Whether an argument is there to make what follows run again."""
    return bool(_FRESH.match(name))


def changing_arguments(snapshot: Snapshot, root: str) -> Mapping[str, Passed]:
    """The build arguments that workflows, Makefiles, compose files and scripts of a project give a value that changes
    with each build: one made of the commit, the date, or the number of the run.
    """
    found: dict[str, Passed] = {}
    for path in _files(snapshot, root):
        text = snapshot.text(path)
        if text is not None and ("build-arg" in text.content or "args" in text.content):
            for name, line in _in(text):
                found.setdefault(name, Passed(path, line))
    return found


def _files(snapshot: Snapshot, root: str) -> Iterator[str]:
    yield from workflow_files(snapshot, root)
    for folder in _FOLDERS:
        place = join(root, folder)
        for entry in snapshot.list(place) if snapshot.is_dir(place) else ():
            name = entry.name.lower()
            if entry.kind is Kind.FILE and (name in _SCRIPTS or name.endswith((".sh", ".mk")) or is_compose_file(name)):
                yield join(place, entry.name)


def _in(text: Text) -> Iterator[tuple[str, int]]:
    lines = [text.line(number) for number in range(text.line_count)]
    set_names = {match[1] for line in lines if len(line) <= _LONGEST and (match := _SET.match(line)) is not None}
    block: int | None = None
    for number, line in enumerate(lines):
        if len(line) > _LONGEST or not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if block is not None and indent <= block:
            block = None
        if (opened := _BLOCK.match(line)) is not None:
            block = len(opened[1])
            continue
        if block is not None and (listed := _LISTED.match(line)) is not None:
            yield listed[1], number
        for given in _GIVEN.finditer(line):
            if given["value"] is not None or given["name"] in set_names:
                yield given[1], number
