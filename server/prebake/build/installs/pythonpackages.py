"""The Python requirements that an install lists, in whatever manifest they stand."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from prebake.build.build import Build, fact
from prebake.build.image import image_before
from prebake.build.installs.installers import Install, InstallCommand, installs
from prebake.build.installs.manifests import readings
from prebake.build.installs.releases import normalised, requirement
from prebake.files import join
from prebake.project.manifests.manifest import declared, read_toml, table
from prebake.project.manifests.requirements import decode, logical_lines
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_LOCKS = frozenset(("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"))
_OTHER = regex(
    r".*\.(json|npmrc|yarnrc|yarnrc\.yml|[cm]?js|patch|tgz|mod|sum|work)$|pnpm-.*\.yaml$|yarn\.lock$|go\.work"
)
"""Manifests that list no packages of Python."""
_REPOSITORY = regex(
    r"git\+(?:https|ssh)://(?:git@)?github\.com[/:]([\w.-]{1,60}/[\w.-]{1,80}?)(?:\.git)?(?:@v?([\w./-]{1,80}))?"
    r"(?:#(?:.*&)?egg=([\w.-]{1,80}).*|#.*)?"
)
_RELEASE = regex(r"\d{1,6}(?:\.\d{1,6}){1,3}")
_REPOSITORIES = {"openai/whisper": "openai-whisper", "ukplab/sentence-transformers": "sentence-transformers"}
"""Repositories of GitHub whose package has another name, or is known to have theirs."""
_CONDA = regex(r"\s*-\s*([A-Za-z0-9][\w.-]*)\s*(\[[\w,-]*\])?\s*([=<>!~][^#\s]*)?\s*(?:#.*)?$")


class Listed(NamedTuple):
    """One requirement: its normalised name, its version specifiers as text, the instruction that installs it and the
    command of it that does.

    ``place`` says where it stands, for messages.
    """

    name: str
    specifier: str
    install: Install
    command: InstallCommand
    place: str


@fact
def listed(build: Build) -> tuple[Listed, ...]:
    """Every requirement of every install in the Dockerfile, in the order of the instructions."""
    found: list[Listed] = []
    for index, install in installs(build).items():
        image = image_before(build, install.instruction)
        root = build.context.root or "/"
        texts = {
            item.provided.context: build.snapshot.text(join(root, item.provided.context))
            for item in readings(build)[index].manifests
            if not item.folder
        }
        for command in install.commands:
            line = f"line {install.instruction.line + 1}"
            found += (
                Listed(*known, install, command, line)
                for package in command.packages
                if (known := _parsed(package)) is not None
            )
            for project in command.projects:
                folder = command.step.absolute(project.partition("[")[0])
                provided = None if folder is None else image.provider(join(folder, "pyproject.toml"))
                if provided is not None:
                    texts.setdefault(provided.context, build.snapshot.text(join(root, provided.context)))
        reader = next((command for command in install.commands if _reads_manifests(command)), install.commands[0])
        for path, text in texts.items():
            if text is not None:
                name = posixpath.basename(path)
                found += (Listed(*known, install, reader, path) for known in _of_manifest(name, text))
    return tuple(found)


def _reads_manifests(command: InstallCommand) -> bool:
    return bool(command.requirements or command.projects or (command.installer.needs and not command.packages))


@lru_cache(maxsize=64)
def _of_manifest(name: str, text: Text) -> tuple[tuple[str, str], ...]:
    if _OTHER.match(name):
        return ()
    if name in _LOCKS:
        return tuple(_locked(read_toml(text)))
    if name.endswith(".toml"):
        return tuple(_of_project(read_toml(text)))
    if name.endswith((".yml", ".yaml")):
        return tuple(_of_conda(text))
    lines = (line for _, line in logical_lines(decode(text)) if not line.startswith("-"))
    return tuple(known for line in lines if (known := _parsed(line)) is not None)


def _parsed(line: str) -> tuple[str, str] | None:
    plain = line.partition(" --")[0].strip()
    return _of_repository(plain) if plain.startswith("git+") else requirement(plain)


def _of_repository(url: str) -> tuple[str, str] | None:
    """The package that pip installs from a repository, where the URL says which, or the repository is well known."""
    found = _REPOSITORY.fullmatch(url)
    if found is None:
        return None
    owner, _, name = found[1].lower().partition("/")
    known = found[3] or _REPOSITORIES.get(f"{owner}/{name}") or (name if owner == "huggingface" else None)
    release = f"=={found[2]}" if found[2] and _RELEASE.fullmatch(found[2]) else ""
    return (normalised(known), release) if known else None


def _locked(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    packages = data.get("package", data.get("packages", ()))
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict) and isinstance(package.get("name"), str):
            version = package.get("version")
            yield normalised(package["name"]), f"=={version}" if isinstance(version, str) else ""


def _of_project(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (known for line in declared(data) if (known := _parsed(line)) is not None)
    tables = [table(data, "tool", "poetry", "dependencies")]
    tables += [table(group, "dependencies") for group in table(data, "tool", "poetry", "group").values()]
    for names in tables:
        for name, wanted in names.items():
            version = wanted.get("version") if isinstance(wanted, dict) else wanted
            specifier = _poetry(version) if isinstance(version, str) else ""
            yield _parsed(f"{name}{specifier}") or (normalised(name), "")


def _poetry(version: str) -> str:
    """Poetry's ``^1.2`` and ``1.2`` in the notation of packaging."""
    version = version.strip()
    if version in ("", "*"):
        return ""
    if version[0].isdigit():
        return f"=={version}"
    if version[0] in "^~" and version[1:2].isdigit():
        parts = [int(part) for part in re.findall(r"\d+", version)[:3]]
        at = (
            next((number for number, part in enumerate(parts) if part), 0)
            if version[0] == "^"
            else min(1, len(parts) - 1)
        )
        upper = [*parts[:at], parts[at] + 1]
        return f">={'.'.join(map(str, parts))},<{'.'.join(map(str, upper))}"
    return version


def _of_conda(text: Text) -> Iterator[tuple[str, str]]:
    for number in range(min(text.line_count, 2000)):
        found = _CONDA.match(text.line(number)[:200])
        if found:
            version = re.sub(r"^=(?!=)", "==", found[3] or "")
            known = _parsed(found[1] + version) or (normalised(found[1]), "")
            yield known
