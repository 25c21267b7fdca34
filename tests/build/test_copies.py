from collections.abc import Mapping

import pytest

from prebake.build.copies import Copy, SourceKind, copies
from tests.build.projects import build_of, nth

FILES = {
    "requirements.txt": "torch\n",
    "app.py": "",
    "my notes.txt": "",
    "src/main.py": "",
    "src/lib/util.py": "",
    "data/a.csv": "",
    "pkg.tar.gz": "",
}


def copy_of(line: str, before: str = "WORKDIR /app", files: Mapping[str, str] = FILES) -> Copy:
    build = build_of(f"FROM python:3.12\n{before}\n{line}\n", files)
    return copies(build)[nth(build, line.split()[0]).index]


def gives(copy: Copy, *images: str) -> list[str | None]:
    return [None if (found := copy.provider(image)) is None else found.context for image in images]


@pytest.mark.parametrize(
    "line", ["COPY . .", "COPY ./ ./", "COPY / /app", "ADD . /app/", 'COPY ["." , "."]', "COPY * ./"]
)
def test_the_whole_context(line: str) -> None:
    copy = copy_of(line)
    assert copy.broad
    assert copy.from_context
    assert copy.destination == "/app"
    assert gives(copy, "/app/requirements.txt", "/app/missing", "/other/app.py") == ["requirements.txt", None, None]


def test_a_wildcard_puts_the_content_of_folders_into_the_destination() -> None:
    assert gives(copy_of("COPY * ./"), "/app/main.py", "/app/src/main.py", "/app/lib/util.py") == [
        "src/main.py",
        None,
        "src/lib/util.py",
    ]


@pytest.mark.parametrize(
    ("line", "image", "context"),
    [
        ("COPY src /code", "/code/main.py", "src/main.py"),
        ("COPY src/ /code/", "/code/lib/util.py", "src/lib/util.py"),
        ("COPY app.py main.py", "/app/main.py", "app.py"),
        ("COPY app.py /opt/x/", "/opt/x/app.py", "app.py"),
        ("COPY app.py /opt/x", "/opt/x", "app.py"),
        ("COPY app.py .", "/app/app.py", "app.py"),
        ("COPY app.py /app", "/app/app.py", "app.py"),
        ("COPY app.py /tmp", "/tmp/app.py", "app.py"),
        ("COPY src/ app.py ./", "/app/main.py", "src/main.py"),
        ("COPY src/ app.py ./", "/app/app.py", "app.py"),
        ("COPY req*.txt ./", "/app/requirements.txt", "requirements.txt"),
        ("COPY src/*.py ./", "/app/main.py", "src/main.py"),
        ("COPY ../app.py ./", "/app/app.py", "app.py"),
        ("COPY --parents src/lib/util.py /x/", "/x/src/lib/util.py", "src/lib/util.py"),
        ("COPY --parents src/./lib/util.py /x/", "/x/lib/util.py", "src/lib/util.py"),
        ('COPY ["my notes.txt", "/x/"]', "/x/my notes.txt", "my notes.txt"),
    ],
)
def test_where_files_go(line: str, image: str, context: str) -> None:
    copy = copy_of(line)
    assert gives(copy, image) == [context]
    assert not copy.broad
    assert copy.exact


def test_variables_in_source_and_destination() -> None:
    copy = copy_of("COPY $DIR/main.py ${HOME}/", "ARG DIR=src\nENV HOME=/srv/x")
    assert gives(copy, "/srv/x/main.py") == ["src/main.py"]


def test_a_relative_destination_below_an_unknown_working_directory() -> None:
    copy = copy_of("COPY . code", before="ENV A=1")
    assert copy.destination == "code"
    assert gives(copy, "code/app.py", "/code/app.py") == ["app.py", None]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("ADD https://example.org/x.bin /x/", SourceKind.REMOTE),
        ("ADD git@github.com:a/b.git /x", SourceKind.REMOTE),
        ("ADD https://github.com/a/b.git#v1 /x", SourceKind.REMOTE),
        ("COPY <<EOF /x\ntext\nEOF", SourceKind.HEREDOC),
        ("COPY --from=builder /x /x", SourceKind.OTHER),
        ("COPY $UNKNOWN /x", SourceKind.UNKNOWN),
        ("COPY missing.py /x", SourceKind.MISSING),
        ("COPY src/*.py /x/", SourceKind.GLOB),
        ("COPY data /x/", SourceKind.FOLDER),
        ("COPY app.py /x/", SourceKind.FILE),
    ],
)
def test_kinds_of_sources(line: str, kind: SourceKind) -> None:
    assert copy_of(line).sources[0].kind is kind


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://example.org/a/x.bin?token=1#part", "/x/x.bin"),
        ("https://[::1/x.bin", "/x/x.bin"),
        ("https://example.org/", "/x"),
        ("https://example.org", "/x"),
    ],
)
def test_what_is_fetched_is_named_as_the_url_says(url: str, written: str) -> None:
    assert [place.image for place in copy_of(f"ADD {url} /x/").foreign] == [written]


def test_only_the_context_counts_as_such() -> None:
    lines = ["COPY --from=builder . .", "ADD https://example.org/x.bin /x/", "COPY <<EOF /x\ntext\nEOF"]
    assert [copy_of(line).from_context for line in lines] == [False, False, False]


def test_ignored_files_are_not_there() -> None:
    files = {**FILES, ".dockerignore": "data\n*.txt\n!requirements.txt\nsrc/lib\n"}
    copy = copy_of("COPY . .", files=files)
    assert gives(copy, "/app/data/a.csv", "/app/requirements.txt", "/app/my notes.txt", "/app/src/lib/util.py") == [
        None,
        "requirements.txt",
        None,
        None,
    ]


def test_excluded_files_are_not_taken() -> None:
    copy = copy_of("COPY --exclude=*.py --exclude=src/lib . .")
    assert gives(copy, "/app/app.py", "/app/src/main.py", "/app/src/lib/util.py", "/app/data/a.csv") == [
        None,
        "src/main.py",
        None,
        "data/a.csv",
    ]


@pytest.mark.parametrize(
    ("image", "touched"),
    [
        ("/app/app.py", True),
        ("/app/app.py/below", True),
        ("/app/src", True),
        ("/app", True),
        ("/", True),
        ("/app/logs", False),
        ("/app/src/other", False),
        ("/srv", False),
    ],
)
def test_places_that_it_writes(image: str, touched: bool) -> None:
    assert (copy_of("COPY . /app").touches(image) is not None) is touched


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ADD pkg.tar.gz /x/", "unpacked"),
        ("COPY . $UNKNOWN", "unknown destination"),
        ("COPY app.py missing.py /x/", "missing source"),
        ("COPY --from=b /x /x", "another stage"),
    ],
)
def test_what_is_not_exact(line: str, why: str) -> None:
    assert not copy_of(line).exact, why


def test_overlaps() -> None:
    build = build_of("FROM a\nCOPY . /app\nCOPY src/main.py /app/app.py\nCOPY data /srv\n", FILES)
    whole, renamed, data = copies(build).values()
    assert whole.overlaps(renamed) == "app.py"
    assert renamed.overlaps(whole) == "src/main.py"
    assert whole.overlaps(data) is None


@pytest.mark.parametrize("line", ["COPY", "COPY .", "COPY --from", 'COPY ["a"', "ADD $", "COPY [ .", "COPY a[ /x/"])
def test_half_typed_text(line: str) -> None:
    assert not copy_of(line).broad or line == "COPY ."
