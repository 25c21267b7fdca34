"""Whatever an author's ignore file looks like: what PB102 adds works, and everything else stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prebake.build.context.ignorefile.junk import junk
from prebake.build.context.ignorefile.placement import Addition, added, style_of
from prebake.engine import Engine, builds
from prebake.files import disk
from prebake.fixing import Refusal, apply_fix
from prebake.project.ignore.rules import rules_of
from prebake.syntax.ignorefile import parse_ignore
from prebake.text import Text
from tests.rules.trees import make_tree

TREE: dict[str, Any] = {
    "Dockerfile": 'FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD ["python", "src/app.py"]\n',
    "src/app.py": "",
    "src/__pycache__/app.cpython-312.pyc": {"size": 10},
    "__pycache__/a.cpython-312.pyc": {"size": 10},
    "docs/index.md": "",
    "docs/keep.txt": "",
    ".git/HEAD": "ref: refs/heads/main",
    ".venv/pyvenv.cfg": "",
    "tools/env/pyvenv.cfg": "",
    "wandb/run-1/log": "",
    "data/train.csv": {"size": 20_000_000},
    "data/small.csv": "",
    "notes/.ipynb_checkpoints/a.ipynb": "",
    "README.md": "",
}
JUNK = ("__pycache__", ".git", ".venv", "env", "wandb", "data", ".ipynb_checkpoints")
LINES = st.lists(
    st.sampled_from(
        [
            *("", "# Python", "# Data", "# Version control", "# Environments", "#", "# .git", "*", "!src", "!docs"),
            *("!data/small.csv", "!README.md", "*.md", "**/*.md", "!docs/keep.txt", "docs/", "/docs", ".git", ".git*"),
            *(
                "**/__pycache__/",
                "__pycache__",
                "*.pyc",
                ".venv/",
                "venv",
                "**/venv",
                "data/*",
                "!.git",
                "wandb",
                "src",
            ),
            *("tools/", " .env ", "notes", "!notes", "**/.ipynb_checkpoints", "**", "!**/*.csv", "**/*.py[cod]"),
        ]
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_what_is_added_works_and_the_rest_stays(
    project: str, lines: list[str], newline: str, final: bool, bom: bool
) -> None:
    text = Text(newline.join(lines) + newline * final, bom=bom)
    newline = text.newline  # one line without its end tells nothing
    path, place = f"{project}/Dockerfile", f"{project}/.dockerignore"
    snapshot = disk().overlay({place: text})
    engine = Engine(workspaces=[project])
    report = engine.check_in(snapshot, path)
    assert report.failures == ()
    found = [finding for finding in report.findings if finding.code == "PB102"]
    if not found:
        return
    (build,) = builds(snapshot, path, root=project)
    leftovers = junk(build)
    assert leftovers is not None
    before = rules_of(text, place)
    for fix in found[0].fixes:
        outcome = apply_fix(snapshot, project, fix)
        assert not isinstance(outcome, Refusal)
        fixed = outcome.text(place)
        assert fixed is not None
        assert fixed.bom == bom
        assert fixed.content.endswith(newline) == text.content.endswith(newline)
        assert fixed.content.count("\n") == fixed.content.count(newline)
        rest = iter(fixed.content.split(newline))
        assert all(line in rest for line in text.content.split(newline)), "the author's lines, in their order"
        after = rules_of(fixed, place)
        new = [pattern.pattern for pattern in after.patterns]
        assert len(new) - len(set(new)) == len(before.patterns) - len({each.pattern for each in before.patterns})
        for name in TREE:
            if before.sends(name) != after.sends(name):
                assert any(part in JUNK for part in name.split("/")), f"{name} is gone"
                assert not after.sends(name)
    assert found[0].fixes, found[0].no_fix
    outcome = apply_fix(snapshot, project, found[0].fixes[0])
    assert not isinstance(outcome, Refusal)
    again = engine.check_in(outcome, path)
    assert [finding.message for finding in again.findings if finding.code in ("PB101", "PB102")] == []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("project")
    make_tree(root, TREE)
    return root.resolve().as_posix()


def test_the_ignore_file_that_is_created_leaves_nothing_to_add(project: str) -> None:
    engine = Engine(workspaces=[project])
    report = engine.check(f"{project}/Dockerfile")
    (finding,) = (finding for finding in report.findings if finding.code == "PB101")
    outcome = apply_fix(engine.snapshot, project, finding.fixes[0])
    assert not isinstance(outcome, Refusal)
    again = engine.check_in(outcome, f"{project}/Dockerfile")
    assert [finding for finding in again.findings if finding.code in ("PB101", "PB102")] == []


def placed(text: str, title: str, *lines: str, folder: bool = True) -> str:
    addition = Addition(title, lines, folder, rooted=True)
    edit = added(parse_ignore(Text(text)), "/.dockerignore", {addition: ()})
    assert edit is not None
    return edit.apply().content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n", "a\n.git\n"),
        ("a", "a\n.git"),
        ("a\n\n\n", "a\n.git\n\n\n"),
        ("docs/\nvenv/\n", "docs/\nvenv/\n.git/\n"),
        ("/a\n/b\n", "/a\n/b\n/.git\n"),
        ("# Things\na\n", "# Things\na\n\n# Version control\n.git\n"),
        ("## Things\na\n", "## Things\na\n\n## Version control\n.git\n"),
        ("#\n# Git\na\n\n# Other\nb", "#\n# Git\na\n.git\n\n# Other\nb"),
        (".gitignore\n\n# Other\nb\n", ".gitignore\n.git\n\n# Other\nb\n"),
    ],
)
def test_the_place_and_the_style_are_the_author_s(text: str, expected: str) -> None:
    assert placed(text, "Version control", ".git") == expected


def test_a_pattern_for_any_folder_is_written_so_where_the_author_does() -> None:
    assert placed("**/a\n", "Virtual environments", "**/.venv") == "**/a\n**/.venv\n"
    assert placed("a\n", "Virtual environments", "**/.venv") == "a\n.venv\n"
    assert placed("a/\nb/\n", "Data and weights that nothing in the image reads", "data", "!data/x") == (
        "a/\nb/\ndata/\n!data/x\n"
    )


def test_no_habit_is_no_style() -> None:
    style = style_of(parse_ignore(Text("*.md\n")))
    assert (style.trailing, style.leading, style.anywhere, style.titles) == (False, False, False, None)
