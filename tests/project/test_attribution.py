from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from prebake.files import disk
from prebake.project.ignore.rules import NO_RULES, IgnoreRules, rules_of
from prebake.project.measuring.attribution import Attribution, Reached, anywhere
from prebake.project.measuring.scan import Size, scan, sum_of
from prebake.syntax.ignorefile import parse_ignore
from prebake.text import Text
from tests.project.test_scan import LINES, TREES, make

TREE = {
    "app.py": 10,
    "src/a.py": 20,
    "src/a.pyc": 300,
    "src/deep/b.pyc": 400,
    "data/raw/x.csv": 5000,
    "data/raw/y.csv": 6000,
    "data/labels.csv": 70,
    "venv/lib/site.py": 9000,
    "venv/lib/site.pyc": 100,
}
LINES_OF_TREE = ("**/*.pyc", "data", "!data/labels.csv", "venv", "*.log")


def rules(*lines: str) -> IgnoreRules:
    return rules_of(Text("\n".join(lines)), "/context/.dockerignore")


def attributed(root: Path, files: dict[str, int], *lines: str, whole: bool = True) -> Attribution:
    return Attribution(scan(disk(), make(root, files), rules(*lines), whole=whole))


def raw(found: Attribution, path: str) -> str | None:
    pattern = found.entry(path).pattern
    return None if pattern is None else pattern.raw


def test_folders_have_what_is_sent_and_what_is_left_out(tmp_path: Path) -> None:
    found = attributed(tmp_path, TREE, *LINES_OF_TREE)
    assert (found.sent, found.left_out) == (Size(100, 3), Size(20800, 6))
    data = found.entry("data")
    assert (data.sent, data.left_out, data.size) == (Size(70, 1), Size(11000, 2), Size(11070, 3))
    assert data.is_folder and data.ignored and data.measured
    src = found.entry("src")
    assert (src.sent, src.left_out, src.ignored, src.pattern) == (Size(20, 1), Size(700, 2), False, None)
    assert found.entry("src/deep").left_out == Size(400, 1)
    assert found.find("nothing") is None
    assert found.find("src/nothing") is None
    with pytest.raises(KeyError):
        found.entry("nothing")


def test_each_entry_has_the_pattern_that_decides(tmp_path: Path) -> None:
    found = attributed(tmp_path, TREE, *LINES_OF_TREE)
    assert {path: raw(found, path) for path in ("app.py", "src", "src/a.pyc", "data", "data/raw", "venv")} == {
        "app.py": None,
        "src": None,
        "src/a.pyc": "**/*.pyc",
        "data": "data",
        "data/raw": "data",
        "venv": "venv",
    }
    assert raw(found, "data/labels.csv") == "!data/labels.csv"
    assert raw(found, "data/raw/x.csv") == "data"
    # Docker does not look into venv, so that is what leaves out all in it.
    assert raw(found, "venv/lib/site.pyc") == "venv"


def test_children_come_largest_first(tmp_path: Path) -> None:
    found = attributed(tmp_path, TREE, *LINES_OF_TREE)
    assert [entry.path for entry in found.children()] == ["data", "src", "app.py", "venv"]
    assert [entry.name for entry in found.children("data")] == ["labels.csv", "raw"]
    assert found.children("data/labels.csv") == ()
    assert found.children("nowhere") == ()


def test_patterns_have_what_they_decide_about(tmp_path: Path) -> None:
    found = attributed(tmp_path, TREE, *LINES_OF_TREE)
    assert {pattern.raw: size for pattern, size in found.by_pattern.items()} == {
        "**/*.pyc": Size(700, 2),
        "data": Size(11000, 2),
        "!data/labels.csv": Size(70, 1),
        "venv": Size(9100, 2),
        "*.log": Size(0, 0),
    }
    compiled, data, labels, venv, log = found.rules.patterns
    assert found.decided_by(data).largest == (Reached("data", True, Size(11000, 2)),)
    assert found.decided_by(labels).largest == (Reached("data/labels.csv", False, Size(70, 1)),)
    assert found.decided_by(compiled, most=1).largest == (Reached("src/deep/b.pyc", False, Size(400, 1)),)
    assert found.decided_by(compiled, most=1).entries == 2
    assert found.decided_by(venv).size == Size(9100, 2)
    assert found.decided_by(log) == (Size(), 0, ())


def test_patterns_have_what_they_match_whatever_the_others_do(tmp_path: Path) -> None:
    found = attributed(tmp_path, TREE, *LINES_OF_TREE)
    assert found.matched_by(found.rules.patterns[0]).size == Size(800, 3)
    labels = found.matched_by("!data/labels.csv")
    assert labels == (Size(70, 1), 1, (Reached("data/labels.csv", False, Size(70, 1)),))
    assert found.matched_by("data").size == Size(11070, 3)


def test_a_pattern_that_is_not_written_can_be_tried(tmp_path: Path) -> None:
    found = attributed(tmp_path, {"a.log": 1, "x/b.log": 2, "x/y/c.log": 4, "x/y/d": 8}, "*.log")
    (pattern,) = found.rules.patterns
    assert found.matched_by(pattern).size == Size(1, 1)
    assert anywhere(pattern) == "**/*.log"
    tried = found.matched_by("**/*.log")
    assert (tried.size, tried.entries) == (Size(7, 3), 3)
    assert [entry.path for entry in tried.largest] == ["x/y/c.log", "x/b.log", "a.log"]
    assert found.matched_by("x/y").largest == (Reached("x/y", True, Size(12, 2)),)
    for line in ("", "# comment", "[a", "a\nb"):
        assert found.matched_by(line).entries == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [("*.pyc", "**/*.pyc"), ("/logs/", "**/logs"), ("!keep", "!**/keep"), ("**/x", None), ("**", None), ("[a", None)],
)  # fmt: skip
def test_the_same_in_any_folder(line: str, expected: str | None) -> None:
    (pattern,) = parse_ignore(Text(line)).patterns
    assert anywhere(pattern) == expected


def test_what_was_not_looked_into_is_said(tmp_path: Path) -> None:
    found = attributed(tmp_path, TREE, "data", "venv", whole=False)
    venv = found.entry("venv")
    assert (venv.measured, venv.ignored, venv.size, raw(found, "venv")) == (False, True, Size(), "venv")
    assert [entry.path for entry in found.children()] == ["src", "app.py", "data", "venv"]
    assert found.decided_by(found.rules.patterns[1]).largest == (Reached("venv", True, Size()),)
    assert found.matched_by("v*").entries == 1


def test_a_walk_that_was_stopped_at_once_has_seen_nothing(tmp_path: Path) -> None:
    found = Attribution(scan(disk(), make(tmp_path, TREE), rules("data"), budget_seconds=-1, whole=True))
    assert found.sent == found.left_out == found.entry("").size == Size()
    assert found.children() == ()
    assert found.decided_by(found.rules.patterns[0]).entries == found.matched_by("*").entries == 0


def test_only_what_is_selected_counts(tmp_path: Path) -> None:
    scanned = scan(disk(), make(tmp_path, TREE), rules(*LINES_OF_TREE), whole=True)
    found = Attribution(scanned, rules("src", "data/l*"))
    assert (found.sent, found.left_out) == (Size(90, 2), Size(700, 2))
    assert found.find("app.py") is None
    assert raw(found, "data/labels.csv") == "!data/labels.csv"
    assert [pattern.raw for pattern in found.patterns_in("data")] == ["!data/labels.csv"]
    assert [pattern.raw for pattern in Attribution(scanned).patterns_in("")] == [
        "**/*.pyc", "data", "!data/labels.csv", "venv",
    ]  # fmt: skip


def test_malformed_patterns_are_skipped_and_no_rules_decide_nothing(tmp_path: Path) -> None:
    found = attributed(tmp_path, TREE, "[a", "venv")
    bad, venv = found.rules.patterns
    assert list(found.by_pattern) == [venv]
    assert found.decided_by(bad).entries == found.matched_by(bad).entries == 0
    plain = Attribution(scan(disk(), tmp_path.as_posix(), NO_RULES))
    assert plain.sent == Size(20900, 9)
    assert plain.by_pattern == {}
    assert plain.left_out == Size()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES, LINES)
def test_everything_adds_up(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, int], lines: list[str]) -> None:
    files = {name: size for name, size in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    found = attributed(tmp_path_factory.mktemp("context"), files, *lines)
    brought_back = sum_of(size for pattern, size in found.by_pattern.items() if pattern.negated)
    undecided = sum_of(Size(size, 1) for path, size in files.items() if found.rules.decided_by(path) is None)
    left_out = sum_of(size for pattern, size in found.by_pattern.items() if not pattern.negated)
    assert found.sent == found.scan.sent == brought_back.plus(undecided)
    assert found.left_out == left_out
    assert found.scan.total == Size(sum(files.values()), len(files))
    counted = files | dict.fromkeys(found.scan.emptied, 0)  # BuildKit sends these without their content
    assert found.sent.plus(left_out) == Size(sum(counted.values()), len(files))
    for path in files:
        entry = found.entry(path)
        assert entry.ignored != found.rules.sends(path)
        assert entry.pattern == found.rules.decided_by(path)
        assert entry.size == Size(counted[path], 1)
    for pattern, size in found.by_pattern.items():
        decided, matched = found.decided_by(pattern, 100), found.matched_by(pattern, 100)
        assert decided.size == size == sum_of(entry.size for entry in decided.largest)
        assert decided.entries == len(decided.largest)
        assert matched.size == sum_of(entry.size for entry in matched.largest)
        assert matched.size.files >= decided.size.files
    for folder in {"", *found.scan.listings}:
        entry = found.entry(folder)
        assert entry.sent == sum_of(child.sent for child in found.children(folder))
        assert entry.left_out == sum_of(child.left_out for child in found.children(folder))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES, LINES)
def test_the_deciding_pattern_has_the_last_word(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, int], lines: list[str]
) -> None:
    """Rules that end with it say the same, whatever followed."""
    files = {name: size for name, size in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    found = attributed(tmp_path_factory.mktemp("context"), files, *lines)
    for path in files:
        entry = found.entry(path)
        if entry.pattern is None:
            assert not any(rules(line.removeprefix("!")).deciding(path) for line in lines if not line.startswith("!"))
            continue
        upto = lines[: entry.pattern.line + 1]
        assert rules(*upto).sends(path) == (not entry.ignored)
        assert rules(*upto).decided_by(path) == entry.pattern
