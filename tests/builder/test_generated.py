"""Generated projects: whatever prebake calls safe builds the same image, and keeps the install in the cache."""

from pathlib import Path

import pytest

from prebake.engine import Engine as Analysis
from prebake.findings import Applicability
from prebake.fixing import fix_all
from tests.builder.engine import Built, Engine
from tests.builder.generate import Project, project
from tests.builder.project import append, write

# Numbers of projects that have a safe fix, and that build as they are; others have none or are refused.
NUMBERS = ()
SPARE = 400  # numbers looked at when the list above is made anew: python -m tests.builder.test_generated


@pytest.mark.parametrize("number", NUMBERS)
def test_the_safe_fixes_build_the_same_image_and_keep_the_install_cached(
    engine: Engine, number: int, tmp_path: Path
) -> None:
    made = project(number)
    before, after = write(tmp_path / "before", made.files), write(tmp_path / "after", made.files)
    assert fix(after, made), f"nothing was fixed:\n{made.dockerfile}"
    shown = f"{made.dockerfile}\n--- became ---\n{(after / made.path('Dockerfile')).read_text()}"

    old = engine.build(before / made.context, "before")
    new = engine.build(after / made.context, "after")
    assert engine.image(old).differences(engine.image(new)) == {}, shown

    for root in (before, after):
        append(root / made.edit, f"\n# edited in project {number}\n")
    assert not _install_cached(engine.build(before / made.context, "before"), made), shown
    assert _install_cached(engine.build(after / made.context, "after"), made), shown


def fix(root: Path, made: Project) -> bool:
    """Apply the safe fixes of the order of layers; whether there were any."""
    dockerfile = root / made.path("Dockerfile")
    result = fix_all(
        Analysis(workspaces=[root.as_posix()]),
        [dockerfile.as_posix()],
        Applicability.SAFE,
        creates=False,
        wanted=lambda finding: finding.code.startswith("PB2"),
    )
    for edit in result.edits:
        Path(edit.path).write_bytes(edit.apply().to_bytes())
    return bool(result.edits)


def _install_cached(built: Built, made: Project) -> bool:
    steps = [cached for text, cached in built.steps.items() if text.startswith("RUN") and made.manifest in text]
    assert len(steps) == 1, f"{made.manifest} names {len(steps)} steps of {list(built.steps)}"
    return steps[0]
