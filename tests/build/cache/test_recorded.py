"""The cache model against what a real engine said of random projects (recorded by ``tests.builder.observe``)."""

import json
from pathlib import Path
from typing import Any

import pytest

from prebake.build.cache.store import Cache
from tests.build.cache.histories import State, build_of, from_json, predict, write

RECORDED: list[dict[str, Any]] = [
    json.loads(path.read_text(encoding="utf-8")) for path in sorted((Path(__file__).parent / "data").glob("*.json"))
]
HISTORIES = [
    pytest.param(data["builder"], data["common"], kept, id=f"{data['builder']}-{number}")
    for data in RECORDED
    for number, kept in enumerate(data["histories"])
]


@pytest.mark.parametrize(("builder", "common", "kept"), HISTORIES)
def test_the_model_says_what_the_engine_did(builder: str, common: Any, kept: list[Any], tmp_path: Path) -> None:
    cache = Cache()
    before: State | None = None
    for state, observed in from_json(kept, State({name: tuple(file) for name, file in common.items()}, {})):
        write(tmp_path, state, before)
        before = state
        predicted, results = predict(cache, build_of(tmp_path, state, builder), observed)
        assert predicted == observed, [(result.instruction.raw, result.reasons) for result in results]


def test_most_steps_are_certain(tmp_path: Path) -> None:
    certain = open_ = 0
    for number, (builder, common, kept) in enumerate(param.values for param in HISTORIES):
        root = tmp_path / str(number)
        root.mkdir()
        before: State | None = None
        cache = Cache()
        for state, _ in from_json(kept, State({name: tuple(file) for name, file in common.items()}, {})):
            write(root, state, before)
            before = state
            said = "".join(predict(cache, build_of(root, state, builder))[0].values())
            open_ += said.count("?")
            certain += len(said) - said.count("?")
    assert certain > 2000
    assert open_ < certain / 10
