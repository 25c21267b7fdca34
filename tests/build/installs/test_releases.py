"""What requirements say of releases: the short way gives what packaging gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from prebake.build.installs.releases import allows_only_older, is_older, newest, requirement

NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("numpy", ("numpy", "")),
        ("Flask_SQLAlchemy==3.1.0", ("flask-sqlalchemy", "==3.1.0")),
        ("uvicorn[standard]>=0.54", ("uvicorn", ">=0.54")),
        ("a [b, c] == 1.*", ("a", "==1.*")),
        ("torch<3,>=2", ("torch", "<3,>=2")),
        ("httpx~=0.27; python_version < '3.13'", ("httpx", "~=0.27")),
        ("pywin32; sys_platform == 'win32'", None),
        ("a @ https://example.com/a.whl", ("a", "")),
        ("./local", None),
        ("-e .", None),
        ("a==", None),
        ("", None),
    ],
)
def test_requirements(text: str, expected: tuple[str, str] | None) -> None:
    assert requirement(text) == expected


@given(st.from_regex(r"[a-z][a-z.-]{0,3}(\[[a-z,-]{0,3}\])?((==|>=|<)[0-9.]{0,4})?", fullmatch=True))
def test_what_is_short_for_packaging_means_the_same(text: str) -> None:
    try:
        expected = str(Requirement(text).specifier)
    except ValueError:
        assert requirement(text) is None
    else:
        found = requirement(text)
        assert found is not None and found[1] == expected


@given(NUMBERS, NUMBERS)
def test_releases_are_in_the_order_of_packaging(one: str, other: str) -> None:
    assert is_older(one, other) == (Version(one) < Version(other))


def test_prereleases_come_before_the_release() -> None:
    assert is_older("1.0rc1", "1.0")
    assert not is_older("1.0.post1", "1.0")


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("", False),
        ("==4.57.6", True),
        ("==5", False),
        ("==5.0.0", False),
        (">=4", False),
        (">=6", False),
        ("<5", True),
        ("<=5", False),
        ("~=4.1", True),
        ("==4.*", True),
        (">4,!=4.5", False),
        ("==nonsense", False),
    ],
)
def test_whether_only_older_releases_are_allowed(specifier: str, expected: bool) -> None:
    assert allows_only_older(specifier, "5") is expected


def test_the_newest_release_that_is_allowed_and_what_holds_it_back() -> None:
    known = ["0.20.3", "0.36.2", "1.31.0"]
    assert newest(known, [">=0.1"]) == ("1.31.0", None)
    assert newest(known, [">=0.1", "<1.0"]) == ("0.36.2", "<1.0")
    assert newest(known, ["==0.30.1"]) == ("0.30.1", "==0.30.1")
    assert newest(known, ["<0.2", ">1"]) == (None, None)
    assert newest(known, ["==nonsense"]) == (None, None)
