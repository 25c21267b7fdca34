"""Each row of the table of cache keys, in both directions. A letter a step: `h` hit, `r` runs, `?` may run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from prebake.build.build import Build
from prebake.build.cache.store import Cache, Outcome
from prebake.files import Snapshot, absolute, disk
from tests.build.cache.histories import State, write
from tests.build.cache.histories import build_of as build_on_disk
from tests.build.projects import build_of

FILES = {"app.py": "a\n", "lib.py": "l\n", "requirements.txt": "r\n", "src/main.py": "m\n", "src/sub/x.py": "x\n"}
LETTERS = {Outcome.HIT: "h", Outcome.RUNS: "r", Outcome.DEPENDS: "?"}


def letters(cache: Cache, build: Build, target: str | None = None) -> str:
    return "".join(LETTERS[result.outcome] for result in cache.build(build, target))


def with_args(build: Build, args: Mapping[str, str]) -> Build:
    context = build.context._replace(args=args)
    return Build(
        build.snapshot,
        build.path,
        build.settings,
        root=build.root,
        contexts=(context,),
        context=context,
        scanner=build._scanner,
    )


def after(dockerfile: str, old: str, new: str) -> str:
    """The second build's letters, the Dockerfile edited in between."""
    assert old in dockerfile
    cache = Cache()
    cache.build(build_of(dockerfile, FILES))
    return letters(cache, build_of(dockerfile.replace(old, new, 1), FILES))


@pytest.mark.parametrize(
    ("dockerfile", "old", "new", "expected"),
    [
        pytest.param("FROM a:1\nRUN x\n", "a:1", "a:2", "r", id="base"),
        pytest.param("FROM a:1\nRUN x\n", "FROM a:1", "FROM a:1 AS final", "h", id="name of a stage"),
        pytest.param("ARG T=1\nFROM a:$T\nRUN x\n", "T=1", "T=2", "r", id="argument of FROM"),
        pytest.param("ARG U=1\nFROM a\nRUN x\n", "U=1", "U=2", "h", id="argument before FROM, not declared"),
        pytest.param("ARG U=1\nFROM a\nARG U\nRUN x\n", "U=1", "U=2", "r", id="argument before FROM, declared"),
        pytest.param("FROM --platform=linux/amd64 a\nRUN x\n", "amd64", "arm64", "r", id="platform"),
        pytest.param("FROM a\nRUN x\nARG G=1\nRUN y\n", "G=1", "G=2", "hr", id="argument, used or not"),
        pytest.param("FROM a\nARG G=1\nCOPY app.py /x\nWORKDIR /w\n", "G=1", "G=2", "hh", id="argument not in a COPY"),
        pytest.param("FROM a\nARG G=1\nCOPY app.py /$G\n", "G=1", "G=2", "r", id="argument in a destination"),
        pytest.param("FROM a\nARG G=1\nWORKDIR /$G\n", "G=1", "G=2", "r", id="argument in a WORKDIR"),
        pytest.param("FROM a\nARG G=1\nLABEL g=$G\nCOPY app.py /\n", "G=1", "G=2", "h", id="argument in a label"),
        pytest.param("FROM a\nARG G=1\nENV G=c\nRUN x\n", "G=1", "G=2", "h", id="argument under a constant ENV"),
        pytest.param("FROM a\nARG G=1\nENV H=$G G=c\nRUN x\n", "G=1", "G=2", "r", id="argument in another ENV"),
        pytest.param("FROM a\nENV G=c\nARG G=1\nRUN x\n", "G=1", "G=2", "r", id="argument below an ENV"),
        pytest.param("FROM a\nENV G=c\nARG G=1\nWORKDIR /$G\n", "G=1", "G=2", "r", id="argument below an ENV, path"),
        pytest.param("FROM a\nRUN x\n", "RUN", "ARG G\nRUN", "h", id="argument without value"),
        pytest.param("FROM a\nRUN x\n", "RUN", "ARG TARGETARCH\nRUN", "r", id="platform argument declared"),
        pytest.param("FROM a\nRUN x\nENV A=1\nRUN y\n", "A=1", "A=2", "hr", id="ENV"),
        pytest.param("FROM a\nENV A=1\nCOPY app.py /\nWORKDIR /w\n", "A=1", "A=2", "hh", id="ENV not in a COPY"),
        pytest.param("FROM a\nENV A=1\nCOPY app.py /$A\n", "A=1", "A=2", "r", id="ENV in a destination"),
        pytest.param("FROM a\nENV A=1 B=2\nRUN x\n", "A=1 B=2", "B=2 A=1", "r", id="order of ENV"),
        pytest.param("FROM a\nENV A=1 B=2\nRUN x\n", "A=1 B=2", "A=1\nENV B=2", "h", id="ENV in two lines"),
        pytest.param("FROM a\nENV A=1\nENV B=2\nENV A=1\nRUN x\n", "ENV A=1\n", "", "h", id="ENV set once more"),
        pytest.param("FROM a\nENV A=1\nRUN x\n", "A=1", 'A="1"', "h", id="quotes in ENV"),
        pytest.param("FROM a\nENV PATH=/x:$PATH\nRUN x\n", "/x:", "/y:", "r", id="ENV on top of the base's"),
        pytest.param("FROM a\nRUN x\n", "RUN", "ENV A=1\nRUN", "r", id="a new ENV"),
        *(
            pytest.param(f"FROM a\n{line}\nRUN x\nCOPY app.py /\n", line, other, "hh", id=f"{line.split()[0]} is free")
            for line, other in (
                ("LABEL a=1", "LABEL a=2"),
                ("EXPOSE 80", "EXPOSE 81"),
                ('CMD ["a"]', 'CMD ["b"]'),
                ("ENTRYPOINT a", "ENTRYPOINT b"),
                ("HEALTHCHECK CMD a", "HEALTHCHECK NONE"),
                ("STOPSIGNAL 9", "STOPSIGNAL 15"),
                ("VOLUME /a", "VOLUME /b"),
                ("MAINTAINER a", "MAINTAINER b"),
                ("ONBUILD RUN a", "ONBUILD RUN b"),
            )
        ),
        pytest.param('FROM a\nSHELL ["bash", "-c"]\nRUN x\n', '"-c"', '"-ec"', "r", id="SHELL, shell form"),
        pytest.param('FROM a\nSHELL ["bash", "-c"]\nRUN ["x"]\n', '"-c"', '"-ec"', "h", id="SHELL, exec form"),
        pytest.param('FROM a\nSHELL ["bash", "-c"]\nCOPY app.py /\n', '"-c"', '"-ec"', "h", id="SHELL, COPY"),
        pytest.param("FROM a\nRUN x\n", "RUN x", 'RUN ["/bin/sh", "-c", "x"]', "h", id="the shell form spelled out"),
        pytest.param("FROM a\nUSER a\nRUN x\nCOPY app.py /\n", "USER a", "USER b", "rr", id="USER, RUN"),
        pytest.param("FROM a\nUSER a\nCOPY app.py /\n", "USER a", "USER b", "h", id="USER, COPY"),
        pytest.param("FROM a\nUSER a\nWORKDIR /w\n", "USER a", "USER b", "r", id="USER, owner of a WORKDIR"),
        pytest.param("FROM a\nUSER root\nWORKDIR /w\nRUN x\n", "root", "0", "hr", id="USER by number"),
        pytest.param("FROM a\nWORKDIR /w\nRUN x\n", "/w", "/v", "rr", id="WORKDIR"),
        pytest.param("FROM a\nWORKDIR /w\nRUN x\n", "/w", "/w/", "hh", id="WORKDIR spelled otherwise"),
        pytest.param("FROM a\nWORKDIR /w\nWORKDIR v\n", "WORKDIR v", "WORKDIR /w/v", "hh", id="relative WORKDIR"),
        pytest.param("FROM a\nWORKDIR /w\nCOPY app.py ./\n", "./", "/w/", "hh", id="destination spelled otherwise"),
        pytest.param("FROM a\nCOPY app.py /w\n", "/w", "/w/", "r", id="a slash at the destination's end"),
        pytest.param("FROM a\nCOPY app.py /w\n", "app.py", "./app.py", "h", id="source spelled otherwise"),
        pytest.param("FROM a\nCOPY app.py /w/\n", "app.py", "lib.py", "r", id="another source"),
        pytest.param("FROM a\nCOPY app.py /w/\n", "COPY app", "COPY --chown=1 app", "r", id="--chown"),
        pytest.param("FROM a\nCOPY --chown=root app.py /w/\n", "root", "0", "h", id="--chown by number"),
        pytest.param("FROM a\nCOPY --chmod=755 app.py /w/\n", "755", "0755", "h", id="--chmod spelled otherwise"),
        pytest.param("FROM a\nCOPY --chmod=755 app.py /w/\n", "755", "700", "r", id="--chmod"),
        pytest.param("FROM a\nCOPY src /w/\n", "COPY", "COPY --exclude=*.md", "r", id="--exclude"),
        pytest.param("FROM a\nCOPY app.py /w/\n", "COPY", "ADD", "r", id="ADD for COPY"),
        pytest.param("FROM a\nCOPY <<E /x\nb\nE\n", "\nb\n", "\nc\n", "r", id="here-document of a COPY"),
        pytest.param("FROM a\nENV A=1\nCOPY <<E /x\n$A\nE\n", "A=1", "A=2", "r", id="variable in a here-document"),
        pytest.param("FROM a\nENV A=1\nCOPY <<'E' /x\n$A\nE\n", "A=1", "A=2", "h", id="quoted here-document"),
        pytest.param("FROM a\nRUN x\n", "RUN x", "run   x", "h", id="keyword and space"),
        pytest.param("FROM a\nRUN x \\\n && y\n", "x \\\n", "x \\\n# why\n", "h", id="comment in a continuation"),
        pytest.param("FROM a\nRUN x \\\n && y\n", "\n &&", "\n   &&", "r", id="indentation of a continuation"),
        pytest.param("FROM a\nRUN x \\\n && y\n", " \\\n", " ", "h", id="joined lines"),
        pytest.param("FROM a\nRUN x\n", "RUN", "# why\nRUN", "h", id="comment above"),
        pytest.param("FROM a\nRUN <<E\nx\nE\n", "\nx\n", "\ny\n", "r", id="here-document of a RUN"),
        pytest.param("FROM a\nRUN <<E\nx\nE\n", "<<E\nx\nE", "<<F\nx\nF", "h", id="name of a here-document"),
        pytest.param("FROM a\nRUN <<E\n#!/bin/x\nx\nE\n", "\nx\n", "\ny\n", "r", id="here-document with a shebang"),
        pytest.param("FROM a\nRUN cat <<E\nx\nE\n", "\nx\n", "\ny\n", "r", id="here-document as input"),
        pytest.param("FROM a\nRUN --network=none x\n", "none", "host", "r", id="network"),
        pytest.param("FROM a\nRUN x\n", "RUN", "RUN --mount=type=cache,target=/c", "r", id="a cache mount"),
        pytest.param("FROM a\nRUN --mount=type=cache,target=/c,id=a x\n", "id=a", "id=b", "h", id="name of a cache"),
        pytest.param("FROM a\nRUN --mount=type=cache,target=/c x\n", "/c x", "/c,id=b x", "r", id="cache of its own"),
        pytest.param("FROM a\nRUN --mount=type=cache,target=/c x\n", "/c x", "/d x", "r", id="place of a cache"),
        pytest.param("FROM a\nRUN --mount=type=cache,target=/c x\n", "/c x", "/c,mode=0700 x", "r", id="cache mode"),
        pytest.param("FROM a\nRUN --mount=type=secret,id=a x\n", "id=a", "id=b", "r", id="name of a secret"),
        pytest.param("FROM a\nRUN --mount=type=tmpfs,target=/t x\n", "/t", "/t,size=1m", "r", id="size of a tmpfs"),
        pytest.param("FROM a\nRUN --mount=source=app.py,target=/m x\n", "/m", "/n", "r", id="place of a bind mount"),
        pytest.param("FROM a\nRUN x\nRUN y\n", "RUN x\n", "", "r", id="a line above removed"),
        pytest.param("FROM a\nRUN x\nRUN y\n", "RUN x", "RUN z", "rr", id="a line above edited"),
        pytest.param("FROM a\nCOPY . /w\n", "COPY", "# why\nCOPY", "r", id="comment in the Dockerfile that is copied"),
        pytest.param("FROM a\nRUN x\nCOPY --link app.py /\nRUN y\n", "x", "z", "r?r", id="--link below a change"),
        pytest.param("FROM a\nRUN x\nCOPY --link --chmod=7 app.py /\n", "x", "z", "rr", id="--link with --chmod"),
        pytest.param("FROM a\nRUN x\nRUN --mount=type=ssh y\n", "RUN x", "RUN z", "r?", id="ssh mount below a change"),
    ],
)
def test_edits_of_the_dockerfile(dockerfile: str, old: str, new: str, expected: str) -> None:
    assert after(dockerfile, old, new) == expected


@pytest.mark.parametrize(
    ("line", "name", "text", "expected"),
    [
        ("COPY app.py /", "app.py", "b\n", "r"),
        ("COPY app.py /", "lib.py", "b\n", "h"),
        ("COPY src /s", "src/main.py", "b\n", "r"),
        ("COPY src /s", "src/new.py", "b\n", "r"),
        ("COPY src /s", "src/sub/x.py", None, "r"),
        ("COPY src /s", "app.py", "b\n", "h"),
        ("COPY . /s", "lib.py", "b\n", "r"),
        ("COPY *.py /s/", "lib.py", "b\n", "r"),
        ("COPY *.py /s/", "more.py", "b\n", "r"),
        ("COPY *.py /s/", "requirements.txt", "b\n", "h"),
        ("COPY s*c /s/", "src/main.py", "b\n", "r"),
        ("COPY app.py lib.py /s/", "lib.py", "b\n", "r"),
        ("COPY --exclude=*.md src /s/", "src/read.md", "b\n", "h"),
        ("COPY --exclude=*.md src /s/", "src/main.py", "b\n", "r"),
        ("COPY --parents src/sub/*.py /s/", "src/sub/x.py", "b\n", "r"),
        ("COPY --parents src/sub/*.py /s/", "src/main.py", "b\n", "h"),
        ("RUN --mount=type=bind,target=/m x", "lib.py", "b\n", "r"),
        ("RUN --mount=type=bind,source=src,target=/m x", "lib.py", "b\n", "h"),
        ("RUN --mount=type=bind,source=src,target=/m x", "src/main.py", "b\n", "r"),
        ("RUN --mount=type=bind,source=src,target=/m,rw x", "src/main.py", "b\n", "r"),
        ("RUN --mount=type=cache,target=/m x", "lib.py", "b\n", "h"),
        ("COPY $D/main.py /", "src/main.py", "b\n", "r"),
    ],
)
def test_edits_of_files(line: str, name: str, text: str | None, expected: str) -> None:
    dockerfile, cache = f"FROM a\nENV D=src\n{line}\n", Cache()
    cache.build(build_of(dockerfile, FILES))
    files = {key: value for key, value in {**FILES, name: text}.items() if value is not None}
    assert letters(cache, build_of(dockerfile, files)) == expected


def test_a_folder_may_be_renamed_but_not_a_file() -> None:
    files = {"d1/r.txt": "same\n", "d2/r.txt": "same\n", "d2/s.txt": "same\n"}
    cache = Cache()
    cache.build(build_of("FROM a\nCOPY d1/r.txt /x/\n", files))
    assert letters(cache, build_of("FROM a\nCOPY d2/r.txt /x/\n", files)) == "h"
    assert letters(cache, build_of("FROM a\nCOPY d2/s.txt /x/\n", files)) == "r"


@pytest.mark.parametrize(
    ("ignored", "edited", "expected"),
    [
        ("lib.py\n", "lib.py", "h"),
        ("lib.py\n", "app.py", "r"),
        ("**/*.py\n!app.py\n", "src/main.py", "h"),
        ("**/*.py\n!app.py\n", "app.py", "r"),
        ("Dockerfile\n.dockerignore\n", "Dockerfile", "h"),
        ("", "Dockerfile", "r"),
        ("", ".dockerignore", "r"),
        ("Dockerfile\n.dockerignore\n", ".dockerignore", "h"),
    ],
)
def test_the_ignore_file(ignored: str, edited: str, expected: str) -> None:
    dockerfile, cache = "FROM a\nCOPY . /x\n", Cache()
    files = {**FILES, ".dockerignore": ignored}
    cache.build(build_of(dockerfile, files))
    if edited == "Dockerfile":
        dockerfile += "# a comment\n"
    else:
        files[edited] = files.get(edited, "") + "# more\n"
    assert letters(cache, build_of(dockerfile, files)) == expected


def test_build_arguments() -> None:
    dockerfile = "FROM a\nARG G\nARG http_proxy\nRUN x\n"
    cache = Cache()
    builds = {
        "none": {},
        "not declared": {"OTHER": "1"},
        "given": {"G": "1"},
        "another": {"G": "2"},
        "declared proxy": {"http_proxy": "http://a"},
        "proxy": {"https_proxy": "http://a"},
    }
    found = {name: letters(cache, with_args(build_of(dockerfile), args)) for name, args in builds.items()}
    assert found == {
        "none": "r",
        "not declared": "h",
        "given": "r",
        "another": "r",
        "declared proxy": "r",
        "proxy": "h",
    }


def test_the_cache_is_a_set() -> None:
    cache = Cache()
    dockerfile = "FROM a\nCOPY app.py /\nRUN x\n"
    one, two = build_of(dockerfile, {"app.py": "1\n"}), build_of(dockerfile, {"app.py": "2\n"})
    assert [letters(cache, build) for build in (one, two, one, two)] == ["rr", "rr", "hh", "hh"]


STAGES = """FROM a AS make
COPY src /src
RUN make
FROM a AS files
COPY app.py /app.py
COPY src /src
FROM a
COPY --from=make /out /out
COPY --from=files /app.py /
RUN x
"""


def edited(dockerfile: str, change: Mapping[str, str], target: str | None = None) -> str:
    cache = Cache()
    cache.build(build_of(dockerfile, FILES), target)
    return letters(cache, build_of(dockerfile, {**FILES, **change}), target)


def test_what_another_stage_makes_is_compared_by_its_content() -> None:
    assert edited(STAGES, {"src/main.py": "b\n"}) == "rr" + "hr" + "???"
    assert edited(STAGES, {"app.py": "b\n"}) == "hh" + "rr" + "hrr"


def test_a_file_that_passes_through_a_stage_is_known() -> None:
    dockerfile = "FROM scratch AS f\nCOPY . /all\nFROM a\nCOPY --from=f /all/requirements.txt /\nRUN pip\n"
    assert edited(dockerfile, {"app.py": "b\n"}) == "rhh"
    assert edited(dockerfile, {"requirements.txt": "b\n"}) == "rrr"
    folder = dockerfile.replace("/all/requirements.txt", "/all/src")
    assert edited(folder, {"app.py": "b\n"}) == "rhh"
    assert edited(folder, {"src/sub/x.py": "b\n"}) == "rrr"


def test_a_stage_that_is_built_on_is_not() -> None:
    assert edited("FROM a AS b\nCOPY app.py /\nFROM b\nRUN x\n", {"app.py": "b\n"}) == "rr"


def test_a_stage_mounted_by_a_run() -> None:
    dockerfile = "FROM scratch AS f\nCOPY . /all\nFROM a\nRUN --mount=from=f,source=/all/src,target=/m x\n"
    assert edited(dockerfile, {"app.py": "b\n"}) == "rh"
    assert edited(dockerfile, {"src/main.py": "b\n"}) == "rr"


def test_the_builder_tells_what_only_it_knows() -> None:
    cache = Cache()
    cache.build(build_of(STAGES, FILES))
    changed = build_of(STAGES, {**FILES, "src/main.py": "b\n"})
    same = cache.build(changed, hit=lambda _: True)
    assert "".join(LETTERS[result.outcome] for result in same) == "rr" + "hr" + "hhh"
    assert letters(cache, changed) == "h" * 7
    cache = Cache()
    cache.build(build_of(STAGES, FILES))
    other = cache.build(changed, hit=lambda _: False)
    assert "".join(LETTERS[result.outcome] for result in other) == "rr" + "hr" + "rrr"
    assert letters(cache, build_of(STAGES, FILES)) == "h" * 7


def test_stages_that_are_not_needed_are_not_built() -> None:
    dead = "FROM a AS dead\nRUN x\nFROM a AS used\nRUN y\nFROM a\nRUN --mount=from=used,target=/m z\n"
    assert letters(Cache(), build_of(dead)) == "rr"
    assert letters(Cache(), build_of(dead), "dead") == "r"
    assert letters(Cache(), build_of(dead), "1") == "r"


def test_variables_of_a_stage_reach_those_built_on_it() -> None:
    dockerfile = "FROM a AS b\nARG G=1\nFROM b\nRUN x\n"
    assert after(dockerfile, "G=1", "G=2") == "r"


def test_triggers_of_a_stage_run_in_those_built_on_it() -> None:
    dockerfile = "FROM a AS b\nONBUILD COPY src /src\nONBUILD RUN y\nRUN x\nFROM b\nRUN z\n"
    assert after(dockerfile, "RUN y", "RUN w") == "hr"
    assert edited(dockerfile, {"src/main.py": "b\n"}) == "hr"
    assert edited(dockerfile, {"app.py": "b\n"}) == "hh"
    results = Cache().build(build_of(dockerfile, FILES))
    assert [result.instruction.raw for result in results] == ["RUN x", "RUN z"]


def test_what_the_builder_asks_for_at_each_build_is_open() -> None:
    cache = Cache()
    build = build_of("FROM a\nADD https://example.org/x.bin /x\nRUN y\n")
    assert letters(cache, build) == "rr"
    result = cache.build(build)[0]
    assert result.outcome is Outcome.DEPENDS
    assert "https://example.org/x.bin" in result.reasons[0]
    fixed = build_of("FROM a\nADD https://example.org/r.git#" + "0" * 40 + " /x\n")
    cache.build(fixed)
    assert letters(cache, fixed) == "h"


def test_modes_count_and_dates_do_not(tmp_path: Path) -> None:
    cache = Cache()
    files = {"app.py": (0o644, "a\n"), "Dockerfile": (0o644, "FROM a\nCOPY app.py /\n")}
    first, second = State(files, {}), State({**files, "app.py": (0o755, "a\n")}, {})
    write(tmp_path, first, None)
    assert letters(cache, build_on_disk(tmp_path, first)) == "r"
    (tmp_path / "app.py").write_text("a\n")
    assert letters(cache, build_on_disk(tmp_path, first)) == "h"
    write(tmp_path, second, first)
    assert letters(cache, build_on_disk(tmp_path, second)) == "r"


def test_links_count_by_where_they_lead(tmp_path: Path) -> None:
    state = State({"a/x": (0o644, "1\n"), "b/x": (0o644, "1\n"), "Dockerfile": (0o644, "FROM a\nCOPY a /\n")}, {})
    write(tmp_path, state, None)
    link = tmp_path / "a" / "link"
    link.symlink_to("x")
    cache = Cache()
    assert letters(cache, build_on_disk(tmp_path, state)) == "r"
    link.unlink()
    link.symlink_to("y")
    assert letters(cache, build_on_disk(tmp_path, state)) == "r"
    link.unlink()
    link.symlink_to("x")
    assert letters(cache, build_on_disk(tmp_path, state)) == "h"


def test_an_unsaved_buffer_is_an_edit(tmp_path: Path) -> None:
    state = State({"app.py": (0o755, "a\n"), "Dockerfile": (0o644, "FROM a\nCOPY app.py /\n")}, {})
    write(tmp_path, state, None)
    build = build_on_disk(tmp_path, state)
    cache = Cache()
    cache.build(build)

    def over(view: Snapshot) -> Build:
        return Build(
            view,
            build.path,
            build.settings,
            root=build.root,
            contexts=build.contexts,
            context=build.context,
            scanner=build._scanner,
        )

    path = absolute(str(tmp_path / "app.py"))
    text = disk().text(path)
    assert letters(cache, over(disk().overlay({path: text}))) == "h"
    assert letters(cache, over(disk().overlay({path: type(build.text)("b\n")}))) == "r"


@pytest.mark.parametrize(
    "text", ["", "RUN x", "FROM\nRUN x", "FROM a\nCOPY\nCOPY --from=x\nRUN --mount=\nENV A\n", "\0"]
)
def test_half_typed_text(text: str) -> None:
    cache = Cache()
    assert letters(cache, build_of(text)) == "r" * len(letters(cache, build_of(text)))


def test_results_that_only_the_builder_knows_do_not_pile_up() -> None:
    cache = Cache()
    stages = "".join(
        f"FROM a AS s{number}\nCOPY app.py /{number}\nRUN make {number}\nCOPY --from=s{number - 1} /o /o\n"
        for number in range(1, 30)
    )
    dockerfile = "FROM a AS s0\nCOPY app.py /0\nRUN make\n" + stages
    for number in range(20):
        results = cache.build(build_of(dockerfile, {"app.py": f"{number}\n"}))
        assert {result.outcome for result in results} <= {Outcome.RUNS, Outcome.DEPENDS}
