"""Bake files. What must come out follows buildx's own reader (``bake/bake.go``, ``bake/hclparser``) and its tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prebake.discovery import is_bake_file
from prebake.files import disk
from prebake.project.contexts.bake import BakeTarget, bake_sets, bake_targets
from prebake.project.contexts.namedcontexts import NamedContext
from tests.project.bakes import PATH, one, targets
from tests.rules.trees import make_tree


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("docker-bake.hcl", True),
        ("docker-bake.override.json", True),
        ("docker-bake.jetson.7.hcl", True),
        ("bake.hcl", True),
        ("bake.json", True),
        ("main.hcl", False),
        ("terragrunt.hcl", False),
        ("bakery-menu.json", False),
        ("docker-bake.md", False),
    ],
)
def test_file_names(name: str, expected: bool) -> None:
    assert is_bake_file(name) == expected


class TestTarget:
    def test_defaults(self) -> None:
        found = one("")
        assert (found.context, found.dockerfile, found.target) == ("/project", "/project/Dockerfile", None)
        assert (found.path, found.line) == (PATH, 1)

    def test_the_dockerfile_is_relative_to_the_context(self) -> None:
        found = one(
            'context = "src/app"\ndockerfile = "../docker/Dockerfile.gpu"\ntarget = "prod"\nargs = { A = 1, B = null }'
        )
        assert (found.context, found.dockerfile) == ("/project/src/app", "/project/src/docker/Dockerfile.gpu")
        assert (found.target, dict(found.args)) == ("prod", {"A": "1"})

    def test_an_inline_dockerfile_is_no_file(self) -> None:
        assert one("dockerfile-inline = <<EOT\nFROM x\nCOPY . .\nEOT").dockerfile is None

    def test_a_target_that_only_checks_the_dockerfile_builds_nothing(self) -> None:
        found = targets(
            'target "app" {}\ntarget "check" {\n inherits = ["app"]\n call = "check"\n}\n'
            'group "default" { targets = ["app", "check"] }\n'
        )
        assert set(found) == {"app"}

    @pytest.mark.parametrize("context", ["https://github.com/a/b.git#main", "git@github.com:a/b.git"])
    def test_a_remote_context(self, context: str) -> None:
        found = one(f'context = "{context}"')
        assert (found.context, found.dockerfile, found.remote) == (None, None, True)

    def test_the_working_directory(self) -> None:
        assert one('context = "cwd://sub"').context == "/project/sub"
        assert one("context = BAKE_CMD_CONTEXT").context == "/project"

    def test_named_contexts(self) -> None:
        found = one(
            'contexts = { src = "../lib", base = "docker-image://python:3.12", other = "target:base",\n'
            '  code = "https://github.com/a/b.git", gone = "" }'
        )
        assert found.named == {
            "src": NamedContext("folder", "/lib"),
            "base": NamedContext("image", "python:3.12"),
            "other": NamedContext("target", "base"),
            "code": NamedContext("remote", "https://github.com/a/b.git"),
        }


class TestVariables:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ('"${DIR}"', "/project/app"),
            ("DIR", "/project/app"),
            ('"./${DIR}/x"', "/project/app/x"),
            ('format("%s/%d", DIR, 1)', "/project/app/1"),
            ('join("/", [DIR, "b"])', "/project/app/b"),
            ('join("/", concat([DIR], ["c"], []))', "/project/app/c"),
            ('DIR == "app" ? "yes" : "no"', "/project/yes"),
            ('equal(DIR, "x") ? "yes" : lower("NO")', "/project/no"),
            ('notequal("", DIR) && !false ? "yes" : "no"', "/project/yes"),
            ('trimprefix(DIR, "a")', "/project/pp"),
            ('replace(DIR, "p", "b")', "/project/abb"),
            ('split("/", "x/y")[1]', "/project/y"),
            ('element(["x", "y"], 3)', "/project/y"),
            ('lookup({a = "x"}, "b", "z")', "/project/z"),
            ("TABLE.key", "/project/there"),
            ('TABLE["key"]', "/project/there"),
            ("own(DIR)", "/project/own-app"),
            ('[for x in ["a", "b"] : "${x}1" if x != "a"][0]', "/project/b1"),
            ("top", "/project/level"),
            ("target.base.context", "/project/of-base"),
            ('dirname("a/b/Dockerfile")', "/project/a/b"),
            ('coalesce(null, "first")', "/project/first"),
            ("DERIVED", "/project/app-2"),
            ('"$${x}"', "/project/${x}"),
        ],
    )
    def test_what_is_literal_is_worked_out(self, expression: str, expected: str) -> None:
        before = (
            'variable "DIR" { default = "app" }\nvariable "TABLE" { default = { key = "there" } }\n'
            'variable "DERIVED" { default = "${DIR}-${NUMBER + 1}" }\nvariable "NUMBER" { default = 1 }\n'
            'function "own" {\n params = [name]\n result = "own-${name}"\n}\ntop = "level"\n'
            'target "base" { context = "of-base" }\n'
        )
        assert targets(f'{before}target "app" {{ context = {expression} }}')["app"].context == expected

    @pytest.mark.parametrize(
        "expression",
        [
            "UNSET",
            '"${UNSET}/x"',
            "NO_SUCH",
            "timestamp()",
            'no_such("x")',
            'UNSET == "" ? "a" : "b"',
            'file("x")',
            "CYCLE",
            "target.gone.context",
            "own()",
            'split("/", UNSET)[0]',
            '["a"][7]',
            '"%{ if true }a%{ endif }"',
            "[]",
            "{}",
            "1 / 0",
        ],
    )
    def test_what_is_not_known_is_no_context(self, expression: str) -> None:
        before = (
            'variable "UNSET" {}\nvariable "CYCLE" { default = CYCLE }\n'
            'function "own" {\n params = [name]\n result = name\n}\n'
        )
        assert targets(f'{before}target "app" {{ context = {expression} }}') == {}

    def test_arguments_that_are_not_known_are_left_out(self) -> None:
        found = one('args = { A = UNSET, B = "b-${UNSET}", C = "c" }', 'variable "UNSET" {}')
        assert dict(found.args) == {"C": "c"}


class TestInheritance:
    def test_later_parents_win_and_the_target_over_all(self) -> None:
        found = targets(
            'target "a" {\n context = "a"\n target = "of-a"\n args = { X = "a", A = "a" }\n}\n'
            'target "b" {\n dockerfile = "B"\n target = "of-b"\n args = { X = "b", B = "b" }\n}\n'
            'target "c" {\n inherits = ["a", "b"]\n args = { X = "c" }\n}\n'
        )
        assert set(found) == {"c"}
        assert (found["c"].context, found["c"].dockerfile, found["c"].target) == ("/project/a", "/project/a/B", "of-b")
        assert dict(found["c"].args) == {"X": "c", "A": "a", "B": "b"}

    def test_a_parent_that_is_reached_twice_counts_where_it_is_reached_again(self) -> None:
        # d is worked out once, but is merged behind a, so that its value wins over a's own.
        found = targets(
            'target "d" { context = "d" }\n'
            'target "a" {\n inherits = ["d"]\n context = "a"\n}\n'
            'target "c" { inherits = ["a", "d"] }\n'
        )
        assert found["c"].context == "/project/d"

    def test_cycles_come_to_an_end(self) -> None:
        found = targets(
            'target "a" {\n inherits = ["b"]\n context = "a"\n}\n'
            'target "b" {\n inherits = ["a"]\n dockerfile = "B"\n}\n'
            'group "default" { targets = ["a", "b"] }\n'
        )
        assert (found["a"].context, found["a"].dockerfile) == ("/project/a", "/project/a/B")
        assert (found["b"].context, found["b"].dockerfile) == ("/project/a", "/project/a/B")

    def test_a_missing_parent_makes_the_build_fail(self) -> None:
        assert targets('target "a" { inherits = ["gone"] }') == {}

    def test_named_contexts_are_joined(self) -> None:
        found = targets(
            'target "a" { contexts = { x = "x", y = "y" } }\n'
            'target "b" {\n inherits = ["a"]\n contexts = { y = "other", z = "z" }\n}\n'
        )
        assert {name: named.value for name, named in found["b"].named.items()} == {
            "x": "/project/x",
            "y": "/project/other",
            "z": "/project/z",
        }


class TestWhichTargetsAreBuilt:
    def test_targets_that_only_others_inherit_from_are_not(self) -> None:
        found = targets('target "_common" {}\ntarget "app" { inherits = ["_common"] }\ntarget "lone" {}')
        assert set(found) == {"app", "lone"}

    def test_members_of_groups_are(self) -> None:
        found = targets(
            'group "default" { targets = ["all"] }\ngroup "all" { targets = ["base", "app", "all"] }\n'
            'target "base" {}\ntarget "app" { inherits = ["base"] }\ntarget "lint" {}\n'
        )
        assert [(name, target.is_default) for name, target in found.items()] == [
            ("base", True),
            ("app", True),
            ("lint", False),
        ]

    def test_parents_with_a_name_for_their_image_are(self) -> None:
        found = targets('target "base" { tags = ["x:1"] }\ntarget "app" {\n inherits = ["base"]\n tags = []\n}\n')
        assert set(found) == {"base", "app"}

    def test_targets_that_built_ones_are_linked_to_are(self) -> None:
        found = targets(
            'target "app" { contexts = { b = "target:base" } }\ntarget "base" { context = "b" }\n'
            'target "x" { inherits = ["base"] }\n'
        )
        assert set(found) == {"app", "x", "base"}


class TestMatrix:
    def test_each_combination_is_a_target(self) -> None:
        found = targets(
            'target "app" {\n name = "app-${tgt}-${replace(v, ".", "-")}"\n'
            ' matrix = {\n  tgt = ["lint", "test"]\n  v = ["1.0", "2.0"]\n }\n'
            ' target = tgt\n dockerfile = "Dockerfile.${v}"\n}\n'
        )
        assert {name: (target.target, target.dockerfile) for name, target in found.items()} == {
            "app-lint-1-0": ("lint", "/project/Dockerfile.1.0"),
            "app-lint-2-0": ("lint", "/project/Dockerfile.2.0"),
            "app-test-1-0": ("test", "/project/Dockerfile.1.0"),
            "app-test-2-0": ("test", "/project/Dockerfile.2.0"),
        }

    def test_a_matrix_of_tables(self) -> None:
        found = targets(
            'target "app" {\n name = item.name\n'
            ' matrix = { item = [{ name = "cpu", dir = "a" }, { name = "gpu", dir = "b" }] }\n'
            " context = item.dir\n}\n"
            'group "default" { targets = ["app"] }\n'
        )
        assert {name: target.context for name, target in found.items()} == {"cpu": "/project/a", "gpu": "/project/b"}

    def test_a_matrix_that_is_not_known(self) -> None:
        found = targets('variable "V" {}\ntarget "app" {\n matrix = { v = V }\n context = v\n}\n')
        assert found == {}

    def test_a_huge_matrix_is_bounded(self) -> None:
        numbers = ", ".join(str(number) for number in range(100))
        matrix = ", ".join(f"{name} = [{numbers}]" for name in "abcdef")
        assert len(targets(f'target "app" {{\n name = "t${{a}}-${{b}}"\n matrix = {{ {matrix} }}\n}}\n')) <= 200


class TestSeveralFiles:
    def merged(self, root: Path, files: dict[str, Any], folder: str = ".") -> dict[str, BakeTarget]:
        make_tree(root, files)
        place = (root / folder).resolve()
        paths = tuple(sorted(path.as_posix() for path in place.iterdir() if is_bake_file(path.name)))
        project = root.as_posix()
        return {
            target.name: target for together in bake_sets(paths) for target in bake_targets(disk(), together, project)
        }

    def test_overrides_come_last(self, tmp_path: Path) -> None:
        found = self.merged(
            tmp_path,
            {
                "docker-bake.hcl": 'target "app" {\n context = "hcl"\n args = { A = "hcl" }\n}\n',
                "docker-bake.json": '{"target": {"app": {"context": "json", "target": "json", "args": {"B": "json"}}}}',
                "docker-bake.override.hcl": 'target "app" { dockerfile = "Over" }\nvariable "X" { default = "y" }\n',
            },
        )
        app = found["app"]
        assert (app.context, app.target) == (f"{tmp_path.as_posix()}/hcl", "json")
        assert app.dockerfile == f"{tmp_path.as_posix()}/hcl/Over"
        assert dict(app.args) == {"A": "hcl", "B": "json"}

    def test_compose_services_are_targets_below_them(self, tmp_path: Path) -> None:
        found = self.merged(
            tmp_path,
            {
                "compose.yaml": "services: {web: {build: {context: web, target: prod}}, db: {build: db}}",
                "docker-bake.hcl": 'target "web" { tags = ["x"] }\n',
            },
        )
        assert set(found) == {"web"}
        assert (found["web"].context, found["web"].target) == (f"{tmp_path.as_posix()}/web", "prod")
        assert found["web"].path.endswith("docker-bake.hcl")

    def test_a_group_replaces_one_of_the_same_name(self, tmp_path: Path) -> None:
        found = self.merged(
            tmp_path,
            {
                "docker-bake.hcl": 'group "default" { targets = ["a"] }\ntarget "a" {}\ntarget "b" {}\n',
                "docker-bake.override.hcl": 'group "default" { targets = ["b"] }\n',
            },
        )
        assert {name: target.is_default for name, target in found.items()} == {"a": False, "b": True}

    def test_run_from_above_where_the_dockerfiles_are(self, tmp_path: Path) -> None:
        found = self.merged(
            tmp_path,
            {
                "docker/docker-bake.hcl": 'target "app" { dockerfile = "docker/Dockerfile" }\n',
                "docker/Dockerfile": "FROM x\n",
            },
            "docker",
        )
        assert found["app"].context == tmp_path.as_posix()

    def test_run_beside_the_file(self, tmp_path: Path) -> None:
        found = self.merged(
            tmp_path, {"docker/docker-bake.hcl": 'target "app" {}\n', "docker/Dockerfile": "FROM x\n"}, "docker"
        )
        assert found["app"].context == f"{tmp_path.as_posix()}/docker"

    def test_a_file_with_another_name_that_fits_in_two_places_tells_nothing(self, tmp_path: Path) -> None:
        files = {"docker/gpu.bake.hcl": 'target "app" {}\n', "docker/Dockerfile": "FROM x\n", "Dockerfile": "FROM x\n"}
        assert self.merged(tmp_path, files, "docker") == {}


def test_json_is_hcl_in_another_form() -> None:
    found = targets(
        '{"variable": {"DIR": {"default": "app"}},\n'
        ' "group": {"default": {"targets": ["a"]}},\n'
        ' "target": {"a": {"context": "./${DIR}", "args": {"N": 1, "NONE": null}, "contexts": {"c": "target:b"}},\n'
        '            "b": [{"dockerfile": "B"}]}}',
        "/project/docker-bake.json",
    )
    assert (found["a"].context, dict(found["a"].args), found["a"].line) == ("/project/app", {"N": "1"}, 2)
    assert (found["b"].dockerfile, found["b"].line) == ("/project/B", 3)
