"""A small server on loopback that speaks the HTTP API of the Hugging Face Hub, for repositories that are made up.

What it answers is what huggingface_hub 0.36 and newer ask for: a revision's commit and files, the tree of a revision,
and the files themselves. It also has an index of nltk's packages, and spaCy's pipelines with a table of their versions.
"""

import hashlib
import json
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

PIPELINE_VERSION = "1.0.0"
"""The version that all of spaCy's pipelines here have."""

_API = {"api/models/": "", "api/datasets/": "datasets/"}


@dataclass(frozen=True)
class Repository:
    """A repository: its files by name, the names of its revisions besides `main`, and the token that it asks for."""

    files: Mapping[str, bytes]
    revisions: tuple[str, ...] = ()
    token: str | None = None

    @property
    def commit(self) -> str:
        """The commit that all of its revisions are."""
        return hashlib.sha1(repr(sorted(self.files.items())).encode()).hexdigest()

    def has(self, revision: str) -> bool:
        """Whether a name stands for a revision of it."""
        return revision in ("main", self.commit, *self.revisions)


@dataclass
class Hub:
    """Starts on construction, on a port of its own; `close` stops it. `asked` are the requests so far.

    `packages` are those of nltk: names, and the files of each with their place (`corpora/words/en`). `pipelines` are
    those of spaCy: names, and the files of the wheel of each.
    """

    repositories: Mapping[str, Repository]
    packages: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    pipelines: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is, for HF_ENDPOINT."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop; from then on its port refuses connections."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "Hub":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, format: str, *args: Any) -> None:
            hub.asked.append(format % args)

        def _answer(self, *, body: bool) -> None:
            path = unquote(urlsplit(self.path).path).strip("/")
            if path.startswith("nltk/"):
                content = _nltk(hub, path.removeprefix("nltk/"))
                self._send(200 if content is not None else 404, content or b"", {}, body=body)
                return
            if path.startswith("spacy/"):
                content = _spacy(hub, path.removeprefix("spacy/"))
                self._send(200 if content is not None else 404, content or b"", {}, body=body)
                return
            for prefix, kind in _API.items():
                if path.startswith(prefix):
                    self._about(kind + path.removeprefix(prefix), body=body)
                    return
            name, _, rest = path.partition("/resolve/")
            self._file(name, rest, body=body)

        def _repository(self, name: str, *, body: bool) -> Repository | None:
            found = hub.repositories.get(name)
            if found is None:
                self._refuse(404, "RepoNotFound", body=body)
            elif found.token is not None and self.headers.get("authorization") != f"Bearer {found.token}":
                self._refuse(401, "GatedRepo", body=body)
                return None
            return found

        def _about(self, path: str, *, body: bool) -> None:
            name, revision, tree = path, "main", False
            for word in ("revision", "tree"):
                if f"/{word}/" in path:
                    name, _, revision = path.partition(f"/{word}/")
                    tree = word == "tree"
            found = self._repository(name, body=body)
            if found is None:
                return
            revision = revision.strip("/")
            if not found.has(revision):
                self._refuse(404, "RevisionNotFound", body=body)
            elif tree:
                self._json([_entry(name, content) for name, content in found.files.items()], body=body)
            else:
                siblings = [{"rfilename": name} for name in found.files]
                about = {"id": name, "modelId": name, "sha": found.commit, "siblings": siblings, "private": False}
                self._json(about | {"tags": [], "downloads": 0, "likes": 0}, body=body)

        def _file(self, name: str, rest: str, *, body: bool) -> None:
            found = self._repository(name, body=body)
            if found is None:
                return
            known = (found.commit, "main", *found.revisions)
            revision = next((each for each in known if rest.startswith(f"{each}/")), None)
            if revision is None:
                self._refuse(404, "RevisionNotFound", body=body)
                return
            content = found.files.get(rest[len(revision) + 1 :])
            if content is None:
                self._refuse(404, "EntryNotFound", body=body, headers={"X-Repo-Commit": found.commit})
                return
            headers = {"X-Repo-Commit": found.commit, "ETag": f'"{_digest(content)}"', "Accept-Ranges": "bytes"}
            self._send(200, content, headers, body=body)

        def _refuse(self, status: int, code: str, *, body: bool, headers: Mapping[str, str] | None = None) -> None:
            said = {"X-Error-Code": code, "X-Error-Message": code, **(headers or {})}
            self._send(status, json.dumps({"error": code}).encode(), said, body=body)

        def _json(self, value: Any, *, body: bool) -> None:
            self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"}, body=body)

        def _send(self, status: int, content: bytes, headers: Mapping[str, str], *, body: bool) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

    return Handler


def _entry(name: str, content: bytes) -> dict[str, Any]:
    return {"type": "file", "path": name, "size": len(content), "oid": _digest(content)}


def _digest(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _nltk(hub: Hub, path: str) -> bytes | None:
    """The index of the packages, and their archives."""
    if path == "index.xml":
        return _index(hub).encode()
    name = path.removesuffix(".zip")
    return _archive(hub.packages[name]) if name in hub.packages else None


def _index(hub: Hub) -> str:
    lines = []
    for name, files in hub.packages.items():
        archive = _archive(files)
        subdir = next(iter(files)).partition("/")[0]
        lines.append(
            f'<package id="{name}" name="{name}" subdir="{subdir}" unzip="1" size="{len(archive)}" '
            f'unzipped_size="{sum(map(len, files.values()))}" checksum="{hashlib.md5(archive).hexdigest()}" '
            f'sha256_checksum="{hashlib.sha256(archive).hexdigest()}" url="{hub.url}/nltk/{name}.zip"/>'
        )
    return f"<nltk_data><packages>{''.join(lines)}</packages><collections/></nltk_data>"


def _archive(files: Mapping[str, bytes]) -> bytes:
    return _zipped({name.partition("/")[2]: content for name, content in files.items()})


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _spacy(hub: Hub, path: str) -> bytes | None:
    """Which version of each pipeline goes with which spaCy, and their wheels."""
    if path == "compatibility.json":
        versions = {name: [PIPELINE_VERSION] for name in hub.pipelines}
        return json.dumps({"spacy": {f"3.{minor}": versions for minor in range(100)}}).encode()
    name = path.rpartition("/")[2].partition("-")[0]
    return _zipped(hub.pipelines[name]) if name in hub.pipelines and path.endswith("-py3-none-any.whl") else None
