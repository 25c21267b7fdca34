"""`prebake context`: what is sent and why, as text and as JSON."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from prebake.cli.measuring import Measuring
from prebake.files import Snapshot
from prebake.project.ignore import IgnoreRules, rules_of
from prebake.project.scan import ContextScan, scan
from prebake.text import Text
from tests.cli.conftest import Run
from tests.cli.contract import context_violations
from tests.cli.test_process import PREBAKE, loaded_by, on_terminal
from tests.project.test_scan import LINES, TREES
from tests.rules.trees import make_tree
from tests.test_hostile import BAD_FILES
from tests.test_hostile import PROJECT as HOSTILE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "context.md"
BROAD = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . /app\n"
NARROW = "FROM python:3.12-slim\nCOPY requirements.txt src /app/\n"
PROJECT = {
    "Dockerfile": BROAD,
    ".dockerignore": "# data\ndata\n!data/labels.csv\n**/*.pyc\n*.log\n",
    "requirements.txt": "flask\n",
    "src/app.py": {"size": 2_000},
    "src/app.pyc": {"size": 4_000},
    "src/deep/b.pyc": {"size": 5_000},
    "data/raw/x.csv": {"size": 3_000_000},
    "data/labels.csv": {"size": 7_000},
    "venv/pyvenv.cfg": "home = /usr/bin\n",
    "venv/lib/torch.so": {"size": 500_000},
}


def lines(text: str) -> list[str]:
    return text.splitlines()


def section(out: str, heading: str) -> list[str]:
    """The lines of a tree, with single blanks."""
    found = lines(out)
    rest = found[found.index(heading) + 1 :]
    return [" ".join(line.split()) for line in rest[: rest.index("") if "" in rest else len(rest)]]


def loaded(text: str) -> list[dict[str, Any]]:
    document = json.loads(text)
    assert context_violations(document) == []
    contexts: list[dict[str, Any]] = document["contexts"]
    return contexts


def flat(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All entries of a tree by path."""
    found = {tree["path"]: tree}
    for child in tree.get("children", ()):
        found.update(flat(child))
    return found


def test_what_is_sent_and_what_is_left_out(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    done = run("context")
    assert (done.status, done.err) == (0, "")
    assert lines(done.out)[:4] == [
        "Build context . (from the Dockerfile's folder), ignore file .dockerignore",
        "Dockerfile sends 509 kB in 7 files: line 3, `COPY . /app`, takes all of it",
        "Among what is sent: virtual environment 500 kB",
        ".dockerignore leaves out 3.0 MB in 3 files",
    ]
    assert section(done.out, "Sent") == [
        "500 kB 98% 2 files venv/ virtual environment",
        "7.0 kB 1% data/labels.csv .dockerignore:3 !data/labels.csv",
        "2.0 kB <1% src/app.py",
        "47 B <1% Dockerfile",
        "44 B <1% .dockerignore",
        "6 B <1% requirements.txt",
    ]
    assert section(done.out, "Left out") == [
        "3.0 MB 100% 1 file data/ .dockerignore:2 data",
        "9.0 kB <1% 2 files **/*.pyc .dockerignore:4 2 entries",
    ]


def test_what_is_recognised_is_summed_up_wherever_it_lies(run: Run, tmp_path: Path) -> None:
    files = {
        "Dockerfile": BROAD,
        ".dockerignore": "left\n",
        "models/a.safetensors": {"size": 20_000_000},
        "left/b.safetensors": {"size": 50_000_000},
        **{f"p{number}/__pycache__/m.pyc": {"size": 100_000} for number in range(20)},
        ".vscode/settings.json": "{}",
        "certs/server.key": "1",
        ".env": "TOKEN=1",
        "left/.env": "TOKEN=1",
    }
    make_tree(tmp_path, files)
    out = run("context").out
    assert "\nAmong what is sent: model weights 20 MB, Python byte code 2.0 MB\n" in out
    assert "\nNamed like secrets: .env, certs/server.key\n" in out
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY p1 certs /app/\n")
    out = run("context").out
    assert "\nAmong what is sent: Python byte code 100 kB\n" in out
    assert "\nNamed like secrets: certs/server.key\n" in out


def test_columns_are_aligned(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "日本/a": "x" * 5000, "日本/b": "x" * 4000, "config": "x" * 20})
    sent = lines(run("context").out)[4:9]
    assert sent == [
        "  9.0 kB   99%  2 files  日本/",
        "  5.0 kB   55%           ├─ a",
        "  4.0 kB   44%           └─ b",
        "    47 B    1%           Dockerfile",
        "    20 B   <1%           config",
    ]


def test_named_paths_are_all_that_buildkit_sends(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile": NARROW})
    done = run("context")
    assert lines(done.out)[1:4] == [
        "Dockerfile sends 2.0 kB in 2 files to BuildKit, only what its instructions name: requirements.txt, src",
        "The legacy builder and Kaniko take all of it: 509 kB in 7 files",
        ".dockerignore leaves out 3.0 MB in 3 files",
    ]
    assert section(done.out, "Sent to BuildKit") == [
        "2.0 kB 100% src/app.py",
        "6 B <1% requirements.txt",
    ]
    rest = section(done.out, "Named by no instruction: sent to the legacy builder and Kaniko only")
    assert rest[0] == "500 kB 99% 2 files venv/ virtual environment"
    assert not any("src" in line for line in rest)


def test_a_dockerfile_that_takes_nothing(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN true\n", "a": "1"})
    done = run("context")
    assert "Dockerfile takes nothing of it: BuildKit is sent nothing" in done.out
    assert "The legacy builder and Kaniko take all of it: 17 B in 2 files" in done.out
    (context,) = loaded(run("context", "--format", "json").out)
    assert context["dockerfiles"][0]["takes"] == "nothing"
    assert context["tree"]["sent"] == {"bytes": 0, "files": 0}


def test_what_a_variable_names_is_not_counted(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\nARG WHERE\nCOPY a $WHERE /app/\n", "a": "1"})
    assert "name: a; sources in variables without a known value are not counted" in run("context").out


def test_the_builder_of_the_settings_counts(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile": NARROW, "prebake.toml": 'builder = "kaniko"\n'})
    assert ": kaniko, which the settings name, takes all of it" in run("context").out


def test_without_an_ignore_file_the_way_to_one_is_shown(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {name: text for name, text in PROJECT.items() if name != ".dockerignore"})
    done = run("context")
    assert lines(done.out)[0] == "Build context . (from the Dockerfile's folder), no ignore file"
    command, *steps = lines(done.out)[-2:]
    assert command == "prebake check --fix --suggested --select PB1 would:"
    assert steps[0].startswith("  PB101  Create .dockerignore (sends ")
    assert run(*command.removesuffix(" would:").split()[1:]).status == 0
    assert "PB101" not in run("context").out


def test_an_empty_ignore_file_is_one(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, ".dockerignore": "# nothing yet\n"})
    assert ", ignore file .dockerignore (without a pattern)" in run("context").out


def test_contexts_are_those_of_the_evidence_and_shown_once(run: Run, tmp_path: Path) -> None:
    compose = (
        "services:\n  api:\n    build: {context: ., dockerfile: docker/api.Dockerfile}\n"
        "  job:\n    build:\n      context: .\n      dockerfile: docker/job.Dockerfile\n"
        "  web:\n    build: web\n"
    )
    make_tree(
        tmp_path,
        {
            "compose.yaml": compose,
            "docker/api.Dockerfile": "FROM x\nCOPY . /app\n",
            "docker/job.Dockerfile": "FROM x\nCOPY job.py /app/\n",
            "web/Dockerfile": "FROM x\nCOPY . /web\n",
            "web/index.html": "<p>",
            "job.py": "1",
        },
    )
    done = run("context", ".")
    heads = [line for line in lines(done.out) if line.startswith("Build context")]
    assert heads == ["Build context ., no ignore file", "Build context web (from compose.yaml:9), no ignore file"]
    assert "docker/api.Dockerfile sends" in done.out and "takes all of it (compose.yaml:3)" in done.out
    assert "docker/job.Dockerfile sends 1 B in 1 file to BuildKit" in done.out
    both, web = loaded(run("context", "--format", "json", ".").out)
    assert [found["path"] for found in both["dockerfiles"]] == ["docker/api.Dockerfile", "docker/job.Dockerfile"]
    assert (web["path"], web["dockerfiles"][0]["context_source"]) == ("web", "compose.yaml:9")
    one = run("context", "docker/job.Dockerfile")
    assert lines(one.out)[0] == "Build context . (from compose.yaml:6), no ignore file"


def test_several_with_named_paths_have_one_tree(run: Run, tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {"a.Dockerfile": "FROM x\nCOPY a /a\n", "b.Dockerfile": "FROM x\nCOPY b /b\n", "a": "1", "b": "22", "c": "333"},
    )
    out = run("context").out
    assert section(out, "Sent to BuildKit for any of these Dockerfiles") == ["2 B 67% b", "1 B 33% a"]
    rest = section(out, "Named by no instruction: sent to the legacy builder and Kaniko only")
    assert [line.split()[-1] for line in rest] == ["a.Dockerfile", "b.Dockerfile", "c"]


def test_the_ignore_file_beside_the_dockerfile_is_in_force(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile.dockerignore": "venv\n", "gpu.Dockerfile": BROAD})
    first, second = loaded(run("context", "--format", "json", ".").out)
    assert (first["ignore_file"], second["ignore_file"]) == ("Dockerfile.dockerignore", ".dockerignore")
    assert "Dockerfile.dockerignore:1  venv" in run("context").out


def test_what_is_fetched_is_not_sent(run: Run, tmp_path: Path) -> None:
    workflow = "jobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {push: true}\n"
    make_tree(tmp_path, {**PROJECT, ".github/workflows/build.yml": workflow}, git=True)
    done = run("context")
    assert done.status == 0
    assert "Dockerfile: the builder fetches the build context from git (see .github/workflows/build.yml:4)" in done.out
    assert "nothing is sent from here" in done.out
    (context,) = loaded(run("context", "--format", "json").out)
    assert (context["remote"], context["tree"], context["dockerfiles"][0]["sent"]) == (True, None, None)
    assert "Dockerfile sends" in run("context", "--context", ".").out


def test_the_context_can_be_given(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"docker/Dockerfile": BROAD, "src/a.py": "1", "b": "2"})
    done = run("context", "docker", "--context", "src")
    assert lines(done.out)[:2] == [
        "Build context src (from --context), no ignore file",
        "docker/Dockerfile sends 1 B in 1 file: line 3, `COPY . /app`, takes all of it",
    ]


def test_which_dockerfile(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "gpu.Dockerfile": BROAD, "sub/Containerfile": BROAD, "sub/a.py": ""})

    def shown(*arguments: str) -> list[str]:
        contexts = loaded(run("context", "--format", "json", *arguments).out)
        return [found["path"] for context in contexts for found in context["dockerfiles"]]

    assert shown() == ["Dockerfile"]
    assert shown(".") == ["Dockerfile", "gpu.Dockerfile", "sub/Containerfile"]
    assert shown("gpu.Dockerfile") == ["gpu.Dockerfile"]
    assert shown("sub") == ["sub/Containerfile"]
    (tmp_path / "Dockerfile").unlink()
    assert shown() == ["gpu.Dockerfile", "sub/Containerfile"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nowhere",), "nowhere: no such file or folder"),
        (("--context", "nowhere"), "nowhere is no folder"),
        (("--depth", "0"), "expected a number from 1, not '0'"),
        (("--lines", "many"), "expected a number from 1, not 'many'"),
        (("--all", "--lines", "3"), "does not go with --lines"),
        (("--format", "yaml"), "invalid choice"),
        (("empty",), "no Dockerfile found below empty"),
    ],
)
def test_bad_usage(run: Run, tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "empty": None})
    done = run("context", *arguments)
    assert done.status == 2
    assert complaint in done.err
    assert "Traceback" not in done.err


def test_a_wrong_setting_and_an_unreadable_dockerfile_are_named(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"a/Dockerfile": BROAD, "a/prebake.toml": "selct = []\n", "b/Dockerfile": {"size": 1 << 25}})
    done = run("context", "a")
    assert done.status == 2 and "selct" in done.err
    done = run("context", "b")
    assert done.status == 2 and "b/Dockerfile: larger than 16 MiB" in done.err


def test_the_page_shows_what_is_printed(run: Run, tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
            "RUN pip install -r requirements.txt\nCOPY src src\n",
            ".dockerignore": "# data\ndata\n!data/labels.csv\n**/*.log\n",
            "requirements.txt": "flask\n",
            "data/train.parquet": {"size": 2_100_000_000},
            "data/labels.csv": {"size": 48_000},
            ".venv/pyvenv.cfg": "",
            ".venv/torch.so": {"size": 310_000_000},
            "src/app.py": {"size": 5_200},
            "src/model.py": {"size": 1_300},
            "src/train.log": {"size": 91_000},
        },
    )
    console, document = re.findall(r"```(?:console|json)\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert console.removeprefix("$ prebake context\n") == run("context").out.rstrip("\n")
    printed = run("context", "--format", "json", "--depth", "1", "--lines", "3").out
    assert json.loads(document) == json.loads(printed)
    assert context_violations(json.loads(document)) == []


def test_the_json_has_all_that_is_known(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path / "project", PROJECT)
    (context,) = loaded(run("context", "--format", "json", "project").out)
    assert (context["path"], context["ignore_file"]) == ("project", "project/.dockerignore")
    assert context["dockerfiles"] == [
        {
            "path": "project/Dockerfile",
            "target": None,
            "context_source": "the Dockerfile's folder",
            "takes": "all",
            "paths": [],
            "unknown_paths": False,
            "sent": {"bytes": context["tree"]["sent"]["bytes"], "files": 7},
        }
    ]
    entries = flat(context["tree"])
    data = {"path": "project/.dockerignore", "line": 2, "text": "data"}
    assert entries["project/data/raw"]["pattern"] == entries["project/data"]["pattern"] == data
    assert entries["project/data"]["kind"] == "folder"
    assert (entries["project/data"]["bytes"], entries["project/data"]["files"]) == (3_007_000, 2)
    assert entries["project/data"]["sent"] == {"bytes": 7_000, "files": 1}
    assert entries["project/data/labels.csv"]["pattern"]["line"] == 3
    assert entries["project/requirements.txt"]["pattern"] is None
    assert [(found["text"], found["files"], found["exception"]) for found in context["patterns"]] == [
        ("data", 1, False), ("!data/labels.csv", 1, True), ("**/*.pyc", 2, False), ("*.log", 0, False),
    ]  # fmt: skip


def test_json_says_what_the_ignore_file_allows_and_what_is_sent_of_that(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile": NARROW})
    (context,) = loaded(run("context", "--format", "json").out)
    entries = flat(context["tree"])
    assert (entries["venv"]["allowed"]["files"], entries["venv"]["sent"]["files"]) == (2, 0)
    assert (entries["src"]["files"], entries["src"]["allowed"]["files"], entries["src"]["sent"]["files"]) == (3, 1, 1)
    assert context["dockerfiles"][0]["takes"] == "paths"
    assert sorted(context["dockerfiles"][0]["paths"]) == ["requirements.txt", "src"]


def test_bounds(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, **{f"d{number % 30}/f{number}": "x" * number for number in range(3000)}})
    assert len(lines(run("context").out)) <= 40
    assert len(lines(run("context", "--lines", "5").out)) == 2 + 2 + 5 + 3  # totals, heading, tree, advice
    assert len(section(run("context", "--all").out, "Sent")) == 3031
    assert len(section(run("context", "--all", "--depth", "1").out, "Sent")) == 31
    whole = flat(loaded(run("context", "--format", "json", "--all").out)[0]["tree"])
    assert len(whole) == 3032
    (context,) = loaded(run("context", "--format", "json").out)
    assert len(flat(context["tree"])) <= 1001
    shallow = loaded(run("context", "--format", "json", "--depth", "1").out)[0]["tree"]
    assert len(flat(shallow)) == 32
    assert all(child["children"] == [] for child in shallow["children"] if child["kind"] == "folder")
    assert shallow["more"] is None and shallow["children"][0]["more"]["entries"] == 100


def test_odd_names_are_escaped_and_links_not_followed(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "a\nb\tc\x1b[31m": "x" * 90, ".dockerignore": "big\nlost*\n"})
    (tmp_path / os.fsdecode(b"\xff.bin")).write_text("x" * 80)
    make_tree(tmp_path, {"big/file": "x" * 700, "link": {"link": "big"}, "out": {"link": "/"}, "lost": {"link": "no"}})
    out = run("context").out
    assert "a\\x0ab\\tc\\x1b[31m" in out
    assert "\\xff.bin" in out
    assert "\x1b" not in out
    assert "Dockerfile sends 227 B in 6 files" in out
    (context,) = loaded(run("context", "--format", "json").out)
    entries = flat(context["tree"])
    assert entries["link"]["bytes"] == 0 and entries["link"]["kind"] == "file"
    assert "a\nb\tc\x1b[31m" in entries


def test_a_very_deep_tree_is_shown(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD})
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
        folder.mkdir()
        (folder / "f").write_text("x")
    assert run("context").status == 0
    assert run("context", "--all").status == 0
    assert len(flat(loaded(run("context", "--all", "--format", "json").out)[0]["tree"])) == 1 + 2 * 100


def test_a_malformed_pattern_stops_the_build(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, ".dockerignore": "data\n[a\n", "data/x": "1"})
    assert "The build stops at .dockerignore:2 (a bracket is not closed)" in run("context").out
    (context,) = loaded(run("context", "--format", "json").out)
    assert (context["problem"]["line"], context["problem"]["text"]) == (2, "[a")


def test_what_cannot_be_read_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "locked/a": "1"})
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("/locked"):  # as the system answers everyone but root
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "Cannot be read, so not counted: locked; a build fails where Docker cannot" in run("context").out
    assert loaded(run("context", "--format", "json").out)[0]["unreadable"] == ["locked"]


def test_a_file_that_arrives_empty_is_told_and_counts_with_no_bytes(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT | {".dockerignore": "data\n!data/labels.csv\nvenv\n"})
    before = loaded(run("context", "--format", "json").out)[0]["tree"]["sent"]
    assert "empty" not in run("context").out
    make_tree(tmp_path, {".dockerignore": "data\n!data/labels.csv\nvenv\ndata\n"})
    (told,) = [line for line in lines(run("context").out) if "empty" in line]
    assert told.startswith("Delivered empty by BuildKit, and counted so: data/labels.csv; .dockerignore:4 (data)")
    after = loaded(run("context", "--format", "json").out)[0]["tree"]["sent"]
    assert (after["files"], after["bytes"]) == (before["files"], before["bytes"] - 7_000 + len("data\n"))
    (tmp_path / "prebake.toml").write_text('builder = "legacy"')
    assert "empty" not in run("context").out


def test_named_contexts_are_named_and_not_counted(run: Run, tmp_path: Path) -> None:
    compose = """\
services:
  app:
    build:
      context: app
      additional_contexts: {shared: ./shared, models: ./models, tools: docker-image://alpine}
"""
    files = {"compose.yaml": compose, "app/Dockerfile": "FROM a\nCOPY a.txt /\nCOPY --from=models . /m/\n"}
    make_tree(tmp_path, files | {"app/a.txt": "a", "shared/b": "b", "models/m.bin": {"size": 5_000_000}})
    out = lines(run("context", "app/Dockerfile").out)
    assert "Not counted is what is taken of the named contexts models (models), shared (shared)" in out
    assert "5.0 MB" not in "\n".join(out)


def test_an_unfinished_measurement_is_a_lower_bound(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, PROJECT)

    def stopped(_: Measuring, files: Snapshot, root: str, rules: IgnoreRules) -> ContextScan:
        return scan(files, root, rules, budget_seconds=-1, whole=True)

    monkeypatch.setattr(Measuring, "scanner", stopped)
    out = run("context").out
    assert "Dockerfile sends at least " in out
    assert "Measuring took too long and was stopped: there is more than is shown" in out
    assert loaded(run("context", "--format", "json").out)[0]["complete"] is False


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_projects_are_survived(run: Run, tmp_path: Path, name: str) -> None:
    make_tree(tmp_path, {**HOSTILE, **BAD_FILES[name]})
    done = run("context")
    assert done.status in (0, 2) and "Traceback" not in done.err
    assert done.status == 2 or context_violations(json.loads(run("context", "--format", "json").out)) == []


def test_of_many_contexts_each_is_short(run: Run, tmp_path: Path) -> None:
    for number in range(5):
        make_tree(tmp_path / f"s{number}", {"Dockerfile": BROAD, ".dockerignore": "x\n", "x": "1", "y": "2"})
    out = run("context").out
    assert out.count("Build context s") == out.count("\nSent\n") == 5
    assert "Left out" not in out
    assert "What is left out, and by which pattern: name one of the Dockerfiles" in out
    assert run("context", "--lines", "3").out.count("Left out") == 5


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES, LINES)
def test_the_numbers_are_those_of_the_rules(
    run: Run, tmp_path_factory: pytest.TempPathFactory, tree: dict[str, int], patterns: list[str]
) -> None:
    root = tmp_path_factory.mktemp("context")
    files = {name: size for name, size in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    make_tree(root, {name: {"size": size} for name, size in files.items()})
    make_tree(root, {"Dockerfile": BROAD, ".dockerignore": "\n".join(patterns)})
    contexts = loaded(run("context", "--all", "--format", "json", str(root)).out)
    entries = flat(contexts[0]["tree"])
    rules = rules_of(Text("\n".join(patterns)), "")
    prefix = os.path.relpath(root)
    for name, size in files.items():
        entry = entries[f"{prefix}/{name}"]
        assert entry["bytes"] == (0 if rules.arrives_empty(name) else size)
        assert entry["sent"]["files"] == int(rules.sends(name))


def test_it_loads_neither_the_server_nor_slow_modules(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": NARROW, "requirements.txt": "flask\n"})
    loaded_modules = loaded_by("context", "--format", "json", cwd=tmp_path)
    assert "prebake.cli.context" in loaded_modules
    unwanted = {"pygls", "lsprotocol", "asyncio", "email", "http", "ssl", "tempfile", "difflib", "packaging", "ruamel"}
    assert [name for name in loaded_modules if name.split(".")[0] in unwanted or name == "prebake.lsp"] == []


def test_on_a_terminal_it_is_coloured_and_fits(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, **{f"some-quite-long-name-{number}": "x" for number in range(200)}})
    shown = on_terminal(tmp_path, "context")
    assert b"\x1b[1mBuild context .\x1b[0m" in shown
    assert b"\x1b[" not in on_terminal(tmp_path, "context", NO_COLOR="1")
    assert len(shown.splitlines()) <= 40


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, **{f"d{number}/f": "x" for number in range(1000)}})
    process = subprocess.Popen(
        [*PREBAKE, "context", "--all"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert errors == b""


def test_an_interrupt_ends_it_quietly(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD})
    code = (
        "import sys, prebake.cli.measuring as measuring\n"
        "def slow(*a, **k):\n    print('walking', flush=True)\n    while True: pass\n"
        "measuring.Measuring.scanner = slow\n"
        "from prebake.cli.main import main\nsys.exit(main(['context']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"walking\n"
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert b"Traceback" not in rest


def test_a_narrow_encoding_gets_plain_lines(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "src/a": "x" * 500, "src/b": "x" * 400, "日本": "x"})
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*PREBAKE, "context"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.stdout.isascii()
    assert b"|- a" in done.stdout and b"`- b" in done.stdout and b"\\u65e5\\u672c" in done.stdout
