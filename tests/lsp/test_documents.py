"""Text synchronisation against a reference: an editor that keeps its text as lists of code units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from prebake.lsp.documents import Document, Documents
from prebake.text import Text

URI = "file:///project/Dockerfile"
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def opened(text: str, encoding: str = "utf-16", uri: str = URI) -> Documents:
    documents = Documents()
    documents.encoding = encoding
    documents.open(types.TextDocumentItem(uri, "dockerfile", 1, text))
    return documents


def change(
    documents: Documents, *changes: types.TextDocumentContentChangeEvent, version: int = 2, uri: str = URI
) -> Document | None:
    identifier = types.VersionedTextDocumentIdentifier(version, uri)
    return documents.change(types.DidChangeTextDocumentParams(identifier, list(changes)))


def part(start: tuple[int, int], end: tuple[int, int], text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(types.Range(types.Position(*start), types.Position(*end)), text)


def content(documents: Documents, uri: str = URI) -> str:
    document = documents.get(uri)
    assert document is not None
    return document.text.content


def test_incremental_changes_refer_to_what_the_one_before_left() -> None:
    documents = opened("FROM a\nRUN b\n")
    change(documents, part((0, 5), (0, 6), "python\nARG x"), part((1, 4), (1, 5), "y"), part((2, 0), (3, 0), ""))
    assert content(documents) == "FROM python\nARG y\n"


def test_whole_text_replaces() -> None:
    documents = opened("FROM a\n")
    changed = change(documents, types.TextDocumentContentChangeWholeDocument("FROM b\n"), version=7)
    assert changed is not None and (changed.version, changed.text) == (7, Text("FROM b\n"))


def test_a_change_without_changes_has_a_version_all_the_same() -> None:
    changed = change(opened("FROM a\n"), version=9)
    assert changed is not None and (changed.version, changed.text.content) == (9, "FROM a\n")


@pytest.mark.parametrize("separator", ["\x0c", "\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_separators_that_end_no_line_do_not_shift_edits(separator: str) -> None:
    documents = opened(f"FROM a\nRUN echo{separator}x\nCMD b\n")
    change(documents, part((2, 4), (2, 5), "c"))
    assert content(documents) == f"FROM a\nRUN echo{separator}x\nCMD c\n"


def test_edit_past_the_end_of_a_last_line_without_line_end() -> None:
    documents = opened("FROM a\nCMD b")
    change(documents, part((1, 99), (1, 99), "!"))
    change(documents, part((5, 0), (9, 9), "\n"))
    assert content(documents) == "FROM a\nCMD b!\n"


def test_edit_in_the_final_empty_line() -> None:
    documents = opened("FROM a\n")
    change(documents, part((1, 0), (1, 0), "CMD b"))
    assert content(documents) == "FROM a\nCMD b"


def test_edits_in_windows_lines_keep_the_line_ends() -> None:
    documents = opened("FROM a\r\nCMD b\r\n")
    change(documents, part((0, 6), (1, 0), "\r\n"), part((1, 99), (1, 99), "c"))
    assert content(documents) == "FROM a\r\nCMD bc\r\n"


def test_a_byte_order_mark_can_be_edited_away_and_back() -> None:
    documents = opened("\ufeffFROM a\n")
    change(documents, part((0, 6), (0, 7), "b"))
    document = documents.get(URI)
    assert document is not None and document.text == Text("FROM b\n", bom=True)
    change(documents, part((0, 0), (0, 1), ""))
    assert documents.get(URI).text == Text("FROM b\n")
    change(documents, part((0, 0), (0, 0), "\ufeff"))
    assert documents.get(URI).text == Text("FROM b\n", bom=True)


def test_a_range_that_ends_before_it_starts_inserts() -> None:
    documents = opened("FROM a\n")
    change(documents, part((0, 5), (0, 2), "x"))
    assert content(documents) == "FROM xa\n"


def test_two_spellings_of_a_uri_are_one_document() -> None:
    documents = opened("FROM a\n", uri="file:///pro%6Aect/Dockerfile")
    assert change(documents, part((0, 5), (0, 6), "b")) is not None
    assert content(documents) == "FROM b\n"
    assert documents.uri("/project/Dockerfile") == "file:///pro%6Aect/Dockerfile"
    assert documents.close(URI) is not None
    assert documents.is_empty


@pytest.mark.parametrize(
    ("folder", "uri", "path", "expected"),
    [
        ("C:/project", "file:///c%3A/project", "C:/project/a b/Dockerfile", "file:///c%3A/project/a%20b/Dockerfile"),
        ("C:/project", "file:///c%3A/project/", "C:/project/Dockerfile", "file:///c%3A/project/Dockerfile"),
        ("C:/project", "file:///c%3A/project", "C:/project", "file:///c%3A/project"),
        ("C:/project", "file:///c%3A/project", "C:/projects/Dockerfile", "file:///C:/projects/Dockerfile"),
        ("//wsl$/Debian/p", "file://wsl%24/Debian/p", "//wsl$/Debian/p/C#/x", "file://wsl%24/Debian/p/C%23/x"),
        ("/a", "file:///a", "/a/b/what?/100%", "file:///a/b/what%3F/100%25"),
        ("/", "file:///", "/Dockerfile", "file:///Dockerfile"),
    ],
)
def test_files_in_a_workspace_folder_are_named_as_it_is(folder: str, uri: str, path: str, expected: str) -> None:
    documents = Documents()
    documents.folders = {folder: uri, "/elsewhere": "file:///elsewhere"}
    assert documents.uri(path) == expected


def test_untitled_documents_are_kept_without_a_path() -> None:
    documents = opened("FROM a\n", uri="untitled:Untitled-1")
    document = change(documents, part((0, 5), (0, 6), "b"), uri="untitled:Untitled-1")
    assert document is not None and (document.path, document.text.content) == (None, "FROM b\n")


def test_change_of_a_document_that_is_not_open_is_no_change() -> None:
    documents = Documents()
    assert change(documents, part((0, 0), (0, 0), "x")) is None
    assert documents.close(URI) is None


class ReferenceEditor:
    """Keeps the encoded text, and applies an edit to its bytes."""

    def __init__(self, text: str, encoding: str) -> None:
        self.codec, self.size = CODECS[encoding]
        self.data = text.encode(self.codec)

    def places(self) -> list[tuple[int, int]]:
        """Every place that a cursor can be at."""
        found = [(0, 0)]
        text = self.data.decode(self.codec)
        for index, character in enumerate(text):
            line, unit = found[-1]
            ends = character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n")
            width = len(character.encode(self.codec)) // self.size
            found.append((line + 1, 0) if ends else (line, unit + width))
        inside = {index + 1 for index in range(len(text)) if text.startswith("\r\n", index)}
        return [place for index, place in enumerate(found) if index not in inside]

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        first, last = self.byte(start), self.byte(end)
        self.data = self.data[:first] + text.encode(self.codec) + self.data[last:]

    def byte(self, place: tuple[int, int]) -> int:
        text = self.data.decode(self.codec)
        line, start, at = 0, 0, 0
        while line < place[0]:
            if text[at] == "\n" or (text[at] == "\r" and text[at + 1 : at + 2] != "\n"):
                line, start = line + 1, at + 1
            at += 1
        return len(text[:start].encode(self.codec)) + place[1] * self.size


TEXTS = st.text(st.sampled_from("aé🐳 \n\r\x0c\u2028\x85"), max_size=12) | st.sampled_from(["a\r\nb\r\n", "\r\n🐳\n"])


@pytest.mark.parametrize("encoding", CODECS)
@given(data=st.data(), text=TEXTS)
def test_any_edits_lead_to_the_text_that_the_editor_has(encoding: str, data: st.DataObject, text: str) -> None:
    editor = ReferenceEditor(text, encoding)
    documents = opened(text, encoding)
    for version in range(2, 5):
        places = sorted(data.draw(st.lists(st.sampled_from(editor.places()), min_size=2, max_size=2)))
        new = data.draw(TEXTS)
        editor.replace(places[0], places[1], new)
        change(documents, part(places[0], places[1], new), version=version)
        assert content(documents) == editor.data.decode(editor.codec)
