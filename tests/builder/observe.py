"""What a real engine does with a history or a context; run as a program, it records that for the tests without one.

python -m tests.builder.observe --histories 100 --classic 25
python -m tests.builder.observe --contexts 100 --classic 50 --broken 20
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from prebake.config import Builder
from tests.build.cache.histories import Answers, State, to_json, write
from tests.builder.engine import BASE, Engine, EngineError
from tests.builder.generate_contexts import context
from tests.builder.random_histories import COMMON, history
from tests.project import context_trees
from tests.project.context_trees import ContextTree, Sent

DATA = Path(__file__).resolve().parents[1] / "build" / "cache" / "data"
_REFUSALS = ("pattern", "failed to parse ignore file", "error checking context", "Canceled: context canceled")
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


def copied(engine: Engine, root: Path, tree: ContextTree, builder: Builder = "buildkit") -> Sent | None:
    """Build a context that is all copied to /x, and say what is there; `None` when the builder refuses a pattern."""
    try:
        if builder == "legacy":
            files = engine.classic_export(root, tree.dockerfile)
        else:
            files = engine.export(root, tree.dockerfile)[0]
    except EngineError as error:
        if any(words in str(error) for words in _REFUSALS):
            return None
        raise
    return {
        path.removeprefix("/x/"): int(file[4]) if file[0] == "file" else 0
        for path, file in files.items()
        if path.startswith("/x/") and file[0] != "directory"
    }


def _record_contexts(engine: Engine, contexts: int, classic: int, broken: int) -> None:
    lines: list[str] = []
    numbers = [(number, False) for number in range(contexts)] + [(10_000 + number, True) for number in range(broken)]
    for number, is_broken in numbers:
        tree = context(number, broken=is_broken)
        builders: tuple[Builder, ...] = ("buildkit", "legacy") if number < classic else ("buildkit",)
        with tempfile.TemporaryDirectory() as folder:
            root = tree.write(Path(folder) / f"context-{number}")
            answers = {builder: copied(engine, root, tree, builder) for builder in builders}
        lines.append(json.dumps({"tree": tree.to_json(), "copied": answers}, separators=(",", ":"), sort_keys=True))
    head = json.dumps({"engine": ".".join(map(str, engine.version()))})
    text = head[:-1] + ', "contexts": [\n' + ",\n".join(lines) + "\n]}\n"
    context_trees.DATA.write_text(text, encoding="utf-8")


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
    parser.add_argument("--histories", type=int, default=0)
    parser.add_argument("--contexts", type=int, default=0)
    parser.add_argument("--classic", type=int, default=25, help="how many of them by the legacy builder")
    parser.add_argument("--broken", type=int, default=0, help="how many contexts with a pattern that may be refused")
    chosen = parser.parse_args()
    engine = Engine()
    try:
        if chosen.histories:
            _record(engine, range(chosen.histories), "buildkit")
            _record(engine, range(10_000, 10_000 + chosen.classic), "legacy")
        if chosen.contexts:
            _record_contexts(engine, chosen.contexts, chosen.classic, chosen.broken)
    finally:
        engine.close()


if __name__ == "__main__":
    main()
