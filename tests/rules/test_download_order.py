"""The fixes for models and for the order of instructions lead to the same Dockerfile, whichever is taken first."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from prebake.engine import Engine
from prebake.fixing import Refusal, apply_fix
from tests.rules.trees import make_tree

SERVE = """
from sentence_transformers import CrossEncoder, SentenceTransformer
SentenceTransformer("all-MiniLM-L6-v2")
CrossEncoder("ms-marco-MiniLM-L6-v2")
"""
DOCKERFILES = {
    "broad": "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nRUN pip install -r requirements.txt\nCMD python serve.py\n",
    "blank lines and comments": (
        "FROM python:3.12\n\nWORKDIR /app\n\n# code\nCOPY . .\n\n# packages\nRUN pip install -r requirements.txt\n\n"
        "EXPOSE 80\nUSER app\nCMD python serve.py\n"
    ),
    "several": (
        "FROM python:3.12\nCOPY serve.py /srv/\nCOPY requirements.txt /srv/\nWORKDIR /srv\n"
        "RUN pip install -r requirements.txt\nCOPY . /srv\nCMD python serve.py"
    ),
    "good already": (
        "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n"
        "CMD python serve.py\n"
    ),
    "CRLF": "FROM python:3.12\r\nCOPY . .\r\nRUN pip install -r requirements.txt\r\nCMD python serve.py\r\n",
}


def fixed(root: Path, order: tuple[str, ...]) -> str:
    """The Dockerfile after taking the quick fixes with these keys in this order, then whatever is left."""
    path = (root / "Dockerfile").as_posix()
    engine = Engine(workspaces=[root.as_posix()])
    snapshot = engine.snapshot
    for wanted in (*order, *order):
        report = engine.check_in(snapshot, path)
        for finding in report.findings:
            if finding.fixes and (wanted == finding.code or wanted in finding.key):
                outcome = apply_fix(snapshot, report.root, finding.fixes[0])
                assert not isinstance(outcome, Refusal)
                snapshot = outcome
                break
    left = [finding for finding in engine.check_in(snapshot, path).findings if finding.code in ("PB201", "PB301")]
    assert left == []
    text = snapshot.text(path)
    assert text is not None
    return text.content


@pytest.mark.parametrize("name", DOCKERFILES)
def test_any_order_leads_to_the_same_steps(tmp_path: Path, name: str) -> None:
    make_tree(
        tmp_path,
        {"Dockerfile": DOCKERFILES[name], "requirements.txt": "sentence-transformers\n", "serve.py": SERVE},
    )
    results = {fixed(tmp_path, order) for order in permutations(("PB201", "all-MiniLM-L6-v2", "ms-marco-MiniLM-L6-v2"))}
    assert len(results) == 1
    (result,) = results
    order = [
        result.index(step) for step in ("requirements.txt", "pip install", "hf download cross", "hf download sent")
    ]
    assert order == sorted(order)
    assert result.rindex("hf download") < max(result.rfind("COPY . "), result.rfind("COPY ."))
    assert result.count("HF_HOME=") == 1
