"""The settings that the documentation gives for editors that no suite drives, and those that stand in two places."""

import json
import tomllib
from typing import Any

import pytest

from prebake import config
from tests.editors.surroundings import documented

# Helix refuses a languages.toml with keys that it does not know.
HELIX_LANGUAGE_KEYS = {
    *("name", "language-id", "scope", "file-types", "shebangs", "roots", "comment-tokens", "block-comment-tokens"),
    *("text-width", "soft-wrap", "auto-format", "formatter", "path-completion", "diagnostic-severity", "grammar"),
    *("injection-regex", "language-servers", "indent", "debugger", "auto-pairs", "rulers", "workspace-lsp-roots"),
    "persistent-diagnostic-sources",
}
HELIX_SERVER_KEYS = {"command", "args", "environment", "config", "timeout", "required-root-patterns"}
# What Helix itself calls the languages and the servers that the snippets name.
HELIX_LANGUAGES = {"dockerfile", "docker-compose", "git-ignore", "python"}
HELIX_SERVERS = {
    *("docker-langserver", "docker-compose-langserver", "yaml-language-server"),
    *("ty", "ruff", "jedi", "pylsp"),
}


def accepted(settings: dict[str, Any]) -> None:
    for key, value in settings.items():
        config.parse({key: value}, "/work", "the editor's settings")


@pytest.mark.parametrize(("language", "section"), [("elisp", "Emacs"), ("toml", "Helix")])
def test_the_readme_has_the_settings_that_the_page_has(language: str, section: str) -> None:
    assert documented("In your editor", language, "README.md") == documented(section, language)[:1]


def test_helix() -> None:
    texts = documented("Helix", "toml")
    assert len(texts) == 3
    read = tomllib.loads("".join(texts))
    assert set(read) == {"language", "language-server"}
    [(name, server)] = read["language-server"].items()
    assert set(server) <= HELIX_SERVER_KEYS
    assert (name, [server["command"], *server["args"]]) == ("prebake", ["prebake", "server"])
    assert set(server["config"]) == {"prebake"}
    accepted(server["config"]["prebake"])
    names = [language["name"] for language in read["language"]]
    assert len(names) == len(set(names)) and set(names) <= HELIX_LANGUAGES
    for language in read["language"]:
        assert set(language) <= HELIX_LANGUAGE_KEYS
        assert "prebake" in language["language-servers"]
        assert set(language["language-servers"]) <= {"prebake"} | HELIX_SERVERS


def test_sublime_text() -> None:
    [text] = documented("Sublime Text", "json")
    [client] = json.loads(text)["clients"].values()
    assert client["command"] == ["prebake", "server"] and client["enabled"]
    settings = {key.removeprefix("prebake."): value for key, value in client["settings"].items()}
    assert all(key.startswith("prebake.") for key in client["settings"])
    accepted(settings)
