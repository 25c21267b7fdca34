"""Random projects with random edits, for comparing the cache model with an engine.

Left out are the known faults of BuildKit (an edit that keeps size and date, a change of a folder's mode) and what makes
two steps the same vertex: each stage of each project begins with a step of its own that writes a file of its own, since
a RUN with a secret is known by the files that it finds.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from tests.build.cache.histories import State

Lines = list[str]
_FILES = {
    "app.py": (0o644, "app 1\n"),
    "run.sh": (0o755, "echo 1\n"),
    "requirements.txt": (0o644, "alpha\n"),
    "notes.txt": (0o644, "note 1\n"),
    "src/main.py": (0o644, "main 1\n"),
    "src/util.py": (0o644, "util 1\n"),
    "src/data/a.csv": (0o644, "a,1\n"),
    "data/b.csv": (0o644, "b,1\n"),
}
# Named in instructions, so that a build without them would fail.
_KEPT = frozenset(("app.py", "run.sh", "requirements.txt", "src/main.py", "data/b.csv"))
_ADDED = (
    "lib.py",
    "src/extra.py",
    "src/sub/x.py",
    "data/c.csv",
    "data/d/e.csv",
    "more.txt",
    "src/util.py",
    "notes.txt",
)
_IGNORED = (
    "notes.txt", "*.md", "src/data", "**/*.csv", "Dockerfile", ".dockerignore", "lib.py", "!src/data/a.csv", "data/*",
    "**/extra.py", "src/sub", "more.*", "!data/c.csv",
)  # fmt: skip
_METADATA = (
    "LABEL version={n}", "EXPOSE {p}", "CMD [\"run\", \"{n}\"]", "CMD run {n}", "ENTRYPOINT [\"e{n}\"]", "STOPSIGNAL 9",
    "HEALTHCHECK CMD true {n}", "VOLUME /v{n}", "MAINTAINER m{n}",
)  # fmt: skip
_RUNS = (
    "RUN echo {n}",
    "RUN echo {n} \\\n    # why\n    && echo more",
    "RUN echo {n} \\\n  && echo more",
    'RUN ["echo", "{n}"]',
    "RUN <<EOF\necho {n}\nEOF",
    "RUN <<-EOF\n\techo {n}\n\tEOF",
    "RUN <<EOF\n#!/bin/sh\necho {n}\nEOF",
    "RUN cat <<EOF | cat\n{n} $A\nEOF",
    "RUN --mount=type=bind,source={source},target=/m ls /m && echo {n}",
    "RUN --mount=source={source},target=m --mount=source=app.py,target=/n,rw ls /n && echo {n}",
    "RUN --mount=type=cache,target=/c echo {n}",
    "RUN --mount=type=cache,target=/c,id=c{n} echo cached",
    "RUN --mount=type=cache,target=/c,mode=0700,uid={m} echo cached",
    "RUN --mount=type=tmpfs,target=/t echo {n}",
    "RUN --mount=type=secret,id=s{m} echo secret",
    "RUN --network=none echo {n}",
)
_FROM_STAGE = (
    "COPY --from={stage} /out /x{n}",
    "COPY --from={stage} /in/*.py /x{n}/",
    "COPY --from={stage} /out/file /x{n}/",
    "COPY --from={stage} /in/main.py /in /y{n}/",
    "COPY --from={stage} --chown=5:5 /in /z{n}/",
    "RUN --mount=from={stage},source=/in,target=/f ls /f && echo {n}",
    "RUN --mount=type=bind,from={stage},target=/f ls /f && echo {n}",
)
_COPIES = (
    "COPY app.py /d{n}/",
    "COPY app.py d{n}",
    "COPY src /s{n}",
    "COPY src/ /s{n}/",
    "COPY ./src /s{n}/.",
    "COPY . .",
    "COPY . /all{n}",
    "COPY *.txt /t{n}/",
    "COPY src/*.py /g{n}/",
    "COPY sr? /g{n}/",
    "COPY app.py run.sh ./",
    "COPY src data requirements.txt /several{n}/",
    "COPY --chown=1000:{n} app.py /o/",
    "COPY --chmod=7{m}5 app.py /o/",
    "COPY --link app.py /l{n}/",
    "COPY --link src /l{n}/",
    "COPY --link --chown=1:1 *.txt /l{n}/",
    "COPY app.py $DEST/",
    "COPY ${{DIR}}/main.py /e{n}/",
    "COPY <<EOF /h{n}\ntext $A\nEOF",
    'COPY <<"EOF" /h{n}\ntext $A\nEOF',
    "COPY <<a.txt <<b.txt app.py /h{n}/\na\na.txt\nb {n}\nb.txt",
    "ADD data /ad{n}",
    "COPY --chown=worker:{n} app.py /ow/",
    'COPY ["app.py", "/j{n}/"]',
)
_STATE = (
    "ENV A={n}",
    "ENV A=1 B={n}",
    "ENV B={n} A=1",
    "ENV A=$G B=${{A:-x}}",
    "ENV PATH=/p{n}:$PATH",
    "ENV DEST=/dest{n}",
    "ENV old {n}",
    "ENV G={n}",
    "ARG A={n}",
    "ARG G={n}",
    "ARG G",
    "ARG V",
    "ARG V={n} W=$V",
    "ARG TARGETARCH",
    "ARG http_proxy",
    "ARG UNSET",
    "WORKDIR /w{n}",
    "WORKDIR sub{n}",
    "WORKDIR /w{n}/$A",
    "WORKDIR /",
    "USER root",
    "USER 0",
    "USER 1000",
    "USER 1000:{n}",
    'SHELL ["/bin/sh", "-ec"]',
    'SHELL ["/bin/sh", "-c"]',
)


# What the legacy builder does not know.
_NOT_LEGACY = ("--mount", "<<", "--link", "--chmod", "--network")
COMMON = State(_FILES, {})
"""The files that each project begins with."""


class Stage(NamedTuple):
    """A stage: its first lines, which stay, and those that are edited."""

    opening: Lines
    lines: Lines


class Project:
    """A project at one time of its history."""

    def __init__(self, seed: int, base: str, *, legacy: bool = False, linked: bool = False) -> None:
        self._random = random.Random(seed)
        self._salt = seed
        self._base = base
        self._legacy = legacy
        self._linked = linked
        self.files = dict(_FILES)
        self.ignored: Lines = self._some(_IGNORED, 3) if self._random.random() < 0.6 else []
        self.args = {"V": "1", "http_proxy": "http://a"} if self._random.random() < 0.5 else {}
        self.target: str | None = None
        self.stages: list[Stage] = []
        for number in range(self._random.choice((1, 2, 2, 3))):
            opening = self._opening(number)
            self.stages.append(Stage(opening, []))
            held = opening[0].startswith("FROM scratch")
            # The legacy builder starts a container for each step, which takes time.
            few = held or legacy
            for _ in range(self._random.randint(1, 3) if few else self._random.randint(4, 8)):
                self._insert(self.stages[-1], number, held=held)

    def state(self) -> State:
        """The project as it is."""
        text = "\n".join(line for stage in self.stages for line in (*stage.opening, *stage.lines)) + "\n"
        files = {**self.files, "Dockerfile": (0o644, text)}
        if self.ignored:
            files[".dockerignore"] = (0o644, "\n".join(self.ignored) + "\n")
        return State(files, dict(self.args), self.target)

    def edit(self) -> None:
        """Change something, or a few things."""
        for _ in range(self._random.choice((1, 1, 2, 3))):
            change = self._random.choice(
                (
                    *(self._edit_file,) * 5, *(self._add_file,) * 2, self._delete_file, *(self._change_mode,) * 2,
                    *(self._insert_line,) * 3, *(self._remove_line,) * 2, *(self._edit_line,) * 4, self._swap_lines,
                    *(self._edit_ignored,) * 2, self._edit_argument, self._choose_target, self._comment,
                )
            )  # fmt: skip
            change()

    def _some(self, of: tuple[str, ...], most: int) -> Lines:
        return self._random.sample(of, self._random.randint(1, most))

    def _opening(self, number: int) -> Lines:
        name = f" AS st{number}" if self._random.random() < 0.7 else ""
        if number and self._random.random() < 0.2:
            named = self.stages[number - 1].opening[0].partition(" AS ")[2]
            if named and not self.stages[number - 1].opening[0].startswith("FROM scratch"):
                return [f"FROM {named}{name}", f"RUN echo stage {number} of {self._salt}"]
        if not number and self._random.random() < 0.25:
            return [
                f"FROM scratch AS st{number}",
                f"COPY app.py /out/{self._salt}/",
                "COPY app.py /out/file",
                "COPY src /in",
            ]
        made = self._random.choice(("echo same > /out/file", "cp -r /in /out/", "cat /in/main.py > /out/file"))
        opening = [
            f"FROM {self._base}{name}",
            f"RUN mkdir /out && echo {self._salt} {number} > /salt && echo > /out/file",
            "COPY src /in",
            f"RUN {made}",
            f"WORKDIR /w{number}",
        ]
        if self._random.random() < 0.5:
            opening.insert(2, "ARG G=0")
        return opening

    def _line(self, number: int, *, held: bool) -> str:
        kinds = [_COPIES] if held else [_RUNS, _RUNS, _COPIES, _COPIES, _STATE, _STATE, _METADATA]
        if number and not held:
            kinds.append(_FROM_STAGE)
        form = self._random.choice(self._random.choice(kinds))
        if self._legacy and any(mark in form for mark in _NOT_LEGACY):
            form = "COPY data /data" if held else "RUN echo {n}"
        if self._linked and form.startswith("COPY ") and not {"--link", "worker"} & set(re.split("[ =:]", form)):
            form = form.replace("COPY ", "COPY --link ", 1)
        stages = [stage.opening[0].partition(" AS ")[2] for stage in self.stages[:number]]
        named = [name for name in stages if name]
        if "{stage}" in form and not named:
            form = "RUN echo {n}"
        source = self._random.choice(("app.py", "src", "data", ".", "src/main.py", "./src"))
        n, m = self._random.randint(1, 9), self._random.randint(1, 3) + 4
        return form.format(n=n, m=m, p=8000 + n, source=source, stage=self._random.choice(named or [""]))

    def _insert(self, stage: Stage, number: int, *, held: bool) -> None:
        line = self._line(number, held=held)
        if "$" in line and not held:
            needed = [f"ENV {name}={value}" for name, value in (("DEST", "/dest"), ("DIR", "src")) if f"{name}" in line]
            missing = [each for each in needed if each not in stage.opening]
            stage.opening.extend(missing)
        if held and ("$" in line or "worker" in line or "./" in line.split()[-1] or "<<" in line):
            line = "COPY data /data"
        stage.lines.insert(self._random.randint(0, len(stage.lines)), line)

    def _editable(self) -> tuple[int, Stage]:
        number = self._random.randrange(len(self.stages))
        return number, self.stages[number]

    def _held(self, stage: Stage) -> bool:
        return stage.opening[0].startswith("FROM scratch")

    def _insert_line(self) -> None:
        number, stage = self._editable()
        self._insert(stage, number, held=self._held(stage))

    def _remove_line(self) -> None:
        _, stage = self._editable()
        if stage.lines:
            stage.lines.pop(self._random.randrange(len(stage.lines)))

    def _edit_line(self) -> None:
        number, stage = self._editable()
        if stage.lines and not self._held(stage):
            at = self._random.randrange(len(stage.lines))
            stage.lines.pop(at)
            self._insert(stage, number, held=False)

    def _swap_lines(self) -> None:
        _, stage = self._editable()
        if len(stage.lines) > 1:
            at = self._random.randrange(len(stage.lines) - 1)
            stage.lines[at : at + 2] = reversed(stage.lines[at : at + 2])

    def _comment(self) -> None:
        _, stage = self._editable()
        stage.lines.insert(0, f"# comment {self._random.randint(1, 9)}")

    def _edit_file(self) -> None:
        name = self._random.choice(sorted(self.files))
        mode, text = self.files[name]
        self.files[name] = (mode, text + "x" * self._random.randint(1, 9) + "\n")

    def _add_file(self) -> None:
        name = self._random.choice(_ADDED)
        self.files[name] = (0o644, f"new {'y' * self._random.randint(1, 9)}\n")

    def _delete_file(self) -> None:
        gone = sorted(self.files.keys() - _KEPT)
        if gone:
            del self.files[self._random.choice(gone)]

    def _change_mode(self) -> None:
        name = self._random.choice(sorted(self.files))
        _, text = self.files[name]
        self.files[name] = (self._random.choice((0o644, 0o755, 0o664, 0o600)), text)

    def _edit_ignored(self) -> None:
        if self.ignored and self._random.random() < 0.5:
            self.ignored.pop(self._random.randrange(len(self.ignored)))
        else:
            self.ignored.append(self._random.choice(_IGNORED))

    def _edit_argument(self) -> None:
        name = self._random.choice(("V", "G", "http_proxy", "UNDECLARED"))
        self.args[name] = str(self._random.randint(1, 3))

    def _choose_target(self) -> None:
        named = [stage.opening[0].partition(" AS ")[2] for stage in self.stages]
        self.target = self._random.choice([*(name for name in named if name), None])


def history(seed: int, base: str, builds: int = 3, *, legacy: bool = False, linked: bool = False) -> list[State]:
    """The states of one project, each after an edit of the one before or back at an earlier one.

    ``legacy``: only what the legacy builder knows. ``linked``: most copies are linked.
    """
    project = Project(seed, base, legacy=legacy, linked=linked)
    states = [project.state()]
    chance = random.Random(f"order {seed}")
    while len(states) < builds:
        if len(states) > 1 and chance.random() < 0.25:
            states.append(states[-2])
            continue
        project.edit()
        states.append(project.state())
    return states
