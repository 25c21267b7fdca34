"""The command as a process: start-up, streams, signals."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.rules.trees import make_tree

PREBAKE = [sys.executable, "-m", "prebake"]
MANY = "FROM python:3.12-slim\n" + "COPY . /app\nRUN pip install -r requirements.txt\n" * 3


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-m", "prebake", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--select", "PB2"),  # PB101 measures what its fix leaves, with pathspec
        ("check", "--select", "PB2,PB3", "--format", "json"),
        ("rule",),
        ("--version",),
    ],
)
def test_commands_load_neither_the_server_nor_slow_modules(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    make_tree(tmp_path, {"Dockerfile": MANY, "requirements.txt": "flask\n"})
    loaded = loaded_by(*arguments, cwd=tmp_path)
    assert "prebake.cli.main" in loaded
    unwanted = {"pygls", "lsprotocol", "asyncio", "email", "http", "ssl", "tempfile", "difflib"}
    unwanted |= {"dataclasses", "packaging", "pathspec", "ruamel", "typing_extensions"}
    assert [name for name in loaded if name.split(".")[0] in unwanted or name == "prebake.lsp"] == []


def test_version_and_help() -> None:
    version = subprocess.run([*PREBAKE, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("prebake ") and version.split()[1][0].isdigit()
    help_text = subprocess.run([*PREBAKE, "check", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--stdin-filename" in help_text
    assert subprocess.run(PREBAKE, capture_output=True, check=False).returncode == 2


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    make_tree(tmp_path, {f"d{number}/Dockerfile": MANY for number in range(4)})
    process = subprocess.Popen(
        [*PREBAKE, "check", "--format", "json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in (0, 1)
    assert errors == b""


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": MANY})
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PREBAKE, "check"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"prebake: ") and b"Traceback" not in done.stderr and b"ignored" not in done.stderr


def test_a_narrow_encoding_gets_escapes(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile.日本": MANY})
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*PREBAKE, "check"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode in (0, 1)
    assert done.stdout.isascii()
    assert b"Dockerfile.\\u65e5\\u672c" in done.stdout
    assert done.stderr == b""


def test_an_interrupt_ends_it_quietly(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PREBAKE, "check", "--stdin-filename", "Dockerfile"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Shells start jobs in the background with interrupts ignored, which would be passed on.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    # Once it waits for its standard input, the signal comes neither too early nor too late.
    deadline = time.monotonic() + 60
    while "pipe_read" not in Path(f"/proc/{process.pid}/wchan").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert b"Traceback" not in rest


def on_terminal(folder: Path, command: str = "check", **environment: str) -> bytes:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*PREBAKE, command], cwd=folder, stdout=terminal, stderr=terminal,
        env={**os.environ, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(terminal)
    pieces = []
    try:
        while piece := os.read(controller, 4096):
            pieces.append(piece)
    except OSError:
        pass  # how Linux says that the other side is closed
    os.close(controller)
    assert process.wait(60) in (0, 1)
    return b"".join(pieces)


def test_colours_on_a_terminal_only(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": MANY, "requirements.txt": "flask\n"})
    assert b"\x1b[" in on_terminal(tmp_path)
    assert b"\x1b[" not in on_terminal(tmp_path, NO_COLOR="1")
    assert b"\x1b[" not in on_terminal(tmp_path, TERM="dumb")
    assert b"\x1b[" in on_terminal(tmp_path, NO_COLOR="")
    assert b"\x1b[" not in subprocess.run([*PREBAKE, "check"], cwd=tmp_path, capture_output=True, check=False).stdout


@pytest.mark.parametrize("address", ["localhost", "localhost:", "localhost:x", "localhost:70000", ":-1"])
def test_a_wrong_address_is_bad_usage(address: str) -> None:
    done = subprocess.run([*PREBAKE, "server", f"--tcp={address}"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "HOST:PORT" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--stdio",)])
def test_the_server_speaks_the_protocol_on_standard_streams(arguments: tuple[str, ...]) -> None:
    body = (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}'
    )
    end = b'{"jsonrpc":"2.0","method":"exit"}'
    messages = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(message), message) for message in (body, end))
    done = subprocess.run(
        [*PREBAKE, "server", *arguments], input=messages, capture_output=True, timeout=60, check=False
    )
    assert done.stdout.startswith(b"Content-Length: ")
    assert b'"capabilities"' in done.stdout
    assert done.returncode == 1


def test_an_address_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*PREBAKE, "server", "--tcp", f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
