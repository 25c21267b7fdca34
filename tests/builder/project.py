"""Projects as trees on disk, and the tool run on them as a user would."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

# The base image has no package manager: this one does what apt-get does to the files of an image.
APT_GET = """\
#!/bin/sh
case "$1" in
update) mkdir -p /var/lib/apt/lists && echo lists > /var/lib/apt/lists/all ;;
install)
    for name; do
        case "$name" in
        install | -*) ;;
        *)
            mkdir -p "/usr/share/doc/$name" /etc/alternatives
            printf '#!/bin/sh\\n' > "/usr/bin/$name"
            chmod 755 "/usr/bin/$name"
            echo "$name" >> /var/lib/apt/installed
            ;;
        esac
    done
    ;;
esac
"""


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files under `root`; returns `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def append(path: Path, text: str) -> None:
    """Add to the end of a file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def fix(root: Path, *options: str) -> str:
    """Run `prebake check --fix` there; what it printed. A crash or bad usage is an AssertionError."""
    command = [sys.executable, "-m", "prebake", "check", "--fix", *options]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), f"{' '.join(options)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout
