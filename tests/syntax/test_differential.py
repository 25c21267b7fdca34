"""Every file that BuildKit's own parser reads is read alike here.

The oracle is the PyPI package ``dockerfile``: BuildKit's Go parser behind a C extension. It is older than the BuildKit
of today. Where the two are known to differ, the rule of today holds here, and what differs is not compared:

- ``<< EOF`` with blanks before the name is no here-document for the oracle;
- it ends the directives at ``# check=``;
- in flags the escape character is the backslash for it, whatever the directive says;
- it takes a JSON array with text behind it for the array alone, where BuildKit now takes the whole for the shell form.

It also does not tell the here-documents of an ONBUILD, so that only their lines are compared.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dockerfile as oracle
import pytest
from hypothesis import given, settings

from prebake.syntax.dockerfile import Dockerfile, Instruction, parse
from prebake.syntax.forms import KEYWORDS
from prebake.text import Text
from tests.syntax.generated import dockerfiles, soup

ROOT = Path(__file__).parents[2]
_NEWER_THAN_ORACLE = re.compile(r"<<-?[ \t\r]|<<-?\\|^\s*#\s*check\s*=", re.MULTILINE | re.IGNORECASE)


class Reading(NamedTuple):
    keyword: str
    inner: str | None
    first: int
    last: int
    flags: tuple[str, ...]
    json: bool
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, str], ...]


def expected(text: str) -> list[Reading] | None:
    if "\udc80" in text:  # a byte that is no UTF-8 would crash the oracle
        return None
    try:
        commands = oracle.parse_string(text)
    except oracle.GoParseError:
        return None
    return [
        Reading(
            (command.cmd or "").upper(),
            command.sub_cmd and command.sub_cmd.upper(),
            command.start_line,
            command.end_line,
            tuple(flag.encode("latin-1").decode() for flag in command.flags),  # it takes each byte for a character
            command.json,
            command.value,
            tuple((heredoc.name, heredoc.content) for heredoc in command.heredocs),
        )
        for command in commands
    ]


def found(text: str) -> list[Reading]:
    return [
        Reading(
            instruction.keyword,
            instruction.onbuild.keyword if instruction.onbuild else None,
            instruction.line + 1,
            instruction.end_line + 1,
            tuple(
                f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}" for flag in instruction.flags
            ),
            (instruction.onbuild or instruction).json is not None,
            tuple(values(instruction.onbuild or instruction)),
            () if instruction.onbuild else tuple((heredoc.name, heredoc.body) for heredoc in instruction.heredocs),
        )
        for instruction in parse(Text(text)).instructions
    ]


def values(instruction: Instruction) -> Iterator[str]:
    """The arguments in the oracle's form: quotes kept outside JSON, names and values of pairs as two."""
    if (
        instruction.keyword not in KEYWORDS or instruction.onbuild
    ):  # nothing of unknown instructions, nor of an ONBUILD in one
        yield ""
        return
    if instruction.keyword not in ("ENV", "LABEL"):
        yield from (
            word.value if instruction.json is not None and word in instruction.json else word.raw
            for word in instruction.words
        )
        return
    old_form = bool(instruction.words) and "=" not in instruction.words[0].raw
    for word, pair in zip(instruction.words, instruction.pairs, strict=False):
        yield re.split(r"[\t\v\f\r ]", instruction.body.text)[0] if old_form else word.raw.partition("=")[0]
        yield pair.value or ""


def compare(text: str) -> bool:
    ours = found(text)  # never raises
    reference = None if _NEWER_THAN_ORACLE.search(text) or has_escape_in_flag(parse(Text(text))) else expected(text)
    if reference is None:
        return False
    for number, (mine, theirs) in enumerate(zip(ours, reference, strict=False)):
        if theirs.json and not mine.json and has_text_behind_array(parse(Text(text)).instructions[number]):
            reference[number] = theirs._replace(json=mine.json, values=mine.values)
    assert ours == reference
    return True


def has_escape_in_flag(tree: Dockerfile) -> bool:
    instructions = tree.instructions if tree.escape == "`" else ()
    flags = [instruction.raw[flag.start : flag.end] for instruction in instructions for flag in instruction.flags]
    return any("`" in flag or "\\" in flag for flag in flags)


def has_text_behind_array(instruction: Instruction) -> bool:
    instruction = instruction.onbuild or instruction
    text = instruction.words[-1].raw if instruction.keyword == "HEALTHCHECK" else instruction.body.text
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return False
    return end < len(text)


@settings(max_examples=250, derandomize=True, deadline=None)
@given(dockerfiles())
def test_generated_dockerfiles_are_read_as_buildkit_reads_them(text: str) -> None:
    compare(text)


@settings(max_examples=250, derandomize=True, deadline=None)
@given(soup)
def test_token_soup_is_read_as_buildkit_reads_it(text: str) -> None:
    compare(text)


def project_dockerfiles() -> list[Path]:
    folders = [ROOT / "examples", ROOT / "tests"]
    found = (path for folder in folders for path in folder.rglob("*ockerfile*") if path.is_file())
    return sorted(path for path in found if path.suffix not in (".py", ".pyc"))


@pytest.mark.parametrize("path", project_dockerfiles(), ids=lambda path: str(path.relative_to(ROOT)))
def test_dockerfiles_of_the_project_are_read_as_buildkit_reads_them(path: Path) -> None:
    text = Text.from_bytes(path.read_bytes())
    if not path.name.endswith(".dockerignore"):
        assert compare(text.content)
