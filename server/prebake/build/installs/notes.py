"""What is gathered while an install is followed: what it reads of the files that COPY brought."""

from __future__ import annotations

from collections.abc import Iterable

from prebake.build.build import Build
from prebake.build.image import Provided, image_before
from prebake.build.installs.installers import Install, InstallCommand
from prebake.build.paths import inside
from prebake.project.manifests.requirements import Problem, Trouble
from prebake.records import NamedTuple

_LOCKS = (".lock", "-lock.json", "-lock.yaml")
"""How the names of lock files end."""


class Manifest(NamedTuple):
    """A file (or folder of archives) that an install reads: where in the image, and where it comes from.

    ``optional`` says that the install does without it where it is missing.
    """

    image: str
    provided: Provided
    folder: bool = False
    optional: bool = False


class Notes:
    """The notes on one install, which its commands' readers add to.

    ``manifests`` are by their paths in the image, in the order they are read. ``packages`` are what it installs, as far
    as it is listed. ``problems`` say why it is not known what it reads, or why it reads more than manifests; each is a
    sentence without its full stop. ``doubts`` say what may come out in another way when nothing but the manifests is
    there. ``libraries`` are folders of the image with sources that it installs, other than the project itself.
    ``image`` holds the files that it finds.
    """

    def __init__(self, build: Build, install: Install) -> None:
        self.build = build
        self.install = install
        self.image = image_before(build, install.instruction)
        self.manifests: dict[str, Manifest] = {}
        self.packages: list[str] = []
        self.problems: list[str] = []
        self.doubts: list[str] = []
        self.libraries: list[str] = []
        self.absent: list[str] = []

    @property
    def line(self) -> str:
        """Where the install stands, for messages."""
        return f"line {self.install.instruction.line + 1}"

    def problem(self, command: InstallCommand, reason: str) -> None:
        """Note a reason, the rest of a sentence, why it is not known what a command reads."""
        self.problems.append(f"`{command.called}` ({self.line}) {reason}")

    def doubt(self, command: InstallCommand, reason: str) -> None:
        """Note a reason, the rest of a sentence, why a command may do something else where it finds less."""
        self.doubts.append(f"`{command.called}` ({self.line}) {reason}")

    def said(self, problem: Problem) -> str:
        """A problem with a requirements file in words."""
        found = self.image.provider(problem.path)
        name = problem.path if found is None else found.context
        if problem.kind is Trouble.MISSING and problem.line is None:
            return f"{name}, which {self.line} reads, is not among the files that are copied from the context"
        return (
            f"{name} {problem.message}" if problem.line is None else f"{name} line {problem.line + 1} {problem.message}"
        )

    def library(self, command: InstallCommand, folder: str) -> None:
        """Note a folder that is installed, where that is not the project in the working directory."""
        place, here = command.absolute(folder), command.directory
        if place is not None and here is not None and inside(here, place) is None:
            self.libraries.append(place)

    def paths(self, command: InstallCommand, names: Iterable[str]) -> list[str]:
        """The paths in the image of files that a command names; a problem is noted for what is none."""
        found = []
        for name in names:
            if "://" in name:
                if not command.installer.proved or name in command.named.get("find-links", ()):
                    continue
                self.problem(command, f"reads {name} over the network")
                continue
            path = command.absolute(name.removeprefix("file:"))
            if path is None:
                self.problem(command, f"reads {name}, and the folder it runs in is not known")
            else:
                found.append(path)
        return found

    def note(self, paths: Iterable[str], *, optional: bool = False) -> None:
        """Note the files and folders among some paths of the image that come from the context."""
        for path in paths:
            found = self.image.provider(path)
            if found is not None:
                self.manifests.setdefault(path, Manifest(path, found, optional=optional))
                continue
            folder = self.image.folder(path)
            if folder is not None and not folder.context:
                self.problems.append(f"{self.line} looks for packages in {path}, which is the whole context")
            elif folder is not None:
                self.manifests.setdefault(path, Manifest(path, folder, True, optional))
            elif optional and path.endswith(_LOCKS):
                self.absent.append(path)

    def named(self, command: InstallCommand) -> str:
        """The noted files that a fresh clone has, in words."""
        found = [item.provided for item in self.manifests.values() if not item.folder]
        files = found[0].copy.files if found and found[0].copy is not None else None
        ignored = files.snapshot.git_ignored([files.absolute(item.context) for item in found]) if files else frozenset()
        names = [item.context for item in found if files is None or files.absolute(item.context) not in ignored]
        *first, last = list(dict.fromkeys(names)) or [" or ".join(command.installer.needs) or "its manifests"]
        return f"{', '.join(first)} and {last}" if first else last
