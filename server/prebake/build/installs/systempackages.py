"""RUN instructions that install packages of the operating system."""

from __future__ import annotations

from prebake.build.build import Build, fact_at
from prebake.build.steps import Step, steps_at
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

_COMMANDS = {
    **dict.fromkeys(("apt-get", "apt", "aptitude"), frozenset(("install", "upgrade", "dist-upgrade", "full-upgrade"))),
    "apk": frozenset(("add", "upgrade")),
    **dict.fromkeys(
        ("yum", "dnf", "microdnf", "tdnf"), frozenset(("install", "groupinstall", "localinstall", "update", "upgrade"))
    ),
    "zypper": frozenset(("install", "in", "update", "up")),
    "pacman": frozenset(("-S", "-Sy", "-Syu", "-Syyu", "--sync")),
}
"""The subcommands of package managers that install."""

_VALUED = frozenset(("-o", "-c", "-t", "--option", "--config-file", "--target-release", "--repository", "-X", "--root"))


class SystemInstall(NamedTuple):
    """A RUN that installs packages of the system: its commands that do, each as its program and subcommand, and the
    names of the packages.
    """

    instruction: Instruction
    commands: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def called(self) -> str:
        """The command for messages: ``apt-get install``."""
        return self.commands[0]


@fact_at
def system_install_at(build: Build, instruction: Instruction) -> SystemInstall | None:
    """The install of system packages that an instruction is; ``None`` for any other."""
    if instruction.keyword != "RUN" or not any(program in instruction.raw for program in _COMMANDS):
        return None
    commands: list[str] = []
    packages: list[str] = []
    for step in steps_at(build, instruction).steps:
        subcommand = _subcommand(step)
        if subcommand is not None:
            commands.append(f"{step.program} {subcommand}")
            packages += _packages(step, subcommand)
    return SystemInstall(instruction, tuple(commands), tuple(dict.fromkeys(packages))) if commands else None


def manages_packages(step: Step) -> bool:
    """Whether a command is a package manager's, whatever it is told to do."""
    return step.program in _COMMANDS


def _subcommand(step: Step) -> str | None:
    wanted = _COMMANDS.get(step.program)
    if wanted is None:
        return None
    return next((item.text for item in step.arguments if item.text in wanted), None)


def _packages(step: Step, subcommand: str) -> list[str]:
    found: list[str] = []
    after = valued = False
    for argument in step.arguments:
        text = argument.text or "..."
        if valued:
            valued = False
        elif text.startswith("-"):
            valued = text in _VALUED
        elif after:
            found.append(text)
        after = after or text == subcommand
    return found
