"""`make examples`: writes examples/fast-search anew, as the fixes make it out of examples/slow-search.

What `prebake check` says of the slow example goes into README.md.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.demo_project import EXAMPLES, make_demo_project

SLOW, FAST = EXAMPLES / "slow-search", EXAMPLES / "fast-search"
README = EXAMPLES.parent / "README.md"
BEGIN, END = "<!-- findings: made by `make examples` -->", "<!-- findings: end -->"
_FIXED = ("Dockerfile", ".dockerignore")


@dataclass(frozen=True)
class Result:
    """What the tool says of the demo project, and the text of each file after `--fix --suggested`."""

    said: str
    files: dict[str, str]


def main() -> int:
    """Copy the slow example, but for its README, put the fixed files over it, and show the findings in README.md."""
    for path in sorted(SLOW.rglob("*")):
        if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts:
            copy = FAST / path.relative_to(SLOW)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    result = run()
    for name, text in result.files.items():
        (FAST / name).write_text(text, encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8"), result.said), encoding="utf-8")
    return 0


def run() -> Result:
    """Check the demo project, fix it, and read what came of it."""
    with tempfile.TemporaryDirectory(prefix="prebake-example-") as folder:
        project = make_demo_project(Path(folder) / "slow-search")
        said = _prebake(project, "check").stdout
        _prebake(project, "check", "--fix", "--suggested").check_returncode()
        return Result(said, {name: (project / name).read_text(encoding="utf-8") for name in _FIXED})


def readme(text: str, said: str) -> str:
    """README.md with its findings made anew: the message and the titles of the fixes, without the source lines.

    Raises `ValueError` when the two markers are missing.
    """
    if BEGIN not in text or END not in text:
        raise ValueError(f"{README.name} has lost {BEGIN} or {END}")
    shown = [line for line in said.splitlines() if re.match(r"\S+:\d+:\d+: |\s+= fix ", line)]
    before, _, rest = text.partition(BEGIN)
    block = "\n".join(["```console", "$ prebake check", *shown, "```"])
    return f"{before}{BEGIN}\n\n{block}\n\n{END}{rest.partition(END)[2]}"


def _prebake(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prebake", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
