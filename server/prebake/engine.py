"""From a changed path to the Dockerfiles it concerns, and from a Dockerfile to its findings.

The command and the language server are thin users of this. An :class:`Engine` keeps the open buffers, remembers what it
has found out until something changes, and analyses any snapshot, so that fixes can be tried before they are made.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from prebake import config
from prebake.build.build import Build, Scanner, project_root
from prebake.checking import findings_of
from prebake.discovery import dockerfile_of, dockerfiles, is_dockerfile, is_ignore_file
from prebake.files import Disk, Snapshot, is_below, parent
from prebake.findings import Finding
from prebake.project.contexts.buildfiles import tells_of_builds
from prebake.records import NamedTuple
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.project.contexts.find import Context
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.scan import ContextScan


class Report(NamedTuple):
    """What is known about one Dockerfile: its findings, most costly first, and how it is built.

    ``text`` is what was analysed, ``None`` where the file cannot be read; then ``problem`` says why. ``failures`` are
    mistakes of prebake's own: a rule that raised an exception, in words; the findings of the others stand.
    """

    path: str
    root: str
    text: Text | None
    findings: tuple[Finding, ...] = ()
    contexts: tuple[Context, ...] = ()
    ignore_file: str | None = None
    target: str | None = None
    measured: bool = True
    problem: str | None = None
    failures: tuple[str, ...] = ()


def measure(snapshot: Snapshot, root: str, rules: IgnoreRules) -> ContextScan | None:
    """The scanner of callers that can wait: walks the context now."""
    from prebake.project.measuring.scan import scan

    return scan(snapshot, root, rules)


Finder = Callable[[str], tuple[str, ...] | None]
"""Says which Dockerfiles there are below a folder; ``None`` where that is not known yet."""


class _Sizes:
    """A scanner that remembers whether something that was asked for is still being measured."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self.missing = False

    def __call__(self, snapshot: Snapshot, root: str, rules: IgnoreRules) -> ContextScan | None:
        found = self._scanner(snapshot, root, rules)
        self.missing = self.missing or found is None
        return found


class Engine:
    """Findings for the Dockerfiles of any number of projects.

    Not for use by two threads at once; a scanner may do its work elsewhere and answer ``None`` meanwhile.
    """

    def __init__(
        self,
        disk: Disk | None = None,
        *,
        scanner: Scanner = measure,
        finder: Finder | None = None,
        overrides: Mapping[str, Any] | None = None,
        workspaces: Iterable[str] = (),
    ) -> None:
        """``overrides`` are settings that win over configuration files (the editor's, or the command line's);
        ``workspaces`` the folders that stand for a project where there is no git work tree. A ``finder`` knows which
        Dockerfiles there are on disk; without one they are searched for when somebody asks.
        """
        self._disk = disk or Disk()
        self._scanner = scanner
        self._finder = finder
        self._overrides = dict(overrides or {})
        self._overrides_in: dict[str, dict[str, Any]] = {}
        self._workspaces = tuple(workspaces)
        self._buffers: dict[str, Text | None] = {}
        self._snapshot = Snapshot(self._disk)
        self._builds: dict[str, tuple[tuple[Build, ...], _Sizes]] = {}
        self._reports: dict[str, Report] = {}
        self._found: dict[str, tuple[str, ...]] = {}

    @property
    def snapshot(self) -> Snapshot:
        """The files as they are now, unsaved buffers included."""
        return self._snapshot

    def configure(
        self,
        overrides: Mapping[str, Any],
        workspaces: Iterable[str],
        overrides_in: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Replace the overriding settings and the workspace folders. ``overrides_in`` holds, by folder, the settings
        that override others instead for what lies in it.
        """
        self._overrides = dict(overrides)
        self._overrides_in = {folder: dict(table) for folder, table in (overrides_in or {}).items()}
        self._workspaces = tuple(workspaces)
        self._builds.clear()
        self._reports.clear()
        self._found.clear()

    def update(self, path: str, text: Text | None) -> None:
        """An editor's buffer changed (``text``) or was closed (``None``: the file on disk counts again)."""
        known = path in self._buffers
        if text is None:
            if not known:
                return
            del self._buffers[path]
            self._disk.forget([path])
        elif known and self._buffers[path] == text:
            return
        else:
            self._buffers[path] = text
        if (not known or text is None) and is_dockerfile(posixpath.basename(path)):
            self._found.clear()
        self._renew()

    def invalidate(self, paths: Iterable[str] | None = None) -> None:
        """Files changed on disk (all may have, when ``None``): look at them again."""
        changed = None if paths is None else tuple(paths)
        self._disk.forget(changed)
        if changed is None or any(map(self._may_hold_dockerfiles, changed)):
            self._found.clear()
        self._renew()

    def _may_hold_dockerfiles(self, path: str) -> bool:
        """Whether a change at a path may add or remove a Dockerfile: it is one, a folder, gone, or says what git
        ignores.
        """
        name = posixpath.basename(path)
        return is_dockerfile(name) or name == ".gitignore" or not self._snapshot.is_file(path)

    def _renew(self) -> None:
        self._snapshot = Snapshot(self._disk, self._buffers)
        self._builds.clear()
        self._reports.clear()

    def measured(self) -> None:
        """A scanner that answered ``None`` has finished: findings with sizes can be had."""
        for path in [path for path, (_, sizes) in self._builds.items() if sizes.missing]:
            del self._builds[path]
            self._reports.pop(path, None)

    def settings(self, path: str, snapshot: Snapshot | None = None) -> config.Settings:
        """The settings for a file.

        Raises:
            config.ConfigError: a configuration file or an override is wrong.
        """
        inner = _innermost(path, self._overrides_in)
        overrides = self._overrides if inner is None else self._overrides_in[inner]
        return config.load(snapshot or self._snapshot, path, overrides)

    def project_root(self, path: str) -> str:
        """The top folder of the project a file belongs to."""
        return project_root(self._snapshot, path, _innermost(path, self._workspaces))

    def dockerfiles_in(self, folder: str) -> tuple[str, ...]:
        """All Dockerfiles below a folder: those on disk (see :func:`prebake.discovery.dockerfiles`), as far as a finder
        knows them, and open ones.
        """
        if self._finder is not None:
            opened = (
                path for path in self._buffers if is_below(path, folder) and is_dockerfile(posixpath.basename(path))
            )
            return tuple(dict.fromkeys((*(self._finder(folder) or ()), *opened)))
        if folder not in self._found:
            self._found[folder] = tuple(dockerfiles(self._snapshot, folder))
        return self._found[folder]

    def dockerfiles_for(self, path: str) -> tuple[str, ...]:
        """The Dockerfiles whose findings may depend on a file: itself, or those of its project whose context holds it.

        Configuration and what may say how images are built (compose and bake files, workflows, Makefiles, documents)
        concern every Dockerfile of the project.
        """
        name = posixpath.basename(path)
        if is_dockerfile(name):
            return (path,)
        is_ignore = is_ignore_file(name)
        own = dockerfile_of(path)
        if own is not None and self._snapshot.is_file(own):
            return (own,)
        found = self.dockerfiles_in(self.project_root(path))
        text = self._snapshot.text(path)
        if tells_of_builds(path, text.content if text is not None else ""):
            return found
        # An ignore file may be meant for the Dockerfile beside it, whose context lies elsewhere.
        return tuple(
            dockerfile
            for dockerfile in found
            if (is_ignore and parent(dockerfile) == parent(path)) or self._concerns(dockerfile, path)
        )

    def _concerns(self, dockerfile: str, path: str) -> bool:
        if self._snapshot.text(dockerfile) is None:
            return True
        contexts = self.builds_of(dockerfile)[0].contexts
        return any(context.root is not None and is_below(path, context.root) for context in contexts)

    def builds_of(self, path: str) -> tuple[Build, ...]:
        """The builds of one Dockerfile as things are now; see :func:`builds`.

        Raises:
            config.ConfigError: as for :meth:`check`.
        """
        return self._builds_in(self._snapshot, path)[0]

    def builds_under(self, ignore_file: str) -> tuple[Build, ...]:
        """The builds that an ignore file is in force for.

        Raises:
            config.ConfigError: as for :meth:`check`.
        """
        made = (build for path in self.dockerfiles_for(ignore_file) for build in self.builds_of(path))
        return tuple(build for build in made if build.ignore.path == ignore_file)

    def _builds_in(self, snapshot: Snapshot, path: str) -> tuple[tuple[Build, ...], _Sizes]:
        """The builds of a Dockerfile in any snapshot, and whether they have asked for sizes that are not known."""
        is_now = snapshot is self._snapshot
        if is_now and path in self._builds:
            return self._builds[path]
        sizes = _Sizes(self._scanner)
        found = (
            builds(snapshot, path, self.settings(path, snapshot), root=self.project_root(path), scanner=sizes),
            sizes,
        )
        if is_now:
            self._builds[path] = found
        return found

    def check(self, path: str) -> Report:
        """The findings of one Dockerfile as things are now; remembered until something changes.

        Raises:
            config.ConfigError: a configuration file or an override is wrong.
        """
        if path not in self._reports:
            self._reports[path] = self.check_in(self._snapshot, path)
        return self._reports[path]

    def check_in(self, snapshot: Snapshot, path: str) -> Report:
        """The findings of one Dockerfile in any snapshot, nothing remembered.

        Raises:
            config.ConfigError: as for :meth:`check`.
        """
        root = self.project_root(path)
        text = snapshot.text(path)
        if text is None:
            return Report(path, root, None, problem=snapshot.unreadable(path) or "no such file")
        made, sizes = self._builds_in(snapshot, path)
        failures: dict[str, None] = {}
        findings = findings_of(made, failures, is_complete=lambda: not sizes.missing)
        first = made[0]
        return Report(
            path,
            root,
            text,
            tuple(sorted(findings, key=_rank)),
            first.contexts,
            first.ignore.path,
            first.context.target or first.settings.targets.get(path, config.Target()).target,
            not sizes.missing,
            failures=tuple(failures),
        )


def _innermost(path: str, folders: Iterable[str]) -> str | None:
    """The folder that a path is in, the innermost of several; ``None`` when it is in none."""
    return max((folder for folder in folders if is_below(path, folder)), key=len, default=None)


def builds(
    snapshot: Snapshot,
    path: str,
    settings: config.Settings | None = None,
    *,
    root: str | None = None,
    scanner: Scanner = measure,
) -> tuple[Build, ...]:
    """The builds of a Dockerfile: one for each context and target it is built with, the most trusted first; of one
    folder no more than a few targets.
    """
    from prebake.project.contexts.find import known_contexts

    chosen = settings or config.load(snapshot, path)
    top = root or project_root(snapshot, path)
    contexts = known_contexts(snapshot, path, top, chosen)
    chosen_contexts = _worth_analysing(contexts)
    return tuple(
        Build(snapshot, path, chosen, root=top, contexts=contexts, context=context, scanner=scanner)
        for context in chosen_contexts
    )


_MOST_FOLDERS = 4
_MOST_TARGETS = 4
"""A bake file may build one Dockerfile in many more ways; each would be analysed at every keystroke."""


def _worth_analysing(contexts: tuple[Context, ...]) -> list[Context]:
    """The first context of each folder and target, up to a number of folders and of targets in each."""
    found: dict[str | None, dict[str | None, Context]] = {}
    for context in contexts:
        targets = found.setdefault(context.root, {})
        if len(targets) < _MOST_TARGETS:
            targets.setdefault(context.target, context)
    kept = [context for targets in list(found.values())[:_MOST_FOLDERS] for context in targets.values()]
    return sorted(kept, key=contexts.index)


def fingerprint(finding: Finding, root: str) -> str:
    """What a finding is known by over time: no line numbers, no sizes, no folder of this machine."""
    import hashlib

    from prebake.files import relative

    parts = (finding.code, relative(finding.location.path, root), finding.key)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _rank(finding: Finding) -> tuple[int, int, str, tuple[int, int]]:
    cost = finding.cost.bytes if finding.cost is not None else 0
    return (-finding.severity, -cost, finding.code, finding.location.span.start)
