"""The engine that the tests here share."""

from collections.abc import Iterator

import pytest

from tests.builder.engine import Engine, EngineError
from tests.tools import unavailable


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A private Docker engine. Without one the tests are skipped, and fail where CI is set."""
    try:
        started = Engine()
    except EngineError as error:
        unavailable(f"no Docker engine: {error}")
    try:
        yield started
    finally:
        started.close()
