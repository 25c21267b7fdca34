from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from prebake.config import Builder
from prebake.files import disk
from prebake.project.ignore.docker_pattern import DockerPattern, simulate
from prebake.project.ignore.inforce import in_force
from prebake.project.ignore.rules import ROOT, IgnoreRules, rules_of
from prebake.syntax.ignorefile import parse_ignore
from prebake.text import Text

DATA = Path(__file__).parent / "data"


def load(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return entries


def rules(*lines: str) -> IgnoreRules:
    return rules_of(Text("\n".join(lines)), "/context/.dockerignore")


@pytest.mark.parametrize("case", load("docker_patterns.yaml"), ids=lambda case: " ".join(case["patterns"]))
def test_a_path_alone_is_answered_as_docker_does(case: dict[str, Any]) -> None:
    made = rules(*case["patterns"])
    assert (made.problem is not None) == ("refused" in case)
    if "refused" not in case:
        assert [path for path in case.get("ignored", ()) if made.sends_alone(path)] == []
        assert [path for path in case.get("kept", ()) if not made.sends_alone(path)] == []


def test_the_cases_are_all_there() -> None:
    cases = load("docker_patterns.yaml")
    assert sum(len(case.get(key, ())) for case in cases for key in ("ignored", "kept", "refused")) == 138


@pytest.mark.parametrize("case", load("docker_and_git.yaml"), ids=lambda case: f"{case['patterns']} {case['path']}")
def test_docker_is_not_git(case: dict[str, Any]) -> None:
    made = rules(*case["patterns"])
    assert made.problem is None
    assert made.sends(case["path"]) != case["docker"]
    assert made.sends_alone(case["path"]) != case["docker"]
    if "git" in case:
        assert GitIgnoreSpec.from_lines(case["patterns"]).match_file(case["path"]) == case["git"]


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (["**/*.pyc", "!src"], "src/a.pyc"),
        (["**/node_modules", "!web"], "web/node_modules/x"),
        (["**/.git", "!sub"], "sub/.git/HEAD"),
        (["a/b", "!a"], "a/b"),
    ],
)
def test_the_walk_leaves_out_what_docker_would_keep_if_asked_for_it_alone(lines: list[str], path: str) -> None:
    assert rules(*lines).sends_alone(path)
    assert not rules(*lines).sends(path)


@pytest.mark.parametrize(
    ("lines", "path", "sent"),
    [
        (["*", "!src"], "src/deep/a.py", True),
        (["*", "!src"], "docs/a.md", False),
        (["data", "!data/keep"], "data/keep/x", True),
        (["data", "!data/keep"], "data/other", False),
        (["*", "!**/*.py"], "a/b/c.py", True),
        (["*", "!**/*.py"], "a/b/c.txt", False),
        (["*.a|*.b"], "x.b", False),
        (["x{2}*"], "xx", False),
        (["x{2}*"], "x{2}", True),
        (["[*]"], "*", True),
        (["a\n"], "a", False),
    ],
)
def test_what_is_sent(lines: list[str], path: str, sent: bool) -> None:
    assert rules(*lines).sends(path) == sent


def test_the_root_is_always_sent() -> None:
    assert rules("**").sends("")
    assert rules("**").sends(".")


def test_an_ignored_folder_is_pruned_only_where_no_exception_may_lead_back_into_it() -> None:
    made = rules("data", "logs", "cache", "!data/keep", "!cac*/x")
    assert made.folder("logs") == (True, False, made.folder("logs").matched)  # `!cac*/x` begins with a wildcard
    made = rules("data", "logs", "!data/keep/*.txt", "!src")
    assert made.folder("logs").pruned
    assert not made.folder("data").pruned
    assert made.folder("data/other").pruned
    assert not made.folder("data/keep").pruned
    assert made.sends("data/keep/a.txt")
    # Only what comes behind the pattern that leaves it out can lead back.
    made = rules("*", "!app", "**/node_modules")
    assert not made.folder("app").ignored
    assert made.folder("app/web/node_modules").pruned


def test_the_deciding_pattern_is_the_last_that_took_the_path_away() -> None:
    made = rules("*.txt", "!keep.txt", "**/*.txt", "!**/notes.txt", "docs")
    assert made.deciding("a.txt").raw == "*.txt"  # type: ignore[union-attr]
    assert made.deciding("keep.txt").raw == "**/*.txt"  # type: ignore[union-attr]
    assert made.deciding("notes.txt") is None
    assert made.deciding("docs/index.md").raw == "docs"  # type: ignore[union-attr]
    assert [pattern.raw for pattern in made.patterns_matching("docs/notes.txt")] == [
        "**/*.txt",
        "!**/notes.txt",
        "docs",
    ]


def test_a_malformed_pattern_matches_nothing_and_is_named() -> None:
    made = rules("ok", "[a", "b")
    assert made.problem is not None
    assert made.problem.line == 1
    assert not made.sends("b")
    assert made.sends("[a")


def test_a_deep_path_is_no_matter() -> None:
    path = "/".join(["a"] * 3000)
    assert rules("**/b").sends(path)
    assert not rules("a/a").sends(path)


def test_hostile_patterns_take_linear_time() -> None:
    made = rules("*a" * 30 + "b", "**/" + "*a" * 30 + "b")
    assert made.sends("a" * 255)
    assert not made.sends("a" * 100 + "b")


class TestInForce:
    def test_the_file_beside_the_dockerfile_wins(self, tmp_path: Path) -> None:
        root = tmp_path.as_posix()
        (tmp_path / "docker").mkdir()
        (tmp_path / ".dockerignore").write_text("a")
        assert in_force(disk(), f"{root}/docker/Dockerfile", root).path == f"{root}/.dockerignore"
        (tmp_path / "docker" / "Dockerfile.dockerignore").write_text("b")
        found = in_force(disk(), f"{root}/docker/Dockerfile", root)
        assert found.path == f"{root}/docker/Dockerfile.dockerignore"
        assert [pattern.pattern for pattern in found.patterns] == ["b"]

    def test_an_ignore_file_beside_the_dockerfile_is_none_when_the_context_is_elsewhere(self, tmp_path: Path) -> None:
        root = tmp_path.as_posix()
        (tmp_path / "docker").mkdir()
        (tmp_path / "docker" / ".dockerignore").write_text("a")
        assert in_force(disk(), f"{root}/docker/Dockerfile", root).path is None

    def test_an_unsaved_file_counts(self, tmp_path: Path) -> None:
        root = tmp_path.as_posix()
        snapshot = disk().overlay({f"{root}/.dockerignore": Text("a")})
        assert not in_force(snapshot, f"{root}/Dockerfile", root).sends("a")
        (tmp_path / ".dockerignore").write_text("b")
        deleted = disk().overlay({f"{root}/.dockerignore": None})
        assert in_force(deleted, f"{root}/Dockerfile", root).is_empty

    def test_a_remote_context_and_a_folder_of_that_name(self, tmp_path: Path) -> None:
        root = tmp_path.as_posix()
        (tmp_path / ".dockerignore").mkdir()
        assert in_force(disk(), f"{root}/Dockerfile", root).path is None
        assert in_force(disk(), f"{root}/Dockerfile", None).path is None

    @pytest.mark.parametrize(
        ("builder", "dockerfile", "there", "expected"),
        [
            ("buildkit", "Dockerfile", (".dockerignore", ".containerignore"), ".dockerignore"),
            ("buildkit", "Dockerfile", (".containerignore", "Dockerfile.containerignore"), None),
            ("kaniko", "Dockerfile", (".dockerignore", "Dockerfile.dockerignore"), "Dockerfile.dockerignore"),
            ("legacy", "Dockerfile", (".dockerignore", "Dockerfile.dockerignore"), ".dockerignore"),
            ("legacy", "Dockerfile", ("Dockerfile.dockerignore",), None),
            ("buildah", "Dockerfile", (".dockerignore", ".containerignore"), ".containerignore"),
            ("buildah", "Dockerfile", (".dockerignore",), ".dockerignore"),
            (
                "buildah",
                "Dockerfile",
                ("Dockerfile.dockerignore", "Dockerfile.containerignore"),
                "Dockerfile.dockerignore",
            ),
            (
                "buildah",
                "Dockerfile",
                (".containerignore", "Dockerfile.containerignore"),
                "Dockerfile.containerignore",
            ),
            ("buildkit", "Containerfile", (".dockerignore", ".containerignore"), ".containerignore"),
            ("buildkit", "Containerfile.gpu", (".dockerignore",), ".dockerignore"),
        ],
    )
    def test_each_builder_reads_its_own(
        self, tmp_path: Path, builder: Builder, dockerfile: str, there: tuple[str, ...], expected: str | None
    ) -> None:
        root = tmp_path.as_posix()
        for name in there:
            (tmp_path / name).write_text("a")
        found = in_force(disk(), f"{root}/{dockerfile}", root, builder).path
        assert found == (f"{root}/{expected}" if expected else None)

    def test_buildkit_follows_links_within_the_folder_that_it_is_offered(self, tmp_path: Path) -> None:
        root = tmp_path.resolve().as_posix()
        (tmp_path / "app").mkdir()
        (tmp_path / "shared").write_text("a")
        (tmp_path / "app" / "inside").write_text("b")
        link = tmp_path / "app" / ".dockerignore"
        link.symlink_to("inside")
        assert not in_force(disk(), f"{root}/app/Dockerfile", f"{root}/app").sends("b")
        link.unlink()
        link.symlink_to("../shared")
        assert in_force(disk(), f"{root}/app/Dockerfile", f"{root}/app").path is None
        assert not in_force(disk(), f"{root}/app/Dockerfile", f"{root}/app", "legacy").sends("a")


@pytest.mark.parametrize(
    ("lines", "path", "empty"),
    [
        (["data", "!data/labels.csv", "data"], "data/labels.csv", True),
        (["*", "!app/models/keep.bin", "ap*"], "app/models/keep.bin", True),
        (["data", "!data/labels.csv"], "data/labels.csv", False),
        (["data", "data", "!data/labels.csv"], "data/labels.csv", False),
        (["data", "!data/labels.csv", "data"], "data/other.csv", False),  # it is not sent at all
        (["*.csv", "!labels.csv", "data"], "labels.csv", False),
        (["*", "!src", "**/cache"], "src/a.py", False),
    ],
)
def test_a_file_arrives_empty_where_its_folder_is_ignored_a_second_time(
    lines: list[str], path: str, empty: bool
) -> None:
    found = rules(*lines)
    assert found.arrives_empty(path) == empty
    assert found.delivers(path) == (found.sends(path) and not empty)
    assert not IgnoreRules(found.file, found.path, asks_twice=False).arrives_empty(path)


def test_a_folder_is_delivered_with_what_lies_in_it() -> None:
    assert rules("data", "!data/raw").delivers("data/raw", is_dir=True)
    assert not rules("data", "!data/raw", "data").delivers("data/raw", is_dir=True)
    assert not rules("data").delivers("data/raw", is_dir=True)


class TestLegacyBuilder:
    def made(self, *lines: str) -> IgnoreRules:
        file = parse_ignore(Text("\n".join(lines)))
        return IgnoreRules(file, "/context/.dockerignore", prunes_blindly=True)

    def test_an_exception_with_a_wildcard_does_not_reach_into_an_ignored_folder(self) -> None:
        assert rules("data", "!**/*.csv").sends("data/a.csv")
        made = self.made("data", "!**/*.csv", "!data/keep")
        assert made.folder("data").pruned is False  # `!data/keep` names something in it
        assert made.sends("data/a.csv")
        made = self.made("data", "!**/*.csv")
        assert made.folder("data").pruned
        assert not made.sends("data/a.csv")
        assert not made.sends("data/deep/a.csv")
        assert made.deciding("data/a.csv").raw == "data"  # type: ignore[union-attr]
        assert made != rules("data", "!**/*.csv")

    def test_it_reads_the_context_root_s_file_alone(self, tmp_path: Path) -> None:
        root = tmp_path.as_posix()
        (tmp_path / "Dockerfile.dockerignore").write_text("a")
        assert in_force(disk(), f"{root}/Dockerfile", root, "legacy").path is None
        (tmp_path / ".dockerignore").write_text("b")
        found = in_force(disk(), f"{root}/Dockerfile", root, "legacy")
        assert found.path == f"{root}/.dockerignore"
        assert found.prunes_blindly


# --- properties ---------------------------------------------------------------------------------------------------

NAMES = ("a", "b", "ab", "c.py", "d.py", "x")
PIECES = st.sampled_from((*NAMES, "*", "**", "?", "*.py", "[a-b]", "[^a]", "a*", "*b*"))
PATTERNS = st.builds(
    lambda negated, parts: ("!" if negated else "") + "/".join(parts),
    st.booleans(),
    st.lists(PIECES, min_size=1, max_size=3),
)
FILES = st.lists(PATTERNS, min_size=1, max_size=6)
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
TREES = st.lists(PATHS, min_size=1, max_size=25, unique=True)


def naive(made: IgnoreRules, path: str) -> bool:
    """The walk rule word by word: what has matched a folder has matched all in it, and a pattern is asked only where
    its answer could change the state.
    """
    patterns = [DockerPattern(pattern) for pattern in made.patterns]
    inherited = [False] * len(patterns)
    parts = path.split("/")
    ignored = False
    for end in range(1, len(parts) + 1):
        ignored = False
        for number, pattern in enumerate(patterns):
            if not inherited[number] and pattern.source.negated == ignored:
                inherited[number] = pattern.matches("/".join(parts[:end]))
            if inherited[number]:
                ignored = not pattern.source.negated
    return not ignored


@given(FILES, PATHS)
def test_the_fast_walk_is_the_walk(lines: list[str], path: str) -> None:
    made = rules(*lines)
    assert made.sends(path) == naive(made, path)


@given(FILES, TREES)
def test_a_pruned_walk_sends_what_a_full_walk_sends(lines: list[str], tree: list[str]) -> None:
    made = rules(*lines)
    walker = made.walker()

    def reached(path: str) -> bool:
        folder, parts = ROOT, path.split("/")
        for end in range(1, len(parts)):
            folder = walker.enter("/".join(parts[:end]), folder)
            if folder.pruned:
                return False
        return not walker.ignores(path, folder)

    assert [path for path in tree if reached(path)] == [path for path in tree if naive(made, path)]


@given(FILES, PATHS)
def test_the_deciding_pattern_exists_for_exactly_what_is_left_out(lines: list[str], path: str) -> None:
    made = rules(*lines)
    decided = made.deciding(path)
    assert (decided is None) == made.sends(path)
    assert decided is None or not decided.negated


@given(PATTERNS, PATHS)
def test_both_ways_of_matching_agree(line: str, path: str) -> None:
    (source,) = parse_ignore(Text(line)).patterns
    pattern = DockerPattern(source)
    assert any(simulate(branch, path) for branch in pattern.alternatives) == pattern.matches(path)


@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_any_file_and_any_path_get_an_answer(content: str, path: str) -> None:
    made = rules_of(Text(content), "/x")
    assert made.sends(path) in (True, False)
    assert made.sends_alone(path) in (True, False)
