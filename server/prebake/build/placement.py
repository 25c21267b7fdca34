"""Where in a stage an instruction belongs that needs the dependencies and not the code, such as a model download."""

from __future__ import annotations

from dataclasses import dataclass

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.installers import installs
from prebake.build.misplaced import brings_code, misplaced, wanted_commands
from prebake.build.rewrite import Rewrite
from prebake.build.sink import SinkPlan, plan_sink
from prebake.build.state import State, state_after
from prebake.edits import FileEdit
from prebake.syntax.dockerfile import Instruction, Stage


@dataclass(frozen=True)
class Placement:
    """A place below the last install of dependencies of a stage and above its code.

    ``after`` is the instruction that the new ones follow, and ``state`` what they find set. ``plan`` is the rewrite
    that sinks the code which stands above the install now: it is made along with the insertion, so that the new
    instructions do not depend on the code; ``None`` where no code stands there, or where it cannot be moved.
    """

    build: Build
    after: Instruction
    state: State
    plan: SinkPlan | None

    def edits(self, instructions: str) -> tuple[FileEdit, ...]:
        """The edits that insert ``instructions`` (lines joined by ``\\n``, without a last line end)."""
        text = instructions.replace("\n", self.build.text.newline)
        if self.plan is not None:
            return self.plan.edits(text)
        rewrite = Rewrite(self.build.tree, (), self.after, ())
        return (FileEdit(self.build.path, self.build.text, rewrite.edits(text)),)


def below_dependencies(build: Build, stage: Stage | None = None) -> Placement | None:
    """The place for an instruction that needs the dependencies only, in ``stage`` or else in the final stage.

    Below the last install of dependencies, or else of the project; without one in the stage, below what comes before
    the code. ``None`` without any stage.
    """
    chosen = build.final_stage if stage is None else stage
    if chosen is None:
        return None
    after = _after(build, chosen)
    plan = _plan(build, chosen, after)
    return Placement(build, after, state_after(build, after), plan)


def _after(build: Build, stage: Stage) -> Instruction:
    here = [install for install in installs(build).values() if install.instruction.stage == stage.index]
    wanted = [install for install in here if wanted_commands(build, install)]
    projects = [install for install in here if install.installs_project]
    if wanted or projects:
        return (wanted or projects)[-1].instruction
    after = stage.instruction
    for item in stage.instructions:
        copy = copies(build).get(item.index)
        if copy is not None and copy.origin is not None:
            after = item
        elif copy is not None and brings_code(copy):
            break
        elif item.keyword in ("ARG", "ENV", "WORKDIR", "USER", "SHELL", "RUN") and copy is None:
            after = item
    return after


def _plan(build: Build, stage: Stage, after: Instruction) -> SinkPlan | None:
    """The first rewrite that brings code below the place."""
    for item in misplaced(build):
        instruction = item.copy.instruction
        if instruction.stage == stage.index and instruction.index < after.index:
            outcome = plan_sink(build, instruction)
            if isinstance(outcome, SinkPlan) and outcome.below is after:
                return outcome
    return None
