"""What holds for any text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.syntax.dockerfile import Dockerfile, Instruction, parse
from prebake.syntax.expand import expand, references, unquote
from prebake.syntax.tokens import BLANKS
from prebake.text import Position, Text
from tests.syntax.generated import dockerfiles, instructions, soup, texts

FREQUENT = settings(max_examples=150, derandomize=True, deadline=None)


def check_tokens(instruction: Instruction) -> None:
    """Every token lies inside its instruction, in order, and says what the source says there."""
    raw = instruction.raw
    size = len(raw)
    for tokens in (instruction.flags, instruction.words, instruction.pairs, instruction.json or ()):
        bounds = [bound for token in tokens for bound in (token.start, token.end)]
        assert bounds == sorted(bounds)
        assert all(0 <= bound <= size for bound in bounds)
    for flag in instruction.flags:
        assert raw[flag.start] == "-" or raw[flag.start] in "\\`"
    for word in instruction.words:
        if "\n" not in raw[word.start : word.end]:
            assert raw[word.start : word.end] == word.raw
    for pair in instruction.pairs:
        assert pair.start <= pair.value_start <= pair.value_end <= pair.end
        if pair.value is not None and "\n" not in raw[pair.value_start : pair.value_end]:
            assert raw[pair.value_start : pair.value_end] == pair.value
    body = instruction.body
    assert len(body.offsets) == len(body.text) + 1
    assert all(raw[body.start(index)] == char for index, char in enumerate(body.text))
    assert list(body.offsets) == sorted(body.offsets)
    for heredoc in instruction.heredocs:
        assert raw[heredoc.start : heredoc.end] == heredoc.body
        assert heredoc.end <= heredoc.terminator_end <= size
    start, end = (instruction.span.start, instruction.span.end)
    assert Position(instruction.line, 0) <= start <= end
    assert end.line <= instruction.end_line


def check(tree: Dockerfile) -> None:
    content = tree.text.content
    done = 0
    for number, instruction in enumerate(tree.instructions):
        assert instruction.index == number
        gap = content[done : instruction.start]
        lines = gap.split("\n")[1:] if number else gap.split("\n")
        assert all(line.strip(BLANKS)[:1] in ("", "#") for line in lines)
        assert content.startswith(instruction.raw, instruction.start)
        assert instruction.line == content.count("\n", 0, instruction.start)
        assert instruction.end_line == content.count("\n", 0, instruction.end)
        assert tree.instruction_at(Position(instruction.line, 0)) is instruction
        assert tree.instruction_at(Position(instruction.end_line, 10_000)) is instruction
        check_tokens(instruction)
        if instruction.onbuild is not None:
            check_tokens(instruction.onbuild)
        assert instruction.problem is None or instruction.problem.strip()
        done = instruction.end
    pieces: list[str] = []
    at = 0
    for instruction in tree.instructions:
        pieces += [content[at : instruction.start], instruction.raw]
        at = instruction.end
    assert "".join(pieces) + content[at:] == content
    for comment in tree.comments:
        assert tree.text.slice(comment.span).startswith("#")
        assert comment.text in tree.text.line(comment.line)
        assert tree.text.line(comment.line)[: comment.span.start.column].strip() == ""
    staged = [instruction for stage in tree.stages for instruction in stage.instructions]
    assert staged == [instruction for instruction in tree.instructions if instruction.stage is not None]


@FREQUENT
@given(dockerfiles())
def test_trees_of_generated_dockerfiles(content: str) -> None:
    check(parse(Text(content)))


@FREQUENT
@given(texts)
def test_trees_of_anything(content: str) -> None:
    check(parse(Text(content)))


@FREQUENT
@given(st.binary(max_size=60))
def test_trees_of_bytes(data: bytes) -> None:
    text = Text.from_bytes(data)
    check(parse(text))
    assert text.to_bytes() == data


@FREQUENT
@given(st.one_of(soup, st.text(alphabet="$${}:-+?#%/'\"\\`ab* \n", max_size=30)), st.sampled_from("\\`"))
def test_expansion_of_anything(raw: str, escape: str) -> None:
    value = expand(raw, lambda name: "value", escape)
    assert value is None or isinstance(value, str)
    for reference in references(raw, escape):
        assert raw[reference.start] == "$"
        assert reference.name in raw[reference.start : reference.end]
        assert reference.default is None or reference.default in raw[reference.start : reference.end]
    if "$" not in raw:
        assert value == unquote(raw, escape)


def summary(instruction: Instruction) -> tuple[object, ...]:
    return (instruction.keyword, instruction.raw, instruction.flags, instruction.words, instruction.heredocs)


@FREQUENT
@given(st.lists(instructions(), min_size=1, max_size=4), st.data())
def test_a_line_cut_short_leaves_the_other_instructions_intact(parts: list[str], data: st.DataObject) -> None:
    """No cut makes a continuation, nor a blank line in one: Docker itself joins these with what follows."""
    whole = parse(Text("".join(parts)))
    if not whole.instructions or whole.instructions[-1].raw.endswith("\\"):
        return
    hit = data.draw(st.sampled_from(whole.instructions))
    if hit.problem is not None or "<<" in hit.raw:
        return
    number = data.draw(st.integers(hit.line, hit.end_line))
    line = whole.text.line(number)
    first = 0 if number == hit.line else len(line) - len(line.lstrip(BLANKS)) + 1
    cuts = [at for at in range(first, len(line) + 1) if not line[:at].rstrip(" \t").endswith(("\\", "`"))]
    if not cuts:
        return
    column = data.draw(st.sampled_from(cuts))
    start = whole.text.line_start(number)
    content = whole.text.content
    cut = parse(Text(content[: start + column] + content[start + len(line) :]))
    before = [summary(item) for item in whole.instructions[: hit.index]]
    after = [summary(item) for item in whole.instructions[hit.index + 1 :]]
    found = [summary(item) for item in cut.instructions]
    assert found[: len(before)] == before
    assert not after or found[-len(after) :] == after


@settings(max_examples=50, derandomize=True, deadline=None)
@given(dockerfiles(), dockerfiles())
def test_the_tree_does_not_depend_on_what_was_read_before(first: str, second: str) -> None:
    fresh = Dockerfile(Text(first))
    parse(Text(second))
    again = Dockerfile(Text(first))
    assert [summary(item) for item in fresh.instructions] == [summary(item) for item in again.instructions]
