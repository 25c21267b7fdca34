"""``--baseline``: the findings that a repository had when it began to use prebake.

The file has a line for itself and one for each finding, sorted, so that two branches that change it can be merged. A
finding is known by its fingerprint; code, path and message are there for people, and without numbers, so that sizes
that change do not change the file.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from prebake.cli.known import CannotCompareError
from prebake.cli.results import Result
from prebake.files import relative
from prebake.records import NamedTuple
from prebake.regex import regex

_HEADER = {"prebake": "baseline", "version": 1}
_MOST_BYTES = 64 * 1024 * 1024
_LONGEST = 120
_NUMBER = regex(r"(?<![\w.:/@-])\d[\d.,]*(?![\w:/@-])|(?<=[\w.]:)\d+(?![\w.])")
"""A number by itself, or that of a line behind a path; names (`bert-base-v2`, `python3.11`) keep theirs."""
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


class Entry(NamedTuple):
    """A finding that was there when the baseline was written; ``path`` is seen from the project's top folder."""

    fingerprint: str
    code: str
    path: str
    message: str


class Baseline:
    """A baseline file, which need not be there yet. ``known`` says how often each fingerprint is in it."""

    def __init__(self, path: str) -> None:
        """Read the file.

        Raises:
            CannotCompareError: it is something else, or cannot be read.
        """
        self.path = path
        entries = _read(path)
        self.is_missing = entries is None
        self._take(entries or ())

    def _take(self, entries: tuple[Entry, ...]) -> None:
        self._entries = entries
        self.known = Counter(entry.fingerprint for entry in entries)

    def gone(self, found: Iterable[Result], was_looked_for: Callable[[Entry], bool]) -> Iterator[Entry]:
        """The entries that no longer occur, among those that a run has looked for."""
        left = Counter(result.fingerprint for result in found)
        for entry in self._entries:
            if left[entry.fingerprint] > 0:
                left[entry.fingerprint] -= 1
            elif was_looked_for(entry):
                yield entry

    def write(self, found: Sequence[Result]) -> None:
        """Write the missing file with these findings; from now on they are known.

        Raises:
            CannotCompareError: it exists by now, or cannot be written.
        """
        entries = sorted(map(_entry, found), key=lambda entry: (entry.path, entry.code, entry.message, entry))
        lines = [_HEADER, *(entry._asdict() for entry in entries)]
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        try:
            with open(self.path, "xb") as file:
                try:
                    file.write(text.encode("utf-8", "replace"))
                    file.flush()
                except OSError:
                    os.unlink(self.path)  # half a baseline would be worse than none
                    raise
        except OSError as error:
            raise CannotCompareError(f"{self.path}: {error.strerror}") from error
        self._take(tuple(entries))


def _entry(result: Result) -> Entry:
    finding = result.finding
    message = _NUMBER.sub("N", finding.message.partition("\n")[0])
    if len(message) > _LONGEST:
        message = f"{message[:_LONGEST].rpartition(' ')[0] or message[:_LONGEST]} ..."
    return Entry(result.fingerprint, finding.code, relative(finding.location.path, result.root), message)


def _read(path: str) -> tuple[Entry, ...] | None:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotCompareError(f"{path}: {error.strerror}") from error
    first, *rest = data[:_MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    header = _decoded(first)
    if len(data) > _MOST_BYTES or header is None or header.get("prebake") != "baseline":
        raise CannotCompareError(f"{path} is no baseline; name a file that is not there: it will be written")
    if header != _HEADER:
        raise CannotCompareError(
            f"{path} was written by another version of prebake, for which a baseline looks different; delete it and "
            "run the command again"
        )
    return tuple(_parsed(path, number, line) for number, line in enumerate(rest, 2) if line.strip())


def _parsed(path: str, number: int, line: str) -> Entry:
    value = _decoded(line) or {}
    fields = [value.get(name) for name in Entry._fields]
    texts = [field for field in fields if isinstance(field, str)]
    if len(texts) == len(fields):
        return Entry(*texts)
    what = "this is an unresolved merge" if line.startswith(_CONFLICT) else "this is no finding"
    raise CannotCompareError(f"{path}:{number}: {what}; mend the line, or delete the file and run the command again")


def _decoded(line: str) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
