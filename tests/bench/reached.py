"""Measures the way from CMD to a model download in a project of 2,000 Python files, of which 200 are reached."""

import json
import subprocess
import sys
from pathlib import Path

FILES = 2_000
REACHED = 200
_IN_PACKAGE = 20
_METHODS = 12

_MEASURE = """
import json, sys, time
from prebake.build.models.loads.starts import start_loads
from prebake.build.models.baked.pending import pending_downloads
from prebake.engine import builds
from prebake.files import Disk, Snapshot
from prebake.text import Text
root, edited, edits = sys.argv[1], sys.argv[2], int(sys.argv[3])
snapshot = Snapshot(Disk())
def look(texts):
    before = time.process_time()
    (build,) = builds(snapshot.overlay(texts), root + "/Dockerfile", root=root)
    loads, found = start_loads(build), pending_downloads(build)
    spent = time.process_time() - before
    assert len(loads) == len(found) == 1, (loads, found)
    return spent * 1000
first, path = look({}), root + "/" + edited
source, dockerfile = snapshot.text(path).content, snapshot.text(root + "/Dockerfile").content
half = len(source) // 2 + source[len(source) // 2 :].index("\\n") + 1
times = {"first": first, "edits": [], "keys": []}
for number in range(edits):
    # As if somebody typed a statement in a method.
    typed = source[:half] + "        more = self.step1(value, 'abc"[: 9 + number] + "\\n" + source[half:]
    times["edits"].append(look({path: Text(typed)}))
for number in range(edits):
    times["keys"].append(look({root + "/Dockerfile": Text(dockerfile + "#" * number)}))
print(json.dumps(times))
"""


def make_project(root: Path) -> str:
    """Make the project; the path of a reached file in it, to be edited."""
    app = root / "app"
    app.mkdir(parents=True)
    (root / "Dockerfile").write_text(
        "FROM python:3.12-slim\nWORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        'COPY . .\nCMD ["uvicorn", "app.main:app"]\n'
    )
    (root / "requirements.txt").write_text("fastapi\nuvicorn\nsentence-transformers\n")
    (app / "__init__.py").touch()
    for number in range(FILES):
        package, place = divmod(number, _IN_PACKAGE)
        folder = app / f"part{package}"
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
        following = number + 1 if place + 1 < _IN_PACKAGE else None
        (folder / f"mod{place}.py").write_text(_module(number, package, place, following))
    packages = range(REACHED // _IN_PACKAGE)
    imports = "".join(f"from app.part{number}.mod0 import help{number * _IN_PACKAGE}\n" for number in packages)
    calls = ", ".join(f"help{number * _IN_PACKAGE}([1])" for number in packages)
    (app / "main.py").write_text(
        "from fastapi import FastAPI\nfrom sentence_transformers import SentenceTransformer\n"
        f'{imports}\napp = FastAPI()\nmodel = SentenceTransformer("all-MiniLM-L6-v2")\n\n\n'
        f'@app.get("/")\ndef index():\n    return {calls}\n'
    )
    return "app/part0/mod3.py"


def measure(scratch: Path, runs: int, edits: int = 10) -> dict[str, list[float]]:
    """CPU milliseconds of the first look, of one after an edit of a module, and of one after an edit of the Dockerfile;
    each run in a process of its own.
    """
    edited = make_project(scratch)
    times: dict[str, list[float]] = {"first": [], "edits": [], "keys": []}
    for _ in range(runs):
        command = [sys.executable, "-c", _MEASURE, scratch.as_posix(), edited, str(edits)]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        times["first"].append(found["first"])
        times["edits"] += found["edits"]
        times["keys"] += found["keys"]
    return times


def _module(number: int, package: int, place: int, following: int | None) -> str:
    imported = f"from app.part{package}.mod{place + 1} import Worker{following}\n" if following is not None else ""
    made = f"Worker{following}(config)" if following is not None else "None"
    methods = "".join(
        f"""
    def step{step}(self, value: int, name: str = "x{step}") -> dict[str, int]:
        \"\"\"Work on a value.\"\"\"
        result = {{"value": value + {step}, "length": len(name)}}
        for item in range(value):
            if item % 2:
                result[str(item)] = self.step{(step + 1) % _METHODS}(item, name)
            else:
                logger.info("skipped %s of %s", item, name)
        return result
"""
        for step in range(_METHODS)
    )
    return f"""import json
import logging
import os
from dataclasses import dataclass

import numpy as np
{imported}
logger = logging.getLogger(__name__)
SETTING = os.environ.get("SETTING_{number}", "default")


@dataclass
class Config{number}:
    name: str = "x"
    size: int = 3


class Worker{number}:
    def __init__(self, config: Config{number}) -> None:
        self.config = config
        self.next = {made}
{methods}

def help{number}(data):
    array = np.array(data)
    text = json.dumps(array.tolist())
    return Worker{number}(Config{number}()).step0(len(text))
"""
