"""The words of a Dockerfile that name files of the project."""

import pytest
from hypothesis import given

from prebake.build.filelinks import file_links
from tests.build.projects import ROOT, build_of
from tests.syntax.generated import dockerfiles

FILES = {
    ".dockerignore": "*.log\n",
    "requirements.txt": "a\n",
    "install.sh": "#!/bin/sh\n",
    "pkg/__init__.py": "",
    "pkg/__main__.py": "",
    "pkg/sub.py": "",
    "src/mod.py": "",
}
ABOVE = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nENV PYTHONPATH=/app/src\n"


def links(line: str, above: str = ABOVE) -> list[tuple[str, str]]:
    """The words of an instruction below some others, with what they lead to."""
    build = build_of(above + line + "\n", FILES)
    last = above.count("\n")
    return [
        (build.text.slice(link.span), link.path.removeprefix(f"{ROOT}/"))
        for link in file_links(build)
        if link.instruction.line >= last
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("COPY requirements.txt pkg /x/", [("requirements.txt", "requirements.txt")]),
        ('COPY ["requirements.txt", "/x"]', [('"requirements.txt"', "requirements.txt")]),
        ("COPY . /x", [(".", ".dockerignore")]),
        ("COPY --from=other requirements.txt /x", []),
        ("COPY $NAME /x", []),
        ("RUN pip install -r requirements.txt", [("requirements.txt", "requirements.txt")]),
        ("RUN pip install --requirement=requirements.txt", [("requirements.txt", "requirements.txt")]),
        ('RUN sh "install.sh" && ./install.sh', [("install.sh", "install.sh"), ("./install.sh", "install.sh")]),
        ("RUN cd / && sh install.sh", []),
        ("RUN cd pkg && python sub.py", [("sub.py", "pkg/sub.py")]),
        ("RUN cat /app/requirements.txt", [("/app/requirements.txt", "requirements.txt")]),
        ("RUN python -m pkg.sub", [("pkg.sub", "pkg/sub.py")]),
        ("RUN echo pkg.sub hello", []),
        ("RUN --mount=type=bind,source=requirements.txt,target=/r true", [("requirements.txt", "requirements.txt")]),
        ("RUN --mount=type=bind,from=other,source=requirements.txt,target=/r true", []),
        ("CMD python src/mod.py", [("src/mod.py", "src/mod.py")]),
        ('CMD ["gunicorn", "mod:app"]', [("mod:app", "src/mod.py")]),
        ('CMD ["python", "-m", "pkg"]', [("pkg", "pkg/__main__.py")]),
        ('CMD ["python3", "-u", "-m", "pkg.sub"]', [("pkg.sub", "pkg/sub.py")]),
        ('CMD ["pytest", "-m", "pkg"]', []),
        ('ENTRYPOINT ["/app/install.sh", "pkg.sub"]', [("/app/install.sh", "install.sh")]),
        ('CMD ["uvicorn", "gone:app", "--host=0.0.0.0"]', []),
    ],
)
def test_words_that_name_files(line: str, found: list[tuple[str, str]]) -> None:
    assert links(line) == found


def test_what_an_image_does_not_have_is_no_file_of_a_run() -> None:
    assert links("RUN pip install -r requirements.txt", "FROM a\nWORKDIR /app\nCOPY pkg pkg\n") == []


def test_a_stage_finds_what_the_one_below_it_has() -> None:
    assert links("CMD sh install.sh", "FROM a AS b\nWORKDIR /srv\nCOPY install.sh .\nFROM b\n") == [
        ("install.sh", "install.sh")
    ]


@given(dockerfiles())
def test_any_text(text: str) -> None:
    for link in file_links(build_of(text, FILES)):
        assert link.span.start < link.span.end
