"""Installs of torch in its CUDA build, and what says that the image runs on the CPU.

It is on the safe side: whatever speaks of a GPU, or of one of PyTorch's own indexes, ends the search.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from prebake.build.bases import is_plain_base
from prebake.build.build import Build, fact
from prebake.build.context.mentions import mentions
from prebake.build.context.use import needed_stages
from prebake.build.copies import SourceKind, copies
from prebake.build.installs.installers import Install, InstallCommand
from prebake.build.installs.manifests import readings
from prebake.build.installs.pythonpackages import Listed, listed
from prebake.build.startup import compose_services, final_chain, starts
from prebake.build.state import states
from prebake.data import load_table
from prebake.files import Kind, join, parent
from prebake.findings import Location
from prebake.project.contexts.layout import workflow_files
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.text import Position, Span, Text

_CHOSEN = regex(
    r"/whl/|\+cpu\b|\+cu\d|\+rocm|torch[-_]backend|cpuonly|\bcu1[0-9]\d\b|download\.pytorch|\.whl\b|pytorch[-_]cpu",
    re.IGNORECASE,
)
"""What a text says of a build of torch that somebody has chosen."""

_GPU = regex(r"cuda|nvidia|cudnn|rocm|\bgpus?\b|[-_.]gpu|gpu[-_.]|triton|neuron|habana|tensorrt|\bxpu\b", re.IGNORECASE)
_GPU_BASE = regex(
    r"cuda|nvidia|cudnn|rocm|gpu|pytorch|torch|tensorflow|triton|vllm|habana|neuron|l4t|deepspeed|cpu|arm64|aarch64",
    re.IGNORECASE,
)
"""Base images that are for a GPU, for another machine, or have a torch of their own."""

_HIDDEN = regex(r"CUDA_VISIBLE_DEVICES=(\"\"|''|\"?-1\"?)?(?=\s|$)")
_ASKS_FOR_GPU = regex(r"--gpus\b|nvidia|\bruntime:\s*nvidia|hostRequirements|\bcuda\b|-gpu\b", re.IGNORECASE)
_CPU_NAME = regex(r"(^|[._-])cpu($|[._-])", re.IGNORECASE)
_DEVICE = regex(r"([A-Z]+_)*DEVICE")
_ON_CPU = regex(
    r"map_location\s*=\s*(torch\.device\(\s*)?[\"']cpu[\"']|\bdevice\s*=\s*(torch\.device\(\s*)?[\"']cpu[\"']|\bdevice\s*=\s*-1\b"
)
_MAYBE_GPU = regex(
    r"cuda|gpu|\bmps\b|\bxpu\b|device_map|accelerat|environ.{0,80}device|getenv.{0,80}device|[\"']--device",
    re.IGNORECASE,
)
_MOST_FILES = 200
_LONGEST = 100_000
"""Instructions of more characters are not looked through; an image with one of them is left alone."""
_PLATFORM = regex(r"platform:\s*[\"']?linux/(arm|ppc|s390)")


class CpuEvidence(NamedTuple):
    """Why an image is known to run on the CPU, as the rest of "it runs on the CPU: ..."; ``location`` is where that
    stands, ``None`` for a name.
    """

    why: str
    location: Location | None = None


class TorchInstall(NamedTuple):
    """An install that brings torch in its CUDA build. ``listed`` are the requirements that do."""

    install: Install
    listed: tuple[Listed, ...]
    evidence: CpuEvidence


_NAMING = frozenset({"RUN", "ENV", "ARG"})
"""Instructions in which a package can be named."""


@fact
def cuda_torch_on_cpu(build: Build) -> tuple[TorchInstall, ...]:
    """The installs of torch's CUDA build in an image that is known to run on the CPU, in order."""
    if not _may_list(build):
        return ()
    gpu, wanted = _data()["packages"]["gpu"], _wanted()
    numbers = {stage.index for stage in needed_stages(build)}
    found: dict[int, list[Listed]] = {}
    for item in listed(build):
        if item.name in gpu:
            return ()
        if item.name in wanted and item.install.instruction.stage in numbers and _by_pip(item):
            found.setdefault(item.install.instruction.index, []).append(item)
    if not found or _chosen_in_dockerfile(build) or _other_machine(build):
        return ()
    if any(_chosen(text) for text in _manifest_texts(build)) or not _speaks_of_cpu(build):
        return ()
    evidence = _evidence(build)
    if evidence is None:
        return ()
    # What a later install names is there already.
    first = min(found)
    return (TorchInstall(found[first][0].install, tuple(found[first]), evidence),)


def _may_list(build: Build) -> bool:
    """Whether a manifest or a command may name a package that brings torch: a cheap test, certain where every COPY
    brings named files only.
    """
    texts = [item.raw for item in build.tree.instructions if item.keyword in _NAMING]
    for copy in copies(build).values():
        kinds = {source.kind for source in copy.sources}
        if any(item.folder for item in copy.mappings) or kinds & {SourceKind.ROOT, SourceKind.UNKNOWN, SourceKind.GLOB}:
            return True
        found = (build.snapshot.text(copy.files.absolute(item.context)) for item in copy.mappings)
        texts += [text.content for text in found if text is not None]
    if "--mount" in build.text.content:
        return True
    return any(map(_names_torch, texts))


@lru_cache(maxsize=2048)
def _names_torch(text: str) -> bool:
    normal = text.lower().replace("_", "-")
    return any(name in normal for name in _wanted())


@lru_cache(maxsize=1)
def _wanted() -> frozenset[str]:
    """The packages that are torch or bring it."""
    table = _data()["packages"]
    return frozenset((*table["torch"], *table["brings"]))


def cpu_index() -> str:
    """The index of the CPU builds."""
    index: str = _data()["cpu"]["index"]
    return index


def sizes() -> tuple[int, int]:
    """About how many bytes the CUDA build takes with its libraries, and the CPU build."""
    return _data()["cuda"]["bytes"], _data()["cpu"]["bytes"]


def only_torch(command: InstallCommand) -> bool:
    """Whether a command installs nothing but what the CPU index has."""
    names = {re.split(r"[^\w.-]", package)[0].lower() for package in command.packages}
    return (
        bool(names) and not command.requirements and not command.projects and names <= set(_data()["packages"]["torch"])
    )


def index_obstacle(build: Build, item: TorchInstall) -> str | None:
    """Why pip cannot be given another index in an install; ``None`` when it can."""
    for command in item.install.commands:
        if command.given & {"-i", "--index-url", "--extra-index-url", "--pypi-url", "--no-index", "-f", "--find-links"}:
            return "the install names an index already: it would have to be one with the CPU build"
        if command.given & {"--require-hashes", "--hash"}:
            return "the install wants certain hashes, which the CPU build does not have"
        for variable in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_CONFIG_FILE"):
            if command.step.sets(variable):
                return f"{variable} names an index: it would have to be one with the CPU build"
    for path, text in _texts_of(build, item.install):
        if "--hash" in text.content or "--require-hashes" in text.content:
            return f"{path} has hashes, which the CPU build does not have"
        if "index-url" in text.content or "--find-links" in text.content:
            return f"{path} names an index already: it would have to be one with the CPU build"
    for listing in item.listed:
        if listing.name in _data()["packages"]["torch"] and ("===" in listing.specifier or "<=" in listing.specifier):
            return f"`{listing.name}{listing.specifier}` rules the CPU build out: to pip, 1.0+cpu is more than 1.0"
    return None


def uv_obstacle(build: Build) -> str | None:
    """Why uv cannot be told which build to take; ``None`` when it can."""
    from packaging.version import Version

    least = _data()["uv"]["torch-backend"]
    for found in re.finditer(r"(?:/uv:|\buv==)(\d+\.\d+(?:\.\d+)?)", build.text.content):
        if Version(found[1]) < Version(least):
            return f"uv {found[1]} has no --torch-backend, which came with {least}"
    return None


def _speaks_of_cpu(build: Build) -> bool:
    """Whether anything may say that the image runs on the CPU, before all that would have to is looked for. It comes
    last: it may go through all modules of the project.
    """
    words = ("cpu", "lambda", "no-gpu", "no-cuda", "no_cuda", "cuda_visible")
    near = (build.path, build.text.content, *_service_texts(build))
    if any(word in text.lower() for text in near for word in words):
        return True
    files = mentions(build)
    root = build.context.root
    texts = (build.snapshot.text(join(root or "/", name)) for name in files.files[:_MOST_FILES])
    return any(text is not None and ("cpu" in text.content or "device" in text.content) for text in texts)


def _by_pip(item: Listed) -> bool:
    """Whether a requirement is certainly installed by pip or ``uv pip``: named, or in a file of requirements."""
    return item.command.installer.name in ("pip", "uv pip", "uv pip sync") and not item.place.endswith(
        (".toml", ".lock", ".yml", ".yaml")
    )


def _chosen(text: str) -> bool:
    return _CHOSEN.search(text) is not None


def _chosen_in_dockerfile(build: Build) -> bool:
    """Whether an instruction speaks of a build of torch or of a GPU, or a base image is for one."""
    for stage in needed_stages(build):
        state = states(build)[stage.instruction.index]
        base = state.expand(stage.base) or stage.base
        if build.stage_named(base, stage.index) is None and _GPU_BASE.search(base):
            return True
        for item in stage.instructions:
            if item.keyword in ("RUN", "ENV", "ARG", "CMD", "ENTRYPOINT", "COPY", "ADD"):
                text = _HIDDEN.sub("", _without_names(item)) if len(item.raw) < _LONGEST else ""
                if not text or _chosen(text) or _GPU.search(text):
                    return True
    return False


def _without_names(item: Instruction) -> str:
    """The text of an instruction without the arguments that say that there is no GPU."""
    text = item.raw
    for argument in _data()["evidence"]["arguments"]:
        text = text.replace(argument, "")
    return text


def _other_machine(build: Build) -> bool:
    """Whether an image may be for a processor other than x86-64, for which the default index has CPU builds."""
    if any(stage.platform and "amd64" not in stage.platform for stage in needed_stages(build)):
        return True
    return any(_PLATFORM.search(text) for text in _service_texts(build))


def _texts_of(build: Build, install: Install) -> Iterator[tuple[str, Text]]:
    for item in readings(build)[install.instruction.index].manifests:
        text = None if item.folder else build.snapshot.text(join(build.context.root or "/", item.provided.context))
        if text is not None:
            yield item.provided.context, text


def _manifest_texts(build: Build) -> Iterator[str]:
    numbers = {stage.index for stage in needed_stages(build)}
    texts: dict[str, Text] = {}
    for reading in readings(build).values():
        if reading.install.instruction.stage in numbers:
            texts.update(_texts_of(build, reading.install))
    return (text.content for text in texts.values())


def _evidence(build: Build) -> CpuEvidence | None:
    if any(_ASKS_FOR_GPU.search(text) for text in _service_texts(build)):
        return None
    named = _by_name(build)
    if named is not None:
        return named
    found = _by_setting(build) or _by_argument(build) or _by_code(build)
    return None if found is not None and any(map(_asks_for_gpu, _documents(build))) else found


def _by_name(build: Build) -> CpuEvidence | None:
    """What the names of the Dockerfile, its stage and its base image say."""
    name, folder = posixpath.basename(build.path), posixpath.basename(parent(build.path))
    if _CPU_NAME.search(name):
        return CpuEvidence(f"the Dockerfile is called {name}")
    if folder.lower() == "cpu":
        return CpuEvidence(f"the Dockerfile lies in a folder called {folder}")
    final = build.final_stage
    if final is not None and _CPU_NAME.search(final.name or ""):
        return CpuEvidence(f"its stage is called {final.name}", build.location(final.instruction))
    for stage in final_chain(build)[:1]:
        if any(known in stage.base for known in _data()["evidence"]["bases"]):
            return CpuEvidence(
                f"it is built on {stage.base}, for a service without GPUs", build.location(stage.instruction)
            )
    return None


def _by_setting(build: Build) -> CpuEvidence | None:
    """A variable of the image that says so, where no container is started with another value."""
    for stage in final_chain(build):
        for item in stage.instructions:
            for pair in item.pairs if item.keyword == "ENV" else ():
                value = (pair.value or "").strip("\"'")
                hides = pair.name == "CUDA_VISIBLE_DEVICES" and value in ("", "-1")
                if not hides and not (_DEVICE.fullmatch(pair.name) and value.lower() == "cpu"):
                    continue
                if all((start.environment.get(pair.name) or "") == value for start in starts(build)):
                    return CpuEvidence(f"`{pair.name}={value}` in line {item.line + 1}", build.location(item))
    return None


def _by_argument(build: Build) -> CpuEvidence | None:
    """An argument of what every container starts."""
    lines = [" ".join(start.words) + " " for start in starts(build)]
    for argument in _data()["evidence"]["arguments"] if lines else ():
        if all(f" {argument} " in line for line in lines):
            instruction = starts(build)[0].instruction
            return CpuEvidence(
                f"it is started with `{argument}`", None if instruction is None else build.location(instruction)
            )
    return None


def _by_code(build: Build) -> CpuEvidence | None:
    """Code that asks for the CPU, where none that the image runs speaks of anything else."""
    root = build.context.root
    stages = final_chain(build)
    if root is None or not stages or not is_plain_base(states(build)[stages[0].instructions[-1].index].base):
        return None
    found: CpuEvidence | None = None
    files = mentions(build)
    if not files.closed or len(files.files) > _MOST_FILES:
        return None
    for name in files.files:
        text = (
            build.snapshot.text(join(root, name)) if name.endswith((".py", ".yaml", ".yml", ".toml", ".json")) else None
        )
        if text is None or name.endswith(("pyproject.toml", "requirements.txt")):
            continue
        if _may_use_gpu(text):
            return None
        match = _ON_CPU.search(text.content) if name.endswith(".py") else None
        if match is not None and found is None and "torch" in text.content:
            start = text.position(match.start())
            place = Location(join(root, name), Span(start, text.position(match.end())))
            found = CpuEvidence(
                f"{name} line {start.line + 1} asks for it (`{match[0]}`), and no code for a GPU", place
            )
    return found


def _service_texts(build: Build) -> Iterator[str]:
    """What compose says of the services that run the image, as written."""
    for service in compose_services(build):
        text = build.snapshot.text(service.path)
        if text is None:
            continue
        from prebake.project.compose.services import services

        lines = sorted(other.line for other in services(build.snapshot, service.path))
        last = next((line for line in lines if line > service.line), text.line_count)
        yield text.content[text.offset(Position(service.line, 0)) : text.line_start(last)]


@lru_cache(maxsize=256)
def _asks_for_gpu(text: Text) -> bool:
    return _ASKS_FOR_GPU.search(text.content) is not None


@lru_cache(maxsize=256)
def _may_use_gpu(text: Text) -> bool:
    return _MAYBE_GPU.search(text.content) is not None


def _documents(build: Build) -> Iterator[Text]:
    """The files that may say how containers are started."""
    folders = dict.fromkeys((build.root, build.context.root or build.root, parent(build.path)))
    for folder in folders:
        for entry in build.snapshot.list(folder):
            lower = entry.name.lower()
            if entry.kind is Kind.FILE and (
                lower.startswith(("readme", "makefile", "justfile")) or lower.endswith((".sh", ".md"))
            ):
                yield build.snapshot.text(join(folder, entry.name)) or Text("")
    for path in (*workflow_files(build.snapshot, build.root), join(build.root, ".devcontainer/devcontainer.json")):
        yield build.snapshot.text(path) or Text("")


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    return load_table("torch")
