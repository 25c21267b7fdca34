"""What the manifests of a project say."""

from __future__ import annotations

import pytest

from prebake.project.manifests.manifest import console_scripts
from prebake.text import Text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", '[project.scripts]\nserve = "pkg.cli:main"\n'),
        ("pyproject.toml", '[tool.poetry.scripts]\nserve = "pkg.cli:main"\n'),
        ("pyproject.toml", '[project.entry-points.console_scripts]\nserve = "pkg.cli:main"\n'),
        ("setup.cfg", "[metadata]\nname = x\n[options.entry_points]\nconsole_scripts =\n    serve = pkg.cli:main\n"),
        ("setup.py", 'setup(entry_points={"console_scripts": ["serve = pkg.cli:main"]})\n'),
        ("setup.py", 'setup(entry_points={"console_scripts": "serve=pkg.cli:main"})\n'),
        ("setup.py", 'setup(entry_points="""\n[console_scripts]\nserve=pkg.cli:main\n""")\n'),
    ],
)
def test_commands_of_a_project(name: str, content: str) -> None:
    assert console_scripts(Text(content), name) == {"serve": "pkg.cli:main"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", "[project\n"),
        ("setup.cfg", "[options]\nconsole_scripts =\n    serve = pkg.cli:main\n"),
        ("setup.cfg", "[options.entry_points]\ngui_scripts =\n    serve = pkg.cli:main\n"),
        ("setup.py", 'setup(entry_points={"console_scripts": make_scripts()})\n'),
        ("setup.py", "setup(entry_points=\n"),
    ],
)
def test_manifests_without_commands(name: str, content: str) -> None:
    assert console_scripts(Text(content), name) == {}
