"""Which options of ``prebake check`` go together."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence


def usage_problem(options: Namespace) -> str | None:
    """Why the options do not go together; ``None`` when they do."""
    if options.suggested and not (options.fix or options.diff):
        return "--suggested needs --fix or --diff"
    if options.diff and options.format != "text":
        return f"--diff prints a diff: it does not go with --format {options.format}"
    if options.stdin_filename is not None and options.paths not in ([], ["-"]):
        return "--stdin-filename takes no PATH"
    if options.stdin_filename is not None and os.path.isdir(options.stdin_filename):
        return f"--stdin-filename: {options.stdin_filename} is a folder"
    if options.context is not None and not os.path.isdir(options.context):
        return f"--context: {options.context} is no folder"
    for option in ("select", "ignore"):
        for selector in selectors(getattr(options, option)) or ():
            if not _names_a_rule(selector):
                return f"--{option}: no rule is called {selector!r} (prebake rule lists them)"
    if options.baseline is not None and not os.path.lexists(options.baseline):
        # A baseline is what a project has now: not one text, not what would be, not what a change brought in.
        given = (("diff", options.diff), ("since", options.since), ("stdin-filename", options.stdin_filename))
        for option, value in given:
            if value:
                return f"--baseline: {options.baseline} does not exist; it is written without --{option}"
    return None


def selectors(given: Sequence[str] | None) -> list[str] | None:
    """The codes, prefixes and names of an option that may be repeated; ``None`` when it is not given."""
    if given is None:
        return None
    return [selector.strip() for part in given for selector in part.split(",") if selector.strip()]


def _names_a_rule(selector: str) -> bool:
    from prebake.rules import REGISTRY

    code = selector.upper()
    return code == "ALL" or any(entry.code.startswith(code) or entry.name == selector for entry in REGISTRY)
