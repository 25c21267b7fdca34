"""Hostile texts in everything that the catalogue reads: none gets into a command, an option or a file.

Each entry is tried with its own firing cases, so that a new one is covered as soon as it has any.
"""

from __future__ import annotations

import ast
import json
import shlex
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from prebake.engine import Engine
from prebake.findings import Finding
from prebake.project.models.catalogue import Entry, ShellCommand, entries
from tests.project.test_catalogue import CASES
from tests.rules.trees import make_tree

HOSTILE = ("x; rm -rf /", "$(id)", "a/b\nRUN id", "--token=x", "org/nаme", "a'); import os #", 'a"b`id`', "a\x1b[31m")
IN_ENV = ("/x; rm -rf /", "/opt/a b", "/opt/../etc", "/opt/нome", "/opt/*", "/opt/~root", "-zz", "/opt/&id", "/a|b")
DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
RUN pip install huggingface_hub{more}
COPY main.py .
{lines}CMD ["python", "main.py"]
"""
COMPOSE = "services:\n  app:\n    build: .\n"


def findings(root: Path, files: dict[str, str]) -> list[Finding]:
    make_tree(root, {"compose.yaml": COMPOSE, **files})
    engine = Engine(workspaces=[root.as_posix()])
    report = engine.check((root / "Dockerfile").as_posix())
    assert not report.failures
    return [finding for finding in report.findings if finding.code.startswith("PB3")]


def assert_harmless(found: Iterable[Finding], text: str) -> None:
    """Whether a text stands in nothing that is written, but as one plain word of a download; and messages are lines."""
    for finding in found:
        spoken = [finding.message, finding.no_fix or "", *(related.message for related in finding.related)]
        assert all(item.isprintable() for item in spoken), spoken
        for fix in finding.fixes:
            assert fix.title.isprintable() and fix.explanation.isprintable()
            for written in (edit.new_text for file in fix.edits for edit in file.edits):
                # A dash behind a slash begins no option.
                written = written.replace(f"/{text}", "/") if text[:1] == "-" else written
                assert text not in written or is_word(text, written), (fix.title, written)
                assert all(character.isprintable() or character in "\r\n" for character in written)


def is_word(text: str, written: str) -> bool:
    """Whether a text that is written is an operand of `hf download`, whatever a shell makes of quotes."""
    lines = [line for line in written.split("\n") if text in line]
    words = [shlex.split(line) for line in lines]
    plain = text.isascii() and text.isprintable() and text[:1] not in "-." and "\n" not in text
    return plain and all("download" in each and each.count(text) == 1 for each in words)


def parameters(entry: Entry) -> list[str]:
    """The names of the parameters that an entry reads texts from."""
    pairs = (entry.model, entry.files, entry.choice, *entry.passes, *entry.needs, *entry.refusals)
    names = [pair[0] for pair in pairs if pair is not None]
    names += [*entry.cache, *entry.target, *entry.filters, *entry.token, *entry.local, *entry.quiet, *entry.accepts]
    names += [name for name in (entry.revision, entry.repository, entry.places) if name is not None]
    return list(dict.fromkeys(name for name in names if name))


def changed(code: str, parameter: str | None, text: str) -> str:
    """Python code whose calls pass a text for a parameter, or for all that is a text already."""
    tree = deepcopy(ast.parse(code))
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        value = ast.Constant(text)
        if parameter is None:
            call.args = [value if is_text(item) else item for item in call.args]
            for keyword in call.keywords:
                keyword.value = value if is_text(keyword.value) else keyword.value
        else:
            call.keywords = [keyword for keyword in call.keywords if keyword.arg != parameter]
            call.keywords.append(ast.keyword(parameter, value))
    return ast.unparse(tree)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def calls() -> Iterator[tuple[Entry, str | None, str]]:
    for entry in entries():
        sources = [case["python"] for case in CASES[entry.id]["firing"] if "python" in case]
        for source in sources[:2]:
            yield entry, None, source
        for parameter in parameters(entry) if sources else ():
            yield entry, parameter, sources[0]


def called(entry: Entry, parameter: str | None) -> str:
    return f"{entry.id} {parameter or 'texts'}"


CALLS = list(calls())
COMMANDS = [(entry, command) for entry in entries() for command in entry.command]


@pytest.mark.parametrize(
    ("entry", "parameter", "source"), CALLS, ids=[called(entry, parameter) for entry, parameter, _ in CALLS]
)
def test_nothing_hostile_gets_from_a_call_into_an_edit(
    tmp_path: Path, entry: Entry, parameter: str | None, source: str
) -> None:
    more = f" {entry.distribution}" if entry.distribution else ""
    files = {"Dockerfile": DOCKERFILE.format(more=more, lines="")}
    for number, text in enumerate(HOSTILE if parameter is None else HOSTILE[::2]):
        found = findings(tmp_path / str(number), {**files, "main.py": changed(source, parameter, text)})
        assert_harmless(found, text)


def lines(command: ShellCommand, text: str) -> Iterator[list[str]]:
    """Command lines in which a text stands wherever a command is told something."""
    name = command.name.split()
    when = [command.when] if command.when is not None else []
    yield [*name, *when, text]
    yield [*name, *when, "org/name", text]
    for option in (*command.options, *command.target, *command.valued):
        yield [*name, *when, "org/name", option, text]
        yield [*name, *when, "org/name", f"{option}={text}"]


@pytest.mark.parametrize(
    ("entry", "command"), COMMANDS, ids=[f"{entry.id} {command.name}" for entry, command in COMMANDS]
)
def test_nothing_hostile_gets_from_a_command_into_an_edit(tmp_path: Path, entry: Entry, command: ShellCommand) -> None:
    for number, text in enumerate(HOSTILE):
        for at, words in enumerate(lines(command, text)):
            runs = f"RUN {json.dumps(words)}\nCOPY run.sh .\nRUN ./run.sh\n"
            dockerfile = DOCKERFILE.format(more="", lines=runs).replace('["python", "main.py"]', json.dumps(words))
            files = {"Dockerfile": dockerfile, "run.sh": f"#!/bin/sh\n{shlex.join(words)}\ntrue\n", "main.py": ""}
            assert_harmless(findings(tmp_path / f"{number}-{at}", files), text)


def test_no_hostile_revision_gets_from_code_into_a_download_of_the_build(tmp_path: Path) -> None:
    for number, text in enumerate(HOSTILE):
        code = f"from transformers import AutoModel as M\nM.from_pretrained('org/name', revision={text!a})\n"
        files = {"Dockerfile": DOCKERFILE.format(more="", lines="RUN hf download org/name\n"), "main.py": code}
        found = findings(tmp_path / str(number), files)
        assert "PB304" in {finding.code for finding in found}
        assert_harmless(found, text)


def variables() -> list[str]:
    found = dict.fromkeys(("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "HOME"))
    for entry in entries():
        found |= dict.fromkeys((*entry.variables, *entry.folder_variables))
        found |= dict.fromkeys(command.variable for command in entry.command if command.variable is not None)
    return list(found)


@pytest.mark.parametrize("variable", variables())
def test_nothing_hostile_gets_from_a_variable_into_an_edit(tmp_path: Path, variable: str) -> None:
    reading = [
        entry
        for entry in entries()
        if variable in (*entry.variables, *entry.folder_variables) or variable in ("HF_HOME", "HOME")
    ]
    sources = [
        (entry, case["python"]) for entry in reading for case in CASES[entry.id]["firing"][:1] if "python" in case
    ]
    for at, (entry, source) in enumerate(sources[:2]):
        more = f" {entry.distribution}" if entry.distribution else ""
        for number, text in enumerate(IN_ENV):
            dockerfile = DOCKERFILE.format(more=more, lines=f"ENV {variable}='{text}'\nUSER app\n")
            found = findings(tmp_path / f"{at}-{number}", {"Dockerfile": dockerfile, "main.py": source})
            assert_harmless(found, text)


@pytest.mark.parametrize("user", ["x;id", "$(id)", "нame", "a b", "a\x1b[31m", "-zz", "../etc"])
def test_nothing_hostile_gets_from_a_user_into_an_edit(tmp_path: Path, user: str) -> None:
    for number, code in enumerate(
        ("transformers import AutoModel as M\nM.from_pretrained", "nltk import download\ndownload")
    ):
        for at, place in enumerate(("COPY main.py .\n", "RUN pip install")):
            dockerfile = DOCKERFILE.format(more=" transformers nltk", lines="").replace(place, f"USER {user}\n{place}")
            files = {"Dockerfile": dockerfile, "main.py": f"from {code}('name')\n"}
            assert_harmless(findings(tmp_path / f"{number}-{at}", files), user)


@pytest.mark.parametrize("entry", [entry for entry in entries() if entry.calls], ids=lambda entry: entry.id)
def test_what_is_tried_is_found_where_it_is_harmless(tmp_path: Path, entry: Entry) -> None:
    source = next(case["python"] for case in CASES[entry.id]["firing"] if "python" in case)
    more = f" {entry.distribution}" if entry.distribution else ""
    files = {"Dockerfile": DOCKERFILE.format(more=more, lines=""), "main.py": ast.unparse(ast.parse(source))}
    assert [finding for finding in findings(tmp_path, files) if finding.code == "PB301"]
