"""RUN python x.py: what a script of the project reads, or why that is not known."""

import pytest

from prebake.build.commands.effects import Effects
from prebake.build.commands.inproject import command_effects
from prebake.build.steps import steps_at
from tests.build.projects import build_of, nth


def effects(script: str, files: dict[str, str] | None = None, command: str = "python get.py", env: str = "") -> Effects:
    build = build_of(
        f"FROM python:3.12\nWORKDIR /app\n{env}COPY . .\nRUN {command}\n", {"get.py": script, **(files or {})}
    )
    run = nth(build, "RUN")
    (step,) = steps_at(build, run).steps
    return command_effects(build, run, step)


DOWNLOAD = "from huggingface_hub import snapshot_download\nsnapshot_download('a/b', revision='main')\n"


def test_a_script_reads_itself_and_what_it_imports() -> None:
    found = effects(
        "import settings\nfrom pack.deep import x\n",
        {
            "settings.py": "import json\n",
            "pack/__init__.py": "",
            "pack/deep.py": "from . import near\n",
            "pack/near.py": "",
            "other.py": "import os\n",
        },
    )
    assert found.opaque is None
    assert {
        "/app/get.py",
        "/app/settings.py",
        "/app/pack/__init__.py",
        "/app/pack/deep.py",
        "/app/pack/near.py",
    } <= set(found.reads)
    assert "/app/other.py" not in found.reads


def test_it_reads_what_it_opens_by_a_literal_path() -> None:
    found = effects("text = open('config/models.txt').read()\n", {"config/models.txt": "a/b\n"})
    assert found.opaque is None
    assert "/app/config/models.txt" in found.reads


def test_a_download_writes_below_the_home_folder() -> None:
    found = effects(DOWNLOAD)
    assert found.opaque is None
    assert "/root/.cache" in found.roots
    assert "/app" not in found.roots
    assert found.network


def test_a_download_to_a_folder_of_its_own() -> None:
    assert "/app/models" in effects(DOWNLOAD.replace("revision='main'", "local_dir='models'")).roots


def test_a_library_that_is_not_known_may_write_to_the_working_directory() -> None:
    assert "/app" in effects("from ultralytics import YOLO\nYOLO('yolov8n.pt')\n").roots


def test_variables_that_lead_to_a_folder() -> None:
    script = "import os\n" + DOWNLOAD.replace("revision='main'", "local_dir=os.environ['MODELS']")
    found = effects(script, env="ENV MODELS=/srv/models\n")
    assert "/srv/models" in found.roots
    assert found.reads_variable("MODELS")
    assert not found.reads_variable("GIT_SHA")
    assert effects(script, env="ARG MODELS\n").opaque is None
    assert effects(script, env="ENV MODELS=$UNKNOWN/x\n").opaque is not None


def test_modules_are_compiled_beside_their_source() -> None:
    assert effects("import settings\n", {"settings.py": ""}).writes == ("/app/__pycache__",)
    assert effects("import settings\n", {"settings.py": ""}, env="ENV PYTHONDONTWRITEBYTECODE=1\n").writes == ()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import subprocess\n", "uses subprocess"),
        ("import importlib\nimportlib.import_module('x')\n", "uses importlib"),
        ("__import__('x')\n", "imports by name"),
        ("import os\nos.system('make')\n", "starts other programs"),
        ("exec(open('x.py').read())\n", "runs text as code"),
        ("import sys\nsys.path.insert(0, 'src')\n", "changes where modules are found"),
        ("name = input()\nopen(name)\n", "works out a path"),
        ("base = 'a'\nload(base + '/config')\n", "puts a text together"),
        ("name = 'a'\nload(f'{name}/config')\n", "puts a text together"),
        ("import os\nprint(os.path.dirname(__file__))\n", "its own place"),
        ("import sys\nload(sys.argv[1])\n", "command line"),
        ("import nowhere_in_app\nfrom app_package import x\n", "imports app_package"),
        ("import helper\n", "helper.py uses subprocess"),
    ],
)
def test_scripts_of_which_nothing_is_known(script: str, reason: str) -> None:
    files = {"src/app_package/__init__.py": "", "helper.py": "import subprocess\n"}
    assert reason in (effects(script, files).opaque or "")


def test_the_package_around_a_script_is_found_in_a_way_that_is_not_followed() -> None:
    files = {"tool/__init__.py": "", "tool/api.py": "", "tool/get.py": "from tool.api import run\n"}
    found = effects("", files, command="python tool/get.py")
    assert (
        found.opaque
        == "runs get.py, which imports tool, which is the project's and is found in a way that is not followed"
    )
    assert effects("", files, command="python tool/get.py", env="ENV PYTHONPATH=/app\n").opaque is None


def test_a_message_that_is_put_together_is_no_path() -> None:
    assert effects("name = 'a'\nprint(f'got {name}')\nraise ValueError('bad ' + name)\n").opaque is None


@pytest.mark.parametrize(
    "command",
    [
        "python -c 'import get'",
        "python3 -u -c 'from get import x' 1",
        "python <<EOF\nimport get\nEOF",
        "python - <<'EOF'\nimport get\nEOF",
    ],
)
def test_code_in_the_dockerfile_is_followed_like_a_script(command: str) -> None:
    found = effects("open('list.txt')\n", {"list.txt": ""}, command=command)
    assert found.opaque is None
    assert {"/app/get.py", "/app/list.txt"} <= set(found.reads)
    assert "/app/__pycache__" in found.writes


def test_a_program_with_a_shebang_is_a_script() -> None:
    found = effects("#!/usr/bin/env python3\nimport json\n", command="./get.py")
    assert found.opaque is None
    assert "/app/get.py" in found.reads
    assert effects("echo\n", command="./get.py").opaque is not None


def test_a_script_does_not_write_itself() -> None:
    assert "/app/get.py" not in effects(DOWNLOAD, command="python /app/get.py").roots


@pytest.mark.parametrize(
    "command",
    [
        "python -c \"open('$NAME')\"",
        "python -c 'exec(x)'",
        "python $SCRIPT",
        "python missing.py",
        "python -m get",
        "python",
    ],
)
def test_other_ways_to_run_python_are_a_barrier(command: str) -> None:
    assert effects(DOWNLOAD, command=command).opaque is not None
