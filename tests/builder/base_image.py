"""A base image made of what the machine has: busybox, Debian's Python, pip and a few tiny wheels. Needs no network.

Dockerfiles name it `python:3.11-slim`. Its environment keeps pip inside it (`PIP_NO_INDEX`) and makes byte code
reproducible (`SOURCE_DATE_EPOCH`), so that two builds of the same project differ by dates alone.
"""

import io
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "SOURCE_DATE_EPOCH": "1700000000",
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": "/wheels",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
WHEELS = ("alpha", "beta", "gamma")  # each at version 1.0
REQUIRED = (Path("/usr/bin/python3"), Path("/bin/busybox"), Path("/usr/share/python-wheels"))
_PYTHON = Path("/usr/bin/python3")
_LEFT_OUT = {"__pycache__", "test", "idlelib", "tkinter", "EXTERNALLY-MANAGED", "dist-packages", "site-packages"}
_PIP = "#!/usr/bin/python3\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"


def python_version() -> str:
    """The version of the image's Python, such as `3.11`."""
    return _PYTHON.resolve().name.removeprefix("python")


def write(archive: Path, wheels: Sequence[Path] = ()) -> None:
    """Write the file system of the base image as a tar archive, with these wheels for pip to find."""
    with tarfile.open(archive, "w") as tar:
        for folder in ("tmp", "var/tmp", "root", "home", "proc", "sys", "dev", "etc", "usr/local/bin", "wheels"):
            _folder(tar, folder, 0o1777 if folder.endswith("tmp") else 0o755)
        for name in ("bin", "sbin"):
            _link(tar, name, "usr/bin")
        for name in ("lib", "lib64"):
            _link(tar, name, f"usr/{name}")
        _text(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nworker:x:1000:1000::/home:/bin/sh\n")
        _text(tar, "etc/group", "root:x:0:\nworker:x:1000:\n")
        _busybox(tar)
        _python(tar)
        for name in WHEELS:
            _bytes(tar, f"wheels/{name}-1.0-py3-none-any.whl", wheel_of(name), 0o644)
        for wheel in wheels:
            _file(tar, wheel, f"wheels/{wheel.name}")


def _busybox(tar: tarfile.TarFile) -> None:
    _file(tar, Path("/bin/busybox"), "usr/bin/busybox")
    listed = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        if name != "busybox":
            _link(tar, f"usr/bin/{name}", "busybox")


def _python(tar: tarfile.TarFile) -> None:
    interpreter = _PYTHON.resolve()
    _file(tar, interpreter, f"usr/bin/{interpreter.name}")
    for name in ("python3", "python"):
        _link(tar, f"usr/bin/{name}", interpreter.name)
    library = Path("/usr/lib") / interpreter.name
    for path in sorted(library.rglob("*")):
        if not _LEFT_OUT & set(path.relative_to(library).parts) and path.is_file():
            _file(tar, path, str(path)[1:])
    for path in sorted(set(shared_libraries([interpreter, *library.glob("lib-dynload/*.so")]))):
        _file(tar, path, f"usr{path}" if path.parts[1].startswith("lib") else str(path)[1:])
    packages = f"usr/local/lib/{interpreter.name}/dist-packages"
    with zipfile.ZipFile(next(Path("/usr/share/python-wheels").glob("pip-*.whl"))) as wheel:
        for name in wheel.namelist():
            _bytes(tar, f"{packages}/{name}", wheel.read(name), 0o644)
    for name in ("pip", "pip3"):
        _bytes(tar, f"usr/local/bin/{name}", _PIP.encode(), 0o755)


def shared_libraries(binaries: list[Path]) -> Iterator[Path]:
    """The libraries that programs of this machine load."""
    listed = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False)
    for match in re.finditer(r"(?:=> |^\t)(/\S+) \(", listed.stdout, re.MULTILINE):
        yield Path(match[1])


def wheel_of(name: str) -> bytes:
    """A wheel with one module; its archive is the same each time."""
    about = f"{name}-1.0.dist-info"
    contents = {
        f"{name}.py": f"name = {name!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    contents[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*contents, f"{about}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in contents.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return buffer.getvalue()


def _folder(tar: tarfile.TarFile, name: str, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, mode
    tar.addfile(info)


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    tar.addfile(info)


def _file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    _bytes(tar, name, path.read_bytes(), path.stat().st_mode & 0o755)


def _text(tar: tarfile.TarFile, name: str, text: str) -> None:
    _bytes(tar, name, text.encode(), 0o644)


def _bytes(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))
