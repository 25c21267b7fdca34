"""What commands that show something of Dockerfiles share: which ones are meant, their context, what goes wrong."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from argparse import Namespace
from typing import Any

from prebake.cli.measuring import Measuring
from prebake.cli.output import printable, standard_error, standard_output
from prebake.cli.targets import Targets, built_from, find_targets, usual_dockerfile, workspaces
from prebake.config import ConfigError
from prebake.engine import Engine
from prebake.files import absolute


def context_problem(options: Namespace) -> str | None:
    """Why ``--context`` cannot be taken; ``None`` when it can."""
    if options.context is not None and not os.path.isdir(options.context):
        return f"--context: {options.context} is no folder"
    return None


class DockerfileCommand(ABC):
    """One run of a command about Dockerfiles."""

    def __init__(self, options: Namespace, *, whole: bool = False) -> None:
        """``whole``: what the ignore file leaves out is measured, too."""
        self.options = options
        self.output = standard_output()
        self.errors = standard_error()
        self.folder = absolute(".")
        self.overrides: dict[str, Any] = {}
        self.measuring = Measuring(self.errors, self.folder, whole=whole)
        self.engine = Engine(scanner=self.measuring.scanner, workspaces=workspaces(options.paths))

    def carry_out(self) -> int:
        """Run the command; returns the exit status."""
        try:
            status = self.run(self._targets())
        except ConfigError as error:
            self.complain(str(error))
            status = 2
        self.output.flush()
        self.errors.flush()
        return status

    @abstractmethod
    def run(self, targets: Targets) -> int:
        """What the command does with the Dockerfiles; returns the exit status."""

    def complain(self, problem: str) -> None:
        """Say on the standard error what went wrong."""
        self.errors.line(f"prebake: {printable(problem)}")

    def _targets(self) -> Targets:
        """The Dockerfiles that are asked for, built from the context that is given."""
        usual = usual_dockerfile(self.engine, self.folder)
        targets = find_targets(self.engine, self.options.paths or [usual or "."])
        for problem in (*targets.notes, *targets.problems):
            self.complain(problem)
        if self.options.context is not None:
            chosen = built_from(self.engine, targets.dockerfiles, absolute(self.options.context))
            self.overrides = {"targets": chosen}
            self.engine.configure(self.overrides, workspaces(self.options.paths))
        return targets
