"""Programs for tests, given as their files."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from prebake.files import Disk, Snapshot
from prebake.project.python.modules import Modules
from prebake.project.python.reach import Entry, Reached, reach
from prebake.text import Text

ROOT = "/project"


def snapshot_of(files: Mapping[str, str]) -> Snapshot:
    """A project at :data:`ROOT` that is on no disk."""
    return Snapshot(Disk(), {f"{ROOT}/{name}": Text(dedent(content)) for name, content in files.items()})


def modules_of(files: Mapping[str, str], roots: tuple[str, ...] = (ROOT,)) -> Modules:
    return Modules(snapshot_of(files), lambda path: None, (), roots)


def run(
    files: Mapping[str, str],
    entry: str = "main.py",
    environment: Mapping[str, str | None] | None = None,
    arguments: tuple[str, ...] = (),
) -> Reached:
    """What ``python main.py`` reaches in the project."""
    modules = modules_of(files)
    module = modules.read(f"{ROOT}/{entry}")
    assert module is not None
    return reach(modules, [Entry(module, main=True)], environment or {}, arguments)


def called(reached: Reached) -> list[str]:
    """The reached calls of a function named ``mark``: what each is given, when it is a literal."""
    import ast

    return sorted(
        call.node.args[0].value
        for _, call in reached.calls
        if isinstance(call.node.func, ast.Name)
        and call.node.func.id == "mark"
        and call.node.args
        and isinstance(call.node.args[0], ast.Constant)
    )
