from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.syntax.hcl import parse_hcl, parse_template
from prebake.syntax.hcl_nodes import (
    Attribute,
    Block,
    Body,
    Call,
    Choice,
    Expression,
    Item,
    ListOf,
    Literal,
    Name,
    ObjectOf,
    Operation,
    Template,
    Unreadable,
)
from prebake.text import MAX_BY_HAND, Text


def value(written: str) -> Expression:
    attribute = parse_hcl(Text(f"a = {written}\nb = 1\n")).get("a")
    assert attribute is not None
    return attribute.value


def names(body: Body) -> list[str]:
    return [attribute.name for attribute in body.attributes]


def test_blocks_attributes_and_their_places() -> None:
    content = (
        'top = 1\n# comment\ntarget "app" {\n  context = "."  // here\n  tags = [\n    "a",\n  ]\n}\ngroup default {}\n'
    )
    text = Text(content)
    body = parse_hcl(text)
    assert names(body) == ["top"]
    target, group = body.blocks
    assert (target.kind, target.labels, names(target.body)) == ("target", ("app",), ["context", "tags"])
    assert (group.kind, group.labels, group.body) == ("group", ("default",), Body())
    context = target.body.get("context")
    assert context is not None
    assert content[context.value_start : context.end] == '"."'
    assert text.position(context.start) == (3, 2)
    assert content[target.start : target.end].startswith('target "app" {')
    assert content[target.start : target.end].endswith("}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"a"', Literal("a")),
        (r'"a\n\"b\" \u00e9"', Literal('a\n"b" é')),
        ('"$${A} %%{B} $ % 100%"', Literal("${A} %{B} $ % 100%")),
        ("12", Literal(12)),
        ("1.5", Literal(1.5)),
        ("true", Literal(True)),
        ("null", Literal(None)),
        ("A", Name("A")),
        ("a-b", Name("a-b")),
        ('"${A}"', Name("A")),
        ('"x-${A}"', Template(("x-", Name("A")))),
        ('"${~ A ~}"', Name("A")),
        ("A.b", Item(Name("A"), Literal("b"))),
        ('A["b"]', Item(Name("A"), Literal("b"))),
        ("A[0]", Item(Name("A"), Literal(0))),
        ("[]", ListOf(())),
        ("[1, A,]", ListOf((Literal(1), Name("A")))),
        ('{a = 1, "b" : 2}', ObjectOf(((Literal("a"), Literal(1)), (Literal("b"), Literal(2))))),
        ("{\n  a = 1\n  # between\n  b = 2\n}", ObjectOf(((Literal("a"), Literal(1)), (Literal("b"), Literal(2))))),
        ("{(A) = 1}", ObjectOf(((Name("A"), Literal(1)),))),
        ("f()", Call("f", ())),
        ("f(A, 1)", Call("f", (Name("A"), Literal(1)))),
        ("f(A...)", Call("f", (Name("A"),), True)),
        ("f(\n  A,\n  1,\n)", Call("f", (Name("A"), Literal(1)))),
        ("A ? 1 : 2", Choice(Name("A"), Literal(1), Literal(2))),
        ("!A && B", Operation("&&", (Operation("!", (Name("A"),)), Name("B")))),
        (
            "1 + 2 * 3",
            Operation("+", (Literal(1), Operation("*", (Literal(2), Literal(3))))),
        ),
        ("(A)", Name("A")),
        ("<<EOT\nFROM x\nRUN y\nEOT", Literal("FROM x\nRUN y\n")),
        ("<<-EOT\n    FROM x\n      RUN y\n    EOT", Literal("FROM x\n  RUN y\n")),
        ("<<EOT\nFROM ${A}\nEOT", Template(("FROM ", Name("A"), "\n"))),
    ],
)
def test_expressions(written: str, expected: Expression) -> None:
    assert value(written) == expected


@pytest.mark.parametrize("written", ['"%{ if A }x%{ endif }"', "A[*].b", "A.*.b"])
def test_what_is_not_evaluated_is_unreadable(written: str) -> None:
    assert "Unreadable" in repr(value(written))


@pytest.mark.parametrize("written", ["", '"open', "[1, 2", "f(", "{a = ", "1 +", "A ? 1", "@", "<<EOT", "a b"])
def test_half_typed_values_leave_the_rest_intact(written: str) -> None:
    content = f'x = 1\ntarget "a" {{\n  bad = {written}\n  dockerfile = "D"\n}}\n\ntarget "b" {{\n  target = "t"\n}}\n'
    body = parse_hcl(Text(content))
    found = {block.labels for block in body.blocks}
    assert ("a",) in found
    if written not in ("[1, 2", "f(", "{a = ", "<<EOT"):
        # What is open is closed by nothing, so that what follows may belong to it.
        assert ("b",) in found
        assert [attribute.name for attribute in body.blocks[0].body.attributes] == ["bad", "dockerfile"]


def test_an_unreadable_value_is_said_to_be_one() -> None:
    attribute = parse_hcl(Text("a = @\n")).attributes[0]
    assert isinstance(attribute, Attribute)
    assert attribute.value == Unreadable()


def test_texts_of_the_json_form() -> None:
    assert parse_template("plain") == Literal("plain")
    assert parse_template('a "quoted" line\nand ${A}') == Template(('a "quoted" line\nand ', Name("A")))
    assert isinstance(parse_template("${"), Unreadable)


@pytest.mark.parametrize(
    "content",
    [
        "a {" * 5000,
        "a {\n" * 5000,
        "a = " + "[" * 100_000,
        "a = " + "(" * 100_000 + "\nb = 1\n",
        'a = "' + "${" * 50_000,
        "a = " + "!" * 50_000 + "x",
        "a = " + "-" * 50_000 + "1",
        "/*" * 100_000,
        "a = <<A\n" * 20_000,
        "a = 1 +" * 30_000,
        "a = x" + ".y" * 50_000,
        "a = x ? " * 20_000,
        "x" * 200_000,
        "a = " + "9" * 100_000,
    ],
    ids=lambda content: content[:8],
)
def test_hostile_texts_come_to_an_end(content: str) -> None:
    parse_hcl(Text(content))


def test_a_text_that_is_too_long_is_not_read() -> None:
    assert parse_hcl(Text("a = 1\n" + "#" * MAX_BY_HAND)) == Body()


@given(st.text(alphabet=st.sampled_from(list('ab1 \n"${}[]()=,.:?!<>-#/*%~\\|&')), max_size=80))
def test_no_text_raises_and_places_lie_inside(content: str) -> None:
    def check(body: Body) -> None:
        for attribute in body.attributes:
            assert 0 <= attribute.start <= attribute.value_start <= attribute.end <= len(content)
        for block in body.blocks:
            assert isinstance(block, Block)
            assert 0 <= block.start < block.end <= len(content)
            check(block.body)

    check(parse_hcl(Text(content)))
    parse_template(content)
