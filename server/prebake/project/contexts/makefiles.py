"""The commands of Makefiles and justfiles, variables in them replaced where their value is written down."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from prebake.project.contexts.snippets import Snippet
from prebake.regex import regex
from prebake.text import Text

_ASSIGNMENT = regex(r"[ ]*(?:(?:export|override|private)[ \t]+)*([\w.-]+)[ \t]*(\?=|::?:?=|\+=|!=|=)[ \t]*(.*)")
_FOR_TARGET = regex(r"[^\t#=:][^#=:]*:{1,2}[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(?:\?=|::?=|\+=|=)[ \t]*(.*)")
_REFERENCE = regex(r"\$(?:\(([^()${}]*)\)|\{([^(){}$]*)\}|([@<*^?+%|A-Za-z]))")
_COMMENT = regex(r"(?:^|[ \t])#.*")
_JUST_ASSIGNMENT = regex(r"(?:export[ \t]+)?([A-Za-z_][\w-]*)[ \t]*:=[ \t]*(?:\"([^\"\\]*)\"|'([^']*)')[ \t]*(?:#.*)?")
_JUST_VALUE = regex(r"\{\{[ \t]*([\w-]+)(\(\))?[ \t]*\}\}|\{\{[^{}]*\}\}")
_INDENTED = regex(r"[\w.-]+[ \t]*(?::=|\?=|[ \t]=[ \t])")
_CALL = regex(r"(?:\w+=\S*[ \t]+)*(?:docker|podman|nerdctl|buildah)(?:$|[ \t]+(?:buildx[ \t]+)?(?:build|bud)\b)")
_CHOOSES = regex(r"(?:^|[ \t])(?:-f|--file|--target)\b")
_UNKNOWN = "$_"
_DOLLAR = "\0"
_MOST_ROUNDS = 10
_MOST_TEXT = 5_000


def of_makefile(text: Text, path: str) -> Iterator[Snippet]:
    """The recipe lines of a Makefile, each of which is a shell's own; ``path`` is the Makefile's."""
    lines = [text.line(number) for number in range(text.line_count)]
    values = _values(lines, path, posixpath.dirname(path))
    number = 0
    while number < len(lines):
        first = number
        while lines[number].endswith("\\") and number + 1 < len(lines):
            number += 1
        number += 1
        if not lines[first].startswith("\t"):
            continue
        recipe = "\n".join(line.removeprefix("\t") for line in lines[first:number]).lstrip("@-+ \t")
        if "build" in recipe or "$" in recipe or "Dockerfile" in recipe:
            expanded = _expanded(recipe, values).replace(_DOLLAR, "$")
            if expanded.count("\n") == recipe.count("\n"):
                yield Snippet(expanded, tuple(range(first, number)))


def _values(lines: list[str], path: str, folder: str) -> dict[str, str | None]:
    """The variables that have one value; those that are set to several have ``None``."""
    found: dict[str, list[str | None]] = {}
    number = 0
    while number < len(lines):
        line = lines[number]
        while line.endswith("\\") and number + 1 < len(lines):
            number += 1
            line = f"{line[:-1].rstrip()} {lines[number].strip()}"
        number += 1
        if "=" not in line or line.startswith("#"):
            continue
        if line.startswith("\t"):
            # Within a conditional; a shell has no such assignment.
            line = line.strip()
            if _INDENTED.match(line) is None:
                continue
        assigned = _ASSIGNMENT.fullmatch(line)
        if assigned is None:
            special = _FOR_TARGET.fullmatch(line)
            if special is not None:
                found.setdefault(special[1], []).append(special[2].strip())
            continue
        name, operator, value = assigned.groups()
        value = _COMMENT.sub("", value).strip()
        if operator == "?=" and name in found:
            continue
        is_known = operator not in ("+=", "!=") and len(value) <= _MOST_TEXT
        found.setdefault(name, []).append(value if is_known else None)
    values = {name: _one_of(options) for name, options in found.items()}
    return {**values, "CURDIR": folder, "PWD": folder, "MAKEFILE_LIST": path}


def _one_of(options: list[str | None]) -> str | None:
    """The value of a variable that is set in several places: the one that all agree on; or, of several ways to call a
    builder that name no file and no stage, the first.
    """
    first = options[0]
    if all(option == first for option in options):
        return first
    calls = all(option is not None and _CALL.match(option) and not _CHOOSES.search(option) for option in options)
    return first if calls else None


def _expanded(text: str, values: dict[str, str | None]) -> str:
    """A recipe with make's references replaced, from the innermost outwards."""
    text = text.replace("$$", _DOLLAR)
    for _ in range(_MOST_ROUNDS):
        if "$" not in text.replace(_UNKNOWN, ""):
            break
        replaced = _REFERENCE.sub(lambda found: _reference(found, values), text)
        if replaced == text or len(replaced) > 4 * _MOST_TEXT:
            break
        text = replaced
    return text


_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "abspath": lambda text: posixpath.normpath(text),
    "realpath": lambda text: posixpath.normpath(text),
    "lastword": lambda text: text.split()[-1],
    "firstword": lambda text: text.split()[0],
    "strip": lambda text: " ".join(text.split()),
    "dir": lambda text: posixpath.dirname(text) + "/",
    "notdir": posixpath.basename,
}


def _reference(found: re.Match[str], values: dict[str, str | None]) -> str:
    name = (found[1] or found[2] or found[3] or "").strip()
    if name in values:
        value = values[name]
        return _UNKNOWN if value is None else value.replace("$$", _DOLLAR)
    if name == "shell pwd":
        return values["CURDIR"] or ""
    if name == "shell git rev-parse --show-toplevel":
        return f"{_DOLLAR}(git rev-parse --show-toplevel)"
    function, _, argument = name.partition(" ")
    argument = argument.strip()
    if function in _FUNCTIONS and argument and _DOLLAR not in argument and _UNKNOWN not in argument:
        return _FUNCTIONS[function](argument)
    return _UNKNOWN


def of_justfile(text: Text) -> Iterator[Snippet]:
    """The lines of a justfile's recipes; a recipe with an interpreter of its own is one text."""
    values: dict[str, str | None] = {}
    recipe: list[int] = []
    for number in range(text.line_count):
        line = text.line(number)
        found = _JUST_ASSIGNMENT.fullmatch(line)
        if found is not None:
            values[found[1]] = None if found[1] in values else (found[2] if found[2] is not None else found[3])
    for number in range(text.line_count + 1):
        line = text.line(number)
        if line.startswith((" ", "\t")) and line.strip():
            recipe.append(number)
        elif line.strip() or number == text.line_count:
            yield from _just_recipe(text, recipe, values)
            recipe = []


def _just_recipe(text: Text, recipe: list[int], values: dict[str, str | None]) -> Iterator[Snippet]:
    lines = [(number, text.line(number).strip()) for number in recipe]
    whole = bool(lines) and lines[0][1].startswith("#!")
    block: list[tuple[int, str]] = []
    for at, (number, line) in enumerate(lines):
        block.append((number, line if whole or block else line.lstrip("@-")))
        if at + 1 < len(lines) and (whole or line.endswith("\\")):
            continue
        content = "\n".join(line for _, line in block)
        yield Snippet(
            _JUST_VALUE.sub(lambda found: _just_value(found, values), content), tuple(number for number, _ in block)
        )
        block = []


def _just_value(found: re.Match[str], values: dict[str, str | None]) -> str:
    if found[2]:
        return "." if found[1] in ("justfile_directory", "invocation_directory") else _UNKNOWN
    value = values.get(found[1] or "")
    return _UNKNOWN if value is None else value
