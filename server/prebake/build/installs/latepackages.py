"""System packages that are installed below project files which they do not need."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from prebake.build.build import Build, fact
from prebake.build.copies import Copy, copies
from prebake.build.installs.installers import install_at
from prebake.build.installs.misplaced import Extra, brought, misplaced
from prebake.build.installs.systempackages import SystemInstall, system_install_at
from prebake.build.route import route
from prebake.build.state import base_stage
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

if TYPE_CHECKING:
    from prebake.build.installs.sink import Refusal, SinkPlan


class LatePackages(NamedTuple):
    """A COPY, what it brings at most, and the installs of system packages below it that it makes run again."""

    copy: Copy
    extra: Extra
    installs: tuple[SystemInstall, ...]


@fact
def late_packages(build: Build) -> tuple[LatePackages, ...]:
    """The COPY and ADD instructions above installs of system packages, in order; those that stand above an install of
    dependencies as well are left to :mod:`prebake.build.installs.misplaced`.
    """
    found: dict[int, list[SystemInstall]] = {}
    ends: dict[int, tuple[Copy, ...]] = {}
    for stage in build.tree.stages:
        base = base_stage(build, stage)
        above = ends[base.index] if base is not None else ()
        for item in stage.instructions:
            copy = copies(build).get(item.index)
            if copy is not None and _may_come_later(copy):
                above = (*above, copy)
            elif above and (install := system_install_at(build, item)) is not None:
                for early in above if install_at(build, item) is None else ():
                    if not _needs(build, early, item):
                        found.setdefault(early.instruction.index, []).append(install)
        ends[stage.index] = above
    # What stands above an install of dependencies is left to PB201; asked last, since it takes longest.
    left_out = {item.copy.instruction.index for item in misplaced(build)} if found else set()
    return tuple(
        LatePackages(copies(build)[index], brought(copies(build)[index]), tuple(found[index]))
        for index in sorted(found)
        if index not in left_out
    )


def _may_come_later(copy: Copy) -> bool:
    return copy.from_context and copy.words_known and brought(copy) > Extra.QUIET


def _needs(build: Build, copy: Copy, target: Instruction) -> bool:
    """Whether an install uses what a COPY names. Where that is single files, a use on the way counts as well: they
    stand where they are for that.
    """
    named = {posixpath.basename(item.context) for item in copy.mappings if item.context}
    if not named or copy.broad:
        return False
    pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(sorted(map(re.escape, named)))})(?![\w-])")
    users = route(build, copy.instruction, target) if brought(copy) is Extra.FILE else (target,)
    return any(item.keyword == "RUN" and pattern.search(item.raw) for item in users)


def plan_for(build: Build, late: LatePackages) -> SinkPlan | Refusal:
    """Plan to move the COPY below the last of the installs for which that is possible."""
    from prebake.build.installs.sink import Refusal, SinkPlan, plan_below

    refusal = Refusal("")
    for install in reversed(late.installs):
        outcome = plan_below(build, late.copy.instruction, install.instruction)
        if isinstance(outcome, SinkPlan):
            return outcome
        refusal = outcome
    return refusal
