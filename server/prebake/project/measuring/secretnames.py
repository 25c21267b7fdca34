"""Files that may hold secrets, by their names alone: those that are worth a look while a context is walked over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prebake.regex import regex

MAX_BYTES = 64 * 1024
"""Files of more bytes are no files of secrets."""

NAMES = frozenset(
    {
        *(".env", ".envrc", ".dev.vars", ".netrc", "_netrc", ".pypirc", ".npmrc", ".yarnrc.yml", "pip.conf", "pip.ini"),
        *("uv.toml", ".git-credentials", ".dockercfg", ".dockerconfigjson", ".vault-token", ".pgpass", ".boto"),
        *(".s3cfg", "rclone.conf", "kubeconfig", "terraform.tfstate", "terraform.tfstate.backup", "kaggle.json"),
        *("secrets.toml", ".secrets.toml", "secrets.yaml", "secrets.yml", ".modal.toml"),
        *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"),
    }
)
OPAQUE = (".p12", ".pfx", ".jks", ".keystore")
"""Stores of keys whose content says nothing without a password."""

SUFFIXES = (".env", ".pem", ".key", ".ppk", ".tfvars", ".kubeconfig", *OPAQUE)

FOLDERS: Mapping[str, frozenset[str]] = {
    ".aws": frozenset({"credentials", "config"}),
    ".azure": frozenset({"accessTokens.json", "msal_token_cache.json", "service_principal_entries.json"}),
    ".docker": frozenset({"config.json"}),
    ".kube": frozenset({"config"}),
    ".cargo": frozenset({"credentials", "credentials.toml"}),
    ".kaggle": frozenset({"access_token"}),
    ".huggingface": frozenset({"token", "stored_tokens"}),
    "huggingface": frozenset({"token", "stored_tokens"}),
    "gh": frozenset({"hosts.yml"}),
}
"""Names that are too common outside of folders of a certain name."""

_TEMPLATES = (".example", ".sample", ".template", ".dist", ".default", ".defaults", ".vault")
_JSON = regex(
    r"service.?account|credential|adminsdk|secret|keyfile|(^|[-_.])(sa|gcp|keys?|oauth|token)[-_.]"
    r"|-[0-9a-f]{12}\.json$",
    re.IGNORECASE,
)


def may_hold_secret(name: str) -> bool:
    """Whether a file of this name is worth a look, whatever folder it lies in."""
    if name.endswith(".json"):
        return name in NAMES or _JSON.search(name) is not None
    if name.startswith(".env."):
        return not name.endswith(_TEMPLATES)
    return name in NAMES or name.endswith(SUFFIXES)
