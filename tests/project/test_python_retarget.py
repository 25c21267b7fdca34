"""Code that is to load a model from a folder: the smallest edit, and when there is none."""

from __future__ import annotations

import ast

import pytest

from prebake.edits import apply
from prebake.project.python.parse import span_of
from prebake.project.python.retarget import Site, Unclear, retarget
from prebake.text import Text


def moved(code: str, *, varies: bool = False) -> str:
    """The code with each ``load(...)`` made to load from ``/m``."""
    text = Text(code)
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    sites = [
        Site(span_of(text, call), ("model", 0), "org/name", varies)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "load"
    ]
    return apply(text, retarget(text, sites, "/m")).content


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("load('org/name', x=1)\n", "load('/m', x=1)\n"),
        ('é = load(model="org/name")  # é\n', 'é = load(model="/m")  # é\n'),
        ("load(r'org/name')\n", 'load("/m")\n'),
        ("N = 'org/name'\nload(N)\nload(N)\n", "N = '/m'\nload(N)\nload(N)\n"),
        ("N: str = 'org/name'\ndef f():\n    return load(N)\n", "N: str = '/m'\ndef f():\n    return load(N)\n"),
        # The name says something else as well: the constant stays.
        ("N = 'org/name'\nload(N)\nprint(N)\n", "N = 'org/name'\nload(\"/m\")\nprint(N)\n"),
        ("load(cfg.NAME)\n", 'load("/m")\n'),
        ("load(f'{ORG}/name')\n", 'load("/m")\n'),
        ("def f(name='org/name'):\n    load(name)\n", "def f(name='/m'):\n    load(name)\n"),
        ("from c import N\nload(N)\n", 'from c import N\nload("/m")\n'),
    ],
)
def test_the_smallest_edit(before: str, after: str) -> None:
    assert moved(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("load(os.environ.get('M', 'org/name'))\n", "load(os.environ.get('M', '/m'))\n"),
        ("N = os.getenv('M', default='org/name')\nload(N)\n", "N = os.getenv('M', default='/m')\nload(N)\n"),
    ],
)
def test_the_default_of_a_variable(before: str, after: str) -> None:
    assert moved(before, varies=True) == after


@pytest.mark.parametrize(
    ("code", "varies"),
    [
        ("load(settings.model)\n", True),
        ("N = os.getenv('M', 'org/name')\nload(N)\nprint(N)\n", True),
        ("def f(name):\n    load(name)\n", False),
        ("N = 'org/name'\nN = other()\nload(N)\n", False),
        ("for N in names:\n    load(N)\n", False),
        ("load(*names)\n", False),
        ("load()\n", False),
    ],
)
def test_no_edit_where_the_id_comes_from_elsewhere(code: str, varies: bool) -> None:
    with pytest.raises(Unclear):
        moved(code, varies=varies)
