"""``go mod download``: the modules that go.mod lists, and those of a workspace.

As documented (Go modules reference, and the change of "go mod download" in Go 1.16.5): it reads go.mod and go.sum,
go.work and go.work.sum with the go.mod of each module in use, and the go.mod of folders that ``replace`` names; not the
code, and no vendor folder. It adds to go.sum only what is missing to load the list of modules.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.commands.effects import Effects, redirections, roots
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.records import NamedTuple
from prebake.text import Text

_MOST_LINES = 20_000


class GoMod(NamedTuple):
    """What a go.mod or go.work says: ``requires`` are modules with their versions, ``replaced`` maps a module to a
    folder or to another module with its version, ``uses`` are folders.
    """

    go: str
    requires: tuple[tuple[str, str], ...]
    replaced: dict[str, tuple[str, ...]]
    uses: tuple[str, ...]

    def folders(self) -> Iterator[str]:
        """The folders that take the place of modules."""
        yield from (new[0] for new in self.replaced.values() if new[0].startswith(("./", "../", "/", ".")))


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the files that list the modules."""
    own = redirections(command.step)
    _flags(notes, command)
    folder = command.directory
    if folder is None:
        notes.problem(command, "reads go.mod, and the folder it runs in is not known")
        return _effects(command, own)
    text = notes.image.text(posixpath.join(folder, "go.mod"))
    module = go_mod(text) if text is not None else None
    workspace = _workspace(notes, command, folder)
    places = workspace or ([folder] if module is not None else [])
    for place in places:
        _module(notes, command, place)
    if module is None and workspace is None:
        notes.problem(command, f"finds no go.mod from the context in {folder}")
    words = [argument.text or "" for argument in command.step.arguments]
    if any(word[:1] != "-" for word in words[words.index("download") + 1 :]):
        notes.doubt(command, "adds to go.sum the modules that it names, which the COPY then takes back")
    return _effects(command, own)


def go_mod(text: Text) -> GoMod:
    """The statements of a go.mod or go.work."""
    go = ""
    requires: list[tuple[str, str]] = []
    replaced: dict[str, tuple[str, ...]] = {}
    uses: list[str] = []
    block = ""
    for line in text.content.splitlines()[:_MOST_LINES]:
        words = [word.strip('"`') for word in line.partition("//")[0].split()]
        if block and words == [")"]:
            block = ""
            continue
        if words[1:] == ["("]:
            block = words[0]
            continue
        verb, rest = (block, words) if block else ("".join(words[:1]), words[1:])
        if verb == "go" and rest:
            go = rest[0]
        elif verb == "require" and len(rest) > 1:
            requires.append((rest[0], rest[1]))
        elif verb == "use" and rest:
            uses.append(rest[0])
        elif verb == "replace" and "=>" in rest[:-1] and rest[0] != "=>":
            replaced[rest[0]] = tuple(rest[rest.index("=>") + 1 :])
    return GoMod(go, tuple(requires), replaced, tuple(uses))


def _workspace(notes: Notes, command: InstallCommand, folder: str) -> list[str] | None:
    """The modules of the workspace that a folder lies in, its files noted; ``None`` where there is none."""
    if command.step.sets("GOWORK") and command.step.lookup("GOWORK") == "off":
        return None
    place = folder
    while True:
        text = notes.image.text(posixpath.normpath(posixpath.join(place, "go.work")))
        if text is not None:
            break
        if place in ("/", ".", ""):
            return None
        place = posixpath.dirname(place) or "."
    notes.note([posixpath.normpath(posixpath.join(place, name)) for name in ("go.work", "go.work.sum")])
    work = go_mod(text)
    _replacements(notes, command, place, work)
    return [posixpath.normpath(posixpath.join(place, use)) for use in work.uses]


def _module(notes: Notes, command: InstallCommand, folder: str) -> None:
    path = posixpath.normpath(posixpath.join(folder, "go.mod"))
    text = notes.image.text(path)
    if text is None:
        notes.problem(command, f"reads {path}, which is not among the files that are copied from the context")
        return
    sums = posixpath.normpath(posixpath.join(folder, "go.sum"))
    notes.note([path, sums])
    module = go_mod(text)
    _replacements(notes, command, folder, module)
    notes.packages += [name for name, _ in module.requires]
    if not _complete(module, notes.image.text(sums)):
        notes.doubt(
            command, f"may add to {sums} what is missing, which the COPY then takes back (`go mod tidy` adds it)"
        )


def _replacements(notes: Notes, command: InstallCommand, folder: str, module: GoMod) -> None:
    for name in dict.fromkeys(module.folders()):
        path = posixpath.normpath(posixpath.join(folder, name, "go.mod"))
        if notes.image.is_file(path):
            notes.note([path])
        else:
            notes.problem(command, f"reads {path}, which is not among the files that are copied from the context")


def _complete(module: GoMod, sums: Text | None) -> bool:
    """Whether go.sum has what is needed to load the list of modules, which go.mod holds in full from Go 1.17 on."""
    if not module.requires:
        return True
    major, _, rest = module.go.partition(".")
    minor = rest.partition(".")[0]
    if sums is None or not (major.isdigit() and minor.isdigit() and (int(major[:4]), int(minor[:4])) >= (1, 17)):
        return False
    known = {tuple(line.split()[:2]) for line in sums.content.splitlines()[: 10 * _MOST_LINES]}
    for name, version in module.requires:
        new = module.replaced.get(name, (name, version))
        if len(new) > 1 and (new[0], f"{new[1]}/go.mod") not in known:
            return False
    return True


def _flags(notes: Notes, command: InstallCommand) -> None:
    step = command.step
    flags = step.lookup("GOFLAGS") if step.sets("GOFLAGS") else ""
    if flags is None or any(word.lstrip("-").startswith(("modfile", "overlay", "C")) for word in flags.split()):
        notes.problem(command, f"runs with GOFLAGS {flags or ''}, whose files are not followed".replace("  ", " "))
    proxy = step.lookup("GOPROXY") if step.sets("GOPROXY") else ""
    if proxy is None or "file:" in proxy:
        notes.problem(command, "takes modules from a folder that GOPROXY names, which is not followed")


def _effects(command: InstallCommand, own: Effects) -> Effects:
    step = command.step
    homes = sorted({"/root", step.lookup("HOME") or "/root"})
    places = ["/go/pkg", *roots("home")]
    places += [posixpath.join(home, name) for home in homes for name in ("go/pkg", ".cache", ".config/go")]
    for name in ("GOMODCACHE", "GOPATH", "GOCACHE", "GOTMPDIR"):
        place = step.absolute(step.lookup(name) or "") if step.lookup(name) else None
        if place is not None:
            places.append(posixpath.join(place, "pkg") if name == "GOPATH" else place)
    return Effects(reads=own.reads, writes=own.writes, roots=tuple(dict.fromkeys(places)), opaque=own.opaque)
