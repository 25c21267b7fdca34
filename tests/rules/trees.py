"""Small project trees for tests, described as data."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def make_tree(root: Path, files: Mapping[str, Any], *, git: bool = False) -> None:
    """Write files below ``root``.

    A value is the file's text, ``{size: BYTES}`` for a sparse file of that size, ``{link: TARGET}`` for a symbolic
    link, ``{hex: BYTES}`` for binary content, or ``null`` for an empty folder. With ``git``, the folder becomes a
    repository in which everything that ``.gitignore`` allows is staged.
    """
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir(exist_ok=True)
        elif isinstance(content, str):
            path.write_bytes(content.encode("utf-8"))
        elif "link" in content:
            path.symlink_to(content["link"])
        elif "hex" in content:
            path.write_bytes(bytes.fromhex(content["hex"]))
        else:
            with path.open("wb") as file:
                file.truncate(content["size"])
    if git:
        for arguments in (("init", "-q"), ("add", "-A")):
            subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)
