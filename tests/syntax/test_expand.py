"""Variables: expansion by the rules of the Dockerfile reference and BuildKit's lexer, and references."""

import pytest

from prebake.syntax.expand import Reference, expand, references

VALUES = {
    "x": "python:3.11-slim",
    "empty": "",
    "path": "/usr/local/lib/a.so",
    "n": "1",
    "été": "summer",
    "_a1": "under",
}

EXPANDED = {
    # plain
    "": "",
    "text": "text",
    "$x": "python:3.11-slim",
    "${x}": "python:3.11-slim",
    "a$n.b${n}c": "a1.b1c",
    "$_a1-$été": "under-summer",
    "$empty": "",
    "$": "$",
    "a$ b": "a$ b",
    "$.x": "$.x",
    # defaults and alternatives
    "${x:-d}": "python:3.11-slim",
    "${none:-d}": "d",
    "${none-d}": "d",
    "${empty:-d}": "d",
    "${empty-d}": "",
    "${none:-}": "",
    "${none:-a b}": "a b",
    "${none:-${n}$n}": "11",
    "${none:-${other:-deep}}": "deep",
    "${none:-a\\}b}": "a}b",
    "${none:-'}'}": "}",
    '${none:-"$n}"}': "1}",
    "${x:+d}": "d",
    "${x+d}": "d",
    "${none:+d}": "",
    "${none+d}": "",
    "${empty:+d}": "",
    "${empty+d}": "d",
    "${x:?message}": "python:3.11-slim",
    "${empty?message}": "",
    # the part of the word that is not used may hold what is not known
    "${x:-$none}": "python:3.11-slim",
    "${none:+$other}": "",
    # prefixes and suffixes
    "${path#/}": "usr/local/lib/a.so",
    "${path#*/}": "usr/local/lib/a.so",
    "${path##*/}": "a.so",
    "${path%/*}": "/usr/local/lib",
    "${path%%/*}": "",
    "${path%.so}": "/usr/local/lib/a",
    "${path#nothing}": "/usr/local/lib/a.so",
    "${path%.??}": "/usr/local/lib/a",
    "${x%-*}": "python:3.11",
    "${x#*:}": "3.11-slim",
    "${x%%[0-9]*}": "python:3.11-slim",  # brackets have no meaning here
    "${x#${none:-python}}": ":3.11-slim",
    # replacement
    "${x/slim/bookworm}": "python:3.11-bookworm",
    "${path/l/L}": "/usr/Local/lib/a.so",
    "${path//l/L}": "/usr/LocaL/Lib/a.so",
    "${path/\\//_}": "_usr/local/lib/a.so",
    "${path//\\//_}": "_usr_local_lib_a.so",
    "${path/l*b/X}": "/usr/X/a.so",
    "${path//*/X}": "X",
    "${path/nothing/X}": "/usr/local/lib/a.so",
    # quotes and escapes
    "'$x'": "$x",
    '"$n"': "1",
    "'a'\"b\"c": "abc",
    "\\$x": "$x",
    '"\\$x"': "$x",
    "\\'a\\'": "'a'",
    '"a\\"b"': 'a"b',
    '"a\\nb"': "a\\nb",
    "a\\nb": "anb",
    "a\\\\b": "a\\b",
    "'a\\b'": "a\\b",
    '"it\'s"': "it's",
    "a\\": "a",
    '""': "",
    # not known
    "$none": None,
    "a${none}b": None,
    '"$none"': None,
    "'$none'": "$none",
    "${none:-$other}": None,
    "${x:+$none}": None,
    "${none#a}": None,
    "${none%a}": None,
    "${none/a/b}": None,
    "${x#$none}": None,
    "${none:?message}": None,
    "${empty:?message}": None,
    "$1": None,
    "$@": None,
    # malformed
    "${x": None,
    "${x:-a": None,
    "${}": None,
    "${:x}": None,
    "${{x}}": None,
    "${x!y}": None,
    "${x:=d}": None,
    "${x:#a}": None,
    "${x/a}": None,
    "${x#\\a}": None,
    "'a": None,
    '"a': None,
    '"${x"': None,
}


@pytest.mark.parametrize("raw", EXPANDED)
def test_expand(raw: str) -> None:
    assert expand(raw, VALUES.get) == EXPANDED[raw]


def test_backtick_as_escape_character() -> None:
    assert expand("c:\\dir\\`$x", VALUES.get, "`") == "c:\\dir\\$x"
    assert expand('"`"$n`""', VALUES.get, "`") == '"1"'


def test_values_are_not_read_again() -> None:
    assert expand("$a", {"a": "$b 'c' \\"}.get) == "$b 'c' \\"


def test_line_feeds_stop_stars() -> None:
    assert expand("${a##*b}", {"a": "1b\n2b3"}.get) == "\n2b3"


@pytest.mark.parametrize("raw", ["${a:-" * 100_000, "${a" * 100_000, '"$' * 100_001, "'" * 100_001, "${a:-${b:-" * 50])
def test_hostile_words_are_survived(raw: str) -> None:
    assert expand(raw, lambda name: None) is None
    assert len(references(raw)) <= 100_000


def test_hostile_patterns_are_survived() -> None:
    values = {"a": "a" * 4_000, "long": "a" * 1_000_000}
    assert expand("${a##" + "*a" * 1_000 + "b}", values.get) == values["a"]
    assert expand("${a//*a*a*a*b/x}", values.get) == values["a"]
    assert expand("${long#a}", values.get) is None


REFERENCES = {
    "": [],
    "no dollar": [],
    "$x": [("x", "$x", None)],
    "a${x}b": [("x", "${x}", None)],
    "$a$b": [("a", "$a", None), ("b", "$b", None)],
    "${x:-d}": [("x", "${x:-d}", "d")],
    "${x-d}": [("x", "${x-d}", "d")],
    "${x:-}": [("x", "${x:-}", "")],
    "${x:+d}": [("x", "${x:+d}", None)],
    "${x:-a${y}b}": [("x", "${x:-a${y}b}", "a${y}b"), ("y", "${y}", None)],
    "${x:-'}'}": [("x", "${x:-'}'}", "'}'")],
    '"$x"': [("x", "$x", None)],
    "'$x'": [],
    "\\$x": [],
    "\\\\$x": [("x", "$x", None)],
    '"it\'s $x"': [("x", "$x", None)],
    "it's $x": [("x", "$x", None)],
    "$(cmd $x)": [("x", "$x", None)],
    "$1 $@ $$ $?": [],
    "${#x} ${!y} ${z^^} ${w:0:3}": [
        ("x", "${#x}", None),
        ("y", "${!y}", None),
        ("z", "${z^^}", None),
        ("w", "${w:0:3}", None),
    ],
    "${x": [("x", "${x", None)],
    "${x:-a": [("x", "${x:-a", "a")],
    "${}": [],
    "}$x": [("x", "$x", None)],
}


@pytest.mark.parametrize("raw", REFERENCES)
def test_references(raw: str) -> None:
    found = references(raw)
    assert [(item.name, raw[item.start : item.end], item.default) for item in found] == REFERENCES[raw]


def test_references_where_quotes_mean_nothing() -> None:
    assert references("don't '$x'", quotes=False) == (Reference("x", 7, 9, None),)


def test_references_with_the_backtick_as_escape_character() -> None:
    assert [item.name for item in references("`$a \\$b", "`")] == ["b"]
