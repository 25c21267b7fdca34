"""Markdown, and what is left of it for clients that show plain text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prebake.lsp.markup import block, code, plain
from prebake.rules import all_rules


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Sends **5 MB in 2 files**; `.dockerignore` leaves out", "Sends 5 MB in 2 files; .dockerignore leaves out"),
        ("### PB101 a\n\n[More](https://x/y)", "PB101 a\n\nMore: https://x/y"),
        ("a\n\n```diff\n-**x**\n+`y`\n```\n\nb", "a\n\n    -**x**\n    +`y`\n\nb"),
        ("**`A`** = `**`", "A = **"),
        ("an open ` and [brackets](of", "an open ` and [brackets](of"),
        ("# a comment in a list\n- `# x`", "a comment in a list\n- # x"),
    ],
)
def test_marks_are_gone(markdown: str, text: str) -> None:
    assert plain(markdown) == text


@example(" ` ")
@given(st.text(alphabet="`* ax[]()\\#", min_size=1, max_size=40))
def test_code_is_kept_as_it_is(text: str) -> None:
    assert plain(f"a {code(text)} b") == f"a {text} b"


@given(st.lists(st.text(alphabet="`* ax[]()#", max_size=20), min_size=1, max_size=4))
def test_blocks_are_kept_as_they_are(lines: list[str]) -> None:
    assert plain(f"a\n{block('diff', lines)}\nb") == "\n".join(["a", *(f"    {line}" for line in lines), "b"])


def test_no_page_of_a_rule_keeps_its_links() -> None:
    for rule in all_rules():
        assert "](" not in plain(rule.page()), rule.code
