"""A private Docker engine: its own socket, data and processes, no network, stopped when the tests are done."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.builder import base_image, image
from tests.builder.image import File

BASE = "python:3.11-slim"
# Where `make builder-setup` unpacks an engine newer than the system's; it wins over the system's.
_UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "builder" / "engine"
_BUILDX = "usr/libexec/docker/cli-plugins/docker-buildx"
_READY = 60  # seconds
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


_MOST_CANCELLED = 5


class EngineError(Exception):
    """No engine could be had, or a build failed; the text says why."""


@dataclass(frozen=True)
class Built:
    """A finished build: the image's tag, the Dockerfile's steps and whether each came from the cache, and its time."""

    tag: str
    steps: dict[str, bool]
    log: str
    seconds: float

    def cached(self, instruction: str) -> bool:
        """Whether the one step whose text holds `instruction` came from the cache."""
        found = [cached for step, cached in self.steps.items() if instruction in step]
        assert len(found) == 1, f"{instruction!r} names {len(found)} steps of {list(self.steps)}"
        return found[0]

    @property
    def sent(self) -> int:
        """Bytes of the build context that went to the builder: all of it, or what is new since the last build."""
        return sent(self.log)


class Engine:
    """Starts on construction; `close` stops it and removes what it wrote.

    `wheels` are files that pip finds in the base image, beside the tiny ones that are always there. `containerd` keeps
    images in containerd's store, as new installations of Docker 29 do; only there can BuildKit link layers.
    """

    def __init__(self, wheels: Sequence[Path] = (), *, containerd: bool = False) -> None:
        root = _UNPACKED if _UNPACKED.is_dir() else Path("/")
        # Named by their paths: a docker client elsewhere on PATH may lack BuildKit and then uses the legacy builder.
        self._client, self._daemon = root / "usr/bin/docker", root / "usr/sbin/dockerd"
        needed = (self._client, self._daemon, *base_image.REQUIRED)
        if missing := [str(path) for path in needed if not path.exists()]:
            raise EngineError(f"{', '.join(missing)} not installed (make builder-setup)")
        if os.geteuid() != 0:
            raise EngineError("a private Docker engine needs root")
        self._folder = Path(tempfile.mkdtemp(prefix="prebake-engine-"))
        self._environment = {
            "PATH": f"{root / 'usr/bin'}:{root / 'usr/sbin'}:/usr/sbin:/usr/bin:/sbin:/bin",
            "DOCKER_HOST": f"unix://{self._folder}/docker.sock",
            "DOCKER_CONFIG": str(self._folder / "config"),
            "DOCKER_BUILDKIT": "1",
        }
        if (root / _BUILDX).exists():
            plugins = self._folder / "config" / "cli-plugins"
            plugins.mkdir(parents=True)
            (plugins / "docker-buildx").symlink_to(root / _BUILDX)
        try:
            if containerd:
                self._process = self._start(None)
            else:
                self._process = self._start("overlay2") or self._start("vfs")
            if self._process is None:
                raise EngineError("dockerd does not start: " + self._last_words())
            self._import_base(wheels)
        except BaseException:
            self.close()
            raise

    def version(self) -> tuple[int, ...]:
        """The engine's version, such as (20, 10, 24)."""
        said = self._docker("version", "--format", "{{.Server.Version}}").stdout
        return tuple(int(number) for number in re.findall(r"\d+", said)[:3])

    def build(
        self,
        context: Path,
        tag: str,
        *,
        dockerfile: str = "Dockerfile",
        target: str | None = None,
        arguments: Mapping[str, str] | None = None,
        network: str = "none",
    ) -> Built:
        """Build with BuildKit, without a network unless it is `host`; `EngineError` with the log when it fails."""
        stage = ["--target", target] if target else []
        for name, value in (arguments or {}).items():
            stage += ["--build-arg", f"{name}={value}"]
        options = ["--progress", "plain", "--network", network, "--tag", tag, "--file", str(context / dockerfile)]
        start = time.monotonic()
        log = self._docker("build", *options, *stage, str(context)).stderr
        return Built(tag, steps(log), log, time.monotonic() - start)

    def run(self, built: Built, *, user: str | None = None, mounted: str | None = None) -> tuple[int, str]:
        """Start a container without a network, and wait for its end; its exit status and what it said. ``mounted`` is a
        folder and where it is to be, such as ``/project:/work:ro``.
        """
        options = ["--rm", "--network", "none", *(["--user", user] if user is not None else [])]
        options += ["--volume", mounted] if mounted is not None else []
        done = self._run("run", *options, built.tag)
        return done.returncode, done.stdout + done.stderr

    def forget(self, *tags: str) -> None:
        """Remove these images and the whole build cache; the next build of anything is a cold one."""
        self._docker("image", "rm", "--force", *tags)
        self._docker("builder", "prune", "--all", "--force")

    def vertices(
        self, context: Path, *, args: Mapping[str, str] | None = None, target: str | None = None
    ) -> dict[str, bool]:
        """Build with BuildKit; its vertices by name, and whether each came from the cache."""
        stage = ["--target", target] if target else []
        given = [option for name, value in (args or {}).items() for option in ("--build-arg", f"{name}={value}")]
        options = ["--progress", "rawjson", "--network", "none", *stage, *given]
        return _vertices(self._docker("build", *options, str(context)).stderr)

    def classic_steps(
        self, context: Path, *, args: Mapping[str, str] | None = None, target: str | None = None
    ) -> list[tuple[str, bool]]:
        """Build with the legacy builder; its steps in order and whether each came from the cache."""
        stage = ["--target", target] if target else []
        given = [option for name, value in (args or {}).items() for option in ("--build-arg", f"{name}={value}")]
        log = self._docker("build", "--network", "none", *stage, *given, str(context), DOCKER_BUILDKIT="0").stdout
        texts = re.split(r"^Step \d+/\d+ : ", log, flags=re.MULTILINE)[1:]
        return [(text.partition("\n")[0], "\n ---> Using cache\n" in text) for text in texts]

    def image(self, built: Built) -> image.Image:
        """What the built image holds."""
        with self._saved(built) as archive:
            return image.read(archive)

    def holds(self, built: Built, content: bytes) -> bool:
        """Whether a layer of the built image has these bytes in a file, deleted later or not."""
        with self._saved(built) as archive:
            return image.holds(archive, content)

    @contextmanager
    def _saved(self, built: Built) -> Iterator[Path]:
        archive = self._folder / "image.tar"
        self._docker("save", "--output", str(archive), built.tag)
        try:
            yield archive
        finally:
            archive.unlink()

    def export(
        self, context: Path, dockerfile: str = "Dockerfile", *, named: Mapping[str, Path] | None = None
    ) -> tuple[dict[str, File], str]:
        """Build with BuildKit and `named` contexts, keeping no image; the file tree that comes out, and the log."""
        archive = self._folder / "export.tar"
        options = ["--progress", "plain", "--network", "none", "--output", f"type=tar,dest={archive}"]
        for name, folder in (named or {}).items():
            options += ["--build-context", f"{name}={folder}"]
        try:
            log = self._docker("build", *options, "--file", str(context / dockerfile), str(context)).stderr
            return image.tree(archive), log
        finally:
            archive.unlink(missing_ok=True)

    def classic_export(self, context: Path, dockerfile: str = "Dockerfile") -> dict[str, File]:
        """Build with the legacy builder; the file tree of the image, which is removed again."""
        options = ["--network", "none", "--tag", "classic-export", "--file", str(context / dockerfile)]
        self._docker("build", *options, str(context), DOCKER_BUILDKIT="0")
        try:
            return self.image(Built("classic-export", {}, "", 0)).files
        finally:
            self._docker("image", "rm", "--force", "classic-export")

    def size(self, built: Built) -> int:
        """The bytes of all layers of the built image."""
        return int(self._docker("image", "inspect", "--format", "{{.Size}}", built.tag).stdout)

    def close(self) -> None:
        """Stop the engine, unmount what it left mounted, remove its folder."""
        process = getattr(self, "_process", None)
        if process is not None:
            _stop(process)
        prefix = f"{self._folder}/"
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted((each for each in mounts if each.startswith(prefix)), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, driver: str | None) -> subprocess.Popen[bytes] | None:
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        settings = self._folder / "daemon.json"
        settings.write_text(json.dumps({"features": {"containerd-snapshotter": driver is None}}), encoding="utf-8")
        options = [
            f"--config-file={settings}",
            f"--host=unix://{self._folder}/docker.sock",
            f"--data-root={self._folder}/data",
            f"--exec-root={self._folder}/exec",
            f"--pidfile={self._folder}/docker.pid",
            *([f"--storage-driver={driver}"] if driver is not None else []),
            "--bridge=none",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--ip-masq=false",
        ]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._daemon, *options], env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + _READY
        while time.monotonic() < deadline and process.poll() is None:
            if self._run("version").returncode == 0:
                return process
            time.sleep(0.1)
        _stop(process)
        return None

    def _import_base(self, wheels: Sequence[Path]) -> None:
        archive = self._folder / "base.tar"
        base_image.write(archive, wheels)
        changes = ["--change", 'CMD ["python3"]']
        for name, value in base_image.ENVIRONMENT.items():
            changes += ["--change", f"ENV {name}={value}"]
        self._docker("import", *changes, str(archive), "base:cold")
        archive.unlink()
        # Running pip once leaves its byte code in the image; each later build is two seconds shorter.
        project = self._folder / "base"
        project.mkdir()
        (project / "Dockerfile").write_text("FROM base:cold\nRUN pip install -q alpha && pip uninstall -q -y alpha\n")
        self.build(project, BASE)

    def _docker(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = self._run(*arguments, **environment)
        for _ in range(_MOST_CANCELLED):
            # Now and then BuildKit tells that a step was cancelled, and not what has gone wrong.
            if done.returncode == 0 or "Canceled: context canceled" not in done.stderr:
                break
            done = self._run(*arguments, **environment)
        if done.returncode:
            raise EngineError(f"docker {' '.join(arguments)} failed:\n{done.stderr}")
        return done

    def _run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._client, *arguments],
            env=self._environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def _last_words(self) -> str:
        log = self._folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "no log"


def steps(log: str) -> dict[str, bool]:
    """The Dockerfile's steps in BuildKit's plain log: `#7 [2/4] RUN ...`, and `#7 CACHED` where it was."""
    named = dict(re.findall(r"^#(\d+) \[[^\]]*\d+/\d+\] (.+)$", log, re.MULTILINE))
    cached = set(re.findall(r"^#(\d+) CACHED", log, re.MULTILINE))
    return {step: number in cached for number, step in named.items()}


def sent(log: str) -> int:
    """Bytes of the build context in BuildKit's plain log, which rounds them to two decimals of a unit.

    The ignore file is announced with the same words, as another step, and is not counted. `ValueError` when the log
    tells of no context.
    """
    loads = set(re.findall(r"^#(\d+) \[internal\] load build context", log, re.MULTILINE))
    told = re.findall(r"^#(\d+) transferring context: ([\d.]+)([kMGT]?B)", log, re.MULTILINE)
    sizes = [float(amount) * _UNITS[unit] for number, amount, unit in told if number in loads]
    if not sizes:
        raise ValueError("the log of the build does not say how much of the context was sent")
    return round(max(sizes))


def _vertices(log: str) -> dict[str, bool]:
    """The names in BuildKit's JSON log: a stream of objects, each with news of some vertices."""
    named: dict[str, str] = {}
    cached: set[str] = set()
    decoder = json.JSONDecoder()
    at = log.find("{")
    while 0 <= at < len(log):
        news, at = decoder.raw_decode(log, at)
        for vertex in news.get("vertexes") or ():
            named[vertex["digest"]] = vertex["name"]
            if vertex.get("cached"):
                cached.add(vertex["digest"])
        at = log.find("{", at)
    return {name: digest in cached for digest, name in named.items()}


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
