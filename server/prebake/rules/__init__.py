"""The rules. The registry is explicit: what is not in it does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.rules.base import Rule


class Entry(NamedTuple):
    """A rule by its code and name; ``find`` imports it, which takes longer than a short file needs to be checked.

    ``mentions`` are words in lower case of which a Dockerfile has at least one, in any case, where the rule can have
    anything to say; none stand for every Dockerfile. ``of_ignore_file``: it speaks of patterns, so that it has nothing
    to say where no ignore file is in force.
    """

    code: str
    name: str
    find: Callable[[], type[Rule]]
    mentions: tuple[str, ...] = ()
    of_ignore_file: bool = False

    @property
    def rule(self) -> type[Rule]:
        """The rule itself."""
        return self.find()

    def is_mentioned(self, text: str) -> bool:
        """Whether one of its words stands in a text, given in lower case."""
        return any(word in text for word in self.mentions)


def _in(module: str, rule: str) -> Callable[[], type[Rule]]:
    def find() -> type[Rule]:
        found: type[Rule] = getattr(import_module(f"prebake.rules.{module}"), rule)
        return found

    return find


_PYTHON = ("python ", "python3", '"python')
"""How Python is run, which is not how its image is called."""
_SCRIPTS = (".sh", "./", "bash ", " sh ", "make")
"""How scripts of the project are run."""
_DOWNLOADS = (
    *_SCRIPTS,
    *("hf", "hugging", *_PYTHON, ".py", "<<", "nltk", "spacy", "unidic", "demucs", "wget", "curl", "aria2c", "ollama"),
    *("gdown", "git clone", "rembg", "aws", "gsutil", "gcloud", "piper"),
)

REGISTRY: tuple[Entry, ...] = (
    Entry("PB101", "missing-dockerignore", _in("missing_dockerignore", "MissingDockerignore")),
    Entry("PB102", "junk-in-context", _in("junk_in_context", "JunkInContext"), ("copy", "add", "mount")),
    Entry(
        "PB103",
        "ignore-pattern-matches-root-only",
        _in("ignore_pattern_matches_root_only", "IgnorePatternMatchesRootOnly"),
        of_ignore_file=True,
    ),
    Entry(
        "PB104",
        "invalid-ignore-pattern",
        _in("invalid_ignore_pattern", "InvalidIgnorePattern"),
        of_ignore_file=True,
    ),
    Entry("PB105", "copy-source-ignored", _in("copy_source_ignored", "CopySourceIgnored"), ("copy", "add", "mount")),
    Entry("PB106", "copy-source-missing", _in("copy_source_missing", "CopySourceMissing"), ("copy", "add", "mount")),
    Entry("PB107", "secret-in-context", _in("secret_in_context", "SecretInContext"), ("copy", "add")),
    Entry("PB108", "ignore-file-not-in-force", _in("ignore_file_not_in_force", "IgnoreFileNotInForce")),
    Entry(
        "PB109",
        "ineffective-ignore-pattern",
        _in("ineffective_ignore_pattern", "IneffectiveIgnorePattern"),
        of_ignore_file=True,
    ),
    Entry("PB201", "copy-before-install", _in("copy_before_install", "CopyBeforeInstall"), ("copy", "add")),
    Entry(
        "PB202",
        "system-packages-after-project-files",
        _in("system_packages_after_project_files", "SystemPackagesAfterProjectFiles"),
        ("apt", "apk", "yum", "dnf", "zypper", "pacman"),
    ),
    Entry(
        "PB203",
        "weights-share-a-layer-with-code",
        _in("weights_share_a_layer_with_code", "WeightsShareALayerWithCode"),
        ("copy", "add"),
    ),
    Entry(
        "PB204",
        "volatile-arg-before-install",
        _in("volatile_arg_before_install", "VolatileArgBeforeInstall"),
        ("arg",),
    ),
    Entry(
        "PB205",
        "recursive-chown-duplicates-layer",
        _in("recursive_chown_duplicates_layer", "RecursiveChownDuplicatesLayer"),
        ("chown", "chmod", "chgrp"),
    ),
    Entry(
        "PB206",
        "package-cache-kept",
        _in("package_cache_kept", "PackageCacheKept"),
        ("pip", "uv", "poetry", "pdm", "conda", "mamba", "npm", "yarn"),
    ),
    Entry(
        "PB207",
        "apt-recommends-or-lists-kept",
        _in("apt_recommends_or_lists_kept", "AptRecommendsOrListsKept"),
        ("apt-get", "apt ", '"apt"'),
    ),
    Entry("PB208", "apt-update-alone", _in("apt_update_alone", "AptUpdateAlone"), ("apt-get", "apt ", '"apt"')),
    Entry(
        "PB209",
        "project-install-reinstalls-dependencies",
        _in("project_install_reinstalls_dependencies", "ProjectInstallReinstallsDependencies"),
        ("copy", "add"),
    ),
    Entry(
        "PB210",
        "cleanup-in-a-later-layer",
        _in("cleanup_in_a_later_layer", "CleanupInALaterLayer"),
        ("rm ", '"rm"', "clean", "purge", "unlink"),
    ),
    Entry("PB211", "gpu-packages-on-cpu-image", _in("gpu_packages_on_cpu_image", "GpuPackagesOnCpuImage"), ("pip",)),
    Entry("PB301", "model-downloaded-at-startup", _in("model_downloaded_at_startup", "ModelDownloadedAtStartup")),
    Entry(
        "PB302",
        "removed-download-command",
        _in("removed_download_command", "RemovedDownloadCommand"),
        ("huggingface-cli", "--resume-download", "--local-dir-use-symlinks"),
    ),
    Entry(
        "PB303",
        "baked-model-still-calls-network",
        _in("baked_model_still_calls_network", "BakedModelStillCallsNetwork"),
        ("hf", "hugging", *_PYTHON, ".py", "transformers"),
    ),
    Entry(
        "PB304",
        "baked-where-the-code-does-not-look",
        _in("baked_where_the_code_does_not_look", "BakedWhereTheCodeDoesNotLook"),
        _DOWNLOADS,
    ),
    Entry(
        "PB305",
        "token-in-image",
        _in("token_in_image", "TokenInImage"),
        (
            *("token", "key", "secret", " pat", "_pat", "hf_", "sk-", "ghp_", "gho_", "ghs_", "github_", "xox", "aiza"),
            *("npm_", "pypi-", "r8_", "gsk_", "nvapi-", "sg.", "netrc", "credentials", "kaggle", ".env"),
        ),
    ),
    Entry(
        "PB306",
        "model-downloaded-again-on-code-edit",
        _in("model_downloaded_again_on_code_edit", "ModelDownloadedAgainOnCodeEdit"),
        _DOWNLOADS,
    ),
    Entry(
        "PB307",
        "download-failure-ignored",
        _in("download_failure_ignored", "DownloadFailureIgnored"),
        ("||", ";", "<<", "curl", *_PYTHON, ".py", "for ", *_SCRIPTS),
    ),
    Entry(
        "PB308",
        "ignored-cache-variable",
        _in("ignored_cache_variable", "IgnoredCacheVariable"),
        ("transformers_cache", "pretrained_bert_cache", "enable_hf_transfer"),
    ),
    Entry("PB901", "unused-ignore-comment", _in("unused_ignore_comment", "UnusedIgnoreComment"), ("prebake",)),
)


def that_may_concern(instructions: Iterable[str]) -> Iterator[Entry]:
    """The rules that can have anything to say about a Dockerfile with these instructions, in the registry's order."""
    mentioned = frozenset().union(*map(_mentioned, instructions))
    return (entry for entry in REGISTRY if not entry.mentions or entry.code in mentioned)


@lru_cache(maxsize=4096)
def _mentioned(instruction: str) -> frozenset[str]:
    """The codes of the rules that an instruction mentions: most instructions stay as they are while one is edited."""
    text = instruction.lower()
    return frozenset(entry.code for entry in REGISTRY if entry.is_mentioned(text))


def all_rules() -> tuple[type[Rule], ...]:
    """Every rule, in the order of the registry."""
    return tuple(entry.rule for entry in REGISTRY)


def by_code(selector: str) -> type[Rule] | None:
    """The rule with this code or name, in any case; ``None`` when there is none."""
    wanted = selector.lower()
    return next((entry.rule for entry in REGISTRY if wanted in (entry.code.lower(), entry.name)), None)
