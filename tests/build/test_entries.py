"""What may be written into an ignore file next, below the editor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.build.context.ignorefile.entries import covers, listed_paths, tool_entries, typed
from prebake.project.ignore.rules import IgnoreRules, rules_of
from prebake.text import Text
from tests.build.projects import ROOT, build_of

FILES = {"data/a.csv": "", "data/b/c.csv": "", "serve.py": "", "é.bin": "", "a[1].txt": ""}
PYTHON = "FROM python:3.12\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n"


def rules(*lines: str) -> IgnoreRules:
    return rules_of(Text("\n".join(lines)), "/x/.dockerignore")


@pytest.mark.parametrize(
    ("text", "folder", "name"),
    [
        ("", "", ""),
        ("da", "", "da"),
        ("/da", "", "da"),
        ("./da", "", "da"),
        ("data/", "data", ""),
        ("data//b/c", "data/b", "c"),
        ("data/../x", "", "x"),
        ("a\\[1]/x", "a[1]", "x"),
        ("\\*/x", "*", "x"),
        ("a*", "", "a*"),
        ("*/x", None, "x"),
        ("**/x", None, "x"),
        ("a[1]/x", None, "x"),
        ("../x", None, "x"),
        ("data/../../x", None, "x"),
    ],
)
def test_the_folder_that_was_typed(text: str, folder: str | None, name: str) -> None:
    assert typed(text)[1:] == (folder, name)


@given(st.text(alphabet="/\\.*?[]!#a \0é", max_size=12))
def test_any_beginning_can_be_taken_apart(text: str) -> None:
    assert text.endswith(typed(text).name)


def names(folder: str, *lines: str, negated: bool = False) -> list[str]:
    build = build_of(PYTHON, FILES)
    return [entry.line for entry in listed_paths(build.snapshot, ROOT, rules(*lines), folder, negated=negated)]


def test_paths_without_sizes() -> None:
    assert names("") == ["Dockerfile", "a\\[1\\].txt", "data/", "serve.py", "é.bin"]
    assert names("", "data", "*.bin") == ["Dockerfile", "a\\[1\\].txt", "serve.py"]
    assert names("", "data", "!data/a.csv")[2] == "data/"
    assert names("data") == ["a.csv", "b/"]
    assert names("data", "data/b") == ["a.csv"]
    assert names("missing") == []
    assert names("", "data", "*.bin", negated=True) == ["data/", "é.bin"]


@pytest.mark.parametrize(
    ("line", "existing", "covered"),
    [
        ("**/__pycache__", "**/__pycache__/", True),
        ("**/__pycache__", "__pycache__", False),
        ("**/__pycache__", "**/__*", True),
        ("**/*.py[cod]", "**/*.py[cod]", True),
        ("**/*.py[cod]", "**/*.pyc", True),
        ("**/*.py[cod]", "*.pyc", False),
        (".git", ".git", True),
        (".git", ".g*", True),
        (".git", "git", False),
        ("data/raw", "data", True),
        ("a\\[1\\].txt", "a\\[1\\].txt", True),
        ("**/.env", "**/.env\n!.env", False),
        ("**/.env", "*", True),
    ],
)
def test_what_is_covered_already(line: str, existing: str, covered: bool) -> None:
    assert covers(rules(existing), line) is covered


def test_entries_for_the_projects_tools() -> None:
    build = build_of(PYTHON, {"requirements.txt": "torch\n", "serve.py": ""})
    found = {entry.lines[0]: entry.title for entry in tool_entries(build, rules())}
    assert "**/__pycache__" in found and "Python" in found["**/__pycache__"]
    assert "**/node_modules" not in found
    less = {entry.lines[0] for entry in tool_entries(build, rules("**/__pycache__/"))}
    assert less == set(found) - {"**/__pycache__"}
