"""The outline of a Dockerfile and what can be folded in it, for any text."""

from hypothesis import given

from prebake.syntax.dockerfile import parse
from prebake.syntax.outline import Entry, Fold, folds, outline
from prebake.text import Text
from tests.syntax.generated import dockerfiles


def tree(entries: tuple[Entry, ...]) -> list[object]:
    return [entry.title if not entry.children else (entry.title, tree(entry.children)) for entry in entries]


def test_instructions_stand_in_their_stage() -> None:
    text = "ARG A\nFROM a AS b\nRUN --mount=type=tmpfs,target=/x c && \\\n  d\nONBUILD RUN e\nfrom b\n"
    assert tree(outline(parse(Text(text)))) == [
        "ARG A",
        ("FROM a AS b", ["RUN --mount=type=tmpfs,target=/x c &&   d", "ONBUILD RUN e"]),
        "FROM b",
    ]


def test_a_long_from_folds_with_its_stage() -> None:
    assert folds(parse(Text("FROM \\\n a\nRUN b\n"))) == (Fold(0, 2),)


@given(dockerfiles())
def test_any_text(text: str) -> None:
    parsed = parse(Text(text))
    lines = parsed.text.line_count
    assert all(0 <= fold.first < fold.last < lines for fold in folds(parsed))

    def check(entries: tuple[Entry, ...], outer: Entry | None) -> None:
        for entry in entries:
            assert entry.span.start <= entry.head.start and entry.head.end <= entry.span.end
            assert outer is None or (outer.span.start <= entry.span.start and entry.span.end <= outer.span.end)
            check(entry.children, entry)

    check(outline(parsed), None)
