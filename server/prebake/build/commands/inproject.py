"""What a command of a RUN does in its project: commands by the table, scripts of the project by what they say."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.commands.effects import Effects, effects_of
from prebake.build.image import ImageFiles, image_before
from prebake.build.steps import Step
from prebake.syntax.dockerfile import Instruction

_PLAIN_OPTIONS = frozenset(("-u", "-B", "-O", "-OO", "-s", "-q", "-b", "-v"))


def command_effects(build: Build, instruction: Instruction, step: Step) -> Effects:
    """What one command of a RUN does, scripts of the project followed; for installs see
    :mod:`prebake.build.installs.manifests`.
    """
    image = image_before(build, instruction)
    code = _code(step)
    if code is not None and (image.copies or not image.mounts):
        from prebake.build.commands.pythonscripts import code_effects

        return code_effects(build, image, step, code)
    path = _script(step) or _program(image, step)
    if path is None:
        return effects_of(step)
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


def _program(image: ImageFiles, step: Step) -> str | None:
    """The Python script of the project that is started by its own path (``./download.py``), as a path of the image."""
    path = step.absolute(step.path) if step.path.endswith(".py") and "/" in step.path and not step.piped else None
    text = image.text(path) if path is not None and image.copies else None
    first = text.line(0) if text is not None else ""
    return path if first.startswith("#!") and "python" in first else None


def _code(step: Step) -> str | None:
    """The code that ``python -c`` is given, or ``python`` in a here-document."""
    if step.program not in ("python", "pypy") or step.module or step.piped:
        return None
    words = [argument.text for argument in step.arguments if argument.text not in _PLAIN_OPTIONS]
    documents = [item.body for item in step.command.redirections if item.body is not None]
    if documents and words in ([], ["-"]):
        return documents[-1].value
    return words[1] if len(words) > 1 and words[0] == "-c" else None
