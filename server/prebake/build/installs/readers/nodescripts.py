"""Install scripts of Node.js packages: which read no more than manifests."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from prebake.build.installs.installer_table import scripts
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers.node import NodePackage, declared
from prebake.syntax.fragment import Fragment
from prebake.syntax.shell import split

EVENTS = (
    "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare",
    "predependencies", "dependencies", "postdependencies",
)  # fmt: skip
"""The scripts of a ``package.json`` that installing its dependencies runs."""


def note_scripts(notes: Notes, command: InstallCommand, packages: Iterable[NodePackage], events: Iterable[str]) -> None:
    """Note as problems the scripts of packages that may read sources."""
    names = tuple(events)
    for package in packages:
        own = package.mapping("scripts")
        for event in names:
            text = own.get(event)
            why = _why_not_alone(notes, package, text) if isinstance(text, str) else None
            if why is not None:
                shown = " ".join(str(text).split())
                shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
                where = package.path("package.json")
                notes.problem(command, f"runs the {event} script of {where} (`{shown}`), which {why}")
        if not own.get("install") and not own.get("preinstall") and notes.image.is_file(package.path("binding.gyp")):
            notes.problem(command, f"builds {package.path('binding.gyp')}, which may read any source")


def _why_not_alone(notes: Notes, package: NodePackage, text: str) -> str | None:
    """Why a script may read more than manifests, as the rest of a sentence; ``None`` when it does not."""
    script = split(Fragment.whole(text))
    if script.problem or script.functions:
        return "is not understood"
    for command in script.commands:
        if command.redirections or any(True for _ in command.scripts()):
            return "may read any source"
        words = [word.value for word in command.words]
        why = _why_not(notes, package, words) if words else None
        if why is not None:
            return why
    return None


def _why_not(notes: Notes, package: NodePackage, words: list[str | None]) -> str | None:
    while len(words) > 1 and words[0] in ("npx", "-y", "--yes", "--no-install"):
        words = words[1:]
    program = words[0].partition("@")[0] if words and words[0] else None
    if program in scripts()["harmless"]:
        return None
    if program in scripts()["git-hooks"]:
        folder = package.folder
        while folder not in ("/", ".", ""):
            if notes.image.is_dir(posixpath.join(folder, ".git")) or notes.image.is_file(
                posixpath.join(folder, ".git")
            ):
                return "sets up git hooks in .git: list .git in the ignore file, or give `--ignore-scripts`"
            folder = posixpath.dirname(folder)
        return None
    if program == "patch-package":
        options = words[1:]
        place = options[options.index("--patch-dir") + 1 :][:1] if "--patch-dir" in options else ["patches"]
        if place and place[0] is not None:
            notes.note([package.path(place[0])])
            return None
    # Whatever else a script reads, it needs the files that its command names (`node post-install.js`).
    notes.note([path for path in (package.path(word) for word in words[1:] if word) if notes.image.is_file(path)])
    return "may read any source"


def note_dependency_scripts(notes: Notes, command: InstallCommand, names: Iterable[str] | None) -> None:
    """Note what is not known about the install scripts of dependencies; ``names`` are those of the packages that have
    any, ``None`` where nothing says which do.
    """
    if names is None:
        notes.doubt(command, "may run install scripts of packages, which then find nothing but the manifests")
        return
    found = [name for name in dict.fromkeys(names) if name not in scripts()["packages"]]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        notes.doubt(command, f"runs the install script of {found[0]}{more}, which then finds nothing but the manifests")


def note_prisma(notes: Notes, command: InstallCommand, packages: Iterable[NodePackage]) -> None:
    """Note as a problem that the client of Prisma is made from the project's schema when it is installed."""
    for package in packages:
        if any(name == "@prisma/client" for name, _ in declared(package)):
            names = ("prisma/schema.prisma", "schema.prisma", "prisma.config.ts")
            schema = next((name for name in names if notes.image.is_file(package.path(name))), None)
            if schema is not None or package.data.get("prisma") or notes.image.is_dir(package.path("prisma")):
                notes.problem(command, f"lets @prisma/client read {package.path(schema or 'prisma')}: copy that, too")
