"""Here-documents."""

import pytest

from prebake.syntax.dockerfile import Heredoc, parse
from prebake.text import Text


def heredocs(content: str) -> list[tuple[str, bool, bool, str]]:
    """Name, expand, chomp and body of those of the first instruction, which must take the whole text."""
    text = Text(content)
    first, *others = parse(text).instructions
    assert not others
    return [(item.name, item.expand, item.chomp, item.body) for item in first.heredocs]


HEREDOCS = {
    "plain": ("RUN <<EOF\na\n b\nEOF\n", [("EOF", True, False, "a\n b\n")]),
    "empty": ("RUN <<EOF\nEOF\n", [("EOF", True, False, "")]),
    "no last line end": ("RUN <<EOF\na\nEOF", [("EOF", True, False, "a\n")]),
    "single quotes": ("RUN <<'EOF'\n$a\nEOF\n", [("EOF", False, False, "$a\n")]),
    "double quotes": ('RUN <<"EOF"\n$a\nEOF\n', [("EOF", False, False, "$a\n")]),
    "part of the name quoted": ("RUN <<E'O'F\na\nEOF\n", [("EOF", False, False, "a\n")]),
    "escaped quote in the name": ("RUN <<EO\\'F\na\nEO'F\n", [("EO'F", True, False, "a\n")]),
    "tabs before the terminator": ("RUN <<-EOF\n\ta\n\tEOF\n", [("EOF", True, True, "\ta\n")]),
    "tabs and quotes": ("RUN <<-'EOF'\n\ta\n\t\tEOF\n", [("EOF", False, True, "\ta\n")]),
    "blank before the name": ("RUN <<  EOF > out\na\nEOF\n", [("EOF", True, False, "a\n")]),
    "descriptor": ("RUN cat 3<<EOF\na\nEOF\n", [("EOF", True, False, "a\n")]),
    "name with blanks": ("RUN <<'two words'\na\ntwo words\n", [("two words", False, False, "a\n")]),
    "name that is a variable": ("RUN <<$EOF\na\n$EOF\n", [("$EOF", True, False, "a\n")]),
    "name that is a path": ("COPY <<app/x.py /y\na\napp/x.py\n", [("app/x.py", True, False, "a\n")]),
    "two": ("COPY <<A <<-B /x/\na\nB\nA\n\tb\n\tB\n", [("A", True, False, "a\nB\n"), ("B", True, True, "\tb\n")]),
    "terminator must stand alone": ("RUN <<E\n E\nE \nEE\nE\n", [("E", True, False, " E\nE \nEE\n")]),
    "flags and commands around it": (
        "RUN --mount=type=cache,target=/c python3 <<EOF && echo done\nimport x\nEOF\n",
        [("EOF", True, False, "import x\n")],
    ),
    "announced in a continuation": ("RUN cat \\\n  <<EOF\na\nEOF\n", [("EOF", True, False, "a\n")]),
    "comments and escapes mean nothing inside": ("RUN <<E\n# a\nb \\\nE\n", [("E", True, False, "# a\nb \\\n")]),
    "CRLF": ("RUN <<EOF\r\na\r\nEOF\r\n", [("EOF", True, False, "a\r\n")]),
    "ADD": ("ADD <<EOF /x\na\nEOF\n", [("EOF", True, False, "a\n")]),
    "lower case": ("run <<EOF\na\nEOF\n", [("EOF", True, False, "a\n")]),
    "ONBUILD": ("ONBUILD COPY <<EOF /x\na\nEOF\n", [("EOF", True, False, "a\n")]),
}


@pytest.mark.parametrize("name", HEREDOCS)
def test_heredocs(name: str) -> None:
    content, expected = HEREDOCS[name]
    assert heredocs(content) == expected


@pytest.mark.parametrize(
    "line",
    [
        'RUN echo "<<EOF"',
        "RUN echo '<<EOF'",
        "RUN cat <<<EOF",
        "RUN echo $((1<<EOF))",
        "RUN a<<EOF",
        "RUN echo \\<<EOF",
        "RUN cat <EOF",
        "RUN cat <<",
        'RUN ["cat", "<<EOF"]',
        "CMD cat <<EOF",
        "ONBUILD CMD <<EOF",
        "RUN echo it's <<EOF",  # the open quote leaves BuildKit without any
    ],
)
def test_what_is_no_heredoc(line: str) -> None:
    first, second = parse(Text(f"{line}\nEOF\n")).instructions
    assert (first.heredocs, first.end_line, second.keyword) == ((), 0, "EOF")


def test_places() -> None:
    text = Text("FROM a\nCOPY <<A <<B /x\r\na\r\nA\r\nB\r\nUSER c\n")
    copy = parse(text).instructions[1]
    first, second = copy.heredocs
    assert isinstance(first, Heredoc)
    assert copy.raw[first.start : first.end] == first.body == "a\r\n"
    assert copy.raw[: first.terminator_end].endswith("a\r\nA")
    assert (second.start, second.end, copy.raw[second.end : second.terminator_end]) == (second.end, second.start, "B")
    assert text.slice(copy.span) == "COPY <<A <<B /x"


def test_onbuild_and_its_instruction_have_the_same() -> None:
    onbuild = parse(Text("ONBUILD RUN <<E\na\nE\n")).instructions[0]
    assert onbuild.onbuild is not None
    assert onbuild.heredocs == onbuild.onbuild.heredocs != ()
