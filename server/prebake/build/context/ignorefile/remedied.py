"""How much of a build context is sent, as things are and with another ignore file."""

from __future__ import annotations

from collections.abc import Iterable

from prebake.build.build import Build
from prebake.build.context.transfer import transfer
from prebake.discovery import is_ignore_file
from prebake.edits import EditError, FileEdit
from prebake.findings import Fix
from prebake.paths import parent
from prebake.project.ignore.inforce import in_force
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.measuring.scan import ContextScan, Size
from prebake.text import Text


def rules_with(build: Build, fixes: Iterable[Fix]) -> IgnoreRules:
    """The ignore rules that would be in force with fixes of ignore files, as far as they go together; the earlier wins
    where they do not. Fixes that change other files as well are left out.
    """
    texts: dict[str, Text] = {}
    edits: dict[str, FileEdit] = {}
    for fix in fixes:
        if not all(is_ignore_file(edit.path[len(parent(edit.path)) :]) for edit in fix.edits):
            continue
        for edit in fix.edits:
            known = edits.get(edit.path)
            if known is not None and known.base is None:
                continue
            joined = edit if known is None else known._replace(edits=(*known.edits, *edit.edits))
            try:
                texts[edit.path] = joined.apply()
            except EditError:
                continue
            edits[edit.path] = joined
    if not texts:
        return build.ignore
    root = None if build.context.remote else build.context.root
    return in_force(build.snapshot.overlay(texts), build.path, root, build.settings.builder)


def sent_size(build: Build, scan: ContextScan, rules: IgnoreRules) -> Size:
    """What the builder is sent of a measured context under some rules: all that they let in, or what it asks for of
    that. Looks at every file of the context.
    """
    asked = transfer(build)
    if asked.whole:
        return scan.sent if rules == scan.rules else scan.sent_under(rules)
    from prebake.project.measuring.attribution import Attribution

    return Attribution(scan._replace(rules=rules), asked.selection).sent
