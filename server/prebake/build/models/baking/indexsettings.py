"""How a Dockerfile reaches its package index: variables, files and options that another stage needs for it, too."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.manifests import readings
from prebake.build.models.safetext import Unsafe
from prebake.files import join
from prebake.project.manifests.requirements import decode, logical_lines
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction, Stage

_VARIABLE = regex(
    r"(?i:pip_(?!no_cache_dir)\w+|(https?|ftp|all|no)_proxy|(ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle)"
    r"|netrc|hf_endpoint)\Z"
)
_FILE = regex(r"pip\.conf|\.netrc\Z|\.(crt|pem)\Z|ca-certificates|/certs?\b")
_RUN = regex(r"update-ca-certificates|update-ca-trust|\bpip3? config\b")
_OPTIONS = frozenset(
    ("-i", "--index-url", "--extra-index-url", "--trusted-host", "--cert", "--client-cert", "--proxy", "--timeout")
)
_FLAGS = frozenset(("--no-cache-dir", "--break-system-packages"))
_OTHER_INDEX = regex(r"index-url|^\s*\[\[(tool\.uv\.index|tool\.poetry\.source|tool\.pdm\.source|source|index)\]\]")
_OTHER_VARIABLE = regex(r"(UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS)|POETRY_\w*REPOSITOR\w*)\Z")
_PLAIN = regex(r"[\w:/.@%+~=-]{1,300}\Z")


def setting_lines(build: Build, stages: Sequence[Stage], install: Instruction) -> Iterator[str]:
    """The instructions above an install, in the stages that it is built on, that say how the index is reached.

    Raises:
        Unsafe: one of them depends on what it stands in.
    """
    for stage in stages:
        for instruction in stage.instructions[1:]:
            if instruction.index >= install.index:
                return
            if instruction.keyword in ("ENV", "ARG"):
                names = [pair.name for pair in instruction.pairs]
                if any(_OTHER_VARIABLE.match(name) for name in names):
                    raise Unsafe("the app's packages come from an index that pip is not told of")
                if any(_VARIABLE.match(name) for name in names) or _is_used(build, instruction):
                    yield instruction.raw.strip()
            elif instruction.keyword in ("COPY", "ADD"):
                copy = copies(build).get(instruction.index)
                if copy is not None and copy.destination is not None and _is_setting(instruction):
                    if not (instruction.words[-1].value.startswith("/") and copy.from_context):
                        raise Unsafe(
                            "how the package index is reached depends on another stage or the working directory"
                        )
                    yield instruction.raw.strip()
            elif instruction.keyword == "RUN" and _RUN.search(instruction.raw):
                yield instruction.raw.strip()


def _is_setting(instruction: Instruction) -> bool:
    return any(_FILE.search(word.value) for word in instruction.words)


def _is_used(build: Build, argument: Instruction) -> bool:
    """Whether the options or the settings of an install mention a build argument."""
    if argument.keyword != "ARG":
        return False
    return any(
        f"${pair.name}" in item.raw or f"${{{pair.name}" in item.raw
        for pair in argument.pairs
        for item in build.tree.instructions[argument.index + 1 :]
        if item.stage == argument.stage
        and (
            (item.keyword == "RUN" and any(option in item.raw for option in ("index-url", "trusted-host", "--proxy")))
            or (item.keyword == "ENV" and any(_VARIABLE.match(other.name) for other in item.pairs))
        )
    )


def index_options(build: Build, command: InstallCommand) -> str:
    """The options of an install that say how the index is reached, as pip takes them, with a trailing space.

    Raises:
        Unsafe: another tool is told of its index in a way that pip does not read.
    """
    own = command.installer.name == "pip"
    found = dict.fromkeys(_given(command)) if own else {}
    root = build.context.root or "/"
    for manifest in readings(build)[_index(build, command)].manifests:
        text = None if manifest.folder else build.snapshot.text(join(root, manifest.provided.context))
        if text is None:
            continue
        if own and not manifest.provided.context.endswith((".toml", ".lock")):
            for _, line in logical_lines(decode(text)):
                found.update(dict.fromkeys(_listed(line)))
        elif any(_OTHER_INDEX.search(line) for line in text.content.split("\n")):
            raise Unsafe("the app's packages come from an index that pip is not told of")
    return "".join(f"{option} " for option in found)


def _index(build: Build, command: InstallCommand) -> int:
    return next(
        index for index in readings(build) if any(item is command for item in readings(build)[index].install.commands)
    )


def _given(command: InstallCommand) -> Iterator[str]:
    arguments = iter(command.step.arguments)
    for argument in arguments:
        raw = argument.word.raw if argument.word is not None else argument.text or ""
        name = raw.partition("=")[0]
        if raw in _FLAGS or (name in _OPTIONS and "=" in raw):
            yield raw
        elif raw in _OPTIONS:
            value = next(arguments, None)
            word = None if value is None else value.word
            if word is not None:
                yield f"{raw} {word.raw}"


def _listed(line: str) -> Iterator[str]:
    """The options in a line of a requirements file."""
    if not line.startswith("-"):
        return
    name, _, value = line.replace("=", " ", 1).partition(" ")
    if name in ("-i", "--index-url", "--extra-index-url", "--trusted-host"):
        if not _PLAIN.match(value.strip()):
            raise Unsafe("the package index in the requirements is not plain enough to be put into a command")
        yield f"{name} {shlex.quote(value.strip())}"
