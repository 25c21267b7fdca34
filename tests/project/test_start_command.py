"""Which Python programs a command starts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from prebake.project.command import Place, Program, programs_of_words
from prebake.text import Text


def started(
    words: tuple[str, ...], files: Mapping[str, str] | None = None, environment: Mapping[str, str | None] | None = None
) -> list[Program]:
    """The programs that a command starts in /app of an image with these files."""
    image = files or {}
    place = Place("/app", environment or {}, lambda path: Text(image[path]) if path in image else None)
    return list(programs_of_words(words, place))


def what(program: Program) -> str | None:
    return program.file or program.module or program.code or program.console


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python main.py", "/app/main.py"),
        ("python3.12 -u ./main.py --port 80", "/app/main.py"),
        ("/opt/venv/bin/python -W ignore -X dev /srv/main.py", "/srv/main.py"),
        ("python -m pkg.mod --x", "pkg.mod"),
        ("python -um pkg", "pkg"),
        ("tini -- python main.py", "/app/main.py"),
        ("/usr/bin/dumb-init -r 15:2 -- python main.py", "/app/main.py"),
        ("exec env A=b -u C nice -n 5 python main.py", "/app/main.py"),
        ("uv run --no-sync main.py", "/app/main.py"),
        ("uv run --with x python main.py", "/app/main.py"),
        ("uv run -m pkg.mod", "pkg.mod"),
        ("poetry run python -m pkg", "pkg"),
        ("conda run --no-capture-output -n env python main.py", "/app/main.py"),
        ("opentelemetry-instrument --service_name x uvicorn app:app", "app"),
        ("gosu app python main.py", "/app/main.py"),
        ("timeout -k 5 60 python main.py", "/app/main.py"),
        ("torchrun --nproc_per_node 2 serve.py", "/app/serve.py"),
        ("accelerate launch --num_processes 1 -m pkg.serve", "pkg.serve"),
        ("uvicorn pkg.main:app --host 0.0.0.0:80", "pkg.main"),
        ("uvicorn --factory pkg.main:create", "pkg.main"),
        ("python -m uvicorn pkg.main:app", "pkg.main"),
        ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:80 pkg.main:app", "pkg.main"),
        ("gunicorn --bind :80 pkg.wsgi", "pkg.wsgi"),
        ("gunicorn pkg.main:create_app()", "pkg.main"),
        ("hypercorn pkg:app", "pkg"),
        ("celery -A pkg.tasks worker", "pkg.tasks"),
        ("flask --app pkg.web:create run", "pkg.web"),
        ("streamlit run app.py --server.port=80", "/app/app.py"),
        ("sh -c 'python main.py'", "/app/main.py"),
        ("bash -lc 'cd sub && exec python main.py'", "/app/sub/main.py"),
        ("myservice --port 80", "myservice"),
    ],
)
def test_commands(command: str, expected: str) -> None:
    import shlex

    assert [what(program) for program in started(tuple(shlex.split(command)))] == [expected]


@pytest.mark.parametrize("command", [(), ("nginx/run",), ("node", "-"), ("python",), ("python", "-"), ("sh", "-c")])
def test_commands_that_start_no_python_of_the_project(command: tuple[str, ...]) -> None:
    assert [program for program in started(command) if program.console is None] == []


def test_what_runs_as_main_and_what_is_called() -> None:
    (script,) = started(("python", "main.py", "serve"))
    assert (script.main, script.arguments, script.directories) == (True, ("serve",), ("/app",))
    (application,) = started(("uvicorn", "pkg.main:create", "--app-dir", "src"))
    assert (application.main, application.name, application.directories[0]) == (False, "create", "/app/src")
    (code,) = started(("python", "-c", "import x"))
    assert code.code == "import x"


def test_python_path_counts() -> None:
    (program,) = started(("python", "-m", "pkg"), environment={"PYTHONPATH": "/lib:src"})
    assert program.directories == ("/app", "/lib", "/app/src")


def test_fastapi_and_flask_look_for_their_files() -> None:
    files = {"/app/app/main.py": "", "/app/app/__init__.py": "", "/app/wsgi.py": ""}
    (program,) = started(("fastapi", "run"), files)
    assert (program.module or program.file) in ("app.main", "/app/app/main.py")
    (program,) = started(("fastapi", "run", "other/api.py"), {"/app/other/api.py": ""})
    assert program.file == "/app/other/api.py"
    (program,) = started(
        ("fastapi", "run"), {**files, "/app/pyproject.toml": '[tool.fastapi]\nentrypoint = "web.api:app"'}
    )
    assert program.module == "web.api"
    (program,) = started(("flask", "run"), files)
    assert program.file == "/app/wsgi.py"
    (program,) = started(("flask", "run"), files, {"FLASK_APP": "pkg.web"})
    assert program.module == "pkg.web"


def test_entrypoint_scripts_are_followed() -> None:
    script = '#!/bin/sh\nset -e\nexport PYTHONPATH=/lib\necho python no.py\npython prepare.py\nexec "$@"\n'
    found = started(("/entrypoint.sh", "uvicorn", "pkg:app"), {"/entrypoint.sh": script})
    assert [what(program) for program in found] == ["/app/prepare.py", "pkg"]
    assert found[1].directories == ("/app", "/lib")


def test_scripts_by_name_and_python_scripts_by_path() -> None:
    files = {
        "/app/run.sh": "python main.py",
        "/app/serve": "#!/usr/bin/env python3\n",
        "/usr/local/bin/go": "#!/bin/sh\npython x.py",
    }
    assert [what(program) for program in started(("bash", "run.sh"), files)] == ["/app/main.py"]
    assert [what(program) for program in started(("./serve",), files)] == ["/app/serve"]
    assert [what(program) for program in started(("go",), files)] == ["/app/x.py"]


def test_variables_of_the_environment_are_used() -> None:
    environment: dict[str, str | None] = {"APP": "pkg.main:app", "OTHER": None}
    assert [what(p) for p in started(("sh", "-c", "uvicorn $APP --port ${PORT:-80}"), None, environment)] == [
        "pkg.main"
    ]
    assert started(("sh", "-c", "python $OTHER"), None, environment) == []


def test_scripts_that_run_themselves_end() -> None:
    assert started(("/a.sh",), {"/a.sh": "#!/bin/sh\n/a.sh\n. /a.sh\nsh -c /a.sh\n"}) == []


def test_scripts_that_call_each_other_again_and_again_end() -> None:
    scripts = {f"/s{n}.sh": "#!/bin/sh\n" + "".join(f"/s{m}.sh\n" * 5 for m in range(20)) for n in range(20)}
    assert started(("/s0.sh",), scripts) == []
