"""Which lines are an instruction. The comments name the faults of dockerfile-parse 2.0.1 and of other parsers."""

import pytest

from prebake.syntax.dockerfile import parse
from prebake.text import Position, Text


def lines_of(content: str | bytes) -> list[tuple[str, int, int]]:
    """Keyword, first and last line of each instruction."""
    text = Text.from_bytes(content) if isinstance(content, bytes) else Text(content)
    return [(item.keyword, item.line, item.end_line) for item in parse(text).instructions]


BOUNDARIES = {
    "one line each": ("FROM a\nRUN b\n", [("FROM", 0, 0), ("RUN", 1, 1)]),
    "nothing": ("", []),
    "blank lines only": ("\n \n\t\n", []),
    "comments only": ("# a\n  # b\n", []),
    "lower case": ("from a\nrun b\n", [("FROM", 0, 0), ("RUN", 1, 1)]),
    "indented": ("  FROM a\n\tRUN b\n", [("FROM", 0, 0), ("RUN", 1, 1)]),
    "continuation": ("RUN a \\\n  b\nUSER c\n", [("RUN", 0, 1), ("USER", 2, 2)]),
    "blanks behind the escape": ("RUN a \\ \t\n  b\nUSER c\n", [("RUN", 0, 1), ("USER", 2, 2)]),
    "CRLF": ("FROM a\r\nRUN b \\\r\n  c\r\nUSER d\r\n", [("FROM", 0, 0), ("RUN", 1, 2), ("USER", 3, 3)]),
    "carriage return alone ends no line": ("RUN a\rRUN b\n", [("RUN", 0, 0)]),
    "form feed and line separator end no line": ("RUN a\x0cb\u2028c\nUSER d\n", [("RUN", 0, 0), ("USER", 1, 1)]),
    # 1: lines of a here-document are no instructions
    "heredoc": ("RUN <<EOF\nFROM x\nENV A=1\nEOF\nUSER a\n", [("RUN", 0, 3), ("USER", 4, 4)]),
    # 2: a blank line does not end a continuation
    "blank line in a continuation": ("RUN a \\\n\n  && b\nUSER c\n", [("RUN", 0, 2), ("USER", 3, 3)]),
    "white line in a continuation": ("RUN a \\\n \t\n  && b\nUSER c\n", [("RUN", 0, 2), ("USER", 3, 3)]),
    "comment in a continuation": ("RUN a \\\n# c\n  # d \\\n  && b\nUSER c\n", [("RUN", 0, 3), ("USER", 4, 4)]),
    # 3: an unfinished last line counts
    "no last line end": ("FROM a\nRUN b", [("FROM", 0, 0), ("RUN", 1, 1)]),
    "keyword alone at the end": ("FROM a\nCMD", [("FROM", 0, 0), ("CMD", 1, 1)]),
    "continuation into the end": ("FROM a\nRUN b \\\n", [("FROM", 0, 0), ("RUN", 1, 1)]),
    "continuation into the end, no line end": ("FROM a\nRUN b \\", [("FROM", 0, 0), ("RUN", 1, 1)]),
    "continuation into blank lines and comments": ("RUN a \\\n\n# c\n\n", [("RUN", 0, 3)]),
    # 4: two escapes at a line's end are no continuation
    "escaped escape": ("RUN echo a\\\\\nUSER b\n", [("RUN", 0, 0), ("USER", 1, 1)]),
    "escaped escape and blanks": ("RUN echo a\\\\  \nUSER b\n", [("RUN", 0, 0), ("USER", 1, 1)]),
    "escape, blank, escape": ("RUN echo a\\ \\\n b\nUSER c\n", [("RUN", 0, 1), ("USER", 2, 2)]),
    # 5: a byte order mark is no part of the first keyword
    "byte order mark": (b"\xef\xbb\xbfFROM a\nRUN b\n", [("FROM", 0, 0), ("RUN", 1, 1)]),
    "escape directive behind a byte order mark": (
        b"\xef\xbb\xbf# escape=`\nFROM a\nRUN b `\n c\n",
        [("FROM", 1, 1), ("RUN", 2, 3)],
    ),
    # 6: a check directive before the escape directive
    "check before escape": ("# check=skip=all\n# escape=`\nRUN a `\n b\\\nUSER c\n", [("RUN", 2, 3), ("USER", 4, 4)]),
    # 7: keywords and continuations
    "keyword split": ("RU\\\nN a\nUSER b\n", [("RUN", 0, 1), ("USER", 2, 2)]),
    "keyword split thrice": ("R\\\nU\\\n# c\nN\\\n a\nUSER b\n", [("RUN", 0, 4), ("USER", 5, 5)]),
    "keyword and escape": ("RUN\\\n a\nUSER b\n", [("RUN", 0, 1), ("USER", 2, 2)]),
    "escape alone in the first line": ("\\\nRUN a\nUSER b\n", [("RUN", 0, 1), ("USER", 2, 2)]),
    "escape alone at the end": ("FROM a\n\\", [("FROM", 0, 0), ("", 1, 1)]),
    # 11: half-typed lines that make dockerfile-parse raise
    "ENV without arguments": ("ENV \nRUN a\n", [("ENV", 0, 0), ("RUN", 1, 1)]),
    "ARG without arguments": ("ARG \nRUN a\n", [("ARG", 0, 0), ("RUN", 1, 1)]),
    "ENV with a name alone": ("ENV A=1 B\nLABEL a=b c\nRUN a\n", [("ENV", 0, 0), ("LABEL", 1, 1), ("RUN", 2, 2)]),
    "no UTF-8": (b"RUN echo \xff\xfe\nUSER \x80\n", [("RUN", 0, 0), ("USER", 1, 1)]),
    # of other parsers
    "unknown instruction": ("FROM a\nRNU b\nUSER c\n", [("FROM", 0, 0), ("RNU", 1, 1), ("USER", 2, 2)]),
    "keyword of other characters": ("&& b\n<<EOF\nUSER c\n", [("&&", 0, 0), ("<<EOF", 1, 1), ("USER", 2, 2)]),
    "ONBUILD with a heredoc": ("ONBUILD RUN <<EOF\nUSER a\nEOF\nUSER b\n", [("ONBUILD", 0, 2), ("USER", 3, 3)]),
    "blank before a heredoc's name": ("RUN << EOF\nUSER a\nEOF\nUSER b\n", [("RUN", 0, 2), ("USER", 3, 3)]),
    "here-string": ("RUN cat <<<word\nUSER b\n", [("RUN", 0, 0), ("USER", 1, 1)]),
    "shift in arithmetic": ("RUN echo $((1<<2))\nUSER b\n", [("RUN", 0, 0), ("USER", 1, 1)]),
    "quoted angles": ("RUN echo \"<<EOF\" '<<EOF'\nUSER b\n", [("RUN", 0, 0), ("USER", 1, 1)]),
    "angles elsewhere": ("USER <<EOF\nENV A=<<EOF\nCMD <<EOF\n", [("USER", 0, 0), ("ENV", 1, 1), ("CMD", 2, 2)]),
    "angles in JSON": ('RUN ["cat", "<<EOF"]\nUSER b\n', [("RUN", 0, 0), ("USER", 1, 1)]),
    "CRLF continuation": ("RUN a \\\r\n\r\n b\r\nUSER c\r\n", [("RUN", 0, 2), ("USER", 3, 3)]),
    "several ARG": ("ARG a b=c\nUSER d\n", [("ARG", 0, 0), ("USER", 1, 1)]),
    "old ENV": ("ENV a b c\nUSER d\n", [("ENV", 0, 0), ("USER", 1, 1)]),
    "open quote": ('RUN echo "a\nENV A="b\nUSER d\n', [("RUN", 0, 0), ("ENV", 1, 1), ("USER", 2, 2)]),
}


@pytest.mark.parametrize("name", BOUNDARIES)
def test_lines_of_instructions(name: str) -> None:
    content, expected = BOUNDARIES[name]
    assert lines_of(content) == expected


def test_unterminated_heredoc_takes_its_own_line_only() -> None:
    tree = parse(Text("FROM a\nRUN <<EOF\nCOPY b c\nUSER d\n"))
    assert lines_of(tree.text.content) == [("FROM", 0, 0), ("RUN", 1, 1), ("COPY", 2, 2), ("USER", 3, 3)]
    assert tree.instructions[1].problem == "unterminated heredoc EOF"
    assert tree.instructions[1].heredocs == ()
    assert [item.problem for item in tree.instructions[2:]] == [None, None]


def test_of_two_heredocs_the_terminated_one_keeps_its_body() -> None:
    tree = parse(Text("COPY <<A <<B /\na\nA\nUSER d\n"))
    copy, user = tree.instructions
    assert [(item.name, item.body) for item in copy.heredocs] == [("A", "a\n")]
    assert copy.problem == "unterminated heredoc B"
    assert (copy.end_line, user.keyword) == (2, "USER")


def test_raw_is_the_source_of_the_lines() -> None:
    text = Text("FROM a\r\n  RUN b \\\r\n# c\r\n   c  \r\nRUN <<E\r\nx\r\nE\r\n")
    assert [item.raw for item in parse(text).instructions] == [
        "FROM a",
        "  RUN b \\\r\n# c\r\n   c  ",
        "RUN <<E\r\nx\r\nE",
    ]


def test_same_text_gives_the_same_tree() -> None:
    assert parse(Text("FROM a\n")) is parse(Text("FROM a\n"))


def test_an_instruction_that_moved_has_its_new_place() -> None:
    line = "RUN pip install numpy"
    parse(Text(f"FROM a\n{line}\n"))
    moved = parse(Text(f"FROM a\n\n\n{line}\n")).instructions[1]
    assert (moved.line, moved.span.start) == (3, Position(3, 0))


@pytest.mark.parametrize(
    ("position", "keyword"),
    [
        ((0, 0), "FROM"),
        ((0, 6), "FROM"),
        ((1, 0), None),
        ((2, 0), None),
        ((3, 4), "RUN"),
        ((5, 0), "RUN"),
        ((6, 0), None),
    ],
)
def test_instruction_at_a_position(position: tuple[int, int], keyword: str | None) -> None:
    tree = parse(Text("FROM a\n\n# c\nRUN <<E\nb\nE\n\nUSER x\n"))
    found = tree.instruction_at(Position(*position))
    assert (found and found.keyword) == keyword


def test_lines_longer_than_buildkit_reads_are_told() -> None:
    tree = parse(Text(f"FROM a\nRUN echo {'x' * 70_000}\nUSER b\n"))
    assert [item.keyword for item in tree.instructions] == ["FROM", "RUN", "USER"]
    assert "65535 bytes" in (tree.instructions[1].problem or "")
    assert tree.instructions[2].problem is None


@pytest.mark.parametrize("unit", ['"', "\\", "${a:-", "<<A ", "--a ", '["a",', "'", "a=b ", "$", " "])
@pytest.mark.parametrize("keyword", ["RUN", "COPY", "ENV"])
def test_a_line_of_ten_million_characters_is_survived(keyword: str, unit: str) -> None:
    text = Text(f"FROM a\n{keyword} {unit * (10_000_000 // len(unit))}\nUSER b\n")
    tree = parse(text)
    long = tree.instructions[1]
    assert [item.keyword for item in tree.instructions] == ["FROM", keyword, "USER"]
    tokens = (*long.flags, *long.words, *long.pairs)
    assert all(0 <= token.start <= token.end <= long.end - long.start for token in tokens)


def test_many_unterminated_heredocs_are_survived() -> None:
    tree = parse(Text("".join(f"RUN <<A{number}\n" for number in range(2_000))))
    assert len(tree.instructions) == 2_000


def test_an_instruction_of_many_lines_is_survived() -> None:
    tree = parse(Text("RUN a" + " \\\n b" * 20_000 + "\nUSER c\n"))
    assert [(item.line, item.end_line) for item in tree.instructions] == [(0, 20_000), (20_001, 20_001)]
    assert len(tree.instructions[0].body.text.split()) == 20_001
