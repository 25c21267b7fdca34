"""Projects in memory, and the build of their Dockerfile."""

from collections.abc import Mapping

from prebake.build.build import Build
from prebake.engine import builds
from prebake.files import disk
from prebake.syntax.dockerfile import Instruction
from prebake.text import Text

ROOT = "/no-such-folder/project"


def build_of(dockerfile: str, files: Mapping[str, str] | None = None) -> Build:
    """The build of a Dockerfile among some files; nothing is on disk."""
    texts = {f"{ROOT}/{name}": Text(content) for name, content in {**(files or {}), "Dockerfile": dockerfile}.items()}
    return builds(disk().overlay(texts), f"{ROOT}/Dockerfile", root=ROOT)[0]


def nth(build: Build, keyword: str, number: int = 0) -> Instruction:
    """The instruction of that keyword, counted from 0; negative numbers count from the end."""
    return [item for item in build.tree.instructions if item.keyword == keyword][number]
