"""Reached code: module level of what is imported, and what reached code refers to."""

from __future__ import annotations

from tests.project.programs import called, run


def test_module_level_of_imported_modules() -> None:
    files = {
        "main.py": "import app.routes\nmark('main')\n",
        "app/__init__.py": "mark('package')\n",
        "app/routes.py": "from . import models\nmark('routes')\n",
        "app/models.py": "mark('models')\n",
        "train.py": "mark('train')\n",
    }
    assert called(run(files)) == ["main", "models", "package", "routes"]


def test_a_function_that_nobody_names_is_not_reached() -> None:
    assert called(run({"main.py": "def used(): mark('used')\ndef unused(): mark('unused')\nused()\n"})) == ["used"]


def test_a_class_imported_but_never_used_is_not_reached() -> None:
    files = {
        "main.py": "from model import Model, Small\nSmall()\n",
        "model.py": """
            class Model:
                def __init__(self): mark('model')
            class Small:
                def __init__(self): mark('small')
        """,
    }
    assert called(run(files)) == ["small"]


def test_a_class_body_runs_when_its_module_is_imported() -> None:
    assert called(run({"main.py": "import lib", "lib.py": "class A:\n    x = mark('body')\n"})) == ["body"]


def test_methods_are_reached_by_the_attributes_that_are_used() -> None:
    source = """
        class Engine:
            def load(self): mark('load')
            def train(self): mark('train')
        engine = Engine()
        engine.load()
    """
    assert called(run({"main.py": source})) == ["load"]


def test_methods_that_a_library_may_call() -> None:
    source = """
        from ray import serve
        class Handler(serve.Deployment):
            def handle(self): mark('handle')
        Handler()
    """
    assert called(run({"main.py": source})) == ["handle"]


def test_handlers_are_reached_through_their_decorator() -> None:
    source = """
        from fastapi import FastAPI
        from functools import lru_cache
        app = FastAPI()
        @app.on_event("startup")
        def start(): mark('start')
        @lru_cache
        def cached(): mark('cached')
    """
    assert called(run({"main.py": source})) == ["start"]


def test_dependencies_inside_annotations_are_reached() -> None:
    source = """
        from fastapi import Depends, FastAPI
        from typing import Annotated
        app = FastAPI()
        def model(): mark('model')
        class Unused:
            def __init__(self): mark('unused')
        @app.get("/")
        def read(m: Annotated[object, Depends(model)], u: Unused = None): ...
    """
    assert called(run({"main.py": source})) == ["model"]


def test_main_blocks_only_of_the_file_that_runs() -> None:
    files = {
        "main.py": "import lib\nif __name__ == '__main__':\n    mark('main')\n",
        "lib.py": "if __name__ == '__main__':\n    mark('lib')\nelse:\n    mark('imported')\n",
    }
    assert called(run(files)) == ["imported", "main"]


def test_type_checking_blocks_do_not_run() -> None:
    files = {
        "main.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import heavy\n",
        "heavy.py": "mark('heavy')\n",
    }
    assert called(run(files)) == []


def test_conditions_on_the_environment() -> None:
    source = """
        import os
        if os.getenv("PRELOAD", "false").lower() == "true":
            mark("preload")
        if os.environ.get("ENGINE", "torch") in ("torch", "jax"):
            mark("engine")
        else:
            mark("other")
    """
    assert called(run({"main.py": source})) == ["engine"]
    assert called(run({"main.py": source}, environment={"PRELOAD": "True", "ENGINE": "onnx"})) == ["other", "preload"]
    assert called(run({"main.py": source}, environment={"PRELOAD": None, "ENGINE": None})) == [
        "engine",
        "other",
        "preload",
    ]


def test_a_value_set_from_outside_decides_nothing() -> None:
    source = """
        class State:
            ready = False
        state = State()
        state.ready = True
        if state.ready:
            mark('ready')
        else:
            mark('not ready')
    """
    assert called(run({"main.py": source})) == ["not ready", "ready"]


def test_lazy_singletons_are_reached() -> None:
    source = """
        _model = None
        def get():
            global _model
            if _model is None:
                _model = mark('load')
            return _model
        get()
    """
    assert called(run({"main.py": source})) == ["load"]


def test_imports_by_text() -> None:
    files = {
        "main.py": "import uvicorn, importlib\nuvicorn.run('api:create')\nimportlib.import_module('plugin')\n",
        "api.py": "def create(): mark('api')\n",
        "plugin.py": "mark('plugin')\n",
    }
    assert called(run(files)) == ["api", "plugin"]


def test_imports_by_text_relative_to_a_package() -> None:
    files = {
        "main.py": "import pkg\nimport importlib\nimportlib.import_module('.other', package='pkg')\n",
        "pkg/__init__.py": "import importlib\nimportlib.import_module('.inner', __name__)\n",
        "pkg/inner.py": "from importlib import import_module\nimport_module('..deep.mod', 'pkg.deep')\nmark('inner')\n",
        "pkg/other.py": "mark('other')\n",
        "pkg/deep/mod.py": "mark('deep')\n",
        "pkg/unused.py": "mark('unused')\n",
    }
    assert called(run(files)) == ["deep", "inner", "other"]


def test_texts_that_import_nothing_known() -> None:
    files = {
        "main.py": (
            "import importlib, sys\nimportlib.import_module(sys.argv[1])\nimportlib.import_module('...x', 'pkg')\n"
        ),
        "x.py": "mark('x')\n",
    }
    assert called(run(files)) == []


def test_modules_of_celery_tasks() -> None:
    files = {
        "main.py": """
            from celery import Celery
            app = Celery("x", include=["jobs.one"])
            app.autodiscover_tasks(["more"])
        """,
        "jobs/__init__.py": "",
        "jobs/one.py": "mark('one')\n",
        "jobs/two.py": "mark('two')\n",
        "more/__init__.py": "",
        "more/tasks.py": "mark('tasks')\n",
    }
    assert called(run(files)) == ["one", "tasks"]


def test_star_imports_and_re_exports() -> None:
    files = {
        "main.py": "from lib import *\nhelper()\n",
        "lib/__init__.py": "from .inner import helper\n",
        "lib/inner.py": "def helper(): mark('helper')\ndef other(): mark('other')\n",
    }
    assert called(run(files)) == ["helper"]


def test_functions_handed_on_are_reached() -> None:
    assert called(run({"main.py": "import threading\ndef work(): mark('w')\nthreading.Thread(target=work)\n"})) == ["w"]


def test_commands_are_chosen_by_the_command_line() -> None:
    source = """
        import typer
        app = typer.Typer()
        @app.command()
        def serve(): mark('serve')
        @app.command()
        def train(): mark('train')
        if __name__ == "__main__":
            app()
    """
    assert called(run({"main.py": source}, arguments=("serve", "--port", "80"))) == ["serve"]
    assert called(run({"main.py": source})) == ["serve", "train"]


def test_import_cycles_and_self_reference_end() -> None:
    files = {
        "main.py": "import a\nx = x\ny = y.z()\nclass C(C): pass\nC()\n",
        "a.py": "import b\nfrom b import thing\n",
        "b.py": "import a\nfrom a import thing\nmark('b')\n",
    }
    assert called(run(files)) == ["b"]
