"""The engine that the tests here share."""

from collections.abc import Iterator

import pytest

from tests.builder.engine import Engine, EngineError
from tests.tools import unavailable


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A private Docker engine. Without one the tests are skipped, and fail where CI is set."""
    yield from _running(containerd=False)


@pytest.fixture(scope="module")
def linking_engine() -> Iterator[Engine]:
    """One that keeps its images in containerd's store, so that COPY --link has an effect."""
    yield from _running(containerd=True)


def _running(*, containerd: bool) -> Iterator[Engine]:
    try:
        started = Engine(containerd=containerd)
    except EngineError as error:
        unavailable(f"no Docker engine: {error}")
    try:
        yield started
    finally:
        started.close()
