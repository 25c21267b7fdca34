"""Reads a labels file: which findings are right on which public repository.

The file is a list of entries, one per Dockerfile: `repo` (owner/name), `dockerfile`, `context`, and three families of
labels, `A` (ignore file), `B` (order of layers) and `C` (model downloads). `flag` must be reported, `no_flag` must stay
quiet, `maybe` may be reported as information.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FAMILIES = {
    "A": ("PB101", "PB102", "PB108"),
    "B": ("PB201", "PB202", "PB209"),
    "C": ("PB301",),
}

_PROJECT_INSTALL = re.compile(r"install (-e )?['\"]?\.|setup\.py|make install")


@dataclass(frozen=True)
class Place:
    """A file and a 1-based line, or the whole file when `line` is None."""

    path: str
    line: int | None


@dataclass(frozen=True)
class Label:
    """One hand-made judgement: at `places` (the first is the primary one) `rule` should, may or must not report."""

    family: str
    expect: str
    rule: str
    places: tuple[Place, ...]
    hard: bool
    what: str

    def describe(self) -> str:
        """Where it is and what it is about, for a list of misses."""
        place = self.places[0]
        line = "" if place.line is None else f":{place.line}"
        return f"{place.path}{line} {self.what}".strip()


@dataclass(frozen=True)
class Entry:
    """One labelled Dockerfile of a checkout."""

    repo: str
    dockerfile: str
    context: str
    labels: tuple[Label, ...]


def load(path: Path) -> list[Entry]:
    """The entries of a labels file.

    Raises `ValueError` where the file does not have the form that the module's description names.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(data, list):
        raise ValueError(f"{path}: a list of entries is expected")
    return [_entry(item) for item in data]


def _entry(item: dict[str, Any]) -> Entry:
    try:
        dockerfile = item["dockerfile"]
        labels = [_ignore_file_label(item["A"], dockerfile)]
        labels += [_order_label(each, dockerfile) for each in item.get("B") or []]
        labels += [_model_label(each) for each in item.get("C") or []]
        return Entry(item["repo"], dockerfile, item.get("context", "."), tuple(labels))
    except (KeyError, TypeError) as error:
        raise ValueError(f"entry {item!r:.80}: {error!r}") from error


def _ignore_file_label(item: dict[str, Any], dockerfile: str) -> Label:
    rule = "PB101" if item["missing_file"] else "PB102"
    expect = "flag" if item["flag"] else "no_flag"
    return Label("A", expect, rule, (Place(dockerfile, None),), False, item.get("why", "").strip())


def _order_label(item: dict[str, Any], dockerfile: str) -> Label:
    install = item["install"]
    project = _PROJECT_INSTALL.search(install) is not None
    rule = "PB209" if project else "PB201"
    places = (Place(dockerfile, item["copy_line"]), Place(dockerfile, item["install_line"]))
    return Label("B", item["expect"], rule, places, item.get("difficulty") == "hard", install)


def _model_label(item: dict[str, Any]) -> Label:
    path, _, line = item["at"].split(" ")[0].partition(":")
    place = Place(path, int(line) if line else None)
    return Label("C", item["expect"], "PB301", (place,), item.get("difficulty") == "hard", item["call"])
