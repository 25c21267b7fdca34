"""The server in a real Emacs with the settings of docs/editors.md: keys are typed, files on disk are compared."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.surroundings import (
    SLOW_PROJECT,
    TWO_STAGES,
    assert_copies_requirements_first,
    documented,
    left_behind,
    missing,
    surroundings,
    write,
)

TIMEOUT = 90
OBSERVE = Path(__file__).parent / "emacs" / "observe.el"

END_OF_BUFFER = "\x1b>"
COMPLETE = "\x1b\t"
NEXT_WORD = "\x1bf"
FIND_DEFINITION = "\x1b."
NEXT_LINE = "\x0e"
DELETE = "\x7f"
TAB = "\t"
RETURN = "\r"
SAVE = "\x18\x13"
SAVE_ALL = "\x18s!"

SAVED = '(if (buffer-modified-p (get-buffer "Dockerfile")) :json-false t)'


def find(file: str) -> str:
    """The keys that open a file."""
    return f"\x18\x06{file}\r"


def command(name: str) -> str:
    """The keys that run a command by its name."""
    return f"\x1bx{name}\r"


@pytest.fixture(scope="session")
def programs() -> tuple[str, str]:
    """Emacs and emacsclient."""
    found = shutil.which("emacs"), shutil.which("emacsclient")
    if None in found:
        missing("Emacs is missing: run `make editors-setup`")
    for library in ("eglot", "lsp-mode"):
        probe = ["emacs", "-q", "--batch", "--eval", f"(progn (package-activate-all) (require '{library}))"]
        if subprocess.run(probe, capture_output=True, check=False).returncode:
            missing(f"{library} is missing in Emacs: run `make editors-setup`")
    return str(found[0]), str(found[1])


class Emacs:
    """An Emacs in a terminal of its own, in a project's folder, with a home of its own."""

    def __init__(self, programs: tuple[str, str], folder: Path, socket: Path) -> None:
        self._emacs, self._client = programs
        self._socket = socket
        self._screen = bytearray()
        self._process: subprocess.Popen[bytes] | None = None
        self.project = folder / "project"
        self.home = folder / "home"
        self.init = documented("Emacs", "elisp")[0]
        self.environment = surroundings(self.home, TERM="linux", OBSERVE_FOLDER=str(socket))
        self.project.mkdir()
        (self.home / ".emacs.d").mkdir(parents=True)

    def start(self, files: dict[str, str], *, repository: bool = True) -> None:
        """Make the project, which is a Git repository as a rule, and start Emacs in it."""
        write(self.project, files)
        if repository:
            subprocess.run(["git", "init", "-q"], cwd=self.project, check=True)
        settings = self.home / ".emacs.d"
        (settings / "init.el").write_text(self.init, encoding="utf-8")
        # Emacs need not translate its own library into machine code for this.
        (settings / "early-init.el").write_text(
            "(setq native-comp-deferred-compilation nil native-comp-jit-compilation nil)\n", encoding="utf-8"
        )
        terminal, its_side = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self._terminal = terminal
        self._process = subprocess.Popen(
            [self._emacs, "-nw", "--no-splash", "-l", str(OBSERVE)],
            cwd=self.project,
            env=self.environment,
            preexec_fn=lambda: os.login_tty(its_side),
        )
        os.close(its_side)
        threading.Thread(target=self._read, daemon=True).start()
        self._until("Emacs to start", lambda: (self._socket / "server").exists() or None)

    def _read(self) -> None:
        """Take in what Emacs draws, for else it stops when nobody does."""
        while True:
            try:
                self._screen += os.read(self._terminal, 65536)
            except OSError:
                return

    def type(self, *keys: str) -> None:
        """Press keys."""
        os.write(self._terminal, "".join(keys).encode())

    def ask(self, expression: str) -> Any:
        """The value of a Lisp expression in the running Emacs."""
        answer = self._evaluate(f"(json-encode {expression})")
        assert answer.returncode == 0, answer.stderr
        # Lisp writes a string as JSON does, as far as JSON itself goes.
        return json.loads(json.loads(answer.stdout, strict=False))

    def _evaluate(self, expression: str) -> subprocess.CompletedProcess[str]:
        call = [self._client, "-s", str(self._socket / "server"), "--eval", expression]
        return subprocess.run(call, env=self.environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    def until(self, what: str, expression: str, condition: Callable[[Any], bool] = bool) -> Any:
        """Wait until the value of an expression meets a condition; that value."""

        def met() -> Any:
            value = self.ask(expression)
            seen[:] = [value]
            return value if condition(value) else None

        seen: list[Any] = []
        return self._until(what, met, seen)

    def _until(self, what: str, met: Callable[[], Any], seen: object = "") -> Any:
        deadline = time.monotonic() + TIMEOUT
        while (value := met()) is None:
            assert self._process is not None and self._process.poll() is None, f"Emacs ended\n{self._screen[-3000:]!r}"
            if time.monotonic() > deadline:
                pytest.fail(f"timed out waiting for {what}: {seen}\n{self._logs()}\n{self._screen[-2000:]!r}")
            time.sleep(0.05)
        return value

    def _logs(self) -> str:
        try:
            return str(self.ask("(observe-logs)"))
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return str(error)

    def attached(self, file: str) -> dict[str, Any]:
        """Open a file and wait until the server is attached to it."""
        self.type(find(str(self.project / file)))
        value: dict[str, Any] = self.until(
            f"the server in {file}",
            f'(observe-buffer "{self.project / file}")',
            lambda value: value is not None and value["attached"],
        )
        return value

    def findings(self, file: str, condition: Callable[[set[str]], bool]) -> list[dict[str, str]]:
        """Wait until the codes of the findings in a file meet a condition; the findings."""
        found: list[dict[str, str]] = self.until(
            f"findings in {file}",
            f'(observe-findings "{self.project / file}")',
            lambda value: condition({finding["code"] for finding in value}),
        )
        return found

    def text(self, file: str) -> str | None:
        """A file's text in its buffer."""
        value: str | None = self.ask(f'(observe-text "{self.project / file}")')
        return value

    def on_disk(self, file: str) -> str:
        """A file's text on disk."""
        return (self.project / file).read_text(encoding="utf-8")

    def stop(self) -> None:
        """Leave Emacs, which ends its servers."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._evaluate("(observe-stop)")
        try:
            status = self._process.wait(TIMEOUT)
        finally:
            left = left_behind(self.home)
            os.close(self._terminal)
        assert (status, left) == (0, []), f"processes left behind: {left}"


@pytest.fixture
def emacs(programs: tuple[str, str], tmp_path: Path) -> Iterator[Emacs]:
    # The path of a socket may have about a hundred characters; those of temporary folders of tests have more.
    with tempfile.TemporaryDirectory() as socket:
        Path(socket).chmod(0o700)
        session = Emacs(programs, tmp_path, Path(socket))
        yield session
        session.stop()


def choose(emacs: Emacs, start: str) -> None:
    """Choose the code action at point whose title starts with a word."""
    emacs.type(command("eglot-code-actions"))
    question = emacs.until(
        "the choice of actions", "(observe-question)", lambda value: bool(value and value["choices"])
    )
    assert len([choice for choice in question["choices"] if choice.startswith(start)]) == 1, question
    emacs.type(start, TAB, RETURN)


def test_shows_each_finding_once_and_applies_the_fix_that_moves_the_copy(emacs: Emacs) -> None:
    emacs.start(SLOW_PROJECT)
    assert emacs.attached("Dockerfile")["root"] == f"{emacs.project}/"
    found = emacs.findings("Dockerfile", {"PB101", "PB201", "PB301"}.issubset)
    repeated = {code: count for code, count in Counter(finding["code"] for finding in found).items() if count > 1}
    assert repeated == {}
    assert {finding["on"] for finding in found if finding["code"] == "PB201"} == {"COPY . ."}
    emacs.type(NEXT_LINE * 2)
    choose(emacs, "Copy")
    emacs.findings("Dockerfile", lambda codes: "PB101" in codes and "PB201" not in codes)
    assert emacs.on_disk("Dockerfile") == SLOW_PROJECT["Dockerfile"]
    emacs.type(SAVE)
    emacs.until("the file to be saved", SAVED)
    assert_copies_requirements_first(emacs.on_disk("Dockerfile"))


def test_creates_the_missing_ignore_file(emacs: Emacs) -> None:
    emacs.start(SLOW_PROJECT)
    emacs.attached("Dockerfile")
    emacs.findings("Dockerfile", lambda codes: "PB101" in codes)
    emacs.type(NEXT_LINE * 2)
    choose(emacs, "Create")
    emacs.until("the question", "(observe-question)", lambda value: bool(value and "Proceed?" in value["prompt"]))
    emacs.type("y")
    emacs.findings("Dockerfile", lambda codes: "PB201" in codes and "PB101" not in codes)
    emacs.type(SAVE_ALL)
    emacs.until("the file to be saved", f'(if (file-exists-p "{emacs.project}/.dockerignore") t :json-false)')
    patterns = emacs.on_disk(".dockerignore").splitlines()
    assert any(pattern.removeprefix("**/").rstrip("/") == ".venv" for pattern in patterns)
    assert emacs.on_disk("Dockerfile") == SLOW_PROJECT["Dockerfile"]


def test_follows_the_text_while_it_is_typed(emacs: Emacs) -> None:
    emacs.start(SLOW_PROJECT)
    emacs.attached("Dockerfile")
    emacs.findings("Dockerfile", lambda codes: "PB201" in codes)
    emacs.type(NEXT_LINE * 2, "# ")
    emacs.findings("Dockerfile", lambda codes: bool(codes) and "PB201" not in codes)
    emacs.type(DELETE * 2)
    emacs.findings("Dockerfile", lambda codes: "PB201" in codes)
    assert emacs.text("Dockerfile") == emacs.on_disk("Dockerfile") == SLOW_PROJECT["Dockerfile"]


@pytest.mark.parametrize("repository", [True, False])
def test_notices_what_other_programs_write(emacs: Emacs, repository: bool) -> None:
    emacs.start(SLOW_PROJECT, repository=repository)
    emacs.attached("Dockerfile")
    emacs.findings("Dockerfile", {"PB101", "PB301"}.issubset)
    write(emacs.project, {".dockerignore": ".git\n.venv\n**/__pycache__\n"})
    emacs.findings("Dockerfile", lambda codes: "PB301" in codes and "PB101" not in codes)
    write(emacs.project, {"app.py": "print('hello')\n"})
    emacs.findings("Dockerfile", lambda codes: "PB201" in codes and "PB301" not in codes)
    (emacs.project / ".dockerignore").unlink()
    emacs.findings("Dockerfile", lambda codes: "PB101" in codes)


def test_attaches_by_name(emacs: Emacs) -> None:
    ignored = (".dockerignore", ".containerignore", "docker/Dockerfile.dockerignore")
    dockerfiles = ("docker/Dockerfile", "Dockerfile-dev", "gpu.Dockerfile", "Containerfile")
    others = ("app.py", "compose.yaml", "README.md", ".gitignore")
    emacs.start(
        {
            **dict.fromkeys(ignored, ".git\n"),
            **dict.fromkeys(dockerfiles, "FROM python:3.12-slim\n"),
            **dict.fromkeys(others, ""),
        }
    )
    root = f"{emacs.project}/"
    for name in (*dockerfiles, *ignored):
        emacs.type(find(str(emacs.project / name)))
        seen = emacs.until(
            name, f'(observe-buffer "{emacs.project / name}")', lambda value: value and value["attached"]
        )
        assert seen["root"] == root
        assert (seen["mode"] == "dockerignore-mode") == (name in ignored), name
    for name in others:
        emacs.type(find(str(emacs.project / name)))
        seen = emacs.until(name, f'(observe-buffer "{emacs.project / name}")')
        assert not seen["attached"]


def test_explains_a_rule(emacs: Emacs) -> None:
    emacs.start(SLOW_PROJECT)
    emacs.attached("Dockerfile")
    emacs.findings("Dockerfile", {"PB101", "PB201"}.issubset)
    emacs.type(NEXT_LINE * 2, command("eglot-code-actions"))
    emacs.until("the choice", "(observe-question)", lambda value: bool(value and value["choices"]))
    emacs.type("Explain", TAB, "2", TAB, RETURN)
    emacs.until("the page", "(observe-logs)", lambda value: "PB201.md" in value)


def test_completes_an_ignore_file_from_what_is_there(emacs: Emacs) -> None:
    emacs.start(SLOW_PROJECT | {".dockerignore": "*.key\n", "data/train.csv": "x" * 2_000_000})
    emacs.attached(".dockerignore")
    emacs.type(END_OF_BUFFER, "da", COMPLETE)
    text = f'(observe-text "{emacs.project}/.dockerignore")'
    emacs.until("the completion", text, lambda value: value == "*.key\ndata/")


def test_what_it_shows_of_a_dockerfile(emacs: Emacs) -> None:
    emacs.start(TWO_STAGES)
    emacs.attached("Dockerfile")
    emacs.findings("Dockerfile", bool)
    emacs.type(NEXT_LINE * 2)
    emacs.until("the explanation", "(observe-explanation)", lambda value: bool(value and value.startswith("Sends ")))
    outline = emacs.ask(f'(observe-outline "{emacs.project}/Dockerfile")')
    assert "FROM python:3.12-slim AS build" in outline and "COPY --from=build /src/app.py /app/" in outline
    emacs.type(NEXT_LINE * 5, NEXT_WORD * 3, FIND_DEFINITION)
    emacs.until("the definition", "(observe-line)", lambda value: value == "FROM python:3.12-slim AS build")


@pytest.mark.parametrize(
    ("mode", "before"),
    [
        ("dockerfile-mode", ""),
        ("dockerfile-ts-mode", "(defun treesit-ready-p (&rest _) t)"),
    ],
)
def test_takes_the_mode_for_dockerfiles_that_there_is(emacs: Emacs, mode: str, before: str) -> None:
    emacs.init = f'(define-derived-mode {mode} prog-mode "Theirs")\n{before}\n{emacs.init}'
    emacs.start(SLOW_PROJECT)
    seen = emacs.attached("Dockerfile")
    assert (seen["mode"], seen["name"]) == (mode, "Theirs")
    emacs.findings("Dockerfile", lambda codes: "PB201" in codes)


def test_settings(emacs: Emacs) -> None:
    emacs.init += documented("Emacs", "elisp")[1]
    emacs.start(SLOW_PROJECT)
    emacs.attached("Dockerfile")
    found = emacs.findings("Dockerfile", lambda codes: "PB301" in codes)
    assert [finding["kind"] for finding in found if finding["code"] == "PB301"] == ["eglot-note"]


def test_the_command_that_fixes_all(emacs: Emacs) -> None:
    emacs.init += documented("Emacs", "elisp")[2]
    emacs.start(SLOW_PROJECT)
    emacs.attached("Dockerfile")
    emacs.findings("Dockerfile", lambda codes: "PB201" in codes)
    emacs.type(command("prebake-fix-all"))
    emacs.findings("Dockerfile", lambda codes: "PB101" in codes and "PB201" not in codes)
    emacs.type(SAVE)
    emacs.until("the file to be saved", SAVED)
    assert_copies_requirements_first(emacs.on_disk("Dockerfile"))


def test_with_lsp_mode(emacs: Emacs) -> None:
    modes = documented("Emacs", "elisp")[0].partition("(with-eval-after-load 'eglot")[0]
    answers = "(setq lsp-auto-guess-root t lsp-enable-snippet nil)\n"
    emacs.init = answers + modes + documented("Emacs", "elisp")[3]
    emacs.start(SLOW_PROJECT)
    emacs.type(find(str(emacs.project / "Dockerfile")))
    shown = f'(observe-findings "{emacs.project}/Dockerfile")'
    found = emacs.until("findings", shown, lambda value: any("stands above" in finding["message"] for finding in value))
    messages = [finding["message"] for finding in found]
    assert len(messages) == len(set(messages))
    assert [finding["kind"] for finding in found if "downloads" in finding["message"]] == [":note"]
    emacs.type(NEXT_LINE * 2, command("lsp-execute-code-action"))
    emacs.until("the choice", "(observe-question)", lambda value: bool(value and value["choices"]))
    emacs.type("Copy", TAB, RETURN)
    emacs.until("the edit", shown, lambda value: not any("stands above" in finding["message"] for finding in value))
    emacs.type(SAVE)
    emacs.until("the file to be saved", SAVED)
    assert_copies_requirements_first(emacs.on_disk("Dockerfile"))


def test_without_the_command_it_says_so(emacs: Emacs) -> None:
    emacs.environment["PATH"] = os.defpath
    emacs.start(SLOW_PROJECT)
    emacs.type(find(str(emacs.project / "Dockerfile")))
    said = emacs.until("a message", "(observe-logs)", lambda value: "prebake" in value)
    assert re.search(r"Searching for program\W+No such file or directory\W+prebake", said)
    assert emacs.text("Dockerfile") == SLOW_PROJECT["Dockerfile"]
