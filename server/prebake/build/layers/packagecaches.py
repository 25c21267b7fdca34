"""What installers leave in their caches: kept in the layer, mounted, turned off or emptied again.

The table is ``data/caches.toml``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from prebake.build.bases import is_plain_base, is_windows_base
from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.image import Mount, image_before, mounts_of
from prebake.build.installs.installers import Install, InstallCommand, install_at
from prebake.build.paths import inside, related
from prebake.build.shipping import ships
from prebake.build.state import chain
from prebake.build.steps import Argument, Step, steps_at
from prebake.data import load_table
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.shell import ShellWord

_LOCAL_ONLY = frozenset(("--no-index", "--dry-run", "--offline"))
_MARKS = ("cache", "CACHE", "clean", ".npm", "pkgs")
_MOST_EMPTYING = 50
"""Bound on the RUN instructions that are looked at for commands that empty a cache."""
_REMOVERS = frozenset(("rm", "find"))


_INSTALLING = regex(r"\b(?:install|sync|wheel|download|compile|run|tool|add)\b")
_OTHERS = ("npm", "yarn", "conda", "mamba", "poetry", "pdm", "pipenv")
"""Programs that are told in other words."""


class Cache(NamedTuple):
    """A row of the table; see ``data/caches.toml`` for what the fields mean."""

    name: str
    installers: frozenset[str]
    folder: str | None
    home: str | None
    tails: tuple[str, ...]
    variable: str
    option: str | None
    off: tuple[str, ...]
    off_values: frozenset[str]
    purges: tuple[str, ...]
    needs: Mapping[str, str]
    keeps: str
    add: str | None
    run: str | None
    mount: bool


class CacheUse(NamedTuple):
    """What the commands of one RUN that share a cache do about it.

    ``folder`` is where it lies in the image, ``None`` where that is not known. ``kept`` are the commands that leave
    something there in the layer. ``mount`` is a cache mount that is made for this cache alone; ``off`` are the
    commands that do not use the cache, ``all_off`` says that none does; ``purge`` is the command that empties it.
    ``missed`` is a cache mount for the home of somebody else than the user who installs.
    """

    cache: Cache
    install: Install
    folder: str | None
    kept: tuple[InstallCommand, ...]
    mount: Mount | None
    off: tuple[InstallCommand, ...]
    all_off: bool
    purge: Step | None
    missed: Mount | None = None

    @property
    def mount_is_useless(self) -> bool:
        """Whether the mount is there for nothing: no command uses it, or it is emptied again."""
        return self.mount is not None and (self.purge is not None or self.all_off)


@fact
def cache_uses(build: Build) -> tuple[CacheUse, ...]:
    """What the installs of the finished image do about their caches, in order."""
    return tuple(
        use
        for instruction in build.tree.instructions
        if instruction.keyword == "RUN" and not _keeps_nothing(instruction.raw) and ships(build, instruction)
        if (install := install_at(build, instruction)) is not None and not is_windows_base(install.state.base)
        for use in _uses(build, install)
    )


@lru_cache(maxsize=2048)
def _keeps_nothing(text: str) -> bool:
    """Whether each install in a RUN is pip's or uv's and is told to keep nothing: a cheap test, so that the well-kept
    ones of a long file are not read closely.
    """
    return (
        "--no-cache" in text
        and "--mount" not in text
        and len(_INSTALLING.findall(text)) <= text.count("--no-cache")
        and not any(program in text for program in _OTHERS)
    )


def links_files(command: InstallCommand) -> bool:
    """Whether uv makes hard links from its cache, so that the files there take no room of their own."""
    step = command.step
    mode = _value(step, "--link-mode") or (step.lookup("UV_LINK_MODE") if step.sets("UV_LINK_MODE") else "hardlink")
    return mode in ("hardlink", "clone")


def uses_cache_mounts(build: Build) -> bool:
    """Whether the Dockerfile has cache mounts, and its builder knows them."""
    return build.settings.builder in ("buildkit", "buildah") and any(
        item.keyword == "RUN" and any("type=cache" in value for value in item.flag_values("mount"))
        for item in build.tree.instructions
    )


def as_root(step: Step) -> bool:
    """Whether a command is known to run as root, whose home is ``/root``."""
    user = (step.state.user or "").partition(":")[0]
    return user in ("root", "0") or (step.state.user is None and is_plain_base(step.state.base))


def _uses(build: Build, install: Install) -> Iterator[CacheUse]:
    mounts = mounts_of(install.instruction, install.state)
    for cache in _table():
        commands = [
            item
            for item in install.commands
            if item.installer.name in cache.installers and item.step.command.before != "||" and _downloads(item)
        ]
        if not commands or all(item.only_tools for item in commands) or not _fits(build, install, cache):
            continue
        folder = _folder(cache, commands[0])
        mount = next((item for item in mounts if _covers(cache, folder, item.target, commands[0].step)), None)
        configured = _set_off_before(build, cache, install.instruction)
        off = tuple(item for item in commands if configured or _is_off(cache, item))
        unused = set(map(id, off))
        purge = _purge(install, cache, commands[-1], folder)
        kept = tuple(item for item in commands if id(item) not in unused)
        if all(item.only_tools for item in kept):
            kept = ()
        if mount is not None or purge is not None or (kept and _emptied_below(build, install, cache, folder)):
            kept = ()
        own = mount if mount is not None and mount.kind == "cache" and _is_own(cache, folder, mount) else None
        missed = next(
            (item for item in mounts if mount is None and item.kind == "cache" and _ends(cache, item.target)), None
        )
        yield CacheUse(cache, install, folder, kept, own, off, len(off) == len(commands), purge, missed)


def _downloads(command: InstallCommand) -> bool:
    """Whether a command may fetch archives."""
    if command.given & _LOCAL_ONLY or command.step.lookup("PIP_NO_INDEX"):
        return False
    local_only = not (command.packages or command.requirements or command.installer.needs)
    if local_only and (command.archives or any("wildcard" in reason for reason in command.unknown)):
        return False
    return not (local_only and command.given & {"--no-deps", "--no-dependencies"})


def _fits(build: Build, install: Install, cache: Cache) -> bool:
    for name, mark in cache.needs.items():
        text = image_before(build, install.instruction).text(install.commands[0].step.absolute(name) or "")
        if text is None or mark not in text.content[:1000]:
            return False
    return True


def _folder(cache: Cache, command: InstallCommand) -> str | None:
    step = command.step
    named = _value(step, cache.option)
    if named is not None:
        return step.absolute(named)
    for variable in (cache.variable, cache.variable.lower()):
        if step.sets(variable):
            value = step.lookup(variable)
            return step.absolute(value) if value else None
    home = step.lookup("HOME") if step.sets("HOME") else "/root" if as_root(step) else None
    if cache.home is not None:
        return posixpath.join(home, cache.home) if home else None
    if cache.folder is None:
        return None
    if step.sets("XDG_CACHE_HOME"):
        value = step.lookup("XDG_CACHE_HOME")
        return posixpath.join(value, cache.folder) if value else None
    return posixpath.join(home, ".cache", cache.folder) if home else None


def _value(step: Step, option: str | None) -> str | None:
    """The value of an option of a command."""
    texts = [argument.text or "" for argument in step.arguments]
    for number, text in enumerate(texts if option is not None else ()):
        if text == option:
            return texts[number + 1] if number + 1 < len(texts) else None
        if text.startswith(f"{option}="):
            return text.partition("=")[2]
    return None


def _covers(cache: Cache, folder: str | None, target: str, step: Step) -> bool:
    """Whether what is mounted at a path holds the cache."""
    if folder is not None:
        return inside(folder, target) is not None
    user = (step.state.user or "").partition(":")[0]
    if user not in ("", "root", "0") and "$" not in user and inside(target, "/root") is not None:
        return False
    return _ends(cache, target)


def _ends(cache: Cache, path: str) -> bool:
    return any(f"/{path.strip('/')}".endswith(f"/{tail}") for tail in cache.tails)


def _is_own(cache: Cache, folder: str | None, mount: Mount) -> bool:
    """Whether a mount is for this cache and nothing else."""
    if folder is not None:
        return mount.target == folder
    return posixpath.basename(mount.target) == posixpath.basename(cache.tails[-1])


def switch(cache: Cache, command: InstallCommand) -> Argument | None:
    """The option of a command that turns the cache off."""
    short = ("-n",) if cache.add == "--no-cache" else ()
    return next((item for item in command.step.arguments if (item.text or "").startswith(("--no-cache", *short))), None)


def off_variable(cache: Cache, command: InstallCommand) -> str | None:
    """The variable that turns the cache off for a command, or may."""
    for variable in cache.off:
        if command.step.sets(variable) or variable in command.step.state.args:
            value = command.step.lookup(variable)
            if value is None or (value and (not cache.off_values or value.lower() in cache.off_values)):
                return variable
    return "PIP_CONFIG_FILE" if cache.name == "pip" and command.step.sets("PIP_CONFIG_FILE") else None


def subcommand(command: InstallCommand) -> ShellWord | None:
    """The last word of what a command is called by (``install`` of ``pip install``)."""
    last = command.called.rpartition(" ")[2]
    return next((item.word for item in command.step.arguments if item.text == last), None)


def _is_off(cache: Cache, command: InstallCommand) -> bool:
    if switch(cache, command) is not None or off_variable(cache, command) is not None:
        return True
    # An argument that is known only when the command runs may be the option.
    return any(
        argument.text is None and argument.word is not None and argument.word.raw.lstrip("\"'")[:1] in ("$", "`")
        for argument in command.step.arguments
    )


@fact
def _pip_configured(build: Build) -> dict[int, int]:
    """For each stage the index of the first instruction that configures pip to keep nothing, where there is one."""
    found: dict[int, int] = {}
    for item in build.tree.instructions:
        if item.stage is None or item.stage in found:
            continue
        configures = item.keyword == "RUN" and ("pip config" in item.raw or "pip.conf" in item.raw)
        if configures and "no-cache-dir" in item.raw:
            found[item.stage] = item.index
        copy = copies(build).get(item.index)
        for mapping in copy.mappings if copy is not None else ():
            if not mapping.folder and posixpath.basename(mapping.image) == "pip.conf" and copy is not None:
                text = build.snapshot.text(copy.files.absolute(mapping.context))
                if text is not None and "no-cache-dir" in text.content:
                    found[item.stage] = item.index
    return found


def _set_off_before(build: Build, cache: Cache, instruction: Instruction) -> bool:
    """Whether an instruction above, or the RUN itself, configures the installer to keep nothing."""
    first = _pip_configured(build)
    if cache.name != "pip" or not first:
        return False
    stages = chain(build, build.stage_of(instruction))
    return any(first.get(stage.index, instruction.index + 1) <= instruction.index for stage in stages)


def _purge(install: Install, cache: Cache, last: InstallCommand, folder: str | None) -> Step | None:
    """The command behind the last install that empties the cache."""
    behind = False
    for step in install.steps.steps:
        if step is last.step:
            behind = True
        elif behind and _empties(cache, step, folder):
            return step
    return None


@fact
def _emptying(build: Build) -> tuple[tuple[int, Step], ...]:
    """The commands of the finished image that may empty a cache, each with the index of its RUN; a bounded number."""
    return tuple(
        (item.index, step)
        for item in [
            item
            for item in build.tree.instructions
            if item.keyword == "RUN" and any(mark in item.body.text for mark in _MARKS) and ships(build, item)
        ][:_MOST_EMPTYING]
        for step in steps_at(build, item).steps
        if step.program in _REMOVERS or "clean" in step.path.lower() or _cleans(step)
    )


def _cleans(step: Step) -> bool:
    words = " ".join((step.program, *(argument.text or "" for argument in step.arguments[:2])))
    return any(words.startswith(purge) for cache in _table() for purge in cache.purges)


def _emptied_below(build: Build, install: Install, cache: Cache, folder: str | None) -> bool:
    """Whether a later layer empties the cache, which is a mistake of its own: this one has it nevertheless."""
    for index, step in _emptying(build):
        if index <= install.instruction.index:
            continue
        own = install_at(build, build.tree.instructions[index])
        if own is not None and any(command.installer.name in cache.installers for command in own.commands):
            continue
        if _empties(cache, step, folder):
            return True
    return False


def _empties(cache: Cache, step: Step, folder: str | None) -> bool:
    words = " ".join((step.program, *(argument.text or "" for argument in step.arguments)))
    if any(words.startswith(purge) for purge in cache.purges):
        return True
    if step.program not in _REMOVERS:
        return "clean" in step.path.lower()
    for argument in step.arguments:
        raw = (argument.text or (argument.word.raw if argument.word is not None else "")).strip("\"'")
        path = raw.partition("*")[0].rstrip("/") if "*" in raw else raw.rstrip("/")
        if not path or path.startswith("-"):
            continue
        if folder is not None and path != "/" and related(folder, path):
            return True
        if raw.startswith(("$(", "`")) and cache.name in raw and "cache" in raw:
            return True  # `rm -rf $(poetry config cache-dir)`
        if _ends(cache, path) or cache.variable in raw or any(purge in raw for purge in cache.purges):
            return True
        if "*" in raw and raw.startswith(("/root/", "~/", "$HOME/", "/home/")) and raw.count("/") <= 3:
            return True
    return False


@lru_cache(maxsize=1)
def _table() -> tuple[Cache, ...]:
    return tuple(_cache(row) for row in load_table("caches")["cache"])


def _cache(row: Mapping[str, Any]) -> Cache:
    return Cache(
        name=row["name"],
        installers=frozenset(row["installers"]),
        folder=row.get("folder"),
        home=row.get("home"),
        tails=tuple(row["tails"]),
        variable=row["variable"],
        option=row.get("option"),
        off=tuple(row["off"]),
        off_values=frozenset(row.get("off-values", ())),
        purges=tuple(row["purges"]),
        needs=row.get("needs", {}),
        keeps=row["keeps"],
        add=row.get("add"),
        run=row.get("run"),
        mount=row.get("mount", False),
    )
