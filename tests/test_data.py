"""The tables: TOML is the source, JSON a copy that is read faster."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from prebake import data
from prebake.data import COMPILED, load_table, names_in
from scripts import compile_tables

NAMES = sorted(
    path.relative_to(compile_tables.DATA).with_suffix("").as_posix() for path in compile_tables.DATA.rglob("*.toml")
)


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(data, "_FOLDER", str(tmp_path))
    monkeypatch.setattr(compile_tables, "DATA", tmp_path)
    load_table.cache_clear()
    data._compiled.cache_clear()
    yield tmp_path
    load_table.cache_clear()
    data._compiled.cache_clear()


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_what_its_toml_file_says(name: str) -> None:
    assert load_table(name) == tomllib.loads((compile_tables.DATA / f"{name}.toml").read_text(encoding="utf-8"))


def test_the_copy_says_what_the_toml_files_say() -> None:
    copy = json.loads(compile_tables.compiled())
    assert sorted(copy) == NAMES
    assert copy["bases"]["table"] == load_table("bases")


def test_the_copy_counts_until_the_toml_file_is_edited(tables: Path) -> None:
    (tables / "a.toml").write_text("x = 1\n")
    (tables / COMPILED).write_text(compile_tables.compiled().replace('"x":1', '"x":"the copy"'))
    assert load_table("a") == {"x": "the copy"}
    (tables / "a.toml").write_text("x = 2\n")
    load_table.cache_clear()
    assert load_table("a") == {"x": 2}


def test_the_tables_of_a_folder(tables: Path) -> None:
    (tables / "folder").mkdir()
    (tables / "folder" / "b.toml").write_text("x = 2\n")
    (tables / "folder" / "a.toml").write_text("x = 1\n")
    (tables / "folder" / ".a.toml.swp").write_text("no TOML")
    assert names_in("folder") == ("folder/a", "folder/b")
    (tables / COMPILED).write_text(compile_tables.compiled().replace('"x":1', '"x":"the copy"'))
    assert [load_table(name) for name in names_in("folder")] == [{"x": "the copy"}, {"x": 2}]


def test_a_table_that_the_copy_lacks(tables: Path) -> None:
    (tables / COMPILED).write_text("{}")
    (tables / "a.toml").write_text("x = 1\n")
    assert load_table("a") == {"x": 1}
