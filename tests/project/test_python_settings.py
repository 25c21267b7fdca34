"""Ids from files of data, settings and the environment."""

from __future__ import annotations

import pytest

from tests.project.marks import certain, values

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
