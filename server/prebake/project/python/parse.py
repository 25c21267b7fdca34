"""Python source to a syntax tree, also while it is being typed.

Nothing is ever executed. A file that does not parse is repaired line by line, a bounded number of times, so that one
half-typed statement does not hide the rest. Line numbers stay those of the file.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache

from prebake.regex import regex
from prebake.text import Position, Span, Text

MAX_SOURCE = 2_000_000
"""Longer files are taken for data and read as empty (characters)."""
MAX_REPAIRS = 40

FILE = "<project>"
"""What the parser is told that the file is called: its warnings go by that."""
_HEADER = regex(
    r"(\s*)(?:(async\s+)?(def)\s+(\w+)|(class)\s+(\w+)|(if|elif|else|try|except|finally|while|for|with|match)\b)"
)
_OF_LINE = regex(r"on line (\d+)")
_HEADERS = {
    "if": "if 1:",
    "elif": "elif 1:",
    "else": "else:",
    "try": "try:",
    "except": "except Exception:",
    "finally": "finally:",
}

# The parser warns of invalid escapes in the project's strings: nothing that concerns our user.
warnings.filterwarnings("ignore", category=SyntaxWarning, module=re.escape(FILE))
warnings.filterwarnings("ignore", category=DeprecationWarning, module=re.escape(FILE))


@lru_cache(maxsize=4096)
def parse(text: Text) -> ast.Module:
    """The tree of a Python file, remembered by content; what cannot be repaired is an empty module. Never raises."""
    if len(text.content) > MAX_SOURCE:
        return ast.Module(body=[], type_ignores=[])
    # Python ends lines at a lone carriage return as well, and takes neither NUL nor lone surrogates.
    source = re.sub(r"\r(?!\n)|[\x00\ud800-\udfff]", " ", text.content)
    try:
        return ast.parse(source, FILE)
    except SyntaxError as error:
        return _repaired(source.split("\n"), error)
    except (ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _repaired(lines: list[str], error: SyntaxError) -> ast.Module:
    for _ in range(MAX_REPAIRS):
        _blank(lines, error)
        try:
            return ast.parse("\n".join(lines), FILE)
        except SyntaxError as next_error:
            error = next_error
        except (ValueError, RecursionError, MemoryError):
            break
    return ast.Module(body=[], type_ignores=[])


def _blank(lines: list[str], error: SyntaxError) -> None:
    """Replace the line at fault by one that parses and keeps the block structure."""
    at = min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
    while at and not lines[at].strip():
        at -= 1  # an error at the end of the file belongs to the last line that says something
    of_line = _OF_LINE.search(error.msg or "")
    if isinstance(error, IndentationError) and of_line:  # a header whose block is missing
        at = min(int(of_line[1]) - 1, len(lines) - 1)
        if lines[at].rstrip().endswith(":"):
            lines[at] = lines[at].rstrip() + " pass"
            return
    line = lines[at]
    indentation = line[: len(line) - len(line.lstrip())]
    header = _HEADER.match(line)
    replacement = indentation + "pass"
    if header and _has_block(lines, at, len(indentation)):
        replacement = indentation + _header(header)
    if isinstance(error, IndentationError) or replacement == line:
        replacement = ""
    lines[at] = replacement


def _has_block(lines: list[str], at: int, indentation: int) -> bool:
    for line in lines[at + 1 :]:
        if line.strip():
            return len(line) - len(line.lstrip()) > indentation
    return False


def _header(header: re.Match[str]) -> str:
    if header[3]:
        return f"{header[2] or ''}def {header[4]}(*_a, **_k):"
    if header[5]:
        return f"class {header[6]}:"
    return _HEADERS.get(header[7], "if 1:")


def span_of(text: Text, node: ast.expr | ast.stmt) -> Span:
    """Where a node of :func:`parse`'s tree stands in the file.

    The tree counts columns in UTF-8 bytes, a span in code points.
    """
    end_line = (node.end_lineno or node.lineno) - 1
    end_column = node.col_offset if node.end_col_offset is None else node.end_col_offset
    return Span(_position(text, node.lineno - 1, node.col_offset), _position(text, end_line, end_column))


def call_at(text: Text, span: Span) -> ast.Call | None:
    """The call that stands at this span of a Python file; ``None`` when there is none."""
    for node in ast.walk(parse(text)):
        if isinstance(node, ast.Call) and node.lineno - 1 == span.start.line and span_of(text, node) == span:
            return node
    return None


def _position(text: Text, line: int, column: int) -> Position:
    content = text.line(line)
    if content.isascii():
        return Position(line, min(column, len(content)))
    head = content.encode("utf-8", "replace")[:column].decode("utf-8", "ignore")
    return Position(line, len(head))
