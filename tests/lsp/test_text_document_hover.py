"""Hover on findings, on what is copied, run and named in a Dockerfile, and on patterns of an ignore file."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from prebake.rules import by_code
from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.lsp.hovering import hover, told
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


MEASURED: dict[str, Any] = {
    "Dockerfile": """\
FROM python:3.12-slim
COPY . /app
COPY app/serve.py weights.bin /srv/
COPY --from=build /x /y
RUN --mount=type=bind,source=data,target=/d \\
    --mount=type=cache,target=/root/.cache cat /d/train.csv
COPY missing /m
ADD https://example.org/a.tar /a
COPY *.bin /w/
COPY --exclude=*.log app /app
""",
    "app/serve.py": {"size": 1_000},
    "app/old.log": {"size": 200_000},
    "app/sub/é🐳.log": {"size": 300_000},
    "data/train.csv": {"size": 3_000_000},
    "data/keep.csv": {"size": 1_000_000},
    "weights.bin": {"size": 5_000_000},
    "late.log": {"size": 700},
}
IGNORE = """\
# Sizes é🐳
.git*
data/*
!data/keep.csv
*.log
no-such
  [a-
!é🐳
data/train.csv
"""


async def test_a_finding_is_explained_by_its_rule(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    found = await hover(editor, "Dockerfile", 3, 2)
    assert found is not None and isinstance(found.contents, types.MarkupContent) and found.range is not None
    rule = by_code("PB201")
    assert rule is not None
    assert found.contents.kind == types.MarkupKind.Markdown
    assert rule.summary() in found.contents.value and rule.url() in found.contents.value
    assert editor.slice("Dockerfile", found.range) == "COPY . /app"


async def test_a_finding_says_what_its_fix_writes(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda found: any(" MB" in item.message for item in found))
    text = await told(editor, "Dockerfile", 3)
    page = text[text.index("### PB201") :]
    assert "**Safe fix: it builds the same image.** Copy requirements.txt first" in page
    assert "+COPY requirements.txt /app/" in page and "-RUN pip install -r requirements.txt" in page
    page = text[text.index("### PB101") :]
    assert "**Cost:** " in page and "**Suggested fix: look at what it changes.** Create .dockerignore" in page
    assert "Creates `.dockerignore`:\n\n```\n" in page and "**/.venv" in page


async def test_a_finding_without_a_fix_says_why(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile", "# Generated: do not edit.\n" + str(ARTICLE["Dockerfile"]))
    text = await told(editor, "Dockerfile", 4)
    assert "### PB201" in text and "**No quick fix:** the Dockerfile says that it is generated" in text
    assert "afe fix:" not in text and "```diff" not in text


async def test_elsewhere_there_is_nothing(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    assert await hover(editor, "Dockerfile", 2, 2) is None
    assert await hover(editor, "Dockerfile", 99, 2) is None
    assert await hover(editor, "not-there/Dockerfile", 0, 0) is None


async def test_a_pattern_says_what_it_leaves_out(editor: Editor) -> None:
    make_tree(editor.folder, MEASURED)
    editor.open(".dockerignore", IGNORE, language="ignore")
    text = await told(editor, ".dockerignore", 2)
    assert text.startswith("`data/*` leaves out **3.0 MB in 1 file**:\n\n- `data/train.csv` 3.0 MB")
    assert "It matches 4.0 MB in 2 files; other patterns decide about the rest." in text
    found = await hover(editor, ".dockerignore", 2, 2)
    assert found is not None and found.range is not None and editor.slice(".dockerignore", found.range) == "data/*"


async def test_an_exception_says_what_it_brings_back(editor: Editor) -> None:
    make_tree(editor.folder, MEASURED)
    editor.open(".dockerignore", IGNORE, language="ignore")
    assert (await told(editor, ".dockerignore", 3)).startswith(
        "`!data/keep.csv` brings back **1.0 MB in 1 file**:\n\n- `data/keep.csv` 1.0 MB"
    )
    editor.change(".dockerignore", "!data\n")
    text = await told(editor, ".dockerignore", 0)
    assert text.startswith("`!data` brings back nothing of the 4.0 MB in 2 files that it matches: ")


async def test_an_anchored_pattern_says_what_it_would_match_at_any_depth(editor: Editor) -> None:
    make_tree(editor.folder, MEASURED)
    editor.open(".dockerignore", IGNORE, language="ignore")
    text = await told(editor, ".dockerignore", 4)
    assert text.startswith("`*.log` leaves out **700 B in 1 file**:\n\n- `late.log` 700 B")
    assert "At any depth, `**/*.log` would match **501 kB in 3 files**:" in text
    assert "- `app/sub/é🐳.log` 300 kB\n- `app/old.log` 200 kB\n- `late.log` 700 B" in text
    assert await told(editor, ".dockerignore", 5) == "`no-such` matches nothing that is in the build context now."
    assert "matches nothing" in await told(editor, ".dockerignore", 7, 1)


async def test_a_malformed_pattern_says_why_the_build_stops(editor: Editor) -> None:
    make_tree(editor.folder, MEASURED)
    editor.open(".dockerignore", IGNORE, language="ignore")
    found = await hover(editor, ".dockerignore", 6, 3)
    assert found is not None and found.range is not None and "`[a-` stops the build: " in str(found.contents)
    assert editor.slice(".dockerignore", found.range) == "[a-"


async def test_a_pattern_that_changes_nothing_says_so(editor: Editor) -> None:
    make_tree(editor.folder, MEASURED)
    editor.open(".dockerignore", "data\ndata/train.csv\n", language="ignore")
    text = await told(editor, ".dockerignore", 1)
    assert text.startswith("`data/train.csv` changes nothing: it matches 3.0 MB in 1 file")


async def test_comments_and_blank_lines_have_no_hover(editor: Editor) -> None:
    make_tree(editor.folder, MEASURED)
    editor.open(".dockerignore", IGNORE + "\n", language="gitignore")
    for line, character in ((0, 2), (6, 0), (9, 0), (99, 0)):
        assert await hover(editor, ".dockerignore", line, character) is None
    editor.open("other/.dockerignore", "a\n", language="gitignore")
    assert await hover(editor, "other/.dockerignore", 0, 0) is None


async def test_nobody_waits_for_a_context_that_is_not_measured(editor: Editor) -> None:
    make_tree(editor.folder, MEASURED)
    editor.open(".dockerignore", IGNORE, language="ignore")
    found = await hover(editor, ".dockerignore", 2, 2)
    assert found is not None and "being measured" in str(found.contents)


async def test_a_copy_says_what_it_sends(editor: Editor) -> None:
    make_tree(editor.folder, {**MEASURED, ".dockerignore": ".git*\n*.log\ndata\n"})
    editor.open("Dockerfile")
    text = await told(editor, "Dockerfile", 1)
    assert text.startswith("Sends **5.5 MB in 6 files**; `.dockerignore` leaves out 4.0 MB in ")
    assert "- `weights.bin` 5.0 MB\n- `app/` 501 kB in 3 files" in text
    assert "- left out: `data/` 4.0 MB in 2 files (`data`, line 3)" in text
    editor.open(".dockerignore", ".git*\ndata/train.csv\n*.bin\n", language="ignore")
    text = await told(editor, "Dockerfile", 1)
    assert "- left out: `weights.bin` 5.0 MB in 1 file (`*.bin`, line 3)" in text
    assert "- left out of `data/`: 3.0 MB in 1 file" in text


async def test_one_source_of_several_is_told_alone(editor: Editor) -> None:
    make_tree(editor.folder, {**MEASURED, ".dockerignore": ".git*\n"})
    editor.open("Dockerfile")
    both = await told(editor, "Dockerfile", 2)
    assert both == "Sends **5.0 MB in 2 files**:\n\n- `weights.bin` 5.0 MB\n- `app/serve.py` 1.0 kB"
    assert await told(editor, "Dockerfile", 2, 8) == "Sends **1.0 kB in 1 file**."
    found = await hover(editor, "Dockerfile", 2, 8)
    assert found is not None and found.range is not None
    assert editor.slice("Dockerfile", found.range) == "app/serve.py"
    assert (await told(editor, "Dockerfile", 8, 5)).startswith("Sends **5.0 MB in 1 file**")
    assert (await told(editor, "Dockerfile", 9, 2)).startswith("Sends **501 kB in 3 files** before `--exclude`:")


async def test_a_bind_mount_says_what_it_sends_and_other_instructions_nothing(editor: Editor) -> None:
    make_tree(editor.folder, {**MEASURED, ".dockerignore": ".git*\ndata/t*\n"})
    editor.open("Dockerfile")
    text = await told(editor, "Dockerfile", 4, 10)
    assert text.startswith("Sends **1.0 MB in 1 file**; `.dockerignore` leaves out 3.0 MB in 1 file:")
    for line, character in ((0, 2), (3, 2), (5, 10), (5, 50), (6, 8), (7, 8)):
        assert "Sends" not in await told(editor, "Dockerfile", line, character)


async def test_each_of_several_contexts_is_told(editor: Editor) -> None:
    compose = "services:\n" + "".join(
        f"  {name}:\n    build: {{context: {name}, dockerfile: ../Dockerfile}}\n" for name in ("a", "b")
    )
    make_tree(
        editor.folder,
        {
            "Dockerfile": "FROM x\nCOPY . /app\n",
            "Dockerfile.dockerignore": "*.log\n",
            "compose.yaml": compose,
            "a/a.py": {"size": 2_000},
            "b/b.log": {"size": 3_000},
        },
    )
    editor.open("Dockerfile")
    editor.open("Dockerfile.dockerignore", language="dockerfile")
    text = await told(editor, "Dockerfile", 1)
    assert "In the build context `a`:\n\nSends **2.0 kB in 1 file**" in text
    assert "In the build context `b`:\n\nSends **0 B in 0 files**; `Dockerfile.dockerignore` leaves out 3.0 kB" in text
    text = await told(editor, "Dockerfile.dockerignore", 0)
    assert "In the build context `a`:\n\n`*.log` matches nothing" in text
    assert "In the build context `b`:\n\n`*.log` leaves out **3.0 kB in 1 file**" in text


async def test_a_finding_is_explained_below(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    text = await told(editor, "Dockerfile", 3)
    assert text.startswith("Sends **") and "PB201" in text and "leaves out" not in text.partition("\n")[0]


async def test_a_run_says_what_makes_it_run_again(editor: Editor) -> None:
    project = {"requirements.txt": "a\n", "src/main.py": "", ".dockerignore": "*.log\n"}
    make_tree(editor.folder, project)
    above = "FROM a\nARG REV\nCOPY requirements.txt src ./\n"
    editor.open("Dockerfile", f"{above}RUN pip install \\\n    -r requirements.txt\n")
    text = await told(editor, "Dockerfile", 4, 5)
    assert text.startswith("**Warm rebuild with BuildKit:** cached until requirements.txt or src changes")
    assert "\n- line 3, `COPY requirements.txt src ./`: `requirements.txt`, `src`" in text
    editor.change("Dockerfile", "FROM a\nCOPY . .\nRUN make\n")
    text = await told(editor, "Dockerfile", 2, 5)
    assert "runs again with every edit (COPY of the whole context at line 2)" in text
    editor.change("Dockerfile", "FROM a\nRUN make\n")
    assert "no file of the build context makes it run again" in await told(editor, "Dockerfile", 1, 5)


async def test_a_rule_that_is_silenced_is_explained(editor: Editor) -> None:
    editor.open("Dockerfile", "FROM a\n# prebake: ignore[PB206,package-cache-kept] é🐳\nRUN pip install x\n")
    for character in (20, 30):
        text = await told(editor, "Dockerfile", 1, character)
        assert text.startswith("### PB206 package-cache-kept\n") and "PB206.md" in text
    assert await hover(editor, "Dockerfile", 1, 4) is None
    editor.open("a.py", "load()  # prebake: ignore[PB301]\n", language="python")
    assert "### PB301" in await told(editor, "a.py", 0, 28)


HOSTILE = {
    "binary": "\0\1\n\x7f*\n",
    "malformed": "[\n!\n!/\n\\\n[a-\n[]\n",
    "backtracking": "*a*a*a*a*a*a*a*a*a*a*b\n**/*/**/*/**/*/**/x\n(a+)+$\n",
    "long": "a" * 70_000 + "\n",
    "bom and crlf": "\ufeff*.bin\r\n# x\r\n\r\n",
    "lone returns": "*.bin\r# x\rdata",
    "outside": "..\n../x\n/\n.\n./\n",
    "blanks": " \u00a0a\u2003\n\x1c\n\u2028b\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_ignore_files_are_answered(editor: Editor, kind: str) -> None:
    make_tree(editor.folder, {**MEASURED, "a" * 100: "x"})
    editor.open(".dockerignore", HOSTILE[kind], language="ignore")
    identifier = types.TextDocumentIdentifier(editor.uri(".dockerignore"))
    for line in range(8):
        for character in (0, 1, 99_999):
            await hover(editor, ".dockerignore", line, character)
    await told(editor, ".dockerignore", 0)
    assert len(await editor.client.text_document_code_lens_async(types.CodeLensParams(identifier)) or ()) == 1


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore"])
async def test_names_cannot_leave_their_code_span(editor: Editor, name: str) -> None:
    make_tree(editor.folder, {"Dockerfile": "FROM a\nCOPY . /\n", "`evil` <b>.bin": {"size": 2_000_000}})
    editor.open("Dockerfile")
    editor.open(".dockerignore", "*.bin\n", language="ignore")
    assert "`` `evil` <b>.bin `` 2.0 MB" in await told(editor, name, 1 if name == "Dockerfile" else 0, 1)


@pytest.mark.asyncio(loop_scope="function")
async def test_plain_text_for_a_client_without_markdown(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(markdown=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    found = await hover(editor, "Dockerfile", 3, 2)
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    assert found.contents.kind == types.MarkupKind.PlainText
    text = found.contents.value
    assert "\nPB201 copy-before-install\n" in text and "\n    +COPY requirements.txt /app/\n" in text
    assert (
        not any(mark in text for mark in ("**Safe", "**Cost", "```", "###", "](")) and "More on PB201: https://" in text
    )
