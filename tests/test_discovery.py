"""Which files are Dockerfiles and where they are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake import files
from prebake.discovery import dockerfile_of, dockerfiles, is_dockerfile, is_ignore_file
from tests.rules.trees import make_tree


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "Dockerfile.gpu", "Dockerfile_nvidia", "Dockerfile-dev", "api.Dockerfile", "x.dockerfile",
     "Containerfile", "Containerfile.dev", "Dockerfile.dev.old"],
)  # fmt: skip
def test_dockerfiles(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize(
    "name",
    ["Dockerfile.dockerignore", "Dockerfile.j2", "Dockerfile.tmpl", "Dockerfile.in", "dockerfile.md", "MyDockerfile",
     "Dockerfiles", "Dockerfile.py", ".dockerignore", "README.md", "Containerfile.containerignore"],
)  # fmt: skip
def test_no_dockerfiles(name: str) -> None:
    assert not is_dockerfile(name)


def test_ignore_files_go_by_name() -> None:
    assert all(map(is_ignore_file, [".dockerignore", ".containerignore", "Dockerfile.gpu.dockerignore"]))
    assert not any(map(is_ignore_file, [".gitignore", "dockerignore"]))


def test_an_ignore_file_may_be_for_one_dockerfile_alone() -> None:
    assert dockerfile_of("/p/Dockerfile.gpu.dockerignore") == "/p/Dockerfile.gpu"
    assert dockerfile_of("/p/Containerfile.containerignore") == "/p/Containerfile"
    assert dockerfile_of("/p/.dockerignore") is dockerfile_of("/p/.containerignore") is None


def test_search_passes_by_what_is_not_the_projects_own(tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {
            "Dockerfile": "", "svc/gpu/Dockerfile.gpu": "", ".gitignore": "build/\n", "build/Dockerfile": "",
            ".venv/pyvenv.cfg": "", ".venv/lib/Dockerfile": "", "node_modules/x/Dockerfile": "",
            "loop": {"link": "."}, "Dockerfile.j2": "",
        },
        git=True,
    )  # fmt: skip
    root = files.absolute(str(tmp_path))
    found = [files.relative(path, root) for path in dockerfiles(files.disk(), root)]
    assert found == ["Dockerfile", "svc/gpu/Dockerfile.gpu"]
