"""Installing what a project depends on above its code, where the project is installed together with it."""

from __future__ import annotations

import posixpath

from prebake.build.build import Build
from prebake.build.image import image_before
from prebake.build.installs.arrangements import Arrangement, first_that_works, with_mounts_if_used
from prebake.build.installs.projectdependencies import source_of
from prebake.build.installs.projectinstalls import ProjectInstall
from prebake.build.installs.readers import FirstStep
from prebake.build.installs.sink import Refusal
from prebake.build.installs.twosteps import two_steps, written
from prebake.build.paths import inside


def arrange_project(build: Build, item: ProjectInstall) -> Arrangement | Refusal:
    """How the dependencies are installed above the code, the RUN that was there staying as it is; or why not."""
    if build.context.root is None:
        return Refusal("the build context is not on this machine, so that its files are not known")
    files = item.reading.install.files
    if files:
        name = posixpath.basename(files[-1])
        return Refusal(f"the install stands in {name}: install the dependencies alone in a RUN above the code")
    if item.command is not None:
        ways = two_steps(build, item.reading, (item.command,))
    else:
        step = _first_of_setup(build, item)
        ways = step if isinstance(step, str) else written(item.reading, item.step, item.called, step)
    if ways is None or isinstance(ways, str):
        return Refusal(ways or "nothing installs the dependencies alone")
    found = first_that_works(build, item.copy, item.reading, ways)
    if isinstance(found, Arrangement):
        return with_mounts_if_used(found, item.copy.instruction.index)
    return Refusal(found or item.reading.problems[0])


def _first_of_setup(build: Build, item: ProjectInstall) -> FirstStep | str:
    source = source_of(image_before(build, item.reading.install.instruction), item.folder, uv=False)
    if isinstance(source, str):
        return source
    raw = item.reading.install.instruction.raw
    word = item.step.command.words[0]
    below = [(option, inside(path, item.step.directory or "/") or path) for option, path in source.arguments]
    arguments = " ".join(f"{option} {path}" for option, path in below)
    # `setup.py` keeps no cache of what it downloads, so pip is to keep none either.
    mounted = any("type=cache" in value for value in item.reading.install.instruction.flag_values("mount"))
    alone = "" if mounted or item.step.sets("PIP_NO_CACHE_DIR") else "--no-cache-dir "
    return FirstStep(command=f"{raw[word.start : word.end]} -m pip install {alone}{arguments}", doubts=source.doubts)
