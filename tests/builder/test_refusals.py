"""Rewrites that look right, which prebake does not call safe, and which a builder proves wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builder.engine import Engine, EngineError
from tests.builder.project import write
from tests.builder.test_fixes import OUT_OF_THE_IMAGE

REFUSALS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text())


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case["name"])
def test_the_naive_rewrite_is_wrong_and_not_offered_as_safe(
    engine: Engine, case: dict[str, Any], tmp_path: Path
) -> None:
    before = write(tmp_path / "before", OUT_OF_THE_IMAGE | case["files"])
    naive = write(tmp_path / "naive", OUT_OF_THE_IMAGE | case["files"] | {"Dockerfile": case["naive"]})
    findings = _findings(before, case.get("rule", "PB201"))
    fixes = [fix for finding in findings for fix in finding["fixes"]]
    assert "safe" not in [fix["applicability"] for fix in fixes]
    assert bool(fixes) == case.get("suggested", False)
    if findings and not fixes:
        assert case["reason"] in findings[0]["no_fix"]

    old = engine.build(before, "before")
    if case["outcome"] == "fails":
        with pytest.raises(EngineError):
            engine.build(naive, "naive")
        return
    differences = engine.image(old).differences(engine.image(engine.build(naive, "naive")))
    assert case["outcome"] in differences


def _findings(root: Path, rule: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "prebake", "check", "--format", "json", "--select", rule]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found
