"""Stages put in a better order, judged by a real Docker engine: the same image, and what is dear stays cached."""

from pathlib import Path

import pytest

from prebake.engine import Engine as Analysis
from prebake.fixing import Refusal, apply_fix
from prebake.refactoring import reorder_fix
from prebake.syntax.dockerfile import parse
from tests.builder.engine import Engine
from tests.builder.project import APT_GET, append, write
from tests.tools import unavailable

BASE = "FROM python:3.11-slim AS base\nCOPY stand-ins/ /usr/bin/\n\nFROM base\n"
FILES = {
    ".dockerignore": "Dockerfile\n.dockerignore\n",
    "stand-ins/apt-get": APT_GET,
    "requirements.txt": "alpha==1.0\n",
    "src/app.py": "import alpha\n",
    "src/pkg/__init__.py": "",
    "start.sh": "#!/bin/sh\nexec python /app/src/app.py\n",
    "models/net.safetensors": "weights\n",
}

STAGES = {
    "the code above system packages": (
        """\
WORKDIR /app
# Everything.
COPY . /app

RUN apt-get update && apt-get install -y ffmpeg && rm -rf /var/lib/apt/lists/*

RUN pip install --no-cache-dir -r requirements.txt
CMD ["python", "src/app.py"]
""",
        "apt-get install",
    ),
    "all parts the wrong way round": (
        """\
WORKDIR /app
COPY src /app/src
COPY models /app/models
ENV GREETING=hello
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
RUN apt-get update && apt-get install -y ffmpeg git
LABEL part=all
CMD ["python", "src/app.py"]
""",
        "pip install",
    ),
    "packages past what works with the code": (
        """\
COPY src /srv/src
COPY start.sh /srv/
RUN chmod +x /srv/start.sh && rm -r /srv/src/pkg
# Tools.
RUN apt-get update && apt-get install -y curl
""",
        "apt-get install",
    ),
    "owners, users and folders": (
        """\
RUN mkdir -p /srv/data
COPY --chown=1000:1000 src /srv/app/src
RUN apt-get update && apt-get install -y curl
WORKDIR /srv/app
USER 1000
COPY --chown=1000 start.sh ./
RUN touch /srv/app/src/made
""",
        "apt-get install",
    ),
    "a here-document, arguments and another stage": (
        """\
ARG PLACE=/opt/code
COPY src $PLACE
COPY --from=base /usr/bin/apt-get /opt/kept/apt-get
ARG EXTRA=one
RUN <<EOF
apt-get update
apt-get install -y ffmpeg
EOF
RUN echo $EXTRA > /opt/extra
""",
        "apt-get update",
    ),
}


def reordered(root: Path) -> str:
    """Put the last stage of the project's Dockerfile in a better order; returns its text."""
    path = (root / "Dockerfile").as_posix()
    analysis = Analysis(workspaces=[root.as_posix()])
    text = analysis.snapshot.text(path)
    assert text is not None
    fix = reorder_fix(analysis, analysis.snapshot, path, len(parse(text).stages) - 1)
    assert fix is not None, "nothing is reordered"
    after = apply_fix(analysis.snapshot, root.as_posix(), fix)
    assert not isinstance(after, Refusal)
    fixed = after.text(path)
    assert fixed is not None
    (root / "Dockerfile").write_bytes(fixed.to_bytes())
    return fixed.content


def project(root: Path, stage: str) -> Path:
    write(root, {**FILES, "Dockerfile": BASE + stage})
    (root / "stand-ins/apt-get").chmod(0o755)
    return root.resolve()


@pytest.mark.parametrize("name", STAGES)
def test_the_same_image_with_what_is_dear_cached(engine: Engine, name: str, tmp_path: Path) -> None:
    stage, install = STAGES[name]
    if "<<EOF" in stage and engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    before, after = project(tmp_path / "before", stage), project(tmp_path / "after", stage)
    assert reordered(after) != (before / "Dockerfile").read_text()

    old, new = engine.build(before, "before"), engine.build(after, "after")
    assert engine.image(old).differences(engine.image(new)) == {}

    for root in (before, after):
        append(root / "src/app.py", f"\n# {name}\n")  # no other stage has been built with this line
    assert not engine.build(before, "before").cached(install)
    assert engine.build(after, "after").cached(install)
