"""The replay of a history beside a real engine that builds each of its commits."""

from collections import Counter
from pathlib import Path

from prebake.engine import Engine as Analysis
from prebake.findings import Applicability
from prebake.replaying import Counted, replay
from tests.builder.engine import Engine
from tests.repositories import commit, git

DOCKERFILE = """\
FROM python:3.11-slim AS tools
COPY tools/ /tools/
RUN cat /tools/* > /tools.txt

FROM python:3.11-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
COPY --from=tools /tools/run.sh /usr/local/bin/
RUN echo done
"""
FILES = {
    "Dockerfile": DOCKERFILE,
    ".dockerignore": ".git\ndocs\n",
    "requirements.txt": "alpha\n",
    "app.py": "print(1)\n",
    "tools/run.sh": "#!/bin/sh\n",
    "tools/notes.txt": "one\n",
}


def history(root: Path) -> list[str]:
    """Make a repository; its commits after the first."""
    commit(root, FILES)
    found = [
        commit(root, {"app.py": "print(22)\n"}),
        commit(root, {"docs/guide.md": "left out\n"}),
        commit(root, {"requirements.txt": "alpha\nbeta\n"}),
        commit(root, {"app.py": "print(1)\n"}),
        commit(root, {"tools/notes.txt": "two\n"}),
        commit(root, {"requirements.txt": "alpha\n"}),  # with app.py of the first commit, and other notes
        commit(root, {"tools/notes.txt": "one\n"}),  # all as in the first commit
    ]
    (root / "app.py").chmod(0o755)
    found.append(commit(root))
    git(root, "checkout", "-q", "-b", "side")
    commit(root, {"app.py": "print(333)\n"})
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "side", "-m", "merge")
    return [*found, git(root, "rev-parse", "HEAD")]


def really_ran(engine: Engine, root: Path, commits: list[str], folder: Path, dockerfile: str) -> Counter[str]:
    """How often each step ran when each commit was built with one Dockerfile, after the commit before the first."""
    git(root, "clone", "-q", str(root), str(folder))
    ran: Counter[str] = Counter()
    tag = f"replay-{folder.name}"
    for number, name in enumerate([f"{commits[0]}~", *commits]):
        git(folder, "checkout", "-q", "--force", name)
        (folder / "Dockerfile").write_text(dockerfile)
        built = engine.build(folder, tag)
        if number:
            ran.update(step for step, cached in built.steps.items() if not cached and not step.startswith("FROM"))
    engine.forget(tag)
    return ran


def predicted(counted: Counted) -> Counter[str]:
    assert not any(step.may_run for step in counted.steps)
    return Counter({step.instruction.raw: step.runs for step in counted.steps if step.runs})


def test_the_engine_runs_what_the_replay_counts(engine: Engine, tmp_path: Path) -> None:
    root = tmp_path / "project"
    commits = history(root)
    found = replay(Analysis(), str(root / "Dockerfile"), "main", len(commits), Applicability.SAFE)
    assert found.fixed is not None and found.now.builds == len(commits)
    now, fixed = predicted(found.now), predicted(found.fixed)
    assert (now["RUN pip install -r requirements.txt"], fixed["RUN pip install -r requirements.txt"]) == (7, 1)
    assert really_ran(engine, root, commits, tmp_path / "now", found.now.build.text.content) == now
    assert really_ran(engine, root, commits, tmp_path / "fixed", found.fixed.build.text.content) == fixed
