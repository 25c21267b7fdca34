"""What a real builder has of a context after `COPY . /x`, and what prebake says is sent: the same files and bytes.

The answers are also recorded, by `python -m tests.builder.observe`, for `tests/project/test_recorded_contexts.py`.
"""

from pathlib import Path

import pytest

from prebake.config import Builder
from tests.builder.engine import Engine, sent
from tests.builder.generate_contexts import context
from tests.builder.observe import copied
from tests.project.context_trees import arriving, reckoned
from tests.tools import unavailable

CONTEXTS = range(40)
BROKEN = range(10_000, 10_015)
TOLD = range(40, 45)


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
    reckoned_sizes = arriving(root, tree)
    assert reckoned_sizes
    bytes_, entries = sum(reckoned_sizes.values()), len(reckoned_sizes) + len(tree.folders)
    told = sent(engine.export(root, tree.dockerfile)[1])
    # Each entry is announced with its name, mode and owner; the total is rounded.
    assert bytes_ * 0.99 <= told <= bytes_ * 1.01 + 200 * (entries + 1)
    assert set(reckoned_sizes) == set(reckoned(root, tree) or ())
