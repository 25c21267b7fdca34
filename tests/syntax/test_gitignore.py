"""Lines of a .gitignore in Docker's terms, compared with what git itself ignores."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prebake.project.ignore.rules import rules_of
from prebake.syntax.gitignore import translated
from prebake.text import Text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("foo", "**/foo"),
        ("/foo", "foo"),
        ("foo/", "**/foo"),
        ("/foo/", "foo"),
        ("a/b", "a/b"),
        ("a/*", "a/*"),
        ("a/**", "a/**"),
        ("**/a/b", "**/a/b"),
        ("*.log", "**/*.log"),
        ("*.py[cod]", "**/*.py[cod]"),
        ("[!a]b", "**/[^a]b"),
        ("!keep.txt", "!**/keep.txt"),
        (r"\#notes", "**/#notes"),
        ("/!odd", r"\!odd"),
        ("a{b}", r"**/a\{b\}"),
        ("foo  ", "**/foo"),
        ("foo\r", "**/foo"),
    ],
)
def test_a_line_says_the_same(line: str, expected: str) -> None:
    assert [found.line for found in translated(Text(line))] == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# comment",
        "*",
        "**",
        "/*",
        "a**b",
        r"a\ ",
        r"a\*b",
        "[[:alpha:]]x",
        "[]a]",
        "[a",
        "[z-a]",
        "a//b",
        "./a",
        "!",
        "/",
    ],
)
def test_what_docker_cannot_say_is_left_out(line: str) -> None:
    assert translated(Text(line)) == ()


def test_files_further_down_and_further_up() -> None:
    text = Text("foo\n/bar\nweb/dist\nweb\n")
    assert [found.line for found in translated(text, "sub[1]")] == [
        r"sub\[1\]/**/foo", r"sub\[1\]/bar", r"sub\[1\]/web/dist", r"sub\[1\]/**/web",
    ]  # fmt: skip
    assert [found.line for found in translated(text, "", ("web",))] == ["**/foo", "dist", "**/web"]


NAMES = st.sampled_from(["a", "b", "ab", "a.log", ".env", "x1", "#n"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
PARTS = st.sampled_from(
    ["a", "b", "*", "**", "a*", "*.log", "?b", "[ab]", "[!a]", ".env", "x[0-9]", "#n", r"\#n", "ab"]
)
LINES = st.tuples(st.sampled_from(["", "/"]), st.lists(PARTS, min_size=1, max_size=3), st.sampled_from(["", "/"])).map(
    lambda made: made[0] + "/".join(made[1]) + made[2]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(PATHS, min_size=1, max_size=12), LINES)
def test_git_and_docker_agree(tmp_path_factory: pytest.TempPathFactory, names: set[str], line: str) -> None:
    files = {name for name in names if not any(other.startswith(f"{name}/") for other in names)}
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / ".gitignore").write_text(f"{line}\n")
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    done = subprocess.run(
        ["git", "-C", root, "check-ignore", "--stdin"],
        input="\n".join(files),
        capture_output=True,
        text=True,
        check=False,
    )
    by_git = set(done.stdout.splitlines())
    (found,) = translated(Text(line)) or (None,)
    if found is None:
        return
    rules = rules_of(Text(found.line), "")
    by_docker = {name for name in files if not rules.sends(name)}
    if found.folders:  # git's line is about folders only: no file of such a name counts
        by_docker = {name for name in by_docker if not rules.sends(str(Path(name).parent), is_dir=True)}
    assert by_docker == by_git


def test_no_line_makes_it_fail() -> None:
    for line in ("\\", "[", "[]", "!\\", "a\0b", "\ud800", "é" * 5000, "[a-]", "!!", "#", "\\#", "//", "/ /"):
        for found in translated(Text(line)):
            assert rules_of(Text(found.line), "").problem is None
