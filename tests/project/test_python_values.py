"""The constants that reach a call."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from prebake.project.python.values import Value
from tests.project.programs import run


def values(files: Mapping[str, str] | str, environment: Mapping[str, str | None] | None = None) -> list[Value]:
    """The values of the argument of every reached ``mark(...)``."""
    reached = run({"main.py": files} if isinstance(files, str) else files, environment=environment)
    return [
        value
        for module, call in reached.calls
        if isinstance(call.node.func, ast.Name) and call.node.func.id == "mark"
        for value in reached.evaluator.evaluate(module, call.scope, call.node.args[0])
    ]


def texts(files: Mapping[str, str] | str, environment: Mapping[str, str | None] | None = None) -> list[str | None]:
    return [value.text for value in values(files, environment)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("mark('a/b')", ["a/b"]),
        ("NAME = 'a/b'\nmark(NAME)", ["a/b"]),
        ("SIZE = 'base'\nmark(f'org/model-{SIZE}')", ["org/model-base"]),
        ("mark('org/' + 'name')", ["org/name"]),
        ("mark('{}/{}'.format('org', 'name'))", ["org/name"]),
        ("class C:\n    NAME = 'x'\nmark(C.NAME)", ["x"]),
        ("class C:\n    def __init__(self, name='x'):\n        self.name = name\n        mark(self.name)\nC()", ["x"]),
        (
            "class C:\n    def __init__(self, name='x'):\n        self.name = name\n        mark(self.name)\nC('y')",
            ["y"],
        ),
        ("def load(name='x'):\n    mark(name)\nload()", ["x"]),
        ("def load(name='x'):\n    mark(name)\nload(name='y')", ["y"]),
        ("def load(name):\n    mark(name)\nload('a')\nload('b')", ["a", "b"]),
        ("for name in ['a', 'b']:\n    mark(name)", ["a", "b"]),
        ("NAMES = {'s': 'a', 'l': 'b'}\nmark(NAMES['l'])", ["b"]),
        ("NAMES = {'s': 'a', 'l': 'b'}\nfor n in NAMES.values():\n    mark(n)", ["a", "b"]),
        ("NAMES = {'s': 'a'}\nmark(NAMES.get('s'))", ["a"]),
        ("def name():\n    return 'x'\nmark(name())", ["x"]),
        ("def same(x):\n    return x\nsame('a')\nmark(same('b'))", ["b"]),
        ("def same(x, y='d'):\n    return y\nsame('a', 'c')\nmark(same('b'))", ["d"]),
        ("def inner(x):\n    return x\ndef outer(x):\n    return inner(x)\nouter('a')\nmark(outer('b'))", ["b"]),
        ("def again(x):\n    return again(x)\nmark(again('a'))", [None]),
        ("import enum\nclass M(enum.Enum):\n    A = 'x'\nmark(M.A.value)", ["x"]),
        ("name = None\nname = 'x'\nmark(name)", ["x"]),
        ("mark(None or 'x')", ["x"]),
        ("a, b = 'x', 'y'\nmark(b)", ["y"]),
        ("import sys\nmark(sys.argv[1])", [None]),
        ("mark(input())", [None]),
        ("x = 'a'\nx += 'b'\nmark(x)", ["a", None]),
    ],
)
def test_forms(source: str, expected: list[str | None]) -> None:
    assert texts(source) == expected


def test_constants_of_other_modules() -> None:
    files = {
        "main.py": "from config import MODEL\nimport config as c\nmark(MODEL)\nmark(c.OTHER)\n",
        "config.py": "from base import *\nMODEL = PREFIX + 'x'\nOTHER = MODEL\n",
        "base.py": "PREFIX = 'org/'\n",
    }
    assert texts(files) == ["org/x", "org/x"]


@pytest.mark.parametrize(
    "expression",
    [
        "os.environ.get('MODEL', 'a')",
        "os.getenv('MODEL', 'a')",
        "os.getenv('MODEL') or 'a'",
        "os.environ.get('MODEL', default='a')",
        "os.getenv('MODEL', ' a ').strip()",
    ],
)
def test_environment_with_default(expression: str) -> None:
    source = f"import os\nmark({expression})"
    (default,) = values(source)
    assert (default.text, default.variable, default.set_by_environment) == ("a", "MODEL", False)
    (given,) = values(source, {"MODEL": "b"})
    assert (given.text, given.variable, given.set_by_environment) == ("b", "MODEL", True)
    assert texts(source, {"MODEL": None})[0] is None


def test_environment_without_default() -> None:
    assert texts("import os\nmark(os.environ['MODEL'])") == [None]
    assert texts("import os\nmark(os.environ['MODEL'])", {"MODEL": "b"}) == ["b"]


def test_settings_classes_read_the_environment() -> None:
    source = """
        from pydantic_settings import BaseSettings, SettingsConfigDict
        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="app_")
            model_name: str = "a"
        settings = Settings()
        mark(settings.model_name)
    """
    assert texts(source) == ["a"]
    assert texts(source, {"APP_MODEL_NAME": "b"}) == ["b"]


def test_dataclass_fields_and_arguments() -> None:
    source = """
        from dataclasses import dataclass
        @dataclass
        class Config:
            model: str = "a"
        mark(Config().model)
        mark(Config(model="b").model)
    """
    assert texts(source) == ["a", "b"]


def test_alternatives_are_not_certain() -> None:
    found = values("import torch\nmark('a' if torch.cuda.is_available() else 'b')")
    assert [(value.text, value.certain) for value in found] == [("a", False), ("b", False)]


def test_a_loop_runs_through_all_its_values() -> None:
    assert all(value.certain for value in values("for name in ('a', 'b'):\n    mark(name)"))


def test_paths_are_known_as_such() -> None:
    source = """
        import os
        from pathlib import Path
        mark(Path("models/x"))
        mark(Path(__file__).parent / "model")
        mark(os.path.join("models", "x"))
        mark(os.path.join(os.getcwd(), "x"))
    """
    assert all(value.path for value in values(source))


def test_objects_are_no_texts() -> None:
    (value,) = values("from transformers import AutoModel\nm = AutoModel.from_pretrained('x')\nmark(m)")
    assert value.made


def test_hostile_definitions_end() -> None:
    chain = "a0 = 'x'\n" + "".join(f"a{n} = a{n - 1} + a{n - 1} + a{n - 1}\n" for n in range(1, 40))
    assert texts(chain + "mark(a39)") == [None]
    assert texts("a = b\nb = a\nmark(a)") == [None]
    assert texts("def f(x):\n    return f(x)\nmark(f(1))") == [None]
    many = "".join(f"x = y{n}\n" for n in range(200)) + "".join(f"y{n} = 'v{n}'\n" for n in range(200))
    assert None in texts(many + "mark(x)")


def test_many_conditions_stay_decidable() -> None:
    lines = "".join(f"if os.getenv('V{n}', 'no') == 'yes':\n    mark('{n}')\n" for n in range(3000))
    assert texts("import os\n" + lines) == []
