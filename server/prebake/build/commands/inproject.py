"""What a command of a RUN does in its project: commands by the table, scripts of the project by what they say."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.commands.effects import Effects, effects_of
from prebake.build.image import image_before
from prebake.build.steps import Step
from prebake.syntax.dockerfile import Instruction

_PLAIN_OPTIONS = frozenset(("-u", "-B", "-O", "-OO", "-s", "-q", "-b", "-v"))


def command_effects(build: Build, instruction: Instruction, step: Step) -> Effects:
    """What one command of a RUN does, scripts of the project followed; for installs see
    :mod:`prebake.build.installs.manifests`.
    """
    path = _script(step)
    if path is None:
        return effects_of(step)
    image = image_before(build, instruction)
    found = image.provider(path) if image.copies else None
    if found is None:
        return effects_of(step)
    from prebake.build.commands.pythonscripts import script_effects

    return script_effects(build, image, step, path)


def _script(step: Step) -> str | None:
    """The script that ``python`` is given, as a path of the image."""
    if step.program not in ("python", "pypy") or step.module or step.piped:
        return None
    for argument in step.arguments:
        if argument.text in _PLAIN_OPTIONS:
            continue
        is_script = argument.text is not None and not argument.glob and argument.text.endswith(".py")
        return step.absolute(argument.text) if is_script and argument.text is not None else None
    return None
