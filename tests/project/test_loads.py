"""The catalogue's calls: each entry fires on what downloads and is quiet on what does not."""

from __future__ import annotations

import pytest

from prebake.project.catalogue import entries, is_hub_id
from prebake.project.loads import Load, find_loads
from tests.project.programs import run

FIRING = {
    "hf_hub_download": [
        ("from huggingface_hub import hf_hub_download as f\nf('o/n', 'a.bin')", "o/n"),
        ("import huggingface_hub\nhuggingface_hub.HfApi().hf_hub_download(repo_id='o/n', filename='a')", "o/n"),
        ("from huggingface_hub import HfApi\napi = HfApi()\napi.hf_hub_download('o/n', 'a')", "o/n"),
    ],
    "snapshot_download": [
        ("from huggingface_hub import snapshot_download\nsnapshot_download('o/n')", "o/n"),
        ("import huggingface_hub as h\nfor m in ['o/n']:\n    h.snapshot_download(repo_id=m)", "o/n"),
    ],
    "transformers.from_pretrained": [
        ("from transformers import AutoModel\nAutoModel.from_pretrained('o/n')", "o/n"),
        ("import transformers\ntransformers.AutoModelForCausalLM.from_pretrained('gpt2')", "gpt2"),
        ("from transformers.models.bert import BertModel as B\nB.from_pretrained('o/n', revision='x')", "o/n"),
        ("from transformers import BertModel\nclass M(BertModel): pass\nM.from_pretrained('o/n')", "o/n"),
        ("import transformers as t\nc = t.AutoModel\nc.from_pretrained('o/n')", "o/n"),
    ],
    "transformers.pipeline": [
        ("from transformers import pipeline\npipeline('ner', 'o/n')", "o/n"),
        ("from transformers import pipeline\npipeline(task='ner', model='o/n')", "o/n"),
        ("from transformers import pipeline\npipeline('ner')", None),
    ],
    "sentence_transformers": [
        (
            "from sentence_transformers import SentenceTransformer\nSentenceTransformer('all-MiniLM-L6-v2')",
            "sentence-transformers/all-MiniLM-L6-v2",
        ),
        (
            "from sentence_transformers import SentenceTransformer\nSentenceTransformer('Bert-Base-Uncased')",
            "Bert-Base-Uncased",
        ),
        (
            "from sentence_transformers.cross_encoder import CrossEncoder\nCrossEncoder(model_name_or_path='x')",
            "cross-encoder/x",
        ),
        ("from sentence_transformers import SparseEncoder\nSparseEncoder('o/n')", "o/n"),
    ],
    "langchain.embeddings": [
        (
            "from langchain_huggingface import HuggingFaceEmbeddings\nHuggingFaceEmbeddings()",
            "sentence-transformers/all-mpnet-base-v2",
        ),
        (
            "from langchain_community.embeddings import HuggingFaceEmbeddings\nHuggingFaceEmbeddings(model_name='o/n')",
            "o/n",
        ),
    ],
    "faster_whisper": [
        ("from faster_whisper import WhisperModel\nWhisperModel('base.en')", "Systran/faster-whisper-base.en"),
        ("import faster_whisper\nfaster_whisper.WhisperModel('o/n')", "o/n"),
    ],
}

QUIET = {
    "hf_hub_download": [
        "from huggingface_hub import hf_hub_download\nhf_hub_download('o/n', 'a', local_files_only=True)",
        "from mylib import hf_hub_download\nhf_hub_download('o/n', 'a')",
    ],
    "snapshot_download": [
        "from huggingface_hub import snapshot_download\nsnapshot_download('o/n', dry_run=True)",
        "from modelscope import snapshot_download\nsnapshot_download('o/n')",
    ],
    "transformers.from_pretrained": [
        "from transformers import AutoModel\nAutoModel.from_pretrained('/models/x')",
        "from transformers import AutoModel\nAutoModel.from_config(config)",
        "from transformers import AutoModel\nAutoModel.from_pretrained('./x/y', trust_remote_code=True)",
        "from transformers import AutoModel\nimport os\nAutoModel.from_pretrained(os.path.join('a', 'b'))",
        "from transformers import AutoModel\nmodel_path = input()\nAutoModel.from_pretrained(model_path)",
        "import os\nfrom transformers import AutoModel as A\nif os.getenv('LOAD') == '1':\n    A.from_pretrained('o')",
    ],
    "transformers.pipeline": [
        "from transformers import AutoModel, pipeline\nm = AutoModel.from_config(1)\npipeline('ner', model=m)",
        "from sklearn.pipeline import pipeline\npipeline('ner', 'o/n')",
    ],
    "sentence_transformers": [
        "from sentence_transformers import SentenceTransformer\nSentenceTransformer(modules=[a, b])",
        "from sentence_transformers import SentenceTransformer\nSentenceTransformer('models/mine/best')",
    ],
    "langchain.embeddings": [
        "from langchain_huggingface import HuggingFaceEmbeddings\nHuggingFaceEmbeddings(model_name='/models/x')",
        "from langchain_huggingface import HuggingFaceEndpointEmbeddings\nHuggingFaceEndpointEmbeddings(model='o/n')",
    ],
    "faster_whisper": [
        "from faster_whisper import WhisperModel\nWhisperModel('base', local_files_only=True)",
        "from faster_whisper import WhisperModel\nWhisperModel('/models/whisper')",
    ],
}


def loads(source: str) -> tuple[Load, ...]:
    return find_loads(run({"main.py": source}))


def test_every_entry_has_cases() -> None:
    names = {entry.id for entry in entries()}
    assert set(FIRING) == names
    assert set(QUIET) == names


@pytest.mark.parametrize(("entry", "source", "model"), [(k, s, m) for k, cases in FIRING.items() for s, m in cases])
def test_firing(entry: str, source: str, model: str | None) -> None:
    (load,) = [load for load in loads(source) if load.entry.id == entry]
    assert load.model == model


@pytest.mark.parametrize("source", [source for cases in QUIET.values() for source in cases])
def test_quiet(source: str) -> None:
    assert loads(source) == ()


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
