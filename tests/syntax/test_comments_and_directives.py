"""Comments and parser directives."""

import pytest

from prebake.syntax.dockerfile import parse
from prebake.text import Position, Span, Text

DIRECTIVES = {
    "none": ("FROM a\n", [], "\\"),
    "all three": (
        "# syntax=docker/dockerfile:1\n#check=skip=all\n#  ESCAPE = `\nFROM a\n",
        [("syntax", "docker/dockerfile:1", 0), ("check", "skip=all", 1), ("escape", "`", 2)],
        "`",
    ),
    "indented, white space at the end": (" \t# escape=` \t\nFROM a\n", [("escape", "`", 0)], "`"),
    "CRLF": ("# escape=`\r\nFROM a\r\n", [("escape", "`", 0)], "`"),
    "behind a comment": ("# hello\n# escape=`\nFROM a\n", [], "\\"),
    "behind a blank line": ("\n# escape=`\nFROM a\n", [], "\\"),
    "behind an instruction": ("FROM a\n# escape=`\nRUN a\n", [], "\\"),
    "behind an unknown one": ("# foo=bar\n# escape=`\nFROM a\n", [], "\\"),
    "a blank line between": ("# syntax=a\n\n# escape=`\nFROM a\n", [("syntax", "a", 0)], "\\"),
    "without a value": ("# syntax=\n# escape=`\nFROM a\n", [], "\\"),
    "backslash": ("# escape=\\\nFROM a\n", [("escape", "\\", 0)], "\\"),
}


@pytest.mark.parametrize("name", DIRECTIVES)
def test_directives(name: str) -> None:
    content, expected, escape = DIRECTIVES[name]
    tree = parse(Text(content))
    assert [(item.name, item.value, item.line) for item in tree.directives] == expected
    assert tree.escape == escape
    assert all(item.problem is None for item in tree.directives)


def test_second_directive_of_a_name_is_refused_and_has_no_effect() -> None:
    tree = parse(Text("# escape=`\n# escape=\\\nFROM a\nRUN a `\n b\n"))
    assert [item.problem for item in tree.directives] == [None, "only one escape directive is allowed"]
    assert tree.escape == "`"
    assert len(tree.instructions) == 2


def test_bad_escape_character_is_refused() -> None:
    tree = parse(Text("# escape=x\nFROM a\nRUN a \\\n b\n"))
    assert tree.directives[0].problem == "the escape character is either \\ or `"
    assert tree.escape == "\\"
    assert len(tree.instructions) == 2


@pytest.mark.parametrize(
    ("content", "syntax"),
    [
        ("# syntax=docker/dockerfile:1.7\nFROM a\n", "docker/dockerfile:1.7"),
        ("# syntax=docker/dockerfile:1 BUILDKIT_X=1\nFROM a\n", "docker/dockerfile:1"),
        ("#!/usr/bin/env docker\n# syntax=a/b\nFROM a\n", "a/b"),
        ("# hello\n# syntax=a/b\nFROM a\n", None),
        ("FROM a\n", None),
    ],
)
def test_frontend_image(content: str, syntax: str | None) -> None:
    assert parse(Text(content)).syntax == syntax


def test_comments_have_text_and_span() -> None:
    text = Text("# syntax=a\n#one\nFROM a\n  #  two \r\nRUN b \\\n\t# three\n  c # no comment\nRUN <<E\n# body\nE\n#")
    comments = parse(text).comments
    assert [(item.line, item.text) for item in comments] == [(1, "one"), (3, "two"), (5, "three"), (10, "")]
    assert comments[1].span == Span(Position(3, 2), Position(3, 9))
    assert text.slice(comments[2].span) == "# three"


def test_comment_block_is_what_stands_directly_above() -> None:
    tree = parse(Text("# syntax=a\n# header\n\n# one\n  # two\nFROM a\nRUN b\n# three\nRUN c\n"))
    source, first, second = tree.instructions
    assert [item.text for item in tree.comment_block(source)] == ["one", "two"]
    assert tree.comment_block(first) == ()
    assert [item.text for item in tree.comment_block(second)] == ["three"]


def test_directives_are_no_comment_block() -> None:
    tree = parse(Text("# syntax=a\n# note\nFROM a\n"))
    assert [item.text for item in tree.comment_block(tree.instructions[0])] == ["note"]
