"""``prebake replay``: counts how often the steps of a Dockerfile would have run again in the last commits."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from prebake.cli.dockerfiles import DockerfileCommand
from prebake.cli.targets import Targets
from prebake.files import relative
from prebake.findings import Applicability


def run(options: Namespace) -> int:
    """Replay with options whose ``--context`` is a folder; returns the exit status."""
    return _Replay(options).carry_out()


class _Replay(DockerfileCommand):
    def run(self, targets: Targets) -> int:
        from prebake.replaying import Replayed, ReplayError, replay

        options = self.options
        applicability = Applicability.SUGGESTED if options.suggested else Applicability.SAFE
        found: list[Replayed] = []
        failed = bool(targets.problems) or not targets.dockerfiles
        for path in targets.dockerfiles:
            try:
                found.append(replay(self.engine, path, options.revision, options.commits, applicability))
            except ReplayError as error:
                self.complain(f"{relative(path, self.folder)}: {error}")
                failed = True
        self._print(tuple(found))
        return 2 if failed else 0

    def _print(self, found: tuple[Any, ...]) -> None:
        if self.options.format == "json":
            from prebake.cli.replay_json import document

            self.output.line(document(found, self.folder))
            return
        from prebake.cli.replay_text import ReplayText

        text = ReplayText(self.output, self.folder, self.options.revision)
        for number, replayed in enumerate(found):
            if number:
                self.output.line()
            text.print(replayed)
