"""The builders whose keys hold every instruction above: the legacy builder, kaniko and Buildah."""

import pytest

from prebake.build.build import Build
from prebake.build.cache.store import Cache
from prebake.config import Builder
from tests.build.cache.test_buildkit import FILES, letters, with_args
from tests.build.projects import build_of


def on(builder: Builder, dockerfile: str, files: dict[str, str] | None = None) -> Build:
    build = build_of(dockerfile, files if files is not None else FILES)
    settings = build.settings._replace(builder=builder)
    return Build(
        build.snapshot,
        build.path,
        settings,
        root=build.root,
        contexts=build.contexts,
        context=build.context,
        scanner=build._scanner,
    )


def after(builder: Builder, dockerfile: str, old: str, new: str) -> str:
    assert old in dockerfile
    cache = Cache()
    cache.build(on(builder, dockerfile))
    return letters(cache, on(builder, dockerfile.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("dockerfile", "old", "new", "expected"),
    [
        pytest.param("FROM a\nLABEL a=1\nRUN x\n", "a=1", "a=2", "rr", id="metadata is a step"),
        pytest.param("FROM a\nENV A=1\nCOPY app.py /\n", "A=1", "A=2", "rr", id="ENV above a COPY"),
        pytest.param("FROM a\nARG G\nRUN x\n", "ARG G", "ARG G=1", "rr", id="default of an argument"),
        pytest.param("FROM a\nARG G=1\nENV G=c\nRUN x\n", "ENV G=c\n", "", "hr", id="argument under ENV"),
        pytest.param("FROM a\nENV A=1 B=2\nRUN x\n", "A=1 B=2", "A=1\nENV B=2", "rrr", id="ENV in two lines"),
        pytest.param('FROM a\nSHELL ["s"]\nCOPY app.py /\n', '"s"', '"t"', "rr", id="SHELL above a COPY"),
        pytest.param("FROM a\nWORKDIR /w\nWORKDIR v\n", "WORKDIR v", "WORKDIR /w/v", "hh", id="relative WORKDIR"),
        pytest.param("FROM a\nWORKDIR /w\nCOPY app.py ./\n", "./", "/w/", "hr", id="spelling of a destination"),
        pytest.param("FROM a\nRUN x \\\n && y\n", "x \\\n", "x \\\n# why\n", "h", id="comment in a continuation"),
        pytest.param("FROM a\nCMD x\nRUN y\n", "CMD x", "cmd x", "hh", id="case of a keyword"),
    ],
)
def test_the_classic_builder(dockerfile: str, old: str, new: str, expected: str) -> None:
    assert after("legacy", dockerfile, old, new) == expected


def test_the_classic_builder_forgets_arguments_at_each_from() -> None:
    dockerfile = "FROM a AS b\nARG G\nRUN x\nFROM b\nRUN y\n"
    for builder, expected in (("legacy", "hrr"), ("buildkit", "rr")):
        cache = Cache()
        cache.build(with_args(on(builder, dockerfile), {"G": "1"}))
        assert letters(cache, with_args(on(builder, dockerfile), {"G": "2"})) == expected
    cache = Cache()
    dockerfile = dockerfile.replace("RUN x\n", "")
    cache.build(with_args(on("legacy", dockerfile), {"G": "1"}))
    assert letters(cache, with_args(on("legacy", dockerfile), {"G": "2"})) == "hh"


def test_the_classic_builder_minds_where_a_file_comes_from() -> None:
    cache = Cache()
    files = {"d1/r.txt": "same\n", "d2/r.txt": "same\n"}
    cache.build(on("legacy", "FROM a\nCOPY d1/r.txt /x/\n", files))
    assert letters(cache, on("legacy", "FROM a\nCOPY d2/r.txt /x/\n", files)) == "r"


@pytest.mark.parametrize(("builder", "expected"), [("legacy", "rr"), ("kaniko", "rr"), ("buildah", "r")])
def test_stages_that_are_not_needed(builder: Builder, expected: str) -> None:
    assert letters(Cache(), on(builder, "FROM a AS dead\nRUN x\nFROM a\nRUN y\n")) == expected


@pytest.mark.parametrize("builder", ["legacy", "kaniko", "buildah"])
def test_the_cache_is_a_set_for_all_of_them(builder: Builder) -> None:
    cache = Cache()
    one, two = (on(builder, "FROM a\nLABEL a=1\nRUN x\n".replace("1", number)) for number in "12")
    steps = len(cache.build(one))
    assert [letters(cache, build) for build in (two, one, two)] == ["r" * steps, "h" * steps, "h" * steps]


@pytest.mark.parametrize(
    ("dockerfile", "old", "new", "expected"),
    [
        pytest.param("FROM a\nLABEL a=1\nRUN x\n", "a=1", "a=2", "r", id="a label counts, and is no work"),
        pytest.param("FROM a\nENV A=1 B=2\nRUN x\n", "A=1 B=2", "B=2 A=1", "r", id="text of ENV"),
        pytest.param("FROM a\nCOPY app.py /\nRUN x\n", "RUN x", "RUN y", "rr", id="copies are made anew"),
        pytest.param(
            "FROM a\nCOPY app.py /\nRUN x\nRUN y\n", "RUN y", "RUN z", "rhr", id="and cost what is below nothing"
        ),
    ],
)
def test_kaniko(dockerfile: str, old: str, new: str, expected: str) -> None:
    assert after("kaniko", dockerfile, old, new) == expected


@pytest.mark.parametrize(
    ("dockerfile", "old", "new", "expected"),
    [
        pytest.param("FROM a\nLABEL a=1\nRUN x\n", "a=1", "a=2", "rr", id="metadata is a step"),
        pytest.param("FROM a\nARG G=1\nCOPY app.py /\nRUN x\n", "G=1", "G=2", "hhr", id="value of an argument"),
        pytest.param("FROM a\nARG G=1\nRUN x\n", "ARG G", "ARG H", "rr", id="name of an argument"),
        pytest.param("FROM a\nRUN <<E\nx\nE\n", "\nx\n", "\ny\n", "r", id="here-document"),
        pytest.param("FROM a\nRUN --mount=source=app.py,target=/m x\n", "app", "lib", "r", id="bind mount"),
    ],
)
def test_buildah(dockerfile: str, old: str, new: str, expected: str) -> None:
    assert after("buildah", dockerfile, old, new) == expected


def test_a_mount_without_source_shows_buildah_the_whole_context() -> None:
    cache = Cache()
    cache.build(on("buildah", "FROM a\nRUN --mount=target=/m x\n"))
    assert letters(cache, on("buildah", "FROM a\nRUN --mount=target=/m x\n", {**FILES, "app.py": "b\n"})) == "r"


def test_a_stage_that_buildah_mounts_counts_by_its_image() -> None:
    dockerfile = "FROM scratch AS f\nCOPY . /all\nFROM a\nRUN --mount=from=f,source=/all/src,target=/m x\n"
    for builder, expected in (("buildkit", "rh"), ("buildah", "rr")):
        cache = Cache()
        cache.build(on(builder, dockerfile))
        assert letters(cache, on(builder, dockerfile, {**FILES, "app.py": "b\n"})) == expected
