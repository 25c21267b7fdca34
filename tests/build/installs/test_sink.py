"""The sink rewrite as a whole: what holds for every Dockerfile, and what other rules build on."""

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prebake.build.build import Build
from prebake.build.installs.misplaced import misplaced
from prebake.build.installs.sink import Refusal, SinkPlan, plan_below, plan_sink
from prebake.findings import Applicability
from prebake.syntax.dockerfile import parse
from prebake.text import Text
from tests.build.projects import build_of, nth

FILES = {
    "requirements.txt": "-r deps/more.txt\ntorch\n",
    "deps/more.txt": "numpy\n",
    "dev.txt": "pytest\n",
    "app.py": "",
    "src/main.py": "",
    "entry.sh": "",
    "README.md": "",
}

LINES = st.sampled_from(
    [
        "COPY . .",
        "COPY . /app",
        "COPY --chown=1000:1000 ./ /app/",
        'COPY [".", "/app/"]',
        "ADD src/ requirements.txt ./",
        "COPY src /app/src",
        "COPY app.py README.md /app/",
        "COPY requirements.txt ./",
        "COPY deps deps",
        "COPY --from=other /x /app/x",
        "# a comment\nCOPY entry.sh /usr/local/bin/",
        "",
        "# alone",
        "WORKDIR /app",
        "WORKDIR src",
        "ENV A=1 \\\n    B=2",
        "ARG A",
        "USER worker",
        "LABEL a=b",
        "EXPOSE 80",
        "RUN apt-get update && apt-get install -y curl",
        "RUN mkdir -p /app/logs",
        "RUN chmod +x /app/entry.sh",
        "RUN make",
        "RUN pip install -r requirements.txt",
        "RUN pip install -r /app/dev.txt -c constraints.txt",
        "RUN pip install \\\n    # why\n    torch",
        "RUN cd /app && pip3 install -r requirements.txt",
        "RUN python -m venv .venv && .venv/bin/pip install -r requirements.txt",
        "RUN <<EOF\npip install -r requirements.txt\nEOF",
        "RUN pip install --no-deps .",
        "FROM base AS next",
        'CMD ["python", "app.py"]',
    ]
)


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    lines = ["FROM python:3.12 AS base", *draw(st.lists(LINES, max_size=12))]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    end = draw(st.sampled_from(["", newline]))
    return newline.join("\n".join(lines).split("\n")) + end


def plans(build: Build) -> list[SinkPlan]:
    found = [plan_sink(build, item.copy.instruction) for item in misplaced(build)]
    return [plan for plan in found if isinstance(plan, SinkPlan)]


def fixed(plan: SinkPlan) -> str:
    return plan.edits()[0].apply().content


@settings(max_examples=60, deadline=None)
@given(dockerfiles())
@example("FROM python:3.12\nCOPY . /app\nCOPY . /app\nWORKDIR /app\nRUN cd /app && pip3 install -r requirements.txt")
def test_a_rewrite_keeps_every_line_and_comes_to_an_end(dockerfile: str) -> None:
    files = FILES | {".dockerignore": ".venv\n"}
    text = dockerfile
    for _ in range(8):
        found = plans(build_of(text, files))
        if not found:
            break
        after = fixed(found[0])
        old, new = parse(Text(text)), parse(Text(after))
        kept = Counter(item.raw for item in old.instructions if item not in found[0].moved)
        assert not kept - Counter(item.raw for item in new.instructions)
        assert len(new.instructions) >= len(old.instructions)
        assert [item.keyword for item in new.instructions if item.keyword not in ("COPY", "ADD")] == [
            item.keyword for item in old.instructions if item.keyword not in ("COPY", "ADD")
        ]
        assert Counter(comment.text for comment in new.comments) == Counter(comment.text for comment in old.comments)
        assert ("\r\n" in after) == ("\r\n" in text)
        assert after.replace("\r\n", "").count("\n") == (0 if "\r\n" in text else after.count("\n"))
        assert after.endswith("\n") == text.endswith("\n")
        text = after
    else:
        raise AssertionError(f"the rewrite does not come to an end:\n{text}")


@settings(max_examples=60, deadline=None)
@given(dockerfiles())
def test_every_misplaced_copy_has_a_rewrite_or_a_reason(dockerfile: str) -> None:
    build = build_of(dockerfile, FILES)
    for item in misplaced(build):
        outcome = plan_sink(build, item.copy.instruction)
        if isinstance(outcome, Refusal):
            assert outcome.reason and not outcome.reason.endswith(".")
        else:
            assert item.copy.instruction in outcome.moved
            assert outcome.explanation


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="FROMCPYUNpip install-rcd./[]\"'$\\<&|;(){}#\n ab=", max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    for dockerfile in (text, f"FROM a\n{text}", f"FROM a\nCOPY . .\nRUN {text}\nRUN pip install -r requirements.txt\n"):
        build = build_of(dockerfile, FILES)
        for item in misplaced(build):
            assert plan_sink(build, item.copy.instruction) is not None


def test_a_copy_that_is_in_its_place() -> None:
    build = build_of("FROM a\nRUN pip install torch\nCOPY . .\n", FILES)
    assert isinstance(plan_sink(build, nth(build, "COPY")), Refusal)


def test_further_instructions_go_between_the_install_and_the_code() -> None:
    build = build_of("FROM python:3.12\nWORKDIR /app\nCOPY . .\n\nRUN pip install -r dev.txt\nCMD app\n", FILES)
    (plan,) = plans(build)
    assert plan.manifests == ("dev.txt",)
    assert plan.below is nth(build, "RUN")
    assert plan.edits("# weights\nRUN hf download a/b")[0].apply().content == (
        "FROM python:3.12\nWORKDIR /app\n\nCOPY dev.txt .\nRUN pip install -r dev.txt\n"
        "# weights\nRUN hf download a/b\nCOPY . .\nCMD app\n"
    )


def test_a_file_that_two_moved_instructions_write_is_copied_again() -> None:
    build = build_of("FROM a\nCOPY --chown=1 . /app\nCOPY src/ dev.txt /app/\nRUN pip install -r /app/dev.txt\n", FILES)
    assert fixed(plans(build)[0]) == (
        "FROM a\nCOPY dev.txt /app/\nRUN pip install -r /app/dev.txt\nCOPY --chown=1 . /app\nCOPY src/ dev.txt /app/\n"
    )


def test_links_are_not_copied_by_name(tmp_path: object) -> None:
    from pathlib import Path

    from prebake.engine import builds
    from prebake.files import disk

    root = Path(str(tmp_path)).resolve()
    (root / "real.txt").write_text("torch\n")
    (root / "requirements.txt").symlink_to("real.txt")
    (root / "app.py").write_text("")
    (root / "Dockerfile").write_text("FROM a\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n")
    build = builds(disk(), f"{root}/Dockerfile", root=str(root))[0]
    outcome = plan_sink(build, nth(build, "COPY"))
    assert isinstance(outcome, Refusal)
    assert "symbolic link" in outcome.reason


@pytest.mark.parametrize(
    ("dockerfile", "applicability"),
    [
        ("COPY . /app\nWORKDIR /app\nRUN pip install torch", Applicability.SAFE),
        ("USER worker\nCOPY . /app\nWORKDIR /app\nRUN pip install torch", Applicability.SUGGESTED),
        ("COPY --chown=1000 . /app\nWORKDIR /app\nRUN pip install torch", Applicability.SUGGESTED),
        ("WORKDIR /app\nCOPY --chown=1000 . /app\nWORKDIR /app\nRUN pip install torch", Applicability.SAFE),
        ("COPY . /app\nRUN echo x > /note\nRUN pip install torch", Applicability.SAFE),
        ("WORKDIR /app\nCOPY . .\nRUN echo x > new\nRUN pip install torch", Applicability.SUGGESTED),
        ("WORKDIR /app\nCOPY . .\nRUN echo x > /srv/new\nRUN pip install torch", Applicability.SAFE),
        ("WORKDIR /app\nCOPY . .\nRUN pip install --target vendor torch", Applicability.SUGGESTED),
        ("COPY . /app\nCOPY --from=b /dist /app/dist\nRUN pip install torch", Applicability.SUGGESTED),
        ("COPY src /app/src\nCOPY --chown=1000 . /app/\nRUN pip install -r /app/dev.txt", Applicability.SUGGESTED),
        ("WORKDIR /app\nCOPY src src\nCOPY --chown=1000 . ./\nRUN pip install -r dev.txt", Applicability.SAFE),
        ("USER 0\nCOPY . /app\nWORKDIR /app\nRUN pip install torch", Applicability.SAFE),
        ("COPY . /root\nRUN pip install torch", Applicability.SUGGESTED),
        ("COPY . /usr/local/app\nRUN pip install torch", Applicability.SUGGESTED),
        ("COPY . /usr/src/app\nRUN pip install torch", Applicability.SAFE),
        ("COPY . /home/worker\nRUN pip install torch", Applicability.SUGGESTED),
        ("COPY . /home/worker/app\nUSER worker\nRUN pip install torch", Applicability.SAFE),
        ("WORKDIR /app\nCOPY . .\nUSER worker\nENV A=1\nLABEL a=b\nRUN pip install torch", Applicability.SAFE),
        ("WORKDIR /app\nENV D=x\nCOPY . $D\nRUN pip install torch", Applicability.SAFE),
        ("WORKDIR /app\nARG D=x\nCOPY . $D\nRUN pip install torch", Applicability.SUGGESTED),
    ],
)
def test_how_far_a_rewrite_is_proved(dockerfile: str, applicability: Applicability) -> None:
    plan = plans(build_of(f"FROM python:3.12\n{dockerfile}\n", FILES))[0]
    assert plan.applicability is applicability, plan.explanation


@pytest.mark.parametrize(
    ("dockerfile", "reason"),
    [
        ("COPY . /app\nRUN cd /app && pip install torch", "needs a folder that only the moved COPY makes"),
        ("COPY . /app\nRUN echo x > /app/new\nRUN pip install torch", "needs a folder that only the moved COPY makes"),
        ("COPY . /app\nCOPY --from=b /dist/ /app/\nRUN pip install torch", "where it puts"),
        ("COPY . /app\nCOPY --from=b /dist /app\nRUN pip install torch", "where it puts"),
        ("COPY . /app\nCOPY <<EOF /app/app.py\nx\nEOF\nRUN pip install torch", "where it puts app.py"),
        ("COPY . /app\nCOPY <<app.py /app/\nx\napp.py\nRUN pip install torch", "where it puts app.py"),
        ("COPY . /app\nADD https://example.org/x.git /app\nRUN pip install torch", "where it puts"),
        ("COPY . /app\nADD https://example.org/app.py?a=/b /app/\nRUN pip install torch", "where it puts app.py"),
        ("COPY . /app\nRUN ln /app/app.py /main.py\nRUN pip install torch", "reads app.py"),
        ("COPY . /app\nCOPY --from=b /x/app.py /app/app.py\nRUN pip install torch", "where it puts app.py"),
        ("COPY . /app\nCOPY src/main.py /app/app.py\nRUN make\nRUN pip install torch", "`make` (line 4)"),
        ("COPY . /app\nONBUILD RUN x\nRUN pip install torch", "ONBUILD in line 3"),
        ("COPY . $NOWHERE\nRUN pip install torch", "its destination depends on a value that is not known"),
        ("COPY app.py missing.py /app/\nRUN pip install torch", "missing.py does not exist"),
        ("COPY . /app\nRUN ln -s /srv /app\nRUN pip install torch", "`ln -s /srv` (line 3) changes"),
        ("COPY . /app\nRUN ls /app && pip install torch", "reads"),
        ("COPY . /app\nRUN ln -s /app /now\nRUN ln -s /app /now\nRUN pip install torch", "changes"),
        ("COPY . /app\nRUN ln -s /app /now && rm /now/README.md\nRUN pip install torch", "changes README.md"),
        ("RUN ln -s /app/ /now\nCOPY . /app\nRUN touch /now/README.md\nRUN pip install torch", "changes README.md"),
        ("RUN ln -s app /now\nCOPY . /app\nRUN cat now/app.py\nRUN pip install torch", "reads app.py"),
        ("RUN ln -s /data /app\nCOPY . /app/\nRUN pip install torch", "line 2 makes /app a link"),
        ("RUN mkdir /app && ln -s /data /app/src\nCOPY . /app/\nRUN pip install torch", "makes /app/src a link"),
        ("COPY . /app\nRUN ln /app/dev.txt /d.txt && pip install -r /d.txt", "is not among the files"),
        ("COPY --chown=bob . /app\nRUN sed -i s/1/2/ /etc/passwd\nRUN pip install torch", "may change users"),
        ("COPY --chown=bob . /app\nCOPY --from=b /etc/passwd /etc/\nRUN pip install torch", "may change users"),
        ("COPY . /usr/local/lib\nRUN pip install torch", "may write to /usr/local/lib"),
        ("COPY . /app\nRUN pip install --target /app torch", "changes"),
        ('COPY . /app\nSHELL ["powershell"]\nRUN pip install torch && x\nRUN ["pip", "install", "a"]', "powershell"),
        ("COPY . /app\nWORKDIR /app\nRUN pip install -e git+https://example.org/x.git", "the context holds src"),
    ],
)
def test_why_there_is_no_rewrite(dockerfile: str, reason: str) -> None:
    build = build_of(f"FROM python:3.12\n{dockerfile}\n", FILES)
    outcome = plan_sink(build, nth(build, "COPY"))
    assert isinstance(outcome, Refusal)
    assert reason in outcome.reason


@pytest.mark.parametrize(
    ("dockerfile", "after"),
    [
        (
            "WORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y curl\nRUN make",
            "WORKDIR /app\nRUN apt-get update && apt-get install -y curl\nCOPY . .\nRUN make",
        ),
        (
            "# code\nCOPY src /src\nCOPY dev.txt /a/\nENV A=1\nRUN apt-get install x\nRUN pip install -r /a/dev.txt",
            "ENV A=1\nRUN apt-get install x\n# code\nCOPY src /src\nCOPY dev.txt /a/\nRUN pip install -r /a/dev.txt",
        ),
        (
            "WORKDIR /app\nCOPY . .\nRUN pip install -r dev.txt\nRUN apt-get install -y curl",
            "WORKDIR /app\nCOPY dev.txt .\nRUN pip install -r dev.txt\nRUN apt-get install -y curl\nCOPY . .",
        ),
    ],
)
def test_below_a_run_that_is_no_install(dockerfile: str, after: str) -> None:
    build = build_of(f"FROM python:3.12\n{dockerfile}\n", FILES)
    apt = next(item for item in build.tree.instructions if "apt-get" in item.raw)
    plan = plan_below(build, nth(build, "COPY"), apt)
    assert isinstance(plan, SinkPlan)
    assert plan.applicability is Applicability.SAFE, plan.explanation
    assert fixed(plan) == f"FROM python:3.12\n{after}\n"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_below_one_run_in_any_order(order: tuple[int, int]) -> None:
    text = "FROM a\nCOPY src /app/src\nCOPY app.py /app/\nRUN apt-get install -y curl\n"
    for number in order:
        build = build_of(text, FILES)
        copy = next(item for item in build.tree.instructions if item.raw.startswith(("COPY src", "COPY app")[number]))
        plan = plan_below(build, copy, nth(build, "RUN"))
        text = fixed(plan) if isinstance(plan, SinkPlan) else text
    assert text == "FROM a\nRUN apt-get install -y curl\nCOPY src /app/src\nCOPY app.py /app/\n"


@pytest.mark.parametrize(
    ("dockerfile", "reason"),
    [
        ("RUN apt-get install -y curl\nCOPY . .", "does not stand above line 2"),
        ("COPY . .\nRUN apt-get install -y ./app.py", "reads app.py"),
        ("COPY dev.txt .\nRUN pip install -r dev.txt\nRUN apt-get install -y x", "line 3 reads all that it brings"),
        ("COPY --from=b /x /x\nRUN apt-get install -y x", "takes nothing from the build context"),
        ("COPY . .\nRUN make\nRUN apt-get install -y x", "`make` (line 3) may read anything"),
    ],
)
def test_why_not_below_a_run(dockerfile: str, reason: str) -> None:
    build = build_of(f"FROM python:3.12\n{dockerfile}\n", FILES)
    apt = next(item for item in build.tree.instructions if "apt-get" in item.raw)
    outcome = plan_below(build, nth(build, "COPY"), apt)
    assert isinstance(outcome, Refusal)
    assert reason in outcome.reason
