"""`prebake check`: what is checked, what is printed, what is fixed, and the exit status."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.rules.trees import make_tree

pytestmark = pytest.mark.usefixtures("sample_rules")

BAD = "FROM x\nRUN safe\nRUN unsafe && unfixable\n"


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_text_shows_place_source_carets_and_fixes(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BAD})
    done = run("check")
    assert done.status == 1
    assert done.err == ""
    first = done.out.split("\n\n")[0]
    assert lines(first) == [
        "Dockerfile:3:5: warning PB991 unfixable is a bad word",
        "    3 | RUN unsafe && unfixable",
        "      |     ^^^^^^^^^^^^^^^^^^^",
        "      = Dockerfile:1:1: here it begins",
        "      = no fix: nobody knows better",
    ]
    assert "      = fix [safe]: Replace safe by good\n          nothing reads it\n" in done.out
    assert "PB993" not in done.out
    assert lines(done.out)[-4:] == [
        "4 findings in 1 Dockerfile: 3 warnings, 1 information.",
        "1 fixable with --fix, 2 more with --fix --suggested.",
        "1 hint not shown: add --all.",
        "Dockerfile: build context . (from the Dockerfile's folder); no ignore file.",
    ]


def test_what_costs_most_comes_first(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"a/Dockerfile": "FROM x\nRUN safe\n", "b/Dockerfile": "FROM x\nRUN unfixable\n"})
    heads = [line.split(": ")[0] for line in lines(run("check", "--all").out) if " PB99" in line]
    assert heads == [
        "b/Dockerfile:2:5", "a/Dockerfile:2:5", "a/Dockerfile:1:1", "b/Dockerfile:1:1", "a/Dockerfile:1:1",
        "b/Dockerfile:1:1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status"),
    [((), 1), (("--fail-on", "error"), 0), (("--ignore", "word"), 0), (("--ignore", "PB991,pb992"), 0),
     (("--ignore", "PB991", "--fail-on", "information"), 1), (("--select", "PB993", "--fail-on", "information"), 0)],
)  # fmt: skip
def test_exit_status(run: Run, tmp_path: Path, arguments: tuple[str, ...], status: int) -> None:
    make_tree(tmp_path, {"Dockerfile": BAD})
    assert run("check", *arguments).status == status


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--suggested",), "--suggested needs --fix or --diff"),
        (("--diff", "--format", "json"), "does not go with"),
        (("--stdin-filename", "Dockerfile", "."), "takes no PATH"),
        (("--stdin-filename", "."), "is a folder"),
        (("--context", "nowhere"), "nowhere is no folder"),
        (("--select", "PB4"), "no rule is called 'PB4'"),
        (("--ignore", "wrod"), "no rule is called 'wrod'"),
        (("--format", "xml"), "invalid choice"),
        (("nowhere",), "nowhere: no such file or folder"),
    ],
)
def test_bad_usage(run: Run, tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\n"})
    done = run("check", *arguments)
    assert done.status == 2
    assert complaint in done.err
    assert "Traceback" not in done.err


def test_what_cannot_be_read_does_not_hide_the_rest(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BAD, "big/Dockerfile": {"size": 17 * 1024 * 1024}})
    os.mkfifo(tmp_path / "Dockerfile.pipe")
    done = run("check", "big/Dockerfile", "Dockerfile.pipe", "Dockerfile")
    assert done.status == 2
    assert "big/Dockerfile: larger than 16 MiB" in done.err
    assert "Dockerfile.pipe: neither a file nor a folder" in done.err
    assert "Dockerfile:3:5: warning" in done.out


def test_an_unreadable_dockerfile_in_a_folder_is_told(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": {"size": 17 * 1024 * 1024}})
    done = run("check")
    assert done.status == 0
    assert "Dockerfile: larger than 16 MiB" in done.err


def test_a_wrong_setting_is_named(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BAD, "prebake.toml": "selct = []\n"})
    done = run("check")
    assert done.status == 2
    assert "selct" in done.err


def test_paths(run: Run, tmp_path: Path) -> None:
    bad = "FROM x\nCOPY app.py .\nRUN safe\n"
    make_tree(tmp_path, {"a/Dockerfile": bad, "a/app.py": "", "b/Dockerfile": bad, "b/app.py": "", "image.build": bad})

    def checked(*paths: str) -> list[str]:
        found = (line.partition(":")[0] for line in lines(run("check", *paths).out) if "PB991" in line)
        return sorted(found)

    assert checked() == ["a/Dockerfile", "b/Dockerfile"]
    assert checked("a") == ["a/Dockerfile"]
    assert checked("a/Dockerfile", "a") == ["a/Dockerfile"]
    assert checked("b/app.py") == ["b/Dockerfile"]
    assert checked("image.build", "b") == ["b/Dockerfile", "image.build"]
    assert checked(str(tmp_path / "a")) == ["a/Dockerfile"]


def test_nothing_to_check_is_told(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"app.py": "", "from.py": "from x import y\n"})
    done = run("check")
    assert (done.status, done.out) == (0, "No findings in 0 Dockerfiles.\n")
    assert "no Dockerfile found below ." in done.err
    assert run("check", "from.py").err == "prebake: from.py concerns no Dockerfile\n"
    told = run("check", "from.py", "app.py").err
    assert told == "prebake: 2 files concern no Dockerfile, such as from.py\n"


def test_given_context(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"docker/Dockerfile": BAD, "src/x": ""})
    assert "build context src (from --context)" in run("check", "--context", "src").out


def test_fix_applies_safe_fixes_and_says_so(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BAD})
    done = run("check", "--fix")
    assert done.status == 1
    assert lines(done.out)[0] == "Fixed Dockerfile PB991: Replace safe by good"
    assert (tmp_path / "Dockerfile").read_text() == "FROM x\nRUN good\nRUN unsafe && unfixable\n"
    assert not (tmp_path / ".dockerignore").exists()
    assert "safe is a bad word" not in done.out.replace("unsafe is", "")


def test_hints_are_fixed_where_they_are_shown(run: Run, tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM x\nRUN safe\n", "prebake.toml": 'severity = { word = "hint" }\n'}
    make_tree(tmp_path, files)
    run("check", "--fix")
    assert (tmp_path / "Dockerfile").read_text() == files["Dockerfile"]
    run("check", "--fix", "--all")
    assert (tmp_path / "Dockerfile").read_text() == "FROM x\nRUN good\n"


def test_fix_suggested_creates_files_and_is_idempotent(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN safe\nRUN unsafe\n"})
    done = run("check", "--fix", "--suggested")
    assert done.status == 0
    assert (tmp_path / "Dockerfile").read_text() == "FROM x\nRUN good\nRUN good\n"
    assert (tmp_path / ".dockerignore").read_text() == "data\n"
    assert stat.S_IMODE((tmp_path / ".dockerignore").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "Dockerfile").stat().st_mode
    )
    before = (tmp_path / "Dockerfile").stat().st_ino
    assert "Fixed" not in run("check", "--fix", "--suggested").out
    assert (tmp_path / "Dockerfile").stat().st_ino == before


def test_fix_keeps_mode_line_ends_and_bytes(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"\xef\xbb\xbfFROM x\r\n# \xff\r\nRUN safe")
    path.chmod(0o640)
    assert run("check", "--fix").status == 0
    assert path.read_bytes() == b"\xef\xbb\xbfFROM x\r\n# \xff\r\nRUN good"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [item.name for item in tmp_path.iterdir()] == ["Dockerfile"]


def test_fix_writes_through_a_link_inside_the_project_only(run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    make_tree(
        tmp_path,
        {
            "outside/Dockerfile": "FROM x\nRUN safe\n", "project/.git/HEAD": "",
            "project/real/Dockerfile": "FROM x\nRUN safe\n",
            "project/in/Dockerfile": {"link": "../real/Dockerfile"},
            "project/out/Dockerfile": {"link": str(outside / "Dockerfile")},
        },
    )  # fmt: skip
    run("check", "--fix", "project/in/Dockerfile")
    assert (tmp_path / "project/real/Dockerfile").read_text() == "FROM x\nRUN good\n"
    assert (tmp_path / "project/in/Dockerfile").is_symlink()
    done = run("check", "--fix", "project/out/Dockerfile")
    assert (outside / "Dockerfile").read_text() == "FROM x\nRUN safe\n"
    assert done.status == 1
    assert "Not fixed project/out/Dockerfile PB991: Replace safe by good: it would write outside" in done.out


def test_fix_with_json_keeps_the_standard_output_for_it(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BAD})
    done = run("check", "--fix", "--format", "json")
    assert done.out.startswith("{")
    assert "Fixed Dockerfile PB991" in done.err


def test_diff_writes_nothing(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"sub/Dockerfile": "FROM x\nRUN safe\nRUN unsafe"})
    done = run("check", "--diff", "sub")
    assert done.out == (
        "--- a/sub/Dockerfile\n+++ b/sub/Dockerfile\n@@ -1,3 +1,3 @@\n FROM x\n-RUN safe\n+RUN good\n RUN unsafe\n"
        "\\ No newline at end of file\n"
    )
    assert done.status == 1
    assert "2 warnings" in done.err
    assert (tmp_path / "sub/Dockerfile").read_text() == "FROM x\nRUN safe\nRUN unsafe"
    created = run("check", "--diff", "--suggested", "sub").out
    assert "--- /dev/null\n+++ b/sub/.dockerignore\n@@ -0,0 +1 @@\n+data\n" in created
    assert not (tmp_path / "sub/.dockerignore").exists()


def test_standard_input_replaces_the_file(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN fine\n"})
    done = run("check", "--stdin-filename", "Dockerfile", stdin=b"FROM x\n\nRUN safe\n")
    assert done.status == 1
    assert "Dockerfile:3:5: warning PB991 safe is a bad word" in done.out
    assert "    3 | RUN safe" in done.out


def test_standard_input_of_a_new_file(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\n"})
    assert "PB992" not in run("check", "--stdin-filename", ".dockerignore", stdin=b"a\n").out
    done = run("check", "--stdin-filename", "sub/Dockerfile", "-", stdin=b"FROM x\nRUN safe\n")
    assert "sub/Dockerfile:2:5: warning PB991" in done.out
    assert not (tmp_path / "sub").exists()


def test_standard_input_is_fixed_to_standard_output(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\n"})
    text = b"\xef\xbb\xbfFROM x\r\n# \xff\r\nRUN safe\r\nRUN unsafe"
    done = run("check", "--fix", "--stdin-filename", "Dockerfile", stdin=text)
    assert done.raw == text.replace(b" safe", b" good")
    assert "unsafe is a bad word" in done.err
    assert "Fixed Dockerfile PB991" in done.err
    suggested = run("check", "--fix", "--suggested", "--stdin-filename", "Dockerfile", stdin=text)
    assert suggested.raw == b"\xef\xbb\xbfFROM x\r\n# \xff\r\nRUN good\r\nRUN good"
    assert (tmp_path / "Dockerfile").read_text() == "FROM x\n"
    assert not (tmp_path / ".dockerignore").exists()


def test_standard_input_with_nothing_to_fix_is_given_back(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN safe\n", "app.py": "x"})
    done = run("check", "--fix", "--stdin-filename", "app.py", stdin=b"y = 1\n")
    assert done.raw == b"y = 1\n"
    assert (tmp_path / "Dockerfile").read_text() == "FROM x\nRUN safe\n"
    assert run("check", "--diff", "--stdin-filename", "Dockerfile", stdin=b"FROM x\nRUN safe\n").out.endswith(
        "+RUN good\n"
    )


def test_control_characters_of_a_project_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.\x1b[2J").write_bytes(b"FROM x\nRUN safe \x1b]0;x\x07 \xe2\x80\xae \xff\n")
    done = run("check")
    assert done.status == 1
    assert "\x1b" not in done.out and "\x07" not in done.out and "\u202e" not in done.out
    assert "Dockerfile.\\x1b[2J:2:5" in done.out
    assert "RUN safe \\x1b]0;x\\x07 \\u202e \\xff" in done.out
