"""PB302: a download command that the image no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from prebake.build.build import Build
from prebake.build.models.hub.client import HubClient, hub_client
from prebake.build.models.hub.commands import (
    GONE,
    OLD,
    REFUSING,
    OldCommand,
    old_commands,
    stale_commands,
    translated,
    without_gone_options,
)
from prebake.edits import FileEdit
from prebake.findings import Applicability, Finding, Fix, Severity
from prebake.rules.base import Rule


class RemovedDownloadCommand(Rule):
    """A model is downloaded with `huggingface-cli`, which current releases of huggingface_hub no longer have.

    ## What it does

    Looks for `huggingface-cli` in RUN, CMD and ENTRYPOINT, and works out which version of huggingface_hub the image
    gets there: from the requirements of every install above, their constraints and lock files, and the packages that
    allow old versions only (transformers before 5, for one). With a current release, `hf download` is reported as well
    where it is given an option that went away (`--resume-download`, `--local-dir-use-symlinks`): a usage error.

    ## Why it is bad

    huggingface_hub 1.0 removed `huggingface-cli`. With an unpinned install the build stops with exit status 127,
    "command not found": that is an error. In 0.34 to 0.36 the command still works and says that it is deprecated: that
    is information. Before 0.34 there is no `hf`, and the rule is silent.

    ## Example

    ```dockerfile
    RUN pip install huggingface_hub
    RUN huggingface-cli download sentence-transformers/all-MiniLM-L6-v2 --resume-download --local-dir /models/minilm
    ```

    ## Use instead

    ```dockerfile
    RUN pip install huggingface_hub
    RUN hf download sentence-transformers/all-MiniLM-L6-v2 --local-dir /models/minilm
    ```

    ## Fix safety

    The fix is *safe* where the version is known: the old command either does not exist any more, so that today's
    Dockerfile does not build, or `hf` of the same version does the same. Options that went away are dropped
    (`--resume-download`, `--local-dir-use-symlinks`), several patterns behind one `--include` or `--exclude` get one
    each; `login`, `logout` and `whoami` become `hf auth login` and so on. Where the base image brings the client, its
    version cannot be seen, and the fix is only suggested. Pinning an old release to keep the old command is never
    proposed.

    ## References

    - [hf, the command line of the Hugging Face Hub](https://huggingface.co/docs/huggingface_hub/guides/cli)
    - [Migrating to huggingface_hub 1.0](https://huggingface.co/docs/huggingface_hub/concepts/migration)
    """

    code = "PB302"
    name = "removed-download-command"
    severity = Severity.ERROR

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each use of the command, except where the image is pinned to a version without ``hf``."""
        for number, command in enumerate(old_commands(build)):
            stage = command.instruction.stage
            if stage is None:
                continue
            client = hub_client(build, build.tree.stages[stage], command.instruction.index)
            if client.has_hf is False:
                continue
            yield self._found(build, command, client, number)
        for number, command in enumerate(stale_commands(build)):
            stage = command.instruction.stage
            if stage is None:
                continue
            client = hub_client(build, build.tree.stages[stage], command.instruction.index)
            if client.is_before(REFUSING) is False:
                yield self._refused(build, command, number)

    def _refused(self, build: Build, command: OldCommand, number: int) -> Finding:
        """The finding for an option that ``hf download`` no longer takes."""
        names = [name for name in GONE if any((word.value or word.raw).startswith(name) for word in command.words)]
        stops = "build" if command.instruction.keyword == "RUN" else "container"
        return self.finding(
            build.location(command.instruction, command.program),
            f"hf download of the huggingface_hub that this image gets has no {names[0]}: the {stops} stops here with a "
            "usage error. It did nothing for long: leave it out",
            key=f"hf download {' '.join(names)} {number}",
            repair=partial(self._leave_out, build, command, names),
        )

    @staticmethod
    def _leave_out(build: Build, command: OldCommand, names: list[str]) -> tuple[Fix, ...] | str:
        wanted = without_gone_options(command)
        if isinstance(wanted, str):
            return wanted
        edits = (FileEdit(build.path, build.text, wanted),)
        return (Fix(f"Leave out {' and '.join(names)}", Applicability.SAFE, edits),)

    def _found(self, build: Build, command: OldCommand, client: HubClient, number: int) -> Finding:
        shown = f"{OLD} {command.subcommand}" if command.subcommand else OLD
        return self.finding(
            build.location(command.instruction, command.program),
            self._message(command, client),
            key=f"{shown} {number}",
            severity=Severity.ERROR if client.has_huggingface_cli is False else Severity.INFORMATION,
            repair=partial(self._repair, build, command, client),
        )

    def _repair(self, build: Build, command: OldCommand, client: HubClient) -> tuple[Fix, ...] | str:
        wanted = translated(command, repeats=client.repeats_patterns)
        if isinstance(wanted, str):
            return wanted
        applicability = Applicability.SUGGESTED if client.version is None else Applicability.SAFE
        return (Fix(self._title(command), applicability, (FileEdit(build.path, build.text, wanted),)),)

    @staticmethod
    def _title(command: OldCommand) -> str:
        new = {"login": "auth login", "logout": "auth logout", "whoami": "auth whoami"}
        subcommand = command.subcommand or ""
        return f"Use `hf {new.get(subcommand, subcommand)}`"

    @staticmethod
    def _message(command: OldCommand, client: HubClient) -> str:
        stops = "the build stops" if command.instruction.keyword == "RUN" else "the container stops"
        if client.version is None:
            known = f" ({client.because})" if client.because else ""
            return (
                "huggingface-cli was removed in huggingface_hub 1.0, and the Dockerfile does not say which version "
                f"this image has{known}. Use hf (0.34 and newer)"
            )
        because = f" ({client.because})" if client.because else ""
        if client.has_huggingface_cli is False:
            return (
                f"huggingface-cli was removed in huggingface_hub 1.0, and this image gets a newer one{because}: "
                f"{stops} here, as the command is not found. Use hf"
            )
        return (
            f"huggingface-cli is deprecated in the huggingface_hub that this image gets{because}, and gone in 1.0. "
            "Use hf"
        )
