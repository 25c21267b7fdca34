"""What each source and each mount takes from the context."""

import pytest

from prebake.build.context.arriving.taken import taken
from tests.build.projects import build_of, nth

FILES = {"app/a.py": "", "app/b.py": "", "one.txt": "", "two.txt": "", ".dockerignore": "two.txt\n"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("COPY . /x", [("",)]),
        ("COPY app one.txt /x/", [("app",), ("one.txt",)]),
        ('ADD ["app/", "/x"]', [("app",)]),
        ("COPY two.txt /x", [("two.txt",)]),
        ("COPY missing /x", [("missing",)]),
        ("COPY *.txt /x/", [("one.txt",)]),
        ("COPY $UNKNOWN /x", []),
        ("COPY --from=other /a /x", []),
        ("ADD https://example.org/a.txt /x", []),
        ("COPY <<EOF /x\nEOF", []),
        ("COPY", []),
        ("COPY [a- /x", []),
        ("RUN --mount=type=bind,source=app,target=/x --mount=type=cache,target=/c true", [("app",)]),
        ("RUN --mount=target=/x true", [("",)]),
        ("RUN --mount=type=bind,from=other,target=/x true", []),
        ("RUN true", []),
        ("WORKDIR /x", []),
    ],
)
def test_sources_and_mounts(line: str, found: list[tuple[str, ...]]) -> None:
    build = build_of(f"FROM python:3.12\n{line}\n", FILES)
    assert [item.paths for item in taken(build, nth(build, line.split()[0]))] == found


def test_the_token_is_the_word_or_the_flag() -> None:
    build = build_of("FROM a\nCOPY app \\\n  one.txt /x/\nRUN --mount=source=app,target=/x true\n", FILES)
    copy, run = nth(build, "COPY"), nth(build, "RUN")
    assert [build.text.slice(copy.span_of(item.token)) for item in taken(build, copy)] == ["app", "one.txt"]
    assert [build.text.slice(run.span_of(item.token)) for item in taken(build, run)] == ["--mount=source=app,target=/x"]
