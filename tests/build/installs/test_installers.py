import pytest

from prebake.build.installs.installers import InstallCommand, installs
from tests.build.projects import build_of, nth

INDEX = "https://example.org"


def commands(run: str, before: str = "WORKDIR /app") -> tuple[InstallCommand, ...]:
    """The installing commands of a RUN."""
    build = build_of(f"FROM python:3.12\n{before}\n{run}\n")
    found = installs(build).get(nth(build, "RUN", -1).index)
    return found.commands if found is not None else ()


def command(run: str, before: str = "WORKDIR /app") -> InstallCommand:
    (only,) = commands(run, before)
    return only


@pytest.mark.parametrize(
    "run",
    [
        "RUN pip install -r requirements.txt",
        "RUN pip3 install -r requirements.txt",
        "RUN pip3.11 install -r requirements.txt",
        "RUN /opt/venv/bin/pip install -r requirements.txt",
        "RUN python -m pip install -r requirements.txt",
        "RUN python3.12 -u -m pip install -r requirements.txt",
        "RUN python -mpip install -r requirements.txt",
        "RUN uv pip install --system -r requirements.txt",
        "RUN uv pip sync requirements.txt",
        "RUN pip install -rrequirements.txt",
        "RUN pip install -qr requirements.txt",
        "RUN pip install --requirement requirements.txt",
        "RUN pip install --requirement=requirements.txt",
        "RUN pip --no-cache-dir --default-timeout 100 install -U -r requirements.txt",
        "RUN sudo -H pip install -r requirements.txt",
        "RUN env PIP_NO_CACHE_DIR=1 pip install -r requirements.txt",
        "RUN PIP_NO_CACHE_DIR=1 pip install -r requirements.txt",
        "RUN apt-get update && pip install -r requirements.txt",
        "RUN bash -c 'pip install -r requirements.txt'",
        'RUN ["pip", "install", "-r", "requirements.txt"]',
        'RUN ["/bin/sh", "-c", "pip install -r requirements.txt"]',
        "RUN <<EOF\nset -e\npip install -r requirements.txt\nEOF",
        "RUN set -eux; \\\n    # comment\n\n    pip install \\\n      -r requirements.txt",
        'RUN if [ -n "$X" ]; then pip install -r requirements.txt; fi',
        "RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt",
        "run pip install -r 'requirements.txt'",
    ],
)
def test_spellings_of_one_install(run: str) -> None:
    found = command(run)
    assert found.requirements == ("requirements.txt",)
    assert found.step.absolute("requirements.txt") == "/app/requirements.txt"
    assert found.unknown == ()
    assert not found.installs_project


@pytest.mark.parametrize(
    ("run", "folder"),
    [
        ("RUN cd src && pip install x", "/app/src"),
        ("RUN cd /srv && cd web && pip install x", "/srv/web"),
        ("RUN (cd src && true) && pip install x", "/app"),
        ("RUN (cd src && pip install x)", "/app/src"),
        ("RUN bash -c 'cd src' && pip install x", "/app"),
        ("RUN cd $UNKNOWN && pip install x", None),
        ("RUN if true; then cd src; fi; pip install x", None),
        ("RUN cd - && pip install x", None),
    ],
)
def test_the_folder_an_install_runs_in(run: str, folder: str | None) -> None:
    assert command(run).step.directory == folder


@pytest.mark.parametrize(
    ("arguments", "packages", "projects", "archives"),
    [
        ("torch==2.4 'numpy<2'", ("torch==2.4", "numpy<2"), (), ()),
        ("uvicorn[standard]", ("uvicorn[standard]",), (), ()),
        (".", (), (".",), ()),
        ("-e .[dev]", (), (".[dev]",), ()),
        ("--editable=./pkg", (), ("./pkg",), ()),
        ("./pkg", (), ("./pkg",), ()),
        ("file:./pkg", (), ("file:./pkg",), ()),
        ("dist/x-1.0-py3-none-any.whl", (), (), ("dist/x-1.0-py3-none-any.whl",)),
        ("git+https://example.org/x.git", ("git+https://example.org/x.git",), (), ()),
        ("-e git+https://example.org/x.git#egg=x", ("git+https://example.org/x.git#egg=x",), (), ()),
        (f"--index-url {INDEX} torch", ("torch",), (), ()),
        ("-- torch", ("torch",), (), ()),
    ],
)
def test_what_is_installed(
    arguments: str, packages: tuple[str, ...], projects: tuple[str, ...], archives: tuple[str, ...]
) -> None:
    found = command(f"RUN pip install {arguments}")
    assert (found.packages, found.projects, found.archives) == (packages, projects, archives)
    assert found.unknown == ()


def test_several_manifests_and_constraints() -> None:
    found = command("RUN pip install -r a.txt -r b.txt -c c.txt --constr=d.txt --find-links wheels")
    assert found.requirements == ("a.txt", "b.txt")
    assert found.constraints == ("c.txt", "d.txt")
    assert found.named["find-links"] == ("wheels",)


@pytest.mark.parametrize(
    "before",
    [
        "ENV PIP_CONSTRAINT=c.txt",
        "ARG PIP_CONSTRAINT=c.txt",
    ],
)
def test_environment_that_names_files(before: str) -> None:
    assert command("RUN pip install -r a.txt", before).constraints == ("c.txt",)
    assert command("RUN PIP_CONSTRAINT=d.txt pip install -r a.txt", before).constraints == ("d.txt",)
    assert command("RUN export PIP_CONSTRAINT=d.txt && pip install -r a.txt", before).constraints == ("d.txt",)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ("RUN pip install -r $FILE", "$FILE"),
        ("RUN pip install -r $(ls)", "$(ls)"),
        ("RUN for f in *.txt; do pip install -r $f; done", "$f"),
        ("RUN cat r.txt | xargs pip install", "xargs"),
        ("RUN pip install --made-up torch", "--made-up"),
        ("RUN pip install --group dev", "--group"),
        ("RUN pip install wheels/*.whl", "wildcard"),
        ("RUN PIP_CONSTRAINT=$X pip install torch", "PIP_CONSTRAINT"),
    ],
)
def test_what_is_known_only_when_it_runs(run: str, why: str) -> None:
    assert any(why in reason for reason in command(run).unknown)


def test_variables_of_the_dockerfile_and_of_the_script() -> None:
    before = "ARG DIR=req\nENV FILES='a.txt'"
    assert command("RUN pip install -r $DIR/${FILES}", before).requirements == ("req/a.txt",)
    assert command("RUN F=b.txt && pip install -r $F", before).requirements == ("b.txt",)
    assert command('RUN pip install ${PACKAGES:-"torch"}', before).packages == ("torch",)
    assert command("RUN pip install $PKGS", 'ENV PKGS="torch numpy"').packages == ("torch", "numpy")


@pytest.mark.parametrize(
    ("run", "called"),
    [
        ("RUN uv sync --frozen", "uv sync"),
        ("RUN poetry -C x install", "poetry install"),
        ("RUN python -m pipenv install --deploy", "pipenv install"),
        ("RUN pdm sync --prod", "pdm sync"),
        ("RUN conda env create -f environment.yml", "conda env create"),
        ("RUN micromamba install -y -n base -f env.yaml", "micromamba install"),
        ("RUN npm ci --omit=dev", "npm ci"),
        ("RUN yarn --frozen-lockfile", "yarn"),
        ("RUN corepack enable && pnpm install", "pnpm install"),
        ("RUN go mod download", "go mod download"),
    ],
)
def test_other_installers(run: str, called: str) -> None:
    assert command(run).called == called


@pytest.mark.parametrize(
    ("run", "project"),
    [
        ("RUN uv sync", True),
        ("RUN uv sync --no-install-project", False),
        ("RUN poetry install", True),
        ("RUN poetry install --no-root", False),
        ("RUN pip install --no-deps .", True),
        ("RUN npm ci", False),
    ],
)
def test_whether_the_project_is_installed_too(run: str, project: bool) -> None:
    assert command(run).installs_project is project


@pytest.mark.parametrize(
    "run",
    [
        "RUN echo pip install torch",
        "RUN # pip install torch\n",
        "RUN pip list",
        "RUN pip uninstall -y torch",
        "RUN pipx list",
        "RUN apt-get install -y python3-pip",
        "RUN yarn build",
        "RUN npm run install-all",
        "RUN python pip install",
        "RUN poetry config virtualenvs.create false",
        "RUN uv --version",
        "RUN conda clean -a",
        "RUN python -c 'pip install torch'",
        "RUN",
        'RUN "',
    ],
)
def test_what_is_no_install(run: str) -> None:
    assert commands(run) == ()


def test_tools_to_install_with() -> None:
    assert command("RUN pip install -U pip setuptools poetry==1.8").only_tools
    assert not command("RUN pip install -U pip torch").only_tools
    assert not command("RUN pip install pip -r requirements.txt").only_tools


def test_a_text_for_messages() -> None:
    assert command("RUN pip install --no-cache-dir -r a.txt -c c.txt").text == "pip install -r a.txt -c c.txt"
    assert command("RUN pip install a b c d").text == "pip install a b c ..."
