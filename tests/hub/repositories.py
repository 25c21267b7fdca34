"""Made-up repositories: small, but whole enough for transformers to load their tokenizers and configurations."""

import json

from tests.hub.server import PIPELINE_VERSION, Repository

VOCABULARY = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "[MASK]": 4, "hello": 5, "world": 6}
TOKEN = "hf_madeUpForTheTests"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


_TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": VOCABULARY, "unk_token": "[UNK]"},
}
_CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_size": 8,
    "intermediate_size": 8,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "vocab_size": len(VOCABULARY),
}
FILES = {
    ".gitattributes": b"",
    "README.md": b"---\nlicense: mit\n---\n",
    "config.json": _json(_CONFIG),
    "tokenizer.json": _json(_TOKENIZER),
    "tokenizer_config.json": _json({"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}),
    "model.safetensors": b"weights " * 1000,
    "pytorch_model.bin": b"the same weights " * 1000,
    "onnx/model.onnx": b"the same weights once more " * 1000,
}
REPOSITORIES = {
    "org/tiny": Repository(FILES, revisions=("v1",)),
    "org/files": Repository({"a.txt": b"a", "b.json": b"{}", "folder/c.txt": b"c"}, revisions=("v1",)),
    "gated/tiny": Repository(FILES, token=TOKEN),
}
PACKAGES = {"made_words": {"corpora/made_words/en": b"hello\nworld\n"}}


def _pipeline(name: str) -> dict[str, bytes]:
    """The wheel of a pipeline of spaCy that does nothing but split words."""
    info = f"{name}-{PIPELINE_VERSION}.dist-info"
    language = name.partition("_")[0]
    files = {
        f"{name}/__init__.py": f"import spacy\n\n\ndef load(**_):\n    return spacy.blank({language!r})\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {PIPELINE_VERSION}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    return {**files, f"{info}/RECORD": record.encode()}


PIPELINES = {"en_made_tiny": _pipeline("en_made_tiny")}
