"""RUN instructions whose commands a fix has edited, run by a real Docker engine: the tools are stand-ins in shell."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.builder.engine import Engine
from tests.builder.project import fix, write
from tests.tools import unavailable

TOOLS = {
    # Installs only what has lists, and notes what it is told.
    "tools/apt-get": """\
#!/bin/sh
set -e
echo "$@" >> /apt.log
case " $* " in
*" update "*) mkdir -p /var/lib/apt/lists && echo list > /var/lib/apt/lists/mirror_Packages ;;
*" install "*) [ -s /var/lib/apt/lists/mirror_Packages ] && echo installed >> /apt.installed ;;
esac
""",
    # Keeps archives until it is told to clean up.
    "tools/conda": """\
#!/bin/sh
set -e
case "$1" in
install) mkdir -p /opt/conda/pkgs && echo archive > /opt/conda/pkgs/archive.conda && echo it > /opt/conda/numpy ;;
clean) [ "$2" = -afy ] && rm -rf /opt/conda/pkgs ;;
esac
""",
    # Keeps what it downloads unless it is told not to.
    "tools/uv": """\
#!/bin/sh
set -e
case " $* " in
*" --no-cache "*) ;;
*) mkdir -p /root/.cache/uv && echo archive > /root/.cache/uv/archive ;;
esac
echo "$@" >> /uv.log
""",
}
HEAD = "FROM python:3.11-slim\nCOPY --chmod=755 tools/ /usr/local/bin/\n"
LISTS = "/var/lib/apt/lists/mirror_Packages"


class Case(NamedTuple):
    """A Dockerfile below HEAD, the rules that mend it, what its image must have afterwards and what not."""

    name: str
    dockerfile: str
    rules: str
    there: tuple[str, ...]
    gone: tuple[str, ...]
    recent: bool = False


CASES = (
    Case(
        "chain over several lines with comments, CRLF",
        "RUN apt-get update \\\r\n"
        "    && apt-get install -y \\\r\n"
        "        # for images\r\n"
        "        curl \\\r\n"
        "        libgl1\r\n"
        "RUN grep -q 'install --no-install-recommends -y ca-certificates curl libgl1' /apt.log\r\n",
        "PB207",
        ("/apt.installed",),
        (LISTS,),
    ),
    Case(
        "semicolons under set -e, and a comment behind the last command",
        "RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y libgl1\n"
        "RUN apt-get update && apt-get install -y libsm6 # and that is all\n",
        "PB207",
        ("/apt.installed",),
        (LISTS,),
    ),
    Case(
        "an update that several installs share",
        "# the lists\nRUN apt-get update\nENV A=1\nRUN apt-get install -y --no-install-recommends libgl1\n"
        "RUN set -e; \\\n    apt-get install -y --no-install-recommends libsm6\n",
        "PB208",
        ("/apt.installed",),
        (LISTS,),
    ),
    Case(
        "caches of conda, pip and uv, another shell among them",
        "RUN conda install -y numpy \\\n && echo done\n"
        'RUN ["uv", "pip", "install", "--system", "numpy"]\n'
        'RUN sh -c "uv pip install --system scipy"\n'
        "RUN python -m pip install \\\n    # the first one\n    alpha\n"
        "RUN [ $(grep -c -- --no-cache /uv.log) = 2 ]\n",
        "PB206",
        ("/opt/conda/numpy", "/uv.log"),
        ("/opt/conda/pkgs/archive.conda", "/root/.cache/uv/archive"),
    ),
    Case(
        "a cache mount beside another one",
        "RUN --mount=type=cache,target=/root/.cache/uv uv pip install --system numpy\n"
        "RUN --mount=type=bind,source=tools,target=/mnt \\\n    uv pip install --system scipy && ls /mnt/uv\n",
        "PB206",
        ("/uv.log",),
        ("/root/.cache/uv/archive",),
    ),
    Case(
        "here-documents",
        "RUN <<EOF\nset -e\napt-get update\napt-get install -y libgl1\nEOF\n"
        "RUN <<EOF\napt-get update\napt-get install -y libsm6\nEOF\n",
        "PB207",
        ("/apt.installed",),
        (LISTS,),
        recent=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_edited_commands_run_and_do_what_the_fix_promises(engine: Engine, case: Case, tmp_path: Path) -> None:
    if case.recent and engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    root = write(tmp_path / "project", TOOLS)
    (root / "Dockerfile").write_bytes((HEAD + case.dockerfile).encode())
    said = fix(root, "--all", "--suggested", "--select", case.rules)
    assert (root / "Dockerfile").read_bytes() != (HEAD + case.dockerfile).encode(), f"nothing was fixed:\n{said}"

    files = engine.image(engine.build(root, "edited")).files
    assert [path for path in case.there if path not in files] == []
    assert [path for path in case.gone if path in files] == []
