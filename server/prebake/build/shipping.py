"""The instructions whose layers the image that is run is made of."""

from __future__ import annotations

from prebake.build.build import Build, fact
from prebake.build.state import chain, states
from prebake.syntax.dockerfile import Instruction, Stage


@fact
def shipped_stages(build: Build) -> tuple[Stage, ...]:
    """The final stage (or the context's target) and those of the file that it is built on with FROM, lowest first.

    What COPY --from or a mount takes from another stage is copied; the layers of that stage do not ship.
    """
    final = build.final_stage
    return chain(build.tree, final, states(build)) if final is not None else ()


def ships(build: Build, instruction: Instruction) -> bool:
    """Whether the layer of an instruction is part of the image that is run."""
    return any(stage.index == instruction.stage for stage in shipped_stages(build))
