"""The engine: which Dockerfiles a change concerns, what is remembered, what counts when it is unsaved."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake import files
from prebake.config import ConfigError
from prebake.engine import Engine, Report, builds, fingerprint
from prebake.text import Text
from tests.rules.trees import make_tree

WRONG = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . /app\nRUN pip install --no-cache-dir -r requirements.txt\n"
PROJECT = {"Dockerfile": WRONG, "requirements.txt": "flask\n", "app.py": "x = 1\n", "data/big.bin": {"size": 3_000_000}}


def at(root: Path, name: str) -> str:
    return files.absolute(str(root / name))


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


def test_all_severities_and_the_context_are_reported(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    report = Engine().check(at(tmp_path, "Dockerfile"))
    assert {"PB101", "PB201"} <= codes(report)
    assert report.contexts[0].root == at(tmp_path, "")
    assert report.ignore_file is None
    assert report.measured


def test_an_unsaved_ignore_file_counts_and_is_forgotten_when_closed(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    engine = Engine()
    dockerfile, ignore = at(tmp_path, "Dockerfile"), at(tmp_path, ".dockerignore")
    engine.update(ignore, Text("data\n"))
    assert "PB101" not in codes(engine.check(dockerfile))
    assert engine.check(dockerfile).ignore_file == ignore
    engine.update(ignore, None)
    assert "PB101" in codes(engine.check(dockerfile))


def test_a_report_is_the_same_object_until_something_changes(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    engine = Engine()
    path = at(tmp_path, "Dockerfile")
    first = engine.check(path)
    assert engine.check(path) is first
    engine.update(path, Text(WRONG))
    second = engine.check(path)
    assert second is not first
    engine.update(path, Text(WRONG))
    assert engine.check(path) is second
    engine.invalidate([at(tmp_path, "app.py")])
    assert engine.check(path) is not second


def test_files_concern_the_dockerfiles_whose_context_holds_them(tmp_path: Path) -> None:
    build = "FROM python\nCOPY main.py .\n"
    make_tree(
        tmp_path,
        {
            "a/Dockerfile": build, "a/main.py": "", "b/Dockerfile": build, "b/main.py": "", "b/Dockerfile.gpu": build,
            "b/Dockerfile.gpu.dockerignore": "x\n", "compose.yaml": "services: {}\n",
            "README.md": "`docker build a`\n", "c/run.sh": "echo docker\n",
        },
        git=True,
    )  # fmt: skip
    engine = Engine()
    a, b, gpu = (at(tmp_path, name) for name in ("a/Dockerfile", "b/Dockerfile", "b/Dockerfile.gpu"))
    assert engine.dockerfiles_for(a) == (a,)
    assert engine.dockerfiles_for(at(tmp_path, "b/main.py")) == (b, gpu)
    assert engine.dockerfiles_for(at(tmp_path, "a/.dockerignore")) == (a,)
    assert engine.dockerfiles_for(at(tmp_path, "b/Dockerfile.gpu.dockerignore")) == (gpu,)
    assert engine.dockerfiles_for(at(tmp_path, "b/Dockerfile.gpu.containerignore")) == (gpu,)
    for name in ("compose.yaml", "docker-bake.hcl", "a/.devcontainer/devcontainer.json", "Makefile", "README.md"):
        assert engine.dockerfiles_for(at(tmp_path, name)) == (a, b, gpu)
    assert engine.dockerfiles_for(at(tmp_path, "c/run.sh")) == ()


def test_an_unsaved_bake_file_counts(tmp_path: Path) -> None:
    make_tree(tmp_path, {"docker/Dockerfile": "FROM python\nCOPY . .\n", "docker-bake.hcl": ""}, git=True)
    engine = Engine()
    dockerfile = at(tmp_path, "docker/Dockerfile")
    assert [context.root for context in engine.check(dockerfile).contexts] == [at(tmp_path, "docker")]
    engine.update(at(tmp_path, "docker-bake.hcl"), Text('target "a" { dockerfile = "docker/Dockerfile" }\n'))
    report = engine.check(dockerfile)
    (context,) = report.contexts
    (missing,) = (finding for finding in report.findings if finding.code == "PB101")
    assert "the build context . (docker-bake.hcl:1)" in missing.message
    assert [related.location.path for related in missing.related] == [at(tmp_path, "docker-bake.hcl")]
    assert (context.root, context.evidence.source(tmp_path.as_posix())) == (tmp_path.as_posix(), "docker-bake.hcl:1")
    engine.update(at(tmp_path, "docker-bake.hcl"), Text('target "a" { dockerfile = "docker/Dock'))
    assert [context.root for context in engine.check(dockerfile).contexts] == [at(tmp_path, "docker")]


def test_of_very_many_ways_to_build_one_dockerfile_the_first_are_looked_at(tmp_path: Path) -> None:
    stages = "".join(f"FROM python AS s{number}\nCOPY . .\n" for number in range(30))
    bake = "".join(f'target "t{number}" {{ target = "s{number}" }}\n' for number in range(30))
    make_tree(tmp_path, {"Dockerfile": stages, "docker-bake.hcl": bake})
    made = builds(files.disk(), at(tmp_path, "Dockerfile"), root=tmp_path.as_posix())
    assert [build.context.target for build in made] == [f"s{number}" for number in range(4)]
    assert len(made[0].contexts) == 30


def test_a_new_dockerfile_in_a_buffer_is_found(tmp_path: Path) -> None:
    make_tree(tmp_path, {"app.py": ""}, git=True)
    engine = Engine()
    assert engine.dockerfiles_for(at(tmp_path, "app.py")) == ()
    engine.update(at(tmp_path, "Dockerfile"), Text("FROM python\nCOPY . .\n"))
    assert engine.dockerfiles_for(at(tmp_path, "app.py")) == (at(tmp_path, "Dockerfile"),)


def test_a_missing_file_is_a_report_with_a_reason(tmp_path: Path) -> None:
    report = Engine().check(at(tmp_path, "Dockerfile"))
    assert report.text is None
    assert report.problem == "no such file"


def test_a_scan_under_way_leaves_the_report_open_and_is_asked_again(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    asked: list[str] = []

    def scanner(_snapshot: object, root: str, _rules: object) -> None:
        asked.append(root)

    engine = Engine(scanner=scanner)
    path = at(tmp_path, "Dockerfile")
    report = engine.check(path)
    assert not report.measured
    assert "PB101" in codes(report)
    engine.measured()
    engine.check(path)
    assert len(asked) == 2


def test_settings_choose_rules_and_severities(tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "prebake.toml": 'ignore = ["PB1"]\n[severity]\nPB201 = "error"\n'})
    report = Engine().check(at(tmp_path, "Dockerfile"))
    assert [(finding.code, str(finding.severity)) for finding in report.findings] == [("PB201", "error")]
    overridden = Engine(overrides={"ignore": ["PB2"]}).check(at(tmp_path, "Dockerfile"))
    assert "PB201" not in codes(overridden)


def test_a_wrong_setting_is_raised(tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "prebake.toml": "colour = 1\n"})
    with pytest.raises(ConfigError, match="colour"):
        Engine().check(at(tmp_path, "Dockerfile"))


@pytest.mark.parametrize(
    ("old", "new", "quiet"),
    [
        ("COPY . /app", "# prebake: ignore[PB201] small\nCOPY . /app", {"PB201"}),
        ("COPY . /app", "# prebake: ignore[copy-before-install, PB101]\nCOPY . /app", {"PB201", "PB101"}),
        ("COPY . /app", "# prebake: ignore\n# another\nCOPY . \\\n  # inside\n  /app", {"PB201", "PB101"}),
        ("FROM", "# prebake: ignore-file[PB101]\nFROM", {"PB101"}),
        ("COPY . /app", "# prebake: ignore[PB301]\nCOPY . /app", set()),
        ("COPY . /app", "# prebake: ignore[PB201]\n\nCOPY . /app", set()),
    ],
)
def test_comments_silence(tmp_path: Path, old: str, new: str, quiet: set[str]) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile": WRONG.replace(old, new)})
    assert {"PB101", "PB201"} - codes(Engine().check(at(tmp_path, "Dockerfile"))) == quiet


def test_a_generated_file_is_reported_without_fixes(tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile": "# Generated by make. DO NOT EDIT.\n" + WRONG})
    report = Engine().check(at(tmp_path, "Dockerfile"))
    assert report.findings
    for finding in report.findings:
        assert finding.fixes == ()
        assert "generated" in (finding.no_fix or "")


def test_the_ignore_file_of_a_generated_dockerfile_is_still_mended(tmp_path: Path) -> None:
    generated = "# Generated by make. DO NOT EDIT.\n" + WRONG
    make_tree(tmp_path, {**PROJECT, "Dockerfile": generated, ".dockerignore": "data\ndata\n"})
    report = Engine().check(at(tmp_path, "Dockerfile"))
    assert [len(finding.fixes) for finding in report.findings if finding.code == "PB109"] == [1]


def test_a_missing_ignore_file_and_one_that_is_not_in_force_are_one_mistake(tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "dockerignore": "data\n"})
    path = at(tmp_path, "Dockerfile")
    assert {"PB101", "PB108"} & codes(Engine().check(path)) == {"PB108"}
    assert {"PB101", "PB108"} & codes(Engine(overrides={"ignore": ["PB108"]}).check(path)) == {"PB101"}


def test_a_fingerprint_survives_moved_lines_and_other_sizes(tmp_path: Path) -> None:
    make_tree(tmp_path / "one", PROJECT)
    make_tree(tmp_path / "two", {**PROJECT, "Dockerfile": "# moved\n\n" + WRONG, "data/big.bin": {"size": 9_000_000}})
    prints = []
    for name in ("one", "two"):
        report = Engine(workspaces=[at(tmp_path, name)]).check(at(tmp_path, f"{name}/Dockerfile"))
        prints.append({fingerprint(finding, report.root) for finding in report.findings})
    assert prints[0] == prints[1]
    assert len(prints[0]) >= 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"FROM",
        b"\xef\xbb\xbf",
        b"RUN <<EOF\n",
        b"COPY [\n",
        b"FROM a\nCOPY . " + b"x" * 1_000_000,
    ],
)
def test_bad_dockerfiles_are_survived(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "Dockerfile").write_bytes(content)
    report = Engine().check(at(tmp_path, "Dockerfile"))
    assert report.text is not None
    assert all(finding.code != "PB201" for finding in report.findings)


def test_dockerfiles_are_looked_for_again_only_when_there_may_be_others(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": WRONG, "app.py": "", "sub/Dockerfile": WRONG}, git=True)
    engine = Engine()
    root = at(tmp_path, "")
    assert len(engine.dockerfiles_in(root)) == 2
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "Dockerfile").write_text(WRONG)
    engine.invalidate([at(tmp_path, "app.py")])
    assert len(engine.dockerfiles_in(root)) == 2
    engine.invalidate([at(tmp_path, "new/Dockerfile")])
    assert len(engine.dockerfiles_in(root)) == 3
    (tmp_path / "sub" / "Dockerfile").unlink()
    (tmp_path / "sub").rmdir()
    engine.invalidate([at(tmp_path, "sub")])
    assert len(engine.dockerfiles_in(root)) == 2
    (tmp_path / ".gitignore").write_text("new/\n")
    engine.invalidate([at(tmp_path, ".gitignore")])
    assert engine.dockerfiles_in(root) == (at(tmp_path, "Dockerfile"),)


def test_a_rule_that_fails_takes_no_other_finding_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("too deep")

    make_tree(tmp_path, PROJECT)
    monkeypatch.setattr("prebake.rules.missing_dockerignore.MissingDockerignore.check", fail)
    monkeypatch.setattr("prebake.build.installs.arrangements.plan_sink", fail)
    report = Engine().check(at(tmp_path, "Dockerfile"))
    assert codes(report) == {"PB201"}
    assert len(report.failures) == 1
    assert "PB101" in report.failures[0] and "too deep" in report.failures[0]
    assert "too deep" in (report.findings[0].no_fix or "")
