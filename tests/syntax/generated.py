"""Strategies that write Dockerfiles: sensible ones, odd ones, and token soup."""

from hypothesis import strategies as st

from prebake.syntax.forms import KEYWORDS

_KEYWORDS = sorted(KEYWORDS)
_keyword = st.sampled_from([*_KEYWORDS, *(keyword.lower() for keyword in _KEYWORDS), "Run", "Copy"])
_flag = st.sampled_from(
    [
        "--from=build",
        "--mount=type=cache,target=/root/.cache/pip",
        "--mount='type=bind,source=a b'",
        '--chown="1000:1000"',
        "--link",
        "--platform=$BUILDPLATFORM",
        "--interval=5s",
        "--a\\ b=c",
        "--",
    ]
)
_word = st.sampled_from(
    [
        "python:3.11",
        "AS",
        "base",
        "requirements.txt",
        "./",
        "/app",
        "pip install -r requirements.txt",
        "&&",
        "NAME=value",
        'QUOTED="a b"',
        "SINGLE='a \"b'",
        "ESCAPED=a\\ b",
        "EMPTY=",
        "$NAME",
        "${NAME:-de fault}",
        '"a b"',
        "'it is'",
        "a\\\\",
        "# no comment",
        "it's",
        '"open',
        "été",
        "日本",
        "CMD",
        "NONE",
        "<",
        "$((1<<2))",
        "<<<here",
        "-",
        "\u3000",
        "\x0b",
    ]
)
_json = st.sampled_from(
    [
        '["python", "-m", "app"]',
        '[ "a b" ,\t"c" ]',
        '["\\u00e9", "\\n", "\\\\"]',
        "[]",
        "[ ]",
        '["a",]',
        '["a" "b"]',
        "['a', 'b']",
        '["a", "b"] c',
        '["a", "b"',
        '["a\tb"]',
        '[["a"]]',
        "[1, 2]",
        '["a", null]',
        "[NaN]",
        "[[",
    ]
)
_blank = st.sampled_from([" ", "  ", "\t", " \t"])
_line_end = st.sampled_from(["\n", "\n", "\n", "\r\n"])
_gap = st.sampled_from(["", "", "\n", "  \n", "# a comment\n", "  # indented\n", "#\n", "\t\n", "\r\n"])
_join = st.sampled_from(
    [
        " ",
        " ",
        " ",
        "  ",
        "\t",
        " \\\n",
        " \\\n    ",
        "\\\n",
        " \\ \t\n  ",
        " \\\r\n ",
        " \\\n\n ",
        " \\\n# inside\n  ",
        "\\\n\\\n",
        " \\\n  #\n\n",
    ]
)
_name = st.sampled_from(
    ["EOF", "'EOF'", '"EOF"', "E'O'F", "file.txt", "X", "-EOF", "$EOF", "'two words'", "EO\\'F", ""]
)
_body_line = st.sampled_from(
    ["echo hello", "FROM x", "\tindented", "# comment", "", "ends \\", "EOF ", " EOF", "<<EOF", "ENV A=1", "COPY . ."]
)


@st.composite
def _arguments(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.one_of(_word, _word, _json), min_size=0, max_size=4))
    text = ""
    for word in words:
        text += draw(_join) + word
    return text


@st.composite
def _heredoc(draw: st.DrawFn) -> str:
    opener = draw(st.sampled_from(["<<", "<<-", "3<<"]))
    name = draw(_name)
    end = draw(_line_end)
    body = "".join(line + end for line in draw(st.lists(_body_line, max_size=3)))
    plain = name.replace("\\'", "\0").replace("'", "").replace('"', "").replace("\0", "'")
    indent = draw(st.sampled_from(["", "", "\t"]))
    command = draw(st.sampled_from(["", " cat", " python3 -"]))
    keyword = draw(st.sampled_from(["RUN", "COPY", "ADD", "ONBUILD RUN", "USER", "onbuild copy"]))
    after = draw(st.sampled_from(["", " /dest", " > out", " | sh"]))
    return f"{keyword}{command} {opener}{name}{after}{end}{body}{indent}{plain}{end}"


@st.composite
def instructions(draw: st.DrawFn) -> str:
    """One instruction with its last line end."""
    if draw(st.integers(0, 6)) == 0:
        return draw(_heredoc())
    indent = draw(st.sampled_from(["", "", "", " ", "\t", "\\\n"]))
    keyword = draw(_keyword)
    if draw(st.integers(0, 15)) == 0:
        keyword = f"{keyword[:1]}\\\n{keyword[1:]}"
    flags = "".join(draw(_blank) + flag for flag in draw(st.lists(_flag, max_size=2)))
    return indent + keyword + flags + draw(_arguments()) + draw(st.sampled_from(["", "", " ", "\t"])) + draw(_line_end)


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """A file of such instructions, with directives, comments and blank lines; the last line may be unfinished."""
    parts = [
        draw(
            st.sampled_from(
                ["", "", "# syntax=docker/dockerfile:1\n", "# escape=\\\n", "#syntax = a b\n# escape = \\\n"]
            )
        )
    ]
    for instruction in draw(st.lists(instructions(), min_size=1, max_size=6)):
        parts.append(draw(_gap))
        parts.append(instruction)
    parts.append(draw(_gap))
    text = "".join(parts)
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    if "escape" not in parts[0] and draw(st.integers(0, 9)) == 0:
        text = "# escape=`\n" + text.replace("\\", "`")
    return text


_PIECES = [
    *" \t\n\n\n\\\\#`'\"$<>-=[],{}:/&|;()",
    "\r\n",
    "\\\n",
    "<<EOF",
    "EOF\n",
    "# ",
    "# escape=`\n",
    "\n# c\n",
    "${",
    "\u2028",
    "\x0c",
    "\x1c",
    "\ufeff",
    "\udc80",
    "é",
    "a",
    "--x=",
    "FROM ",
    "RUN ",
    "COPY ",
    "ENV ",
    "ONBUILD ",
    "HEALTHCHECK ",
    '["a", "b"]',
]

soup = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)
"""Any order of the characters and words that mean something in a Dockerfile."""

texts = st.one_of(dockerfiles(), soup, st.text(max_size=60))
"""Anything."""
