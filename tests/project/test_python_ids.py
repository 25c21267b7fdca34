"""Where ids come from: command lines, the environment, files of data, objects; and that none is ever guessed."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from prebake.project.python.values import Value
from tests.project.programs import run


def values(
    source: str,
    files: Mapping[str, str] | None = None,
    *,
    environment: Mapping[str, str | None] | None = None,
    arguments: tuple[str, ...] = (),
) -> list[Value]:
    """The values of the argument of every reached ``mark(...)`` of a program."""
    reached = run({"main.py": source, **(files or {})}, environment=environment, arguments=arguments)
    return [
        value
        for module, call in reached.calls
        if isinstance(call.node.func, ast.Name) and call.node.func.id == "mark"
        for value in reached.evaluator.evaluate(module, call.scope, call.node.args[0])
    ]


def certain(found: list[Value]) -> list[str | None]:
    """The texts that are surely used; ``None`` for what is not known."""
    return [value.text for value in found if value.certain]


def possible(found: list[Value]) -> set[str | None]:
    """The texts that are used perhaps."""
    return {value.text for value in found if not value.certain}


ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
group = parser.add_argument_group("model")
group.add_argument("-m", "--model-name", default="org/default")
parser.add_argument("--port", type=int, default=80)
parser.add_argument("--verbose", action="store_true")
args = parser.parse_args()
mark(args.model_name)
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "org/default"),
        (("--port", "90"), "org/default"),
        (("--port", "\0"), "org/default"),
        (("--model-name", "org/given"), "org/given"),
        (("--model-name=org/given", "--verbose"), "org/given"),
        (("-m", "org/given"), "org/given"),
        (("-morg/given",), "org/given"),
        (("-m", "org/first", "-m", "org/last"), "org/last"),
        (("--", "--model-name", "org/given"), "org/default"),
        (("--model-name", "\0"), None),
        (("--model-name=\0",), None),
        (("--model-name",), None),
        (("--model", "org/abbreviated"), None),
        (("\0",), None),
    ],
)
def test_argparse_and_the_words_of_the_command_line(arguments: tuple[str, ...], expected: str | None) -> None:
    (found,) = values(ARGPARSE, arguments=arguments)
    assert found.text == expected
    assert (found.source is None) == (expected is not None)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ('"--model", default="a" + "b"', ["ab"]),
        ('"--model", default="a", type=str', ["a"]),
        ('"--model", type=lambda text: text.lower(), default="A"', [None]),
        ('"--model", required=True', [None]),
        ('"model"', [None]),
        ('"model", nargs="*"', [None]),
        ('"--name", dest="model", default="a"', ["a"]),
        ('"--model", nargs="+", default="a"', ["a"]),
        ('"--model", default=os.environ.get("MODEL", "a")', ["a"]),
        ('"--model"', [None]),
    ],
)
def test_argparse_declarations(declared: str, expected: list[str | None]) -> None:
    source = f"""
import argparse, os
def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument({declared})
    return parser.parse_args()
def main(options):
    mark(options.model)
if __name__ == "__main__":
    main(parse())
"""
    assert certain(values(source)) == expected


def test_argparse_choices_are_all_possible() -> None:
    source = ARGPARSE.replace('default="org/default"', 'required=True, choices=["a", "b"]')
    found = values(source)
    assert possible(found) == {"a", "b"} and certain(found) == [None]


@pytest.mark.parametrize(("arguments", "expected"), [(("x/y",), "x/y"), (("--fast", "x/y"), "x/y"), ((), None)])
def test_argparse_positionals(arguments: tuple[str, ...], expected: str | None) -> None:
    source = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("--fast", action="store_true")
args, rest = parser.parse_known_args()
mark(args.model)
"""
    assert certain(values(source, arguments=arguments)) == [expected]


@pytest.mark.parametrize("change", ["args.model_name = pick()", 'parser.set_defaults(model_name="other")'])
def test_argparse_values_that_the_code_changes_are_not_certain(change: str) -> None:
    assert "org/default" not in certain(values(ARGPARSE.replace("mark(", f"{change}\nmark(")))


def test_argparse_options_that_begin_alike() -> None:
    source = ARGPARSE.replace('"--verbose"', '"-more", "--verbose"')
    assert certain(values(source, arguments=("-more",))) == ["org/default"]
    assert certain(values(source, arguments=("-more", "-m", "org/given"))) == ["org/given"]


def test_argparse_of_two_commands() -> None:
    one = (
        'import argparse\ndef f():\n p = argparse.ArgumentParser()\n p.add_argument("--m", default="{0}")\n return p\n'
    )
    source = one.format("a") + one.replace("def f", "def g").format("b") + "mark(f().parse_args().m)\n"
    assert certain(values(source)) == []


CLICK = """
import click
@click.command()
@click.option("--model", "-m", default="org/default", envvar="MODEL")
def main(model):
    mark(model)
main()
"""
TYPER = """
import typer
app = typer.Typer()
@app.command()
def main(model: str = typer.Option("org/default", "--model", "-m", envvar="MODEL")):
    mark(model)
app()
"""
ANNOTATED = """
import typer
from typing import Annotated
def main(model: Annotated[str, typer.Option("--model", "-m", envvar="MODEL")] = "org/default"):
    mark(model)
typer.run(main)
"""


@pytest.mark.parametrize("source", [CLICK, TYPER, ANNOTATED])
def test_click_and_typer(source: str) -> None:
    assert certain(values(source)) == ["org/default"]
    assert certain(values(source, environment={"MODEL": "org/set"})) == ["org/set"]
    assert certain(values(source, environment={"MODEL": "org/set"}, arguments=("--model", "org/given"))) == [
        "org/given"
    ]
    assert certain(values(source, arguments=("-m", "\0"))) == [None]


@pytest.mark.parametrize(
    "source",
    [
        CLICK.replace('default="org/default", envvar="MODEL"', "required=True"),
        TYPER.replace('"org/default"', "..."),
        "import typer\ndef main(model: str):\n    mark(model)\ntyper.run(main)",
    ],
)
def test_click_and_typer_without_a_default(source: str) -> None:
    (found,) = values(source)
    assert found.text is None and found.source is not None and "command line" in found.source


READ = {
    "yaml": (
        "import yaml\nwith open('conf.yaml') as file:\n    data = yaml.safe_load(file)\n",
        "model:\n  name: org/x\n",
    ),
    "yaml at once": (
        "import yaml\ndata = yaml.load(open('conf.yaml'), Loader=yaml.Loader)\n",
        "model: {name: org/x}\n",
    ),
    "json": ("import json\ndata = json.load(open('conf.json'))\n", '{"model": {"name": "org/x"}}'),
    "text of json": (
        "import json, pathlib\ndata = json.loads(pathlib.Path('conf.json').read_text())\n",
        '{"model": {"name": "org/x"}}',
    ),
    "toml": (
        "import tomllib\nwith open('conf.toml', 'rb') as f:\n    data = tomllib.load(f)\n",
        '[model]\nname = "org/x"\n',
    ),
    "ini": (
        "import configparser\ndata = configparser.ConfigParser()\ndata.read('conf.ini')\n",
        "[model]\nname = org/x\n",
    ),
}
BESIDE = "from pathlib import Path\nimport os, json\ndata = json.load(open({}))\n"


@pytest.mark.parametrize("kind", list(READ))
def test_files_of_data(kind: str) -> None:
    source, content = READ[kind]
    name = f"conf.{kind.split()[-1] if kind.split()[-1] != 'once' else 'yaml'}"
    source += "mark(data['model']['name'])\n"
    assert certain(values(source, {name: content})) == ["org/x"]
    (missing,) = values(source)
    assert missing.text is None
    assert certain(values(source, {name: "{broken [\n"})) == [None]
    changed = source.replace("mark(", "data['model']['name'] = pick()\nmark(")
    assert "org/x" not in certain(values(changed, {name: content}))


@pytest.mark.parametrize(
    "path",
    [
        "Path(__file__).parent / 'conf.json'",
        "Path(__file__).resolve().parent.joinpath('conf.json')",
        "os.path.join(os.path.dirname(os.path.abspath(__file__)), 'conf.json')",
    ],
)
def test_files_beside_the_code(path: str) -> None:
    files = {"inner/__init__.py": BESIDE.format(path), "inner/conf.json": '{"name": "org/x"}', "conf.json": "{}"}
    assert certain(values("from inner import data\nmark(data['name'])\n", files)) == ["org/x"]


def test_what_a_file_of_data_does_not_say_itself() -> None:
    source = "import yaml\ndata = yaml.safe_load(open('c.yaml'))\n" + "".join(
        f"mark(data['{key}'])\n" for key in "abcde"
    )
    content = "a: ${oc.env:MODEL}\nb: true\nc: 2024-01-01\nd: '{{ model }}'\n"
    found = values(source, {"c.yaml": content})
    assert {value.text for value in found} == {None} and len(found) == 5
    assert found[0].source == "the file c.yaml"


def test_defaults_for_what_a_file_of_data_does_not_have() -> None:
    source = "import json\ndata = json.load(open('c.json'))\n"
    source += "mark(data.get('a', 'default'))\nmark(data.get('b', 'default'))\n"
    assert certain(values(source, {"c.json": '{"a": "org/x"}'})) == ["org/x", "default"]
    assert certain(values(source)) == [None, None]


def test_configurations_by_attribute() -> None:
    source = "from omegaconf import OmegaConf\ncfg = OmegaConf.load('c.yaml')\nmark(cfg.model.name)\n"
    assert certain(values(source, {"c.yaml": "model: {name: org/x}\n"})) == ["org/x"]
    hydra = """
import hydra
@hydra.main(version_base=None, config_path="conf", config_name="main")
def main(cfg):
    mark(cfg.model.name)
main()
"""
    assert certain(values(hydra, {"conf/main.yaml": "model: {name: org/x}\n"})) == ["org/x"]
    assert certain(values(hydra, {"conf/main.yaml": "defaults: [model: x]\n"})) == [None]
    assert certain(values(hydra, {"conf/main.yaml": "model: {name: org/x}\n"}, arguments=("model.name=y",))) == [None]


def test_an_id_in_a_file_of_its_own() -> None:
    source = "mark(open('model.txt').read().strip())\n"
    assert certain(values(source, {"model.txt": "org/x\n"})) == ["org/x"]
    assert certain(values(source)) == [None]


SETTINGS = """
from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env")
    model: str = "org/default"
    other: str = Field(default="org/other", validation_alias=AliasChoices("OTHER_ID", "OTHER"))
class Served(Settings):
    extra: str = "org/extra"
def get():
    return Served()
"""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ["org/default", "org/other", "org/extra"]),
        ({"APP_MODEL": "a", "OTHER": "b", "APP_EXTRA": "c"}, ["a", "b", "c"]),
        ({"app_model": "a", "OTHER_ID": "b", "OTHER": "x"}, ["a", "b", "org/extra"]),
        ({"MODEL": "x", "EXTRA": "x", "APP_OTHER": "x"}, ["org/default", "org/other", "org/extra"]),
        ({"APP_MODEL": None}, [None, "org/other", "org/extra"]),
    ],
)
def test_settings_with_prefixes_and_aliases(environment: dict[str, str | None], expected: list[str | None]) -> None:
    source = SETTINGS + "mark(get().model)\nmark(get().other)\nmark(get().extra)\n"
    prefixed = source.replace(
        "class Served(Settings):\n", 'class Served(Settings):\n    model_config = {"env_prefix": "APP_"}\n'
    )
    assert certain(values(prefixed, environment=environment)) == expected


def test_settings_from_a_file_of_variables() -> None:
    source = SETTINGS + "mark(Settings().model)\n"
    files = {".env": "APP_MODEL=org/file\n"}
    assert certain(values(source, files)) == ["org/file"]
    assert certain(values(source, files, environment={"APP_MODEL": "org/set"})) == ["org/set"]
    assert certain(values(SETTINGS + 'mark(Settings(model="org/given").model)\n', files)) == ["org/given"]


def test_settings_of_pydantic_1() -> None:
    source = """
from pydantic import BaseSettings, Field
class Settings(BaseSettings):
    model: str = Field("org/default", env="MODEL_ID")
    other: str = "org/other"
    class Config:
        env_prefix = "app_"
        fields = {"other": {"env": "OTHER"}}
mark(Settings().model)
mark(Settings().other)
"""
    assert certain(values(source)) == ["org/default", "org/other"]
    assert certain(values(source, environment={"MODEL_ID": "a", "OTHER": "b", "app_model": "x"})) == ["a", "b"]


@pytest.mark.parametrize(
    "expression",
    [
        "decouple.config('MODEL', default='a')",
        "environs.Env()('MODEL', 'a')",
        "environs.Env().str('MODEL', default='a')",
        "os.environ.setdefault('MODEL', 'a')",
        "os.environ.pop('MODEL', 'a')",
    ],
)
def test_readers_of_the_environment(expression: str) -> None:
    source = f"import decouple, environs, os\nmark({expression})\n"
    (default,) = values(source)
    assert (default.text, default.variable) == ("a", "MODEL")
    (given,) = values(source, environment={"MODEL": "b"})
    assert given.text == "b"


@pytest.mark.parametrize("expression", ["decouple.config('MODEL')", "environs.Env()('MODEL')", "os.environ['MODEL']"])
def test_readers_of_the_environment_without_a_default(expression: str) -> None:
    (found,) = values(f"import decouple, environs, os\nmark({expression})\n")
    assert not found.known and found.variable == "MODEL"


def test_variables_that_the_program_sets_itself() -> None:
    source = "import os\nos.environ['M'] = 'org/x'\nmark(os.environ['M'])\n"
    assert certain(values(source)) == ["org/x"]
    assert certain(values(source, environment={"M": "org/other"})) == []
    assert certain(values("import os\nos.environ['M'] = pick()\nmark(os.getenv('M', 'a'))\n")) == []
    assert certain(values("import os\nos.environ.update(load())\nmark(os.getenv('M', 'a'))\n")) == []
    assert certain(values("import os\nos.environ['X'] = 'b'\nmark(os.getenv('M', 'a'))\n")) == ["a"]


OBJECTS = """
from dataclasses import dataclass, field
from attrs import define
@dataclass
class Config:
    model: str = "org/default"
    other: str = field(default="org/other")
    all: list = field(default_factory=lambda: ["a", "b"])
@define
class Attrs:
    model: str = "org/attrs"
class Service:
    def __init__(self, config, name="org/name"):
        self.config = config
        self.name = name
    def go(self):
        mark(self.config.model)
        mark(self.name)
def use(config: Config):
    mark(config.model)
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mark(Config().model)", ["org/default"]),
        ("mark(Config().other)", ["org/other"]),
        ("use(Config())", ["org/default"]),
        ("use(Config('org/first'))", ["org/first"]),
        ("use(Config(other='org/first'))", ["org/default"]),
        ("use(Config(**{'model': 'org/star'}))", ["org/star"]),
        ("for name in Config().all:\n    mark(name)", ["a", "b"]),
        ("mark(Attrs(model='org/given').model)", ["org/given"]),
        ("Service(Config()).go()", ["org/default", "org/name"]),
        ("Service(config=Config(), name='org/other').go()", ["org/default", "org/other"]),
        ("mark(getattr(Config(), 'model'))", ["org/default"]),
        ("options = {'model': 'org/d'}\nuse(Config(**options))", ["org/d"]),
    ],
)
def test_objects(code: str, expected: list[str]) -> None:
    assert certain(values(OBJECTS + code + "\n")) == expected


@pytest.mark.parametrize(
    "code",
    [
        "use(Config(**load()))",
        "config = Config()\nconfig.model = pick()\nuse(config)",
        "use(load())",
        "use(Config(*parts()))",
        "options = {'model': 'org/d'}\noptions['model'] = pick()\nuse(Config(**options))",
        "options = {'model': 'org/d'}\noptions.update(load())\nmark(options['model'])",
        "def change(some):\n    some['model'] = pick()\nit = {'model': 'org/d'}\nchange(it)\nmark(it['model'])",
        "options = {'model': 'org/d', **load()}\nmark(options['model'])",
        "options = {'model': 'org/d'}\nmark(options['other'])",
        "mark(Config().model if ready() else 'org/x')",
    ],
)
def test_objects_that_may_be_different(code: str) -> None:
    assert [text for text in certain(values(OBJECTS + code + "\n")) if text is not None] == []


def test_attributes_that_subclasses_set() -> None:
    source = """
class Base:
    model = None
    def load(self):
        mark(self.model)
class One(Base):
    model = "org/one"
One().load()
"""
    assert certain(values(source)) == ["org/one"]
    two = source.replace("One().load()", 'class Two(Base):\n    model = "org/two"\nOne().load()\nTwo().load()')
    assert possible(values(two)) == {"org/one", "org/two"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mark('%s/%s' % ('org', 'x'))", "org/x"),
        ("mark('org/%s' % 'x')", "org/x"),
        ("mark('{}/{name}'.format('org', name='x'))", "org/x"),
        ("mark('{1}/{0}'.format('x', 'org'))", "org/x"),
        ("mark('/'.join(['org', 'x']))", "org/x"),
        ("mark('hf.co/org/x'.removeprefix('hf.co/'))", "org/x"),
        ("mark('org/X'.lower())", "org/x"),
        ("mark('a:org/x'.split(':')[-1])", "org/x"),
        ("def pair():\n    return 'a', 'org/x'\none, two = pair()\nmark(two)", "org/x"),
        ("mark('%s' % pick())", None),
        ("mark('{0.name}'.format(thing))", None),
        ("mark('{name}'.format(**options))", None),
        ("mark('%(name)s' % {'name': 'x'})", None),
        ("mark('a' * 3)", None),
        ("mark(f'{1:>3}')", None),
    ],
)
def test_texts_that_are_put_together(code: str, expected: str | None) -> None:
    assert certain(values(code)) == [expected]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("for key, name in {'a': 'x', 'b': 'y'}.items():\n    mark(name)", ["x", "y"]),
        ("for name, size in [('x', 1), ('y', 2)]:\n    mark(name)", ["x", "y"]),
        ("for number, name in enumerate(['x', 'y']):\n    mark(name)", ["x", "y"]),
        ("for one, two in zip(['a', 'b'], ['x', 'y']):\n    mark(two)", ["x", "y"]),
        ("[mark(name) for name in ('x', 'y')]", ["x", "y"]),
        ("MODELS = {'a': {'id': 'x'}, 'b': {'id': 'y'}}\nfor one in MODELS.values():\n    mark(one['id'])", ["x", "y"]),
        ("for name in 'x,y'.split(','):\n    mark(name)", ["x", "y"]),
    ],
)
def test_loops(code: str, expected: list[str]) -> None:
    assert certain(values(code)) == expected


def test_a_list_that_grows_is_not_all_of_it() -> None:
    found = values("names = ['x']\nnames.append(pick())\nfor name in names:\n    mark(name)\n")
    assert None in {value.text for value in found}


def test_a_choice_among_written_out_ids() -> None:
    source = "import sys\nMODELS = {'a': {'id': 'x'}, 'b': {'id': 'y'}}\nmark(MODELS[sys.argv[1]]['id'])\n"
    found = values(source)
    assert possible(found) == {"x", "y"} and certain(found) == []


FLASK = "from flask import Flask, request\napp = Flask('x')\n@app.route('/')\ndef run():\n"
RUNPOD = "import runpod\nrunpod.serverless.start({'handler': work})\ndef work(job):\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n@app.post('/')\ndef run(item: Item):\n"
ASKED = {
    "the command line": "import sys\nmark(sys.argv[1])",
    "a request": FASTAPI + "    mark(item.model)",
    "a request of flask": FLASK + "    mark(request.json['model'])",
    "a request of runpod": RUNPOD + "    mark(job['input']['model'])",
    "what somebody types in": "mark(input('model?'))",
    "an answer over the network": "import requests\nmark(requests.get('http://x').json()['model'])",
    "the file x.yaml": "import yaml\nmark(yaml.safe_load(open('/etc/x.yaml'))['model'])",
}


@pytest.mark.parametrize("source", list(ASKED))
def test_what_nobody_knows_says_where_it_comes_from(source: str) -> None:
    (found,) = values(ASKED[source])
    assert found.text is None and found.source is not None and source.startswith(found.source)


def test_a_default_for_a_request_is_not_certain() -> None:
    source = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef run(model: str = 'org/x'):\n    mark(model)\n"
    )
    found = values(source)
    assert possible(found) == {"org/x"} and certain(found) == [None]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A'] = os.environ['B']\nos.environ['B'] = os.environ['A']\nmark(os.environ['A'])",
        "data = [data]\nmark(data[0][0][0])",
        "d = {'a': 1}\nd['a'] = d\nmark(d['a']['a']['a'])",
        "class A(B): x = 1\nclass B(A): x = 2\nmark(B().x)",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--m', default=p.parse_args().m)\n"
        "mark(p.parse_args().m)",
        "import configparser\nc = configparser.ConfigParser()\nc.read(c['a']['b'])\nmark(c['a']['b'])",
        "import json\nx = json.loads(x)\nmark(x['a'])",
        "mark(" + "('a', " * 80 + "'b'" + ")" * 80 + "[1])",
        "mark('{}'.format(" + "'{}'.format(" * 60 + "'a'" + ")" * 60 + "))",
        "x = 'a'.replace('a', 'b' * 9)\n" + "x = x.replace('b', x)\n" * 30 + "mark(x)",
        "for a, b in a:\n    mark(b)",
        "a, b = b, a\nmark(a)",
        "import os\n"
        + "".join(f"os.environ['V{n}'] = os.environ['V{n + 1}']\n" for n in range(999))
        + "mark(os.environ['V0'])",
    ],
)
def test_hostile_programs_end(source: str) -> None:
    assert all(value.text is None or len(value.text) < 20_000 for value in values(source))
