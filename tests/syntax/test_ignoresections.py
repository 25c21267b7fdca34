"""What an author's comments divide an ignore file into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.syntax.ignorefile import parse_ignore
from prebake.syntax.ignoresections import sections
from prebake.text import Text


def outline(content: str) -> dict[str, list[str]]:
    found = sections(parse_ignore(Text(content)))
    return {section.title: [pattern.raw for pattern in section.patterns] for section in found}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", {}),
        ("# nothing below\n", {}),
        ("a\nb\n", {"": ["a", "b"]}),
        ("a\n# Python\n*.pyc\n\n!b.pyc\n", {"": ["a"], "Python": ["*.pyc", "!b.pyc"]}),
        ("# About this file\n\n# Python\n*.pyc\n", {"Python": ["*.pyc"]}),
        ("# Python\n\n*.pyc\n", {"Python": ["*.pyc"]}),
        ("#######\n# Data #\n#######\nd\n", {"Data": ["d"]}),
        ("## --- Data --- ##\nd\n", {"Data": ["d"]}),
        ("# Data\n# of all kinds\nd\n", {"Data": ["d"]}),
        ("# A\na\n#\nb\n# -----\nc\n", {"A": ["a", "b", "c"]}),
        ("# A\na\n# prebake: ignore[PB103] wanted\nb\n", {"A": ["a", "b"]}),
        ("# prebake: ignore-file[PB109]\n# A\na\n", {"A": ["a"]}),
        ("# é🐳\r\na\r\n", {"é🐳": ["a"]}),
        (" # no comment\n", {"": ["# no comment"]}),
    ],
)
def test_sections(content: str, found: dict[str, list[str]]) -> None:
    assert outline(content) == found


@given(st.text(alphabet="#ab !\n\r\t=*/[", max_size=60))
def test_every_pattern_is_in_one_section_and_inside_of_its_span(content: str) -> None:
    file = parse_ignore(Text(content))
    found = sections(file)
    assert [pattern for section in found for pattern in section.patterns] == list(file.patterns)
    for section in found:
        assert all(
            section.span.start <= item.span.start and item.span.end <= section.span.end for item in section.patterns
        )
        assert bool(section.title) == bool(section.comments)
