"""What is known of the other Dockerfiles of a context is remembered, and forgotten in time."""

from __future__ import annotations

from pathlib import Path

from prebake.build.context.ignorefile.evidence import evidence
from prebake.build.context.use import named_sources, neighbours
from prebake.engine import builds
from prebake.files import Disk, Snapshot, disk
from prebake.text import Text
from tests.rules.trees import make_tree

FILES = {
    "Dockerfile": "FROM python:3.12\nCOPY . /app\n",
    "Dockerfile.test": "FROM python:3.12\nCOPY data /data\n",
    "requirements.txt": "flask\n",
}


def sources(snapshot: Snapshot, root: str) -> tuple[str, ...]:
    return named_sources(builds(snapshot, f"{root}/Dockerfile", root=root)[0])


def test_an_edit_of_another_dockerfile_is_noticed(tmp_path: Path) -> None:
    root = tmp_path.resolve().as_posix()
    make_tree(tmp_path, FILES)
    files = Disk()
    snapshot = Snapshot(files)
    assert sources(snapshot, root) == ("data",)
    assert sources(snapshot.overlay({f"{root}/Dockerfile": Text("FROM python:3.12\nCOPY a.py /\n")}), root) == (
        "a.py", "data",
    )  # fmt: skip
    edited = snapshot.overlay({f"{root}/Dockerfile.test": Text("FROM python:3.12\nCOPY models /models\n")})
    assert sources(edited, root) == ("models",)
    (tmp_path / "Dockerfile.test").write_text("FROM python:3.12\nCOPY wandb /wandb\n")
    files.forget([f"{root}/Dockerfile.test"])
    assert sources(Snapshot(files), root) == ("wandb",)
    (tmp_path / "Dockerfile.test").unlink()
    files.forget()
    assert sources(Snapshot(files), root) == ()


def test_the_other_builds_are_the_same_from_one_keystroke_to_the_next(tmp_path: Path) -> None:
    root = tmp_path.resolve().as_posix()
    make_tree(tmp_path, FILES)
    snapshot = disk()
    others = []
    for number in range(2):
        typed = snapshot.overlay({f"{root}/Dockerfile": Text(f"{FILES['Dockerfile']}# {number}\n")})
        build = builds(typed, f"{root}/Dockerfile", root=root)[0]
        assert neighbours(build)[0] is build
        others.append(neighbours(build)[1])
    assert others[0] is others[1]


def test_an_edit_of_a_manifest_is_noticed(tmp_path: Path) -> None:
    root = tmp_path.resolve().as_posix()
    make_tree(tmp_path, FILES)
    snapshot = disk()
    assert "wandb" not in evidence(builds(snapshot, f"{root}/Dockerfile", root=root)[0]).packages
    edited = snapshot.overlay({f"{root}/requirements.txt": Text("wandb\n")})
    assert "wandb" in evidence(builds(edited, f"{root}/Dockerfile", root=root)[0]).packages
