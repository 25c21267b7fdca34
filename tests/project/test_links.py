"""Links as builders follow them, and the ignore files that BuildKit so finds; tests/builder asks BuildKit itself."""

from pathlib import Path

import pytest

from prebake.engine import Engine
from prebake.files import absolute, disk
from prebake.project.ignore.inforce import in_force
from prebake.project.links import led_to
from tests.rules.trees import make_tree


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("a.txt", "a.txt"),
        ("sub/deep/a.txt", "sub/deep/a.txt"),
        ("gone", "gone"),
        ("near", "a.txt"),
        ("rooted", "a.txt"),
        ("up", "a.txt"),
        ("sub/out", "a.txt"),
        ("folder/deep/a.txt", "sub/deep/a.txt"),
        ("chain", "a.txt"),
        ("round", None),
        ("round/a.txt", None),
    ],
)
def test_where_a_path_leads(tmp_path: Path, path: str, leads: str | None) -> None:
    links = {"near": "a.txt", "rooted": "/a.txt", "up": "../../a.txt", "sub/out": "../a.txt", "folder": "sub"}
    links |= {"chain": "folder/out", "round": "round"}
    make_tree(tmp_path, {"a.txt": "", "sub/deep/a.txt": "", **{name: {"link": to} for name, to in links.items()}})
    assert led_to(disk(), absolute(str(tmp_path)), path) == leads


@pytest.mark.parametrize(
    ("target", "read"),
    [
        ("rules", ".dockerignore"),
        ("sub/rules", ".dockerignore"),
        ("{root}/rules", None),  # BuildKit looks for that path in the context
        ("/rules", "rules"),
        ("../rules", "rules"),
        ("../project/rules", None),
        ("gone", None),
    ],
)
def test_which_ignore_file_a_link_means(tmp_path: Path, target: str, read: str | None) -> None:
    root = absolute(str(tmp_path / "project"))
    make_tree(tmp_path / "project", {"Dockerfile": "FROM a\n", "rules": "data\n", "sub/rules": "data\n"})
    (tmp_path / "project" / ".dockerignore").symlink_to(target.format(root=root))
    found = in_force(disk(), f"{root}/Dockerfile", root)
    assert found.path == (None if read is None else f"{root}/{read}")
    assert found.is_empty == (read is None)


def test_other_builders_follow_links_as_the_system_does(tmp_path: Path) -> None:
    root = absolute(str(tmp_path))
    make_tree(tmp_path, {"Dockerfile": "FROM a\n", "rules": "data\n", ".dockerignore": {"link": f"{root}/rules"}})
    assert in_force(disk(), f"{root}/Dockerfile", root, "kaniko").path == f"{root}/.dockerignore"


def test_absolute_links_to_places_in_the_context_are_explained(tmp_path: Path) -> None:
    root = absolute(str(tmp_path))
    make_tree(
        tmp_path,
        {
            "Dockerfile": "FROM a\nCOPY current run.py /x/\nCOPY . /y/\n",
            "releases/v1/a": "",
            "run.py": "",
            "rules": "data\n",
            "current": {"link": f"{root}/releases"},
            ".dockerignore": {"link": f"{root}/rules"},
        },
    )
    messages = {finding.code: finding.message for finding in Engine().check(f"{root}/Dockerfile").findings}
    assert (
        "`.dockerignore` is a link with an absolute path, which BuildKit looks for in the context" in messages["PB108"]
    )
    assert f"current is a link to {root}/releases. Builders look for that path inside of" in messages["PB106"]
