"""Letting the failure of a download stop the build, by edits of its RUN or of the script that it starts."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.models.runs.failures import NLTK, Ignored, project_file
from prebake.build.rewriting.commandedits import CommandEdits
from prebake.edits import FileEdit, TextEdit
from prebake.findings import Applicability, Fix
from prebake.records import NamedTuple
from prebake.text import Text


class _Source(NamedTuple):
    """The text that a command stands in: that of a RUN or of a script, in which its offsets count from ``start``."""

    path: str
    text: Text
    raw: str
    start: int = 0

    def edit(self, start: int, end: int, new_text: str) -> TextEdit:
        return TextEdit(self.text.span(self.start + start, self.start + end), new_text)

    def fix(self, title: str, *edits: TextEdit) -> tuple[Fix, ...]:
        return (Fix(title, Applicability.SUGGESTED, (FileEdit(self.path, self.text, edits),)),)


def plan_failure(build: Build, item: Ignored) -> tuple[Fix, ...] | str:
    """The rewrite, or the fact that stands in the way: a sentence without its full stop."""
    instruction, command, following = item.fetch.instruction, item.command, item.following
    source = _source(build, item)
    if source is None:
        return "the script is not a file of the project alone"
    if item.within is None and instruction.json is not None:
        return "the RUN is in JSON form"
    if item.kind == "except":
        return "what the code is to do instead is not known: let it raise the error again"
    if item.kind == "curl":
        return _curl(build, item, source)
    if item.kind == "nltk":
        return _nltk(item, source)
    if item.kind == "loop":
        edit = source.edit(command.end, command.end, " || exit 1")
        return source.fix("Stop at the first download that fails", edit)
    if following is None:
        return "more than one command runs in place of the download"
    between = source.raw[command.end : following.start]
    if item.within is None and ("#" in between or instruction.heredocs):
        return "there is a comment or a here-document in between: set -e at its beginning stops it at the first failure"
    if item.kind == "or":
        if "#" in between:
            return "there is a comment in between"
        return source.fix(f"Leave out `|| {following.name}`", source.edit(command.end, following.end, ""))
    if item.within is not None:
        edit = source.edit(command.end, command.end, " || exit 1")
        return source.fix("Let the script stop where the download fails", edit)
    at = between.find(";")
    if between.count(";") != 1:
        return "the commands are not joined by a single `;`"
    edit = source.edit(command.end, command.end + at + 1, " &&")
    return source.fix("Join the commands by &&, so that a failure stops the build", edit)


def _source(build: Build, item: Ignored) -> _Source | None:
    instruction, within = item.fetch.instruction, item.within
    if within is None:
        return _Source(build.path, build.text, instruction.raw, instruction.start)
    path = project_file(build, item.fetch, within.path)
    return None if path is None else _Source(path, within.text, within.text.content)


def _curl(build: Build, item: Ignored, source: _Source) -> tuple[Fix, ...] | str:
    word = item.command.words[0]
    title = "Let curl fail when the server does: -f"
    if item.within is not None:
        if source.raw[word.start : word.end] != word.raw:
            return "its words cannot be edited one by one where they stand"
        return source.fix(title, source.edit(word.end, word.end, " -f"))
    edits = CommandEdits(item.fetch.instruction, build.tree.escape)
    edits.behind(word, "-f")
    return edits.problem or source.fix(title, *edits.edits)


def _nltk(item: Ignored, source: _Source) -> tuple[Fix, ...] | str:
    found = [match for match in NLTK.finditer(source.raw) if "raise_on_error" not in match.group(1)]
    if item.fetch.script is not None or not found or any(not match.group(1).strip() for match in found):
        return "the call stands in Python code: pass raise_on_error=True there"
    added = [source.edit(match.end() - 1, match.end() - 1, ", raise_on_error=True") for match in found]
    return source.fix("Let nltk.download raise an error: raise_on_error=True", *added)
