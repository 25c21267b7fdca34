"""What docs/ci.md and the README say of the command line is so."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from prebake.cli.parser import parser
from prebake.cli.usage import usage_problem
from tests.cli.conftest import Run
from tests.cli.contract import violations
from tests.rules.trees import make_tree

ROOT = Path(__file__).resolve().parents[2]
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted({
    match.group().strip("`") for text in (CI, README)
    for match in re.finditer(r"(?<![\w/\"#-])prebake (check|context|rule|completion)\b[^|<>#)`\n]*", text)
})  # fmt: skip


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", CI, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = parser().parse_args(shlex.split(command, comments=True)[1:])
    assert options.command != "check" or usage_problem(options) is None


def test_workflows_are_yaml_whose_steps_do_something() -> None:
    workflows = [yaml.safe_load(block) for block in blocks("yaml") if "runs-on" in block]
    assert len(workflows) == 2
    for workflow in workflows:
        for step in workflow["jobs"]["prebake"]["steps"]:
            assert ("run" in step) != ("uses" in step)


def test_the_hook_of_the_example_exists() -> None:
    (example,) = (yaml.safe_load(block) for block in blocks("yaml") if block.startswith("repos:"))
    shipped = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    assert shipped == {"prebake", "prebake-fix"}
    assert example["repos"][0]["hooks"][0]["id"] in shipped


def test_the_json_has_the_keys_that_are_described() -> None:
    (block,) = blocks("json")
    described = json.loads(block.replace("{}", '{"line": 1, "column": 1}'))
    assert violations(described) == []


@pytest.mark.usefixtures("sample_rules")
def test_the_first_run_with_a_baseline(run: Run, tmp_path: Path) -> None:
    (shown,) = (block for block in blocks("console") if "wrote" in block)
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN safe && unsafe\n", "sub/Dockerfile": "FROM x\nRUN unfixable\n"})
    command, *lines = shown.splitlines()
    done = run(*shlex.split(command)[2:])
    assert (done.status, (done.err + done.out).splitlines()) == (0, lines)
