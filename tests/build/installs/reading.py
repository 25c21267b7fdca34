"""The last install of a Dockerfile, as a test asks for it."""

from __future__ import annotations

from typing import NamedTuple

from prebake.build.commands.effects import Effects
from prebake.build.installs.installers import installs
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, first_step
from tests.build.projects import build_of


class Found(NamedTuple):
    """The last install of a Dockerfile: what it reads, what it touches besides, its first step."""

    reading: Reading
    effects: Effects
    first: FirstStep | str

    @property
    def read(self) -> list[str]:
        return sorted(item.provided.context for item in self.reading.manifests if not item.optional)

    @property
    def optional(self) -> list[str]:
        return sorted(item.provided.context for item in self.reading.manifests if item.optional)


def found(run: str, files: dict[str, str], above: str = "") -> Found:
    build = build_of(f"FROM python:3.12\nWORKDIR /app\n{above}COPY . .\nRUN {run}\n", files)
    index, install = list(installs(build).items())[-1]
    reading = readings(build)[index]
    return Found(reading, reading.effects[-1][1], first_step(Notes(build, install), install.commands[-1]))
