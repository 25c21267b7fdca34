"""Links to the files that words name, and to the pages of rules."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROJECT = {
    "requirements.txt": "a\n",
    ".dockerignore": "*.log\n",
    "app/__init__.py": "",
    "app/main.py": "x = 1\n",
    "start.sh": "#!/bin/sh\n",
    "late.log": "",
}
DOCKERFILE = """\
FROM python:3.12
WORKDIR /srv
# prebake: ignore[PB206, apt-update-alone,PB999]
COPY requirements.txt late.log not-there.txt app ./
RUN echo 🐳 && pip install -r requirements.txt
COPY . .
RUN --mount=type=bind,source=start.sh,target=/s sh /s
CMD ["uvicorn", "app.main:app"]
"""


async def links(editor: Editor, name: str) -> list[tuple[int, str, str]]:
    """The line and the text of each link, and the name of what it leads to."""
    params = types.DocumentLinkParams(types.TextDocumentIdentifier(editor.uri(name)))
    found = await editor.client.text_document_document_link_async(params) or ()
    return [
        (
            link.range.start.line,
            editor.slice(name, link.range),
            (link.target or "").removeprefix(editor.folder.as_uri() + "/").rpartition("/docs/")[2],
        )
        for link in found
    ]


async def test_files_that_a_dockerfile_names(editor: Editor) -> None:
    make_tree(editor.folder, {**PROJECT, "Dockerfile": DOCKERFILE})
    editor.open("Dockerfile")
    assert await links(editor, "Dockerfile") == [
        (2, "PB206", "rules/PB206.md"),
        (2, "apt-update-alone", "rules/PB208.md"),
        (3, "requirements.txt", "requirements.txt"),
        (4, "requirements.txt", "requirements.txt"),
        (5, ".", ".dockerignore"),
        (6, "start.sh", "start.sh"),
        (6, "/s", "start.sh"),
        (7, "app.main:app", "app/main.py"),
    ]


async def test_they_say_what_they_lead_to(editor: Editor) -> None:
    make_tree(editor.folder, {**PROJECT, "Dockerfile": DOCKERFILE})
    editor.open("Dockerfile")
    params = types.DocumentLinkParams(types.TextDocumentIdentifier(editor.uri("Dockerfile")))
    found = await editor.client.text_document_document_link_async(params) or ()
    tips = {link.range.start.line: link.tooltip for link in found}
    assert tips[5] == ".dockerignore: what it leaves out of the build context"
    assert tips[7] == "app/main.py"
    assert (tips[2] or "").startswith("PB208 apt-update-alone: ")


async def test_they_follow_the_text_and_the_disk(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    editor.open("Dockerfile", "FROM a\nCOPY start.sh /\n")
    assert await links(editor, "Dockerfile") == [(1, "start.sh", "start.sh")]
    editor.change("Dockerfile", "FROM a\nCOPY requirements.txt")
    assert await links(editor, "Dockerfile") == []  # a destination as yet
    editor.change("Dockerfile", "FROM a\nCOPY requirements.txt start.sh /x/\n")
    assert [text for _, text, _ in await links(editor, "Dockerfile")] == ["requirements.txt", "start.sh"]
    await editor.client.until(lambda: len(editor.client.registrations) == 2)
    editor.write("start.sh", None)
    assert [text for _, text, _ in await links(editor, "Dockerfile")] == ["requirements.txt"]


async def test_rules_in_comments_of_other_files(editor: Editor) -> None:
    make_tree(editor.folder, {**PROJECT, "Dockerfile": DOCKERFILE})
    editor.open("app/main.py", "load('a')  # prebake: ignore[PB301]\n", language="python")
    editor.open(".dockerignore", "# prebake: ignore-file[pb109]\na\n", language="ignore")
    assert await links(editor, "app/main.py") == [(0, "PB301", "rules/PB301.md")]
    assert await links(editor, ".dockerignore") == [(0, "pb109", "rules/PB109.md")]


COMPOSE = """\
services:
  a:
    build:
      context: .
      dockerfile: docker/gpu.Dockerfile
    env_file: [.env, missing.env]
  b:
    build: {context: app, dockerfile: not-there}
    env_file:
      - path: .env
"""


async def test_what_compose_names(editor: Editor) -> None:
    make_tree(editor.folder, {**PROJECT, ".env": "A=1\n", "docker/gpu.Dockerfile": "FROM a\n"})
    editor.open("compose.yaml", COMPOSE, language="yaml")
    assert await links(editor, "compose.yaml") == [
        (4, "docker/gpu.Dockerfile", "docker/gpu.Dockerfile"),
        (5, ".env", ".env"),
        (9, ".env", ".env"),
    ]
    editor.change("compose.yaml", "services: [")
    assert await links(editor, "compose.yaml") == []


async def test_other_files_have_none(editor: Editor) -> None:
    make_tree(editor.folder, {**PROJECT, "values.yaml": COMPOSE})
    editor.open("values.yaml", language="yaml")
    for name in ("values.yaml", "requirements.txt", "not-there/Dockerfile"):
        assert await links(editor, name) == []


HOSTILE = [
    "",
    "\ufeffFROM a\r\nCOPY start.sh /\r\n",
    "\0\n# prebake: ignore[" + "," * 5_000,
    "FROM a\nCOPY " + "../" * 999 + "etc/passwd /",
    "FROM a\nCMD python -m " + "a." * 5_000,
    "FROM a\nCOPY . /\nRUN " + "x " * 5_000,
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_files(editor: Editor, text: str) -> None:
    make_tree(editor.folder, PROJECT)
    editor.open("Dockerfile", text)
    assert all("passwd" not in target for _, _, target in await links(editor, "Dockerfile"))


@pytest.mark.asyncio(loop_scope="function")
async def test_clients_without_tooltips_and_with_another_server(fresh: Client, tmp_path: Path) -> None:
    fresh.set_configuration({"features": "own"}, section="prebake")
    await begin(fresh, tmp_path, capabilities(tooltips=False))
    make_tree(tmp_path, {**PROJECT, "Dockerfile": DOCKERFILE, ".env": "A=1\n", "docker/gpu.Dockerfile": "FROM a\n"})
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    editor.open("compose.yaml", COMPOSE, language="yaml")
    await editor.diagnostics("Dockerfile")
    params = types.DocumentLinkParams(types.TextDocumentIdentifier(editor.uri("Dockerfile")))
    found = await fresh.text_document_document_link_async(params) or ()
    assert len(found) == 8 and not any(link.tooltip for link in found)
    assert await links(editor, "compose.yaml") == []  # Docker's own server has these
