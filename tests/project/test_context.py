from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prebake.config import Settings, Target
from prebake.files import disk
from prebake.project.context import Context, find_contexts
from prebake.project.namedcontexts import NamedContext
from prebake.project.sources import context_sources
from prebake.syntax.dockerfile import parse
from prebake.text import Text
from tests.rules.trees import make_tree

BROAD = "FROM python:3.12\nCOPY . /app\n"


def contexts(
    root: Path, files: dict[str, Any], dockerfile: str = "Dockerfile", settings: Settings | None = None
) -> list[Context]:
    make_tree(root, files)
    path = f"{root.as_posix()}/{dockerfile}"
    snapshot = disk()
    text = snapshot.text(path)
    assert text is not None
    return list(find_contexts(snapshot, path, parse(text), root.as_posix(), settings or Settings()))


def told(root: Path, found: list[Context]) -> list[tuple[str | None, str, str]]:
    """The root seen from the project, the kind of the evidence, and where it stands."""
    return [
        (
            None if context.root is None else Path(context.root).relative_to(root).as_posix(),
            context.evidence.kind,
            context.evidence.source(root.as_posix()) if context.evidence.path else "",
        )
        for context in found
    ]


def workflow(*steps: str, env: str = "") -> str:
    body = "".join(f"      - {step}\n" for step in steps)
    return f"on: push\n{env}jobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n{body}"


class TestInferred:
    def test_the_folder_of_the_dockerfile(self, tmp_path: Path) -> None:
        found = contexts(tmp_path, {"docker/Dockerfile": BROAD}, "docker/Dockerfile")
        assert told(tmp_path, found) == [("docker", "dockerfile", "")]

    def test_the_nearest_folder_with_all_sources(self, tmp_path: Path) -> None:
        files = {
            "services/api/docker/Dockerfile": 'FROM x\nCOPY requirements*.txt ./\nCOPY ["src/", "/src/"]\n',
            "services/api/requirements-dev.txt": "",
            "services/api/src/a.py": "",
            "requirements.txt": "",
            "src/b.py": "",
        }
        found = contexts(tmp_path, files, "services/api/docker/Dockerfile")
        assert told(tmp_path, found) == [("services/api", "copy-sources", "")]

    def test_not_above_the_project(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text("")
        project = tmp_path / "project"
        project.mkdir()
        found = contexts(project, {"Dockerfile": "FROM x\nCOPY app.py /\n"})
        assert told(project, found) == [(".", "dockerfile", "")]

    def test_a_target_without_a_context_is_taken_from_the_settings(self, tmp_path: Path) -> None:
        path = f"{tmp_path.as_posix()}/Dockerfile"
        (found,) = contexts(tmp_path, {"Dockerfile": BROAD}, settings=Settings(targets={path: Target(None, "prod")}))
        assert (found.root, found.target) == (tmp_path.as_posix(), "prod")


class TestSettings:
    def test_a_setting_decides_alone(self, tmp_path: Path) -> None:
        root = tmp_path.as_posix()
        settings = Settings(
            targets={f"{root}/Dockerfile": Target(f"{root}/sub", "prod")}, source=f"{root}/prebake.toml"
        )
        files = {"Dockerfile": BROAD, "sub/a": "", "compose.yaml": "services: {a: {build: .}}"}
        (found,) = contexts(tmp_path, files, settings=settings)
        assert (found.root, found.target, found.evidence.kind) == (f"{root}/sub", "prod", "setting")


class TestCompose:
    def test_services_of_several_files(self, tmp_path: Path) -> None:
        files = {
            "docker/cpu/Dockerfile": BROAD,
            "docker/cpu/docker-compose.yml": "services:\n  cpu:\n    build:\n      context: ../..\n"
            "      dockerfile: docker/cpu/Dockerfile\n      target: prod\n",
            "deploy/compose.test.yaml": "services:\n  test:\n    build:\n      context: ../docker/cpu\n"
            "      args: {A: 1}\n  other:\n    build: .\n",
            "compose.yaml": "services: {web: {image: nginx}}",
        }
        found = contexts(tmp_path, files, "docker/cpu/Dockerfile")
        assert told(tmp_path, found) == [
            (".", "compose", "docker/cpu/docker-compose.yml:4"),
            ("docker/cpu", "compose", "deploy/compose.test.yaml:4"),
        ]
        assert [(context.service, context.target, dict(context.args)) for context in found] == [
            ("cpu", "prod", {}),
            ("test", None, {"A": "1"}),
        ]

    def test_a_context_that_is_not_there_is_no_evidence(self, tmp_path: Path) -> None:
        files = {
            "Dockerfile": BROAD,
            "compose.yaml": "services: {a: {build: {context: gone, dockerfile: ../Dockerfile}}}",
        }
        assert told(tmp_path, contexts(tmp_path, files)) == [(".", "dockerfile", "")]

    def test_broken_yaml_is_no_evidence(self, tmp_path: Path) -> None:
        files = {"Dockerfile": BROAD, "compose.yaml": "services:\n  a:\n    build: [.\n"}
        assert told(tmp_path, contexts(tmp_path, files)) == [(".", "dockerfile", "")]


class TestWorkflows:
    def check(self, root: Path, text: str, dockerfile: str = "docker/Dockerfile") -> list[tuple[str | None, str, str]]:
        files = {dockerfile: BROAD, ".github/workflows/ci.yml": text, "docker/x": "", "sub/x": ""}
        found = contexts(root, files, dockerfile)
        assert [context.remote for context in found] == sorted(context.remote for context in found)
        return told(root, found)

    def test_the_action_with_a_context(self, tmp_path: Path) -> None:
        text = workflow(
            "uses: docker/build-push-action@v6\n        with:\n          context: .\n          file: docker/Dockerfile"
        )
        assert self.check(tmp_path, text) == [(".", "workflow", ".github/workflows/ci.yml:8")]

    def test_the_dockerfile_is_in_the_context_by_default(self, tmp_path: Path) -> None:
        text = workflow("uses: docker/build-push-action@v6\n        with: {context: docker, target: prod}")
        assert self.check(tmp_path, text) == [("docker", "workflow", ".github/workflows/ci.yml:7")]

    @pytest.mark.parametrize("context", ["", "context: '{{defaultContext}}', "])
    def test_the_action_without_a_context_lets_the_builder_fetch_the_repository(
        self, tmp_path: Path, context: str
    ) -> None:
        text = workflow(f"uses: docker/build-push-action@v6\n        with: {{{context}file: docker/Dockerfile}}")
        files = {"docker/Dockerfile": BROAD, ".github/workflows/ci.yml": text}
        (found,) = contexts(tmp_path, files, "docker/Dockerfile")
        assert (found.root, found.remote) == (tmp_path.as_posix(), True)

    def test_a_folder_of_the_default_context(self, tmp_path: Path) -> None:
        text = workflow("uses: docker/build-push-action@v6\n        with: {context: '{{defaultContext}}:docker'}")
        assert self.check(tmp_path, text) == [("docker", "workflow", ".github/workflows/ci.yml:6")]

    @pytest.mark.parametrize(
        "inputs",
        [
            "context: '${{ matrix.context }}', file: docker/Dockerfile",
            "context: ., file: '${{ matrix.file }}'",
            "context: ., file: docker/Dockerfile, target: '${{ matrix.target }}'",
            "context: 'https://github.com/a/b.git', file: docker/Dockerfile",
        ],
    )
    def test_what_depends_on_a_matrix_or_is_elsewhere_is_no_evidence(self, tmp_path: Path, inputs: str) -> None:
        text = workflow(f"uses: docker/build-push-action@v6\n        with: {{{inputs}}}")
        assert self.check(tmp_path, text) == [("docker", "dockerfile", "")]

    def test_the_environment_of_the_workflow(self, tmp_path: Path) -> None:
        text = workflow(
            "uses: docker/build-push-action@v6\n        with: {context: '${{ env.DIR }}'}", env="env: {DIR: docker}\n"
        )
        assert self.check(tmp_path, text) == [("docker", "workflow", ".github/workflows/ci.yml:8")]

    def test_a_repository_checked_out_into_a_folder(self, tmp_path: Path) -> None:
        text = workflow(
            "uses: actions/checkout@v4\n        with: {path: code}",
            "uses: docker/build-push-action@v6\n        with: {context: ./code, file: code/docker/Dockerfile}",
        )
        assert self.check(tmp_path, text) == [(".", "workflow", ".github/workflows/ci.yml:9")]

    @pytest.mark.parametrize(
        ("command", "context"),
        [
            ("docker build -f docker/Dockerfile -t app .", "."),
            ("docker buildx build --push --platform linux/amd64 -t app:${{ github.sha }} docker", "docker"),
            ("cd docker && docker build -t app .", "docker"),
            ("(cd docker; docker build .)", "docker"),
            ("cd docker && docker build -f Dockerfile ..", "."),
            ("sudo podman build --file=docker/Dockerfile --target prod .", "."),
            ('docker build -t "$TAG" -f $GITHUB_WORKSPACE/docker/Dockerfile ${{ github.workspace }}', "."),
            ('docker build -fdocker/Dockerfile "$(pwd)"', "."),
            ("DOCKER_BUILDKIT=1 docker build --build-arg A=1 --secret id=x,src=y docker/", "docker"),
        ],
    )
    def test_build_commands(self, tmp_path: Path, command: str, context: str) -> None:
        text = workflow("run: |\n          set -e\n          " + command)
        assert self.check(tmp_path, text) == [(context, "workflow", ".github/workflows/ci.yml:8")]

    @pytest.mark.parametrize(
        "command",
        [
            "docker build -f $FILE .",
            "docker build -f docker/Dockerfile $DIR",
            "cd $DIR && docker build .",
            "docker build - < docker/Dockerfile",
            "docker build https://github.com/a/b.git",
            "docker run app build docker",
            "(cd docker) && docker build .",
            "echo docker build docker",
        ],
    )
    def test_commands_that_tell_nothing(self, tmp_path: Path, command: str) -> None:
        assert self.check(tmp_path, workflow("run: |\n          " + command)) == [("docker", "dockerfile", "")]

    def test_the_working_directory_of_a_step(self, tmp_path: Path) -> None:
        text = workflow("run: docker build .\n        working-directory: docker")
        assert self.check(tmp_path, text) == [("docker", "workflow", ".github/workflows/ci.yml:6")]

    def test_what_is_sent_from_here_comes_before_what_is_fetched(self, tmp_path: Path) -> None:
        text = workflow(
            "uses: docker/build-push-action@v6\n        with: {file: docker/Dockerfile}",
            "run: docker build docker",
        )
        assert self.check(tmp_path, text) == [
            ("docker", "workflow", ".github/workflows/ci.yml:8"),
            (".", "workflow", ".github/workflows/ci.yml:6"),
        ]

    def test_a_matrix_that_is_written_down(self, tmp_path: Path) -> None:
        text = workflow(
            "uses: docker/build-push-action@v6\n        with: {context: ., file: '${{ matrix.image.file }}', "
            "target: '${{ matrix.target }}'}"
        ).replace(
            "    steps:",
            "    strategy:\n      matrix:\n        target: [a, b]\n"
            "        image: [{file: docker/Dockerfile}, {file: x}]\n"
            "        exclude: [{target: b, image: {file: docker/Dockerfile}}]\n"
            "        include: [{target: c, image: {file: docker/Dockerfile}}]\n    steps:",
        )
        files = {"docker/Dockerfile": BROAD, ".github/workflows/ci.yml": text}
        found = contexts(tmp_path, files, "docker/Dockerfile")
        assert [(context.root, context.target) for context in found] == [
            (tmp_path.as_posix(), "a"),
            (tmp_path.as_posix(), "c"),
        ]

    def test_a_matrix_of_includes_only(self, tmp_path: Path) -> None:
        text = workflow(
            "run: docker build -f $FILE ${{ matrix.dir }}\n        env: {FILE: '${{ matrix.file }}'}"
        ).replace(
            "    steps:",
            "    strategy: {matrix: {include: [{file: docker/Dockerfile, dir: .}, {file: x, dir: sub}]}}\n    steps:",
        )
        assert self.check(tmp_path, text) == [(".", "workflow", ".github/workflows/ci.yml:7")]

    def test_named_contexts(self, tmp_path: Path) -> None:
        text = workflow(
            "uses: docker/build-push-action@v6\n        with:\n          context: .\n"
            "          file: docker/Dockerfile\n          build-contexts: |\n            lib=./sub\n            base=docker-image://x:1"
        )
        files = {"docker/Dockerfile": BROAD, ".github/workflows/ci.yml": text, "sub/a": ""}
        (found,) = contexts(tmp_path, files, "docker/Dockerfile")
        assert found.named == {
            "lib": NamedContext("folder", f"{tmp_path.as_posix()}/sub"),
            "base": NamedContext("image", "x:1"),
        }


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


def test_sources_named_by_the_text() -> None:
    tree = parse(
        Text(
            "FROM x AS b\n"
            "COPY --chown=a ./a.txt /b.txt /x/\n"
            "COPY --from=b /no /no\n"
            "COPY $VAR src/* /x/\n"
            'ADD ["c d", "https://example.com/no", "/x/"]\n'
            "COPY <<EOF /no\nno\nEOF\n"
            "RUN --mount=type=bind,source=uv.lock,target=uv.lock --mount=type=cache,target=/no x\n"
            "RUN --mount=type=bind,from=b,source=no,target=/no x\n"
            "COPY . /x\n"
        )
    )
    assert context_sources(tree) == ("a.txt", "b.txt", "src/*", "c d", "uv.lock")
