import pytest

from prebake.build.cache.causes import Causes, causes
from tests.build.projects import build_of, nth

FILES = {"requirements.txt": "a\n", "app.py": "", "src/main.py": "", "notes.md": "", ".dockerignore": "*.md\n"}


def of(dockerfile: str, keyword: str = "RUN", number: int = -1) -> Causes:
    build = build_of(dockerfile, FILES)
    return causes(build, nth(build, keyword, number))


def test_an_install_below_the_whole_context_runs_again_with_every_edit() -> None:
    found = of("FROM a\nCOPY . .\nRUN pip install -r requirements.txt\n")
    source = found.of_edit("app.py")
    assert source is not None
    assert source.instruction.keyword == "COPY"
    assert source.certain
    assert found.whole_context is source.instruction
    assert found.words == "runs again with every edit (COPY of the whole context at line 2)"


def test_an_install_below_its_manifest_alone_is_cached_until_that_changes() -> None:
    found = of("FROM a\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n")
    assert found.of_edit("app.py") is None
    assert found.of_edit("requirements.txt") is not None
    assert found.words == "cached until requirements.txt changes"


def test_an_ignored_file_is_no_cause() -> None:
    assert of("FROM a\nCOPY . .\nRUN x\n").of_edit("notes.md") is None


def test_a_mount_and_a_pattern_are_causes() -> None:
    found = of("FROM a\nCOPY *.txt /x/\nRUN --mount=type=bind,source=src,target=/s make\n")
    assert found.files == ("*.txt", "src")
    assert found.of_edit("src/main.py") is not None
    assert found.of_edit("requirements.txt") is not None
    assert found.of_edit("app.py") is None


def test_arguments_count_as_soon_as_they_are_declared() -> None:
    assert of("FROM a\nARG GIT_SHA=1\nRUN x\n").args == {"GIT_SHA"}
    assert of("FROM a\nRUN x\nARG GIT_SHA=1\n").args == set()
    assert of("FROM a\nARG GIT_SHA=1\nENV GIT_SHA=fixed\nRUN x\n").args == set()
    assert of("FROM a\nARG GIT_SHA=1\nENV V=$GIT_SHA GIT_SHA=\nRUN x\n").args == {"GIT_SHA"}
    assert of("ARG TAG=1\nFROM a:$TAG\nRUN x\n").args == {"TAG"}


def test_another_stage_counts_only_if_it_comes_out_otherwise() -> None:
    found = of("FROM a AS b\nCOPY . .\nRUN make\nFROM c\nCOPY --from=b /out /out\nRUN x\n")
    source = found.of_edit("app.py")
    assert source is not None
    assert not source.certain
    assert found.whole_context is None
    assert found.words == (
        "no file of the build context makes it run again; "
        "reused when what it takes from other stages comes out the same"
    )


def test_a_stage_that_is_built_on_counts_wholly() -> None:
    found = of("FROM a AS b\nCOPY . .\nFROM b\nRUN x\n")
    source = found.of_edit("app.py")
    assert source is not None
    assert source.certain


def test_a_linked_copy_depends_on_its_files_alone() -> None:
    found = of("FROM a\nCOPY src /s\nCOPY --link app.py /x/\n", "COPY")
    assert found.of_edit("src/main.py") is None
    assert found.of_edit("app.py") is not None


@pytest.mark.parametrize("text", ["", "RUN x\n", "FROM\nRUN\n", "COPY . .\n", "FROM a\nCOPY --from=x\nRUN --mount\n"])
def test_half_typed_text(text: str) -> None:
    build = build_of(text, FILES)
    for instruction in build.tree.instructions:
        if instruction.stage is not None:
            assert causes(build, instruction).words
