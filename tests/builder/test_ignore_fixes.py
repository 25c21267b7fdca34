"""Ignore files that are created or completed, judged by a real Docker engine: the image still builds, and lacks what
the file lists and nothing else.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from prebake.project.ignore.rules import NAME, rules_of
from prebake.text import Text
from tests.builder.engine import Engine
from tests.builder.project import fix
from tests.rules.trees import make_tree
from tests.tools import unavailable

HERE = Path(__file__).parent
# Every other one: they differ in their installs, of which an ignore file knows nothing.
PROJECTS: list[dict[str, Any]] = yaml.safe_load((HERE / "projects.yaml").read_text())[::2]
OWN: list[dict[str, Any]] = yaml.safe_load((HERE / "ignorefiles.yaml").read_text())
CODES = ("--select", "PB101,PB102")
LYING_AROUND = {
    ".git/HEAD": "ref: refs/heads/main",
    ".git/objects/ab/cd": "object",
    "__pycache__/a.cpython-311.pyc": "byte code",
    ".venv/pyvenv.cfg": "home = /usr/bin",
    "wandb/run-1/logs/debug.log": "log",
    "checkpoints/step-1.ckpt": {"size": 11_000_000},
    "checkpoints/step-2.ckpt": {"size": 11_000_000},
}


@pytest.mark.parametrize("project", [*PROJECTS, *OWN], ids=lambda project: project["name"])
def test_the_image_lacks_what_the_ignore_file_lists_and_nothing_else(
    engine: Engine, project: dict[str, Any], tmp_path: Path
) -> None:
    if project.get("recent") and engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    folder = project.get("context", ".")
    files = dict(project["files"])
    if "gone" not in project:
        files |= {(Path(folder) / name).as_posix(): content for name, content in LYING_AROUND.items()}
    before, after = (tmp_path / side / "project" for side in ("before", "after"))
    for root in (before, after):
        root.mkdir(parents=True)
        make_tree(root, files)
    ignore = after / folder / NAME
    old_rules = rules_in(ignore)
    said = fix(after, *CODES)
    proved = rules_in(ignore) != old_rules  # without --suggested: it is said to build the same image
    if not proved:
        said = fix(after, "--suggested", *CODES)
    new_rules = rules_in(ignore)
    assert new_rules != old_rules, f"nothing was added:\n{said}"

    with ThreadPoolExecutor(2) as pool:
        options = {"target": project.get("target")}
        old, new = pool.map(lambda root: engine.build(root / folder, root.parent.name, **options), (before, after))
    differences = engine.image(old).differences(engine.image(new))
    if proved:
        assert differences == {}
    assert set(project.get("gone", ())) <= differences.keys()
    context = [path.relative_to(before / folder) for path in (before / folder).rglob("*") if not path.is_dir()]
    listed = {path for path in context if old_rules.sends(path.as_posix()) and not new_rules.sends(path.as_posix())}
    listed.add(Path(NAME))  # where it is copied, its own text is another one
    ends = {
        "/".join(path.parts[start:end])
        for path in listed
        for start in range(len(path.parts))
        for end in range(start + 1, len(path.parts) + 1)
    }
    for path in differences:  # a folder of them may be there all the same, where a RUN makes it anew
        assert any(path.endswith(f"/{end}") for end in ends), f"{path} is not listed"


def rules_in(path: Path) -> Any:
    return rules_of(Text.from_bytes(path.read_bytes() if path.exists() else b""), str(path))
