"""Fetches the wheels that the proof's project requires, with pip as it is set up: python -m tests.proof.wheels DIR."""

import subprocess
import sys
from pathlib import Path

from tests.builder.base_image import python_version
from tests.proof.project import ADDED, REQUIREMENTS


def main(folder: Path) -> int:
    """Download into `folder` what installs on this platform with the base image's Python; pip's exit status."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    options = ["--only-binary=:all:", "--python-version", python_version(), "--dest", str(folder)]
    return subprocess.run([*command, *options, *REQUIREMENTS.split(), *ADDED.split()], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
