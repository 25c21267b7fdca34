"""Document URIs and paths.

A client writes one file's URI in its own way (``file:///c%3A/x`` or ``file:///C:/x``), so files are known by path
inside. Only ``file:`` URIs name files: an editor's ``untitled:`` or ``git:`` document has no place in a project.
"""

from __future__ import annotations

import os
import posixpath
import re
from urllib.parse import quote, unquote

_WINDOWS = os.name == "nt"
_DRIVE = re.compile(r"/?([A-Za-z]):(?=/|$)")


def to_path(uri: str, *, windows: bool = _WINDOWS) -> str | None:
    """The absolute, normalised, ``/``-separated path that a URI names; ``None`` when it is not a ``file:`` URI.

    A ``#`` or ``?`` that the client left unescaped belongs to the path, since documents have neither fragment nor
    query. Bytes that are not UTF-8 become lone surrogates, as in :func:`os.fsdecode`.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() != "file":
        return None
    host = ""
    if rest.startswith("//"):
        host, slash, rest = rest[2:].partition("/")
        rest = slash + rest
    path = unquote(rest, errors="surrogateescape")
    if windows:
        path = path.replace("\\", "/")
        if host and host.lower() != "localhost":
            return "//" + unquote(host) + posixpath.normpath(path or "/")
        drive = _DRIVE.match(path)
        if drive:
            return drive[1].upper() + ":" + posixpath.normpath(path[drive.end() :] or "/")
    return posixpath.normpath("/" + path.lstrip("/"))


def ignore_file(uri: str) -> str | None:
    """The path of an ignore file; ``None`` when a URI names another file or none. Its name decides, since editors
    disagree on the language.
    """
    from prebake.discovery import is_ignore_file

    path = to_path(uri)
    return path if path is not None and is_ignore_file(posixpath.basename(path)) else None


def from_path(path: str) -> str:
    """The ``file:`` URI of an absolute, ``/``-separated path."""
    drive = _DRIVE.match(path)
    if drive and not path.startswith("/"):
        return f"file:///{drive[1]}:{_quote(path[drive.end() :])}"
    return "file:" + ("" if path.startswith("//") else "//") + _quote(path)


def below(folder_uri: str, rest: str) -> str:
    """The URI of a file that lies in a folder, the folder spelt as the client does (``file:///c%3A/x``)."""
    return f"{folder_uri.removesuffix('/')}/{_quote(rest)}" if rest else folder_uri


def _quote(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"))
