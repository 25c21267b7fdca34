"""One place for the download of the build and for the code that looks for it: the edits of the Dockerfile."""

from __future__ import annotations

import posixpath

from prebake.build.build import Build
from prebake.build.commands.projectscripts import followed
from prebake.build.models.baked.mismatches import Unused
from prebake.build.models.baked.offline import OFFLINE
from prebake.build.models.baked.online import online
from prebake.build.models.runs.fetches import fetches_at, option_of
from prebake.build.models.safetext import Unsafe, revision_word
from prebake.build.rewriting.commandedits import CommandEdits
from prebake.build.rewriting.insertions import cased, edited, insert_above, insert_below
from prebake.build.startup import final_chain, final_state
from prebake.build.state import states
from prebake.edits import TextEdit, apply
from prebake.findings import Applicability, Fix


def plan_repair(build: Build, item: Unused) -> tuple[Fix, ...] | str:
    """The rewrite, or the fact that stands in the way: a sentence without its full stop."""
    plans = {
        "mount": _without_mount,
        "user": _for_both_users,
        "variable": _variable_first,
        "option": _without_folder,
        "revision": _same_revision,
    }
    plan = plans.get(item.kind)
    if plan is not None:
        return plan(build, item)
    if item.kind == "filter":
        return "which of the two patterns is meant is not known"
    if item.kind == "compose":
        return "the mount in the compose file or the download in the Dockerfile has to go: which one is not known"
    return "the VOLUME or the download has to go: which one is not known"


def _edited(build: Build, title: str, edits: list[TextEdit], note: str) -> tuple[Fix, ...]:
    """The rewrite; where the image then has everything that the code loads, the hub is switched off as well (PB303)."""
    found = online(build.with_text(apply(build.text, edits)))
    if found is not None:
        runs = [item for item in found.tree.instructions if item.keyword == "RUN"]
        number = next((at for at, item in enumerate(runs) if item.index == found.last.index), None)
        own = [item for item in build.tree.instructions if item.keyword == "RUN"]
        if number is not None and number < len(own):  # the edits add and remove no RUN
            edits = [*edits, insert_below(build, own[number], cased(own[number], [OFFLINE]))]
            note = f"{note}; {OFFLINE} spares each start the questions to the hub".removeprefix("; ")
    return (Fix(title, Applicability.SUGGESTED, (edited(build, *edits),), note),)


def _without_mount(build: Build, item: Unused) -> tuple[Fix, ...] | str:
    instruction, flag = item.fetch.instruction, item.flag
    if len(fetches_at(build, instruction)) != len(followed(build, instruction).commands):
        return (
            "the other commands of the RUN may need the cache mount: set "
            f"{item.stored.family.variable if item.stored and item.stored.family else 'another folder'} to a folder "
            "outside of it, for the build and for the container"
        )
    if flag is None:
        return "it cannot be told which of the mounts it is"
    following = [other.start for other in instruction.flags if other.start > flag.start]
    end = following[0] if following else instruction.body.offsets[0]
    text = instruction.raw[flag.start : end]
    if "#" in text:
        return "there is a comment between the options"
    edit = TextEdit(build.text.span(instruction.start + flag.start, instruction.start + end), "")
    note = "The layer then holds what is downloaded, and the image grows by it"
    return _edited(build, "Leave out the cache mount, so that the download gets into the image", [edit], note)


def _for_both_users(build: Build, item: Unused) -> tuple[Fix, ...] | str:
    family = item.stored.family if item.stored is not None else None
    if family is None or not family.variable:
        return "the library has no variable for its cache: download as the user that runs (USER above the RUN)"
    for stage in final_chain(build):
        for other in stage.instructions:
            if other.keyword == "RUN" and other.index < item.fetch.instruction.index and fetches_at(build, other):
                return f"line {other.line + 1} downloads to the home folder of root as well: it comes first"
    instruction = item.fetch.instruction
    edits = CommandEdits(instruction, build.tree.escape)
    edits.prefix(states(build)[instruction.index].shell, item.fetch.ran.own.command, "umask 0 && ")
    if edits.problem is not None:
        return edits.problem
    line = cased(instruction, [f"ENV {family.variable}={family.place}"])
    found = [insert_above(build, instruction, line), *edits.edits]
    user = final_state(build).user
    note = (
        f"The build and the container then use {family.place}; umask 0 lets {user} write to the cache, too, which the "
        "libraries do when a model has changed"
    )
    return _edited(build, f"Set {family.variable}={family.place} for the download and the container", found, note)


def _variable_first(build: Build, item: Unused) -> tuple[Fix, ...] | str:
    name = item.expected
    instruction = item.fetch.instruction
    pair = next(
        (
            pair
            for stage in final_chain(build)
            for other in stage.instructions
            if other.keyword == "ENV" and other.index > instruction.index
            for pair in other.pairs
            if pair.name == name
        ),
        None,
    )
    if pair is None or name is None:
        return "the Dockerfile does not set the variable: the same value has to stand above the download"
    if name in item.fetch.step.variables:
        return f"{name} is set for the command alone: it has to be {pair.value} there, too"
    if pair.value is None or "$" in pair.value:
        return f"the value of {name} is put together of other variables"
    note = f"{name} is set below the download as well, to the same value"
    title = f"Set {name} above the download"
    line = cased(instruction, [f"ENV {name}={pair.value}"])
    return _edited(build, title, [insert_above(build, instruction, line)], note)


def _elsewhere(item: Unused, what: str) -> str | None:
    """That a command stands in a script, which is not edited."""
    within = item.fetch.within
    return None if within is None else f"the command stands in {posixpath.basename(within.path)}: {what} there"


def _without_folder(build: Build, item: Unused) -> tuple[Fix, ...] | str:
    elsewhere = _elsewhere(item, "leave out --local-dir")
    if elsewhere is not None:
        return elsewhere
    edits = CommandEdits(item.fetch.instruction, build.tree.escape)
    words = item.fetch.step.command.words
    for number, word in enumerate(words):
        value = word.value or word.raw
        if value.partition("=")[0] != "--local-dir" or not number:
            continue
        last = word if "=" in value else words[number + 1] if number + 1 < len(words) else word
        edits.drop(words[number - 1], word, last)
    if edits.problem is not None or not edits.edits:
        return edits.problem or "the option stands where it cannot be edited"
    note = "The model then goes to the hub's cache, where the code looks for it"
    return _edited(build, "Leave out --local-dir", edits.edits, note)


def _same_revision(build: Build, item: Unused) -> tuple[Fix, ...] | str:
    command = item.fetch.step.command
    own = option_of(item.fetch, "--revision")
    if item.expected is None or item.expected == "main":
        return f'the code has to ask for it: pass revision="{own}" there, or the newest may differ from what is tested'
    try:
        wanted = revision_word(item.expected)
    except Unsafe as reason:
        return str(reason)
    elsewhere = _elsewhere(item, f"pass --revision {wanted}")
    if elsewhere is not None:
        return elsewhere
    edits = CommandEdits(item.fetch.instruction, build.tree.escape)
    words = command.words
    if own is None:
        edits.behind(words[-1], f"--revision {wanted}")
    else:
        number = next((at for at, word in enumerate(words) if (word.value or "").startswith("--revision")), None)
        if number is None:
            return "the option stands where it cannot be edited"
        if "=" in (words[number].value or ""):
            edits.replace(words[number], f"--revision={wanted}")
        else:
            edits.replace(words[number + 1], wanted)
    if edits.problem is not None:
        return edits.problem
    return _edited(build, f"Download revision {wanted}, which the code asks for", edits.edits, "")
