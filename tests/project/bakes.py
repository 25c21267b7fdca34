"""The targets of a bake file that a test writes."""

from __future__ import annotations

from prebake.files import disk
from prebake.project.contexts.bake import BakeTarget, bake_targets
from prebake.text import Text

PATH = "/project/docker-bake.hcl"


def targets(content: str, path: str = PATH, **others: str) -> dict[str, BakeTarget]:
    files = {path: Text(content)} | {f"/project/{name}": Text(text) for name, text in others.items()}
    found = bake_targets(disk().overlay(files), (path,), "/project")
    return {target.name: target for target in found}


def one(body: str, before: str = "") -> BakeTarget:
    (target,) = targets(f'{before}\ntarget "app" {{\n{body}\n}}\n').values()
    return target
