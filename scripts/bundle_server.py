"""Put the language server and its run-time dependencies into the VS Code extension.

    python -m scripts.bundle_server [--server server/prebake] [--output vscode-client/bundled]

Writes OUTPUT/libs: the package `prebake` and every run-time dependency that `pyproject.toml` names, at the versions of
`constraints.txt`. Only wheels for any platform and any Python 3 are taken, resolved for Python 3.11, so that one
extension serves every system and every newer Python. Of each dependency's metadata its name, version and licences stay.
"""

import argparse
import shutil
import subprocess
import sys
import tomllib
from email.parser import HeaderParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"
MAX_BYTES = 8_000_000
"""Unpacked size above which something has slipped in that does not belong; packed it is about a fifth."""

_KEPT_METADATA = {"Metadata-Version", "Name", "Version", "License", "License-Expression", "License-File", "Home-page"}
_JUNK_FOLDERS = ("__pycache__", "tests", "test", "bin")
_NATIVE_SUFFIXES = {".so", ".pyd", ".dll", ".dylib"}


def dependencies() -> list[str]:
    """The run-time requirements of the project, as `pyproject.toml` writes them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"])


def install(libs: Path) -> None:
    """Install the dependencies into the folder `libs`; raises CalledProcessError when one has no pure wheel."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--target", str(libs), "--constraint", str(ROOT / "constraints.txt"), "--only-binary=:all:"]
    command += ["--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", OLDEST_PYTHON]
    subprocess.run([*command, *dependencies()], check=True)


def strip(libs: Path) -> None:
    """Remove from the folder `libs` what the server does not need, keeping each dependency's licence."""
    for name in _JUNK_FOLDERS:
        for folder in [found for found in libs.rglob(name) if found.is_dir()]:
            shutil.rmtree(folder, ignore_errors=True)
    for info in libs.glob("*.dist-info"):
        _shorten_metadata(info / "METADATA")
        for file in [found for found in info.rglob("*") if found.is_file()]:
            licence = file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS"))
            if file.name != "METADATA" and not licence:
                file.unlink()
    for stub in libs.rglob("*.pyi"):
        stub.unlink()


def _shorten_metadata(path: Path) -> None:
    headers = HeaderParser().parsestr(path.read_text(encoding="utf-8"), headersonly=True)
    kept = [f"{name}: {value}\n" for name, value in headers.items() if name in _KEPT_METADATA and "\n" not in value]
    path.write_text("".join(kept), encoding="utf-8")


def add_server(server: Path, libs: Path) -> None:
    """Copy the package in the folder `server` into `libs` as `prebake`, without caches."""
    shutil.copytree(server, libs / "prebake", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def check(libs: Path) -> int:
    """Raise SystemExit when the bundle is not pure Python or too large; otherwise its size in bytes."""
    files = [path for path in libs.rglob("*") if path.is_file()]
    native = [path for path in files if path.suffix in _NATIVE_SUFFIXES]
    if native:
        raise SystemExit(f"not pure Python: {', '.join(str(path) for path in native)}")
    size = sum(path.stat().st_size for path in files)
    if size > MAX_BYTES:
        raise SystemExit(f"the bundle has {size} bytes, more than {MAX_BYTES}")
    return size


def main() -> None:
    """Build the bundle anew."""
    parser = argparse.ArgumentParser(description="Bundle the language server into the VS Code extension.")
    parser.add_argument("--server", type=Path, default=ROOT / "server" / "prebake", help="folder of the package")
    parser.add_argument("--output", type=Path, default=ROOT / "vscode-client" / "bundled")
    arguments = parser.parse_args()
    libs: Path = arguments.output / "libs"
    shutil.rmtree(arguments.output, ignore_errors=True)
    libs.mkdir(parents=True)
    install(libs)
    strip(libs)
    add_server(arguments.server, libs)
    print(f"bundled {check(libs) / 1e6:.1f} MB into {arguments.output}")


if __name__ == "__main__":
    main()
