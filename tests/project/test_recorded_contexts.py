"""What is sent of a context, against what real builders had of random ones (recorded by ``tests.builder.observe``)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.project.context_trees import DATA, ContextTree, arriving

RECORDED: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(RECORDED["contexts"])))
def test_what_is_sent_is_what_the_builders_had(number: int, tmp_path: Path) -> None:
    kept = RECORDED["contexts"][number]
    tree = ContextTree.from_json(kept["tree"])
    root = tree.write(tmp_path / "context")
    for builder, copied in kept["copied"].items():
        assert arriving(root, tree, builder) == copied, builder


def test_the_contexts_are_worth_their_place() -> None:
    """They hold exceptions, both builders, refused patterns, and files that arrive empty."""
    kept = RECORDED["contexts"]
    answers = [answer for each in kept for answer in each["copied"].items()]
    assert sum(builder == "legacy" for builder, _ in answers) >= 40
    assert sum(builder == "buildkit" for builder, _ in answers) >= 100
    assert sum(answer is None for _, answer in answers) >= 5
    assert any(
        size and answer is not None and answer.get(name) == 0
        for each in kept
        for name, size in each["tree"]["files"].items()
        for answer in each["copied"].values()
    )
    assert any(
        each["copied"].get("legacy", 0) != each["copied"].get("buildkit", 0) for each in kept if len(each["copied"]) > 1
    )
