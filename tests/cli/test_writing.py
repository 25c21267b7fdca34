"""Fixed files are written whole, or nothing is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prebake.cli.writing import WriteError, write_edits
from prebake.edits import FileEdit, TextEdit
from prebake.text import Position, Span, Text

INSERT = (TextEdit.insert(Position(0, 0), "new\n"),)


def change(path: Path, base: str) -> FileEdit:
    return FileEdit(str(path), Text(base), (TextEdit(Span(Position(0, 0), Position(0, 3)), "new"),))


def create(path: Path) -> FileEdit:
    return FileEdit(str(path), None, INSERT)


def names(folder: Path) -> set[str]:
    return {item.name for item in folder.iterdir()}


def test_files_are_changed_and_created_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old\n")
    write_edits([change(tmp_path / "a", "old\n"), create(tmp_path / "b")], [str(tmp_path)])
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").read_text()) == ("new\n", "new\n")
    assert names(tmp_path) == {"a", "b"}


@pytest.mark.parametrize("state", ["changed", "gone", "exists", "no folder", "dangling link"])
def test_nothing_is_written_when_one_file_is_not_as_expected(tmp_path: Path, state: str) -> None:
    (tmp_path / "a").write_text("old\n")
    (tmp_path / "b").write_text("old\n")
    second = change(tmp_path / "b", "old\n")
    if state == "changed":
        (tmp_path / "b").write_text("other\n")
    elif state == "gone":
        (tmp_path / "b").unlink()
    elif state == "exists":
        second = create(tmp_path / "b")
    elif state == "no folder":
        second = create(tmp_path / "no" / "b")
    else:
        (tmp_path / "b").unlink()
        (tmp_path / "b").symlink_to("nowhere")
        second = create(tmp_path / "b")
    before = names(tmp_path)
    with pytest.raises(WriteError):
        write_edits([change(tmp_path / "a", "old\n"), second], [str(tmp_path)])
    assert (tmp_path / "a").read_text() == "old\n"
    assert names(tmp_path) == before


def test_no_link_leads_out_of_the_project(tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    project.mkdir()
    outside.mkdir()
    (outside / "a").write_text("old\n")
    (project / "a").symlink_to(outside / "a")
    (project / "folder").symlink_to(outside)
    for edit in (
        change(project / "a", "old\n"),
        change(project / "folder" / "a", "old\n"),
        create(project / "folder" / "b"),
    ):
        with pytest.raises(WriteError, match="out of the project"):
            write_edits([edit], [str(project)])
    assert (outside / "a").read_text() == "old\n"
    assert names(outside) == {"a"}


def test_the_project_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("old\n")
    (tmp_path / "link").symlink_to("real")
    write_edits([change(tmp_path / "link" / "a", "old\n")], [str(tmp_path / "link")])
    assert (tmp_path / "real" / "a").read_text() == "new\n"


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_edits([create(tmp_path / "a")], [str(tmp_path)])
    finally:
        os.umask(mask)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
