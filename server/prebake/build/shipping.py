"""The instructions whose layers the image that is run is made of."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.startup import final_chain
from prebake.syntax.dockerfile import Instruction


def ships(build: Build, instruction: Instruction) -> bool:
    """Whether the layer of an instruction is part of the image that is run.

    That is so in the final stage (or the context's target) and in those of the file that it is built on with FROM. What
    COPY --from or a mount takes from another stage is copied; the layers of that stage do not ship.
    """
    return any(stage.index == instruction.stage for stage in final_chain(build))
