"""`make examples`: writes examples/fast-search anew, as the fixes make it out of examples/slow-search.

What `prebake check` says of the slow example, and `prebake context` of the fixed one, goes into README.md.
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
_FIXED = ("Dockerfile", ".dockerignore")


@dataclass(frozen=True)
class Result:
    """What `check` says of the demo project; after `--fix --suggested`, what `context` says, and each file's text."""

    said: str
    sent: str
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
    README.write_text(readme(README.read_text(encoding="utf-8"), result), encoding="utf-8")
    return 0


def run() -> Result:
    """Check the demo project, fix it, and read what came of it."""
    with tempfile.TemporaryDirectory(prefix="prebake-example-") as folder:
        project = make_demo_project(Path(folder) / "slow-search")
        said = _prebake(project, "check").stdout
        _prebake(project, "check", "--fix", "--suggested").check_returncode()
        sent = _prebake(project, "context", "--depth", "1").stdout
        return Result(said, sent, {name: (project / name).read_text(encoding="utf-8") for name in _FIXED})


def readme(text: str, result: Result) -> str:
    """README.md with what the tool says made anew: of the findings the messages and the titles of the fixes, without
    the source lines; all of the context.

    Raises `ValueError` when a marker is missing.
    """
    findings = [line for line in result.said.splitlines() if re.match(r"\S+:\d+:\d+: |\s+= fix ", line)]
    text = _with_block(text, "findings", ["$ prebake check", *findings])
    return _with_block(text, "context", ["$ prebake context --depth 1", *result.sent.splitlines()])


def _with_block(text: str, name: str, lines: list[str]) -> str:
    begin, end = f"<!-- {name}: made by `make examples` -->", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        raise ValueError(f"{README.name} has lost {begin} or {end}")
    before, _, rest = text.partition(begin)
    block = "\n".join(["```console", *lines, "```"])
    return f"{before}{begin}\n\n{block}\n\n{end}{rest.partition(end)[2]}"


def _prebake(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prebake", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
