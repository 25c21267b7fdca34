"""The downloads of a program while its files are edited: as if it had been looked at anew, and for a fraction of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from prebake.build.models.loads import programs
from prebake.build.models.loads.starts import start_loads
from prebake.engine import builds
from prebake.files import Snapshot, disk
from prebake.project.python.traces import Tracer
from prebake.text import Text

ROOT = "/no-such-folder/project"
FILES = {
    "Dockerfile": 'FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n',
    "main.py": "from pkg import load\nfrom pkg.other import unused\n\nload()\n",
    "pkg/__init__.py": "from .loading import load\n",
    "pkg/loading.py": (
        "from transformers import AutoModel\nfrom .settings import MODEL, Base\n\n\n"
        "class Loader(Base):\n    def run(self):\n        return AutoModel.from_pretrained(MODEL)\n\n\n"
        "def load():\n    return Loader().run()\n"
    ),
    "pkg/settings.py": 'MODEL = "org/one"\n\n\nclass Base:\n    def run(self):\n        pass\n',
    "pkg/other.py": (
        "from transformers import AutoTokenizer\n\n\n"
        'def unused():\n    AutoTokenizer.from_pretrained("org/tokenizer")\n'
    ),
}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    programs._memory.clear()
    yield
    programs._memory.clear()


def found(snapshot: Snapshot) -> list[tuple[str | None, str, int]]:
    (build,) = builds(snapshot, f"{ROOT}/Dockerfile", root=ROOT)
    return [
        (item.load.model, item.load.path.removeprefix(f"{ROOT}/"), item.load.span.start.line)
        for item in start_loads(build)
    ]


@pytest.mark.parametrize(
    "edits",
    [
        [("pkg/settings.py", '"org/one"', '"org/two"')],
        [("pkg/settings.py", 'MODEL = "org/one"', 'NAME = "org/three"\nMODEL = NAME')],
        [("pkg/settings.py", 'MODEL = "org/one"', "MODEL = ")],
        [("pkg/settings.py", "class Base:", "class Base(")],
        [("pkg/loading.py", "\n\n\nclass", "\n\n# A comment.\n\nclass")],
        [("pkg/loading.py", "Loader().run()", "None")],
        [("pkg/loading.py", "(MODEL)", '("org/literal")')],
        [("pkg/loading.py", "(MODEL)", '("org/literal")'), ("pkg/loading.py", '("org/literal")', "(MODEL)")],
        [("main.py", "load()\n", "load()\nunused()\n"), ("pkg/other.py", "org/tokenizer", "org/changed")],
        [("main.py", "load()\n", "load()\nunused()\n"), ("main.py", "unused()\n", "")],
        [("main.py", "from pkg import load", "from pkg.loading import load")],
        [("main.py", "from pkg import load\n", "")],
        [("pkg/__init__.py", "load\n", "load as start\n")],
        [("Dockerfile", "main.py", "pkg/other.py")],
        [("Dockerfile", "COPY . .", "COPY main.py .")],
    ],
)
def test_live_is_as_if_looked_at_anew(edits: list[tuple[str, str, str]]) -> None:
    texts = {f"{ROOT}/{name}": Text(content) for name, content in FILES.items()}
    snapshot = disk().overlay(texts)
    assert found(snapshot) == [("org/one", "pkg/loading.py", 6)]
    for name, old, new in edits:
        path = f"{ROOT}/{name}"
        content = texts[path].content
        assert old in content
        texts[path] = Text(content.replace(old, new))
        live = found(snapshot.overlay(texts))
    programs._memory.clear()
    assert live == found(snapshot.overlay(texts))


def test_an_edit_is_followed_from_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    traced: list[str] = []
    trace = Tracer.trace

    def counted(self: Tracer, module: object, scope: object) -> object:
        traced.append(module.path.removeprefix(f"{ROOT}/"))  # type: ignore[attr-defined]
        return trace(self, module, scope)  # type: ignore[arg-type]

    monkeypatch.setattr(Tracer, "trace", counted)
    texts = {f"{ROOT}/{name}": Text(content) for name, content in FILES.items()}
    snapshot = disk().overlay(texts)
    found(snapshot)
    assert set(traced) == {"main.py", *(name for name in FILES if name.startswith("pkg"))}
    traced.clear()
    path = f"{ROOT}/pkg/other.py"
    found(snapshot.overlay({path: Text(texts[path].content + "\nvalue = 3\n")}))
    assert set(traced) == {"pkg/other.py", "main.py"}  # main.py asks what `unused` is
    traced.clear()
    found(snapshot.overlay({path: Text(texts[path].content + "\nvalue = 3\n")}))
    assert traced == []
