"""What the rules about ignore files say of Docker, judged by a real engine: which file it reads, at which patterns it
stops, and that a pattern without effect can go.
"""

from pathlib import Path

import pytest

from prebake.engine import Engine as Analysis
from prebake.files import absolute
from prebake.findings import Applicability
from prebake.fixing import fix_all
from tests.builder.engine import Engine, EngineError
from tests.builder.project import write

COPY_ALL = "FROM scratch\nCOPY . /x\n"
OWN = "\nDockerfile*\n.dockerignore\n"


def copied(engine: Engine, context: Path, dockerfile: str = "Dockerfile") -> set[str]:
    """The files of the context that the image holds; links count."""
    files = engine.image(engine.build(context, "ignored", dockerfile=dockerfile)).files
    return {
        path.removeprefix("/x/") for path, file in files.items() if path.startswith("/x/") and file[0] != "directory"
    }


def sent(context: Path, dockerfile: str = "Dockerfile") -> set[str]:
    """The same as prebake sees it."""
    from prebake.build.build import Build
    from prebake.engine import builds

    made: Build = builds(Analysis().snapshot, absolute(str(context / dockerfile)))[0]
    assert made.scan is not None
    return {path for path, _ in made.scan.files()}


def test_the_ignore_file_that_is_read(engine: Engine, tmp_path: Path) -> None:
    """BuildKit wants the right name, reads the one beside the Dockerfile first, and follows links only in the context,
    whose top is their root; what it does not read, it does not mention.
    """
    files = {"Dockerfile": COPY_ALL, "a": "1", "b": "2"}
    plain = write(tmp_path / "plain", {**files, "dockerignore": "a\n", "Dockerfile.x.dockerignore": "b\n"})
    write(plain, {".dockerignore.txt": "a\n", ".containerignore": "b\n"})
    beside = write(tmp_path / "beside", {**files, ".dockerignore": "a\n", "Dockerfile.dockerignore": "b\n"})
    inside = write(tmp_path / "inside", {**files, "rules": "a\n"})
    (inside / ".dockerignore").symlink_to("rules")
    outside = write(tmp_path / "outside", {**files, "../rules": "a\n"})
    (outside / ".dockerignore").symlink_to("../rules")
    absolute_ = write(tmp_path / "absolute", {**files, "rules": "a\n"})
    (absolute_ / ".dockerignore").symlink_to(absolute_ / "rules")
    rooted = write(tmp_path / "rooted", {**files, "rules": "a\n"})
    (rooted / ".dockerignore").symlink_to("/rules")
    folder = write(tmp_path / "folder", {**files, ".dockerignore/x": ""})
    below = write(tmp_path / "below", {**files, "docker/Dockerfile": COPY_ALL, "docker/.dockerignore": "a\n"})
    projects = (plain, beside, inside, outside, absolute_, rooted, folder)
    found = {project.name: copied(engine, project) for project in projects}
    found["below"] = copied(engine, below, "docker/Dockerfile")
    assert {name: sorted({"a", "b"} & there) for name, there in found.items()} == {
        "plain": ["a", "b"],
        "beside": ["a"],
        "inside": ["b"],
        "outside": ["a", "b"],
        "absolute": ["a", "b"],
        "rooted": ["b"],
        "folder": ["a", "b"],
        "below": ["a", "b"],
    }
    for project in projects:
        assert sent(project) == found[project.name], project.name


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("[a-", "syntax error in pattern"),
        ("data\\", "syntax error in pattern"),
        ("src\\models", "syntax error in pattern"),
        ("[z-a]", "syntax error in pattern"),
        ("!", 'illegal exclusion pattern: "!"'),
        ("x" * 65536, "token too long"),
        ("data\t# big files", 'header key "exclude-patterns" contains value with non-printable ASCII characters'),
    ],
    ids=lambda text: text[:20],
)
def test_the_patterns_at_which_the_build_stops(engine: Engine, tmp_path: Path, pattern: str, says: str) -> None:
    context = write(tmp_path, {"Dockerfile": COPY_ALL, "a": "1", ".dockerignore": f"b\n{pattern}\n"})
    report = Analysis().check(absolute(str(context / "Dockerfile")))
    (finding,) = [finding for finding in report.findings if finding.code == "PB104"]
    assert says in finding.message
    with pytest.raises(EngineError, match=says):
        engine.build(context, "stopped")


@pytest.mark.parametrize(
    ("lines", "mended"),
    [
        ("data\t# big files\n", "# big files\ndata\n"),
        ("b\rdata\r!data/keep\r", "b\ndata\n!data/keep\r"),
        ("data\n!data/keep\ndata\n", "data\n!data/keep\n"),
        ("*\n!data/keep\n**/data\n", "*\n**/data\n!data/keep\n"),
    ],
    ids=["tab", "carriage return", "again", "wildcard again"],
)
def test_what_is_mended_does_what_it_says(engine: Engine, tmp_path: Path, lines: str, mended: str) -> None:
    """BuildKit stops at control characters, and delivers a file empty whose folder is ignored again behind it."""
    context = write(tmp_path, {"Dockerfile": COPY_ALL, ".dockerignore": lines, "data/keep": "content", "data/x": "x"})
    analysis = Analysis(overrides={"select": ["PB104", "PB109"]})
    path = absolute(str(context / "Dockerfile"))
    (finding,) = analysis.check(path).findings
    if finding.code == "PB104":
        with pytest.raises(EngineError, match="non-printable ASCII characters"):
            engine.build(context, "stopped")
    else:
        assert engine.export(context)[0]["/x/data/keep"][4] == "0"
    (edit,) = finding.fixes[0].edits
    (context / ".dockerignore").write_bytes(edit.apply().to_bytes())
    assert (context / ".dockerignore").read_bytes().decode() == mended
    after = engine.export(context)[0]
    assert after.get("/x/data/keep", ("", "", "", "", "0"))[4] == ("7" if "!" in mended else "0")
    assert "/x/data/x" not in after


@pytest.mark.parametrize(
    ("source", "ignored", "code"),
    [
        ("a.txt", "b.txt\n", None),
        ("b.txt", "b.txt\n", "PB105"),
        ("sub", "sub\n", "PB105"),
        ("sub", "sub\n!sub/f\n", None),
        ("gone.txt", "", "PB106"),
    ],
)
def test_a_named_context_has_its_own_ignore_file(
    engine: Engine, tmp_path: Path, source: str, ignored: str, code: str | None
) -> None:
    compose = "services: {a: {build: {context: ., additional_contexts: {shared: ../shared}}}}\n"
    files = {"Dockerfile": f"FROM scratch\nCOPY --from=shared {source} /x/\n", ".dockerignore": "a.txt\nsub\n"}
    context = write(tmp_path / "project", files | {"compose.yaml": compose})
    shared = write(tmp_path / "shared", {"a.txt": "a", "b.txt": "b", "sub/f": "f", ".dockerignore": ignored})
    analysis = Analysis(overrides={"select": ["PB105", "PB106"]})
    found = [finding.code for finding in analysis.check(absolute(str(context / "Dockerfile"))).findings]
    assert found == ([] if code is None else [code])
    if code is None:
        assert any(path.startswith("/x/") for path in engine.export(context, named={"shared": shared})[0])
    else:
        with pytest.raises(EngineError, match="not found"):
            engine.export(context, named={"shared": shared})


@pytest.mark.parametrize(
    "lines",
    [
        "**/__pycache__\nsrc/__pycache__\n*.pyc\n**/*.py[cod]\ndata/**\ndata\n./data/\n!.\n../x\n",
        "!data/keep\n**/*.pyc\n!src\n!README.md\n",
        "*\nnode_modules\n!src\n!src\n!src/*\n**/__pycache__\n**/**/__pycache__\n",
    ],
    ids=["covered", "exceptions", "everything but"],
)
def test_without_the_patterns_that_do_nothing_the_image_is_the_same(engine: Engine, tmp_path: Path, lines: str) -> None:
    names = ("README.md", "a.pyc", "data/keep", "data/x/y", "src/a.py", "src/a.pyc", "src/__pycache__/a.pyc")
    files = {name: name for name in (*names, "src/x/__pycache__/b.pyo", "node_modules/m/i.js")}
    context = write(tmp_path, {"Dockerfile": COPY_ALL, ".dockerignore": lines + OWN, **files})
    before = copied(engine, context)
    assert before == sent(context)
    analysis = Analysis(overrides={"select": ["PB109"]})
    path = absolute(str(context / "Dockerfile"))
    assert len([found for found in analysis.check(path).findings if found.fixes]) >= 3
    (edit,) = fix_all(analysis, [path], Applicability.SAFE).edits
    (context / ".dockerignore").write_bytes(edit.apply().to_bytes())
    assert copied(engine, context) == before
