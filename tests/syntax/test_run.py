"""The commands of an instruction are found in each form it can be written in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.syntax.dockerfile import Instruction, parse
from prebake.syntax.run import script_of_file, scripts_of
from prebake.syntax.shell import Script
from prebake.text import Text


def instruction(text: str) -> Instruction:
    return parse(Text(text)).instructions[0]


def commands(text: str, *shell: str) -> list[list[list[str | None]]]:
    scripts = scripts_of(instruction(text), shell) if shell else scripts_of(instruction(text))
    return [[list(command.values) for command in script.commands] for script in scripts]


def pieces(text: str) -> list[list[str]]:
    """The source text of every word, which shows that offsets are right."""
    found = instruction(text)
    return [
        [found.raw[word.start : word.end] for word in command.words]
        for script in scripts_of(found)
        for command in script.commands
    ]


def test_shell_form() -> None:
    text = "RUN --mount=type=cache,target=/c pip install \\\n  # why\n  -r req.txt && \\\n\n  rm 'a b'\n"
    assert commands(text) == [[["pip", "install", "-r", "req.txt"], ["rm", "a b"]]]
    assert pieces(text) == [["pip", "install", "-r", "req.txt"], ["rm", "'a b'"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CMD python x.py | tee log", [[["python", "x.py"], ["tee", "log"]]]),
        ("ENTRYPOINT exec python x.py", [[["exec", "python", "x.py"]]]),
        ("HEALTHCHECK --interval=3s CMD curl -f x || exit 1", [[["curl", "-f", "x"], ["exit", "1"]]]),
        ('HEALTHCHECK CMD ["curl", "-f", "x"]', [[["curl", "-f", "x"]]]),
        ("HEALTHCHECK NONE", []),
        ("HEALTHCHECK", []),
        ("RUN", []),
        ("CMD []", []),
        ("COPY a b", []),
        ("ONBUILD RUN a", []),
        ('CMD ["python", "$x && y"]', [[["python", "$x && y"]]]),
        ('CMD ["python", 3]', [[["[python,", "3]"]]]),
        ("CMD ['python', 'x']", [[["[python,", "x]"]]]),
    ],
)
def test_forms(text: str, expected: list[list[list[str | None]]]) -> None:
    scripts = scripts_of(instruction(text))
    assert [[[word.pattern for word in item.words] for item in script.commands] for script in scripts] == expected


@pytest.mark.parametrize(
    "text",
    [
        'CMD ["sh", "-c", "a b && c"]',
        'CMD ["/bin/bash", "-lc", "a b && c"]',
        'CMD ["bash", "-o", "pipefail", "-ec", "a b && c"]',
        'CMD ["tini", "--", "bash", "-c", "a b && c", "x"]',
    ],
)
def test_exec_form_of_a_shell_is_looked_into(text: str) -> None:
    assert commands(text) == [[["a", "b"], ["c"]]]
    assert pieces(text) == [["a", "b"], ["c"]]


def test_json_escapes_keep_offsets() -> None:
    text = 'CMD ["sh", "-c", "a \\"b c\\" \\u0026& d\\t\\ud83d\\ude00 e"]'
    assert commands(text) == [[["a", "b c"], ["d", "\U0001f600", "e"]]]
    first, second = pieces(text)
    assert (first[0], second[0], second[2]) == ("a", "d", "e")
    assert pieces('CMD ["sh", \\\n "-c", \\\n "a && b"]') == [["a"], ["b"]]


@pytest.mark.parametrize(
    "text",
    [
        "RUN bash -lc 'a b && c'",
        'RUN bash -c "a b && c"',
        "RUN x && (exec /bin/sh -e -c 'a b && c')",
        "RUN sudo -E sh -xc 'a b && c' y",
    ],
)
def test_text_given_to_a_shell_is_a_script_of_its_own(text: str) -> None:
    own, given_one = commands(text)
    assert "a" not in [command[0] for command in own]
    assert given_one == [["a", "b"], ["c"]]
    assert pieces(text)[-2:] == [["a", "b"], ["c"]]


def test_text_given_with_quotes_and_variables() -> None:
    text = 'RUN bash -c "pip install -r $REQ && echo \\"x y\\" \\$A"'
    assert commands(text)[1] == [["pip", "install", "-r", None], ["echo", "x y", None]]
    assert pieces(text)[1] == ["pip", "install", "-r", "$REQ"]
    assert pieces(text)[2][0] == "echo"
    assert len(commands("RUN echo bash -c 'a'")) == 1
    assert len(commands("RUN bash x.sh -c 'a'")) == 1
    assert len(commands("RUN bash -c $x")) == 1


def test_here_document_as_the_whole_command() -> None:
    text = "RUN <<EOF\napt-get update\npip install \\\n  -r req.txt\n\nEOF\n"
    assert commands(text) == [[["apt-get", "update"], ["pip", "install", "-r", "req.txt"]]]
    assert pieces(text) == [["apt-get", "update"], ["pip", "install", "-r", "req.txt"]]
    assert commands("RUN <<-'E'\n#!/usr/bin/env -S bash -e\n\ta\n\tE") == [[["a"]]]


def test_here_document_of_another_interpreter_is_its_input() -> None:
    text = "RUN <<EOF\n#!/usr/bin/env python3\nimport x; x.y('$(z)')\nEOF"
    assert commands(text) == [[["python3"]]]
    assert pieces(text) == [["python3"]]
    (script,) = scripts_of(instruction(text))
    (redirection,) = script.commands[0].redirections
    assert redirection.body is not None
    assert redirection.body.value == "#!/usr/bin/env python3\nimport x; x.y('$(z)')\n"


def test_here_document_as_input() -> None:
    text = "RUN python - <<'EOF' && b\nimport x\nEOF\n"
    assert commands(text) == [[["python", "-"], ["b"]]]
    (script,) = scripts_of(instruction(text))
    assert script.problem is None
    (redirection,) = script.commands[0].redirections
    assert redirection.body is not None
    assert redirection.body.value == "import x\n"
    assert text[redirection.body.start : redirection.body.end] == "import x\n"


def test_several_here_documents() -> None:
    text = "RUN cat <<A > x && cat <<-B\na $(date)\nA\n\tb\n\tB\n"
    (script,) = scripts_of(instruction(text))
    assert script.problem is None
    assert [command.name for command in script.walk()] == ["cat", "date", "cat"]
    bodies = [item.body for command in script.commands for item in command.redirections if item.body is not None]
    assert [text[body.start : body.end] for body in bodies] == ["a $(date)\n", "\tb\n"]
    assert bodies[1].value == "b\n"


def test_half_typed_here_document() -> None:
    (script,) = scripts_of(instruction("RUN cat <<EOF\nabc"))
    assert [command.name for command in script.commands] == ["cat"]
    assert script.problem is not None


@pytest.mark.parametrize(
    "shell",
    [
        ("powershell", "-Command"),
        ("cmd", "/S", "/C"),
        ("C:\\Windows\\PowerShell.exe", "-c"),
        ("/usr/bin/python3.11", "-c"),
    ],
)
def test_shells_of_other_languages_are_not_read(shell: tuple[str, ...]) -> None:
    assert commands("RUN a && b", *shell) == []
    assert commands('RUN ["a"]', *shell) == [[["a"]]]


@pytest.mark.parametrize(
    "shell", [("/bin/bash", "-o", "pipefail", "-c"), ("conda", "run", "-n", "e", "/bin/bash", "-c")]
)
def test_other_shells_are_read(shell: tuple[str, ...]) -> None:
    assert commands("RUN a && b", *shell) == [[["a"], ["b"]]]


def test_script_files() -> None:
    found = script_of_file(Text('#!/bin/sh\nset -e\nexec \\\n  python x.py "$@"\n'))
    assert found is not None
    assert [command.values for command in found.commands] == [("set", "-e"), ("exec", "python", "x.py", None)]
    assert script_of_file(Text("#!/usr/bin/env python3\nimport x")) is None
    assert script_of_file(Text("#! /usr/bin/env bash\r\na\r\n")) is not None
    no_shebang = script_of_file(Text("a"))
    assert no_shebang is not None and no_shebang.commands[0].name == "a"


def _inside(script: Script, end: int) -> bool:
    return all(
        0 <= token.start <= token.end <= end
        for command in script.walk()
        for token in (command, *command.words, *command.assignments, *command.redirections)
    )


_PIECES = ["a", " ", "&&", "'", '"', "$(", ")", "\\", "\\n", '"]', "<<E", "é"]


@given(
    st.sampled_from(
        ["RUN ", "CMD ", "ENTRYPOINT ", "HEALTHCHECK CMD ", "RUN <<E\n", "RUN a <<-E <<F\n", 'CMD ["sh", "-c", "']
    ),
    st.lists(st.sampled_from([*_PIECES, "\n", "\\\n", "# c\n", "E\n", "\nF\n", "\t", "\\u0041", "\r\n", "sh -c "])),
)
def test_any_text_is_read_with_offsets_inside(start: str, rest: list[str]) -> None:
    for found in parse(Text(start + "".join(rest))).instructions:
        for script in scripts_of(found):
            assert _inside(script, len(found.raw))
