"""Where a Dockerfile is built from, by each kind of evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake.config import Settings, Target
from prebake.project.contexts.namedcontexts import NamedContext
from prebake.project.contexts.sources import context_sources
from prebake.syntax.dockerfile import parse
from prebake.text import Text
from tests.project.contexts import BROAD, contexts, told, workflow


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
