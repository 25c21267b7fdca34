"""Which instructions make layers of the finished image."""

from __future__ import annotations

from prebake.build.build import Build, fact
from prebake.build.startup import final_chain
from prebake.syntax.dockerfile import Instruction


@fact
def _shipped_stages(build: Build) -> frozenset[int]:
    return frozenset(stage.index for stage in final_chain(build))


def ships(build: Build, instruction: Instruction) -> bool:
    """Whether what an instruction writes is in the finished image: it stands in the final stage, or target, or in one
    that this is built on through FROM.
    """
    return instruction.stage in _shipped_stages(build)
