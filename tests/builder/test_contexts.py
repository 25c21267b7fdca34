"""What a real builder has of a context after `COPY . /x`, and what prebake says is sent: the same files and bytes.

The answers are also recorded, by `python -m tests.builder.observe`, for `tests/project/test_recorded_contexts.py`.
"""

from pathlib import Path

import pytest

from prebake.config import Builder
from tests.builder.engine import Engine, sent
from tests.builder.generate_contexts import context
from tests.builder.observe import copied
from tests.project.context_trees import arriving
from tests.tools import unavailable

CONTEXTS = range(40)
BROKEN = range(10_000, 10_015)
TOLD = (43, 47, 48, 49, 51)  # of which something is sent


@pytest.mark.parametrize("builder", ["buildkit", "legacy"])
@pytest.mark.parametrize("number", CONTEXTS)
def test_what_is_copied_is_what_prebake_says_is_sent(
    engine: Engine, number: int, builder: Builder, tmp_path: Path
) -> None:
    if engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    tree = context(number)
    root = tree.write(tmp_path / "context")
    assert copied(engine, root, tree, builder) == arriving(root, tree, builder), tree


@pytest.mark.parametrize("number", BROKEN)
def test_the_build_stops_where_prebake_says_that_a_pattern_is_refused(
    engine: Engine, number: int, tmp_path: Path
) -> None:
    if engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    tree = context(number, broken=True)
    root = tree.write(tmp_path / "context")
    assert copied(engine, root, tree) == arriving(root, tree), tree


@pytest.mark.parametrize("number", TOLD)
def test_buildkit_tells_of_as_many_bytes(engine: Engine, number: int, tmp_path: Path) -> None:
    tree = context(number)
    root = tree.write(tmp_path / "context")
    arrived = arriving(root, tree)
    assert arrived
    told = sent(engine.export(root, tree.dockerfile)[1])
    # Each file and folder is announced with its name, mode and owner; the total is rounded.
    announcements = 150 * (1 + len(arrived) + len(tree.folders))
    assert sum(arrived.values()) * 0.99 <= told <= sum(arrived.values()) * 1.01 + announcements
