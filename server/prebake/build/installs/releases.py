"""Releases of packages, and which of them requirements allow.

Nearly all requirements are a name with at most one plain bound (``numpy==2.4.6``, ``httpx[http2]>=0.27``). These are
understood here; only about the rest is ``packaging`` asked, which takes longer to import than most projects to check.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from prebake.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})*"
_BOUND = regex(rf"(==|>=)({_NUMBER})")
_PLAIN = regex(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"(?:\[[A-Za-z0-9]+(?:[-_.,][A-Za-z0-9]+)*\])?"
    rf"((?:==|>=){_NUMBER})?"
)


def normalised(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache(maxsize=4096)
def requirement(text: str) -> tuple[str, str] | None:
    """The normalised name and the version specifiers of a requirement; ``None`` for what is none, or none on Linux."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return normalised(plain[1]), plain[2] or ""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    return (normalised(found.name), str(found.specifier)) if _may_apply(found) else None


def _may_apply(found: Requirement) -> bool:
    """Whether a marker allows Linux, which is what images are."""
    marker = str(found.marker) if found.marker is not None else ""
    return not re.search(r'(sys_platform|platform_system) == "(win32|darwin|Windows|Darwin)"', marker)


def is_older(version: str, other: str) -> bool:
    """Whether a release comes before another one; both are valid versions."""
    if re.fullmatch(_NUMBER, version) and re.fullmatch(_NUMBER, other):
        return _numbers(version) < _numbers(other)
    from packaging.version import Version

    return Version(version) < Version(other)


def _numbers(version: str) -> list[int]:
    numbers = [int(part) for part in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def allows_only_older(specifier: str, below: str) -> bool:
    """Whether version specifiers keep a package in releases before ``below``."""
    if not specifier:
        return False
    bound = _BOUND.fullmatch(specifier)
    if bound is not None:
        return bound[1] == "==" and is_older(bound[2], below)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        specifiers, least = SpecifierSet(specifier), Version(below)
    except InvalidSpecifier:
        return False
    named = (version for version in _named(specifiers) if version >= least)
    newer = (least, Version(f"{below}.1"), Version("1000"), *_with_next(named))
    return bool(specifiers) and not any(specifiers.contains(version, True) for version in newer)


def _with_next(versions: Iterable[Version]) -> Iterable[Version]:
    from packaging.version import Version

    for version in versions:
        yield from (version, Version(f"{version}.1"))


def _named(specifiers: SpecifierSet) -> Iterable[Version]:
    """The versions that specifiers name."""
    from packaging.version import InvalidVersion, Version

    for specifier in specifiers:
        try:
            yield Version(specifier.version.removesuffix(".*"))
        except InvalidVersion:
            continue


def newest(known: Iterable[str], bounds: Iterable[str]) -> tuple[str | None, str | None]:
    """The newest release that version specifiers allow, and the first of the specifiers that rules out a newer one.

    ``known`` are releases that stand for all in between; those that the specifiers name are added. ``None`` for the
    release when the specifiers contradict each other.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    releases = {Version(version) for version in known}
    try:
        sets = {bound: SpecifierSet(bound) for bound in bounds}
        releases.update(version for specifiers in sets.values() for version in _named(specifiers))
        allowed = [item for item in releases if all(specifiers.contains(item, True) for specifiers in sets.values())]
    except InvalidSpecifier:
        return None, None
    if not allowed:
        return None, None
    deciding = next((bound for bound, specifiers in sets.items() if not specifiers.contains(max(releases), True)), None)
    return str(max(allowed)), deciding
