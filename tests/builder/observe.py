"""What a real engine does with a history; run as a program, it records that for the tests that have no engine.

python -m tests.builder.observe --histories 100 --classic 25
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.build.cache.histories import Answers, State, to_json, write
from tests.builder.engine import BASE, Engine
from tests.builder.random_histories import COMMON, history

DATA = Path(__file__).resolve().parents[1] / "build" / "cache" / "data"
_STEP = re.compile(r"\[(?:([^ \]]+) +)? *(\d+)/\d+\] (.+)", re.DOTALL)


def observe(engine: Engine, root: Path, states: list[State], builder: str = "buildkit") -> Iterator[Answers]:
    """Build each state in a folder, and say what was cached."""
    before: State | None = None
    for state in states:
        write(root, state, before)
        before = state
        if builder == "legacy":
            steps = engine.classic_steps(root, args=state.args, target=state.target)
            yield {"": "".join("h" if cached else "r" for text, cached in steps if not text.startswith("FROM"))}
        else:
            yield _by_stage(engine.vertices(root, args=state.args, target=state.target), state)


def _by_stage(vertices: dict[str, bool], state: State) -> Answers:
    found: dict[str, list[tuple[int, str]]] = {}
    single = state.files["Dockerfile"][1].count("FROM ") == 1
    for name, cached in vertices.items():
        match = _STEP.fullmatch(name)
        # A linked COPY has a second vertex that lays it over what is below: no work.
        if match is not None and not match[3].startswith(("FROM ", "LINK ")):
            stage = "" if single else match[1]
            found.setdefault(stage, []).append((int(match[2]), "h" if cached else "r"))
    return {stage: "".join(letter for _, letter in sorted(steps)) for stage, steps in found.items()}


def _record(engine: Engine, seeds: range, builder: str) -> None:
    lines: list[str] = []
    for seed in seeds:
        states = history(seed, BASE, legacy=builder == "legacy")
        with tempfile.TemporaryDirectory() as folder:
            answers = list(observe(engine, Path(folder), states, builder))
        lines.append(json.dumps(to_json(states, answers, COMMON), separators=(",", ":")))
    head = {"engine": ".".join(map(str, engine.version())), "builder": builder, "common": COMMON.files}
    text = json.dumps(head)[:-1] + ', "histories": [\n' + ",\n".join(lines) + "\n]}\n"
    (DATA / f"{builder}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--classic", type=int, default=25)
    chosen = parser.parse_args()
    engine = Engine()
    try:
        _record(engine, range(chosen.histories), "buildkit")
        _record(engine, range(10_000, 10_000 + chosen.classic), "legacy")
    finally:
        engine.close()


if __name__ == "__main__":
    main()
