"""The articles to search."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Article:
    """One article of the catalogue."""

    title: str
    summary: str

    @property
    def text(self) -> str:
        """What is embedded."""
        return f"{self.title}. {self.summary}"


def load(path: Path) -> list[Article]:
    """Read one article per line of a JSON Lines file; blank lines are skipped."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Article(**json.loads(line)) for line in lines if line.strip()]
