"""What a hover says about a finding: what it costs, why it matters, and what its fix will write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prebake.lsp.markup import block, code
from prebake.paths import relative
from prebake.sizes import files, human

if TYPE_CHECKING:
    from prebake.edits import FileEdit
    from prebake.findings import Cost, Finding, Fix
    from prebake.rules.base import Rule

_MOST_LINES = 16
"""Of what a fix writes into one file."""
_MOST_FILES = 3

_APPLICABILITY = {
    "safe": "Safe fix: the image stays the same",
    "suggested": "Suggested fix: look at what it changes",
}


def finding_page(rule: type[Rule], finding: Finding, root: str) -> str:
    """The page of a finding, in Markdown; paths are seen from ``root``."""
    parts = [f"### {rule.code} {rule.name}", rule.summary()]
    if finding.cost is not None:
        parts.append(f"**Cost:** {_cost(finding.cost)}")
    parts.append(_why(rule))
    if finding.fixes:
        parts += _fix(finding.fixes[0], root)
        if len(finding.fixes) > 1:
            others = "\n".join(f"- {fix.title} ({fix.applicability.value})" for fix in finding.fixes[1:])
            parts.append(f"Or:\n\n{others}")
    elif finding.no_fix is not None:
        parts.append(f"**No quick fix:** {finding.no_fix}")
    parts.append(f"[More on {rule.code}]({rule.url()})")
    return "\n\n".join(filter(None, parts))


def rule_page(rule: type[Rule]) -> str:
    """The page of a rule that a comment names, in Markdown."""
    parts = (f"### {rule.code} {rule.name}", rule.summary(), _why(rule), f"[More on {rule.code}]({rule.url()})")
    return "\n\n".join(filter(None, parts))


def _cost(cost: Cost) -> str:
    size = human(cost.bytes)
    return size if cost.files is None else f"{size} in {files(cost.files)}"


def _why(rule: type[Rule]) -> str:
    """The section of the rule's page that says why it matters."""
    sections = rule.page().split("\n## ")
    return next((body.strip() for section in sections if (body := _body(section))), "")


def _body(section: str) -> str:
    title, _, body = section.partition("\n")
    return body if title.startswith("Why") else ""


def _fix(fix: Fix, root: str) -> Iterator[str]:
    yield f"**{_APPLICABILITY[fix.applicability.value]}.** {fix.title}."
    if fix.explanation:
        yield f"{fix.explanation[0].upper()}{fix.explanation[1:].rstrip('.')}."
    for edit in fix.edits[:_MOST_FILES]:
        does = "Creates" if edit.creates else "Changes"
        yield f"{does} {code(relative(edit.path, root))}:\n\n{_written(edit)}"
    more = len(fix.edits) - _MOST_FILES
    if more > 0:
        yield f"It writes to {files(more)} more."


def _written(edit: FileEdit) -> str:
    """What an edit writes: the new file, or the lines that change."""
    after = edit.apply().content.split("\n")
    if edit.base is None:
        lines = after[:-1] if after and not after[-1] else after
        return block("", _first(lines))
    from difflib import unified_diff

    changes = list(unified_diff(edit.base.content.split("\n"), after, lineterm="", n=1))[3:]
    return block("diff", _first(["..." if line.startswith("@@") else line for line in changes]))


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_LINES
    shown = [line.rstrip("\r") for line in lines]
    return shown if more <= 1 else [*shown[:_MOST_LINES], f"... {more} more lines"]
