"""Which Python programs a command starts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from prebake.project.starting.command import Place, Program, programs_of_words
from prebake.text import Text


def started(
    words: tuple[str, ...], files: Mapping[str, str] | None = None, environment: Mapping[str, str | None] | None = None
) -> list[Program]:
    """The programs that a command starts in /app of an image with these files."""
    image = files or {}
    place = Place(
        "/app",
        environment or {},
        lambda path: Text(image[path]) if path in image else None,
        names=lambda folder: sorted(
            {path[len(folder) + 1 :].partition("/")[0] for path in image if path.startswith(folder + "/")}
        ),
    )
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
        ("uv run --directory sub main.py", "/app/sub/main.py"),
        ("conda run --cwd /srv -n env python main.py", "/srv/main.py"),
        ("deepspeed --num_gpus 2 serve.py", "/app/serve.py"),
        ("granian --interface asgi pkg.main:app", "pkg.main"),
        ("daphne -b 0.0.0.0 pkg.asgi:application", "pkg.asgi"),
        ("serve run pkg.app:deployment", "pkg.app"),
        ("arq pkg.worker.WorkerSettings", "pkg.worker"),
        ("bentoml serve pkg.service:svc", "pkg.service"),
        ("/lambda-entrypoint.sh pkg.app.handler", "pkg.app"),
        ("python -m awslambdaric app.handler", "app"),
        ("vllm serve org/model --port 80", "vllm"),
        ("python -m vllm.entrypoints.openai.api_server --model org/model", "vllm.entrypoints.openai.api_server"),
        ("text-generation-launcher --model-id org/model", "text-generation-launcher"),
        ("eval 'python main.py'", "/app/main.py"),
        ("sh -c 'exec python main.py; python never.py'", "/app/main.py"),
    ],
)
def test_commands(command: str, expected: str) -> None:
    import shlex

    assert [what(program) for program in started(tuple(shlex.split(command)))] == [expected]


@pytest.mark.parametrize("command", [(), ("nginx/run",), ("node", "-"), ("python",), ("python", "-"), ("sh", "-c")])
def test_commands_that_start_no_python_of_the_project(command: tuple[str, ...]) -> None:
    assert [program for program in started(command) if program.console is None] == []


@pytest.mark.parametrize(
    ("command", "files", "expected"),
    [
        ("gunicorn", {"gunicorn.conf.py": 'chdir = "src"\nwsgi_app = "web:app"\n'}, "web"),
        ("gunicorn -c conf/g.py", {"conf/g.py": 'wsgi_app: str = 1\nwsgi_app = "web.main:create()"\n'}, "web.main"),
        ("celery -A proj worker", {"proj/celery.py": ""}, "proj proj.celery"),
        ("celery -A proj.app.queue worker", {"proj/app.py": ""}, "proj.app.queue proj.app"),
        ("dramatiq pkg.tasks pkg.more", {}, "pkg.tasks pkg.more"),
        ("uwsgi --ini uwsgi.ini", {"uwsgi.ini": "[uwsgi]\nmodule = web:app\n"}, "web"),
        ("uwsgi --http :80 --wsgi-file web.py --callable app", {"web.py": ""}, "/app/web.py"),
        ("bentoml serve .", {"bentofile.yaml": 'service: "svc:Service"\n'}, "svc"),
        ("bentoml serve", {"service.py": ""}, "/app/service.py"),
        ("bentoml serve service.py:Summary", {}, "/app/service.py"),
        ("mlserver start .", {"model-settings.json": '{"implementation": "models.Runtime"}'}, "models"),
        ("serve run config.yaml", {"config.yaml": "applications:\n- import_path: pkg.app:graph\n"}, "pkg.app"),
        ("functions-framework --target=handle", {"main.py": ""}, "/app/main.py"),
        ("flask --app web.py run", {"web.py": ""}, "/app/web.py"),
        ("pdm run start", {"pyproject.toml": '[tool.pdm.scripts]\nstart = {cmd = "python main.py"}\n'}, "/app/main.py"),
        ("hatch run prod:serve", {"pyproject.toml": '[tool.hatch.envs.prod.scripts]\nserve = "uvicorn a:b"\n'}, "a"),
        ("pipenv run web", {"Pipfile": '[scripts]\nweb = "python web.py"\n'}, "/app/web.py"),
        ("pixi run serve", {"pixi.toml": '[tasks]\nserve = "python -m pkg"\n'}, "pkg"),
        ("honcho start", {"Procfile": "web: gunicorn web:app\nworker: python worker.py\n"}, "web /app/worker.py"),
        ("honcho start worker", {"Procfile": "web: gunicorn web:app\nworker: python worker.py\n"}, "/app/worker.py"),
        ("make run", {"Makefile": "PY ?= python\nbuild:\n\tcp a b\nrun: build\n\t@$(PY) main.py\n"}, "/app/main.py"),
    ],
)
def test_commands_that_files_of_the_project_explain(command: str, files: dict[str, str], expected: str) -> None:
    import shlex

    image = {f"/app/{name}": text for name, text in files.items()}
    found = [what(program) for program in started(tuple(shlex.split(command)), image)]
    assert [name for name in found if name != "cp"] == expected.split()


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("gunicorn", {"gunicorn.conf.py": "wsgi_app = name\nworkers = 2\n"}),
        ("honcho start", {"Procfile": "not a process\n"}),
        ("supervisord -n", {"supervisord.conf": "[supervisord]\nnodaemon=true\n"}),
        ("make run", {"Makefile": "build:\n\tpython build.py\n"}),
        ("bentoml serve", {"bentofile.yaml": "service:\n"}),
        ("rq worker default", {}),
        ("ollama serve", {}),
    ],
)
def test_files_that_name_no_program(command: str, files: dict[str, str]) -> None:
    image = {f"/app/{name}": text for name, text in files.items()}
    assert [what(found) for found in started(tuple(command.split()), image) if found.console is None] == []


def test_supervisord_starts_its_programs() -> None:
    config = """\
[supervisord]
nodaemon=true
[program:web]
command=/opt/venv/bin/uvicorn web:app
   --port 80
directory=/srv ; where it is
environment=PYTHONPATH="/lib",A=b
[program:worker]
command=bash -c "python %(ENV_WORKER)s"
[program:off]
command=python off.py
autostart=false
[include]
files = more.conf
"""
    files = {
        "/etc/supervisor/supervisord.conf": config,
        "/etc/supervisor/more.conf": "[program:x]\ncommand=python x.py\n",
    }
    found = started(("supervisord", "-n"), files, {"WORKER": "worker.py"})
    assert [what(program) for program in found] == ["web", "/app/worker.py", "/app/x.py"]
    assert (found[0].directories, found[0].environment["A"]) == (("/srv", "/lib"), "b")


def test_services_of_s6_and_runit() -> None:
    files = {
        "/etc/cont-init.d/10-fetch": "#!/usr/bin/with-contenv bash\npython fetch.py\n",
        "/etc/services.d/web/run": "#!/usr/bin/with-contenv sh\ncd /srv\nexec s6-setuidgid app python web.py\n",
        "/etc/s6-overlay/s6-rc.d/worker/run": "#!/command/execlineb -P\nwith-contenv\npython3 /work.py\n",
        "/etc/s6-overlay/s6-rc.d/worker/type": "longrun\n",
        "/etc/sv/other/run": "#!/bin/sh\npython other.py\n",
    }
    assert [what(program) for program in started(("/init",), files)] == ["/app/fetch.py", "/srv/web.py", "/work.py"]
    assert [what(program) for program in started(("runsvdir", "-P", "/etc/sv"), files)] == ["/app/other.py"]
    assert started(("/init",), {"/etc/services.d/web/finish": "python x.py\n"}) == []


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("serve() { python serve.py; }\nother() { python other.py; }\nserve\n", ["/app/serve.py"]),
        ('run() { exec "$@"; }\nrun python main.py\npython never.py\n', ["/app/main.py"]),
        ('if [ $# -eq 0 ]; then\n python default.py\nelse\n exec "$@"\nfi\n', ["/app/given.py"]),
        ('if [ "$1" = serve ]; then python serve.py; fi\nexec "$@"\n', ["/app/given.py"]),
        ('if [ "${1#-}" != "$1" ]; then set -- python main.py "$@"; fi\nexec "$@"\n', ["/app/given.py"]),
        (
            'if [ "$MODE" = dev ]; then python dev.py; elif [ "$MODE" = prod ]; then python prod.py; fi\n',
            ["/app/prod.py"],
        ),
        ('if [ -n "$X" ]; then python x.py; fi\nif true; then python y.py; fi\n', ["/app/x.py", "/app/y.py"]),
        (
            'case "$MODE" in\n dev|test) python dev.py;;\n prod) python prod.py;;\n *) python any.py;;\nesac\n',
            ["/app/prod.py"],
        ),
        ('case "$X" in a) python a.py;; *) python b.py;; esac\n', ["/app/a.py", "/app/b.py"]),
        ("for name in a b; do python $name.py; done\n", ["/app/a.py", "/app/b.py"]),
        (". ./env.sh\npython $FILE\n", ["/app/sourced.py"]),
        ("(cd sub && python a.py)\npython b.py\n", ["/app/sub/a.py", "/app/b.py"]),
        ("python wait.py && exec python main.py\npython after.py\n", ["/app/wait.py", "/app/main.py", "/app/after.py"]),
        ('shift\nexec "$@"\n', ["/app/given.py"]),
        (': "${FILE:=default.py}"\nexec python "$FILE"\n', ["/app/default.py"]),
        ("NAME=$(cat name)\npython ${NAME:-a.py}\npython b.py\n", ["/app/b.py"]),
        ('NAME=$(cat name)\nif [ "$NAME" = a ]; then python a.py; else python b.py; fi\n', ["/app/a.py", "/app/b.py"]),
        ("python a.py || { echo no; exit 1; }\npython b.py\n", ["/app/a.py", "/app/b.py"]),
        ("serve() {\n serve\n}\nserve\n", []),
        ("while ! nc -z db 5432; do sleep 1; done\npython main.py\n", ["/app/main.py"]),
        ('[ "$MODE" = dev ] && python dev.py\n[ "$MODE" = dev ] || python prod.py\n', ["/app/prod.py"]),
        ('[ "$MODE" = dev ] && python dev.py || python prod.py\n', ["/app/prod.py"]),
        ('[ ! -z "$MODE" ] && NAME=a.py || NAME=b.py\npython $NAME\n', ["/app/a.py"]),
        ("nvidia-smi && NAME=gpu.py\npython ${NAME:-cpu.py}\npython b.py\n", ["/app/b.py"]),
        ("NAME=a.py\nif nvidia-smi; then NAME=gpu.py; fi\npython $NAME\npython b.py\n", ["/app/b.py"]),
        ("NAME=a.py\nif nvidia-smi; then python x.py; fi\npython $NAME\n", ["/app/x.py", "/app/a.py"]),
        ("for ((i=0; i<WORKERS; i++)); do python work.py; done\n", ["/app/work.py"]),
        ("while read -r name; do python $name.py; done < names\npython b.py\n", ["/app/b.py"]),
        ("if python check.py; then exit 0; fi\nexit 1\npython never.py\n", ["/app/check.py"]),
    ],
)
def test_what_runs_of_an_entrypoint_script(script: str, expected: list[str]) -> None:
    files = {"/entrypoint.sh": "#!/bin/sh\n" + script, "/app/env.sh": "FILE=sourced.py\n"}
    words = ("/entrypoint.sh", *(("x",) if script.startswith("shift") else ()), "python", "given.py")
    found = [program for program in started(words, files, {"MODE": "prod"}) if program.console is None]
    assert [what(program) for program in found] == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('if [ "$X" = 1 ]; then python a.py; else python b.py; fi\npython c.py\n', [True, False, False]),
        ('if [ -z "$X" ]; then python a.py; else python b.py; fi\n', [False, True]),
        ('if [ "$X" = 1 ]; then python a.py; elif [ "$X" = 2 ]; then python b.py; fi\n', [True, True]),
        ('[ -n "$X" ] && python a.py\n[ -n "$X" ] || python b.py\n', [True, False]),
        ('[ -n "$X" ] && { python a.py; }\npython b.py\n', [True, False]),
        ('case "$X" in a) python a.py;; ""|b) python b.py;; *) python c.py;; esac\n', [True, False, True]),
        ("if nvidia-smi; then python a.py; else python b.py; fi\n", [False, False]),
        ("if [ -d /models ]; then python a.py; fi\n", [False]),
    ],
)
def test_what_only_runs_where_somebody_sets_a_variable(script: str, expected: list[bool]) -> None:
    found = [program for program in started(("/x.sh",), {"/x.sh": "#!/bin/sh\n" + script}) if program.console is None]
    assert [program.optional for program in found] == expected


PARSING = """\
#!/bin/bash
WEB=1
WORKER=1
for word in "$@"; do
  case $word in
    --no-web) WEB=0;;
    --no-worker) WORKER=0;;
    *) exit 1;;
  esac
done
if [[ "${WEB}" -eq 1 ]]; then python web.py & fi
if [[ "${WORKER}" -eq 1 ]]; then python worker.py & fi
wait
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["/app/web.py", "/app/worker.py"]),
        (("--no-web",), ["/app/worker.py"]),
        (("\0",), ["/app/web.py", "/app/worker.py"]),  # whatever it is: each of them may run
    ],
)
def test_options_that_a_script_reads_in_a_loop(words: tuple[str, ...], expected: list[str]) -> None:
    assert [what(program) for program in started(("/start.sh", *words), {"/start.sh": PARSING})] == expected


def test_where_a_command_stands() -> None:
    script = "#!/bin/sh\necho x\nhf download org/model\n"
    (program,) = started(("/start.sh",), {"/start.sh": script})
    assert program.site is not None
    assert (program.site.path, script[program.site.start : program.site.end]) == ("/start.sh", "hf download org/model")
    (program,) = started(("hf", "download", "org/model"))
    assert program.site is None


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
