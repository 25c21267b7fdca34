"""`make docs`: writes prebake.schema.json, the JSON Schema of prebake.toml and of [tool.prebake] in pyproject.toml.

The keys and what they may hold come from prebake.config, the rules from their registry. With --check nothing is
written: exit status 1 when the file is out of date.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, get_args

from prebake.config import Bake, Builder, Settings
from prebake.findings import Severity
from prebake.rules import all_rules

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "prebake.schema.json"
URL = "https://raw.githubusercontent.com/prebake/prebake/main/prebake.schema.json"

DESCRIPTIONS = {
    "select": "Rules to check: codes, prefixes of codes, or names. Not set: all rules.",
    "ignore": "Rules not to check: codes, prefixes of codes, or names. The longer selector wins over select.",
    "severity": "Severity of single rules, by code or name, instead of their own. off switches a rule off.",
    "targets": "Build context and target stage of a Dockerfile, where no compose file, workflow or script says it. "
    "Paths are relative to this file.",
    "builder": "The builder of the images. Fixes use only what it understands.",
    "bake": "How a model gets into the image: which remedy is offered first.",
}
CHOICES = {
    "buildkit": "docker build, docker buildx and docker compose as they are today.",
    "legacy": "docker build with DOCKER_BUILDKIT=0.",
    "kaniko": "kaniko.",
    "buildah": "buildah and podman build.",
    "cache": "Download the model into the library's cache while the image is built.",
    "local-dir": "Download the model into a folder of the image that the code loads it from.",
    "stage": "Download the model in a build stage of its own.",
    "volume": "Keep the model out of the image, in a volume.",
}


def main() -> int:
    """Write the schema if it is out of date, or say so."""
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the schema is out of date")
    options = parser.parse_args()
    text = schema_text()
    if SCHEMA.exists() and SCHEMA.read_text(encoding="utf-8") == text:
        return 0
    if options.check:
        print(f"{SCHEMA.name} is out of date: run `make docs`", file=sys.stderr)
        return 1
    SCHEMA.write_text(text, encoding="utf-8")
    print(f"{SCHEMA.name} written")
    return 0


def schema_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The schema; a key of the settings that has no description here is a `KeyError`."""
    rules = all_rules()
    about = {name: f"{rule.name} ({rule.code}): {rule.summary()}" for rule in rules for name in (rule.code, rule.name)}
    selectors = {"type": "array", "items": {"$ref": "#/definitions/selector"}, "uniqueItems": True}
    level = {"$ref": "#/definitions/level"}
    kinds: dict[str, dict[str, Any]] = {
        "select": selectors,
        "ignore": selectors,
        "severity": {
            "type": "object",
            # In this draft, whatever stands beside a bare `$ref` is passed over.
            "properties": {name: {"description": about[name], "allOf": [level]} for name in about},
            "additionalProperties": False,
        },
        "targets": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "context": {"type": "string", "description": "Folder that is the build context."},
                    "target": {"type": "string", "description": "Stage that is built."},
                },
                "additionalProperties": False,
            },
        },
        "builder": _choice(get_args(Builder)),
        "bake": _choice(get_args(Bake)),
    }
    keys = [name for name in Settings._fields if name != "source"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": URL,
        "title": "prebake",
        "description": "Settings of prebake: prebake.toml, or [tool.prebake] in pyproject.toml.",
        "type": "object",
        "properties": {key: {"description": DESCRIPTIONS[key], **kinds[key]} for key in keys},
        "additionalProperties": False,
        "definitions": {
            "selector": {"type": "string", "enum": ["ALL", *_prefixes([rule.code for rule in rules]), *sorted(about)]},
            "level": {"type": "string", "enum": ["off", *map(str, Severity)]},
        },
    }


def _choice(names: tuple[str, ...]) -> dict[str, Any]:
    documentation = {"docs": {"enumValues": [CHOICES[name] for name in names]}}  # as Even Better TOML shows it
    return {"type": "string", "enum": list(names), "default": names[0], "x-taplo": documentation}


def _prefixes(codes: list[str]) -> list[str]:
    """Every beginning of a code that is shorter than the code."""
    return sorted({code[:length] for code in codes for length in range(2, len(code))})


if __name__ == "__main__":
    sys.exit(main())
