"""PB211's fix, whose address is too long a thing to stand in a case."""

from pathlib import Path

from prebake.engine import Engine
from prebake.findings import Applicability
from prebake.fixing import fix_all
from tests.rules.trees import make_tree

CPU = "https://download.pytorch.org/whl/cpu"
DOCKERFILE = """\
FROM python:3.12-slim
ENV DEVICE=cpu
RUN pip install {}--no-cache-dir torch==2.4.0 torchvision
COPY app.py .
CMD ["python", "app.py"]
"""


def test_torch_alone_comes_from_the_cpu_index(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": DOCKERFILE.format(""), "app.py": "import torch\n"})
    path = str(tmp_path / "Dockerfile")
    result = fix_all(Engine(), [path], Applicability.SUGGESTED, wanted=lambda finding: finding.code == "PB211")
    assert [step.fix.title.partition("`")[2].partition("`")[0] for step in result.applied] == [f"--index-url {CPU}"]
    assert [edit.apply().content for edit in result.edits] == [DOCKERFILE.format(f"--index-url {CPU} ")]
