"""`prebake context`: what is sent and why, as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.contexts import BROAD, NARROW, PROJECT, lines, loaded, section
from tests.rules.trees import make_tree


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
