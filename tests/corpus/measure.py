"""`make corpus LABELS=... DIR=...`: precision and recall per family on hand-labelled repositories.

Exit status: 0; 1 after a crash or when something that must stay quiet is a warning; 2 when nothing could be measured.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.corpus.labels import FAMILIES, Entry, load
from tests.corpus.score import Score, score

_TITLES = {"A": "A: ignore file", "B": "B: order of layers", "C": "C: models"}
_TIMEOUT = 300  # seconds for one Dockerfile; more is counted as a crash


@dataclass
class Result:
    """What the whole corpus came to."""

    dockerfiles: int = 0
    repositories: set[str] = field(default_factory=set)
    families: dict[str, Score] = field(default_factory=lambda: {family: Score() for family in FAMILIES})
    crashes: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    contexts_right: int = 0
    contexts_wrong: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """True after a crash, or when a `no_flag` label was answered by a warning."""
        return bool(self.crashes or any(family.violations for family in self.families.values()))


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a Markdown report, and keep it where `--output` says."""
    parser = argparse.ArgumentParser(prog="make corpus", description=__doc__)
    parser.add_argument("--labels", type=Path, required=True, help="the labels file (make: LABELS=)")
    parser.add_argument(
        "--checkouts", type=Path, required=True, help="folder of checkouts, owner+name or owner/name (make: DIR=)"
    )
    parser.add_argument("--output", type=Path, help="also write the report there (make: OUT=)")
    options = parser.parse_args(arguments)
    if not options.labels.is_file() or not options.checkouts.is_dir():
        parser.error("LABELS must be a labels file and DIR a folder of checkouts")
    try:
        entries = load(options.labels)
    except ValueError as error:
        parser.error(str(error))
    result = measure(entries, options.checkouts)
    text = report(result)
    print(text, end="")
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    if not result.dockerfiles:
        return 2
    return int(result.failed)


def measure(entries: Iterable[Entry], checkouts: Path) -> Result:
    """Run the command on each labelled Dockerfile that is there."""
    result = Result()
    for entry in entries:
        checkout = _checkout(checkouts, entry.repo)
        name = f"{entry.repo} {entry.dockerfile}"
        if checkout is None or not (checkout / entry.dockerfile).is_file():
            result.absent.append(name)
            continue
        result.dockerfiles += 1
        result.repositories.add(entry.repo)
        try:
            answer = check(checkout, entry.dockerfile)
        except RuntimeError as error:
            result.crashes.append(f"{name}: {error}")
            continue
        for family, one in score(entry, answer["findings"]).items():
            result.families[family] += one
        _compare_context(result, entry, answer["dockerfiles"])
    return result


def check(checkout: Path, dockerfile: str) -> dict[str, Any]:
    """The JSON that `prebake check` gives for one Dockerfile.

    Raises `RuntimeError` when it crashes, hangs or says something else.
    """
    command = [sys.executable, "-m", "prebake", "check", "--format", "json", dockerfile]
    try:
        done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"no answer within {_TIMEOUT} s") from None
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise RuntimeError(f"exit status {done.returncode}: {last}")
    try:
        answer = json.loads(done.stdout)
        return {"findings": list(answer["findings"]), "dockerfiles": list(answer["dockerfiles"])}
    except (ValueError, KeyError, TypeError) as error:
        raise RuntimeError(f"unexpected output: {error!r}") from error


def _checkout(folder: Path, repo: str) -> Path | None:
    return next((each for each in (folder / repo.replace("/", "+"), folder / repo) if each.is_dir()), None)


def _compare_context(result: Result, entry: Entry, dockerfiles: list[dict[str, Any]]) -> None:
    for seen in dockerfiles:
        if seen["path"] == entry.dockerfile:
            if seen["context"] == entry.context:
                result.contexts_right += 1
            else:
                said = f"{seen['context']} ({seen['context_source']}), not {entry.context}"
                result.contexts_wrong.append(f"{entry.repo} {entry.dockerfile}: {said}")


def report(result: Result) -> str:
    """The result as Markdown."""
    lines = [
        "# Precision and recall on public repositories",
        "",
        f"`make corpus` on {result.dockerfiles} Dockerfiles of {len(result.repositories)} hand-labelled repositories.",
        "",
        "| family | findings right | wrong | precision | labels found | recall | recall in reach | traps broken |",
        "|---|---|---|---|---|---|---|---|",
    ]
    total = Score()
    for family, one in result.families.items():
        lines.append(_row(_TITLES[family], one))
        total += one
    lines += [
        _row("all", total),
        "",
        "*Right*: a finding, from information up, that answers a label which must be reported. *Wrong*: a warning or",
        "an error that answers no label which may be reported. *In reach*: labels that are not marked as hard.",
        "*Traps broken*: quiet cases that were reported as a warning.",
        "",
        f"Crashes: {len(result.crashes)}. Build context found as labelled: {result.contexts_right} of "
        f"{result.contexts_right + len(result.contexts_wrong)}.",
    ]
    lines += _section("Crashes", result.crashes)
    lines += _section("Quiet cases reported as a warning", total.violations)
    lines += _section("Reported louder than information though contested", total.too_loud)
    lines += _section("Warnings without a label", total.unlabelled)
    lines += _section("Missed", [f"{what} [{why}]" for what, why in total.missed])
    lines += _section("Another build context than labelled", result.contexts_wrong)
    lines += _section("Not measured: no such checkout or file", result.absent)
    return "\n".join(lines) + "\n"


def _row(title: str, one: Score) -> str:
    cells = [
        title,
        str(one.right),
        str(one.wrong),
        _share(one.right, one.right + one.wrong),
        f"{one.found} of {one.flags}",
        _share(one.found, one.flags),
        f"{_share(one.reachable_found, one.reachable)} ({one.reachable_found} of {one.reachable})",
        f"{len(one.violations)} of {one.no_flags}",
    ]
    return f"| {' | '.join(cells)} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def _section(title: str, items: list[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {item}" for item in items)] if items else []


if __name__ == "__main__":
    sys.exit(main())
