"""What instructions take from the build context, digested as the builders do: names, permissions and bytes, no dates.

BuildKit and the legacy builder hash for each file its mode, owner (always root), size, link target and bytes, and for
a folder the names in it as well, but not the name of the folder that is copied. The mode of a folder counts too in
principle; a change of it alone goes unnoticed (moby/buildkit#7176), so it is left out here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from hashlib import sha256

from prebake.build.build import Build, fact
from prebake.build.cache.inputs import Selector
from prebake.build.contextfiles import ContextFiles, TooMany
from prebake.files import Kind
from prebake.project.ignore.rules import rules_of
from prebake.project.links import led_to
from prebake.records import NamedTuple
from prebake.syntax.glob import GlobError
from prebake.text import Text


def digest(*parts: object) -> str:
    """A key made of strings, numbers and tuples of them."""
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


class Taken(NamedTuple):
    """What a selector selects: ``key`` is what the builder compares; ``files`` has each path with what stands there."""

    key: object
    files: Mapping[str, str]


class ContextContent:
    """Digests of the files of one context, each worked out once."""

    def __init__(self, files: ContextFiles) -> None:
        self.files = files
        self._known: dict[Selector, Taken] = {}

    def taken(self, selector: Selector) -> Taken:
        """What a selector selects."""
        if selector not in self._known:
            self._known[selector] = self._digest(selector)
        return self._known[selector]

    def _digest(self, selector: Selector) -> Taken:
        try:
            starts = self.files.matches(selector.source) if selector.wildcard else (selector.source,)
        except (GlobError, TooMany):
            return Taken(("unknown", selector.source), {})
        # Of what a pattern selects the name counts, of a path that is written out only what stands there.
        named = selector.wildcard or selector.include or selector.exclude
        entries: list[tuple[str, str]] = []
        files: dict[str, str] = {}
        for start in starts:
            for path, token in self.entries(self.followed(start)):
                below = posixpath.relpath(path, start) if start else path
                if filtered(selector, "" if path == start else below):
                    continue
                name = posixpath.join(posixpath.basename(start), below) if named else below
                entries.append((posixpath.normpath(name), token))
                files[path] = token
        return Taken(digest(entries), files)

    def followed(self, path: str) -> str:
        """A path of the context with the symbolic link that it may be followed, where that stays in the context."""
        root = self.files.root
        if root is None or self.files.snapshot.link(self.files.absolute(path)) is None:
            return path
        target = led_to(self.files.snapshot, root, path)
        return path if target is None or not self.files.snapshot.exists(self.files.absolute(target)) else target

    def entries(self, path: str) -> Iterator[tuple[str, str]]:
        """A file, or a folder with all that is sent of it: paths and what stands there, in order."""
        if self.files.root is not None and not self.files.is_folder(path):
            yield path, self.token(path)
            return
        waiting = [path]
        while waiting:
            folder = waiting.pop()
            children = list(self.files.children(folder))
            if folder != path and (children or self.files.ignore.sends(folder, is_dir=True)):
                yield folder, "folder"
            yield from ((child, self.token(child)) for child, is_folder in children if not is_folder)
            waiting += [child for child, is_folder in reversed(children) if is_folder]

    def token(self, path: str) -> str:
        """What tells a file from another one: kind, mode and bytes; of a link the place it leads to."""
        place = self.files.absolute(path)
        found = self.files.snapshot.stat(place)
        if found is None or not (found.kind is Kind.SYMLINK or self.files.ignore.sends(path)):
            return "missing"
        mode = 0 if found.kind is Kind.SYMLINK else found.mode
        return f"{found.kind.value} {mode:o} {self.files.snapshot.fingerprint(place)}"


def filtered(selector: Selector, below: str) -> bool:
    """Whether the selector's own patterns leave out a path below its source."""
    if selector.exclude and below and not rules_of(Text("\n".join(selector.exclude)), "").sends(below):
        return True
    if not selector.include or not below:
        return False
    return rules_of(Text("\n".join(selector.include)), "").sends(below)


@fact
def context_content(build: Build) -> ContextContent:
    """The content of the build's context."""
    return ContextContent(ContextFiles(build.snapshot, build.context.root, build.ignore))
