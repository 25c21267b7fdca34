"""PB206: an installer's cache stays in a layer of the image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.layers.packagecaches import (
    CacheUse,
    as_root,
    cache_uses,
    links_files,
    off_variable,
    subcommand,
    switch,
    uses_cache_mounts,
)
from prebake.edits import FileEdit
from prebake.findings import Applicability, Finding, Fix, Severity
from prebake.rules.base import Rule

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.rewriting.commandedits import CommandEdits


class PackageCacheKept(Rule):
    """An installer leaves what it has downloaded in a layer of the image, where nothing will ever read it.

    ## What it does

    Reports a `RUN` of the finished image that installs packages with pip, uv, Poetry, pdm, pipenv, conda (mamba,
    micromamba), npm or Yarn 1 and leaves their cache in its layer. One finding for each `RUN` and installer. Build
    stages of which only results are copied may keep what they like.

    An option (`--no-cache-dir`, `--no-cache`) counts, a variable (`PIP_NO_CACHE_DIR` with any value, even `0`;
    `UV_NO_CACHE` with a true one), a mount over the cache, and a command later in the same `RUN` that empties it. pnpm
    is not reported: its store and `node_modules` are links to the same files.

    A cache mount whose cache is turned off, or emptied at the end of the same `RUN`, is reported as well: it does
    nothing.

    ## Why it is bad

    pip keeps every wheel it downloads a second time: gigabytes for PyTorch with its CUDA libraries, which each push and
    pull of the image moves. uv makes hard links from its cache, so that a layer is only about a tenth larger, but
    twice as large with `UV_LINK_MODE=copy`. conda keeps the archives of all packages. A cache mount is better than no
    cache: on a warm rebuild BuildKit downloads only what is new, and nothing of it is in the image.

    ## Example

    ```dockerfile
    RUN pip install -r requirements.txt
    ```

    ## Use instead

    ```dockerfile
    RUN pip install --no-cache-dir -r requirements.txt
    ```

    or, with BuildKit,

    ```dockerfile
    RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
    ```

    ## Fix safety

    The fix is *suggested*: what is installed stays the same, but the image has fewer files, and something may count on
    the cache. It adds the option to each install of the `RUN`, or a command that empties the cache at its end (conda,
    Poetry, pdm, pipenv, npm, Yarn; of Poetry's folder only the archives, since virtual environments lie beside them).
    Where the Dockerfile uses cache mounts already, and the install runs as root, a mount comes first.

    A useless mount is mended by dropping the option. There is no fix where a variable turns the cache off, or where a
    command empties it on purpose: the finding says which.

    ## References

    - [pip: Caching](https://pip.pypa.io/en/stable/topics/caching/)
    - [uv: Using uv in Docker, caching](https://docs.astral.sh/uv/guides/integration/docker/#caching)
    - [Docker: Optimize cache usage in builds](https://docs.docker.com/build/cache/optimize/#use-cache-mounts)
    """

    code: ClassVar[str] = "PB206"
    name: ClassVar[str] = "package-cache-kept"
    severity: ClassVar[Severity] = Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each RUN and installer."""
        for use in cache_uses(build):
            if not use.kept and not use.mount_is_useless:
                continue
            instruction = use.install.instruction
            commands = use.kept or use.off
            first = commands[0].text if commands else use.cache.name
            yield self.finding(
                build.location(instruction),
                _kept(use) if use.kept else _useless(use),
                key=build.key(instruction, first + ("" if use.kept else " (mount)")),
                repair=partial(_without_cache if use.kept else _without_option, build, use),
            )


def _kept(use: CacheUse) -> str:
    what = use.cache.keeps.format(folder=use.folder or "its cache folder")
    more = f" (and {len(use.kept) - 1} more)" if len(use.kept) > 1 else ""
    if use.missed is not None:
        user = use.install.state.user or "root"
        return (
            f"`{use.kept[0].text}`{more} runs as {user}, whose cache the mount at {use.missed.target} does not hold: "
            f"it leaves {what}, in a layer of the image. Mount the cache of {user}"
        )
    if use.cache.name == "uv":
        linked = all(map(links_files, use.kept))
        what += (
            ", hard links for the most part, which make the layer about a tenth larger"
            if linked
            else ", a second copy of every file that it installs"
        )
    else:
        what += ", which nothing reads again"
    advice = f"add {use.cache.add}" if use.cache.add else f"run `{_emptying(use)}` at the end of the same RUN"
    return f"`{use.kept[0].text}`{more} leaves {what}, in a layer of the image: {advice}"


def _useless(use: CacheUse) -> str:
    target = use.mount.target if use.mount is not None else ""
    if use.purge is not None:
        words = " ".join(argument.text or "..." for argument in use.purge.arguments)
        return (
            f"the cache mount at {target} does nothing: `{use.purge.program} {words}` empties it at the end of the "
            "same RUN, so that a warm rebuild downloads everything again. What lies in the mount is in no layer anyway"
        )
    option = switch(use.cache, use.off[0])
    cause = f"`{option.text}`" if option is not None else off_variable(use.cache, use.off[0]) or "an instruction above"
    return (
        f"the cache mount at {target} does nothing: {cause} turns the cache of {use.cache.name} off, so that a warm "
        "rebuild downloads everything again. What lies in the mount is in no layer anyway"
    )


def _emptying(use: CacheUse) -> str:
    folder = use.folder or f"~/.cache/{use.cache.folder}"
    return (use.cache.run or "").format(folder=folder, program=use.kept[0].step.path)


def _without_cache(build: Build, use: CacheUse) -> tuple[Fix, ...] | str:
    from prebake.build.rewriting.commandedits import CommandEdits

    instruction, shell = use.install.instruction, use.install.state.shell
    fixes = []
    if use.missed is not None:
        user = use.install.state.user or "root"
        return f"a mount over the cache of {user} has to belong to that user (uid=), whose number is not known"
    if use.cache.mount and use.folder is not None and uses_cache_mounts(build) and as_root(use.kept[0].step):
        mount = f"--mount=type=cache,target={use.folder}"
        edits = CommandEdits(instruction, build.tree.escape)
        edits.flag(mount)
        fixes.append(
            _fix(build, edits, f"Add `{mount}`", "BuildKit keeps the cache between builds, outside of the image")
        )
    edits = CommandEdits(instruction, build.tree.escape)
    if use.cache.add is None:
        edits.append(shell, _emptying(use))
        title = f"Run `{_emptying(use)}` at the end of the RUN"
    else:
        title = f"Add {use.cache.add}"
        for command in use.kept:
            word = subcommand(command)
            place = None if word is None else edits.place(shell, command.step.command, word)
            if place is None:
                edits.refuse(f"it is not clear where `{command.called}` is written")
            else:
                edits.behind(place, use.cache.add)
    if edits.problem is None:
        fixes.append(_fix(build, edits, title, ""))
    return tuple(fixes) or f"the RUN cannot be changed in place: {edits.problem}"


def _without_option(build: Build, use: CacheUse) -> tuple[Fix, ...] | str:
    from prebake.build.rewriting.commandedits import CommandEdits

    instruction, shell = use.install.instruction, use.install.state.shell
    if use.purge is not None:
        return f"`{use.purge.program}` may empty the cache for a reason: drop it, or the mount"
    edits = CommandEdits(instruction, build.tree.escape)
    for command in use.off:
        option, variable = switch(use.cache, command), off_variable(use.cache, command)
        if option is None or variable is not None:
            return f"{variable or 'an instruction above'} turns the cache off: drop that, or the mount"
        words = command.step.command.words
        at = next((number for number, word in enumerate(words) if word is option.word), 0)
        pair = [edits.place(shell, command.step.command, word) for word in words[max(at - 1, 0) : at + 1]]
        if len(pair) < 2 or pair[0] is None or pair[1] is None or pair[1].raw != option.text:
            return f"it is not clear where `{option.text}` is written"
        edits.drop(pair[0], pair[1], pair[1])
    if edits.problem is not None:
        return f"the RUN cannot be changed in place: {edits.problem}"
    name = switch(use.cache, use.off[0])
    return (_fix(build, edits, f"Drop `{name.text if name is not None else ''}`, so that the mount is used", ""),)


def _fix(build: Build, edits: CommandEdits, title: str, why: str) -> Fix:
    return Fix(title, Applicability.SUGGESTED, (FileEdit(build.path, build.text, tuple(edits.edits)),), why)
