"""BuildKit's steps and what is in their keys.

Source: ``CacheMap`` of ``solver/llbsolver/ops/exec.go`` and ``file.go``, and how
``frontend/dockerfile/dockerfile2llb/convert.go`` makes these operations of instructions.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from prebake.build.build import Build
from prebake.build.cache.content import Taken, context_content
from prebake.build.cache.environment import Environment, environment_after, environments
from prebake.build.cache.inputs import Selector, inputs, selectors
from prebake.build.cache.mounts import run_mounts
from prebake.build.cache.steps import FILES, Part, Step, foreign_of
from prebake.build.copies import SourceKind, copies
from prebake.build.state import State, states
from prebake.regex import regex
from prebake.syntax.dockerfile import Heredoc, Instruction
from prebake.syntax.expand import references

_DOCUMENT_ALONE = regex(r"\d*<<-?[\t\n\f\r ]*[^<]+")

_LINKED = "reused where the builder can link layers: BuildKit itself, and Docker with the containerd image store"
# Its key held a digest of the whole file system in place of the step before (moby/buildkit 3c87ba1bd).
_SPECIAL = "with a secret or ssh mount, BuildKit before 0.16 reuses it when all files above it are the same"


def buildkit_step(build: Build, instruction: Instruction) -> Step | None:
    """The step that an instruction is; ``None`` for one that only changes the image's configuration."""
    if instruction.problem is not None:
        return None
    state, around = states(build)[instruction.index], environments(build)[instruction.index]
    if instruction.keyword == "RUN":
        return _run(build, instruction, state, around)
    if instruction.keyword in ("COPY", "ADD"):
        return _copy(build, instruction, state, around)
    if instruction.keyword == "WORKDIR":
        directory = environment_after(build, instruction).directory
        if directory == "/":
            return None
        owner = None if around.user is None else account(around.user)
        return Step(instruction, (("the path", directory), ("the user", owner)))
    return None


def _run(build: Build, instruction: Instruction, state: State, around: Environment) -> Step:
    command, document = _command(instruction, state)
    mounts = run_mounts(instruction, state, around, build.tree.escape)
    shape = sorted((mount.target, mount.kind, mount.origin is not None, mount.options) for mount in mounts)
    chosen = [Selector(mount.source) for mount in mounts if mount.from_context and mount.source is not None]
    key, files = taken(build, chosen)
    parts: list[Part] = [("the command", command), ("the here-document", document)]
    parts += [(_named(name, variable.argument), variable.value) for name, variable in around.run.items()]
    parts += [
        ("the working directory", around.directory),
        ("the user", around.user),
        ("the platform", _platform(build, state, around)),
        ("the options", tuple((flag, instruction.flag(flag)) for flag in ("network", "security"))),
        ("the mounts", tuple(shape)),
        (FILES, key),
    ]
    known = inputs(build)[instruction.index]
    apart = _SPECIAL if any(mount.kind in ("secret", "ssh") for mount in mounts) else None
    foreign = foreign_of(build, known)
    return Step(instruction, tuple(parts), files, foreign, apart=apart, doubt=known.opaque, context=tuple(chosen))


def _named(name: str, argument: bool) -> str:
    return f"{'ARG' if argument else 'ENV'} {name}"


def _platform(build: Build, state: State, around: Environment) -> str:
    stage = build.tree.stages[state.stage or 0]
    before = states(build)[stage.instruction.index]
    return around.token(stage.platform or "", before, build.tree.escape)


def _command(instruction: Instruction, state: State) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is started, and the script that a here-document with a shebang is."""
    if instruction.json is not None:
        return tuple(word.value for word in instruction.json), ()
    text = instruction.body.text
    documents = instruction.heredocs
    if documents and _DOCUMENT_ALONE.fullmatch(text):
        body = _chomped(documents[0])
        if body.startswith("#!"):
            return (f"/dev/pipes/{documents[0].name}",), (documents[0].name, body)
        text = body
    elif documents:
        text = "\n".join((text, *(f"{document.body}{document.name}" for document in documents)))
    return (*state.shell, text), ()


def _chomped(document: Heredoc) -> str:
    if not document.chomp:
        return document.body
    return "".join(line.lstrip("\t") for line in document.body.splitlines(keepends=True))


def _copy(build: Build, instruction: Instruction, state: State, around: Environment) -> Step:
    copy = copies(build)[instruction.index]
    escape = build.tree.escape
    words = instruction.words if instruction.json is None else instruction.json
    texts = [around.token(word.raw, state, escape) if instruction.json is None else word.value for word in words]
    documents = iter(instruction.heredocs)
    names: list[object] = []
    for source, text in zip(copy.sources, texts, strict=False):
        if source.kind is SourceKind.HEREDOC:
            document = next(documents)
            names.append((document.name, _document(document, around, state)))
        else:
            names.append(text if source.kind is SourceKind.REMOTE else posixpath.basename(text.rstrip("/")))
    chosen = selectors(copy)
    key, files = taken(build, chosen)
    chmod = instruction.flag("chmod")
    parts: list[Part] = [
        ("the sources", tuple(names)),
        ("the destination", _destination(texts[-1], around)),
        ("--chown", account(around.token(instruction.flag("chown") or "", state, escape))),
        ("--chmod", _octal(around.token(chmod, state, escape)) if chmod else None),
        ("the options", _options(instruction)),
        (FILES, key),
    ]
    known = inputs(build)[instruction.index]
    linked = any(flag.name == "link" and flag.value != "false" for flag in instruction.flags) and not chmod
    doubt = known.opaque or (f"the builder asks for {known.remote[0]} at each build" if known.remote else None)
    apart = _LINKED if linked else None
    foreign = foreign_of(build, known)
    return Step(instruction, tuple(parts), files, foreign, apart, linked, doubt=doubt, context=chosen)


def _document(document: Heredoc, around: Environment, state: State) -> tuple[object, ...]:
    """The text of a here-document and the values of the variables in it."""
    body = _chomped(document)
    if not document.expand:
        return (body,)
    used = references(body, quotes=False)
    return (body, *(around.token(f"${{{item.name}}}", state) for item in used))


def _options(instruction: Instruction) -> tuple[object, ...]:
    """What else of a COPY or ADD is in its key; ADD unpacks archives, so that it is not the same as COPY."""
    kept = ("parents", "exclude", "keep-git-dir", "checksum", "unpack")
    return (instruction.keyword, *sorted((flag.name, flag.value) for flag in instruction.flags if flag.name in kept))


def _destination(text: str, around: Environment) -> str:
    path = posixpath.normpath(posixpath.join(around.directory, text))
    return path.rstrip("/") + "/" if text in ("", ".") or text.endswith("/") else path


def account(text: str) -> tuple[object, ...]:
    """A user and group as BuildKit reads them: numbers are numbers, and root is 0."""
    if not text:
        return ()
    return tuple(0 if part == "root" else int(part) if part.isdecimal() else part for part in text.split(":", 1))


def _octal(text: str) -> object:
    try:
        return int(text, 8)
    except ValueError:
        return text


def taken(build: Build, chosen: Sequence[Selector]) -> tuple[object, Mapping[str, str]]:
    """What some selectors take from the context: one key, and each file."""
    content = context_content(build)
    plain = {selector for selector in chosen if not (selector.wildcard or selector.include or selector.exclude)}
    widest = {each for each in plain if not any(other != each and other.takes(each.source) for other in plain)}
    kept = sorted(widest | (set(chosen) - plain))
    found: list[Taken] = [content.taken(selector) for selector in kept]
    files = {path: token for item in found for path, token in item.files.items()}
    return tuple(item.key for item in found), files
