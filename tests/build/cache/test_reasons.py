"""Why a step runs, in words."""

import pytest

from prebake.build.cache.store import Cache
from tests.build.cache.test_buildkit import FILES, STAGES
from tests.build.projects import build_of

DOCKERFILE = """FROM a
ARG GIT_SHA=1
ENV MODE=fast
COPY . /app
RUN make
USER worker
RUN --mount=type=cache,target=/c build
"""


def why(dockerfile: str, old: str = "", new: str = "", changed: dict[str, str | None] | None = None) -> dict[str, str]:
    """Each step that does not hit, by its last word, with its reasons."""
    cache = Cache()
    cache.build(build_of(dockerfile, {**FILES, ".dockerignore": "Dockerfile\n"}))
    files = {**FILES, ".dockerignore": "Dockerfile\n", **(changed or {})}
    now = build_of(dockerfile.replace(old, new, 1), {name: text for name, text in files.items() if text is not None})
    return {
        result.instruction.raw.split()[-1]: "; ".join(result.reasons) for result in cache.build(now) if result.reasons
    }


def test_a_first_build() -> None:
    assert {reason for result in Cache().build(build_of(DOCKERFILE)) for reason in result.reasons} == {
        "nothing is in the cache yet"
    }


def test_nothing_changed() -> None:
    assert why(DOCKERFILE) == {}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"app.py": "b\n"}, "app.py changed"),
        ({"new.py": "b\n"}, "new.py is new"),
        ({"lib.py": None}, "lib.py is gone"),
        ({"app.py": "b\n", "lib.py": None}, "app.py changed; lib.py is gone"),
        ({f"n{number}": "" for number in range(5)}, "n0, n1, n2 and 2 more are new"),
    ],
)
def test_files(changed: dict[str, str | None], reason: str) -> None:
    found = why(DOCKERFILE, changed=changed)
    assert found["/app"] == reason
    assert found["make"] == "line 4 above it ran"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("GIT_SHA=1", "GIT_SHA=2", "ARG GIT_SHA has another value"),
        ("ARG GIT_SHA=1\n", "", "ARG GIT_SHA is gone"),
        ("ENV MODE=fast", "ENV MODE=fast MORE=1", "ENV MORE is new"),
        ("ARG GIT_SHA=1\nENV MODE=fast", "ENV MODE=fast\nARG GIT_SHA=1", "its variables are set in another order"),
        ("RUN make", "RUN make all", "the command changed"),
        ("RUN make", 'SHELL ["bash", "-c"]\nRUN make', "the command changed"),
        ("COPY . /app\n", "WORKDIR /w\nCOPY . /app\n", "the working directory changed; line 4 above it ran"),
    ],
)
def test_what_a_run_is_made_of(old: str, new: str, reason: str) -> None:
    found = why(DOCKERFILE, old, new)
    assert found.get("make", found.get("all")) == reason


def test_the_first_step_that_runs_is_named_below() -> None:
    found = why(DOCKERFILE, "COPY . /app", "COPY --chown=1 . /app")
    assert found == {"/app": "--chown changed", "make": "line 4 above it ran", "build": "line 4 above it ran"}


def test_a_step_that_was_not_there_before() -> None:
    assert why(DOCKERFILE, "RUN make", "RUN make\nRUN other")["other"] == "it is new"


def test_another_base() -> None:
    assert why("FROM a:1\nRUN x\n", "a:1", "a:2") == {"x": "what stands above it has changed"}


def test_other_stages() -> None:
    found = why(STAGES, changed={"src/main.py": "b\n"})
    assert found["/out"] == "stage make was built anew, and may hold something else"
    assert found["x"] == "line 8 above it may have run"
    assert why(STAGES, changed={"app.py": "b\n"})["/"] == "what it takes from stage files changed"
