"""Named build contexts: ``COPY --from=name`` of a folder is neither one of a stage nor one of an image."""

from __future__ import annotations

import pytest

from prebake.build.build import Build
from prebake.build.cache.inputs import inputs
from prebake.build.context.use import context_use, needed_stages
from prebake.build.contextfiles import named_files
from prebake.build.copies import SourceKind, copies
from prebake.build.state import base_stage, states
from prebake.project.contexts.namedcontexts import NamedContext, find_named, named_context
from tests.build.projects import ROOT, build_of, nth

BAKE = """
target "app" {
  contexts = {
    lib = "lib"
    tools = "docker-image://tools:1"
    other = "target:other"
    python = "docker-image://mirror/python:3.12"
  }
}
"""
FILES = {
    "docker-bake.hcl": BAKE,
    "lib/a.py": "",
    "lib/secret.txt": "",
    "lib/.dockerignore": "*.txt\n",
    "lib/Dockerfile.dockerignore": "*\n",
    "Dockerfile.dockerignore": "*.py\n",
}


def build(dockerfile: str) -> Build:
    return build_of(dockerfile, FILES)


def test_a_folder_takes_nothing_of_the_context() -> None:
    made = build("FROM x\nCOPY --from=lib . /lib\n")
    assert made.named_context("lib") == NamedContext("folder", f"{ROOT}/lib")
    copy = copies(made)[1]
    assert (copy.from_context, copy.broad, copy.sources[0].kind) == (False, False, SourceKind.OTHER)
    assert not context_use(made).is_any


def test_a_stage_of_the_same_name_is_replaced() -> None:
    made = build("FROM scratch AS lib\nCOPY . /\nFROM x AS mine\nFROM x\nCOPY --from=lib . /\nCOPY --from=mine . /\n")
    assert made.stage_named("lib", 2) is None
    assert made.stage_named("mine", 2) is made.tree.stages[1]
    assert [stage.index for stage in needed_stages(made)] == [1, 2]
    assert not context_use(made).is_broad


def test_without_named_contexts_it_is_a_stage() -> None:
    made = build_of("FROM scratch AS lib\nCOPY . /\nFROM x\nCOPY --from=lib . /\n", {})
    assert [stage.index for stage in needed_stages(made)] == [0, 1]
    assert context_use(made).is_broad


def test_its_own_ignore_file_is_in_force() -> None:
    files = named_files(build("FROM x\n"), "lib")
    assert files is not None
    assert (files.is_file("a.py"), files.is_file("secret.txt")) == (True, False)


@pytest.mark.parametrize("name", ["tools", "other", "x", "0"])
def test_what_is_no_folder_has_no_files(name: str) -> None:
    assert named_files(build("FROM x\n"), name) is None


def test_a_base_that_is_another_image() -> None:
    made = build("FROM python AS base\nENV A=1\nFROM base\nRUN x\n")
    assert states(made)[nth(made, "RUN").index].base == "mirror/python:3.12"


def test_a_base_that_is_a_target_of_the_bake_file() -> None:
    made = build("FROM other\nRUN x\n")
    assert states(made)[nth(made, "RUN").index].base is None
    assert base_stage(made, made.tree.stages[0]) is None


@pytest.mark.parametrize(
    ("line", "followed"),
    [
        ("COPY --from=lib . /lib", False),
        ("COPY --from=other /a /b", False),
        ("RUN --mount=type=bind,from=lib,target=/lib make", False),
        ("COPY --from=tools /a /b", True),
        ("RUN --mount=type=bind,from=tools,target=/lib make", True),
        ("COPY --from=alpine /a /b", True),
    ],
)
def test_files_that_may_change_unseen_make_the_cache_uncertain(line: str, followed: bool) -> None:
    assert (inputs(build(f"FROM x\n{line}\n"))[1].opaque is None) == followed


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ("alpine", "alpine", True),
        ("alpine", "alpine:latest", True),
        ("docker.io/library/alpine", "alpine", True),
        ("alpine", "alpine:3.20", False),
        ("Lib", "lib", True),
        ("scratch", "scratch", False),
        ("lib", "library", False),
    ],
)
def test_names(given: str, name: str, expected: bool) -> None:
    assert (find_named({given: NamedContext("folder", "/x")}, name) is not None) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("../x", NamedContext("folder", "/x")),
        (".", NamedContext("folder", "/p")),
        ("/abs", NamedContext("folder", "/abs")),
        ("docker-image://a:1", NamedContext("image", "a:1")),
        ("target:base", NamedContext("target", "base")),
        ("https://github.com/a/b.git", NamedContext("remote", "https://github.com/a/b.git")),
        ("oci-layout:///x:y", NamedContext("remote", "oci-layout:///x:y")),
        ("", NamedContext("unknown", "")),
        (None, NamedContext("unknown", "")),
    ],
)
def test_values(value: str | None, expected: NamedContext) -> None:
    assert named_context(value, "/p") == expected
