"""Words, flags, JSON form, pairs, bodies and ONBUILD, each with its exact place."""

import pytest

from prebake.syntax.dockerfile import Instruction, parse
from prebake.text import Position, Span, Text


def one(content: str) -> Instruction:
    """The last instruction of a text."""
    return parse(Text(content)).instructions[-1]


def source(instruction: Instruction, token: object) -> str:
    return instruction.raw[token.start : token.end]  # type: ignore[attr-defined]


WORDS = {
    "FROM": ("FROM a:1 AS b", ["a:1", "AS", "b"]),
    "COPY": ("COPY --link a  b\t/c/", ["a", "b", "/c/"]),
    "quotes do not hold words of COPY together": ('COPY "a b" c', ['"a', 'b"', "c"]),
    "COPY in JSON": ('COPY ["a b", "c"]', ["a b", "c"]),
    "quotes of one word are removed": ("COPY 'a'\"b\" c\\ d", ["ab", "c", "d"]),
    "variables are kept": ("COPY ${A:-b} $C", ["${A:-b}", "$C"]),
    "RUN is one word": ("RUN a 'b' && c", ["a 'b' && c"]),
    "RUN in JSON": ('RUN ["a", "b c"]', ["a", "b c"]),
    "CMD without arguments": ("CMD", []),
    "WORKDIR is one word": ('WORKDIR "/a b"/c', ["/a b/c"]),
    "ENV": ("ENV A=1 B='x y' C=\"p q\" D=r\\ s", ["A=1", "B=x y", "C=p q", "D=r s"]),
    "EXPOSE": ("EXPOSE 80 443/tcp", ["80", "443/tcp"]),
    "HEALTHCHECK": ("HEALTHCHECK --interval=5s CMD curl -f x", ["CMD", "curl -f x"]),
    "HEALTHCHECK in JSON": ('HEALTHCHECK CMD ["curl", "x"]', ["CMD", "curl", "x"]),
    "HEALTHCHECK NONE": ("HEALTHCHECK NONE", ["NONE"]),
    "ONBUILD": ("ONBUILD RUN a b", ["RUN a b"]),
    "unknown": ("RNU a b", ["a", "b"]),
    "joined by continuations": ("COPY a\\\nb c \\\n# d\n\n  e", ["ab", "c", "e"]),
    "heredoc": ("COPY <<EOF /x\nbody\nEOF", ["<<EOF", "/x"]),
    "text that begins with white space of other scripts": ("RUN \u3000a", ["a"]),
}


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    content, expected = WORDS[name]
    assert [word.value for word in one(content).words] == expected


def test_words_stand_where_they_stand() -> None:
    copy = one("FROM a\n  COPY --chown=1:2 'a'\\\n  b  \\\n# c\n  /d/ \n")
    assert [(word.raw, source(copy, word)) for word in copy.words] == [("'a'", "'a'"), ("b", "b"), ("/d/", "/d/")]
    assert copy.span_of(copy.words[1]) == Span(Position(2, 2), Position(2, 3))
    assert copy.span == Span(Position(1, 2), Position(4, 5))
    assert copy.keyword_span == Span(Position(1, 2), Position(1, 6))


def test_a_word_over_two_lines_covers_both() -> None:
    copy = one("COPY src\\\n/main.py .")
    assert (copy.words[0].raw, source(copy, copy.words[0])) == ("src/main.py", "src\\\n/main.py")


def test_keyword_over_two_lines() -> None:
    run = one("\\\n RU\\\nN a\n")
    assert (run.keyword, run.keyword_span) == ("RUN", Span(Position(1, 1), Position(2, 1)))


def test_flags() -> None:
    run = one(
        "RUN --mount=type=cache,target=/c --mount='type=bind,source=a b' --network=none --link \\\n --x=\"a\"b  c --d"
    )
    assert [(flag.name, flag.value) for flag in run.flags] == [
        ("mount", "type=cache,target=/c"),
        ("mount", "type=bind,source=a b"),
        ("network", "none"),
        ("link", None),
        ("x", "ab"),
    ]
    assert source(run, run.flags[1]) == "--mount='type=bind,source=a b'"
    assert source(run, run.flags[4]) == '--x="a"b'
    assert run.flag_values("mount") == ("type=cache,target=/c", "type=bind,source=a b")
    assert (run.flag("network"), run.flag("link"), run.flag("none")) == ("none", None, None)
    assert run.body.text == "c --d"


def test_two_dashes_end_the_flags() -> None:
    run = one("RUN --a -- --b c")
    assert ([flag.name for flag in run.flags], run.body.text) == (["a"], "--b c")


def test_flag_with_an_open_quote() -> None:
    run = one('RUN --mount="type=cache pip install')
    assert run.problem == "unterminated quote in a flag"
    assert run.words == ()


JSON = {
    "plain": ('["a", "b c"]', ["a", "b c"]),
    "white space": (' [ "a"\t,"b" ] ', ["a", "b"]),
    "escapes": (r'["\"", "\\", "\u00e9", "a\/b", "\n"]', ['"', "\\", "é", "a/b", "\n"]),
    "empty": ("[]", []),
    "over lines": ('["a", \\\n  # c\n  "b"]', ["a", "b"]),
    "single quotes": ("['a']", None),
    "comma at the end": ('["a",]', None),
    "text behind": ('["a"] b', None),
    "not closed": ('["a"', None),
    "open string": ('["a]', None),
    "control character": ('["a\tb"]', None),
    "no number that JSON knows": ("[NaN]", None),
    "bad escape": (r'["\x"]', None),
    "a test, no array": ("[ -f a ] && b", None),
    "deep": ("[" * 30_000, None),
}


@pytest.mark.parametrize(
    "keyword", ["RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME", "HEALTHCHECK CMD", "ONBUILD RUN"]
)
@pytest.mark.parametrize("name", JSON)
def test_json_form(name: str, keyword: str) -> None:
    arguments, expected = JSON[name]
    instruction = one(f"{keyword} {arguments}")
    json = (instruction.onbuild or instruction).json
    assert (None if json is None else [word.value for word in json]) == expected


def test_json_strings_stand_where_they_stand() -> None:
    run = one('RUN ["a", \\\n "\\u0062 c"]')
    assert run.json is not None
    assert [source(run, word) for word in run.json] == ['"a"', '"\\u0062 c"']
    assert run.words == run.json


@pytest.mark.parametrize("arguments", ["[1]", '["a", null]', '[["a"]]', '[{"a": 1}]'])
def test_arrays_of_other_things_are_refused(arguments: str) -> None:
    run = one(f"RUN {arguments}")
    assert run.json is None
    assert run.problem == "a JSON array of arguments may hold strings only"


@pytest.mark.parametrize("keyword", ["ENV", "LABEL", "USER", "WORKDIR", "EXPOSE", "FROM", "STOPSIGNAL"])
def test_other_instructions_have_no_json_form(keyword: str) -> None:
    assert one(f'{keyword} ["a"]').json is None


PAIRS = {
    "ENV": ("ENV A=1 B='x y' C= D=\"e\"f", [("A", "1"), ("B", "'x y'"), ("C", ""), ("D", '"e"f')]),
    "old form": ("ENV A  b  'c' ", [("A", "b  'c'")]),
    "old form with an equals sign later": ("ENV A b=c", [("A", "b=c")]),
    "old LABEL": ("LABEL a b", [("a", "b")]),
    "ARG": ("ARG A B=1 C=", [("A", None), ("B", "1"), ("C", "")]),
    "equals signs in the value": ("ENV A=b=c", [("A", "b=c")]),
    "quoted name": ('LABEL "a.b"="c d"', [("a.b", '"c d"')]),
    "over lines": ("ENV A=1 \\\n# c\n\n    B='x \\\n y'", [("A", "1"), ("B", "'x  y'")]),
    "name alone": ("ENV A", [("A", None)]),
    "second name alone": ("ENV A=1 B", [("A", "1"), ("B", None)]),
    "none": ("ENV", []),
    "open quote": ("ENV A=1 B='x y", [("A", "1"), ("B", "'x y")]),
    "escaped blank": ("ENV A=x\\ y B=2", [("A", "x\\ y"), ("B", "2")]),
    "not for others": ("RUN A=1", []),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name: str) -> None:
    content, expected = PAIRS[name]
    assert [(pair.name, pair.value) for pair in one(content).pairs] == expected


def test_pairs_with_the_backtick_as_escape_character() -> None:
    env = one("# escape=`\nFROM a\nENV A=c:\\dir B=x` y `\n C=1")
    assert [(pair.name, pair.value) for pair in env.pairs] == [("A", "c:\\dir"), ("B", "x` y"), ("C", "1")]


def test_pairs_stand_where_they_stand() -> None:
    env = one("ENV A=1 \\\n  B='x y' C=")
    found = [(source(env, pair), env.raw[pair.value_start : pair.value_end]) for pair in env.pairs]
    assert found == [("A=1", "1"), ("B='x y'", "'x y'"), ("C=", "")]
    old = one("ENV  A  b c ")
    assert [(source(old, pair), old.raw[pair.value_start : pair.value_end]) for pair in old.pairs] == [
        ("A  b c", "b c")
    ]
    argument = one("ARG A")
    assert (argument.pairs[0].value_start, argument.pairs[0].value_end) == (5, 5)


def test_body_joins_lines_and_knows_where_each_character_stands() -> None:
    run = one("RUN --network=none a \\\n  # comment\n\n  && b\\\n  c \\\\\n")
    assert run.body.text == "a   && b  c \\\\"
    assert [run.raw[run.body.start(index)] for index in range(len(run.body.text))] == list(run.body.text)
    assert len(run.body.offsets) == len(run.body.text) + 1
    assert run.body.end(len(run.body.text)) == len(run.raw)


def test_body_without_arguments_stands_at_the_end() -> None:
    run = one("RUN --network=none  ")
    assert (run.body.text, run.body.start(0)) == ("", len("RUN --network=none"))


def test_onbuild() -> None:
    onbuild = one("FROM a\nONBUILD  copy --from=b \\\n c /d")
    copy = onbuild.onbuild
    assert copy is not None
    assert (copy.keyword, copy.line, copy.end_line, copy.index, copy.stage) == ("COPY", 1, 2, 1, 0)
    assert copy.keyword_span == Span(Position(1, 9), Position(1, 13))
    assert (copy.flag("from"), [source(copy, word) for word in copy.words]) == ("b", ["c", "/d"])
    assert (copy.start, copy.raw) == (onbuild.start, onbuild.raw)
    assert copy.onbuild is None


def test_other_instructions_have_no_inner_one() -> None:
    assert one("RUN ONBUILD a").onbuild is None
    assert one("ONBUILD").onbuild is None


PROBLEMS = {
    "RNU a": "unknown instruction RNU",
    "\\": "a line continuation without an instruction",
    "COPY a": "COPY needs at least one source and a destination",
    "ADD": "ADD without arguments",
    "ENV A": "ENV needs a value for each name",
    "ENV A=1 B": "ENV needs a value for each name",
    "ARG =1": "ARG needs a name before each =",
    "WORKDIR '/a": "malformed quotes or variables",
    "COPY ${a b": "malformed quotes or variables",
    "FROM a b": "FROM takes an image, or an image, AS and a name",
    "FROM a AS": "FROM takes an image, or an image, AS and a name",
    "FROM a AS 1b": "1b is no name for a stage",
    "ONBUILD FROM a": "FROM is not allowed in ONBUILD",
    "ONBUILD ONBUILD RUN a": "ONBUILD is not allowed in ONBUILD",
    "ONBUILD COPY a": "COPY needs at least one source and a destination",
    "FROM a": None,
    "from a as B": None,
    "CMD": None,
    "RUN echo 'a": None,
    "ARG A": None,
    "ENV A b": None,
    "ONBUILD RUN a": None,
}


@pytest.mark.parametrize("content", PROBLEMS)
def test_problems(content: str) -> None:
    assert one(content).problem == PROBLEMS[content]
