"""Measuring in the background, seen from inside: what is asked for, what is answered at once, what follows later."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prebake.engine import Engine
from prebake.lsp.language_server import Server
from prebake.project.ignore.rules import NO_RULES, IgnoreRules, rules_of
from prebake.project.measuring.scan import ContextScan
from prebake.project.measuring.survey import Survey
from prebake.text import Text

pytestmark = pytest.mark.asyncio


class Measured:
    """A server that is asked for the sizes of one context, and how often it said that there is news."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root.as_posix()
        self.server = Server()
        self.server.loop = asyncio.get_running_loop()
        self.engine = Engine()
        self.server.scans.serves(self.engine)
        self.news = 0
        monkeypatch.setattr(self.server.diagnostics, "measured", self._told)

    def _told(self, _context: str) -> None:
        self.news += 1

    def ask(self, rules: IgnoreRules = NO_RULES) -> ContextScan | None:
        return self.server.scans.scanner(self.engine.snapshot, self.root, rules)

    async def told(self, times: int) -> None:
        """Wait until there was news so many times and nothing is being measured."""
        await self.until(lambda: self.news >= times and self.server.scans.idle)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not true():
                await asyncio.sleep(0.005)


class Gate:
    """Holds looks up, once they have been made and before anybody hears of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = threading.Event()
        self.looks = 0
        look = Survey.look

        def held(survey: Survey, *arguments: Any, **options: Any) -> ContextScan:
            found = look(survey, *arguments, **options)
            self.looks += 1
            self.open.wait(30)
            return found

        monkeypatch.setattr(Survey, "look", held)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    for name in ("a.py", "data/b.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def rules(name: str, *lines: str) -> IgnoreRules:
    return rules_of(Text("\n".join(lines)), f"/{name}.dockerignore")


async def test_what_is_touched_during_a_look_is_looked_at_afterwards(
    context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured, gate = Measured(context, monkeypatch), Gate(monkeypatch)
    assert measured.ask() is None
    await measured.until(lambda: gate.looks == 1)
    (context / "late.py").write_text("xyz")
    measured.server.scans.touched([f"{measured.root}/late.py"])
    gate.open.set()
    await measured.told(2)
    found = measured.ask()
    assert found is not None
    assert found.sent == (5, 3)


async def test_an_untouched_context_is_not_looked_at_again(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured, gate = Measured(context, monkeypatch), Gate(monkeypatch)
    gate.open.set()
    measured.ask()
    await measured.told(1)
    measured.server.scans.touched(["/elsewhere/a.py"])
    assert measured.ask() is not None
    assert measured.server.scans.idle
    assert gate.looks == 1


async def test_two_ignore_files_on_one_context_are_both_known(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = Measured(context, monkeypatch)
    cpu, gpu = rules("cpu", "data"), rules("gpu", "*.py")
    measured.ask(cpu)
    measured.ask(gpu)
    await measured.told(2)
    answers = measured.ask(cpu), measured.ask(gpu)
    assert [found.sent.files for found in answers if found is not None] == [1, 1]
    assert measured.server.scans.idle


async def test_sizes_stay_while_an_ignore_file_is_typed(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = Measured(context, monkeypatch)
    measured.ask(rules("", "d"))
    await measured.told(1)
    for typed, sent in (("da", 2), ("dat", 2), ("data", 1)):
        found = measured.ask(rules("", typed))
        assert found is not None
        assert found.sent.files == sent
    await measured.until(lambda: measured.server.scans.idle)
    assert measured.news == 1  # a look at the disk said the same


async def test_nobody_waits_for_what_an_ignore_file_said_before(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured, gate = Measured(context, monkeypatch), Gate(monkeypatch)
    measured.ask(rules("", "d"))
    await measured.until(lambda: gate.looks == 1)
    measured.ask(rules("", "da"))
    measured.ask(rules("", "dat"))
    gate.open.set()
    await measured.told(1)
    assert gate.looks == 2
    assert measured.ask(rules("", "dat")) is not None
