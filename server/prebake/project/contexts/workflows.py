"""GitHub workflows: the images they build, with ``docker/build-push-action`` or on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from prebake.files import Snapshot, join
from prebake.project.contexts.dockercli import asks_for_build, docker_builds
from prebake.project.contexts.namedcontexts import NamedContext, named_context
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_ACTION = regex(r"docker/build-push-action(@|/|$)")
_CHECKOUT = regex(r"actions/checkout(@|$)")
_EXPRESSION = regex(r"\$\{\{\s*([\w.-]+)\s*\}\}|\$\{\{[^}]*\}\}")
_REMOTE = regex(r"(https?|git|ssh)://|git@")
_DEFAULT = regex(r"\{\{\s*defaultContext\s*\}\}(?::(.*))?")
_UNKNOWN = "\0"


class WorkflowBuild(NamedTuple):
    """A build step.

    ``context`` and ``dockerfile`` are absolute. ``is_git``: the builder fetches the context from the repository itself,
    so nothing is sent and no ignore file is read; ``context`` is then what it fetches. ``line`` is 0-based; ``detail``
    names the action or command.
    """

    context: str
    dockerfile: str
    target: str | None
    args: Mapping[str, str]
    is_git: bool
    line: int
    detail: str
    named: Mapping[str, NamedContext] = MappingProxyType({})


def workflow_builds(snapshot: Snapshot, path: str, root: str) -> tuple[WorkflowBuild, ...]:
    """The builds of a workflow file whose context and Dockerfile can be told; ``root`` is the repository's top folder.

    A step counts once for each combination of a matrix that is written down; one that depends on a secret, an input or
    a matrix that is worked out gives nothing.
    """
    text = snapshot.text(path)
    return () if text is None else _read(text, root)


@lru_cache(maxsize=256)
def _read(text: Text, root: str) -> tuple[WorkflowBuild, ...]:
    return tuple(_builds(text, root)) if asks_for_build(text.content) else ()


def _builds(text: Text, root: str) -> Iterator[WorkflowBuild]:
    tree = load(text)
    jobs = tree.get("jobs") if tree is not None else None
    if tree is None or jobs is None:
        return
    for _, job in jobs.pairs():
        steps = job.get("steps")
        if steps is not None:
            for chosen in _combinations(job.get("strategy", "matrix")):
                yield from _job(tree, job, steps.sequence(), root, chosen)


def _job(
    workflow: Node, job: Node, steps: tuple[Node, ...], root: str, chosen: Mapping[str, str]
) -> Iterator[WorkflowBuild]:
    workspace = _Workspace(root)
    for step in steps:
        tables = (workflow.get("env"), job.get("env"), step.get("env"))
        environment = {name: _resolved(text, chosen) for table in tables for name, text in _table(table).items()}
        environment.update(chosen)
        uses = _text(step.get("uses"))
        if _CHECKOUT.match(uses):
            workspace.check_out(step)
        elif _ACTION.match(uses):
            made = _action(step, environment, workspace)
            if made is not None:
                yield made
        run = step.get("run")
        if run is None or run.scalar is None:
            continue
        folders = (node.get("defaults", "run", "working-directory") for node in (job, workflow))
        folder = next((node for node in (step.get("working-directory"), *folders) if node is not None), None)
        yield from _commands(run, _resolved(_text(folder) or ".", environment), environment, workspace)


class _Workspace:
    """Where a job's checked-out repository lies, seen from the folder that steps run in."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._prefix = ""
        self._foreign = False

    def check_out(self, step: Node) -> None:
        """Take note of a checkout step."""
        path = _text(step.get("with", "path")).strip("/").removeprefix("./")
        foreign = step.get("with", "repository") is not None
        if foreign and not path:
            self._foreign = True
        elif not foreign:
            self._prefix = "" if path == "." else path

    def locate(self, path: str) -> str | None:
        """A path as a step writes it, as one of the repository; ``None`` when it is elsewhere."""
        if self._foreign or _UNKNOWN in path:
            return None
        below = join("/", path).strip("/")
        if not self._prefix:
            return join(self.root, below) if below else self.root
        if below == self._prefix:
            return self.root
        return join(self.root, below.removeprefix(f"{self._prefix}/")) if below.startswith(f"{self._prefix}/") else None


def _text(node: Node | None) -> str:
    return node.text if node is not None and node.scalar is not None else ""


def _table(node: Node | None) -> dict[str, str]:
    return {key.text: value.text for key, value in node.pairs()} if node is not None else {}


def _resolved(text: str, environment: Mapping[str, str]) -> str:
    """A text with expressions resolved where that is possible; others become a mark that makes it useless as a path."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or ""
        if name == "github.workspace":
            return "."
        known = environment.get(name.removeprefix("env.")) if name.startswith(("env.", "matrix.")) else None
        return known if known is not None and "${{" not in known else _UNKNOWN

    return _EXPRESSION.sub(value, text)


_MOST_COMBINATIONS = 64


def _combinations(matrix: Node | None) -> list[dict[str, str]]:
    """The combinations of a matrix, each from ``matrix.name`` (``matrix.name.key`` for a mapping) to its value; one
    that knows nothing where there is no matrix, or one that is worked out when the workflow runs.
    """
    found: list[dict[str, str]] = [{}]
    if matrix is None or matrix.kind != "mapping":
        return found
    for key, values in matrix.pairs():
        if key.text in ("include", "exclude"):
            continue
        options = [_flat(f"matrix.{key.text}", item) for item in values.sequence()] or [{}]
        if len(found) * len(options) <= _MOST_COMBINATIONS:
            found = [{**one, **option} for one in found for option in options]
    excluded = [_flat("matrix", item) for item in _items(matrix.get("exclude"))]
    found = [one for one in found if not any(item and item.items() <= one.items() for item in excluded)]
    return _included(found, [_flat("matrix", item) for item in _items(matrix.get("include"))]) or [{}]


def _included(found: list[dict[str, str]], included: list[dict[str, str]]) -> list[dict[str, str]]:
    """Combinations with those of ``include``: one that contradicts none of what is there adds to it."""
    own = set().union(*found)
    if not own:
        return included[:_MOST_COMBINATIONS]
    added: list[dict[str, str]] = []
    for item in included[:_MOST_COMBINATIONS]:
        shared = {name: text for name, text in item.items() if name in own}.items()
        fitting = [one for one in found if shared <= one.items()]
        for one in fitting:
            one.update(item)
        added += [] if fitting else [item]
    return found + added


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.sequence() if node is not None else ()


def _flat(name: str, node: Node) -> dict[str, str]:
    if node.kind == "mapping":
        return {path: text for key, value in node.pairs() for path, text in _flat(f"{name}.{key.text}", value).items()}
    return {name: node.text} if node.scalar is not None else {}


def _action(step: Node, environment: Mapping[str, str], workspace: _Workspace) -> WorkflowBuild | None:
    """A ``docker/build-push-action`` step. Without ``context`` it builds from the repository itself."""
    uses = step.get("uses")
    given = step.get("with", "context")
    written = _resolved(_text(given), environment)
    file = _resolved(_text(step.get("with", "file")), environment)
    target = _resolved(_text(step.get("with", "target")), environment) or None
    inside = _DEFAULT.fullmatch(written)
    is_git = not written or inside is not None
    if _REMOTE.match(written) or (target is not None and _UNKNOWN in target) or uses is None:
        return None
    if is_git:
        # The repository is fetched whole, wherever it was checked out; a path behind the colon is a folder of it.
        context: str | None = join(workspace.root, (inside[1] or ".").strip("/") or ".") if inside else workspace.root
        dockerfile = join(context or "/", file or "Dockerfile") if _UNKNOWN not in file else None
    else:
        context = workspace.locate(written)
        dockerfile = workspace.locate(file) if file else join(context, "Dockerfile") if context else None
    if context is None or dockerfile is None:
        return None
    args = (line.partition("=") for line in _text(step.get("with", "build-args")).splitlines())
    return WorkflowBuild(
        context,
        dockerfile,
        target,
        {name.strip(): value.strip() for name, equals, value in args if equals and "${{" not in value},
        is_git,
        (given if given is not None and not is_git else uses).line,
        "docker/build-push-action",
        _named(_resolved(_text(step.get("with", "build-contexts")), environment), workspace),
    )


def _named(written: str, workspace: _Workspace) -> dict[str, NamedContext]:
    """The named contexts of a step; a folder's path is one of the job's working directory."""
    found: dict[str, NamedContext] = {}
    for line in written.splitlines():
        name, equals, value = line.strip().partition("=")
        if name and equals:
            made = named_context(None if _UNKNOWN in value else value, "/")
            place = workspace.locate(value) if made.folder is not None else None
            found[name] = made if made.folder is None else NamedContext("folder" if place else "unknown", place or "")
    return found


def _commands(run: Node, folder: str, environment: Mapping[str, str], workspace: _Workspace) -> Iterator[WorkflowBuild]:
    start = workspace.locate(folder)
    text = _resolved(run.text, environment).replace(_UNKNOWN, "$_")
    variables = {name: value for name, value in environment.items() if name.isidentifier() and _UNKNOWN not in value}
    for built in docker_builds(text, start, workspace.root, None, variables):
        if built.context is not None and built.dockerfile is not None:
            line = run.line + run.is_block + text[: built.start].count("\n")
            yield WorkflowBuild(
                built.context, built.dockerfile, built.target, built.args, False, line, built.tool, built.named
            )
