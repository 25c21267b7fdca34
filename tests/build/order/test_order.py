"""A stage in a better order: which instructions are independent, what moves, and what never does."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.build.build import Build
from prebake.build.order.graph import dependency
from prebake.build.order.plan import Reorder, plan_reorder
from prebake.edits import apply
from prebake.syntax.dockerfile import parse
from tests.build.projects import build_of

FILES = {
    "requirements.txt": "torch\n",
    "app.py": "print(1)\n",
    "src/main.py": "",
    "start.sh": "",
    "models/w.safetensors": "x",
    "get.py": "from huggingface_hub import snapshot_download\nsnapshot_download('a/b')\n",
    ".dockerignore": "Dockerfile\n.venv\n__pycache__\n**/__pycache__\n",
}


def reordered(text: str) -> str:
    build = build_of(text, FILES)
    plan = plan_reorder(build, build.tree.stages[-1])
    return text if isinstance(plan, str) else apply(build.text, plan.fix().edits[0].edits).content


def dependent(first: str, second: str, before: str = "FROM python:3.12\n") -> bool:
    build = build_of(f"{before}{first}\n{second}\n", FILES)
    one, other = build.tree.instructions[-2:]
    return dependency(build, one, other) is not None


APT = "RUN apt-get update && apt-get install -y ffmpeg"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("COPY src /app/src", APT),
        ("COPY src /app/src", "RUN pip install torch"),
        (APT, "COPY src /app/src"),
        ("COPY src /app/src", "COPY models /app/models"),
        ("COPY src /app/src", "RUN mkdir -p /srv/data"),
        ("LABEL a=b", APT),
        ("CMD x", "COPY . /app"),
        ("ENV GREETING=hello", APT),
        ("ARG GIT_SHA", "COPY src /app/src"),
        ("USER 1000", "COPY src /app/src"),
        ("RUN pip install torch", APT),
        ("RUN mkdir -p /srv/a", "RUN mkdir -p /opt/b"),
        ("RUN mkdir -p /srv/a", APT),
    ],
)
def test_independent_instructions(first: str, second: str) -> None:
    assert not dependent(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("COPY . /app", "RUN make -C /app"),
        ("RUN make", APT),
        ("COPY start.sh /app/", "RUN chmod +x /app/start.sh"),
        ("COPY requirements.txt /tmp/", "RUN pip install -r /tmp/requirements.txt"),
        ("RUN pip install -r /tmp/requirements.txt", "COPY requirements.txt /tmp/"),
        ("COPY --chown=app src /app/src", "RUN useradd app"),
        ("COPY --chown=app src /app/src", APT),
        ("COPY src /app/src", "COPY app.py /app/src/main.py"),
        ("WORKDIR /app", "COPY src src"),
        ("WORKDIR /app", "RUN touch x"),
        ("USER 1000", "RUN touch /srv/x"),
        ("USER 1000", "WORKDIR /srv/x"),
        ("ENV GREETING=hello", "RUN echo $GREETING"),
        ("ENV PATH=/opt/bin:$PATH", "RUN touch /srv/x"),
        ("ENV PIP_INDEX_URL=https://example.org/", "RUN pip install torch"),
        ("ARG PLACE=/app", "COPY src $PLACE"),
        ("ENV A=1", "ENV B=2"),
        ("LABEL a=1", "ENV B=2"),
        ('SHELL ["/bin/bash", "-c"]', "RUN touch /srv/x"),
        (APT, "RUN apt-get install -y curl"),
        (APT, "RUN git clone https://example.org/x /srv/x"),
        (
            "RUN apt-get update && apt-get install -y curl && curl -o /usr/local/bin/t https://x.org/t",
            "RUN pip install a",
        ),
        ("RUN useradd app", "RUN groupadd staff"),
        ("VOLUME /data", "COPY src /app/src"),
        ("ONBUILD COPY . /app", "RUN pip install torch"),
        ("RUN pip install huggingface_hub", "RUN hf download a/b"),
        ("COPY get.py /app/", "RUN cd /app && python get.py"),
        ("RUN touch /srv/x", "RUN rm /srv/x"),
        ("RUN ln /srv/a /srv/b", "RUN touch /opt/x"),
        ("RUN mkdir -p /srv/a", "RUN touch /srv/a/x"),
    ],
)
def test_dependent_instructions(first: str, second: str) -> None:
    assert dependent(first, second)


def test_links_lead_elsewhere() -> None:
    before = "FROM debian:12\nRUN ln -s /app /current\n"
    assert dependent("RUN rm -rf /app/old", "RUN touch /current/old/x", before=before)
    assert dependent("COPY src /app/src", "RUN rm /current/src/main.py", before=before)
    assert dependent("COPY --from=other /x /app/x", "RUN touch /current/x", before=before)
    text = f"FROM debian:12\nCOPY src /app/src\nRUN ln -s /app /current\nRUN touch /current/src/main.py\n{APT}\n"
    build = build_of(text, FILES)
    items = build.tree.instructions
    assert dependency(build, items[1], items[3]) is not None


def test_files_that_variables_name() -> None:
    before = "FROM python:3.12\nENV SSL_CERT_FILE=/opt/ca.pem LD_LIBRARY_PATH=/opt/lib:/opt/more\n"
    assert dependent("RUN touch /opt/ca.pem", "RUN pip install torch", before=before)
    assert dependent("COPY --from=other /ca.pem /opt/ca.pem", "RUN pip install torch", before=before)
    assert dependent("COPY --from=other /lib /opt/more", "RUN touch /srv/x", before=before)
    assert not dependent("COPY --from=other /lib /opt/other", "RUN touch /srv/x", before=before)


def test_pip_of_the_system_needs_the_packages_of_the_system() -> None:
    assert dependent(APT, "RUN pip install torch", before="FROM debian:12\n")
    assert dependent("RUN /usr/bin/pip install torch", APT)


def test_a_whole_stage() -> None:
    before = """\
FROM python:3.12-slim
WORKDIR /app

# The code.
COPY src /app/src
COPY models /app/models

ENV PIP_NO_CACHE_DIR=1
COPY requirements.txt ./
RUN pip install -r requirements.txt

# For video.
RUN apt-get update && apt-get install -y ffmpeg

LABEL a=b
CMD ["python", "src/main.py"]
"""
    assert (
        reordered(before)
        == """\
FROM python:3.12-slim
WORKDIR /app

ENV PIP_NO_CACHE_DIR=1

# For video.
RUN apt-get update && apt-get install -y ffmpeg

COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY models /app/models

# The code.
COPY src /app/src

LABEL a=b
CMD ["python", "src/main.py"]
"""
    )


def test_each_move_has_its_reason() -> None:
    build = build_of(f"FROM debian:12\nCOPY src /srv/src\n{APT}\n", FILES)
    plan = plan_reorder(build, build.tree.stages[0])
    assert isinstance(plan, Reorder)
    assert plan.reasons == (
        "`COPY src /srv/src` (line 2) goes below line 3: a change of the code then does not run system packages again",
    )


def test_an_unknown_command_is_a_barrier() -> None:
    text = f"FROM debian:12\nCOPY src /srv/src\nRUN make\n{APT}\n"
    assert reordered(text) == text


def test_other_stages_are_left_alone() -> None:
    first = f"FROM debian:12 AS one\nCOPY src /srv/src\n{APT}\n"
    assert reordered(f"{first}FROM debian:12\nCOPY src /srv/src\n{APT}\n") == (
        f"{first}FROM debian:12\n{APT}\nCOPY src /srv/src\n"
    )


def test_a_folder_keeps_its_owner() -> None:
    text = f"FROM debian:12\nCOPY --chown=1000:1000 src /srv/new/src\n{APT}\nUSER 1000\nWORKDIR /srv/new\n"
    assert reordered(text) == (
        f"FROM debian:12\n{APT}\nCOPY --chown=1000:1000 src /srv/new/src\nUSER 1000\nWORKDIR /srv/new\n"
    )


def test_line_ends_heredocs_and_a_missing_last_line_end() -> None:
    text = "FROM debian:12\r\nCOPY src /srv/src\r\n# x\r\nRUN <<EOF\r\napt-get install -y curl\r\nEOF"
    assert (
        reordered(text) == "FROM debian:12\r\n# x\r\nRUN <<EOF\r\napt-get install -y curl\r\nEOF\r\nCOPY src /srv/src"
    )


INSTRUCTIONS = [
    "WORKDIR /app",
    "COPY . /app",
    "COPY src /app/src",
    "COPY src ./src",
    "COPY requirements.txt ./",
    "COPY requirements.txt /tmp/",
    "COPY models /srv/models",
    "COPY --chown=1000:1000 app.py /srv/new/",
    "COPY --from=other /x /opt/x",
    "COPY get.py /app/",
    "RUN pip install -r /tmp/requirements.txt",
    "RUN pip install torch",
    APT,
    "RUN apk add --no-cache curl && rm -rf /var/cache/apk/*",
    "RUN chmod +x /app/src/main.py",
    "RUN mkdir -p /srv/data",
    "RUN useradd worker",
    "RUN make",
    "RUN hf download a/b --local-dir /srv/hub",
    "RUN python /app/get.py",
    "RUN echo $NAME > /srv/name",
    "ENV NAME=x",
    "ENV PATH=/opt/x/bin:$PATH",
    "ARG NAME=y",
    "USER 1000",
    "USER root",
    "LABEL a=b",
    "VOLUME /srv/models",
    'SHELL ["/bin/bash", "-c"]',
    "CMD x",
]


@st.composite
def stages(draw: st.DrawFn) -> str:
    lines = []
    for instruction in draw(st.lists(st.sampled_from(INSTRUCTIONS), min_size=2, max_size=9)):
        lines += draw(st.sampled_from([[], [""], ["# A comment."], ["", "# One.", "# Two."]]))
        lines.append(instruction)
    return "\n".join([draw(st.sampled_from(["FROM python:3.12", "FROM debian:12"])), *lines, ""])


def raw(build: Build) -> Counter[str]:
    return Counter(item.raw for item in build.tree.instructions)


@settings(max_examples=150, deadline=None)
@given(stages())
def test_any_stage(text: str) -> None:
    build = build_of(text, FILES)
    items = build.tree.stages[0].instructions[1:]
    plan = plan_reorder(build, build.tree.stages[0])
    if isinstance(plan, str):
        return
    after_text = apply(build.text, plan.fix().edits[0].edits)
    after = build_of(after_text.content, FILES)
    assert raw(after) == raw(build)
    assert Counter(comment.text for comment in parse(after_text).comments) == Counter(
        comment.text for comment in build.tree.comments
    )
    assert [item.raw for item in after.tree.stages[0].instructions[1:]] == [item.raw for item in plan.order]
    places = {item.index: place for place, item in enumerate(plan.order)}
    for number, second in enumerate(items):
        for first in items[:number]:
            if dependency(build, first, second) is not None:
                assert places[first.index] < places[second.index]
    assert reordered(after_text.content) == after_text.content
