"""Shell text is split into commands as a shell would split it, with the place of every piece."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.syntax.fragment import Fragment
from prebake.syntax.shell import Command, Script, split


def script(text: str) -> Script:
    return split(Fragment.whole(text))


def commands(text: str) -> list[list[str | None]]:
    return [list(command.values) for command in script(text).commands]


def only(text: str) -> Command:
    (command,) = script(text).commands
    return command


@pytest.mark.parametrize(
    ("text", "operators"),
    [
        ("a && b || c", ["", "&&", "||"]),
        ("a; b & c", ["", ";", "&"]),
        ("a | b |& c", ["", "|", "|&"]),
        ("a\nb\n\n\nc", ["", "\n", "\n"]),
        ("a &&\n b ||\n# why\n c", ["", "&&", "||"]),
        ("a;\nb", ["", ";"]),
    ],
)
def test_operators_separate_commands(text: str, operators: list[str]) -> None:
    found = script(text)
    assert found.problem is None
    assert [command.name for command in found.commands] == list("abc")[: len(operators)]
    assert [command.before for command in found.commands] == operators
    assert [command.after for command in found.commands] == [*operators[1:], ""]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("plain", "plain"),
        ("'a b'", "a b"),
        ("'a\\'", "a\\"),
        ('"a b"', "a b"),
        (r'"a\"b\\c\d"', r'a"b\c\d'),
        (r"a\ b", "a b"),
        (r"\$HOME", "$HOME"),
        (r'"\$HOME"', "$HOME"),
        ("a'b'\"c\"d", "abcd"),
        ("$'a\\tb\\x41\\u00e9\\101'", "a\tbA\u00e9A"),
        ('$"text"', "text"),
        ("''", ""),
        ("a#b", "a#b"),
        ("{}", "{}"),
        ("{a}", "{a}"),
        ("a,b", "a,b"),
        ("'*'", "*"),
        (r"\*", "*"),
        ('"foo>=1.0,<2"', "foo>=1.0,<2"),
        ("foo~=1.0", "foo~=1.0"),
        ("a$", "a$"),
        ("[", "["),
        ("a\\\nb", "ab"),
        ('"a\\\nb"', "ab"),
        ("'a\nb'", "a\nb"),
    ],
)
def test_quotes_are_removed_from_static_words(word: str, value: str) -> None:
    command = only(f"x {word}")
    assert command.words[1].value == value
    assert command.words[1].raw == word


@pytest.mark.parametrize(
    "word",
    [
        "$A", '"$A"', "${A}", "${A:-b}", "$1", "$@", "$(date)", "`date`", '"a $(date) b"', "$((1 + 2))", "~/x",
        "a{b,c}", "{1..3}", "<(a)",
        "*.txt", "a?", "[ab]",
    ],
)  # fmt: skip
def test_words_known_only_at_run_time_have_no_value(word: str) -> None:
    found = script(f"x {word} y")
    assert found.problem is None
    assert [item.raw for item in found.commands[0].words] == ["x", word, "y"]
    assert found.commands[0].words[1].value is None


def test_a_glob_that_matches_nothing_stays_as_it_is() -> None:
    word = only("pip install uvicorn[standard]").words[2]
    assert (word.value, word.has_glob, word.pattern) == (None, True, "uvicorn[standard]")
    assert only('pip install "uvicorn[standard]"').words[2].value == "uvicorn[standard]"


def test_variables_of_a_word() -> None:
    word = only('x "$A/${B:-${C}}/$1"').words[1]
    assert word.variables == ("A", "B", "C", "1")
    assert only("x '$A' \\$B").words[1].variables == ()


def test_assignments_stand_before_the_command() -> None:
    command = only("A=1 B='x y' C=$D PIP_X+=z pip install a=b")
    assert [(item.name, item.value.value) for item in command.assignments] == [
        ("A", "1"), ("B", "x y"), ("C", None), ("PIP_X", "z"),
    ]  # fmt: skip
    assert list(command.values) == ["pip", "install", "a=b"]
    assert commands("A=1; b") == [[], ["b"]]
    assert [command.name for command in script("A=(x $(date)\n y) b").walk()] == ["b", "date"]


def test_redirections_are_not_words() -> None:
    command = only("2>/dev/null pip install a >> log 2>&1 <in &>all >&- {fd}>x <<<text 3a")
    assert list(command.values) == ["pip", "install", "a", "3a"]
    assert [(item.fd, item.operator, item.target.value) for item in command.redirections] == [
        (2, ">", "/dev/null"), (None, ">>", "log"), (2, ">&", "1"), (None, "<", "in"), (None, "&>", "all"), (None,
         ">&", "-"),
        (None, ">", "x"), (None, "<<<", "text"),
    ]  # fmt: skip


def test_comments_are_no_commands() -> None:
    assert commands("a # b && c\n# d\ne f#g") == [["a"], ["e", "f#g"]]


@pytest.mark.parametrize(
    ("text", "contexts"),
    [
        ("if a; then b; elif c; then d; else e; fi; f",
         {"a": ("if",), "b": ("if", "then"), "c": ("if", "elif"), "d": ("if", "then"), "e": ("if", "else"), "f": ()}),
        ("while a; do b; done && c", {"a": ("while",), "b": ("while", "do"), "c": ()}),
        ("until a\ndo\nb\ndone", {"a": ("while",), "b": ("while", "do")}),
        ("for x in 1 2; do a; done; b", {"for": (), "a": ("for", "do"), "b": ()}),
        ("for x do a; done; b", {"for": (), "a": ("for", "do"), "b": ()}),
        ("for ((i=0; i<3; i++)); do a; done; b", {"for": (), "a": ("for", "do"), "b": ()}),
        ("case $x in a|b) c;; (d) e;& *) f; esac; g", {"case": (), "c": ("case",), "e": ("case",), "f": ("case",),
         "g": ()}),
        ("case x\nin\na)\nc\n;;\nesac\ng", {"case": (), "c": ("case",), "g": ()}),
        ("(a; { b; }) && { c; (d); }; e", {"a": ("(",), "b": ("(", "{"), "c": ("{",), "d": ("{", "("), "e": ()}),
        ("f() { a; }; b", {"a": ("function", "{"), "b": ()}),
        ("function f { a; }\nb", {"a": ("function", "{"), "b": ()}),
        ("function f() (a); b", {"a": ("function", "("), "b": ()}),
        ("if { a; } then for x in y; do b; done; fi", {"a": ("if", "{"), "for": ("if", "then"), "b": ("if", "then",
         "for", "do")}),
        ("[[ -f x && ( a < b || -n $c ) ]] && d", {"[[": (), "d": ()}),
        ("((i++)); a", {None: (), "a": ()}),
        ("echo if then done", {"echo": ()}),
    ],
)  # fmt: skip
def test_compounds_are_the_context_of_their_commands(text: str, contexts: dict[str | None, tuple[str, ...]]) -> None:
    found = script(text)
    assert found.problem is None
    assert {command.name: command.context for command in found.commands} == contexts


def test_functions_are_named() -> None:
    assert script("main() { a; }\nfunction other { b; }\nmain").functions == ("main", "other")


def test_negation() -> None:
    assert [(command.name, command.negated) for command in script("! a && b; if ! c; then d; fi").commands] == [
        ("a", True), ("b", False), ("c", True), ("d", False),
    ]  # fmt: skip


def test_redirection_behind_a_compound() -> None:
    found = script("while read x; do a; done < list | b")
    assert [command.name for command in found.commands] == ["read", "a", None, "b"]
    assert found.commands[2].redirections[0].target.value == "list"
    assert found.commands[3].before == "|"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a $(b | c) d", ["a", "b", "c"]),
        ('a "x $(b "$(c)")" && d', ["a", "b", "c", "d"]),
        ("a `b \\`c\\`` && d", ["a", "b", "c", "d"]),
        ("a ${X:-$(b)}", ["a", "b"]),
        ("a $((1 + $(b)))", ["a", "b"]),
        ("a $( (b); c)", ["a", "b", "c"]),
        ("a $((b); c)", ["a", "b", "c"]),
        ("A=$(b) c > $(d)", ["c", "b", "d"]),
        ("a < <(b)", ["a", "b"]),
        ("a $(case x in y) b;; esac) c", ["a", "case", "b"]),
        ("a '$(b)' \\$(c", ["a"]),
    ],
)
def test_substitutions_hold_commands(text: str, names: list[str]) -> None:
    walked = [command.name for command in script(text).walk()]
    assert walked[: len(names)] == names


def test_commands_of_a_substitution_know_their_context() -> None:
    found = script("if a; then b $(c) `d`; fi; e <(f)")
    assert {command.name: command.context for command in found.walk()} == {
        "a": ("if",), "b": ("if", "then"), "c": ("if", "then", "$("), "d": ("if", "then", "$("), "e": (), "f": ("<(",),
    }  # fmt: skip


def test_here_documents() -> None:
    found = script("cat <<EOF >x && b <<-'END'\n$A $(c) \"\nEOF\n\ttext $A\n\tEND\nd")
    assert [command.name for command in found.walk()] == ["cat", "c", "b", "d"]
    first = found.commands[0].redirections[0]
    assert first.body is not None
    assert (first.operator, first.target.value, first.body.value, first.body.raw) == ("<<", "EOF", None, '$A $(c) "\n')
    second = found.commands[1].redirections[0]
    assert second.body is not None
    assert (second.operator, second.body.value) == ("<<-", "text $A\n")


def test_here_document_in_a_substitution() -> None:
    found = script("a $(cat <<E\n) && x\nE\n) && b")
    assert found.problem is None
    assert [command.name for command in found.walk()] == ["a", "cat", "b"]


def test_windows_line_ends() -> None:
    assert commands("a b\r\nc \\\r\n d\r\n") == [["a", "b"], ["c", "d"]]
    assert script("cat <<E\r\nx\r\nE\r\nb").problem is None


@pytest.mark.parametrize(
    ("text", "problem", "names"),
    [
        ("a && echo 'b", "unterminated single quote", ["a", "echo"]),
        ('a && echo "b && c', "unterminated double quote", ["a", "echo"]),
        ("a $(b", "unterminated substitution", ["a", "b"]),
        ("a `b", "unterminated backtick", ["a", "b"]),
        ("a ${b", "unterminated ${", ["a"]),
        ("if a; then b", "unterminated if", ["a", "b"]),
        ("for x in y", "unterminated for", ["for"]),
        ("{ a; (b }", "unexpected }", ["a", "b"]),
        ("a; fi; b", "unexpected fi", ["a", "b"]),
        ("a ) && b", "unexpected )", ["a", "b"]),
        ("a &&", "nothing follows &&", ["a"]),
        ("a |\n", "nothing follows |", ["a"]),
        ("a >", "redirection without a target", ["a"]),
        ("a <<E\nb", "unterminated here-document", ["a"]),
        ("[[ -f x; a", "unterminated [[", ["[[", "a"]),
        ("case x in a", "case pattern without )", ["case"]),
        ("case x of", "case without in", ["case"]),
        ("A=(b", "unterminated array", [None]),
    ],
)
def test_half_typed_text_gives_what_can_be_read(text: str, problem: str, names: list[str | None]) -> None:
    found = script(text)
    if text != "{ a; (b }":
        assert found.problem == problem
    assert found.problem is not None
    assert [command.name for command in found.walk()] == names


@pytest.mark.parametrize(
    "opening", ["$(", "`", "(", "{ ", "${a:-", "$((", '"$(', "((", "if ", "<(", "a() ", "[[ ", "case x in a) "]
)
def test_hostile_nesting_is_survived(opening: str) -> None:
    assert script(opening * 20_001).problem is not None
    assert script("a; " + opening * 20_001).commands[0].name == "a"


def test_spans_are_those_of_the_source() -> None:
    # "RUN a \<newline>  b" as Docker joins it: the backslash and line end are gone, the offsets jump over them.
    source = "RUN aa \\\n  bb'c' && \\\n# no\n dd"
    kept = [index for index in range(4, len(source)) if not 7 <= index < 9 and not 20 <= index < 27]
    fragment = Fragment("".join(source[index] for index in kept), (*kept, len(source)))
    assert fragment.text == "aa   bb'c' &&  dd"
    first, second = split(fragment).commands
    assert [source[word.start : word.end] for word in first.words] == ["aa", "bb'c'"]
    assert source[first.start : first.end] == "aa \\\n  bb'c'"
    assert source[second.start : second.end] == "dd"


_SHELLISH = st.lists(
    st.sampled_from(
        [
            "a", "pip install", " ", "\n", "\t", "&&", "||", "|", ";", ";;", "&", "(", ")", "((", "))", "{", "}",
            "$(", "`", "'", '"', "$'",
            "\\", "\\\n", "\\`", "$A", "${", "<<E\n", "\nE\n", "<<-'E'\n", "<", ">", "2>&1", "<(", "if ", "then ",
            "fi", "for x in ", "do ", "done",
            "case x in ", "esac", "[[ ", " ]]", "! ", "function f ", "f() ", "A=", "A=(", "#", "*", "[", "]", "~",
            "{a,b}", "é", "\r\n", "\U0001f600",
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(st.one_of(_SHELLISH, st.text(max_size=80)))
def test_any_text_is_read_with_spans_that_slice_it(text: str) -> None:
    found = script(text)
    end = 0
    for command in found.commands:
        assert end <= command.start < command.end <= len(text)
        end = command.end
        tokens = sorted([*command.words, *command.assignments, *command.redirections], key=lambda token: token.start)
        assert tokens
        assert (command.start, command.end) == (tokens[0].start, max(token.end for token in tokens))
        for token, following in pairwise(tokens):
            assert token.end <= following.start
    for command in found.walk():
        assert 0 <= command.start < command.end <= len(text)
        for word in command.words:
            assert word.raw
            assert "`" in text or text[word.start : word.end] == word.raw


@given(_SHELLISH.filter(lambda text: not re.search(r"['\"`\\(){}#<\n$]|\[\[|case|for|do|if|function", text)))
def test_a_continuation_between_tokens_changes_nothing(text: str) -> None:
    def shape(found: Script) -> list[tuple[object, ...]]:
        return [(command.values, command.before, command.context) for command in found.commands]

    assert shape(script(text.replace(" ", " \\\n "))) == shape(script(text))
