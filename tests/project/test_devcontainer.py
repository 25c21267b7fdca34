"""Development containers, and the JSON with comments that describes them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.files import disk
from prebake.project.contexts.devcontainer import DevContainer, compose_files_of, dev_container
from prebake.project.jsontree import load_json
from prebake.project.yamltree import Node
from prebake.text import MAX_BY_HAND, Text

PATH = "/project/.devcontainer/devcontainer.json"


def read(content: str) -> DevContainer | None:
    return dev_container(disk().overlay({PATH: Text(content)}), PATH)


def test_paths_are_those_of_the_files_folder() -> None:
    found = read(
        "// For format details\n{\n"
        '  "name": "x", /* a comment */\n'
        '  "build": {\n'
        '    "dockerfile": "../docker/Dockerfile", // here\n'
        '    "context": "..",\n'
        '    "target": "dev",\n'
        '    "args": { "VARIANT": "3.12", "MINE": "${localEnv:USER}", },\n'
        "  },\n"
        "}\n"
    )
    assert found == DevContainer("/project", "/project/docker/Dockerfile", "dev", {"VARIANT": "3.12"}, 5)


def test_the_context_is_the_files_folder_by_default() -> None:
    found = read('{"build": {"dockerfile": "Dockerfile"}}')
    assert found is not None
    assert (found.context, found.dockerfile) == ("/project/.devcontainer", "/project/.devcontainer/Dockerfile")


def test_the_old_form() -> None:
    found = read('{\n"dockerFile": "Dockerfile",\n"context": ".."\n}')
    assert found is not None
    assert (found.context, found.dockerfile, found.line) == ("/project", "/project/.devcontainer/Dockerfile", 2)


@pytest.mark.parametrize(
    "content",
    [
        '{"image": "python:3.12"}',
        '{"build": {"dockerfile": "${localWorkspaceFolder}/Dockerfile"}}',
        '{"build": {"dockerfile": "Dockerfile", "context": "${localWorkspaceFolder}"}}',
        '{"build": {"dockerfile": "Dockerfile", "target": "${localEnv:STAGE}"}}',
        '{"build": {"dockerfile": }}',
        '{"build": ["dockerfile"], "dockerFile": null}',
        '["dockerfile"]',
        '"dockerFile"',
        "",
    ],
)
def test_what_builds_nothing_or_is_not_known(content: str) -> None:
    assert read(content) is None


def test_compose_files() -> None:
    snapshot = disk().overlay({PATH: Text('{"dockerComposeFile": ["../compose.yaml", "dev.yml", "${x}.yml"]}')})
    assert compose_files_of(snapshot, PATH) == ("/project/compose.yaml", "/project/.devcontainer/dev.yml")


def plain(node: Node) -> object:
    if node.kind == "mapping":
        return {key.text: plain(value) for key, value in node.pairs()}
    if node.kind == "sequence":
        return [plain(item) for item in node.items]
    return None if node.is_null else node.text


_VALUES = st.recursive(
    st.none() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(_VALUES, st.sampled_from([None, 1]))
def test_what_json_writes_is_read(value: object, indent: int | None) -> None:
    root = load_json(Text(json.dumps(value, indent=indent, ensure_ascii=False)))
    assert root is not None
    assert plain(root) == value


def test_places() -> None:
    text = Text('{\n  "a": ["b"]\n}\n')
    root = load_json(text)
    assert root is not None
    value = root.get("a")
    assert value is not None
    assert text.slice(value.span) == '["b"]'
    assert text.slice(value.items[0].span) == '"b"'


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        "/*" * 100_000,
        '"' + "\\" * 100_001,
        "[1 2]",
        "{,}",
        "[,]",
        '{"a" 1}',
        "1 2",
        "//",
    ],
    ids=lambda content: content[:6],
)
def test_broken_and_hostile_texts_give_nothing(content: str) -> None:
    assert load_json(Text(content)) is None


def test_a_text_that_is_too_long_is_not_read() -> None:
    assert load_json(Text("1" + " " * MAX_BY_HAND)) is None


@given(st.text(alphabet=st.sampled_from(list('{}[]",:/*\\ \na1-')), max_size=60))
def test_no_text_raises(content: str) -> None:
    load_json(Text(content))
    read(f"// docker\n{content}")
