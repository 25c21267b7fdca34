"""Telling new findings from known ones."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from prebake.cli.known import separate
from prebake.cli.results import Result
from prebake.findings import Location
from prebake.text import Position, Span
from tests.cli.test_json_format import finding

KEYS = st.sampled_from(["a", "b", "c"])


def at(line: int, key: str) -> Result:
    place = Span(Position(line, 0), Position(line, 1))
    return Result(finding(key=key, location=Location("/p/Dockerfile", place)), "/p")


def names(keys: list[str]) -> Counter[str]:
    return Counter(at(0, key).fingerprint for key in keys)


@given(st.lists(st.tuples(st.integers(0, 50), KEYS)), st.lists(KEYS))
def test_each_is_new_or_known_and_no_more_are_known_than_were(found: list[tuple[int, str]], known: list[str]) -> None:
    results = [at(line, key) for line, key in found]
    before = names(known)
    new, old = separate(results, before)
    assert Counter(map(id, new)) + Counter(map(id, old)) == Counter(map(id, results))
    assert Counter(result.fingerprint for result in old) == Counter(r.fingerprint for r in results) & before
    assert before == names(known)  # what is given is not used up
    assert [results.index(result) for result in new] == sorted(results.index(result) for result in new)


def test_of_equal_ones_the_last_is_new_however_they_are_ranked() -> None:
    ranked = [at(7, "a"), at(3, "a"), at(5, "b")]
    new, _ = separate(ranked, names(["a"]))
    assert [result.finding.location.span.start.line for result in new] == [7, 5]
