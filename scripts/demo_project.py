"""The demo project: examples/slow-search with the bulk that gathers around a project in use."""

import os
import shutil
import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MB = 1_000_000

# Sizes are those of a CPU installation of what requirements.txt names, rounded.
_PACKAGES = {
    "torch/lib/libtorch_cpu.so": 430 * MB,
    "torch/lib/libtorch_python.so": 26 * MB,
    "torch/bin/protoc": 5 * MB,
    "scipy.libs/libscipy_openblas.so": 22 * MB,
    "numpy.libs/libscipy_openblas64_.so": 25 * MB,
    "sklearn/_loss/_loss.so": 3 * MB,
    "tokenizers/tokenizers.abi3.so": 9 * MB,
}
_SHARDS = 12
_SHARD_SIZE = 40 * MB
_OLD_EXPORT_SIZE = 18 * MB


def make_demo_project(target: Path) -> Path:
    """Copy examples/slow-search to `target` (which must not exist) and surround it with its usual bulk.

    Adds a virtual environment, raw data, byte code and a Git repository with a history. The large files are sparse:
    they have their size, and take next to no disk. Without git, the repository is imitated. Returns `target`.
    """
    shutil.copytree(EXAMPLES / "slow-search", target, ignore=shutil.ignore_patterns("__pycache__"))
    _virtual_environment(target / ".venv")
    for number in range(_SHARDS):
        _sparse(target / "data" / "crawl" / f"articles-{number:05d}.parquet", _SHARD_SIZE)
    _byte_code(target)
    _repository(target)
    return target


def _sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def _virtual_environment(root: Path) -> None:
    packages = root / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    (root / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.12.8\n")
    for name, size in _PACKAGES.items():
        _sparse(packages / name, size)
    for package in ("fastapi", "numpy", "sentence_transformers", "torch", "transformers", "uvicorn"):
        for number in range(60):
            module = packages / package / f"_part{number // 20}" / f"module_{number:02d}.py"
            module.parent.mkdir(parents=True, exist_ok=True)
            module.write_text(f'"""Part {number} of {package}."""\n' + "value = 0\n" * 200)


def _byte_code(root: Path) -> None:
    for module in [*(root / "search").glob("*.py"), *(root / "tests").glob("*.py")]:
        cache = module.parent / "__pycache__"
        cache.mkdir(exist_ok=True)
        (cache / f"{module.stem}.cpython-312.pyc").write_bytes(bytes(4096))


def _repository(root: Path) -> None:
    if shutil.which("git") is None:
        (root / ".git" / "refs").mkdir(parents=True)
        (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        _sparse(root / ".git" / "objects" / "pack" / "pack-0.pack", _OLD_EXPORT_SIZE)
        return
    export = root / "export.bin"
    export.write_bytes(os.urandom(_OLD_EXPORT_SIZE))
    git(root, "init", "--quiet", "--template=", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Search over the catalogue")
    export.unlink()
    git(root, "commit", "--quiet", "--all", "--message", "Remove an export that went in by mistake")


def git(root: Path, *arguments: str) -> None:
    """Run git in `root` as an author that needs no configuration; `CalledProcessError` when it fails."""
    identity = ["-c", "user.name=Demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false"]
    # A global configuration may hold hooks or signing that the demonstration must not depend on.
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, env=environment, stdout=subprocess.DEVNULL)
