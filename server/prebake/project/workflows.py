"""GitHub workflows: the images they build, with ``docker/build-push-action`` or on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prebake.files import Snapshot, join
from prebake.project.dockercli import docker_builds
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.regex import regex

_ACTION = regex(r"docker/build-push-action(@|/|$)")
_MENTIONS = regex(r"docker/build-push-action|(?:docker|podman|buildah|nerdctl)\b[^\n]*\b(?:build|bud|b)\b")
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


def workflow_builds(snapshot: Snapshot, path: str, root: str) -> Iterator[WorkflowBuild]:
    """The builds of a workflow file whose context and Dockerfile can be told; ``root`` is the repository's top folder.

    A step that depends on a matrix, a secret or an input gives nothing.
    """
    text = snapshot.text(path)
    if text is None or not _MENTIONS.search(text.content):
        return
    tree = load(text)
    jobs = tree.get("jobs") if tree is not None else None
    if tree is None or jobs is None:
        return
    for _, job in jobs.pairs():
        steps = job.get("steps")
        if steps is not None:
            yield from _job(tree, job, steps.sequence(), root)


def _job(workflow: Node, job: Node, steps: tuple[Node, ...], root: str) -> Iterator[WorkflowBuild]:
    workspace = _Workspace(root)
    for step in steps:
        environment = {**_table(workflow.get("env")), **_table(job.get("env")), **_table(step.get("env"))}
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
        known = environment.get(name.removeprefix("env.")) if name.startswith("env.") else None
        return known if known is not None and "${{" not in known else _UNKNOWN

    return _EXPRESSION.sub(value, text)


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
    )


def _commands(run: Node, folder: str, environment: Mapping[str, str], workspace: _Workspace) -> Iterator[WorkflowBuild]:
    start = workspace.locate(folder)
    text = _resolved(run.text, environment).replace(_UNKNOWN, "$_")
    for built in docker_builds(text, start, workspace.root):
        if built.context is not None and built.dockerfile is not None:
            line = run.line + run.is_block + text[: built.start].count("\n")
            yield WorkflowBuild(built.context, built.dockerfile, built.target, built.args, False, line, "docker build")
