"""`make proof`: the article's promise measured with a real Docker engine, as a Markdown document.

The article's Dockerfile in a project with 300 MB of data is built before and after each of prebake's fixes. Fails when
a goal is missed.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from tests.builder.engine import Built, Engine, EngineError
from tests.builder.project import fix
from tests.proof import project, report

# What is done to the article's project, as a user would: the options of `prebake check --fix`.
_FIXES = {
    "ignore file alone": ("--suggested", "--select", "PB101"),
    "layer order alone": ("--suggested", "--select", "PB201"),
    report.AFTER: ("--suggested",),
}
_SITUATIONS: dict[str, Callable[[Path], None]] = {
    report.COLD: project.reset,
    report.CODE: project.edit_code,
    report.MANIFEST: project.edit_manifest,
}


def main() -> int:
    """Measure and print; keep the document where `--output` says."""
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("--wheels", type=Path, required=True, help="folder that tests.proof.wheels has filled")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--output", type=Path, help="also write the document there (make: OUT=)")
    options = parser.parse_args()
    wheels = sorted(options.wheels.glob("*.whl"))
    if not wheels:
        parser.error(f"no wheels in {options.wheels}: run `make proof`, which downloads them")
    with tempfile.TemporaryDirectory(prefix="prebake-proof-") as folder:
        try:
            text, reached = prove(Path(folder).resolve(), wheels, options.runs)
        except EngineError as error:
            parser.exit(2, f"{error}\n")
    print(text, end="")
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return 0 if reached else 1


def prove(scratch: Path, wheels: Sequence[Path], runs: int) -> tuple[str, bool]:
    """The document, and whether every goal is reached."""
    installed = [wheel for wheel in wheels if not wheel.name.startswith(project.ADDED.partition("=")[0])]
    with closing(Engine(wheels)) as engine:
        article = project.make(scratch / "article", installed)
        weights = {name: project.weight(article / name) for name in ("data", ".venv", ".git")}
        roots = {report.BEFORE: article}
        for number, (variant, how) in enumerate(_FIXES.items()):
            roots[variant] = project.copy(article, scratch / f"variant{number}")
            fix(roots[variant], *how)
        builds = measure(engine, roots, runs)
        version = ".".join(map(str, engine.version()))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    setting = report.Setting(
        machine=f"{date.today().isoformat()}: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Docker {version}, load {os.getloadavg()[1]:.1f}",
        runs=runs,
        weights=weights,
        wheels=sum(wheel.stat().st_size for wheel in wheels),
        files={
            "Dockerfile, before": project.DOCKERFILE,
            "Dockerfile, after": (roots[report.AFTER] / "Dockerfile").read_text(),
            ".dockerignore, after": (roots[report.AFTER] / ".dockerignore").read_text(),
        },
    )
    goals = report.goals(builds)
    return report.document(setting, builds, goals), all(goal.reached for goal in goals)


def measure(engine: Engine, roots: Mapping[str, Path], runs: int) -> report.Builds:
    """Build each variant cold and after each edit, `runs` times; the variants take turns, each once the first."""
    builds: dict[tuple[str, str], list[Built]] = {(each, kind): [] for kind in _SITUATIONS for each in roots}
    variants = list(roots)
    for run in range(runs):
        for variant in variants[run % len(variants) :] + variants[: run % len(variants)]:
            for kind, change in _SITUATIONS.items():
                change(roots[variant])
                built = engine.build(roots[variant], "proof")
                builds[variant, kind].append(built)
                print(f"{run + 1}/{runs} {variant}, {kind}: {built.seconds:.1f} s", file=sys.stderr)
            engine.forget("proof")
    return builds


if __name__ == "__main__":
    sys.exit(main())
