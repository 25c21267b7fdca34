"""What instructions of every kind read and write."""

import pytest

from prebake.build.commands.effects import Effects
from prebake.build.order.instructions import effects_at
from tests.build.projects import build_of, nth

FILES = {"requirements.txt": "torch\n", "src/app.py": "", "run.sh": ""}


def effects(instruction: str, before: str = "FROM python:3.12\nWORKDIR /app\n") -> Effects:
    build = build_of(f"{before}{instruction}\n", FILES)
    return effects_at(build, build.tree.instructions[-1])


def test_copy_of_the_whole_context() -> None:
    found = effects("COPY . /app")
    assert found.context == ("",)
    assert found.roots == ("/app",)
    assert found.opaque is None


def test_copy_of_named_files() -> None:
    found = effects("COPY requirements.txt run.sh ./")
    assert found.context == ("requirements.txt", "run.sh")
    assert found.writes == ("/app/requirements.txt", "/app/run.sh")
    assert found.folders == ("/app",)


def test_copy_from_a_stage_reads_nothing_of_the_context() -> None:
    found = effects("COPY --from=other /opt/tool.sh /usr/local/bin/")
    assert found.context == ()
    assert found.writes == ("/usr/local/bin/tool.sh",)


def test_a_source_that_is_missing_is_not_known() -> None:
    assert effects("COPY missing ./").context is None


def test_workdir_makes_a_folder() -> None:
    assert effects("WORKDIR logs").folders == ("/app/logs",)


@pytest.mark.parametrize(
    "instruction", ["ENV A=1", "ARG A", "USER me", "LABEL a=b", "CMD x", "EXPOSE 80", 'SHELL ["/bin/sh", "-c"]']
)
def test_instructions_that_touch_no_files(instruction: str) -> None:
    assert effects(instruction) == Effects(environment=frozenset())


@pytest.mark.parametrize(
    "instruction", ["ONBUILD RUN true", "VOLUME /data", "NONSENSE x", "COPY a $UNKNOWN", "RUN make"]
)
def test_instructions_that_are_a_barrier(instruction: str) -> None:
    assert effects(instruction).opaque is not None


def test_run_is_the_sum_of_its_commands() -> None:
    found = effects("RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*")
    assert "/usr/bin" in found.roots
    assert found.deletes == ("/var/lib/apt/lists",)
    assert found.network
    assert found.accounts
    assert not found.cleanup
    assert not found.reads_variable("GIT_SHA")


def test_an_install_reads_its_manifests_and_the_program_that_is_started() -> None:
    build = build_of(
        "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n", FILES
    )
    found = effects_at(build, nth(build, "RUN"))
    assert "/app/requirements.txt" in found.reads
    assert "/usr/local/bin/pip" in found.reads
    assert found.reads_variable("PIP_INDEX_URL")
    assert found.reads_variable("VERSION")
    assert not found.reads_variable("GIT_SHA")


def test_a_cache_mount_is_no_part_of_the_image() -> None:
    found = effects("RUN --mount=type=cache,target=/srv/cache touch /srv/cache/x /srv/y")
    assert found.writes == ("/srv/y",)


def test_a_bind_mount_reads_the_context() -> None:
    assert effects("RUN --mount=type=bind,source=run.sh,target=/run.sh true").context == ("run.sh",)


def test_an_install_that_is_not_followed_is_a_barrier() -> None:
    assert effects("RUN pip install -e .").opaque is not None
