"""Giving a token to the RUN that needs it by a secret mount, in place of ARG or ENV."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.models.runs.fetches import fetches_at
from prebake.build.models.tokens.secretmount import HUB_TOKENS, has_secrets, identity_of, secret_mount
from prebake.build.models.tokens.tokens import Carried, names_variable
from prebake.build.rewriting.insertions import edited
from prebake.build.state import states
from prebake.edits import TextEdit
from prebake.findings import Applicability, Fix
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import scripts_of

_LOGIN = regex(r"\b(?:huggingface-cli|hf(?:\s+auth)?)\s+login\b|\bgit\s+config\b|\.netrc|npm\s+config\s+set")


def plan_secret(build: Build, item: Carried) -> tuple[Fix, ...] | str:
    """The rewrite, or the fact that stands in the way: a sentence without its full stop."""
    if item.kind == "literal":
        return (
            "the token has to be revoked first: taking it out of the file takes it out of no image and no git history"
        )
    if item.kind == "file":
        return "how the file is used is not known: mount it in the RUN that needs it (--mount=type=secret)"
    if not has_secrets(build):
        return f"{builder_of(build).name} has no secret mounts"
    removed = [item.instruction, *([item.origin] if item.origin is not None else [])]
    if any(len(instruction.pairs) != 1 for instruction in removed):
        return "the instruction sets other variables as well"
    default = any(
        pair.value is not None for instruction in removed if instruction.keyword == "ARG" for pair in instruction.pairs
    )
    if default or item.optional:
        why = "as it has a default" if default else "as the RUN asks whether it is given"
        return f"{item.name} may be left out, {why}: mount the secret without required=true"
    users = [run for run in item.runs if _uses(build, run, item.name)]
    if not users:
        return f"no RUN names {item.name}, and which of them reads it is not known"
    for other in build.tree.instructions:
        if other not in removed and other.keyword != "RUN" and names_variable(other, item.name):
            return f"line {other.line + 1} uses {item.name} as well"
    identity = identity_of(item.name)
    edits: list[TextEdit] = []
    for run in users:
        found = _mounted(build, run, identity, item.name)
        if isinstance(found, str):
            return found
        edits.append(found)
    edits += [_removal(build, instruction) for instruction in removed]
    note = f"Build it with `docker build --secret id={identity},env={item.name}`"
    if item.kind == "variable":
        note += f"; the container gets {item.name} when it starts (`docker run -e {item.name}`)"
    return (Fix(f"Mount {item.name} as a build secret", Applicability.SUGGESTED, (edited(build, *edits),), note),)


def _uses(build: Build, run: Instruction, name: str) -> bool:
    return names_variable(run, name) or (name in HUB_TOKENS and bool(fetches_at(build, run)))


def _mounted(build: Build, run: Instruction, identity: str, name: str) -> TextEdit | str:
    """The edit that mounts the secret in a RUN and gives its value to the commands."""
    line = f"line {run.line + 1}"
    if "type=secret" in run.raw:
        return f"{line} mounts a secret already: it can take the token from there"
    if _LOGIN.search(run.raw):
        return f"{line} writes the token into a file of the image: leave that out, hf download reads {name}"
    state = states(build)[run.index]
    scripts = scripts_of(run, state.shell)[:1]
    if run.json is not None or run.heredocs or not scripts or scripts[0].problem or not scripts[0].commands:
        return f"the commands of {line} cannot be given a variable where they stand"
    first = scripts[0].commands[0]
    at = run.body.offsets[0]
    if first.start != at or first.context or first.negated:
        return f"the commands of {line} do not begin with a plain command"
    flag, value = secret_mount(build, identity, name, state.user)
    expands = names_variable(run, name)
    given = ""
    if value:
        given = f"{name}={value} " if len(scripts[0].commands) == 1 and not expands else f"export {name}={value} && "
    between = run.raw[run.flags[-1].end : at] if run.flags else ""
    place = build.text.span(run.start + at, run.start + at)
    return TextEdit(place, flag.rstrip() + (between if between and "#" not in between else " ") + given)


def _removal(build: Build, instruction: Instruction) -> TextEdit:
    text = build.text
    return TextEdit(text.span(text.line_start(instruction.line), text.line_start(instruction.end_line + 1)), "")
