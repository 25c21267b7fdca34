"""Bake files that are hostile, broken or half-typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.project.bakes import targets


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(f'variable "V{n}" {{ default = "${{V{n + 1}}}${{V{n + 1}}}" }}' for n in range(200))
        + '\nvariable "V200" { default = "xxxxxxxxxx" }\ntarget "app" { context = V0 }\n',
        "".join(f'target "t{n}" {{ inherits = ["t{n + 1}", "t{n + 2}"] }}\n' for n in range(500)),
        'function "f" {\n params = [x]\n result = f(x)\n}\ntarget "app" { context = f("a") }\n',
        "".join(
            f'function "f{n}" {{\n params = [x]\n result = "${{f{n + 1}(x)}}${{f{n + 1}(x)}}"\n}}\n' for n in range(60)
        )
        + 'target "app" { context = f0("a") }\n',
        'target "app" { context = target.app.context }\n',
        'group "a" { targets = ["a", "b"] }\ngroup "b" { targets = ["a"] }\n',
        'target "app" { args = [for x in setproduct(range(1000), range(1000)) : x] }\n',
        'target "app" { context = ' + "[for a in range(2000) : " * 5 + "a" + "]" * 5 + "\n}\n",
        'target "a" "b" {}\ntarget {}\ntarget "" {}\n',
        "target = 1\ngroup = 2\n",
    ],
)
def test_hostile_files_come_to_an_end(content: str) -> None:
    targets(content)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"target": []}', '{"target": {"a": 1}}', '{"target": "x"}', "null"]
)
def test_broken_json_tells_nothing(content: str) -> None:
    assert all(not target.args for target in targets(content, "/project/docker-bake.json").values())


_WORDS = [
    'target "a" {',
    "}",
    "context",
    "=",
    '"${A}"',
    "[",
    "]",
    "inherits",
    '"a"',
    "matrix",
    "{",
    ",",
    "\n",
    "A",
    "f(",
]


@given(st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join))
def test_no_text_raises(content: str) -> None:
    targets(content)
