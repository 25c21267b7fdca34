"""`make bench`: prebake beside docker-langserver, an empty pygls server, an empty Python and `du`, as a Markdown table.

A benchmark, not a test: it says where a budget is exceeded and fails only when something cannot be measured.
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scripts.demo_project import make_demo_project
from tests.bench import commands, reached, replaying, servers


@dataclass(frozen=True)
class Row:
    """One budget: `ours` may be at most `allowed` times `theirs`; values in `unit`."""

    what: str
    ours: Sequence[float]
    yardstick: str
    theirs: Sequence[float]
    allowed: float
    unit: str = "ms"

    def __str__(self) -> str:
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        verdict = "OK" if ours <= self.allowed * theirs else "over"
        values = f"{_value(ours)} (min {_value(min(self.ours))}) | {_value(theirs)} (min {_value(min(self.theirs))})"
        budget = f"{ours / theirs:.2f} | {self.allowed:g} | {verdict}"
        return f"| {self.what} | {self.unit} | {values} | {self.yardstick} | {budget} |"


def main() -> int:
    """Measure and print; keep the table where `--output` says."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--peers", type=Path, required=True, help="folder where npm installed docker-langserver")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--output", type=Path, help="also write the report there (make: OUT=)")
    options = parser.parse_args()
    node = shutil.which("node")
    langserver = options.peers.resolve() / "node_modules" / ".bin" / "docker-langserver"
    if node is None or not langserver.exists():
        parser.error("docker-langserver is not installed: run `make bench`, which needs node and npm")
    with tempfile.TemporaryDirectory(prefix="prebake-bench-") as folder:
        text = report(
            list(measure(Path(folder).resolve(), [node, str(langserver), "--stdio"], options.runs, options.edits))
        )
    print(text, end="")
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return 0


def measure(scratch: Path, langserver: Sequence[str], runs: int, edits: int) -> list[Row]:
    """Everything there is a budget for."""
    project = make_demo_project(scratch / "slow-search")
    compared = {
        "prebake": [sys.executable, "-m", "prebake", "server"],
        "docker-langserver": langserver,
        "empty": [sys.executable, "-m", "tests.bench.empty_server"],
    }
    samples = servers.measure(compared, project, scratch / "documents", runs, edits)
    ours, theirs = samples["prebake"], samples["docker-langserver"]
    rows = [
        Row("spawn to `initialize` response", ours["start"], "empty pygls server", samples["empty"]["start"], 1.2),
        Row("memory, demo project open", ours["memory"], "docker-langserver", theirs["memory"], 1, "MiB"),
    ]
    for lines in servers.LINES:
        for kind in ("full", "incremental"):
            what = f"{kind} change to diagnostics, {lines:,} lines"
            key = f"{kind} {lines}"
            rows.append(Row(what, ours[key], "docker-langserver", theirs[key], 1 if lines <= 50 else 0.5))
    process = commands.whole_process(project, runs)
    rows.append(Row("`prebake check`, demo project", process["check"], "`python -c pass`", process["python"], 10))
    code = reached.measure(scratch / "code", max(3, runs // 2))
    what = "PB301 in 2,000 Python files, 200 of them reached"
    rows.append(Row(f"{what}: first, CPU", code["first"], "budget", [1000.0], 1))
    rows.append(Row(f"{what}: after an edit of one, CPU", code["edits"], "budget", [20.0], 1))
    rows.append(Row(f"{what}: after an edit of the Dockerfile, CPU", code["keys"], "budget", [20.0], 1))
    history = replaying.measure(scratch / "history", max(3, runs // 2))
    rows.append(Row("`prebake replay` of 10,000 commits", history["replay"], "`git log --raw`", history["log"], 2))
    large = scratch / "large"
    commands.make_large_context(large)
    walked = commands.walk(large, max(3, runs // 2))
    rows.append(Row("200,000 files, no ignore file", walked["without"], "`du -s`", walked["du"], 3))
    rows.append(Row("200,000 files, ignore file in force", walked["with"], "`du -s`", walked["du"], 1))
    rows.append(Row("200,000 files, a second look", walked["again"], "`du -s`", walked["du"], 0.1))
    rows.append(Row("200,000 files, a look after one has changed", walked["changed"], "`du -s`", walked["du"], 0.1))
    typed = servers.measure_beside_a_walk(compared["prebake"], large, max(3, runs // 2))
    what = "incremental change to diagnostics while 200,000 files are measured"
    rows.append(Row(what, typed["walking"], "nothing being measured", typed["idle"], 3))
    rows.append(Row(f"{what}, the longest", typed["worst"], "what a handler may take", [20.0], 1))
    return rows


def report(rows: Sequence[Row]) -> str:
    """The rows as Markdown, with the day and the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [
        "# Benchmarks",
        "",
        f"`make bench` on {date.today().isoformat()}: {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}, load {os.getloadavg()[1]:.1f}.",
        "Medians of alternating runs; absolute numbers are this machine's, the ratio is what a budget is about.",
        "",
        "| what | unit | prebake | yardstick's | yardstick | ratio | allowed | |",
        "|---|---|---|---|---|---|---|---|",
        *map(str, rows),
    ]
    return "\n".join(lines) + "\n"


def _value(number: float) -> str:
    return f"{number:,.1f}" if number < 100 else f"{number:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
