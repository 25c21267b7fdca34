"""File names as URIs: what clients really send."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.lsp.uris import from_path, ignore_file, to_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/me/Dockerfile", "/home/me/Dockerfile"),
        ("FILE:///a", "/a"),
        ("file:/a/b", "/a/b"),
        ("file://localhost/a", "/a"),
        ("file:///with%20space/and%23hash/Dockerfile", "/with space/and#hash/Dockerfile"),
        ("file:///with space/and#hash/what?", "/with space/and#hash/what?"),
        ("file:///%C3%A9t%C3%A9/%F0%9F%90%B3", "/été/🐳"),
        ("file:///latin/%E9", "/latin/\udce9"),
        ("file:///a/./b/../c//d", "/a/c/d"),
        ("file:///c%3A/project/Dockerfile", "/c:/project/Dockerfile"),
        ("file:////double", "/double"),
        ("file://", "/"),
    ],
)
def test_path_of_a_uri(uri: str, path: str) -> None:
    assert to_path(uri, windows=False) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A/project/Dockerfile", "C:/project/Dockerfile"),
        ("file:///C:/project/Dockerfile", "C:/project/Dockerfile"),
        ("file:///c:/with%20space/%23", "C:/with space/#"),
        ("file:///c%3A", "C:/"),
        ("file://server/share/project/Dockerfile", "//server/share/project/Dockerfile"),
        ("file://wsl%24/Debian/home", "//wsl$/Debian/home"),
    ],
)
def test_path_of_a_uri_on_windows(uri: str, path: str) -> None:
    assert to_path(uri, windows=True) == path


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "git:/a/Dockerfile?ref=HEAD", "vscode-remote://host/a", "", "Dockerfile", "file"]
)
def test_what_is_no_file_has_no_path(uri: str) -> None:
    assert to_path(uri) is None


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/home/me/Dockerfile", "file:///home/me/Dockerfile"),
        ("/with space/#/é", "file:///with%20space/%23/%C3%A9"),
        ("C:/project/a b", "file:///C:/project/a%20b"),
        ("//server/share/a", "file://server/share/a"),
    ],
)
def test_uri_of_a_path(path: str, uri: str) -> None:
    assert from_path(path) == uri


@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), max_size=4))
def test_there_and_back(names: list[str]) -> None:
    path = str(PurePosixPath("/", *[name for name in names if name not in (".", "..")]))
    assert to_path(from_path(path), windows=False) == path
    assert from_path(path) == PurePosixPath(path).as_uri()


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///p/.dockerignore", "/p/.dockerignore"),
        ("file:///p/.containerignore", "/p/.containerignore"),
        ("file:///p/gpu%20x.Dockerfile.dockerignore", "/p/gpu x.Dockerfile.dockerignore"),
        ("file:///p/Dockerfile", None),
        ("file:///p/.gitignore", None),
        ("file:///p/dockerignore", None),
        ("file:///p/.dockerignore/x", None),
        ("untitled:.dockerignore", None),
    ],
)
def test_ignore_files_go_by_name(uri: str, path: str | None) -> None:
    assert ignore_file(uri) == path
