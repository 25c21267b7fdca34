"""The contexts of a Dockerfile in a project that a test makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prebake.config import Settings
from prebake.files import disk
from prebake.project.contexts.find import Context, find_contexts
from prebake.syntax.dockerfile import parse
from tests.rules.trees import make_tree

BROAD = "FROM python:3.12\nCOPY . /app\n"


def contexts(
    root: Path, files: dict[str, Any], dockerfile: str = "Dockerfile", settings: Settings | None = None
) -> list[Context]:
    make_tree(root, files)
    path = f"{root.as_posix()}/{dockerfile}"
    snapshot = disk()
    text = snapshot.text(path)
    assert text is not None
    return list(find_contexts(snapshot, path, parse(text), root.as_posix(), settings or Settings()))


def told(root: Path, found: list[Context]) -> list[tuple[str | None, str, str]]:
    """The root seen from the project, the kind of the evidence, and where it stands."""
    return [
        (
            None if context.root is None else Path(context.root).relative_to(root).as_posix(),
            context.evidence.kind,
            context.evidence.source(root.as_posix()) if context.evidence.path else "",
        )
        for context in found
    ]


def workflow(*steps: str, env: str = "") -> str:
    body = "".join(f"      - {step}\n" for step in steps)
    return f"on: push\n{env}jobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n{body}"
