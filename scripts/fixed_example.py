"""`make examples`: writes examples/fast-search anew, as the fixes make it out of examples/slow-search."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.demo_project import EXAMPLES, make_demo_project

SLOW, FAST = EXAMPLES / "slow-search", EXAMPLES / "fast-search"
FIXED = ("Dockerfile", ".dockerignore")


def main() -> int:
    """Copy the slow example, but for its README, and put the fixed files over it."""
    for path in sorted(SLOW.rglob("*")):
        if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts:
            copy = FAST / path.relative_to(SLOW)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    for name, text in fixed().items():
        (FAST / name).write_text(text, encoding="utf-8")
    return 0


def fixed() -> dict[str, str]:
    """What `prebake check --fix --suggested` makes of the demo project: the text of each file in `FIXED`."""
    with tempfile.TemporaryDirectory(prefix="prebake-example-") as folder:
        project = make_demo_project(Path(folder) / "slow-search")
        command = [sys.executable, "-m", "prebake", "check", "--fix", "--suggested"]
        subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL)
        return {name: (project / name).read_text(encoding="utf-8") for name in FIXED}


if __name__ == "__main__":
    sys.exit(main())
