"""PB209: installing the project brings in its dependencies, again with each edit of the code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.builders import builder_of
from prebake.build.installs.installers import install_at
from prebake.build.installs.misplaced import runs_below_code
from prebake.build.installs.wording import title, where
from prebake.findings import Finding, Fix, Related, Severity
from prebake.rules.base import Rule

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.installs.projectinstalls import ProjectInstall
    from prebake.syntax.dockerfile import Instruction


class ProjectInstallReinstallsDependencies(Rule):
    """The project is installed together with its dependencies, so that each edit of the code installs them all again.

    ## What it does

    Reports a `COPY` or `ADD` that brings the code of a project above the install of that project: `pip install .`,
    `pip install -e .`, `pip install ".[extra]"`, `uv pip install .`, `python setup.py install` or `develop`. The
    install needs the code, but most of what it does is to download and unpack the dependencies, which do not.

    Nothing is reported where they are there already: a requirements file, the packages by their names, or the project's
    manifest with a stub of it is installed above the code; where the install has `--no-deps`; and where the project
    declares no dependencies. An install of a requirements file below the same `COPY` is reported by PB201 instead.

    ## Why it is slow

    With the code above it, a change to any file makes BuildKit (and the legacy builder, kaniko and Buildah likewise)
    run the install again on a warm rebuild: all dependencies are downloaded and unpacked anew. Installed in an
    instruction of their own above the code, they stay in the cache, and the install of the project finds them there and
    takes seconds.

    ## Example

    ```dockerfile
    COPY . /app
    RUN pip install -e .
    ```

    ## Use instead

    ```dockerfile
    COPY requirements.txt /app/
    RUN pip install -r requirements.txt
    COPY . /app
    RUN pip install -e .
    ```

    ## Fix safety

    The fix is *suggested*: it puts a `RUN` that installs the dependencies above the code, with the same program, index
    options and mounts, moves the `COPY` below it, and leaves the `RUN` that was there as it is. What that installs in
    the end is what the project asks for, but a requirements file may ask for other versions, which are then kept where
    the project allows them.

    The dependencies are taken from where the project takes them: the file that `[tool.setuptools.dynamic]` names, the
    requirements file that `setup.py` reads, or a `requirements.txt` that lists all that the project declares; with
    `uv pip` from `pyproject.toml` itself (`uv pip install -r pyproject.toml`, with the extras). Where they stand in
    `pyproject.toml` only, plain pip cannot install them alone, and there is no fix: prebake adds no tool and invents no
    file. There is none either where a command in front of the install needs the code, or where options such as
    `--target` or `--force-reinstall` make the second install repeat the first.

    ## References

    - [Docker: Optimize cache usage in builds](https://docs.docker.com/build/cache/optimize/)
    - [pip install](https://pip.pypa.io/en/stable/cli/pip_install/)
    - [setuptools: dynamic metadata](https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html)
    - [uv: installing from pyproject.toml](https://docs.astral.sh/uv/pip/packages/)
    """

    code: ClassVar[str] = "PB209"
    name: ClassVar[str] = "project-install-reinstalls-dependencies"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        if not any(_may_install_project(build, instruction) for instruction, _ in runs_below_code(build)):
            return
        from prebake.build.installs.projectinstalls import project_installs

        for item in project_installs(build):
            install = item.reading.install.instruction
            yield self.finding(
                build.location(item.copy.instruction),
                _message(build, item),
                key=build.key(item.copy.instruction),
                repair=partial(_repair, build, item),
                related=(Related(build.location(install), "this installs the project with all its dependencies"),),
            )


def _may_install_project(build: Build, instruction: Instruction) -> bool:
    install = install_at(build, instruction)
    return (install is not None and install.installs_project) or "setup.py" in instruction.raw


def _message(build: Build, item: ProjectInstall) -> str:
    line = where(item.reading.install)
    count, missing = len(item.dependencies.names), len(item.missing)
    what = f"its {count} dependencies" if count > 1 else "its dependencies"
    if 0 < missing < count:
        what = f"{missing} of its {count} dependencies, which nothing above installs"
    return (
        f"`{title(item.copy.instruction)}` stands above `{item.called}` ({line}), which installs the project "
        f"together with {what}: every edit of the code makes {builder_of(build).name} install them again "
        "on a warm rebuild"
    )


def _repair(build: Build, item: ProjectInstall) -> tuple[Fix, ...] | str:
    from prebake.build.installs.arrangements import Arrangement, arranged
    from prebake.build.installs.projectfirst import arrange_project

    outcome = arrange_project(build, item)
    return (arranged(outcome),) if isinstance(outcome, Arrangement) else outcome.reason
