"""PB211: torch is installed in its CUDA build in an image that runs on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.installs.torchbuilds import (
    TorchInstall,
    cpu_index,
    cuda_torch_on_cpu,
    index_obstacle,
    only_torch,
    sizes,
    uv_obstacle,
)
from prebake.edits import FileEdit
from prebake.findings import Applicability, Cost, Finding, Fix, Related, Severity
from prebake.rules.base import Rule
from prebake.sizes import human

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.installs.installers import InstallCommand


class GpuPackagesOnCpuImage(Rule):
    """torch is installed with CUDA libraries in an image that runs on the CPU.

    ## What it does

    Reports an install with pip or `uv pip` of torch, torchvision, torchaudio, or of a package that brings torch, from
    the default index, where there is evidence that the image runs on the CPU:

    - the Dockerfile, its folder or its final stage is called `cpu`, or it is built on a base image of AWS Lambda;
    - `ENV DEVICE=cpu` or an empty `CUDA_VISIBLE_DEVICES`, or every container is started with `--device cpu`;
    - code that the image runs asks for the CPU (`map_location="cpu"`, `device="cpu"`), the base image is a plain one,
      and none of that code speaks of a GPU.

    Without evidence it is silent, and so it is where anything speaks of a GPU: the base image, another package, the
    compose service, `--gpus` in a README, a script or a workflow. It is silent where one of PyTorch's own indexes, a
    `+cpu` version or `--torch-backend` is used, and for images for ARM, where the default index has CPU builds.

    ## Why it is bad

    On x86-64 Linux the default index has the CUDA build of torch. It depends on NVIDIA's libraries: about 2.7 GB, where
    the CPU build takes about 200 MB. They are downloaded in each build without a cache, pushed, and pulled by every
    host, and never used.

    ## Example

    ```dockerfile
    FROM python:3.12-slim
    ENV DEVICE=cpu
    RUN uv pip install --system torch
    ```

    ## Use instead

    ```dockerfile
    FROM python:3.12-slim
    ENV DEVICE=cpu
    RUN uv pip install --torch-backend cpu --system torch
    ```

    With pip, `--index-url` names PyTorch's CPU index (see the references).

    ## Fix safety

    The fix is *suggested*: the image no longer runs on a GPU afterwards. A pip command that installs nothing but torch,
    torchvision and torchaudio gets the CPU index as its only one, as PyTorch's own instructions have it. Any other gets
    it as an additional one: pip takes the highest version of all indexes, and a version such as `2.4.0+cpu` counts as
    higher than `2.4.0`, so that the CPU build wins for every release that both have. `uv pip` gets `--torch-backend`.

    There is no fix where an index is named already, where hashes are required, and where a requirement such as
    `torch<=2.4.0` rules `2.4.0+cpu` out.

    ## References

    - [PyTorch: Start locally](https://pytorch.org/get-started/locally/)
    - [uv: Using uv with PyTorch](https://docs.astral.sh/uv/guides/integration/pytorch/)
    - [Version specifiers: local versions](https://packaging.python.org/en/latest/specifications/version-specifiers/)
    """

    code: ClassVar[str] = "PB211"
    name: ClassVar[str] = "gpu-packages-on-cpu-image"
    severity: ClassVar[Severity] = Severity.INFORMATION

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding at most: what later installs name is there already."""
        cuda, cpu = sizes()
        for item in cuda_torch_on_cpu(build):
            instruction = item.install.instruction
            place = item.evidence.location
            yield self.finding(
                build.location(instruction),
                _message(item),
                key=build.key(instruction, item.listed[0].name),
                cost=Cost(cuda - cpu),
                repair=partial(_repair, build, item),
                related=() if place is None else (Related(place, "this says that it runs on the CPU"),),
            )


def _message(item: TorchInstall) -> str:
    cuda, cpu = sizes()
    first = item.listed[0]
    where = "" if first.place.startswith("line ") else f" ({first.place})"
    brings = "is installed" if first.name.startswith("torch") else "brings torch"
    return (
        f"{first.name}{where} {brings} in the CUDA build, about {human(cuda)} with its libraries, but this image runs "
        f"on the CPU: {item.evidence.why}. The CPU build takes about {human(cpu)}"
    )


def _repair(build: Build, item: TorchInstall) -> tuple[Fix, ...] | str:
    from prebake.build.layers.packagecaches import subcommand
    from prebake.build.rewriting.commandedits import CommandEdits

    instruction, shell = item.install.instruction, item.install.state.shell
    edits = CommandEdits(instruction, build.tree.escape)
    commands = [command for command in item.install.commands if _brings(item, command)]
    with_uv = all(command.installer.program[0] != "pip" for command in commands)
    reason = uv_obstacle(build) if with_uv else index_obstacle(build, item)
    if reason is not None:
        return reason
    option = ""
    for command in commands:
        option = _option(command)
        word = subcommand(command)
        place = None if word is None else edits.place(shell, command.step.command, word)
        if place is None:
            return f"it is not clear where `{command.called}` is written"
        edits.behind(place, option if instruction.json is None else option.replace(" ", "="))
    if edits.problem is not None:
        return f"the RUN cannot be changed in place: {edits.problem}"
    why = (
        "to pip, a version such as 2.4.0+cpu is higher than 2.4.0, so that the CPU build wins"
        if "extra" in option
        else ""
    )
    return (
        Fix(f"Add `{option}`", Applicability.SUGGESTED, (FileEdit(build.path, build.text, tuple(edits.edits)),), why),
    )


def _brings(item: TorchInstall, command: InstallCommand) -> bool:
    """Whether a command may be the one that brings torch."""
    return any(
        listing.command is command or (command.requirements and listing.command.requirements) for listing in item.listed
    )


def _option(command: InstallCommand) -> str:
    if command.installer.program[0] != "pip":
        return "--torch-backend cpu"
    return f"--index-url {cpu_index()}" if only_torch(command) else f"--extra-index-url {cpu_index()}"
