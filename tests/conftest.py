"""What all tests share."""

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_the_machine() -> None:
    """Neither colour settings nor a Git configuration of the machine may change an outcome."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        os.environ.pop(name, None)
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
