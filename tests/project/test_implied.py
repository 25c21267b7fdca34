"""The context of ``COPY .`` judged by what the Dockerfile uses afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake import files
from prebake.engine import builds
from tests.rules.trees import make_tree

HEAD = "FROM python:3.12\nWORKDIR /app\nCOPY . /app\n"


def context_of(root: Path, dockerfile: str) -> str:
    path = files.absolute(str(root / dockerfile))
    found = builds(files.disk(), path, root=files.absolute(str(root)))[0].context.root
    assert found is not None
    return files.relative(found, files.absolute(str(root)))


@pytest.mark.parametrize(
    "uses",
    [
        "RUN python scripts/build.py\n",
        "RUN ./venv/bin/pip install x && ./venv/bin/python ./scripts/build.py\n",
        "RUN <<EOF\npython scripts/build.py\nEOF\n",
        'CMD ["/app/scripts/build.py"]\n',
        "FROM scratch\nCOPY --from=0 /app/scripts/build.py /\n",
    ],
)
def test_a_folder_above_that_holds_what_is_used(tmp_path: Path, uses: str) -> None:
    make_tree(tmp_path, {"docker/Dockerfile": HEAD + uses, "scripts/build.py": ""})
    assert context_of(tmp_path, "docker/Dockerfile") == "."


def test_the_nearest_of_equals(tmp_path: Path) -> None:
    text = HEAD + "RUN pip install -r requirements.txt\n"
    make_tree(tmp_path, {"svc/Dockerfile": text, "svc/requirements.txt": "", "requirements.txt": ""})
    assert context_of(tmp_path, "svc/Dockerfile") == "svc"


@pytest.mark.parametrize("uses", ["", "RUN pip install flask==3.1.0\n", "RUN cat /etc/os-release ../scripts/x.py\n"])
def test_the_dockerfiles_folder_where_nothing_is_used(tmp_path: Path, uses: str) -> None:
    make_tree(tmp_path, {"docker/Dockerfile": HEAD + uses, "scripts/build.py": "", "etc/os-release": ""})
    assert context_of(tmp_path, "docker/Dockerfile") == "docker"
