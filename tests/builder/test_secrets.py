"""What PB107 says of secrets, judged by a real Docker engine: which images give them away, and what the fix leaves."""

from pathlib import Path

import pytest

from prebake.engine import Engine as Analysis
from prebake.findings import Severity
from tests.builder.engine import BASE, Engine
from tests.builder.project import fix, write

SECRET = "q8Zr71kLmT04wYpA2c"
FILES = {
    "app.py": "print(1)\n",
    "conf/.env": f"API_TOKEN={SECRET}\n",
    "conf/a.txt": "x\n",
    ".dockerignore": "Dockerfile\n.dockerignore\n",
}
# Nothing is run where it need not be: an image without a base is saved in no time.
FROM = "FROM scratch\n"
BUILDS = {
    "all of the context": FROM + "COPY . /app\n",
    "a wildcard for all of it": FROM + "COPY * /app/\n",
    "the folder": FROM + "WORKDIR /app\nCOPY conf .\n",
    "the folder by a wildcard": FROM + "COPY co* /app/\n",
    "in JSON form": FROM + 'COPY ["./", "/app"]\n',
    "added": FROM + "ADD . /app\n",
    "removed later": f"FROM {BASE}\nWORKDIR /app\nCOPY . .\nRUN rm -f conf/.env\n",
    "in a stage that the image is built on": "FROM scratch AS base\nCOPY . /app\nFROM base\nCOPY app.py /\n",
    "copied on with its folder": f"FROM scratch AS build\nWORKDIR /src\nCOPY . .\n{FROM}COPY --from=build /src /app\n",
    "copied on twice": (
        "FROM scratch AS one\nCOPY . /a\n"
        f"FROM scratch AS two\nCOPY --from=one /a/conf /b/c\n{FROM}COPY --from=two /b /app\n"
    ),
    "copied on by a stage built on it": (
        f"FROM {BASE} AS one\nCOPY conf /a\nFROM one AS two\nRUN touch /b\n{FROM}COPY --from=two /a/ /app/\n"
    ),
    "left in the stage": f"FROM scratch AS build\nCOPY . /src\n{FROM}COPY --from=build /src/app.py /app/\n",
    "left in the stage by another folder": (
        f"FROM {BASE} AS build\nCOPY . /src\nRUN mkdir /out\n{FROM}COPY --from=build /out /app/\n"
    ),
    "removed before it is copied on": (
        f"FROM {BASE} AS build\nCOPY . /src\nRUN rm -f /src/conf/.env\n{FROM}COPY --from=build /src /app/\n"
    ),
    "only other files": FROM + "COPY app.py conf/a.txt /app/\n",
    "a stage that is not built": f"FROM scratch AS other\nCOPY . /app\n{FROM}COPY app.py /app/\n",
}


@pytest.mark.parametrize("dockerfile", BUILDS.values(), ids=BUILDS.keys())
def test_it_is_a_warning_where_the_image_gives_the_secret_away_and_the_fix_ends_that(
    engine: Engine, dockerfile: str, tmp_path: Path
) -> None:
    files = {**FILES, "Dockerfile": dockerfile}
    before, after = write(tmp_path / "before", files), write(tmp_path / "after", files)
    report = Analysis(workspaces=[before.as_posix()]).check((before / "Dockerfile").as_posix())
    found = [finding for finding in report.findings if finding.code == "PB107"]
    warned = any(finding.severity is Severity.WARNING for finding in found)
    old = engine.build(before, "before")
    assert engine.holds(old, SECRET.encode()) == warned

    fix(after, "--suggested", "--select", "PB107")
    if not found:
        assert (after / ".dockerignore").read_text() == FILES[".dockerignore"]
        return
    new = engine.build(after, "after")
    assert not engine.holds(new, SECRET.encode())
    differences = engine.image(old).differences(engine.image(new))
    assert all(path.endswith("/.env") for path in differences)
