"""Settings from files and editors, and their mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prebake import config, files
from prebake.config import ConfigError, Settings, Target
from prebake.findings import Severity
from tests.rules.trees import make_tree


def load(root: Path, editor: dict[str, Any] | None = None, path: str = "svc/Dockerfile") -> Settings:
    return config.load(files.disk(), files.absolute(str(root / path)), editor)


def test_the_nearest_file_counts_alone(tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {
            "pyproject.toml": '[tool.prebake]\nignore = ["PB1"]\n',
            "svc/prebake.toml": 'builder = "kaniko"\n',
            "other/x": "",
        },
    )
    assert load(tmp_path).builder == "kaniko"
    assert load(tmp_path).ignore == ()
    assert load(tmp_path, path="other/Dockerfile").ignore == ("PB1",)


def test_the_editor_wins_over_the_file_and_null_means_not_set(tmp_path: Path) -> None:
    make_tree(tmp_path, {"prebake.toml": 'select = ["PB1"]\nbake = "volume"\n'})
    settings = load(tmp_path, {"select": ["PB2"], "bake": None})
    assert settings.select == ("PB2",)
    assert settings.bake == "volume"


def test_paths_of_targets_are_relative_to_the_file(tmp_path: Path) -> None:
    make_tree(tmp_path, {"prebake.toml": '[targets."svc/Dockerfile"]\ncontext = "."\ntarget = "runtime"\n'})
    assert load(tmp_path).targets == {
        files.absolute(str(tmp_path / "svc/Dockerfile")): Target(files.absolute(str(tmp_path)), "runtime")
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('selct = ["PB1"]', "selct"),
        ('builder = "docker"', "builder"),
        ("select = 3", "select"),
        ('[severity]\nPB101 = "loud"', "severity.PB101"),
        ('[targets.Dockerfile]\nstage = "x"', "stage"),
        ("select = [", "prebake.toml"),
    ],
)
def test_mistakes_name_the_key_and_the_file(tmp_path: Path, text: str, said: str) -> None:
    make_tree(tmp_path, {"prebake.toml": text})
    with pytest.raises(ConfigError, match=said) as error:
        load(tmp_path)
    assert "prebake.toml" in str(error.value)


def test_a_half_typed_pyproject_without_our_table_does_not_matter(tmp_path: Path) -> None:
    make_tree(tmp_path, {"pyproject.toml": '[project]\nname = "prebake-user"\nversion = '})
    assert load(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("select", "ignore", "wanted"),
    [
        ((), (), {"PB101", "PB201"}),
        (("PB1",), (), {"PB101"}),
        ((), ("PB2",), {"PB101"}),
        ((), ("copy-before-install",), {"PB101"}),
        (("PB201",), ("PB2",), {"PB201"}),
        (("ALL",), ("PB1",), {"PB201"}),
        (("pb101",), (), {"PB101"}),
    ],
)
def test_the_closest_selector_decides(select: tuple[str, ...], ignore: tuple[str, ...], wanted: set[str]) -> None:
    rules = {"PB101": "missing-dockerignore", "PB201": "copy-before-install"}
    settings = Settings(select=select, ignore=ignore)
    assert {code for code, name in rules.items() if settings.wants(code, name)} == wanted


def test_severity_by_code_or_name_and_off() -> None:
    settings = config.parse({"severity": {"PB101": "hint", "copy-before-install": "off"}}, "/", "test")
    assert settings.severity_of("PB101", "missing-dockerignore", Severity.WARNING) is Severity.HINT
    assert settings.severity_of("PB301", "x", Severity.ERROR) is Severity.ERROR
    assert not settings.wants("PB201", "copy-before-install")
