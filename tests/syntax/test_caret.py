"""What is being typed at a place of a Dockerfile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.syntax.caret import Caret, Part, at_caret
from prebake.text import Text
from tests.syntax.generated import dockerfiles, soup

FREQUENT = settings(max_examples=150, derandomize=True, deadline=None)
CARET = "‸"


def at(marked: str) -> Caret | None:
    before, _, after = marked.partition(CARET)
    text = Text(before + after)
    return at_caret(text, text.position(len(before)))


@pytest.mark.parametrize(
    ("text", "part", "typed", "rest"),
    [
        ("‸", Part.KEYWORD, "", ""),
        ("FR‸", Part.KEYWORD, "FR", ""),
        ("FROM a\n  co‸PY", Part.KEYWORD, "co", "PY"),
        ("FROM a\nONBUILD CO‸", Part.KEYWORD, "CO", ""),
        ("FROM a\nCOPY -‸", Part.FLAG, "-", ""),
        ("FROM a\nCOPY --fr‸om=b c d", Part.FLAG, "--fr", "om"),
        ("FROM a\nCOPY --link --ch‸", Part.FLAG, "--ch", ""),
        ("FROM a\nCOPY --from=b‸uild a b", Part.VALUE, "b", "uild"),
        ('FROM a\nCOPY --from="b‸" a b', Part.VALUE, "b", ""),
        ("FROM a\nRUN --mount=‸", Part.OPTION, "", ""),
        ("FROM a\nRUN --mount=type=cache,sh‸ared=x pip", Part.OPTION, "sh", "ared"),
        ("FROM a\nRUN --mount=type=cache,target=/r‸oot,sharing=locked pip", Part.OPTION_VALUE, "/r", "oot"),
        ("FROM a\nCOPY sr‸c /app", Part.ARGUMENT, "sr", "c"),
        ("FROM a\nCOPY ‸", Part.ARGUMENT, "", ""),
        ("FROM a\nCOPY a \\\n  b/‸ \\\n  c", Part.ARGUMENT, "b/", ""),
        ("FROM a\nCOPY a \\\n‸\n", Part.ARGUMENT, "", ""),
        ("# escape=`\r\nFROM a\r\nCOPY a `\r\n  b‸`\r\n  c\r\n", Part.ARGUMENT, "b", ""),
        ('FROM a\nCOPY ["sr‸', Part.ARGUMENT, "sr", ""),
        ('FROM a\nCOPY ["a b/‸c", "/d"]', Part.ARGUMENT, "a b/", "c"),
        ("FROM a\nRUN echo $H‸OME", Part.VARIABLE, "H", "OME"),
        ('FROM a\nRUN echo "it\'s ${‸}"', Part.VARIABLE, "", ""),
        ("FROM python:$‸", Part.VARIABLE, "", ""),
        ("FROM a\nCOPY --from=$‸ a b", Part.VARIABLE, "", ""),
        ("FROM a\nENV A=1 B=$A‸", Part.VARIABLE, "A", ""),
    ],
)
def test_the_part_that_is_typed(text: str, part: Part, typed: str, rest: str) -> None:
    found = at(text)
    assert found is not None
    assert (found.part, found.typed, found.rest) == (part, typed, rest)


@pytest.mark.parametrize(
    "text",
    [
        "# FR‸",
        "# syntax=‸",
        "FROM a\nRUN a \\\n  # co‸\n  b",
        "FROM a\nRUN <<EOF\nCO‸\nEOF\n",
        "FROM a\nRUN <<EOF\nCO‸\n",
        "FROM a\nRUN <<EOF\nx\nFROM b\nCO‸\n",
        "FROM a\nRUN pip‸",
        "FROM a\nRUN awk '{print $‸}'",
        "FROM a\nRUN echo \\$‸",
        'FROM a\nCMD ["$‸"]',
        'FROM a\nCOPY ["a"‸, "b"]',
        "FROM a\nCOPY sr\\\nc‸ /app",
        "FROM a\nWORKDIR /a‸",
        "\ue000\uf8ff\ue8a5 ‸",
    ],
)
def test_where_nothing_is_completed(text: str) -> None:
    assert at(text) is None


def test_behind_a_here_document_all_is_as_before() -> None:
    found = at("FROM a\nRUN <<EOF\nx\nEOF\nCO‸")
    assert found is not None and (found.part, found.instruction_index) == (Part.KEYWORD, 2)


def test_what_a_mount_has_besides() -> None:
    found = at("FROM a\nRUN --mount=type=bind,source=‸,from=b,rw true")
    assert found is not None and found.name == "source"
    assert found.options == (("type", "bind"), ("from", "b"), ("rw", ""))


@pytest.mark.parametrize(
    ("text", "number", "arguments"),
    [
        ("COPY ‸", 0, 1),
        ("COPY ‸ /app", 0, 2),
        ("COPY a ‸", 1, 2),
        ("COPY a ‸ c", 1, 3),
        ('COPY ["a", "‸"]', 1, 2),
        ('COPY ["a", "‸', 1, 2),
        ("ONBUILD COPY --chown=a x b‸ c", 1, 3),
    ],
)
def test_which_argument_it_is(text: str, number: int, arguments: int) -> None:
    found = at(f"FROM a\n{text}")
    assert found is not None and (found.number, found.arguments) == (number, arguments)


@FREQUENT
@given(st.one_of(dockerfiles(), soup), st.data())
def test_what_is_found_stands_around_the_caret(source: str, data: st.DataObject) -> None:
    text = Text(source)
    position = text.position(data.draw(st.integers(0, len(source))))
    found = at_caret(text, position)
    if found is not None:
        line = text.line(position.line)
        column = min(position.column, len(line))
        assert line[:column].endswith(found.typed) and line[column:].startswith(found.rest)
