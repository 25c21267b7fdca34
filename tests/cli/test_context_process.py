"""`prebake context` as a process: a terminal, a pipe, an interrupt, and what it loads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.cli.contexts import BROAD, NARROW
from tests.cli.test_process import PREBAKE, loaded_by, on_terminal
from tests.rules.trees import make_tree


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
