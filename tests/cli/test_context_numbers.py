"""The numbers of `prebake context` are those of the rules, in any tree."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from prebake.project.ignore.rules import rules_of
from prebake.text import Text
from tests.cli.conftest import Run
from tests.cli.contexts import BROAD, flat, loaded
from tests.project.test_scan import LINES, TREES
from tests.rules.trees import make_tree


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES, LINES)
def test_the_numbers_are_those_of_the_rules(
    run: Run, tmp_path_factory: pytest.TempPathFactory, tree: dict[str, int], patterns: list[str]
) -> None:
    root = tmp_path_factory.mktemp("context")
    files = {name: size for name, size in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    make_tree(root, {name: {"size": size} for name, size in files.items()})
    make_tree(root, {"Dockerfile": BROAD, ".dockerignore": "\n".join(patterns)})
    contexts = loaded(run("context", "--all", "--format", "json", str(root)).out)
    entries = flat(contexts[0]["tree"])
    rules = rules_of(Text("\n".join(patterns)), "")
    prefix = os.path.relpath(root)
    for name, size in files.items():
        entry = entries[f"{prefix}/{name}"]
        assert entry["bytes"] == (0 if rules.arrives_empty(name) else size)
        assert entry["sent"]["files"] == int(rules.sends(name))
