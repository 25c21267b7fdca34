"""``--since``: the findings that there were before a change, by analysing the work tree as it was then."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from prebake import git
from prebake.cli.known import CannotCompareError
from prebake.cli.results import Result, results
from prebake.engine import Engine, Report, fingerprint
from prebake.files import Disk, Snapshot, ancestors, is_below, join, parent, relative
from prebake.pastworktree import PastWorktree

if TYPE_CHECKING:
    from prebake.build.build import Scanner

_ACTION = "or fetch-depth: 0 for actions/checkout"


class Since:
    """A repository at the newest commit that its HEAD and a revision have in common: what ``git diff REVISION...``
    compares with.
    """

    def __init__(self, revision: str, folder: str, dockerfiles: Iterable[str]) -> None:
        """The repository around ``folder``, else around the first of the Dockerfiles; all have to lie in it.

        Raises:
            CannotCompareError: there is no such commit; the message says what can be done.
        """
        self.revision = revision
        self._disk = Snapshot(Disk())
        self._root = _root(self._disk, folder, tuple(dockerfiles))
        self.commit = _base(self._root, revision)
        try:
            self._files = PastWorktree(self._root, self.commit, Disk())
        except LookupError:
            raise CannotCompareError(
                f"--since: git cannot tell all files of {self.commit[:12]}; if this is a partial clone: "
                "git fetch --refetch --no-filter"
            ) from None
        moved = git.renames(self._root, self.commit) or {}
        self._then = {join(self._root, new): join(self._root, old) for new, old in moved.items()}
        self._now = {old: new for new, old in self._then.items()}
        # A folder out of which single files were moved is still there.
        moved_folders = (_folders(old, new) for old, new in self._now.items())
        self._folders = {old: new for old, new in moved_folders if not self._disk.is_dir(old)}

    def known(
        self, reports: Iterable[Report], scanner: Scanner, overrides: Mapping[str, Any], workspaces: Iterable[str]
    ) -> Counter[str]:
        """How often each fingerprint occurred then in the Dockerfiles of some reports.

        ``scanner`` must not have measured for another snapshot; the settings are those of the run.

        Raises:
            ConfigError: a configuration file was wrong.
        """
        targets = {self._then.get(path, path): target for path, target in overrides.get("targets", {}).items()}
        given = {**overrides, "targets": targets} if targets else overrides
        engine = Engine(scanner=scanner, overrides=given, workspaces=workspaces)
        snapshot = Snapshot(self._files)
        paths = (self._then.get(report.path, report.path) for report in reports if report.findings)
        found = results(engine.check_in(snapshot, path) for path in paths if snapshot.is_file(path))
        return Counter(name for result in found for name in self._names(result))

    def _names(self, result: Result) -> set[str]:
        """The fingerprints that a finding of then can have now. Some rules tell their findings apart by a path, which
        may have moved like the file that the finding is in.
        """
        root, finding = result.root, result.finding
        place = finding.location._replace(path=self._moved(finding.location.path))
        keys = {finding.key, relative(self._moved(join(root, finding.key)), root)}
        return {fingerprint(finding._replace(location=place, key=key), root) for key in keys}

    def _moved(self, path: str) -> str:
        """Where a file or folder of then is now."""
        if path in self._now:
            return self._now[path]
        folder = next((folder for folder in ancestors(path, self._root) if folder in self._folders), None)
        return path if folder is None else self._folders[folder] + path[len(folder) :]


def _folders(old: str, new: str) -> tuple[str, str]:
    """The folders that differ in two paths of one file: ``a/old/x/y`` and ``a/new/x/y`` differ in ``a/old``."""
    while posixpath.basename(old) == posixpath.basename(new) and parent(old) != old:
        old, new = parent(old), parent(new)
    return old, new


def _root(snapshot: Snapshot, folder: str, dockerfiles: tuple[str, ...]) -> str:
    """The top folder of the repository that all lie in."""
    root = snapshot.git_root(folder)
    if dockerfiles and (root is None or not is_below(dockerfiles[0], root)):
        root = snapshot.git_root(parent(dockerfiles[0]))
    if root is None:
        raise CannotCompareError("--since needs a git repository, and there is none around this folder")
    outside = next((path for path in dockerfiles if not is_below(path, root)), None)
    if outside is not None:
        raise CannotCompareError(
            f"--since: {relative(outside, folder)} lies outside of {root}; check one repository at a time"
        )
    return root


def _base(root: str, revision: str) -> str:
    """The commit to compare with."""
    refusal = git.refusal(root)
    if refusal is not None:
        way_out = f"; git config --global --add safe.directory {root}" if "dubious ownership" in refusal else ""
        raise CannotCompareError(f"--since: {refusal}{way_out}")
    head = git.commit(root, "HEAD")
    if head is None:
        raise CannotCompareError("--since: the repository has no commit yet")
    shallow = git.is_shallow(root)
    commit = git.commit(root, revision)
    if commit is None:
        raise CannotCompareError(f"--since: {_unknown(root, revision, shallow)}")
    base = git.merge_base(root, commit, head)
    if base is None:
        if shallow:
            why = (
                f"this clone is shallow: where {revision} and HEAD part is not in it; git fetch --unshallow, {_ACTION}"
            )
        else:
            why = f"{revision} and HEAD have no commit in common"
        raise CannotCompareError(f"--since: {why}")
    return base


def _unknown(root: str, revision: str, shallow: bool) -> str:
    if git.commit(root, f"origin/{revision}") is not None:
        return f"no commit is called {revision}; try origin/{revision}"
    if shallow:
        return f"this clone is shallow and has no {revision}; git fetch --unshallow, then git fetch origin, {_ACTION}"
    return f"no commit is called {revision}; a branch of the server has to be fetched first: git fetch origin"
