"""The rules. The registry is explicit: what is not in it does not exist."""

from __future__ import annotations

from prebake.rules.base import Rule
from prebake.rules.copy_before_install import CopyBeforeInstall
from prebake.rules.missing_dockerignore import MissingDockerignore
from prebake.rules.model_downloaded_at_startup import ModelDownloadedAtStartup
from prebake.rules.removed_download_command import RemovedDownloadCommand

REGISTRY: tuple[type[Rule], ...] = (
    MissingDockerignore,
    CopyBeforeInstall,
    ModelDownloadedAtStartup,
    RemovedDownloadCommand,
)


def by_code(selector: str) -> type[Rule] | None:
    """The rule with this code or name, in any case; ``None`` when there is none."""
    wanted = selector.lower()
    return next((rule for rule in REGISTRY if wanted in (rule.code.lower(), rule.name)), None)
