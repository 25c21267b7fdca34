"""What holds for any Dockerfile."""

import pytest
from hypothesis import given, settings

from prebake.build.cache.causes import causes
from prebake.build.cache.store import Cache, Outcome
from prebake.config import Builder
from tests.build.cache.test_buildkit import FILES
from tests.build.cache.test_history import on
from tests.syntax.generated import dockerfiles, texts

BUILDERS: tuple[Builder, ...] = ("buildkit", "legacy", "kaniko", "buildah")


@pytest.mark.parametrize("builder", BUILDERS)
@given(text=texts)
@settings(max_examples=60, deadline=None)
def test_no_text_makes_it_fail(builder: Builder, text: str) -> None:
    build = on(builder, text)
    Cache().build(build)
    for instruction in build.tree.instructions:
        if instruction.stage is not None:
            assert causes(build, instruction).words


@pytest.mark.parametrize("builder", BUILDERS)
@given(text=dockerfiles())
@settings(max_examples=60, deadline=None)
def test_nothing_runs_twice(builder: Builder, text: str) -> None:
    text = f"FROM a AS x\n{text}"
    cache = Cache()
    cache.build(on(builder, text))
    again = cache.build(on(builder, text))
    # Kaniko copies anew; what a server is asked for may have changed.
    allowed = {Outcome.HIT, Outcome.DEPENDS, *([Outcome.RUNS] if builder == "kaniko" else [])}
    assert {result.outcome for result in again} <= allowed
    assert all(result.reasons for result in again if result.outcome is not Outcome.HIT)


@pytest.mark.parametrize("builder", BUILDERS)
@given(text=dockerfiles())
@settings(max_examples=40, deadline=None)
def test_an_edit_of_a_file_undone_costs_nothing(builder: Builder, text: str) -> None:
    text = f"FROM a AS x\n{text}"
    cache = Cache()
    first = cache.build(on(builder, text))
    cache.build(on(builder, text, {**FILES, "app.py": "changed\n"}))
    again = cache.build(on(builder, text))
    assert len(again) == len(first)
    if builder != "kaniko":
        assert Outcome.RUNS not in {result.outcome for result in again}
