"""Rewrites that look right, which prebake does not call safe, and which a builder proves wrong."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from prebake.engine import Engine as Analysis
from prebake.findings import Applicability
from prebake.fixing import fix_all
from tests.builder.engine import Built, Engine, EngineError
from tests.builder.project import write
from tests.builder.test_fixes import OUT_OF_THE_IMAGE

REFUSALS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text())


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case["name"])
def test_the_naive_rewrite_is_wrong_and_not_offered_as_safe(
    engine: Engine, case: dict[str, Any], tmp_path: Path
) -> None:
    files = OUT_OF_THE_IMAGE | case["files"]
    before = write(tmp_path / "before", files)
    naive = write(tmp_path / "naive", files | {"Dockerfile": case["naive"]})
    own = None
    if case.get("fixed", False):
        own = write(tmp_path / "own", files)
        apply_safe_fixes(own)
        assert (own / "Dockerfile").read_text() not in (case["naive"], case["files"]["Dockerfile"])
    else:
        assert_not_safe(before, case)

    with ThreadPoolExecutor(2) as pool:
        builds = [pool.submit(engine.build, root, root.name) for root in (before, naive)]
        old = builds[0].result()
        if case["outcome"] == "fails":
            with pytest.raises(EngineError):
                builds[1].result()
        else:
            assert case["outcome"] in differences(engine, old, builds[1].result())
    if own is not None:
        assert differences(engine, old, engine.build(own, "own")) == {}


def assert_not_safe(root: Path, case: dict[str, Any]) -> None:
    """No fix of the rule is safe; there is none at all unless the case says so, and then the reason is given."""
    dockerfile = (root / "Dockerfile").as_posix()
    report = Analysis(workspaces=[root.as_posix()]).check(dockerfile)
    findings = [finding for finding in report.findings if finding.code == case.get("rule", "PB201")]
    fixes = [fix for finding in findings for fix in finding.fixes]
    assert Applicability.SAFE not in [fix.applicability for fix in fixes]
    assert bool(fixes) == case.get("suggested", False)
    if findings and not fixes:
        assert case["reason"] in (findings[0].no_fix or "")


def apply_safe_fixes(root: Path) -> None:
    """Apply the safe fixes of PB201."""
    paths = [(root / "Dockerfile").as_posix()]
    analysis = Analysis(workspaces=[root.as_posix()])
    result = fix_all(analysis, paths, Applicability.SAFE, wanted=lambda finding: finding.code == "PB201")
    for edit in result.edits:
        Path(edit.path).write_bytes(edit.apply().to_bytes())


def differences(engine: Engine, old: Built, new: Built) -> dict[str, tuple[object, object]]:
    return engine.image(old).differences(engine.image(new))
