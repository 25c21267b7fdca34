import pytest

from prebake.build.state import State, chain, compute, state_after, states
from prebake.syntax.dockerfile import parse
from prebake.text import Text
from tests.build.projects import build_of, nth


def at_end(dockerfile: str, **build_args: str) -> State:
    """The state before a last RUN that is added."""
    return compute(parse(Text(dockerfile + "\nRUN true\n")), build_args)[-1]


def test_of_env_and_arg_the_later_one_wins() -> None:
    state = at_end("FROM a\nARG X=arg\nENV X=env")
    assert (state.lookup("X"), state.arguments("$X")) == ("env", frozenset())
    state = at_end("FROM a\nENV X=env\nARG X=arg")
    assert (state.lookup("X"), state.arguments("$X")) == ("arg", {"X"})
    state = at_end("FROM a\nENV X=env\nARG X=arg\nENV X=last")
    assert (state.lookup("X"), state.arguments("$X")) == ("last", frozenset())


def test_an_arg_without_a_value_hides_no_env() -> None:
    assert at_end("FROM a\nENV X=env\nARG X").lookup("X") == "env"
    assert at_end("FROM a\nENV X=env\nARG X", X="given").lookup("X") == "given"


def test_env_wins_over_arg_in_a_stage_that_is_built_on_theirs() -> None:
    assert at_end("FROM a AS b\nENV X=env\nARG X=arg\nFROM b").lookup("X") == "env"


def test_values_are_made_of_what_was_set_before_the_instruction() -> None:
    state = at_end("FROM a\nENV A=1\nENV A=2 B=$A")
    assert (state.lookup("A"), state.lookup("B")) == ("2", "1")


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ("ARG V=1\nFROM a", None),
        ("ARG V=1\nFROM a\nARG V", "1"),
        ("ARG V=1\nFROM a\nARG V=2", "2"),
        ("FROM a\nARG V", None),
        ("FROM a\nARG W=$MISSING\nARG V=${W:-3}", "3"),
    ],
)
def test_scopes_of_arguments(lines: str, value: str | None) -> None:
    assert at_end(lines).lookup("V") == value


def test_given_build_arguments_win_over_defaults() -> None:
    state = at_end("ARG V=1\nFROM a\nARG V\nARG W=w", V="9", W="8")
    assert (state.lookup("V"), state.lookup("W")) == ("9", "8")


def test_arguments_are_named_where_a_word_depends_on_them() -> None:
    assert at_end("FROM a\nARG V=1\nENV E=2").arguments("$V/${E}/$U") == {"V"}


def test_a_stage_takes_over_all_that_its_base_has_set() -> None:
    state = at_end('FROM a AS Base\nARG G=1\nENV E=2\nWORKDIR /srv\nUSER app\nSHELL ["bash", "-c"]\nFROM base')
    assert (state.lookup("G"), state.lookup("E"), state.directory, state.user) == ("1", "2", "/srv", "app")
    assert state.shell == ("bash", "-c")
    assert state.base == "a"


def test_a_stage_on_an_image_starts_anew() -> None:
    state = at_end("FROM a\nENV E=2\nWORKDIR /srv\nFROM b")
    assert (state.lookup("E"), state.directory, state.base) == (None, ".", "b")


def test_from_takes_a_stage_by_number_and_by_variable() -> None:
    build = build_of("ARG BASE=first\nFROM a AS first\nFROM $BASE AS second\nFROM 1\nRUN true\n")
    assert [stage.index for stage in chain(build, build.tree.stages[2])] == [0, 1, 2]


@pytest.mark.parametrize(
    ("lines", "directory"),
    [
        ("FROM a", "."),
        ("FROM a\nWORKDIR app", "app"),
        ("FROM a\nWORKDIR /srv\nWORKDIR app/./x/..", "/srv/app"),
        ("FROM a\nWORKDIR app\nWORKDIR ../..", None),
        ("FROM a\nENV HOME=/home/x\nWORKDIR $HOME/code", "/home/x/code"),
        ("FROM a\nWORKDIR $UNKNOWN", None),
        ("FROM a\nWORKDIR $UNKNOWN\nWORKDIR /app", "/app"),
        ('FROM a\nWORKDIR "/my app"', "/my app"),
        ("FROM scratch\nWORKDIR app", "/app"),
    ],
)
def test_working_directory(lines: str, directory: str | None) -> None:
    assert at_end(lines).directory == directory


def test_leading_entries_of_the_search_path() -> None:
    state = at_end('FROM a\nENV VENV=/opt/venv\nENV PATH="$VENV/bin:$PATH"\nENV PATH=/root/bin:$PATH')
    assert state.path == ("/root/bin", "/opt/venv/bin")


def test_the_escape_character_of_the_file() -> None:
    state = at_end("# escape=`\nFROM a\nENV A=`$B\nWORKDIR /c")
    assert state.lookup("A") == "$B"


def test_the_state_behind_the_last_instruction() -> None:
    build = build_of("FROM a\nWORKDIR /app\nUSER me\n")
    last = nth(build, "USER")
    assert states(build)[last.index].user is None
    assert state_after(build, last).user == "me"


@pytest.mark.parametrize(
    "text", ["", "RUN x", "FROM", "FROM a\nWORKDIR\nUSER\nENV\nARG\nSHELL x\nENV A\n", "ARG A\nARG"]
)
def test_half_typed_text(text: str) -> None:
    tree = parse(Text(text))
    assert len(compute(tree)) == len(tree.instructions)
