"""`make demo`: check a small project that has all three mistakes, fix it, and check it again."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.demo_project import make_demo_project


def main() -> int:
    """Run the demonstration; 0 when the last check is clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", metavar="DIR", type=Path, help="make the project in DIR and leave it there")
    options = parser.parse_args()
    if options.keep:
        if options.keep.exists():
            parser.error(f"{options.keep} exists already")
        return _demonstrate(make_demo_project(options.keep))
    with tempfile.TemporaryDirectory(prefix="prebake-demo-") as folder:
        return _demonstrate(make_demo_project(Path(folder) / "slow-search"))


def _demonstrate(project: Path) -> int:
    _heading("A project as it lies on a developer's disk")
    _say(
        "examples/slow-search is a FastAPI service that searches with a sentence-transformers model. This is a copy,",
        "with what gathers around a project in use: a virtual environment, raw data, a Git history, byte code",
        "(the large files are stand-ins of the right size). Its Dockerfile:",
    )
    _quote(project / "Dockerfile")

    _heading("What is wrong with it")
    if _prebake(project, "check") != 1:
        return _failed("the first check was expected to find something")

    _heading("The fixes")
    _say(
        "--fix applies what is proved to build the same image; --suggested adds what is right in the usual case.",
        "--diff shows the result and writes nothing.",
    )
    _prebake(project, "check", "--fix", "--suggested", "--diff")

    _heading("Applied, and checked again")
    _prebake(project, "check", "--fix", "--suggested")
    if _prebake(project, "check") != 0:
        return _failed("the last check was expected to find nothing")
    if _prebake(project, "context", "--depth", "1") != 0:
        return _failed("the context was expected to be measured")
    _say(
        "Nothing is left to mend, and the gigabyte stays where it is. With BuildKit and a warm cache, an edit of the",
        "code now rebuilds only what stands below the last COPY: the packages and the model stay cached. The same",
        "findings and fixes appear while you type in an editor: see docs/editors.md.",
    )
    return 0


def _prebake(project: Path, *arguments: str) -> int:
    print(f"\n$ prebake {' '.join(arguments)}", flush=True)
    return subprocess.run([sys.executable, "-m", "prebake", *arguments], cwd=project, check=False).returncode


def _heading(text: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    print(f"\n── {text} {'─' * max(width - len(text) - 4, 3)}", flush=True)


def _say(*lines: str) -> None:
    print("\n" + "\n".join(lines), flush=True)


def _quote(path: Path) -> None:
    print("\n" + "".join(f"    {line}\n" for line in path.read_text(encoding="utf-8").splitlines()), end="", flush=True)


def _failed(reason: str) -> int:
    print(f"\nThe demonstration failed: {reason}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
