"""How much is sent with fixes of ignore files."""

from pathlib import Path

import pytest

from prebake.build.build import Build
from prebake.build.context.ignorefile.remedied import rules_with, sent_size
from prebake.edits import FileEdit, TextEdit
from prebake.engine import builds
from prebake.files import disk
from prebake.findings import Applicability, Fix
from prebake.project.ignore.rules import IgnoreRules
from prebake.text import Position, Span, Text
from tests.rules.trees import make_tree

IGNORE = "*.log\n"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    tree = {
        "Dockerfile": "FROM a\nCOPY . /app\n",
        ".dockerignore": IGNORE,
        "data/a.csv": {"size": 3_000},
        "weights.bin": {"size": 5_000},
        "late.log": {"size": 700},
    }
    make_tree(tmp_path, tree)
    return builds(disk(), str(tmp_path / "Dockerfile"), root=str(tmp_path))[0]


def fix(path: str, base: str | None, *edits: TextEdit) -> Fix:
    return Fix("", Applicability.SUGGESTED, (FileEdit(path, None if base is None else Text(base), edits),))


def added(build: Build, pattern: str) -> Fix:
    return fix(build.ignore.path or "", IGNORE, TextEdit.insert(Position(1, 0), f"{pattern}\n"))


def sent(build: Build, rules: IgnoreRules) -> int:
    assert build.scan is not None
    return sent_size(build, build.scan, rules).bytes - len(IGNORE) - len(build.text.content)


def test_fixes_of_one_file_go_together(build: Build) -> None:
    assert sent(build, build.ignore) == 8_000
    assert sent(build, rules_with(build, [added(build, "data")])) == 5_000
    assert sent(build, rules_with(build, [added(build, "data"), added(build, "*.bin")])) == 0


def test_the_earlier_of_two_that_do_not_go_together_wins(build: Build) -> None:
    line = Span(Position(0, 0), Position(0, 5))
    one = fix(build.ignore.path or "", IGNORE, TextEdit(line, "data"))
    other = fix(build.ignore.path or "", IGNORE, TextEdit(line, "*.bin"))
    assert sent(build, rules_with(build, [one, other])) == 5_000


def test_a_file_that_is_created_counts_where_it_is_in_force(build: Build) -> None:
    beside = fix(f"{build.path}.dockerignore", None, TextEdit.insert(Position(0, 0), "data\n*.bin\n"))
    assert rules_with(build, [beside]).path == f"{build.path}.dockerignore"
    elsewhere = fix(f"{build.root}/data/.dockerignore", None, TextEdit.insert(Position(0, 0), "*\n"))
    assert rules_with(build, [elsewhere]) == build.ignore


def test_fixes_of_other_files_do_not_count(build: Build) -> None:
    other = fix(build.path, build.text.content, TextEdit.insert(Position(0, 0), "# x\n"))
    assert rules_with(build, [other]) is build.ignore
    both = other._replace(edits=(*other.edits, *added(build, "data").edits))
    assert rules_with(build, [both]) is build.ignore


def test_of_what_is_named_alone_no_more_counts(build: Build) -> None:
    narrow = build.with_text(Text("FROM a\nCOPY data late.log /x/\n"))
    assert build.scan is not None
    assert sent_size(narrow, build.scan, build.ignore) == (3_000, 1)
    assert sent_size(narrow, build.scan, rules_with(build, [added(build, "data")])) == (0, 0)
