"""This machine in the place of an image: the RUN and ENV of a Dockerfile, and the start of its code."""

import os
import subprocess
from pathlib import Path

from prebake.syntax.dockerfile import parse
from prebake.text import Text
from tests.tools import unavailable

ROOT = Path(__file__).resolve().parents[2] / ".cache" / "hub"
CLIENTS = {"old": "'huggingface_hub==0.36.2' 'transformers<5'", "new": "huggingface_hub transformers nltk"}
"""The environments of `make hub-setup` with a client of the hub, and what a Dockerfile installs to get the same."""
INSTALLED = {**CLIENTS, "spacy": "spacy"}
"""The same for all environments."""
_TIMEOUT = 120  # seconds


class Machine:
    """A folder with a home of its own, and one of the environments on its PATH; `endpoint` is where the hub is."""

    def __init__(self, client: str, folder: Path, endpoint: str) -> None:
        programs = ROOT / client / "bin"
        if not (ROOT / f"{client}.done").exists():
            unavailable(f"the environment {client} is missing (make hub-setup)")
        self.folder = folder
        (folder / "home").mkdir(parents=True, exist_ok=True)
        self._environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "HF_ENDPOINT": endpoint,
            "PYTHONPATH": str(folder / "site"),
            # Old releases wait longer and longer before they try an unreachable hub again.
            "HF_HUB_DOWNLOAD_TIMEOUT": "1",
            "HF_HUB_ETAG_TIMEOUT": "1",
        }

    def redirect_nltk(self, url: str) -> None:
        """Make nltk ask this server for its packages: it has no variable for that, and refuses servers on loopback."""
        self._customize(
            "import urllib.request\n\nimport nltk.downloader as downloader\n\n"
            f"downloader.Downloader.DEFAULT_URL = downloader._downloader._url = {url + '/nltk/index.xml'!r}\n"
            "downloader.urlopen = urllib.request.urlopen\n"
        )

    def redirect_spacy(self, url: str) -> None:
        """Make spaCy ask this server for its pipelines, and pip install them into a folder of the test."""
        self._customize(
            "import spacy.about as about\n\n"
            f"about.__compatibility__ = {url + '/spacy/compatibility.json'!r}\n"
            f"about.__download_url__ = {url + '/spacy/download'!r}\n"
        )
        self._environment |= {
            "PIP_TARGET": str(self.folder / "site"),
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def _customize(self, code: str) -> None:
        """Let each Python run some code before its own."""
        (self.folder / "site").mkdir(exist_ok=True)
        (self.folder / "site" / "sitecustomize.py").write_text(code)

    def build(self, dockerfile: str) -> dict[str, str]:
        """Run what its RUN instructions do but for installs; the variables that its final stage sets."""
        variables: dict[str, str] = {}
        for instruction in parse(Text(dockerfile)).instructions:
            if instruction.keyword == "FROM":
                variables = {}
            elif instruction.keyword == "ENV":
                variables |= {pair.name: pair.value or "" for pair in instruction.pairs}
            elif instruction.keyword == "RUN" and "pip install" not in instruction.raw:
                done = self._run(["sh", "-ec", instruction.body.text], variables)
                assert done.returncode == 0, f"{instruction.raw}\n{done.stdout}{done.stderr}"
        return variables

    def start(self, program: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a Python program as the container would, with these variables."""
        return self._run(["python", str(program)], variables)

    def _run(self, command: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
