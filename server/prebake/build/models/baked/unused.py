"""Models that the build downloads to where the container does not find them.

What is not known counts as right: an entry point may link folders, and a script may copy them. Where a folder that is
downloaded to is copied, moved or linked by a later command, nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.commands.projectscripts import followed
from prebake.build.image import mounts_of
from prebake.build.models.baked.mismatches import Unused, against_loads
from prebake.build.models.baked.volumes import declared_volumes
from prebake.build.models.loads.starts import start_loads
from prebake.build.models.runs.fetches import Fetch, fetches_at
from prebake.build.models.runs.places import Family, Stored, family_of, folder_of, stored_by
from prebake.build.paths import inside
from prebake.build.startup import compose_services, final_chain, final_state, starts
from prebake.build.state import states
from prebake.findings import Location, Related
from prebake.project.compose.services import ComposeVolume, Service
from prebake.project.starting.users import is_root, name_of
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_MOVES = regex(r"\b(?:cp|mv|ln|rsync|tar|usermod)\b")
_MOUNTED = regex(r"(?:-v|--volume)[ =]\S{0,200}?:(/[^\s:,\"']+)")


@fact
def unused_bakes(build: Build) -> tuple[Unused, ...]:
    """They, in order: of each download the first cause, and of each RUN one for each kind of cause."""
    found: dict[tuple[int, str], Unused] = {}
    for stage in build.tree.stages:
        for instruction in (item for item in stage.instructions if item.keyword == "RUN"):
            for fetch in fetches_at(build, instruction):
                unused = _unused(build, fetch, final=stage in final_chain(build))
                if unused is not None:
                    found.setdefault((instruction.index, unused.kind), unused)
    return tuple(found.values())


def _unused(build: Build, fetch: Fetch, final: bool) -> Unused | None:
    stored = stored_by(fetch)
    if stored is not None:
        hidden = _in_cache_mount(build, fetch, stored)
        if hidden is not None or not final:
            return hidden
        if _is_moved(build, fetch, stored.folder):
            return None
        causes = (_in_volume, _in_compose, _of_other_user, _by_other_variable)
        for cause in causes:
            found = cause(build, fetch, stored)
            if found is not None:
                return found
    return against_loads(build, fetch, stored) if final else None


def _in_cache_mount(build: Build, fetch: Fetch, stored: Stored) -> Unused | None:
    if "type=cache" not in fetch.instruction.raw:
        return None
    state = states(build)[fetch.instruction.index]
    mount = next(
        (
            mount
            for mount in mounts_of(fetch.instruction, state)
            if mount.kind == "cache" and inside(stored.folder, mount.target) is not None
        ),
        None,
    )
    runs = (item for item in build.tree.instructions if item.keyword == "RUN" and "type=cache" in item.raw)
    if mount is None or any(_MOVES.search(text) for item in runs for text in _texts(build, item)):
        return None
    flags = [flag for flag in fetch.instruction.flags if flag.name == "mount" and "type=cache" in (flag.value or "")]
    flag = next((flag for flag in flags if mount.target in (flag.value or "")), None)
    return Unused(
        "mount",
        fetch,
        stored,
        f"{fetch.subject} downloads {fetch.named} to {stored.folder}, which is in a cache mount: that belongs to the "
        "builder and does not get into the image, so that each container downloads it again",
        flag=flag,
    )


def _is_moved(build: Build, fetch: Fetch, folder: str) -> bool:
    """Whether a later command, or one of the same RUN, may bring what was downloaded to another place."""
    numbers = {stage.index for stage in final_chain(build)}
    marks = {folder, ".cache"} if "/.cache/" in folder else {folder}
    return any(
        _MOVES.search(text) and any(mark in text for mark in marks)
        for item in build.tree.instructions
        if item.keyword == "RUN" and item.stage in numbers and item.index >= fetch.instruction.index
        for text in _texts(build, item)
    )


def _texts(build: Build, instruction: Instruction) -> Iterator[str]:
    """The commands of a RUN, and the scripts of the project that it starts."""
    yield instruction.body.text
    found = {within.path: within for ran in followed(build, instruction).commands for within in ran.within}
    yield from (within.text.content for within in found.values())


def _in_volume(build: Build, fetch: Fetch, stored: Stored) -> Unused | None:
    for instruction, place in declared_volumes(build):
        if place == "/" or inside(stored.folder, place) is None:
            continue
        mounting = _mounting(build, place)
        related = (Related(build.location(instruction), "the volume is declared here"), *mounting)
        if mounting:
            said = f"a folder of the host is mounted there ({_at(build, mounting[0])}) and hides it"
        else:
            said = "Docker copies it to a new volume for each container, and whatever is mounted there hides it"
        message = f"{fetch.subject} downloads {fetch.named} to {place}, which is declared a VOLUME: {said}"
        return Unused("volume", fetch, stored, message, related, mild=not mounting)
    return None


def _mounting(build: Build, place: str) -> tuple[Related, ...]:
    """Where the project's own Makefile or README starts the image with something mounted there."""
    root = build.context.root or build.root
    for name in ("Makefile", "README.md", "readme.md", "run.sh", "start.sh"):
        text = build.snapshot.text(f"{root.rstrip('/')}/{name}")
        for found in _MOUNTED.finditer(text.content[:200_000]) if text is not None else ():
            if text is not None and found.group(1).rstrip("/") == place:
                at = text.span(found.start(), found.end())
                return (
                    Related(Location(f"{root.rstrip('/')}/{name}", at), "the container is started with this mount"),
                )
    return ()


def _at(build: Build, related: Related) -> str:
    return f"{build.relative(related.location.path)}:{related.location.span.start.line + 1}"


def _in_compose(build: Build, fetch: Fetch, stored: Stored) -> Unused | None:
    found = _mounted_over(build, stored.folder)
    if found is None:
        return None
    service, volume = found
    related = (Related(Location(service.path, volume.span), f"service {service.name} mounts this over the download"),)
    if volume.kind == "bind":
        said = f"hides {fetch.named}, which {fetch.subject} downloads there: the container finds what the host has only"
    else:
        said = (
            f"is filled with {fetch.named}, which {fetch.subject} downloads there, when it is made first, and hides it "
            "from then on: a later image with another model changes nothing"
        )
    kind = "a folder of the host" if volume.kind == "bind" else "a volume"
    message = f"compose mounts {kind} at {volume.target} (service {service.name}), which {said}"
    return Unused("compose", fetch, stored, message, related, mild=volume.kind != "bind")


def _mounted_over(build: Build, folder: str) -> tuple[Service, ComposeVolume] | None:
    services = compose_services(build)
    found = [
        (service, volume)
        for service in services
        for volume in service.volumes
        if volume.kind in ("bind", "volume") and inside(folder, volume.target) is not None
    ]
    return found[0] if found and len({service.name for service, _ in found}) == len(services) else None


def _of_other_user(build: Build, fetch: Fetch, stored: Stored) -> Unused | None:
    """The home folder of root, where another user runs."""
    user = final_state(build).user
    own = fetch.step.state.user
    by_home = stored.family is not None and stored.variable is None and inside(stored.folder, "/root") is not None
    if not by_home or not is_root(own) or user is None or is_root(user) or "\0" in user:
        return None
    if any(start.environment.get("HOME") == "/root" for start in starts(build)):
        return None
    family = stored.family
    if family is None or any(name in final_state(build).env for name, _ in family.variables):
        return None
    message = (
        f"{fetch.subject} downloads {fetch.named} as root to {stored.folder}, but the container runs as {user}, whose "
        f"libraries look in {_home(user)}: it is downloaded again there"
    )
    switch = next(
        (
            item
            for stage in final_chain(build)
            for item in stage.instructions
            if item.keyword == "USER" and item.index > fetch.instruction.index
        ),
        None,
    )
    related = (Related(build.location(switch), f"from here on it is {user}"),) if switch is not None else ()
    return Unused("user", fetch, stored, message, related)


def _home(user: str) -> str:
    name = name_of(user)
    return "a home folder of its own" if name.isdigit() else f"the home folder of {name}"


def _by_other_variable(build: Build, fetch: Fetch, stored: Stored) -> Unused | None:
    family = stored.family
    if family is None or stored.option is not None:
        return None
    if fetch.loads and any(
        name in environment
        for load in fetch.loads
        for name in load.entry.variables
        for environment in (fetch.step.state.env, final_state(build).env)
    ):
        return None  # the library has a variable of its own, which counts in some of its releases
    by_script = fetch.within is not None and stored.variable in fetch.step.variables
    if by_script and not _is_looked_for(build, family):
        return None  # whatever looks there may be told so by another script, or by its own code
    looking = [folder_of(family, start.environment, start.user) for start in starts(build)]
    if not looking:
        looking = [folder_of(family, final_state(build).env, final_state(build).user)]
    other = next((place for place in looking if place is not None), None)
    if other is None or any(place is None or place.folder == stored.folder for place in looking):
        return None
    if other.variable is None:
        decided = f"{stored.variable} is not set when it runs"
    else:
        decided = f"{other.variable} is set to another place" + (" later" if stored.variable is None else "")
    message = (
        f"{fetch.subject} downloads {fetch.named} to {stored.folder}, but the container looks in {other.folder}, as "
        f"{decided}: it is downloaded again there"
    )
    setting = _setting(build, other.variable, fetch.instruction.index) if other.variable is not None else None
    related = (Related(build.location(setting), "this sets the place that the container looks in"),) if setting else ()
    return Unused("variable", fetch, stored, message, related, expected=other.variable)


def _is_looked_for(build: Build, family: Family) -> bool:
    """Whether the code that containers start is known to load something of a family."""
    return any(family_of(item.load.entry) == family for item in start_loads(build))


def _setting(build: Build, name: str, below: int) -> Instruction | None:
    return next(
        (
            item
            for stage in final_chain(build)
            for item in stage.instructions
            if item.keyword == "ENV" and item.index > below and any(pair.name == name for pair in item.pairs)
        ),
        None,
    )
