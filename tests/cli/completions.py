"""What shells are to offer: what is typed, what has to be among the offers, and what must not."""

from __future__ import annotations

from pathlib import Path

from tests.repositories import commit, git

CASES = (
    ("prebake ", {"check", "context", "rule", "server", "completion"}, {"--fix", "PB101"}),
    ("prebake ch", {"check"}, {"context"}),
    ("prebake check --f", {"--fix", "--format", "--fail-on"}, {"--tcp", "--depth"}),
    ("prebake check --format ", {"text", "json", "github", "sarif"}, {"error"}),
    ("prebake check --format s", {"sarif"}, {"json"}),
    ("prebake context --format ", {"text", "json"}, {"sarif"}),
    ("prebake check --fail-on e", {"error"}, {"warning"}),
    ("prebake check --select PB20", {"PB201", "PB202"}, {"PB101"}),
    ("prebake check --baseline pre", {"prebake.toml"}, {"sub"}),
    ("prebake check D", {"Dockerfile"}, {"prebake.toml"}),
    ("prebake check --fix D", {"Dockerfile"}, {"prebake.toml"}),
    ("prebake check --since rel", {"release-1"}, {"main"}),
    ("prebake rule copy-be", {"copy-before-install"}, {"PB101"}),
    ("prebake server --", {"--stdio", "--tcp"}, {"--fix"}),
    ("prebake completion f", {"fish"}, {"bash"}),
)


def project(root: Path) -> None:
    """A folder with something to complete."""
    commit(root, {"Dockerfile": "FROM x\n", "prebake.toml": "", "sub/with space/x": ""})
    git(root, "branch", "release-1")
