"""The cache model against a real engine, hit by hit, on random projects with random edits.

The answers are also recorded, by `python -m tests.builder.observe`, for `tests/build/cache/test_recorded.py`.
"""

from pathlib import Path

import pytest

from prebake.build.cache.store import Cache
from tests.build.cache.histories import build_of, predict
from tests.builder.engine import BASE, Engine
from tests.builder.observe import observe
from tests.builder.random_histories import history
from tests.tools import unavailable

HISTORIES = range(1000, 1100)
LINKED = range(3000, 3010)
CLASSIC = range(2000, 2020)


def compare(engine: Engine, root: Path, seed: int, builder: str, *, linked: bool = False) -> None:
    states = history(seed, BASE, legacy=builder == "legacy", linked=linked)
    cache = Cache()
    for number, (state, observed) in enumerate(zip(states, observe(engine, root, states, builder), strict=True)):
        predicted, results = predict(cache, build_of(root, state, builder), observed)
        words = [f"{result.instruction.raw}: {result.outcome.value} {result.reasons}" for result in results]
        assert predicted == observed, f"build {number} of {seed}\n{state.files['Dockerfile'][1]}\n" + "\n".join(words)


@pytest.mark.parametrize("seed", HISTORIES)
def test_buildkit(engine: Engine, seed: int, tmp_path: Path) -> None:
    if engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    compare(engine, tmp_path, seed, "buildkit")


@pytest.mark.parametrize("seed", LINKED)
def test_buildkit_where_layers_can_be_linked(linking_engine: Engine, seed: int, tmp_path: Path) -> None:
    if linking_engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, linking_engine.version()))} is older than 23")
    compare(linking_engine, tmp_path, seed, "buildkit", linked=True)


@pytest.mark.parametrize("seed", CLASSIC)
def test_the_classic_builder(engine: Engine, seed: int, tmp_path: Path) -> None:
    compare(engine, tmp_path, seed, "legacy")
