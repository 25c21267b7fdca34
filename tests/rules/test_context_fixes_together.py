"""All fixes of the build context together, on generated projects: several Dockerfiles with narrow and broad sources on
one context, ignore files in many styles.

After them nothing that an instruction names is lost, whichever Dockerfile it stands in; only what is junk or a secret
is not sent any more; the author's lines are there; and a second time nothing changes. Quick fixes that are taken one by
one, in whatever order, come to the same.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.engine import Engine
from prebake.files import Snapshot
from prebake.findings import Applicability
from prebake.fixing import FixResult, Refusal, apply_fix, fix_all
from prebake.project.ignore.inforce import in_force
from prebake.project.ignore.rules import IgnoreRules
from prebake.text import Text
from tests.rules.trees import make_tree

FIXED = ("PB101", "PB102", "PB103", "PB104", "PB105", "PB107", "PB108", "PB109")
EXAMPLES = int(os.environ.get("PREBAKE_EXAMPLES", "40"))

PROJECT = {
    "app.py": "import src.api\n",
    "requirements.txt": "flask==3.0\n",
    "src/__init__.py": "",
    "src/api.py": "",
    "src/vocab/bpe.txt": "a",
    "web/package.json": "{}",
    "web/package-lock.json": "{}",
    "web/index.js": "",
    "config/settings.yaml": "a: 1\n",
    "config/example.env": "KEY=\n",
    "data/labels.csv": "a,b\n",
    "README.md": "# a\n",
}
LYING_AROUND = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/objects/aa/bb": {"size": 50_000},
    ".venv/pyvenv.cfg": "home = /usr\n",
    ".venv/lib/torch.so": {"size": 5_000_000},
    "src/__pycache__/api.cpython-312.pyc": {"size": 2_000},
    "web/node_modules/left-pad/index.js": {"size": 3_000},
    ".env": "TOKEN=hf_abcdefghijklmnopqrstuvwxyzabcdefgh\n",
    "wandb/run-1/logs/debug.log": {"size": 9_000},
    "data/raw.parquet": {"size": 30_000_000},
    "logs/today.log": {"size": 700_000},
    "notebooks/.ipynb_checkpoints/a.ipynb": {"size": 4_000},
    "checkpoints/step-1.ckpt": {"size": 15_000_000},
    "dist.tar.gz": {"size": 20_000_000},
}
SOURCES = (
    *("app.py", "requirements.txt", "src", "src/", "src/api.py", "src/vocab/bpe.txt", "web", "web/package*.json"),
    *("config", "config/settings.yaml", "data", "data/labels.csv", "data/*.csv", "README.md", "wandb", "checkpoints"),
    *("checkpoints/step-1.ckpt", "dist.tar.gz", "logs/", "notebooks", ".git", ".git/HEAD", ".env", ".venv"),
    *("web/node_modules", "*.py", "config/example.env", "dist.tar.*", "src/vocab", "./src", "/app.py"),
)
PATTERNS = (
    *("*", "**", "!src", "!app.py", "!requirements.txt", "!config", "!web", "!data/labels.csv", "!.git", "!.env"),
    *("__pycache__", "__pycache__/", "*.pyc", "*.py[cod]", "**/*.pyc", "**/__pycache__", ".git", ".git/", "/.git"),
    *("*.log", "logs", "logs/", ".venv", "venv/", "node_modules", "**/node_modules", ".env", "*.env", "**/.env*"),
    *("data", "data/", "/data", "data/*", "!data/*.csv", "src", "src/vocab", "*.md", "README.md", "Dockerfile*"),
    *(
        ".dockerignore",
        "[a-",
        "!",
        ".",
        "../x",
        "checkpoints # big",
        "data/labels.csv # big",
        "web/node_modules",
        "wandb",
        "*.txt",
        "config/*.env",
    ),
    *("!config/example.env", ".ipynb_checkpoints", "*.tar.gz", "checkpoints/", "**/*.ckpt", "!checkpoints/step-1.ckpt"),
)
COMMENTS = ("# Python", "# Data and models", "", "   ", "#")


class Project(NamedTuple):
    """The files, and what the instructions of each Dockerfile name."""

    files: Mapping[str, object]
    named: Mapping[str, tuple[str, ...]]


@st.composite
def dockerfiles(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A Dockerfile's text, and the sources that it names."""
    lines, named = ["FROM python:3.12-slim", "WORKDIR /app"], []
    for _ in range(draw(st.integers(0, 4))):
        source = draw(st.sampled_from(SOURCES))
        form = draw(st.sampled_from(("COPY {} /app/x/", "ADD {} /app/x/", "COPY --chown=1:1 {} ./x/", "mount")))
        if form == "mount" and "*" not in source:
            lines.append(f"RUN --mount=type=bind,source={source},target=/mnt/{len(lines)} true")
            named.append(source)
        else:
            lines.append((form if form != "mount" else "COPY {} /app/x/").format(source))
            named.append(source)
    lines += draw(st.sampled_from(([], ["COPY . /app"], ["ADD . ."], ["COPY . .", "RUN python -m compileall src"])))
    lines += draw(st.sampled_from(([], ['CMD ["python", "app.py"]'], ['CMD ["./start.sh"]'])))
    return "\n".join(lines) + "\n", tuple(named)


@st.composite
def ignore_texts(draw: st.DrawFn) -> str:
    """An ignore file, in some style."""
    lines = draw(st.lists(st.sampled_from((*PATTERNS, *PATTERNS, *COMMENTS)), max_size=10))
    text = draw(st.sampled_from(("\n", "\r\n"))).join(lines)
    return draw(st.sampled_from(("", "\ufeff"))) + text + draw(st.sampled_from(("", "\n")))


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """A project with one to three Dockerfiles."""
    files: dict[str, object] = dict(PROJECT)
    for name in draw(st.sets(st.sampled_from(sorted(LYING_AROUND)))):
        files[name] = LYING_AROUND[name]
    names = draw(
        st.sampled_from((("Dockerfile",), ("Dockerfile", "Dockerfile.gpu"), ("Dockerfile", "docker/a.Dockerfile")))
    )
    named = {}
    for name in names:
        files[name], named[name] = draw(dockerfiles())
    kind = draw(st.sampled_from((".dockerignore", ".dockerignore", ".dockerignore", "dockerignore", "own", None)))
    if kind is not None:
        files[f"{names[-1]}.dockerignore" if kind == "own" else kind] = draw(ignore_texts())
    if "docker/a.Dockerfile" in names:
        files["compose.yaml"] = "services:\n  a:\n    build:\n      context: .\n      dockerfile: docker/a.Dockerfile\n"
    return Project(files, named)


def rules(snapshot: Snapshot, root: str, dockerfile: str) -> IgnoreRules:
    return in_force(snapshot, f"{root}/{dockerfile}", root)


def selected(files: Mapping[str, object], source: str) -> list[str]:
    """The files that a source selects, by reading it as a shell would."""
    source = source.removeprefix("./").strip("/")
    here = Path(source)
    if "*" in source:
        return [name for name in files if Path(name).match(source) and len(Path(name).parts) == len(here.parts)]
    return [name for name in files if Path(name) == here or here in Path(name).parents]


def reaching(there: list[str], source: str) -> list[str]:
    """Paths of which one has to be sent so that a source is found: its files, or an empty folder."""
    source = source.removeprefix("./").strip("/")
    return [*there, *({source} if "*" not in source else ())]


def junk(name: str) -> bool:
    """Whether a fix may leave a file out."""
    return (
        name in LYING_AROUND
        or name in ("README.md", ".dockerignore", "data/labels.csv")
        or "ockerfile" in name
        or "compose" in name
    )


def checked(project: Project, root: str, before: Snapshot, after: Snapshot, engine: Engine) -> None:
    """What has to hold of the fixed project."""
    for dockerfile, sources in project.named.items():
        old, new = rules(before, root, dockerfile), rules(after, root, dockerfile)
        report = engine.check_in(after, f"{root}/{dockerfile}")
        assert report.failures == ()
        if new.problem is not None:
            unmended = [item for item in report.findings if item.code == "PB104"]
            assert unmended, "the build stops at a pattern"
            assert not any(item.fixes for item in unmended)
            continue
        for source in sources:
            there = selected(project.files, source)
            secret = any(Path(name).name == ".env" for name in there)
            was_lost = old.problem is not None or not any(map(old.sends, reaching(there, source)))
            explained = was_lost and any(item.code == "PB105" and item.no_fix for item in report.findings)
            if there and not secret and not explained:
                assert any(map(new.sends, reaching(there, source))), f"{source} of {dockerfile} is lost"
        for name in project.files:
            if old.problem is None and old.sends(name) and not new.sends(name):
                assert junk(name) or "dockerignore" in project.files, f"{name} is left out"  # as its author lists
        for item in report.findings:
            if item.code in FIXED and item.fixes:
                raise AssertionError(f"{item.code} remains: {item.message}")


def fixed(engine: Engine, root: str, project: Project) -> tuple[FixResult, Snapshot]:
    paths = [f"{root}/{name}" for name in project.named]
    result = fix_all(engine, paths, Applicability.SUGGESTED, wanted=lambda finding: finding.code in FIXED)
    texts: dict[str, Text | None] = {edit.path: edit.apply() for edit in result.edits}
    return result, engine.snapshot.overlay(texts)


def comments_of(text: str) -> list[str]:
    return [line for line in text.lstrip("\ufeff").splitlines() if line.startswith("#")]


@settings(max_examples=EXAMPLES, deadline=None)
@given(project=projects())
def test_nothing_that_is_named_is_lost_and_a_second_run_changes_nothing(project: Project) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve().as_posix()
        make_tree(Path(root), project.files)
        engine = Engine(workspaces=[root])
        before = engine.snapshot
        result, after = fixed(engine, root, project)
        assert [f"{item.finding.code}: {item.fix.title}: {item.why}" for item in result.refused] == []
        checked(project, root, before, after, engine)
        for name, content in project.files.items():
            text = after.text(f"{root}/{name}")
            if "dockerignore" in name and isinstance(content, str) and text is not None:
                assert not set(comments_of(content)) - set(comments_of(text.content))
        for edit in result.edits:
            path = Path(edit.path)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(edit.apply().to_bytes())
        again = Engine(workspaces=[root])
        repeated, _ = fixed(again, root, project)
        assert [step.fix.title for step in repeated.applied] == []


@settings(max_examples=max(EXAMPLES // 2, 5), deadline=None)
@given(project=projects(), seed=st.integers(0, 10**6))
def test_quick_fixes_in_any_order_come_to_the_same(project: Project, seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve().as_posix()
        make_tree(Path(root), project.files)
        engine = Engine(workspaces=[root])
        before = snapshot = engine.snapshot
        for _ in range(60):
            found = [
                (report.root, item)
                for name in project.named
                for report in [engine.check_in(snapshot, f"{root}/{name}")]
                for item in report.findings
                if item.code in FIXED and item.fixes
            ]
            if not found:
                break
            top, chosen = chance.choice(found)
            outcome = apply_fix(snapshot, top, chosen.fixes[0])
            assert not isinstance(outcome, Refusal), f"{chosen.code} {outcome}"
            snapshot = outcome
        else:
            pytest.fail("quick fixes do not come to an end")
        checked(project, root, before, snapshot, engine)
        _, together = fixed(engine, root, project)
        for name in project.named:
            one, all_ = rules(snapshot, root, name), rules(together, root, name)
            different = [path for path in project.files if one.sends(path) != all_.sends(path) and path not in OWN]
            assert different == [], f"{name}: {different}"


# What only describes the build: a new ignore file leaves it out, entries that are added to one do not.
OWN = frozenset(
    {".dockerignore", "dockerignore", "Dockerfile", "Dockerfile.gpu", "docker/a.Dockerfile", "compose.yaml"}
)
