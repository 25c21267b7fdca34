from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.project.mentions import parts, python_mentions, words
from prebake.text import Text


def test_a_path_is_taken_apart() -> None:
    assert parts("python /app/train.py --data=data/raw:ro > 'logs/a b.txt'") >= {
        *("python", "app", "train.py", "--data", "data", "raw", "ro", "logs"),
    }


def test_words_keep_their_slashes() -> None:
    assert words('uvicorn "search.main:app" --dir=/srv/x') == ("uvicorn", "search.main:app", "--dir", "/srv/x")


@pytest.mark.parametrize(
    "code",
    [
        'open("data/x.csv")',
        'Path(root) / "data" / name',
        'os.path.join(HERE, "data")',
        'glob(f"{root}/data/*.csv")',
        'DATA = "data"',
        'parser.add_argument("--dir", default="data")',
        "load(b, path='./data')",
    ],
)
def test_strings_that_may_be_paths_count(code: str) -> None:
    assert "data" in python_mentions(Text(code)).parts


@pytest.mark.parametrize(
    "code",
    [
        'response["data"]',
        'body = {"data": 1}',
        'message.get("data", None)',
        'if kind == "data": pass',
        '"data" in body',
        '"""All about data."""',
        "def f():\n    'data'\n",
        "data = 1  # data",
        '"""data\nover two lines"""; x = 1',
    ],
)
def test_keys_comparisons_and_documentation_do_not(code: str) -> None:
    assert "data" not in python_mentions(Text(code)).parts


def test_imports_are_named_with_their_dots() -> None:
    found = python_mentions(Text("import a.b as c, d\nfrom .x import y\nfrom .. import z\nfrom p.q import r\n")).imports
    assert set(found) == {("a.b", 0), ("d", 0), ("x", 1), ("x.y", 1), ("", 2), ("z", 2), ("p.q", 0), ("p.q.r", 0)}


def test_half_typed_code_still_names_something() -> None:
    assert "data" in python_mentions(Text('open("data/x.csv")\nfor x in (\n')).parts


@given(st.text())
def test_any_text_is_read(content: str) -> None:
    assert isinstance(parts(content), frozenset)
    assert isinstance(python_mentions(Text(content)).parts, frozenset)
