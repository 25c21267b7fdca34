"""Python files are read while they are being typed; nothing in them can make the reader fail."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.project.python.index import index
from prebake.project.python.parse import parse, span_of
from prebake.text import Text


def names(source: str) -> set[str]:
    return {node.id for node in ast.walk(parse(Text(source))) if isinstance(node, ast.Name)}


@pytest.mark.parametrize(
    "broken",
    [
        "x = (",
        "def f(:",
        "import ",
        "from . import",
        "print('open",
        'text = """open',
        "if x",
        "    indented = 1",
        "x = = 2",
        "@",
        "f(a, b",
        "class :",
        "$ % &",
    ],
)
def test_one_broken_line_does_not_hide_what_stands_before_it(broken: str) -> None:
    assert "before" in names(f"before = 1\n{broken}\n")


@pytest.mark.parametrize("broken", ["x = = 2", "import ", "print('open", "if x", "from . import", "return return"])
def test_one_broken_line_does_not_hide_what_follows(broken: str) -> None:
    assert {"before", "after"} <= names(f"before = 1\n{broken}\nafter = 2\n")


def test_a_header_without_its_block() -> None:
    assert {"before", "after"} <= names("before = 1\nif before:\nafter = 2\n")


def test_a_broken_header_keeps_its_name_and_block() -> None:
    scopes = index(Text("def load(:\n    inner()\n\nload()\n")).scopes
    assert "load" in scopes
    assert len(scopes["load"].calls) == 1


def test_what_cannot_be_repaired_is_empty() -> None:
    assert parse(Text("x = (((\n" * 500)).body is not None


def test_deep_nesting_and_size_are_survived() -> None:
    index(Text("x = " + "(" * 5000 + ")" * 5000))
    index(Text("x = " + "1 + " * 20000 + "1"))
    assert parse(Text("x = 1\n" * 400_000)).body == []


def test_spans_count_code_points_not_bytes() -> None:
    text = Text("größe = 1; load('ünïcode')\n")
    call = next(node for node in ast.walk(parse(text)) if isinstance(node, ast.Call))
    span = span_of(text, call)
    assert text.slice(span) == "load('ünïcode')"


def test_lone_carriage_return_and_nul_do_not_shift_lines() -> None:
    text = Text("a = 1\rb = 2\n\x00\nload()\n")
    call = next(node for node in ast.walk(parse(text)) if isinstance(node, ast.Call))
    assert span_of(text, call).start.line == 2


def test_bytes_that_are_no_text() -> None:
    text = Text.from_bytes(b"x = '\xff\xfe'; load()\n")
    call = next(node for node in ast.walk(parse(text)) if isinstance(node, ast.Call))
    assert text.slice(span_of(text, call)) == "load()"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="abcf(x)[]{}:=.,'\"\\\n\t #@\r\0é*", max_size=80))
def test_no_text_makes_it_fail(content: str) -> None:
    text = Text(content)
    for scope in index(text).scopes.values():
        for call in scope.calls:
            span = span_of(text, call.node)
            assert 0 <= span.start.line < text.line_count
