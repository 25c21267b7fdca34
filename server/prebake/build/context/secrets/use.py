"""What needs a secret of a build context: why it has to stay, and how a container gets it otherwise."""

from __future__ import annotations

import posixpath

from prebake.build.build import Build
from prebake.build.context.mentions import mentions
from prebake.build.context.secrets.found import below, is_git_config, named_files
from prebake.build.context.unnamed import environment_file, only_removed, unnamed, uses_node
from prebake.build.context.use import context_use, needed_stages, neighbours
from prebake.build.copies import copies_by_stage
from prebake.build.startup import compose_services
from prebake.build.state import chain
from prebake.files import join
from prebake.project.measuring.secrets import is_environment

_COMMON = frozenset({"config", "config.json", "token", "credentials"})
"""Names that are mentioned for other reasons."""


def held_back(build: Build, path: str) -> str | None:
    """Why a secret must stay in the context, as a sentence without its full stop; ``None`` where it need not."""
    name = posixpath.basename(path)
    if path != path.strip() or not path.isprintable():
        return "a pattern cannot name a path with such characters"
    for other in neighbours(build):
        if path in context_use(other).paths or path in named_files(other):
            return f"an instruction of {build.relative(other.path)} takes {path} by its name"
    if is_git_config(path):
        return None
    if is_environment(path):
        return environment_file(build, path, any(_comes_to_node(other, path) for other in neighbours(build)))
    known = mentions(build)
    folder = posixpath.basename(posixpath.dirname(path))
    named = name in known.parts and (name not in _COMMON or folder in known.parts)
    if not named and not known.closed and build.snapshot.git_tracked([join(build.context.root or "/", path)]):
        return f"{path} is in git, and what the image runs could not be followed to its end: it may read the file"
    if not named or only_removed(build, name):
        return None
    return f"something that the image runs names {name}"


def _comes_to_node(build: Build, path: str) -> bool:
    """Whether a file may be in a stage whose RUN uses Node."""
    for stage in needed_stages(build):
        runs = [item for item in stage.instructions if item.keyword == "RUN"]
        if not any(uses_node("\n".join((item.body.text, *(each.body for each in item.heredocs)))) for item in runs):
            continue
        if any(item.flag_values("mount") for item in runs):
            return True
        for each in chain(build, stage):
            for copy in copies_by_stage(build).get(each.index, ()):
                of_stage = copy.origin is not None and build.stage_named(copy.origin, each.index) is not None
                if of_stage or below(copy, path) is not None or any(item.context == path for item in copy.mappings):
                    return True
    return False


def at_run_time(build: Build, path: str) -> str | None:
    """How a container gets what is left out of its image, as a sentence without its full stop; ``None`` where nothing
    is known to need it.
    """
    loader = unnamed(build).loader
    if not is_environment(path):
        return None
    place = join(build.context.root or "/", path)
    if any(place in service.env_files for service in compose_services(build)):
        return f"compose gives {path} to the container when it starts (env_file)"
    if loader is None:
        return None
    return (
        f"{loader} loads {posixpath.basename(path)}: give it to the container when it runs (`docker run --env-file "
        f"{path}`, or env_file in compose)"
    )
