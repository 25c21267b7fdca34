"""The model downloads that a RUN makes: by the command of a tool, or by Python code that it starts."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator
from functools import lru_cache

from prebake.build.build import Build, fact_at
from prebake.build.commands.projectscripts import Ran, Within, followed, mentions_script
from prebake.build.models.loads.programs import program_loads
from prebake.build.models.runs.programs import image_file, place_of, programs_of_step, words_of
from prebake.build.models.safetext import shown
from prebake.build.steps import Step
from prebake.project.models.catalogue import is_hub_id, mentions_command
from prebake.project.models.loads import CODE, Load
from prebake.project.models.shellloads import shell_loads
from prebake.project.starting.command import Program
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.text import Text

_WORTH_READING = regex(
    r"hugging|\bhf\b|\.py\b|<<|\bspacy\b|\bunidic\b|nltk|ollama|gdown|demucs"
    r"|\.(?:pt|pth|onnx|gguf|safetensors|ckpt|h5|tflite|task|pkl|bin|weights)\b"
)
"""What a RUN that downloads models has in its text, unless Python code does it: the others are not read closely."""

_CODE = regex(r"-c\s+(?:'([^']*)'|\"([^\"\\$`]*)\")")
_PYTHON = regex(r"\bpython[\d.]*\s+(?!-m\s+(?:pip|venv)\b)")

WEIGHTS = regex(r"\.(pt|pth|onnx|gguf|ggml|safetensors|ckpt|h5|keras|tflite|task|weights)$")
"""How the names of files of weights end."""

_CALLS = regex(
    r"\.from_pretrained\(|\bsnapshot_download\(|\bhf_hub_download\(|\bSentenceTransformer\([\"']"
    r"|\bnltk\.download\(|\btorch\.hub\.(?:load|download_url_to_file)\(|\bspacy\.cli\.download\("
    r"|\bwhisper\.load_model\(|\bWhisperModel\([\"']"
)
"""Calls of Python code that download a model whatever else is in it."""

_IMPORTED = regex(r"(?:\bimport|\bfrom|,)\s+([A-Za-z_][\w.]*)")
_NAMED = regex(r"__import__|\bexec\(|\beval\(|\bopen\(")
_REACHING = frozenset({"ftplib", "http", "importlib", "os", "runpy", "socket", "subprocess", "urllib"})
"""Modules of the standard library that download or start something, or import by a name."""

_SAYS_SO = regex(r"(?i)download|fetch|pre_?load|pull|bake|weights|get_?models?|cache_?models?")
"""What a program that is there to download models is called."""

_ID = regex(r"[\"']([A-Za-z0-9][\w.-]{1,60}/[A-Za-z0-9][\w.-]{1,95})[\"']")
_MOST_TEXT = 200_000


class Fetch(NamedTuple):
    """One command of a RUN that downloads models.

    ``models`` names what it downloads, as far as that is known: ids, packages, files. ``loads`` are the calls of the
    catalogue that its Python code reaches, ``sure`` those that stand in the program itself. ``script`` is the Python
    file of the project that runs, a path in the image, and ``code`` its text or that of ``python -c``. ``subject`` is
    what downloads, for messages.
    """

    instruction: Instruction
    ran: Ran
    models: tuple[str, ...]
    subject: str
    loads: tuple[Load, ...] = ()
    script: str | None = None
    code: str | None = None
    sure: tuple[Load, ...] = ()

    @property
    def step(self) -> Step:
        """The command that downloads: of the RUN, or of a shell script of the project that it starts."""
        return self.ran.step

    @property
    def within(self) -> Within | None:
        """The file of the project that the command stands in; ``None`` where it stands in the Dockerfile."""
        return self.ran.within[-1] if self.ran.within else None

    @property
    def files(self) -> tuple[str, ...]:
        """The scripts of the project that it runs by, as paths of the image."""
        own = () if self.script is None else (self.script,)
        return (*(within.path for within in self.ran.within), *own)

    @property
    def first(self) -> str:
        """The first of what it downloads, for messages."""
        return shown(self.models[0]) if self.models else "its models"

    @property
    def named(self) -> str:
        """What it downloads, for messages."""
        more = len(self.models) - 1
        return f"{self.first} and {more} more" if more > 0 else self.first


@fact_at
def fetches_at(build: Build, instruction: Instruction) -> tuple[Fetch, ...]:
    """The downloads that a RUN makes, in order."""
    if instruction.keyword != "RUN" or not _is_worth_reading(instruction.raw):
        return ()
    ran = followed(build, instruction)
    found = (item for each in ran.commands for item in _of_command(build, instruction, each))
    return tuple(item for item in found if item.models or item.loads or ran.problem is None)  # half-typed text


def _of_command(build: Build, instruction: Instruction, ran: Ran) -> Iterator[Fetch]:
    step = ran.step
    words = [argument.text or "" for argument in step.arguments]
    models = command_models(step.program, words)
    if models is not None:
        yield Fetch(instruction, ran, models, _called(ran))
        return
    place = place_of(build, instruction, step)
    named = tuple(shell_loads((step.program, *words_of(step)), place.environment))
    if named:
        found = dict.fromkeys(load.model for load in named if load.model is not None)
        yield Fetch(instruction, ran, tuple(found), _called(ran), named)
        return
    files = image_file(build, instruction)
    for program in programs_of_step(build, step, place):
        if program.code is not None and _is_plain(program.code):
            continue
        loads = program_loads(build, program, files)
        names = {load.model: None for load in loads if load.model}
        text = Text(program.code) if program.code is not None else place.read(program.file) if program.file else None
        calls = text is not None and len(text.content) <= _MOST_TEXT and _CALLS.search(text.content) is not None
        if text is not None and calls and not names:  # the calls may go ways that are not followed
            names = {name: None for name in _ID.findall(text.content) if is_hub_id(name) and not name.endswith(".py")}
        sure = tuple(load for load in loads if load.path in (CODE, files(program.file or "")))
        own = calls or bool(sure)
        if not own and not _SAYS_SO.search(program.file or program.code or program.module or program.console or ""):
            continue  # code of the application that runs for some other reason, and could load models, too
        if loads or calls:
            code = None if text is None else text.content
            models = tuple(names) if own else ()
            yield Fetch(instruction, ran, models, _subject(program), loads, program.file, code, sure)


@lru_cache(maxsize=2048)
def _is_worth_reading(text: str) -> bool:
    """Whether a RUN may download models: a cheap test, remembered since most commands stay as they are."""
    if _WORTH_READING.search(text) or mentions_command(text) or mentions_script(text):
        return True
    rest = _CODE.sub(lambda code: "" if _is_plain(code[1] or code[2] or "") else code[0], text)
    return any(not rest.startswith(("&&", ";", "|", "\\"), found.end()) for found in _PYTHON.finditer(rest + " "))


@lru_cache(maxsize=512)
def _is_plain(code: str) -> bool:
    """Whether Python code imports nothing that downloads or starts something: a cheap test."""
    names = {name.partition(".")[0] for name in _IMPORTED.findall(code)}
    return names <= sys.stdlib_module_names - _REACHING and not _NAMED.search(code)


def _called(ran: Ran) -> str:
    step = ran.step
    first = step.arguments[0].text if step.arguments else None
    name = f"{step.program} {first}" if first in ("download", "pull", "clone") else step.program
    return f"{name} in {posixpath.basename(ran.within[-1].path)}" if ran.within else name


def _subject(program: Program) -> str:
    if program.file is not None:
        return posixpath.basename(program.file)
    return "python -c" if program.code is not None else program.module or program.console or "python"


def command_models(program: str, words: list[str]) -> tuple[str, ...] | None:
    """What the command of a tool downloads; ``None`` where it is no download of models. Words that are not known are
    empty.
    """
    operands = _operands(words)
    first = operands[0] if operands else ""
    if program in ("hf", "huggingface-cli") and first == "download":
        return tuple(operands[1:2])
    if program in ("spacy", "unidic") and first == "download":
        return tuple(operands[1:2]) or (f"the dictionary of {program}",)
    if program == "nltk.downloader":
        return tuple(operands) or ("the data of nltk",)
    if program == "demucs" and operands:
        return ("the default model of demucs",)
    if program == "ollama" and first == "pull":
        return tuple(operands[1:2])
    if program in ("wget", "curl", "aria2c"):
        names = [word.partition("?")[0] for word in words if "://" in word]
        found = tuple(posixpath.basename(name) for name in names if WEIGHTS.search(name))
        written = tuple(posixpath.basename(word) for word in words if "://" not in word and WEIGHTS.search(word))
        return found or (written if names else ()) or None
    if program == "gdown" and operands:
        return tuple(posixpath.basename(word) for word in words if WEIGHTS.search(word)) or ("a file of Google Drive",)
    if program == "git" and first == "clone":
        address = operands[1] if len(operands) > 1 else ""
        prefix = next((text for text in ("https://huggingface.co/", "https://hf.co/") if address.startswith(text)), "")
        name = address[len(prefix) :].removesuffix(".git").rstrip("/")
        return (name,) if prefix and not name.startswith(("spaces/", "datasets/")) else None
    return None


_VALUED = frozenset(
    ("--revision", "--include", "--exclude", "--repo-type", "--token", "--max-workers", "--local-dir", "--cache-dir")
) | frozenset(("-d", "--dir", "-O", "-o", "-b", "--branch", "--depth", "--local-dir-use-symlinks", "--id"))


def _operands(words: list[str]) -> list[str]:
    """The words of a command that are neither options nor their values."""
    found: list[str] = []
    skip = False
    for word in words:
        if not skip and word and not word.startswith("-"):
            found.append(word)
        skip = word in _VALUED
    return found


def option_of(fetch: Fetch, name: str) -> str | None:
    """The value of an option of the command that downloads; ``None`` where it has none, or one that is not known."""
    words = [argument.text or "" for argument in fetch.step.arguments]
    for number, word in enumerate(words):
        if word == name and number + 1 < len(words):
            return words[number + 1] or None
        if word.startswith(f"{name}="):
            return word.partition("=")[2] or None
    return None


def has_option(fetch: Fetch, *names: str) -> bool:
    """Whether the command that downloads is given one of some options."""
    return any((argument.text or "").partition("=")[0] in names for argument in fetch.step.arguments)
