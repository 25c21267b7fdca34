"""The order of steps, apart from any Dockerfile."""

from hypothesis import given
from hypothesis import strategies as st

from prebake.build.order.schedule import schedule, staying

SYSTEM, DEPENDENCIES, WEIGHTS, CODE = 1, 2, 3, 4


def order(tiers: list[int], edges: set[tuple[int, int]] = frozenset(), cheap: set[int] = frozenset()) -> list[int]:  # type: ignore[assignment]
    dear = [number not in cheap for number in range(len(tiers))]
    return list(schedule(tiers, dear, lambda first, second: (first, second) in edges))


def test_lower_tiers_come_first() -> None:
    assert order([CODE, WEIGHTS, DEPENDENCIES, SYSTEM]) == [3, 2, 1, 0]


def test_what_depends_on_something_stays_below_it() -> None:
    assert order([CODE, DEPENDENCIES, SYSTEM], {(0, 1)}) == [2, 0, 1]
    assert order([CODE, SYSTEM, SYSTEM], {(0, 1), (1, 2)}) == [0, 1, 2]


def test_the_order_is_kept_where_nothing_is_gained() -> None:
    assert order([CODE, 0, CODE, 0]) == [0, 1, 2, 3]
    assert order([0, SYSTEM, 0, DEPENDENCIES, CODE]) == [0, 1, 2, 3, 4]


def test_cheap_steps_are_not_waited_for() -> None:
    assert order([CODE, DEPENDENCIES], cheap={1}) == [0, 1]
    assert order([CODE, DEPENDENCIES, DEPENDENCIES], {(1, 2)}, cheap={1}) == [1, 2, 0]


def test_only_what_has_to_move_is_moved() -> None:
    assert staying([1, 2, 0], [1, 5, 5]) == {1, 2}
    assert staying([2, 0, 1], [1, 1, 9]) == {2}
    assert staying([], []) == frozenset()


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], set[tuple[int, int]], set[int]]:
    tiers = draw(st.lists(st.integers(0, 4), max_size=9))
    numbers = range(len(tiers))
    pairs = [(first, second) for second in numbers for first in range(second)]
    edges = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    return tiers, edges, draw(st.sets(st.sampled_from(numbers))) if tiers else set()


@given(graphs())
def test_any_graph_is_respected(graph: tuple[list[int], set[tuple[int, int]], set[int]]) -> None:
    tiers, edges, cheap = graph
    found = order(tiers, edges, cheap)
    assert sorted(found) == list(range(len(tiers)))
    for first, second in edges:
        assert found.index(first) < found.index(second)


@given(graphs())
def test_what_stays_keeps_its_order(graph: tuple[list[int], set[tuple[int, int]], set[int]]) -> None:
    tiers, edges, cheap = graph
    found = order(tiers, edges, cheap)
    stays = [number for number in found if number in staying(found, [1] * len(tiers))]
    assert stays == sorted(stays)
