"""Build commands outside of GitHub workflows: in Makefiles, task files, scripts, other CI's pipelines and documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from prebake.files import Snapshot, is_below, join, parent
from prebake.project.contexts.buildfiles import Form, is_jenkinsfile
from prebake.project.contexts.dockercli import DockerBuild, asks_for_build, docker_builds
from prebake.project.contexts.namedcontexts import NamedContext
from prebake.project.contexts.snippets import Snippet, of_document, of_groovy, of_yaml
from prebake.project.jsontree import load_json
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.text import MAX_BY_HAND, Text


class BuildLine(NamedTuple):
    """A build that a line of a file runs. ``line`` is 0-based, ``detail`` the command in short; the rest is as for
    :class:`~prebake.project.contexts.dockercli.DockerBuild`.
    """

    context: str
    dockerfile: str
    target: str | None
    args: Mapping[str, str]
    named: Mapping[str, NamedContext]
    line: int
    detail: str


def build_lines(
    snapshot: Snapshot, path: str, form: Form, project: str, dockerfile: str | None = None
) -> Iterator[BuildLine]:
    """The builds of a file, or those of one ``dockerfile``, whose Dockerfile and context are there.

    Where commands run is not written down for scripts and documents: they count from the project's top folder and from
    their own. A command that fits both, so that it may mean either of two Dockerfiles, counts for neither; beside a
    document the document means its own.
    """
    text = snapshot.text(path)
    if text is None or len(text.content) > MAX_BY_HAND:
        return
    for line, candidates in _read(text, path, form, project):
        if dockerfile is not None and all(built.dockerfile != dockerfile for built in candidates):
            continue
        fitting = [
            built
            for built in candidates
            if built.context is not None
            and built.dockerfile is not None
            and snapshot.is_file(built.dockerfile)
            and snapshot.is_dir(built.context)
            and is_below(built.context, project)
        ]
        if not fitting or (form == "script" and len({built.dockerfile for built in fitting}) > 1):
            continue
        built = fitting[0]
        wanted = dockerfile is None or built.dockerfile == dockerfile
        if wanted and built.context is not None and built.dockerfile is not None:
            yield BuildLine(built.context, built.dockerfile, built.target, built.args, built.named, line, built.tool)


@lru_cache(maxsize=256)
def _read(text: Text, path: str, form: Form, project: str) -> tuple[tuple[int, tuple[DockerBuild, ...]], ...]:
    """The builds of a file: the line, and what it comes to in each of the folders that it may run in."""
    if form == "skaffold":
        return tuple(_artifacts(text, parent(path)))
    # In a Makefile the tool may be a variable, in a list the verb stands on another line.
    loosely = form in ("makefile", "justfile", "taskfile", "pipeline") and "build" in text.content
    if not asks_for_build(text.content) and not (loosely and _names_tool(text.content)):
        return ()
    folders = folders_of(path, form, project)
    script = path if form == "script" else None
    found: dict[tuple[int, int], list[DockerBuild]] = {}
    lines: dict[tuple[int, int], int] = {}
    for number, snippet in enumerate(snippets_of(text, path, form)):
        for folder in folders:
            for built in docker_builds(snippet.text, join(folder, snippet.folder), project, script, snippet.variables):
                key = (number, built.start)
                known = found.setdefault(key, [])
                if built not in known:
                    known.append(built)
                lines[key] = snippet.line(built.start)
    return tuple((lines[key], tuple(builds)) for key, builds in found.items())


def _names_tool(content: str) -> bool:
    lower = content.lower()
    return any(tool in lower for tool in ("docker", "podman", "buildah", "nerdctl", "kaniko"))


def folders_of(path: str, form: Form, project: str) -> tuple[str, ...]:
    """The folders that a file's commands may run in."""
    own = parent(path)
    if form == "document":
        return tuple(dict.fromkeys((own, project)))
    if form == "script" or (form == "makefile" and path.endswith(".mk")):
        return tuple(dict.fromkeys((project, own)))
    return (project,) if form == "pipeline" else (own,)


def snippets_of(text: Text, path: str, form: Form) -> Iterator[Snippet]:
    """The pieces of shell text in a file."""
    if form == "makefile":
        from prebake.project.contexts.makefiles import of_makefile

        yield from of_makefile(text, path)
    elif form == "justfile":
        from prebake.project.contexts.makefiles import of_justfile

        yield from of_justfile(text)
    elif form == "script":
        yield Snippet(text.content, tuple(range(text.line_count)))
    elif form == "document":
        yield from of_document(text)
    elif form == "package":
        root = load_json(text)
        scripts = root.get("scripts") if root is not None else None
        for _, value in scripts.pairs() if scripts is not None else ():
            yield Snippet(value.text, (value.line,))
    elif is_jenkinsfile(path):
        yield from of_groovy(text)
    else:
        root = load(text)
        if root is not None:
            yield from of_yaml(root)


def _artifacts(text: Text, folder: str) -> Iterator[tuple[int, tuple[DockerBuild, ...]]]:
    """What Skaffold builds: ``dockerfile`` is relative to the artifact's ``context``."""
    root = load(text) if "artifacts" in text.content else None
    artifacts = root.get("build", "artifacts") if root is not None else None
    for artifact in artifacts.sequence() if artifacts is not None else ():
        docker = artifact.get("docker") or artifact.get("kaniko")
        if docker is None and any(artifact.get(other) for other in ("jib", "ko", "bazel", "buildpacks", "custom")):
            continue
        context = join(folder, _text(artifact.get("context")) or ".")
        file = _text(docker.get("dockerfile")) if docker is not None else ""
        args = docker.get("buildArgs") if docker is not None else None
        target = _text(docker.get("target")) if docker is not None else ""
        given = {key.text: value.text for key, value in args.pairs() if value.scalar} if args is not None else {}
        if "{{" in f"{context}{file}{target}":
            continue
        known = {name: value for name, value in given.items() if "{{" not in value}
        built = DockerBuild(context, join(context, file or "Dockerfile"), target or None, known, False, 0)
        yield artifact.line, (built._replace(tool="skaffold"),)


def _text(node: Node | None) -> str:
    return node.text if node is not None and node.scalar is not None else ""


def kind_of(form: Form) -> Literal["workflow", "makefile", "script", "readme"]:
    """The kind of evidence that a file's lines are."""
    if form in ("pipeline", "skaffold"):
        return "workflow"
    if form == "document":
        return "readme"
    return "script" if form in ("script", "package") else "makefile"
