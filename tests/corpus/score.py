"""Compares what `prebake check --format json` reported on one Dockerfile with its labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.labels import FAMILIES, Entry, Label, Place

_LOUD = ("warning", "error")
_HEARD = (*_LOUD, "information")


@dataclass
class Score:
    """What one family, or several added up, came to."""

    right: int = 0
    wrong: int = 0
    flags: int = 0
    found: int = 0
    reachable: int = 0
    reachable_found: int = 0
    no_flags: int = 0
    violations: list[str] = field(default_factory=list)
    too_loud: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    missed: list[tuple[str, str]] = field(default_factory=list)

    def __iadd__(self, other: "Score") -> "Score":
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self


def score(entry: Entry, findings: Sequence[dict[str, Any]]) -> dict[str, Score]:
    """One score per family for the findings (of the JSON contract) of one Dockerfile.

    A finding is *right* when it answers a `flag` label at any severity from information up, and *wrong* when it is a
    warning or an error and answers neither a `flag` nor a `maybe`. A `no_flag` that is answered by a warning or an
    error is a violation; a `maybe` answered so is too loud.
    """
    return {family: _score_family(entry, family, findings) for family in FAMILIES}


def _score_family(entry: Entry, family: str, findings: Sequence[dict[str, Any]]) -> Score:
    result = Score()
    labels = [label for label in entry.labels if label.family == family]
    heard: set[int] = set()
    for finding in findings:
        if finding["code"] not in FAMILIES[family] or finding["severity"] not in _HEARD:
            continue
        answered = answers(finding, labels)
        heard |= {id(label) for label in answered}
        _count_finding(result, entry, finding, answered)
    for label in labels:
        _count_label(result, entry, label, id(label) in heard)
    return result


def _count_finding(result: Score, entry: Entry, finding: dict[str, Any], answered: Sequence[Label]) -> None:
    expected = {label.expect for label in answered}
    loud = finding["severity"] in _LOUD
    result.right += "flag" in expected
    result.wrong += loud and not expected & {"flag", "maybe"}
    where = f"{entry.repo} {finding['path']}:{finding['start']['line']} {finding['code']} ({finding['severity']})"
    if loud:
        result.violations += [f"{where}: {each.describe()}" for each in answered if each.expect == "no_flag"]
        result.too_loud += [f"{where}: {each.describe()}" for each in answered if each.expect == "maybe"]
        if not answered:
            result.unlabelled.append(f"{where}: {finding['message']}")


def _count_label(result: Score, entry: Entry, label: Label, heard: bool) -> None:
    result.no_flags += label.expect == "no_flag"
    if label.expect != "flag":
        return
    within = not label.hard
    result.flags += 1
    result.found += heard
    result.reachable += within
    result.reachable_found += within and heard
    if not heard:
        why = "hard" if label.hard else label.rule
        result.missed.append((f"{entry.repo} {entry.dockerfile}: {label.describe()}", why))


def answers(finding: dict[str, Any], labels: Sequence[Label]) -> list[Label]:
    """The labels that a finding of their family is about.

    Order of layers: by the line of the COPY and, where it names them, the lines of the installs. Models: by the call
    sites.
    """
    if not labels or labels[0].family == "A":
        return list(labels)
    places = list(_places(finding))
    if labels[0].family == "C":
        return [label for label in labels if _stands_at(label.places[0], places)]
    copies = [label for label in labels if _stands_at(label.places[0], places[:1])]
    installs = [label for label in copies or labels if _stands_at(label.places[1], places)]
    return installs or copies


def _places(finding: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    for span in (finding, *finding["related"]):
        yield span["path"], span["start"]["line"], span["end"]["line"]


def _stands_at(place: Place, spans: Sequence[tuple[str, int, int]]) -> bool:
    return any(
        path == place.path and (place.line is None or first <= place.line <= last) for path, first, last in spans
    )
