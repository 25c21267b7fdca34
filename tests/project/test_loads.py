"""What is read off a call that downloads."""

from __future__ import annotations

import pytest

from prebake.project.models.catalogue import is_hub_id
from prebake.project.models.loads import Load, find_loads
from tests.project.programs import run


def loads(source: str) -> tuple[Load, ...]:
    return find_loads(run({"main.py": source}))


def test_what_a_call_passes() -> None:
    (load,) = loads(
        "from huggingface_hub import snapshot_download, login\nlogin()\n"
        "snapshot_download('o/n', revision='v1', repo_type='dataset', allow_patterns='*.json', "
        "ignore_patterns=['a', 'b'], cache_dir='cache')"
    )
    assert load.revision is not None and load.revision.text == "v1"
    assert load.cache is not None and load.cache.text == "cache"
    assert (load.repository, load.include, load.exclude, load.token) == ("dataset", ("*.json",), ("a", "b"), True)


def test_kinds() -> None:
    source = "import transformers as t\nt.AutoTokenizer.from_pretrained('a/t')\nt.AutoConfig.from_pretrained('a/c')\n"
    source += "t.CLIPProcessor.from_pretrained('a/p')\nt.AutoModel.from_pretrained('a/w')\n"
    assert [load.kind for load in loads(source)] == ["tokenizer", "config", "tokenizer", "weights"]


def test_the_call_sites_span() -> None:
    (load,) = loads("from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained(\n    'o/n',\n)\n")
    assert (load.span.start, load.span.end) == ((2, 8), (4, 1))
    assert load.call == "AutoModel.from_pretrained"


def test_what_is_tried_first() -> None:
    source = """
        import os
        from transformers import AutoModel
        try:
            m = AutoModel.from_pretrained("/models/x")
        except OSError:
            m = AutoModel.from_pretrained("o/n")
        if not os.path.exists("/data/y"):
            AutoModel.from_pretrained("o/m")
    """
    found = {load.model: load.alternatives for load in loads(source)}
    assert found == {"o/n": ("/models/x",), "o/m": ("/data/y",)}


@pytest.mark.parametrize(
    "text",
    [
        *("x; rm -rf /", "$(id)", "`id`", "a/b\nRUN id", "-rf", "--help/x", "a/-b", "a/b/c", "a b/c", "a//b", "a/b "),
        *(
            "org/na|me",
            "org/name&",
            "орг/имя",
            "org/ｎame",
            "o'rg/name",
            'o"rg',
            "org/..",
            "..",
            "a--b/c",
            "org/name.git",
        ),
        *("", "/", "a/", "/a", "~x", "x" * 200, "org/name#x", "org/$NAME", "org/{a,b}", "org\\name", "org/name\x00"),
    ],
)
def test_ids_that_never_reach_a_shell(text: str) -> None:
    assert not is_hub_id(text)


@pytest.mark.parametrize("text", ["gpt2", "org/name", "Org-1/name_2.v3", "01-ai/Yi-6B", "a/b"])
def test_ids_that_the_hub_has(text: str) -> None:
    assert is_hub_id(text)


@pytest.mark.parametrize(("count", "models"), [(3, 3), (8, 8), (9, 0), (40, 0)])
def test_a_choice_among_many_is_not_known(count: int, models: int) -> None:
    names = ", ".join(f'"n{number}": "org/n{number}"' for number in range(count))
    source = f"import sys\nfrom transformers import AutoModel\nAutoModel.from_pretrained({{{names}}}[sys.argv[1]])\n"
    found = find_loads(run({"main.py": source}))
    assert len({load.model for load in found if load.model is not None}) == models
    assert bool(models) or any(load.model is None for load in found)
