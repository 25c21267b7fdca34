"""What editors know of the settings: the schema of configuration files, and the settings of the VS Code extension."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prebake import config
from prebake.rules import all_rules
from scripts import generate_schema

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = json.loads((ROOT / "vscode-client" / "package.json").read_text(encoding="utf-8"))
SETTINGS = MANIFEST["contributes"]["configuration"]["properties"]
OF_THE_CLIENT = {"interpreter", "features", "trace.server"}
SCHEMA = json.loads(generate_schema.SCHEMA.read_text(encoding="utf-8"))

RIGHT = [
    "",
    'select = ["PB201", "PB3", "missing-dockerignore", "ALL"]',
    'ignore = ["PB302"]',
    'severity = { PB301 = "information", copy-before-install = "off" }',
    'targets = { "docker/Dockerfile" = { context = ".", target = "runtime" }, "Dockerfile.gpu" = {} }',
    *(f'builder = "{name}"' for name in ("buildkit", "legacy", "kaniko", "buildah")),
    *(f'bake = "{name}"' for name in ("cache", "local-dir", "stage", "volume")),
]
WRONG = [
    'selekt = ["PB201"]',
    "select = 201",
    "ignore = [201]",
    'severity = { PB301 = "loud" }',
    'severity = ["PB301"]',
    'targets = { "Dockerfile" = "." }',
    'targets = { "Dockerfile" = { contxt = "." } }',
    'targets = { "Dockerfile" = { context = 1 } }',
    'builder = "docker"',
    'bake = "oven"',
]


def test_the_schema_is_up_to_date() -> None:
    assert generate_schema.SCHEMA.read_text(encoding="utf-8") == generate_schema.schema_text()


@pytest.mark.parametrize("text", RIGHT)
def test_what_prebake_takes_fits_the_schema(text: str) -> None:
    table = tomllib.loads(text)
    config.parse(table, "/project", "prebake.toml")
    assert list(problems(table, SCHEMA)) == []


@pytest.mark.parametrize("text", WRONG)
def test_what_prebake_refuses_does_not_fit_the_schema(text: str) -> None:
    table = tomllib.loads(text)
    with pytest.raises(config.ConfigError):
        config.parse(table, "/project", "prebake.toml")
    assert list(problems(table, SCHEMA)) != []


def test_every_rule_can_be_named() -> None:
    selectors = SCHEMA["definitions"]["selector"]["enum"]
    for rule in all_rules():
        for selector in (rule.code, rule.name, rule.code[:3]):
            assert selector in selectors
            assert config.Settings(select=(selector,)).wants(rule.code, rule.name)
        assert {rule.code, rule.name} <= set(SCHEMA["properties"]["severity"]["properties"])


def test_vs_code_has_the_settings_of_the_files_and_its_own() -> None:
    names = [name.removeprefix("prebake.") for name in SETTINGS]
    assert set(names) == set(SCHEMA["properties"]) | OF_THE_CLIENT
    for name in SCHEMA["properties"]:
        assert SETTINGS[f"prebake.{name}"].get("enum") == SCHEMA["properties"][name].get("enum"), name
    levels = SETTINGS["prebake.severity"]["additionalProperties"]["enum"]
    assert set(levels) == set(SCHEMA["definitions"]["level"]["enum"])


def test_vs_code_describes_its_settings_and_lets_folders_differ() -> None:
    for name, setting in SETTINGS.items():
        assert ("description" in setting) != ("markdownDescription" in setting), name
        assert len(setting.get("enumDescriptions", [])) in {0, len(setting.get("enum", []))}, name
        if name.removeprefix("prebake.") in SCHEMA["properties"]:
            assert setting["scope"] == "resource", name


def test_vs_code_names_the_published_schema() -> None:
    assert MANIFEST["contributes"]["tomlValidation"] == [{"fileMatch": "prebake.toml", "url": SCHEMA["$id"]}]


def problems(value: Any, schema: dict[str, Any], where: str = "") -> Iterator[str]:
    """Where a value does not fit a schema, for the few keywords that ours uses."""
    for part in schema.get("allOf", []):
        yield from problems(value, part, where)
    if "$ref" in schema:
        yield from problems(value, SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]], where)
        return
    kinds = {"object": dict, "array": list, "string": str}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        yield f"{where}: not of type {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r}"
    if isinstance(value, dict):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key, item in value.items():
            inner = known.get(key, rest)
            if inner is False:
                yield f"{where}.{key}: unknown"
            elif isinstance(inner, dict):
                yield from problems(item, inner, f"{where}.{key}")
    for number, item in enumerate(value if isinstance(value, list) else []):
        yield from problems(item, schema.get("items", {}), f"{where}[{number}]")
