"""Measures language servers side by side: start, edits, memory. Runs alternate: drift of the machine hits all."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.bench.client import Client, resident_memory

LINES = (50, 500, 2000)
Samples = dict[str, dict[str, list[float]]]  # server -> what -> values (ms, or MiB for "memory")

_HEAD = ["FROM python:3.12-slim AS base", "WORKDIR /app"]
_BLOCK = [
    "# group {i}",
    "ENV GROUP_{i}_HOME=/opt/group-{i} \\",
    "    GROUP_{i}_LEVEL=info",
    "COPY requirements/group-{i}.txt requirements/",
    "RUN pip install --no-cache-dir -r requirements/group-{i}.txt && \\",
    "    python -c 'import sys; print(sys.version)' && \\",
    "    rm -rf /tmp/group-{i}",
    'LABEL com.example.group-{i}="installed"',
    "",
]
_TAIL = 'CMD ["python", "serve.py"]'


def dockerfile(lines: int) -> str:
    """A valid Dockerfile of exactly that many lines: groups of packages installed one after the other."""
    blocks, rest = divmod(lines - len(_HEAD) - 1, len(_BLOCK))
    body = [line.format(i=i) for i in range(blocks) for line in _BLOCK]
    return "\n".join([*_HEAD, *body, *["# more to come"] * rest, _TAIL]) + "\n"


def measure(servers: Mapping[str, Sequence[str]], project: Path, scratch: Path, runs: int, edits: int) -> Samples:
    """Measure each server `runs` times, each time in a new process and in turn.

    `project` is the folder that is open while memory is taken; `scratch` gets the documents that are edited.
    """
    documents = {lines: _document(scratch, lines) for lines in LINES}
    samples: Samples = {name: {} for name in servers}
    for run in range(-1, runs):  # the first round only warms the page cache and the byte code
        for name, command in servers.items():
            try:
                found = _one_run(command, project, documents, edits if run >= 0 else 1)
            except (TimeoutError, EOFError, RuntimeError) as error:
                error.add_note(f"while measuring {name}")
                raise
            if run >= 0:
                for what, values in found.items():
                    samples[name].setdefault(what, []).extend(values)
    return samples


def measure_beside_a_walk(command: Sequence[str], context: Path, runs: int) -> dict[str, list[float]]:
    """Milliseconds from a change to its diagnostics: in the Dockerfile of a large context while that is measured
    ("walking"), just afterwards ("after"), when all is known ("idle"), and the longest of each run while it is measured
    or the sizes are taken in ("worst"). Somebody types, a character every 20 ms.
    """
    samples: dict[str, list[float]] = {"walking": [], "after": [], "idle": [], "worst": []}
    path = context / "Dockerfile"
    for run in range(runs + 1):
        client = Client(command)
        try:
            client.initialize(context)
            _open(client, path)
            versions = itertools.count(1)
            found: dict[str, list[float]] = {
                "walking": list(_type(client, path, versions, partial(_has_ended, client))),
                "after": list(_type(client, path, versions, _countdown(40))),
            }
            client.settle(1.0)
            found["idle"] = list(_type(client, path, versions, _countdown(20)))
        finally:
            client.close()
        found["worst"] = [max(found["walking"] + found["after"])]
        if run:  # the first one only warms the page cache
            for what, values in found.items():
                samples[what].extend(values)
    return samples


def _has_ended(client: Client) -> bool:
    return "end" in client.progress


def _countdown(steps: int) -> Callable[[], bool]:
    left = iter(range(steps))
    return lambda: next(left, None) is None


def _type(client: Client, path: Path, versions: Iterator[int], is_enough: Callable[[], bool]) -> Iterator[float]:
    while not is_enough():
        place = {"line": 0, "character": 0}
        yield _change(client, path, next(versions), {"range": {"start": place, "end": place}, "text": "#\n"})
        time.sleep(0.02)


def _document(scratch: Path, lines: int) -> Path:
    path = scratch / f"lines-{lines}" / "Dockerfile"
    path.parent.mkdir(parents=True)
    path.write_text(dockerfile(lines))
    return path


def _one_run(
    command: Sequence[str], project: Path, documents: Mapping[int, Path], edits: int
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    client = Client(command)
    try:
        found["start"] = [client.initialize(project) * 1000]
        _open(client, project / "Dockerfile")
        client.settle(1.0)
        found["memory"] = [resident_memory(client.process.pid)]
    finally:
        client.close()
    if "empty_server" in " ".join(command):
        return found
    client = Client(command)
    try:
        client.initialize(next(iter(documents.values())).parent.parent)
        for lines, path in documents.items():
            _open(client, path)
            client.settle()
            found |= _edit(client, path, lines, edits)
    finally:
        client.close()
    return found


def _open(client: Client, path: Path) -> None:
    item = {"uri": path.as_uri(), "languageId": "dockerfile", "version": 0, "text": path.read_text()}
    client.notify("textDocument/didOpen", {"textDocument": item})
    client.diagnostics(path.as_uri(), 0)


def _edit(client: Client, path: Path, lines: int, edits: int) -> dict[str, list[float]]:
    """Type in the middle of the document: whole texts first, then single characters."""
    text = path.read_text()
    middle = text.splitlines().index(f"# group {lines // len(_BLOCK) // 2}")
    found: dict[str, list[float]] = {"full": [], "incremental": []}
    version = 0
    for number in range(edits):
        version += 1
        found["full"].append(_change(client, path, version, {"text": text + f"# typed {number}\n"}))
    version += 1
    _change(client, path, version, {"text": text})
    place = {"line": middle, "character": len("# group")}
    for _ in range(edits):
        version += 1
        change = {"range": {"start": place, "end": place}, "text": "s"}
        found["incremental"].append(_change(client, path, version, change))
    return {f"{kind} {lines}": values for kind, values in found.items()}


def _change(client: Client, path: Path, version: int, change: dict[str, object]) -> float:
    uri = path.as_uri()
    before = time.perf_counter()
    client.notify(
        "textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
    )
    return (client.diagnostics(uri, version) - before) * 1000
