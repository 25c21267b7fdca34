"""The view: dockerfile-parse reads it as Docker reads the original."""

import pytest
from hypothesis import given, settings

from prebake.syntax.dockerfile import parse
from prebake.syntax.prepass import scan
from prebake.syntax.view import instructions, view
from prebake.text import Text
from tests.syntax.generated import dockerfiles, soup

from .test_instructions import BOUNDARIES


def check(content: str) -> None:
    """dockerfile-parse, reading the view alone, finds the instructions of the tree up to their here-documents."""
    lines = scan(content)
    if not lines.statements:
        return
    text = view(lines, lines.statements)
    first = lines.statements[0].line
    assert text.count("\n") == lines.statements[-1].header_line - first + 1
    found = [(start + first, end + first, keyword) for keyword, start, end in instructions(text)]
    assert [(start, end) for start, end, _ in found] == [(item.line, item.header_line) for item in lines.statements]
    for (_, _, keyword), instruction in zip(found, parse(Text(content)).instructions, strict=True):
        assert keyword in (instruction.keyword, "_")


@pytest.mark.parametrize("name", BOUNDARIES)
def test_known_faults_do_not_show_in_the_view(name: str) -> None:
    content = BOUNDARIES[name][0]
    check(content if isinstance(content, str) else Text.from_bytes(content).content)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(dockerfiles())
def test_view_of_generated_dockerfiles(content: str) -> None:
    check(content)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(soup)
def test_view_of_token_soup(content: str) -> None:
    check(content)


def test_lines_that_would_cost_much_are_shortened() -> None:
    content = "RUN a" + " \\\n b" * 5_000 + "\nUSER " + "x" * 100_000 + "\n"
    check(content)
    lines = scan(content)
    assert len(view(lines, lines.statements)) < 20_000
