"""Hostile texts of a project: none of them gets into a command or an edit, and messages stay one printable line."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from prebake.build.models import safetext
from prebake.build.models.safetext import Unsafe, shown
from prebake.cli.output import Output, printable
from prebake.engine import Engine
from prebake.findings import Finding
from tests.rules.trees import make_tree

HOSTILE = [
    *("x; rm -rf /", "$(id)", "`id`", "a/b\nRUN id", "a/b\r\nRUN id", "a/b\\\nRUN id", "a/b && id", "a/b|id", "a/b>x"),
    *(
        "-rf",
        "--help/x",
        "a/-b",
        "--token=x",
        "a/b c",
        "a'b",
        'a"b',
        "a/$HOME",
        "${HOME}",
        "a/{b,c}",
        "a/b#c",
        "a/b\tc",
    ),
    *(
        "..",
        "../../etc",
        "a/../../b",
        "a/..",
        "орг/имя",
        "org/ｎame",
        "org/nаme",
        "a/b\x00",
        "a/\x1b[31mb",
        "a/b\u202ec",
    ),
    *("x" * 300, "a/" + "b" * 300, "a\u2028RUN id", "a/b\x85id", "<<EOF", "!ls", "~root", "a/b*"),
]
WORDS: dict[str, Callable[[str], str]] = {
    "id": safetext.model_word,
    "revision": safetext.revision_word,
    "file": safetext.file_word,
    "pattern": safetext.pattern_word,
    "folder": safetext.folder_word,
    "variable": safetext.variable_word,
}
HARMLESS = {"file": {"a/b c", "a/-b"}, "pattern": {"a/b c", "a/b*", "a/-b"}, "revision": {"a/-b"}}
"""What is hostile as an id, and just a name as something else."""


@pytest.mark.parametrize("kind", list(WORDS))
@pytest.mark.parametrize("text", [*HOSTILE, ""])
def test_hostile_texts_are_no_words(kind: str, text: str) -> None:
    if text in HARMLESS.get(kind, ()):
        assert shlex.split(WORDS[kind](text)) == [text] and text[0].isalnum()
        return
    with pytest.raises(Unsafe):
        WORDS[kind](text)


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [
        ("id", "gpt2", "gpt2"),
        ("id", "Org-1/name_2.v3", "Org-1/name_2.v3"),
        ("revision", "refs/pr/1", "refs/pr/1"),
        ("revision", "v1.0", "v1.0"),
        ("file", "onnx/model q4.onnx", "'onnx/model q4.onnx'"),
        ("file", "config.json", "config.json"),
        ("pattern", "*.safetensors", "'*.safetensors'"),
        ("folder", "/opt/models/a.b", "/opt/models/a.b"),
        ("variable", "MODEL_ID", '"$MODEL_ID"'),
    ],
)
def test_words(kind: str, text: str, word: str) -> None:
    assert WORDS[kind](text) == word


@pytest.mark.parametrize("text", HOSTILE)
def test_messages_are_one_printable_line(text: str) -> None:
    assert shown(text).isprintable() and len(shown(text)) <= 120


CALLS = {
    "id": "from_pretrained({})",
    "revision": "from_pretrained('org/name', revision={})",
    "folder": "from_pretrained('org/name', cache_dir={})",
    "variable": "from_pretrained(os.environ[{}])",
    "default": "from_pretrained(os.environ.get('MODEL', {}))",
}
HUB_CALLS = {
    "file": "hf_hub_download('org/name', {})",
    "revision": "snapshot_download('org/name', revision={})",
    "include": "snapshot_download('org/name', allow_patterns=[{}])",
    "exclude": "snapshot_download('org/name', ignore_patterns=[{}])",
    "folder": "snapshot_download('org/name', local_dir={})",
    "type": "snapshot_download('org/name', repo_type={})",
}
SOURCES = {
    **{
        f"model {name}": f"import os\nfrom transformers import AutoModel as M\nM.{call}\n"
        for name, call in CALLS.items()
    },
    **{f"hub {name}": f"from huggingface_hub import *\n{call}\n" for name, call in HUB_CALLS.items()},
}
DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
RUN pip install transformers
COPY main.py .
CMD ["python", "main.py"]
"""


def findings(root: Path, files: dict[str, str], bake: str) -> list[Finding]:
    settings = f'bake = "{bake}"\n'
    compose = "services:\n  app:\n    build: .\n"
    make_tree(root, {"Dockerfile": DOCKERFILE, "compose.yaml": compose, "prebake.toml": settings, **files})
    engine = Engine(workspaces=[root.as_posix()])
    report = engine.check((root / "Dockerfile").as_posix())
    assert not report.failures
    return [finding for finding in report.findings if finding.code.startswith("PB3")]


def assert_harmless(found: list[Finding], text: str) -> None:
    for finding in found:
        spoken = [finding.message, finding.no_fix or "", *(related.message for related in finding.related)]
        assert all(item.isprintable() for item in spoken), spoken
        for fix in finding.fixes:
            assert fix.title.isprintable() and fix.explanation.isprintable()
            written = [edit.new_text for file in fix.edits for edit in file.edits]
            for item in written:
                # What is harmless in quotes stands in them, and a dash behind a slash begins no option.
                rest = item.replace(f"'{text}'", "").replace(f"/{text}" if text[0] == "-" else "\0", "")
                assert text not in rest or text in HARMLESS["revision"], (fix.title, item)
                assert all(character.isprintable() or character in "\r\n" for character in item)


@pytest.mark.parametrize("bake", ["cache", "local-dir", "stage", "volume"])
@pytest.mark.parametrize("source", list(SOURCES))
def test_nothing_hostile_gets_into_an_edit(tmp_path: Path, source: str, bake: str) -> None:
    for number, text in enumerate(HOSTILE):
        root = tmp_path / str(number)
        code = SOURCES[source].format(ascii(text))
        assert_harmless(findings(root, {"main.py": code}, bake), text)


@pytest.mark.parametrize("bake", ["cache", "local-dir", "stage", "volume"])
@pytest.mark.parametrize(
    "text", [text for text in HOSTILE if text.isprintable() and '"' not in text and "\\" not in text]
)
def test_nothing_hostile_gets_from_a_variable_into_an_edit(tmp_path: Path, text: str, bake: str) -> None:
    code = "import os\nfrom transformers import AutoModel\nAutoModel.from_pretrained(os.environ['MODEL'])\n"
    for number, (name, line) in enumerate((("Dockerfile", f"ENV MODEL='{text}'\n"), ("compose.yaml", ""))):
        value = text.replace("'", "''").replace("$", "$$")
        compose = f"services:\n  app:\n    build: .\n    environment:\n      MODEL: '{value}'\n"
        files = {"main.py": code, "Dockerfile": DOCKERFILE.replace("COPY", f"{line}COPY")}
        if name == "compose.yaml":
            files[name] = compose
        assert_harmless(findings(tmp_path / str(number), files, bake), text)


def test_a_terminal_gets_no_control_characters(tmp_path: Path) -> None:
    code = SOURCES["model id"].format(ascii("a/\x1b]0;x\x07b\u202ec"))
    (finding,) = findings(tmp_path, {"main.py": code}, "cache")
    written = io.StringIO()
    Output(written).line(printable(finding.message))
    assert "\x1b" not in written.getvalue() and "\u202e" not in written.getvalue()
