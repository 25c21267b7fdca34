"""Images with real tools besides pip: uv, and npm with the machine's Node.js. They work without a network.

The wheel of uv is what `make builder-setup` leaves; a tool that is missing is said, never replaced.
"""

import base64
import gzip
import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

from tests.builder import base_image
from tests.builder.engine import BASE, Engine, EngineError

UV = "uv:local"
NODE = "node:20-slim"
INDEX = "http://localhost:8000/simple"
_UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "builder" / "tools"
_NODE, _NPM = Path("/usr/bin/node"), Path("/usr/lib/node_modules/npm")

# uv reads a package index over HTTP; the image serves one to itself while uv runs.
_UV = """\
#!/bin/sh
python3 -m http.server --bind 127.0.0.1 --directory /index 8000 >/dev/null 2>&1 &
server=$!
until wget -q -O /dev/null http://localhost:8000/; do sleep 0.1; done
/opt/uv/uv "$@"
status=$?
kill $server
exit $status
"""
_UV_DOCKERFILE = f"""\
FROM {BASE}
COPY uv /opt/uv/uv
COPY wrapper /usr/local/bin/uv
COPY index /index
ENV UV_DEFAULT_INDEX={INDEX} UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
"""
_NODE_DOCKERFILE = f"""\
FROM {BASE}
COPY libraries/ /usr/lib/x86_64-linux-gnu/
COPY node /usr/bin/node
COPY npm /usr/lib/node_modules/npm
COPY wrapper /usr/bin/npm
COPY left.tgz /opt/
ENV npm_config_offline=true npm_config_logs_max=0 npm_config_audit=false npm_config_fund=false \\
    npm_config_update_notifier=false npm_config_cache=/opt/npm
RUN npm cache add /opt/left.tgz
"""
_NPM_WRAPPER = '#!/bin/sh\nexec node /usr/lib/node_modules/npm/bin/npm-cli.js "$@"\n'


def make_uv(engine: Engine, folder: Path) -> None:
    """Build the image with uv; `EngineError` where its wheel is missing."""
    wheel = next(_UNPACKED.glob("uv-*.whl"), None)
    if wheel is None:
        raise EngineError("the wheel of uv is missing (make builder-setup)")
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        _program(folder / "uv", archive.read(name))
    _program(folder / "wrapper", _UV.encode())
    for name in base_image.WHEELS:
        place = folder / "index" / "simple" / name
        place.mkdir(parents=True)
        (place / wheel_name(name)).write_bytes(base_image.wheel_of(name))
        link = f'<a href="{wheel_name(name)}#sha256={wheel_digest(name)}">{wheel_name(name)}</a>\n'
        (place / "index.html").write_text(f"<!DOCTYPE html>\n{link}")
    (folder / "Dockerfile").write_text(_UV_DOCKERFILE)
    engine.build(folder, UV)


def make_node(engine: Engine, folder: Path) -> None:
    """Build the image with npm and a package in its cache; `EngineError` where the machine has no Node.js."""
    if not (_NODE.exists() and _NPM.is_dir()):
        raise EngineError("the machine has no Node.js with npm in /usr")
    folder.mkdir()
    shutil.copy(_NODE, folder / "node")
    shutil.copytree(_NPM, folder / "npm", symlinks=True)
    (folder / "libraries").mkdir()
    for library in base_image.shared_libraries([_NODE]):
        if not library.name.startswith(("ld-", "libc.", "libm.")):  # Python has brought those
            shutil.copy(library, folder / "libraries")
    _program(folder / "wrapper", _NPM_WRAPPER.encode())
    (folder / "left.tgz").write_bytes(_node_package())
    (folder / "Dockerfile").write_text(_NODE_DOCKERFILE)
    engine.build(folder, NODE)


def wheel_name(name: str) -> str:
    """The file name of one of the tiny wheels."""
    return f"{name}-1.0-py3-none-any.whl"


def wheel_digest(name: str) -> str:
    """The SHA-256 of one of the tiny wheels."""
    return hashlib.sha256(base_image.wheel_of(name)).hexdigest()


def uv_lock(source: str) -> str:
    """The uv.lock of a project `service` that depends on `alpha`; `source` is `virtual` or `editable`."""
    wheel = f"{INDEX}/alpha/{wheel_name('alpha')}"
    return f"""\
version = 1
revision = 2
requires-python = ">=3.11"

[[package]]
name = "alpha"
version = "1.0"
source = {{ registry = "{INDEX}" }}
wheels = [
    {{ url = "{wheel}", hash = "sha256:{wheel_digest("alpha")}" }},
]

[[package]]
name = "service"
version = "0.1"
source = {{ {source} = "." }}
dependencies = [
    {{ name = "alpha" }},
]

[package.metadata]
requires-dist = [{{ name = "alpha" }}]
"""


def npm_lock() -> str:
    """The package-lock.json of a project `web` that depends on `left`, which is in the cache of npm."""
    digest = base64.b64encode(hashlib.sha512(_node_package()).digest()).decode()
    root = {"name": "web", "version": "1.0.0", "dependencies": {"left": "1.0.0"}}
    left = {
        "version": "1.0.0",
        "resolved": f"{INDEX}/left-1.0.0.tgz",  # never asked: the integrity finds it in the cache
        "integrity": f"sha512-{digest}",
    }
    packages = {"": root, "node_modules/left": left}
    lock = {"name": "web", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    return json.dumps(lock, indent=2) + "\n"


def _program(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)


def _node_package() -> bytes:
    buffer = io.BytesIO()
    contents = {
        "package/package.json": '{"name": "left", "version": "1.0.0", "main": "index.js"}\n',
        "package/index.js": "module.exports = 1;\n",
    }
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return gzip.compress(buffer.getvalue(), mtime=0)
