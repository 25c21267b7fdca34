"""The view of a Dockerfile that dockerfile-parse reads rightly, and its reading.

dockerfile-parse 2.0.1 is the parser of record for what is an instruction and which lines it takes, but it misreads
here-documents, blank lines in continuations, a byte order mark, an unfinished last line, ``\\\\`` at a line's end and
keywords that a continuation splits. The view has the same lines with these spelled out in a form it reads as Docker
reads the original. Where the two still differ, the pre-pass stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from prebake.syntax.logical import continuation_end
from prebake.syntax.prepass import Lines, Statement
from prebake.syntax.tokens import BLANKS

_ENDS = BLANKS + "\x1c\x1d\x1e\x1f\\"  # at a line's end dockerfile-parse would see a continuation
_STAND_IN = "_"  # in the view, for a keyword of other characters than letters and digits
_LONGEST_LINE = 1_000  # characters: dockerfile-parse copies an instruction's text for each of its lines
_MOST_LINES = 200  # of one instruction, the others become comments, for the same reason


def confirm(lines: Lines) -> None:
    """Let dockerfile-parse read the statements it has not read yet, and take the keywords from it."""
    statements = [statement for statement in lines.statements if not statement.header.confirmed]
    if not statements:
        return
    base = statements[0].line
    found = {(first, last): keyword for keyword, first, last in instructions(view(lines, statements))}
    for statement in statements:
        keyword = found.get((statement.line - base, statement.header_line - base))
        if keyword is not None and keyword != _STAND_IN:
            statement.header.keyword = keyword
        statement.header.confirmed = True


def instructions(text: str) -> list[tuple[str, int, int]]:
    """Keyword, first and last line (0-based) of the instructions that dockerfile-parse finds."""
    from dockerfile_parse import DockerfileParser

    # Given a file object and only read, it touches no file; without cache_content it splits lines at line feeds only.
    parser = DockerfileParser(fileobj=BytesIO(text.encode("utf-8", "replace")))
    return [
        (entry["instruction"], entry["startline"], entry["endline"])
        for entry in parser.structure
        if entry["instruction"] != "COMMENT"
    ]


def view(lines: Lines, statements: Sequence[Statement]) -> str:
    """The lines from the first to the last of the statements; those of other statements and between them are blank."""
    out: list[str] = []
    number = statements[0].line
    for statement in statements:
        out.extend([""] * (statement.line - number))
        out.extend(_lines_of(lines, statement))
        number = statement.header_line + 1
    return "\n".join(out) + "\n"


def _lines_of(lines: Lines, statement: Statement) -> list[str]:
    source = lines.lines[statement.line : statement.header_line + 1]
    last = len(source) - 1
    out: list[str] = []
    rest = statement.header.keyword_range[1]  # all up to the keyword's end goes into the view's first line
    for number, line in enumerate(source):
        end = continuation_end(line, lines.escape)
        content = line[max(rest, 0) : end if end >= 0 else None][:_LONGEST_LINE].strip()
        rest -= len(line) + 1
        if number == 0:
            content = f"{_keyword(statement)} {content}"
        elif number < last and (content[:1] in ("", "#") or number > _MOST_LINES):
            out.append("#")
            continue
        content = content.lstrip("#").rstrip(_ENDS)
        out.append(content if number == last else f"{content} \\")
    return out


def _keyword(statement: Statement) -> str:
    keyword = statement.header.keyword
    return keyword if keyword.isalnum() else _STAND_IN
