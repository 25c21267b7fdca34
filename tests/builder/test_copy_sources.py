"""Which sources reach the builder, by PB105 and PB106 and by a real Docker engine; and PB105's fixes."""

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from prebake.build.context.arriving.sources import lost_sources
from prebake.engine import Engine as Analysis
from prebake.engine import builds
from prebake.files import disk
from prebake.findings import Finding, Severity
from tests.builder.engine import BASE, Built, Engine, EngineError
from tests.rules.trees import make_tree

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "copy_sources.yaml").read_text())
STOPS = "BuildKit stops"


def write(root: Path, case: dict[str, Any]) -> Path:
    base = BASE if "RUN" in case["copy"] else "scratch"
    files = {"Dockerfile": f"FROM {base}\n{case['copy'].rstrip()}\n", **case["files"]}
    if "ignore" in case:
        files[".dockerignore"] = case["ignore"]
    root.mkdir()
    make_tree(root, files)
    return root


def findings(root: Path) -> list[Finding]:
    report = Analysis(workspaces=[root.as_posix()]).check((root / "Dockerfile").as_posix())
    assert report.failures == ()
    return [finding for finding in report.findings if finding.code in ("PB105", "PB106")]


def build(engine: Engine, root: Path) -> Built | None:
    """The build, ``None`` where it stops for want of a source."""
    try:
        return engine.build(root, "copied")
    except EngineError as error:
        assert "not found" in str(error) or "no such file" in str(error)
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_said_of_a_source_is_what_a_build_finds(engine: Engine, case: dict[str, Any], tmp_path: Path) -> None:
    root = write(tmp_path / "before", case)
    found = findings(root)
    code = case.get("error") or case.get("says")
    assert {finding.code for finding in found} == ({code} if code else set())
    assert [STOPS in finding.message for finding in found] == [bool(case.get("error"))] * len(found)
    if case.get("error") == "PB105":
        assert {finding.severity for finding in found} == {Severity.ERROR}

    built = build(engine, root)
    assert (built is None) == bool(case.get("error"))
    if built is not None and "brings" in case:
        assert (case["brings"] in engine.image(built).files) == ("says" not in case or case["says"] == "PB106")

    for number in range(max((len(finding.fixes) for finding in found), default=0)):
        mended = write(tmp_path / f"fix{number}", case)
        for finding in findings(mended):
            for edit in finding.fixes[number].edits:
                Path(edit.path).write_bytes(edit.apply().to_bytes())
        assert findings(mended) == []
        built = build(engine, mended)
        assert built is not None
        assert "brings" not in case or case["brings"] in engine.image(built).files


NAMES = ("a", "b", "src", "data", "c.txt", "d.py", "README.md")
PATTERNS = (
    *("*", "**", "a", "src", "data", "*.txt", "**/*.py", "src/*", "data/**", "/src", "src/data", "**/data", "*.md"),
    *("!src", "!a/b", "!**/*.txt", "!data/a", "!/data", "!src/", "a/"),
)
SOURCES = ("*.txt", "src/*", "*/*.py", "data/*.foo", "gone")


@pytest.mark.parametrize("seed", range(20))
def test_a_build_stops_where_it_is_said_to(engine: Engine, seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    for _ in range(draw.randint(2, 9)):
        path = tmp_path.joinpath(*draw.choices(NAMES, k=draw.randint(1, 3)))
        if not any(above.is_file() for above in (path, *path.parents)) and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
    there = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    sources = draw.choices((*there, *SOURCES), k=draw.randint(1, 2))
    (tmp_path / ".dockerignore").write_text("\n".join(draw.choices(PATTERNS, k=draw.randint(1, 7))) + "\n")
    # A destination of its own keeps BuildKit from answering with what another seed has built.
    copied = "".join(f"COPY {source} /{seed}-{number}/\n" for number, source in enumerate(sources))
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{copied}")

    (made,) = builds(disk(), (tmp_path / "Dockerfile").as_posix(), root=tmp_path.as_posix())
    stops = any(lost.stops for lost in lost_sources(made))
    assert (build(engine, tmp_path) is None) == stops
