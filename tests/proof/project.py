"""The project that `make proof` builds: the article's Dockerfile, a small program, and the bulk around it."""

import random
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from scripts.demo_project import git

# Versions that have wheels for Python 3.10 to 3.13; what they need in turn is left to pip, as in many projects.
REQUIREMENTS = "numpy==2.2.6\npandas==2.2.3\nscikit-learn==1.6.1\nscipy==1.15.3\n"
ADDED = "tqdm==4.67.1\n"  # what the edit of the manifest adds
DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /app
COPY . /app
RUN pip install -r requirements.txt
CMD ["python", "app.py"]
"""
_APP = """\
\"\"\"Answers with the articles that are nearest to the words given.\"\"\"

import sys

from search.ranking import Ranking


def main() -> int:
    articles = ["a red shoe", "a blue shirt", "a green hat"]
    for article in Ranking(articles).nearest(" ".join(sys.argv[1:])):
        print(article)
    return 0


if __name__ == "__main__":
    sys.exit(main())
"""
_RANKING = """\
\"\"\"Ranks texts by the words they share with a query.\"\"\"

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer


class Ranking:
    def __init__(self, articles: list[str]) -> None:
        self.articles = articles
        self.vectorizer = TfidfVectorizer()
        self.matrix = self.vectorizer.fit_transform(articles)

    def nearest(self, query: str) -> list[str]:
        scores = (self.matrix @ self.vectorizer.transform([query]).T).toarray().ravel()
        return [self.articles[index] for index in np.argsort(-scores)]
"""
_FILES = {
    "Dockerfile": DOCKERFILE,
    "requirements.txt": REQUIREMENTS,
    "app.py": _APP,
    "search/__init__.py": "",
    "search/ranking.py": _RANKING,
    ".gitignore": "__pycache__/\n.venv/\ndata/\n",
}
MB = 1_000_000
_SHARDS, _SHARD_SIZE = 12, 25 * MB
_OLD_EXPORT_SIZE = 18 * MB


def make(root: Path, wheels: Sequence[Path]) -> Path:
    """Write the project to `root`, which must not exist: the same files each time, 300 MB of data among them.

    Its .venv is what these wheels unpack to; its .git has a history with a large file that is no longer there.
    """
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    chance = random.Random(300)
    export = root / "export.bin"
    export.write_bytes(chance.randbytes(_OLD_EXPORT_SIZE))
    git(root, "init", "--quiet", "--template=", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Search over the catalogue")
    export.unlink()
    git(root, "commit", "--quiet", "--all", "--message", "Remove an export that went in by mistake")
    for number in range(_SHARDS):
        shard = root / "data" / f"articles-{number:05d}.parquet"
        shard.parent.mkdir(exist_ok=True)
        shard.write_bytes(chance.randbytes(_SHARD_SIZE))  # as incompressible as Parquet is
    packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
    (root / ".venv").mkdir()
    (root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    return root


def copy(project: Path, target: Path) -> Path:
    """A second project with the same files; returns `target`."""
    shutil.copytree(project, target, symlinks=True)
    return target


def reset(root: Path) -> None:
    """Take back what `edit_code` and `edit_manifest` did."""
    for name in ("app.py", "requirements.txt"):
        (root / name).write_text(_FILES[name], encoding="utf-8")


def edit_code(root: Path) -> None:
    """What a developer does all day."""
    (root / "app.py").write_text(_APP.replace("a red shoe", "a red boot"), encoding="utf-8")


def edit_manifest(root: Path) -> None:
    """Require one more small package."""
    (root / "requirements.txt").write_text(REQUIREMENTS + ADDED, encoding="utf-8")


def weight(folder: Path) -> tuple[int, int]:
    """Bytes and number of the files in a folder."""
    sizes = [path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()]
    return sum(sizes), len(sizes)
