"""Where a download of the build goes, and where the container looks for it: folders of the image."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from prebake.build.models.hub.cache import HUB_VARIABLES
from prebake.build.models.runs.fetches import Fetch
from prebake.build.steps import Step
from prebake.files import join
from prebake.project.models.catalogue import Entry
from prebake.project.starting import users
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.shell import ShellWord

_OTHER_USER = frozenset(("su", "sudo", "gosu", "su-exec", "runuser", "setpriv"))
_TELLS_FOLDER = regex(
    r"cache_dir|local_dir|cache_folder|download_root|output_dir|save_pretrained|\.save\(|HF_HOME|environ"
)
_HUB_LIBRARIES = regex(r"huggingface_hub|transformers|sentence_transformers|diffusers|datasets|faster_whisper|peft")


_OPTIONS = {
    **dict.fromkeys(("hf", "huggingface-cli"), ("--local-dir", "--cache-dir")),
    "nltk.downloader": ("-d", "--dir"),
    "wget": ("-O", "--output-document", "-P", "--directory-prefix"),
    "curl": ("-o", "--output"),
    "aria2c": ("-d", "--dir"),
}
"""The options that say where a command downloads to."""


class Family(NamedTuple):
    """Libraries with one cache: the variables that name its folder, each with what comes behind its value, and where it
    is in the home folder without them. ``variable`` is the one to set, empty where there is none, ``place`` a folder to
    set it to.
    """

    name: str
    variables: tuple[tuple[str, str], ...]
    default: str
    variable: str
    place: str


HUB = Family(
    "the Hugging Face Hub",
    (*((name, "") for name in HUB_VARIABLES), ("HF_HOME", "hub"), ("XDG_CACHE_HOME", "huggingface/hub")),
    ".cache/huggingface/hub",
    "HF_HOME",
    "/opt/hf",
)
TORCH = Family(
    "PyTorch Hub",
    (("TORCH_HOME", ""), ("XDG_CACHE_HOME", "torch")),
    ".cache/torch",
    "TORCH_HOME",
    "/opt/torch",
)
NLTK = Family("NLTK", (("NLTK_DATA", ""),), "nltk_data", "NLTK_DATA", "/opt/nltk_data")


class Stored(NamedTuple):
    """Where a download goes: a cache that the libraries of a ``family`` look into, or with ``option`` a folder that was
    named for it. ``variable`` is what decides it, ``None`` for the home folder.
    """

    folder: str
    family: Family | None
    variable: str | None = None
    option: ShellWord | None = None


@cache
def family_of(entry: Entry) -> Family | None:
    """The family of a library by its entry in the catalogue; ``None`` where it keeps its models anywhere else than in
    the home folder, which is where mistakes are made.
    """
    if entry.in_hub_cache:
        return HUB
    variables: list[tuple[str, str]] = []
    for template in entry.folders:
        text = template.partition("{model}")[0].rstrip("/")
        if text.startswith("~/"):
            set_by = entry.sets or (variables[0][0] if variables else "", f"/opt/{entry.id.partition('.')[0]}")
            return Family(entry.library, tuple(variables), text[2:], *set_by)
        if not text.startswith("$"):
            return None
        name, _, below = text[1:].partition("/")
        variables.append((name, below))
    return None


def home_of(user: str | None) -> str | None:
    """The home folder of a user; ``None`` where it cannot be told from the name."""
    name = users.name_of(user)
    return users.home_of(user) if name.isascii() and name[:1].isalpha() else None


def folder_of(family: Family, environment: Mapping[str, str | None], user: str | None) -> Stored | None:
    """The folder that a family's libraries use as this user with these variables; ``None`` where it is not known."""
    for name, below in family.variables:
        if name not in environment:
            continue
        value = environment[name]
        if value is None or not value.startswith("/"):
            if value == "":
                continue
            return None
        return Stored(join(value, below) if below else join("/", value), family, name)
    home = environment["HOME"] if "HOME" in environment else home_of(user)
    return None if not home or not home.startswith("/") else Stored(join(home, family.default), family)


def stored_by(fetch: Fetch) -> Stored | None:
    """Where a download of a RUN goes; ``None`` where that is not known."""
    step = fetch.step
    if any(wrapper in _OTHER_USER for wrapper in step.wrappers):
        return None
    option = _option(step, _OPTIONS.get(step.program, ()))
    family = _family(fetch)
    if option is not None:
        word, value = option
        path = step.absolute(value) if value is not None else None
        if path is None:
            return None
        return Stored(path, family if _named(word) == "--cache-dir" else None, None, word)
    if family is None:
        return None
    environment = {**step.state.args, **step.state.env, **step.variables}
    return folder_of(family, environment, step.state.user)


def _family(fetch: Fetch) -> Family | None:
    program = fetch.step.program
    if program in ("hf", "huggingface-cli"):
        return HUB
    if program == "nltk.downloader":
        return NLTK
    if program == "demucs":
        return TORCH
    if fetch.loads and (fetch.code is None or not _TELLS_FOLDER.search(fetch.code)):
        families = {family_of(load.entry) for load in fetch.loads}
        told = any(load.cache is not None or load.target is not None for load in fetch.loads)
        return families.pop() if len(families) == 1 and not told else None
    if fetch.code is not None and not _TELLS_FOLDER.search(fetch.code) and _HUB_LIBRARIES.search(fetch.code):
        return HUB if fetch.models else None
    return None


def _option(step: Step, names: tuple[str, ...]) -> tuple[ShellWord, str | None] | None:
    arguments = step.arguments
    for number, argument in enumerate(arguments):
        text, word = argument.text or "", argument.word
        if word is None:
            continue
        if text in names and number + 1 < len(arguments):
            return word, arguments[number + 1].text
        name, equals, value = text.partition("=")
        if equals and name in names:
            return word, value
    return None


def _named(word: ShellWord) -> str:
    return (word.value or word.raw).partition("=")[0]
