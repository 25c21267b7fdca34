"""The replay against the cache model: it looks at what changed only, and must come to the same answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.build.build import Build
from prebake.build.cache.inputs import Selector
from prebake.build.cache.store import Cache, Outcome
from prebake.build.replay.plan import plan_of
from prebake.build.replay.replay import Replay
from prebake.build.replay.selection import Selection
from prebake.githistory import Blob, Change
from tests.build.projects import ROOT, build_of

Files = Mapping[str, str]

ONE_STAGE = """\
FROM python
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
RUN make
"""
MOUNT = """\
FROM python
RUN --mount=type=bind,source=requirements.txt,target=r.txt pip install -r r.txt
COPY . .
RUN make
"""
STAGES = """\
FROM python AS base
COPY lib /lib
RUN make
FROM base AS other
COPY docs /docs
RUN other
FROM base
COPY . .
RUN x
"""
BUILT_ELSEWHERE = """\
FROM node AS web
COPY lib /lib
RUN build
FROM python
COPY --from=web /dist /dist
RUN make
COPY app.py .
RUN x
"""
COPIED_ELSEWHERE = """\
FROM node AS web
COPY lib /lib
FROM python
COPY --from=web /lib/util.py /u/
RUN make
COPY --from=web /lib /l
RUN x
"""
DOCKERFILES = (
    *(ONE_STAGE, MOUNT, STAGES, BUILT_ELSEWHERE, COPIED_ELSEWHERE),
    "FROM python\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n",
    "FROM python\nCOPY lib /lib\nCOPY docs/*.md /docs/\nRUN make\nCOPY app.py data /app/\n",
    "FROM python\nADD --exclude=*.py lib /lib\nRUN make\n",
    "FROM python\nCOPY --link lib /lib\nRUN make\nCOPY --link docs /docs\nRUN x\n",
    "FROM python AS p\nONBUILD COPY lib /lib\nONBUILD RUN a\nFROM p\nRUN make\nCOPY app.py .\nRUN x\n",
)
PATHS = (
    "app.py",
    "requirements.txt",
    "lib/util.py",
    "lib/more/deep.py",
    "docs/a.md",
    "docs/b.txt",
    "data/x.csv",
    "data/y/z",
)
BUILDERS = ("buildkit", "legacy", "buildah")

states = st.dictionaries(st.sampled_from(PATHS), st.sampled_from("123"), min_size=1).map(
    lambda files: {
        "lib/util.py": "1",
        "docs/a.md": "1",
        "requirements.txt": "1",
        "app.py": "1",
        "data/x.csv": "1",
        **files,
    }
)


def at(text: str, files: Files, builder: str, ignored: str) -> Build:
    build = build_of(text, {**files, ".dockerignore": ignored})
    chosen = build.settings._replace(builder=builder)
    return Build(
        build.snapshot,
        build.path,
        chosen,
        root=build.root,
        contexts=build.contexts,
        context=build.context._replace(root=ROOT),
        scanner=lambda *_: None,
    )


def difference(before: Files, after: Files) -> list[Change]:
    def blob(files: Files, path: str) -> Blob | None:
        return f"100644 {files[path]}" if path in files else None

    paths = sorted({*before, *after})
    return [
        Change(path, blob(before, path), blob(after, path)) for path in paths if before.get(path) != after.get(path)
    ]


def replayed(text: str, history: Sequence[Files], builder: str, ignored: str = "") -> Replay:
    now = at(text, history[-1], builder, ignored)
    numbers: dict[Selector, int] = {}
    plan = plan_of(now, numbers)
    own = (now.path, f"{ROOT}/.dockerignore")
    selection = Selection(numbers, now.ignore, top=ROOT, context=ROOT, constant=own)
    run = Replay(plan, selection)
    selection.commit(difference({}, history[0]))
    run.start()
    for before, after in pairwise(history):
        run.commit(selection.commit(difference(before, after)))
    return run


@pytest.mark.parametrize("builder", BUILDERS)
@given(
    st.sampled_from(DOCKERFILES), st.lists(states, min_size=2, max_size=6), st.sampled_from(["", "docs\n!docs/a.md\n"])
)
@settings(max_examples=80, deadline=None)
def test_it_counts_what_the_cache_model_says_of_each_commit(
    builder: str, text: str, history: list[Files], ignored: str
) -> None:
    cache, runs, either = Cache(), Counter[int](), Counter[int]()
    for number, files in enumerate(history):
        for result in cache.build(at(text, files, builder, ignored)):
            runs[result.instruction.index] += number > 0 and result.outcome is Outcome.RUNS
            either[result.instruction.index] += number > 0 and result.outcome is not Outcome.HIT
    counts = replayed(text, history, builder, ignored).counts()
    assert {step.instruction.index: step.runs for step in counts} == runs
    # The model counts a step as made under each thing that may stand above it; the replay follows the two extremes.
    assert all(step.runs + step.may_run >= either[step.instruction.index] for step in counts)
    if "--from" not in text:
        assert all(step.runs + step.may_run == either[step.instruction.index] for step in counts)


def counted(run: Replay) -> dict[str, tuple[int, int]]:
    return {" ".join(step.instruction.raw.split()[:2]): (step.runs, step.may_run) for step in run.counts()}


def test_a_commit_without_a_file_that_copy_names_is_left_out() -> None:
    with_it = {"app.py": "1", "requirements.txt": "1"}
    run = replayed(ONE_STAGE, [with_it, {"app.py": "2"}, {**with_it, "app.py": "3"}, with_it], "buildkit")
    assert (run.builds, run.skipped) == (2, 1)
    assert counted(run)["COPY ."] == (1, 0)


def test_what_comes_back_is_found_in_the_cache() -> None:
    one, other = {"requirements.txt": "1", "app.py": "1"}, {"requirements.txt": "2", "app.py": "1"}
    run = replayed(ONE_STAGE, [one, other, one, other], "buildkit")
    assert counted(run)["RUN pip"] == (1, 0)


def test_a_stage_that_ran_may_have_come_out_the_same() -> None:
    text = "FROM node AS web\nCOPY web /web\nRUN build\nFROM python\nCOPY --from=web /dist /dist\nRUN make\n"
    run = replayed(text, [{"web/a.js": "1"}, {"web/a.js": "2"}], "buildkit")
    assert counted(run) == {"COPY web": (1, 0), "RUN build": (1, 0), "COPY --from=web": (0, 1), "RUN make": (0, 1)}


def test_it_tells_which_files_made_it_run() -> None:
    base = {"requirements.txt": "1", "app.py": "1", "docs/a.md": "1"}
    history = [
        base,
        {**base, "app.py": "2"},
        {**base, "app.py": "3", "docs/a.md": "2"},
        {**base, "requirements.txt": "2"},
    ]
    install, copy, make = replayed(ONE_STAGE, history, "buildkit").counts()[2:5]
    assert dict(install.causes) == {2: 1}
    assert dict(copy.files) == {"app.py": 2, "docs/a.md": 1}
    assert dict(make.causes) == {4: 2, 2: 1}


def test_what_the_ignore_file_leaves_out_makes_nothing_run() -> None:
    base = {"requirements.txt": "1", "docs/a.md": "1", "docs/b.md": "1"}
    history = [base, {**base, "docs/b.md": "2"}, {**base, "docs/a.md": "2"}]
    run = replayed(ONE_STAGE, history, "buildkit", "docs\n!docs/a.md\n")
    assert counted(run)["COPY ."] == (1, 0)
