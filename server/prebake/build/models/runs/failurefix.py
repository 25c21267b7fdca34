"""Letting the failure of a download stop the build, by edits of its RUN."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.models.runs.failures import NLTK, Ignored
from prebake.build.rewriting.commandedits import CommandEdits
from prebake.build.rewriting.insertions import edited
from prebake.edits import TextEdit
from prebake.findings import Applicability, Fix


def plan_failure(build: Build, item: Ignored) -> tuple[Fix, ...] | str:
    """The rewrite, or the fact that stands in the way: a sentence without its full stop."""
    instruction, command = item.fetch.instruction, item.command
    raw = instruction.raw
    if instruction.json is not None:
        return "the RUN is in JSON form"
    if item.kind == "except":
        return "what the code is to do instead is not known: let it raise the error again"
    if item.kind == "curl":
        edits = CommandEdits(instruction, build.tree.escape)
        edits.behind(command.words[0], "-f")
        return edits.problem or _plan(build, "Let curl fail when the server does: -f", edits.edits)
    if item.kind == "nltk":
        found = [match for match in NLTK.finditer(raw) if "raise_on_error" not in match.group(1)]
        if item.fetch.script is not None or not found or any(not match.group(1).strip() for match in found):
            return "the call stands in Python code: pass raise_on_error=True there"
        ends = [instruction.start + match.end() - 1 for match in found]
        added = [TextEdit(build.text.span(end, end), ", raise_on_error=True") for end in ends]
        return _plan(build, "Let nltk.download raise an error: raise_on_error=True", added)
    if item.kind == "loop":
        place = build.text.span(instruction.start + command.end, instruction.start + command.end)
        return _plan(build, "Stop at the first download that fails", [TextEdit(place, " || exit 1")])
    following = item.following
    if following is None:
        return "more than one command runs in place of the download"
    between = raw[command.end : following.start]
    if "#" in between or instruction.heredocs:
        return "there is a comment or a here-document in between: set -e at its beginning stops it at the first failure"
    if item.kind == "or":
        span = build.text.span(instruction.start + command.end, instruction.start + following.end)
        return _plan(build, f"Leave out `|| {following.name}`", [TextEdit(span, "")])
    at = between.find(";")
    if between.count(";") != 1:
        return "the commands are not joined by a single `;`"
    start = instruction.start + command.end
    span = build.text.span(start, start + at + 1)
    return _plan(build, "Join the commands by &&, so that a failure stops the build", [TextEdit(span, " &&")])


def _plan(build: Build, title: str, edits: list[TextEdit]) -> tuple[Fix, ...]:
    return (Fix(title, Applicability.SUGGESTED, (edited(build, *edits),)),)
