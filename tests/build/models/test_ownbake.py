"""The download with a library's own code: where its folder is, who may read it, and when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.models.test_bake import added, found

WHISPER = "import whisper\nwhisper.load_model('base'{})\n"
NLTK = "import nltk\nnltk.download('punkt_tab'{})\n"
LINES = "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install {}\nCOPY . .\n{}CMD python main.py\n"


def test_the_default_folder_where_the_same_user_reads_it(tmp_path: Path) -> None:
    assert added(tmp_path, LINES.format("openai-whisper", ""), WHISPER.format("")) == [
        "RUN python3 -c \"import whisper; whisper.load_model('base', device='cpu')\""
    ]


def test_a_variable_where_another_user_reads_it(tmp_path: Path) -> None:
    assert added(tmp_path, LINES.format("openai-whisper", "USER app\n"), WHISPER.format(", device='cuda'")) == [
        "ENV XDG_CACHE_HOME=/opt/cache",
        "RUN python3 -c \"import whisper; whisper.load_model('base', device='cpu')\" && chmod -R a+rX /opt/cache",
    ]


def test_the_folder_that_the_code_passes(tmp_path: Path) -> None:
    lines = added(tmp_path, LINES.format("openai-whisper", ""), WHISPER.format(", download_root='/models'"))
    assert lines == [
        "RUN python3 -c \"import whisper; whisper.load_model('base', device='cpu', download_root='/models')\""
    ]


def test_the_folder_that_the_dockerfile_names(tmp_path: Path) -> None:
    dockerfile = LINES.format("nltk", "").replace("WORKDIR /app", "ENV NLTK_DATA=/data/nltk")
    assert added(tmp_path, dockerfile, NLTK.format("")) == [
        "RUN python3 -c \"import nltk; nltk.download('punkt_tab', raise_on_error=True, download_dir='/data/nltk')\""
    ]


def test_the_python_that_the_install_is_for(tmp_path: Path) -> None:
    dockerfile = LINES.format("nltk", "").replace("pip install", "/venv/bin/pip install")
    assert added(tmp_path, dockerfile, NLTK.format(""))[1].startswith("RUN /venv/bin/python3 -c ")


@pytest.mark.parametrize(
    ("dockerfile", "code", "reason"),
    [
        (LINES.format("torch", ""), WHISPER.format(""), "no install of the final image names openai-whisper"),
        (LINES.format("nltk", ""), NLTK.format(", download_dir=input()"), "whose value is not known"),
        (
            "FROM python:3.12\nRUN pip install ultralytics\nWORKDIR /app\nCOPY . .\nCMD python main.py\n",
            "from ultralytics import YOLO\nYOLO('yolov8n.pt')\n",
            "that of the container is another one",
        ),
        (
            LINES.format("insightface", "USER app\n"),
            "from insightface.app import FaceAnalysis\nFaceAnalysis()\n",
            "no variable moves the folder",
        ),
    ],
)
def test_none_where_it_would_not_be_found(tmp_path: Path, dockerfile: str, code: str, reason: str) -> None:
    (finding,) = found(tmp_path, dockerfile, code)[1]
    assert not finding.fixes
    assert reason in (finding.no_fix or "")


@pytest.mark.parametrize("name", ["x'; import os #", "$(id)", "`id`", "a b", "x\\", 'x"', "../x", "-x"])
def test_names_that_never_reach_a_command(tmp_path: Path, name: str) -> None:
    for finding in found(tmp_path, LINES.format("nltk", ""), f"import nltk\nnltk.download({name!r})\n")[1]:
        assert not finding.fixes
        assert "what downloads it" not in (finding.no_fix or "")


def test_what_decides_is_passed_on_only_when_it_is_plain(tmp_path: Path) -> None:
    code = "import torch\ntorch.hub.load('o/n:v1', \"m'); import os #\")\n"
    (finding,) = found(tmp_path, LINES.format("torch", ""), code)[1]
    assert not finding.fixes
