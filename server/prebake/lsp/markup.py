"""Markdown as hovers use it, and the same without marks for clients that show plain text."""

from __future__ import annotations

from collections.abc import Iterable

from prebake.regex import regex

_MARK = regex(r"\*\*|`+|\[([^\[\]`]*)\]\(([^()\s]*)\)")


def code(text: str) -> str:
    """A text as code, whatever is in it."""
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    fence = "`"
    while fence in line:
        fence += "`"
    # Readers take away a space at both ends of such code.
    spaced = "`" in line and line[0] == line[-1] == " "
    gap = " " if spaced or line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{gap}{line}{gap}{fence}"


def block(language: str, lines: Iterable[str]) -> str:
    """Lines as a block of code, whatever is in them."""
    body = "\n".join(lines)
    fence = "```"
    while fence in body:
        fence += "`"
    return f"{fence}{language}\n{body}\n{fence}"


def plain(markdown: str) -> str:
    """The text that Markdown of this server, or of a rule's page, stands for."""
    lines: list[str] = []
    fence: str | None = None
    for line in markdown.split("\n"):
        if fence is not None:
            if line == fence:
                fence = None
            else:
                lines.append(f"    {line}")
        elif line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        else:
            lines.append(_inline(line.lstrip("#").lstrip() if line.startswith("#") else line))
    return "\n".join(lines)


def _inline(line: str) -> str:
    """A line without marks; what stands in code stays as it is."""
    pieces: list[str] = []
    at = 0
    while (mark := _MARK.search(line, at)) is not None:
        pieces.append(line[at : mark.start()])
        at = mark.end()
        if mark[2] is not None:
            pieces.append(f"{mark[1]}: {mark[2]}")
        elif mark[0][0] == "`":
            end = line.find(mark[0], at)
            if end < 0:
                pieces.append(mark[0])
                continue
            inner = line[at:end]
            padded = len(inner) > 2 and inner[0] == inner[-1] == " " and "`" in inner
            pieces.append(inner[1:-1] if padded else inner)
            at = end + len(mark[0])
    return "".join((*pieces, line[at:]))
