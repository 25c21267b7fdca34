"""Which evidence of a context counts where several contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake.project.contexts.namedcontexts import NamedContext
from tests.project.contexts import BROAD, contexts, told, workflow

NAMED = "FROM python:3.12\nCOPY src/app.py /app/\n"


COMPOSE = "services:\n  a:\n    build: {context: docker}\n"


BAKE = 'target "a" {\n  context = "docker"\n}\n'


DEV = '{"build": {"dockerfile": "../docker/Dockerfile", "context": "../docker"}}'


CI = workflow("run: docker build docker")


MAKE = "image:\n\tdocker build docker\n"


SCRIPT = "docker build docker\n"


README = "```\ndocker build docker\n```\n"


class TestOrder:
    """Who says where the context is when several do."""

    ALL = {
        "compose": ("compose.yaml", COMPOSE),
        "bake": ("docker-bake.hcl", BAKE),
        "devcontainer": (".devcontainer/devcontainer.json", DEV),
        "workflow": (".github/workflows/ci.yml", CI),
        "makefile": ("Makefile", MAKE),
        "script": ("scripts/build.sh", SCRIPT),
        "readme": ("README.md", README),
    }

    @pytest.mark.parametrize("kind", ALL)
    def test_each_is_evidence(self, tmp_path: Path, kind: str) -> None:
        name, content = self.ALL[kind]
        found = contexts(tmp_path, {"docker/Dockerfile": BROAD, name: content}, "docker/Dockerfile")
        assert [(root, found_kind) for root, found_kind, _ in told(tmp_path, found)] == [("docker", kind)]

    @pytest.mark.parametrize("number", range(len(ALL) - 1))
    def test_the_more_trusted_comes_first(self, tmp_path: Path, number: int) -> None:
        files = dict(list(self.ALL.values())[number:])
        found = contexts(tmp_path, {"docker/Dockerfile": BROAD, **files}, "docker/Dockerfile")
        assert found[0].evidence.kind == list(self.ALL)[number]

    @pytest.mark.parametrize("kind", ["compose", "bake", "workflow"])
    def test_what_people_run_adds_nothing_to_what_machines_read(self, tmp_path: Path, kind: str) -> None:
        files = {"docker/Dockerfile": BROAD, "Makefile": "a:\n\tdocker build -f docker/Dockerfile .\n"}
        files["README.md"] = "`docker build -f docker/Dockerfile --target x .`\n"
        name, content = self.ALL[kind]
        found = contexts(tmp_path, {**files, name: content}, "docker/Dockerfile")
        assert [root for root, _, _ in told(tmp_path, found)] == ["docker"]

    def test_a_document_adds_nothing_to_a_makefile(self, tmp_path: Path) -> None:
        files = {
            "docker/Dockerfile": BROAD,
            "Makefile": "a:\n\tdocker build -f docker/Dockerfile .\n",
            "README.md": README,
        }
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [(".", "makefile", "Makefile:2")]

    def test_a_second_folder_counts_only_with_all_sources(self, tmp_path: Path) -> None:
        text = workflow("run: docker build docker", "run: docker build -f docker/Dockerfile lib")
        files = {
            "docker/Dockerfile": NAMED,
            "docker/compose.yaml": "services: {a: {build: {context: .., dockerfile: docker/Dockerfile}}}",
            "src/app.py": "",
            "lib/src/app.py": "",
            ".github/workflows/ci.yml": text,
        }
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [
            (".", "compose", "docker/compose.yaml:1"),
            ("lib", "workflow", ".github/workflows/ci.yml:7"),
        ]

    def test_lines_that_contradict_each_other_are_judged_by_the_sources(self, tmp_path: Path) -> None:
        files = {
            "docker/Dockerfile": NAMED,
            "src/app.py": "",
            "README.md": "`docker build docker`\n\n`docker build -f docker/Dockerfile .`\n",
        }
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [(".", "readme", "README.md:3")]

    @pytest.mark.parametrize("kind", ["devcontainer", "makefile", "script", "readme"])
    def test_weak_evidence_loses_against_the_folder_that_has_the_sources(self, tmp_path: Path, kind: str) -> None:
        name, content = self.ALL[kind]
        files = {"docker/Dockerfile": NAMED, "src/app.py": "", name: content}
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [(".", "copy-sources", "")]

    def test_sources_that_are_nowhere_are_made_before_the_build(self, tmp_path: Path) -> None:
        files = {"docker/Dockerfile": NAMED, "Makefile": "a:\n\tdocker build -f docker/Dockerfile .\n"}
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [(".", "makefile", "Makefile:2")]

    def test_what_people_build_here_counts_beside_what_the_builder_fetches(self, tmp_path: Path) -> None:
        text = workflow("uses: docker/build-push-action@v6\n        with: {file: docker/Dockerfile}")
        files = {"docker/Dockerfile": BROAD, ".github/workflows/ci.yml": text, "Makefile": MAKE}
        found = contexts(tmp_path, files, "docker/Dockerfile")
        assert [(context.remote, context.evidence.kind) for context in found] == [
            (False, "makefile"),
            (True, "workflow"),
        ]

    def test_a_stage_that_only_a_script_builds_is_not_the_image(self, tmp_path: Path) -> None:
        files = {"Dockerfile": "FROM x AS test\nFROM test\n", "Makefile": "test:\n\tdocker build --target test .\n"}
        assert [context.target for context in contexts(tmp_path, files)] == [None, "test"]

    def test_targets_of_a_bake_file_are_all_told(self, tmp_path: Path) -> None:
        bake = (
            'group "default" { targets = ["prod"] }\ntarget "lint" { target = "lint" }\n'
            'target "prod" { target = "prod" }\ntarget "other" { context = "sub" }\n'
        )
        files = {"Dockerfile": BROAD, "docker-bake.hcl": bake, "sub/Dockerfile": BROAD}
        found = contexts(tmp_path, files)
        assert [(context.target, context.evidence.line) for context in found] == [("prod", 2), ("lint", 1)]
        assert found[0].evidence.detail == "target prod"

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("Makefile", "a:\n\tdocker buildx bake -f docker/vars.hcl -f docker/app.hcl --push\n"),
            (
                "scripts/b.sh",
                'cd "$(dirname "$0")/.."\ndocker buildx bake --file=docker/vars.hcl -f docker/app.hcl app\n',
            ),
            (
                ".github/workflows/ci.yml",
                workflow(
                    "uses: docker/bake-action@v6\n        with: {files: 'docker/vars.hcl, docker/app.hcl', source: .}"
                ),
            ),
            (
                ".github/workflows/ci.yml",
                workflow("run: docker buildx bake -f vars.hcl -f app.hcl\n        working-directory: docker"),
            ),
        ],
    )
    def test_bake_files_that_a_call_names(self, tmp_path: Path, path: str, content: str) -> None:
        folder = "." if "working-directory" in content else "docker"
        files = {
            "docker/Dockerfile": BROAD,
            "docker/vars.hcl": f'variable "DIR" {{ default = "{folder}" }}\n',
            "docker/app.hcl": 'target "app" { context = DIR }\n',
            path: content,
        }
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [
            ("docker", "bake", "docker/app.hcl:1")
        ]

    def test_a_call_says_where_bake_runs(self, tmp_path: Path) -> None:
        files = {
            "Dockerfile": BROAD,
            "docker/Dockerfile": BROAD,
            "docker/docker-bake.hcl": 'target "app" {}\n',
            "Makefile": "a:\n\tdocker buildx bake -f docker/docker-bake.hcl\n",
        }
        assert told(tmp_path, contexts(tmp_path, files)) == [(".", "bake", "docker/docker-bake.hcl:1")]
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [("docker", "dockerfile", "")]

    @pytest.mark.parametrize(
        "command", ["-f docker/app.hcl -f compose.yaml", "-f $FILE", "-f gone.hcl", "https://github.com/a/b.git"]
    )
    def test_calls_that_tell_nothing(self, tmp_path: Path, command: str) -> None:
        files = {
            "docker/Dockerfile": BROAD,
            "docker/app.hcl": 'target "app" { context = "docker" }\n',
            "compose.yaml": "services: {}",
            "Makefile": f"a:\n\tdocker buildx bake {command}\n",
        }
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [("docker", "dockerfile", "")]

    def test_a_dockerfile_that_is_copied_to_its_context(self, tmp_path: Path) -> None:
        text = workflow("run: |\n          cp docker/gpu.Dockerfile app/Dockerfile\n          tool push app")
        files = {"docker/gpu.Dockerfile": BROAD, "app/main.py": "", ".github/workflows/ci.yml": text}
        found = contexts(tmp_path, files, "docker/gpu.Dockerfile")
        assert told(tmp_path, found) == [("app", "workflow", ".github/workflows/ci.yml:7")]

    def test_a_copy_counts_less_than_a_build(self, tmp_path: Path) -> None:
        files = {
            "docker/gpu.Dockerfile": BROAD,
            "app/main.py": "",
            "scripts/push.sh": "cp docker/gpu.Dockerfile app/Dockerfile\n",
            "README.md": "`docker build -f docker/gpu.Dockerfile .`\n",
        }
        assert told(tmp_path, contexts(tmp_path, files, "docker/gpu.Dockerfile")) == [(".", "readme", "README.md:1")]

    def test_other_ci_services(self, tmp_path: Path) -> None:
        files = {
            "docker/Dockerfile": BROAD,
            ".gitlab-ci.yml": "a:\n  script:\n    - docker build -f docker/Dockerfile .\n",
            ".circleci/config.yml": "jobs:\n  a:\n    steps:\n      - run: docker build docker\n",
            "Makefile": MAKE,
        }
        assert told(tmp_path, contexts(tmp_path, files, "docker/Dockerfile")) == [
            (".", "workflow", ".gitlab-ci.yml:3"),
            ("docker", "workflow", ".circleci/config.yml:4"),
        ]

    def test_a_compose_file_that_a_development_container_names(self, tmp_path: Path) -> None:
        files = {
            "docker/Dockerfile": BROAD,
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": "stack.yml"}',
            ".devcontainer/stack.yml": "services:\n  a:\n    build:\n      context: ..\n"
            "      dockerfile: docker/Dockerfile\n",
        }
        found = contexts(tmp_path, files, "docker/Dockerfile")
        assert told(tmp_path, found) == [(".", "compose", ".devcontainer/stack.yml:4")]

    def test_compose_files_give_named_contexts(self, tmp_path: Path) -> None:
        compose = (
            "services:\n  a:\n    build:\n      context: .\n      additional_contexts:\n"
            "        lib: ../lib\n        base: docker-image://x\n        other: service:b\n"
        )
        (found,) = contexts(tmp_path / "p", {"Dockerfile": BROAD, "compose.yaml": compose})
        assert found.named == {
            "lib": NamedContext("folder", f"{tmp_path.as_posix()}/lib"),
            "base": NamedContext("image", "x"),
            "other": NamedContext("target", "b"),
        }
