"""Random small projects: the same one for the same number, in many spellings of the same mistakes.

What stands in them is harmless or not, as it comes: whether a fix is safe there is for prebake to say, and for a real
builder to judge.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.builder.base_image import WHEELS
from tests.builder.project import APT_GET, write


@dataclass
class Project:
    """A generated project: its files, links and modes, the folder it is built from, the source file to edit, and the
    build argument that changes with each build, if any.
    """

    number: int
    files: dict[str, str] = field(default_factory=dict)
    context: str = "."
    edit: str = ""
    volatile: str = ""
    modes: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    @property
    def dockerfile(self) -> str:
        """The Dockerfile's text."""
        return self.files[self.path("Dockerfile")]

    def path(self, name: str) -> str:
        """A path of the context as a path of the project."""
        return name if self.context == "." else f"{self.context}/{name}"

    def write(self, root: Path) -> Path:
        """Write the project under `root`; returns `root`."""
        write(root, self.files)
        for name, target in self.links.items():
            (root / name).symlink_to(target)
        for name, mode in self.modes.items():
            (root / name).chmod(mode)
        return root


def project(number: int) -> Project:
    """The project of that number."""
    return _Maker(number).make()


class _Maker:
    def __init__(self, number: int) -> None:
        self.random = random.Random(number)
        self.project = Project(number)
        self.lines: list[str] = []
        self.workdir = ""
        self.place = ""
        self.volatile = ""

    def make(self) -> Project:
        self.project.context = self._one("services/api") if self._chance(0.1) else "."
        self._sources()
        self._head()
        self._copies()
        self._some(self._between, (0, 0, 1, 1, 2, 3))
        if self._chance(0.1) and any(line.endswith(" AS app") or line.endswith(" as app") for line in self.lines):
            self.lines += ["", self._one("FROM app", "FROM app AS installed")]
            self._some(self._between, (0, 0, 1))
        self._install()
        self._tail()
        if self._chance(0.12):
            self.lines += ["", "FROM python:3.11-slim", "COPY --from=0 /usr/local /usr/local"]
            self.lines += [f"COPY --from={self._last_stage()} {self.place} {self.place}", 'CMD ["python", "app.py"]']
        newline = "\r\n" if self._chance(0.08) else "\n"
        end = "" if self._chance(0.15) else newline
        self._put("Dockerfile", newline.join("\n".join(self.lines).split("\n")) + end)
        self._ignore_file()
        return self.project

    def _chance(self, likelihood: float) -> bool:
        return self.random.random() < likelihood

    def _one(self, *choices: str) -> str:
        return self.random.choice(choices)

    def _some(self, make: Callable[[], None], counts: tuple[int, ...]) -> None:
        for _ in range(self.random.choice(counts)):
            make()

    def _last_stage(self) -> int:
        """The number of the stage before the last."""
        return sum(line.upper().startswith("FROM ") for line in self.lines) - 2

    def _put(self, name: str, text: str) -> None:
        self.project.files[self.project.path(name)] = text

    def _sources(self) -> None:
        """The code, and the requirements in one of their forms."""
        self._put("app.py", "import alpha\n")
        self.project.edit = self.project.path("app.py")
        for name in self.random.sample(
            ("pkg/__init__.py", "pkg/core.py", "src/main.py", "data/words.txt", "scripts/start.sh", "README.md", ".env",
             "config/settings.toml", "setup.cfg", "tests/test_app.py", "static/index.html", ".hidden/deep/file.txt"),
            self.random.randrange(8),
        ):  # fmt: skip
            self._put(name, f"# {name}\n")
        packages = self.random.sample(WHEELS, self.random.randrange(1, 3))
        pinned = [f"{name}==1.0" if self._chance(0.5) else name for name in packages]
        kind = self._one("plain", "plain", "nested", "folder", "constraint", "wheel")
        self.requirements = "requirements.txt"
        if kind == "nested":
            self._put("requirements.txt", "-r requirements/base.txt\n")
            self._put("requirements/base.txt", "\n".join(pinned) + "\n")
        elif kind == "folder":
            self.requirements = "requirements/prod.txt"
            self._put("requirements/prod.txt", "-r base.txt  # the rest\n")
            self._put("requirements/base.txt", "\n".join(pinned) + "\n")
        elif kind == "constraint":
            self._put("requirements.txt", "-c constraints.txt\n" + "\n".join(packages) + "\n")
            self._put("constraints.txt", "".join(f"{name}==1.0\n" for name in packages))
        else:
            self._put("requirements.txt", "# what is needed\n" + "\n".join(pinned) + "\n")
        if self._chance(0.1):
            self.project.modes[self.project.path("app.py")] = 0o664
        for folder in ("pkg", "data", "requirements"):
            if self._chance(0.2) and any(name.startswith(f"{folder}/") for name in self._context_files()):
                self.project.modes[self.project.path(folder)] = self.random.choice((0o700, 0o775, 0o777))
        if self._chance(0.1):
            self.project.links[self.project.path("latest")] = self._one("app.py", "pkg", "/srv/elsewhere", "missing")
        if self._chance(0.25):
            self.project.files[self.project.path("stand-ins/apt-get")] = APT_GET
            self.project.modes[self.project.path("stand-ins/apt-get")] = 0o755

    def _head(self) -> None:
        if self._chance(0.1):
            self.lines.append("# escape=\\")
        if self._chance(0.2):
            self.lines += ["# The image of the service", ""]
        if self._chance(0.2):
            self.lines.append("ARG BASE=python:3.11-slim")
            self.lines.append(self._one("FROM ${BASE}", "FROM $BASE AS app"))
        else:
            self.lines.append(self._one("FROM python:3.11-slim", "from python:3.11-slim as app"))
        if self.project.path("stand-ins/apt-get") in self.project.files:
            self.lines[-1] = "FROM python:3.11-slim AS base"
            self.lines += ["COPY stand-ins/apt-get /usr/bin/", "", self._one("FROM base", "FROM base AS app")]
        if self._chance(0.25):
            self.volatile = self.project.volatile = self._one("GIT_SHA", "BUILD_DATE", "COMMIT_SHA")
            self.lines.append(f"ARG {self.volatile}=unknown")
            if self._chance(0.3):
                self.lines.append(self._one(f"ENV REVISION=${self.volatile}", f"LABEL made=${self.volatile}"))
        for line in self.random.sample(
            ("ENV PYTHONUNBUFFERED=1", "LABEL team=search", "ARG VERSION=dev", "RUN mkdir -p /data /var/app",
             "EXPOSE 8000", "USER worker", "USER 1000:1000", 'SHELL ["/bin/sh", "-ec"]', "STOPSIGNAL SIGINT",
             "RUN mkdir /app", "RUN mkdir -p /srv/app/pkg && chown 1000:1000 /srv/app/pkg"),
            self.random.choice((0, 0, 1, 2, 3)),
        ):  # fmt: skip
            if line.startswith("USER") and self._chance(0.7):
                continue
            self.lines.append(line)
        if self._chance(0.75):
            self.workdir = self._one("/app", "/app", "/srv/app", "/opt/service", "/app/")
            self.lines.append(f"WORKDIR {self.workdir}")
            if self._chance(0.08):
                self.lines.append("WORKDIR inner")
                self.workdir = self.workdir.rstrip("/") + "/inner"
        if any(line.startswith("USER") for line in self.lines):
            self.lines.append("USER root")
        if self._chance(0.1):
            self.lines += ["RUN python -m venv --without-pip /venv", "ENV VIRTUAL_ENV=/venv"]

    def _destination(self) -> str:
        absolute = self.workdir.rstrip("/") or self._one("/app", "/srv/app")
        if self.workdir and self._chance(0.6):
            self.place = absolute
            return self._one(".", "./")
        if self._chance(0.07):
            self.place = f"{absolute}/inner"
            return f"{absolute}/inner/"
        self.place = absolute
        return self._one(absolute, f"{absolute}/")

    def _flags(self) -> list[str]:
        flags = []
        if self._chance(0.2):
            flags.append(self._one("--chown=1000:1000", "--chown=worker", "--chown=worker:root", "--chown=1000"))
        if self._chance(0.08):
            flags.append(self._one("--chmod=755", "--chmod=0644"))
        if self._chance(0.08):
            flags.append("--link")
        return flags

    def _copies(self) -> None:
        destination = self._destination()
        if self._chance(0.2):
            self.lines += ["", "# The code"] if self._chance(0.5) else [""]
        keyword = self._one("COPY", "COPY", "COPY", "COPY", "ADD", "copy")
        flags = self._flags()
        shape = self._one("all", "all", "all", "dotted", "json", "several", "named", "folders", "glob")
        tops = sorted({name.split("/")[0] for name in self._context_files()})
        if shape == "json":
            sources = ", ".join(f'"{name}"' for name in (".",))
            self.lines.append(" ".join([keyword, *flags, f'[{sources}, "{destination}"]']))
        elif shape in ("named", "several") and len(tops) > 1:
            target = destination if destination.endswith("/") else f"{destination}/"
            files = [name for name in tops if self.project.path(name) in self.project.files]
            folders = [name for name in tops if name not in files]
            if shape == "named":
                self.lines.append(" ".join([keyword, *flags, *files, target]))
            else:
                self.lines += [" ".join([keyword, *flags, name, target]) for name in files]
            self.lines += [" ".join([keyword, *flags, name, f"{target}{name}"]) for name in folders]
        elif shape == "folders":
            self.lines.append(" ".join([keyword, *flags, ".", destination]))
            self.lines.append(f"COPY app.py {self.place}/copy-of-app.py")
        elif shape == "glob":
            target = destination if destination.endswith("/") else f"{destination}/"
            self.lines.append(" ".join([keyword, *flags, "*.txt", "*.py", target]))
            if any("/" in name for name in self._context_files()):
                self.lines.append(" ".join([keyword, *flags, ".", destination]))
        else:
            self.lines.append(" ".join([keyword, *flags, "./" if shape == "dotted" else ".", destination]))
        if self._chance(0.1):
            self.lines[-1] = self.lines[-1].replace(" ", " \\\n    ", 1)

    def _context_files(self) -> list[str]:
        prefix = "" if self.project.context == "." else f"{self.project.context}/"
        return [name.removeprefix(prefix) for name in self.project.files if name.startswith(prefix)]

    def _between(self) -> None:
        place = self.place
        if self.project.path("stand-ins/apt-get") in self.project.files and self._chance(0.4):
            self.lines.append(
                self._one(
                    "RUN apt-get update && apt-get install -y curl",
                    "RUN apt-get update -q && apt-get install -y git \\\n  less",
                    "RUN apt-get update && apt-get install -y wget && rm -rf /var/lib/apt/lists/*",
                )
            )  # fmt: skip
            return
        self.lines.append(
            self._one(
                "ENV MODE=production", "LABEL stage=between", "ARG REVISION=none", "EXPOSE 9000", "",
                "# a remark between", "RUN mkdir -p /var/cache/app", f"RUN chmod 644 {place}/app.py",
                f"RUN touch {place}/made", f"RUN ls {place} > /listing", "RUN echo hello > /greeting",
                f"RUN cp {place}/app.py /copied.py", f"RUN rm -f {place}/README.md", f"RUN mkdir -p {place}/logs",
                f"RUN mkdir -p {place}/pkg", f"RUN ln -s {place} /current", "WORKDIR /tmp/elsewhere",
                f"WORKDIR {place}/pkg", f"WORKDIR {place}", "USER worker", "VOLUME /data", f"VOLUME {place}/data",
                f"RUN sed -i 's/alpha/beta/' {place}/app.py", f"RUN chown -R worker {place}", "RUN pip --version",
                "RUN pip install gamma", f"COPY app.py {place}/again.py", f"RUN test -f {place}/app.py",
                f"RUN find {place} -name '*.py' > /found", "RUN pip install -q --upgrade alpha",
                f"RUN umask 077 && mkdir -p {place}/secret", f"RUN touch {place}/app.py", "CMD [\"true\"]",
                f"RUN ls {place}/* > /names", f"RUN du -s {place} > /dev/null",
                f"RUN cat {place}/latest > /read || true",
                "RUN cp -r /wheels /opt/wheels", f"RUN ln -sfn {place} /srv/linked",
                "RUN touch /srv/linked/here || true",
                f"RUN [ -e {place}/latest ] && touch /has-latest || true", f"ENV PYTHONPATH={place}",
                f"ENV PLACE={place}",
                "RUN mkdir -p $PLACE/sub && echo $PLACE > /place", f"RUN chmod 700 {place}",
                "RUN export -p > /exported",
                f"RUN mkdir -p {place}/data && touch {place}/data/one", f"COPY requirements* {place}/copies/",
                f"COPY <<EOF {place}/generated.txt\nmade\nEOF", "RUN <<EOF\necho one > /one\necho two > /two\nEOF",
                f"RUN mv {place}/app.py {place}/main.py", f"RUN cd {place} && pwd > /where",
                "SHELL [\"/bin/sh\", \"-c\"]",
                f"RUN tar -C /wheels -cf {place}/all.tar .", f"RUN date -r {place}/app.py > /dev/null",
            )
        )  # fmt: skip

    def _install(self) -> None:
        at_place = not (self.lines and any(line.startswith("WORKDIR /tmp") for line in self.lines))
        relative = self.workdir.rstrip("/") == self.place and at_place and self._chance(0.7)
        manifest = self.requirements if relative else f"{self.place}/{self.requirements}"
        tool = self._one("pip", "pip", "pip3", "python -m pip", "python3 -m pip", "/usr/local/bin/pip")
        options = self._one("", "", " --no-cache-dir", " -q", " --no-cache-dir --upgrade")
        listed = self._one(f"-r {manifest}", f"-r {manifest}", f"--requirement={manifest}", f"-r{manifest}")
        extra = self._one("", "", "", " beta==1.0")
        command = f"{tool} install{options} {listed}{extra}"
        shape = self._one(
            "plain", "plain", "plain", "chain", "continued", "heredoc", "exec", "cleanup", "cd", "mount", "opaque",
        )  # fmt: skip
        place = self.place
        if shape == "chain":
            command = self._one(
                f"{tool} install beta && {command}", f"mkdir -p /opt/tools && {command}", f"{command} && pip list"
            )
        elif shape == "opaque":
            command = self._one(
                f"{command} && python {place}/app.py", f"{command} && cp {place}/app.py /started.py",
                f"{command} && touch {place}/done && rm -rf /root/.cache", f"{command}; echo done > /done",
                f"{command} && python -m compileall -q {place}", f"export MODE=x && {command} && env > /environment",
                f"{command} && chmod -R a+rX {place}", f"{command} && ls {place} > /listing && rm -rf /root/.cache",
                f"cd {place} && {command} && python app.py > printed",
                f"X={place} && {command} && cat $X/app.py > /code",
                f"umask 027 && {command} && touch /masked", f"set -e && {command} && sh -c 'ls {place} > /l'",
                f"mkdir -p /tmp/work && {command} && python {place}/app.py && rm -rf /tmp/work",
                f"{command} && \\\n    # then the code\n    python {place}/app.py && \\\n    pip list > /installed",
                f"{command} && (cd {place} && ls > /l)", f"{command} && python {place}/app.py | tee /out",
                f"mkdir -p /root/.cache/own && {command} && ls -a /root/.cache > /l && rm -rf /root/.cache",
            )  # fmt: skip
        elif shape == "cleanup":
            command = f"{command} && rm -rf /root/.cache"
        elif shape == "cd":
            command = f"cd {place} && {tool} install{options} -r {self.requirements}"
        if shape == "continued":
            self.lines += [f"RUN {tool} install{options} \\", "    # the packages", f"    {listed}{extra}"]
        elif shape == "heredoc":
            self.lines += ["RUN <<EOF", command, "EOF"]
        elif shape == "exec":
            words = ", ".join(f'"{word}"' for word in command.split())
            self.lines.append(f"RUN [{words}]")
        elif shape == "mount":
            self.lines.append(f"RUN --mount=type=cache,target=/root/.cache/pip {command}")
        else:
            self.lines.append(f"RUN {command}")

    def _tail(self) -> None:
        place = self.place
        for line in self.random.sample(
            (f"RUN chmod a+r {place}/app.py", "USER worker", 'CMD ["python", "app.py"]', "", "# the end", "EXPOSE 80",
             f"RUN ls {place} > /listing-at-the-end", "ENV READY=1", f"COPY app.py {place}/last.py",
             "RUN python -c 'import sys; print(sys.path)' > /path", "RUN pip install gamma==1.0"),
            self.random.randrange(4),
        ):  # fmt: skip
            self.lines.append(line)
        if self.volatile:
            name = self.volatile
            self.lines.append(
                self._one(
                    f"LABEL revision=${name}",
                    f"RUN echo ${name} > /revision",
                    f"ENV SHOWN=${{{name}}}",
                    "",
                    f"CMD echo ${name}",
                )
            )

    def _ignore_file(self) -> None:
        """What every project has, so that the Dockerfile, which is what a fix changes, is not part of the image."""
        entries = ["Dockerfile", ".dockerignore"]
        entries += self.random.sample(
            ("*.md", ".env", "tests", "**/*.html", "data", "!data/words.txt", "*.txt", "!requirements*.txt", "scripts/",
             "requirements", "!requirements/base.txt"),
            self.random.choice((0, 0, 1, 2)),
        )  # fmt: skip
        self._put(".dockerignore", "\n".join(entries) + "\n")
