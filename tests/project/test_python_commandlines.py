"""Ids from command lines: argparse, click and typer."""

from __future__ import annotations

import pytest

from tests.project.marks import certain, possible, values

ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
group = parser.add_argument_group("model")
group.add_argument("-m", "--model-name", default="org/default")
parser.add_argument("--port", type=int, default=80)
parser.add_argument("--verbose", action="store_true")
args = parser.parse_args()
mark(args.model_name)
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "org/default"),
        (("--port", "90"), "org/default"),
        (("--port", "\0"), "org/default"),
        (("--model-name", "org/given"), "org/given"),
        (("--model-name=org/given", "--verbose"), "org/given"),
        (("-m", "org/given"), "org/given"),
        (("-morg/given",), "org/given"),
        (("-m", "org/first", "-m", "org/last"), "org/last"),
        (("--", "--model-name", "org/given"), "org/default"),
        (("--model-name", "\0"), None),
        (("--model-name=\0",), None),
        (("--model-name",), None),
        (("--model", "org/abbreviated"), None),
        (("\0",), None),
    ],
)
def test_argparse_and_the_words_of_the_command_line(arguments: tuple[str, ...], expected: str | None) -> None:
    (found,) = values(ARGPARSE, arguments=arguments)
    assert found.text == expected
    assert (found.source is None) == (expected not in (None, "org/default"))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ('"--model", default="a" + "b"', ["ab"]),
        ('"--model", default="a", type=str', ["a"]),
        ('"--model", type=lambda text: text.lower(), default="A"', [None]),
        ('"--model", required=True', [None]),
        ('"model"', [None]),
        ('"model", nargs="*"', [None]),
        ('"--name", dest="model", default="a"', ["a"]),
        ('"--model", nargs="+", default="a"', ["a"]),
        ('"--model", default=os.environ.get("MODEL", "a")', ["a"]),
        ('"--model"', [None]),
    ],
)
def test_argparse_declarations(declared: str, expected: list[str | None]) -> None:
    source = f"""
import argparse, os
def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument({declared})
    return parser.parse_args()
def main(options):
    mark(options.model)
if __name__ == "__main__":
    main(parse())
"""
    assert certain(values(source)) == expected


def test_argparse_choices_are_all_possible() -> None:
    source = ARGPARSE.replace('default="org/default"', 'required=True, choices=["a", "b"]')
    found = values(source)
    assert possible(found) == {"a", "b"} and certain(found) == [None]


@pytest.mark.parametrize(("arguments", "expected"), [(("x/y",), "x/y"), (("--fast", "x/y"), "x/y"), ((), None)])
def test_argparse_positionals(arguments: tuple[str, ...], expected: str | None) -> None:
    source = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("--fast", action="store_true")
args, rest = parser.parse_known_args()
mark(args.model)
"""
    assert certain(values(source, arguments=arguments)) == [expected]


@pytest.mark.parametrize("change", ["args.model_name = pick()", 'parser.set_defaults(model_name="other")'])
def test_argparse_values_that_the_code_changes_are_not_certain(change: str) -> None:
    assert "org/default" not in certain(values(ARGPARSE.replace("mark(", f"{change}\nmark(")))


def test_argparse_options_that_begin_alike() -> None:
    source = ARGPARSE.replace('"--verbose"', '"-more", "--verbose"')
    assert certain(values(source, arguments=("-more",))) == ["org/default"]
    assert certain(values(source, arguments=("-more", "-m", "org/given"))) == ["org/given"]


def test_argparse_of_two_commands() -> None:
    one = (
        'import argparse\ndef f():\n p = argparse.ArgumentParser()\n p.add_argument("--m", default="{0}")\n return p\n'
    )
    source = one.format("a") + one.replace("def f", "def g").format("b") + "mark(f().parse_args().m)\n"
    assert certain(values(source)) == []


CLICK = """
import click
@click.command()
@click.option("--model", "-m", default="org/default", envvar="MODEL")
def main(model):
    mark(model)
main()
"""


TYPER = """
import typer
app = typer.Typer()
@app.command()
def main(model: str = typer.Option("org/default", "--model", "-m", envvar="MODEL")):
    mark(model)
app()
"""


ANNOTATED = """
import typer
from typing import Annotated
def main(model: Annotated[str, typer.Option("--model", "-m", envvar="MODEL")] = "org/default"):
    mark(model)
typer.run(main)
"""


@pytest.mark.parametrize("source", [CLICK, TYPER, ANNOTATED])
def test_click_and_typer(source: str) -> None:
    assert certain(values(source)) == ["org/default"]
    assert certain(values(source, environment={"MODEL": "org/set"})) == ["org/set"]
    assert certain(values(source, environment={"MODEL": "org/set"}, arguments=("--model", "org/given"))) == [
        "org/given"
    ]
    assert certain(values(source, arguments=("-m", "\0"))) == [None]


@pytest.mark.parametrize(
    "source",
    [
        CLICK.replace('default="org/default", envvar="MODEL"', "required=True"),
        TYPER.replace('"org/default"', "..."),
        "import typer\ndef main(model: str):\n    mark(model)\ntyper.run(main)",
    ],
)
def test_click_and_typer_without_a_default(source: str) -> None:
    (found,) = values(source)
    assert found.text is None and found.source is not None and "command line" in found.source
