"""Build commands in Makefiles, task files, scripts, pipelines and documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.files import disk
from prebake.project.contexts.buildfiles import form_of, tells_of_builds
from prebake.project.contexts.buildlines import BuildLine, build_lines
from prebake.project.contexts.namedcontexts import NamedContext
from prebake.text import Text
from tests.rules.trees import make_tree

FOLDERS = ("Dockerfile", "docker/Dockerfile", "docker/gpu.Dockerfile", "app/Dockerfile", "scripts/x", "docs/x")


def read(root: Path, path: str, content: str, missing: tuple[str, ...] = ()) -> list[BuildLine]:
    make_tree(root, {name: "FROM x\n" for name in FOLDERS if name not in missing})
    place = f"{root.as_posix()}/{path}"
    form = form_of(place)
    assert form is not None
    return list(build_lines(disk().overlay({place: Text(content)}), place, form, root.as_posix()))


def told(root: Path, found: list[BuildLine]) -> list[tuple[str, str, int]]:
    """Dockerfile and context seen from the project, and the line, from 1."""
    return [
        (
            Path(line.dockerfile).relative_to(root).as_posix(),
            Path(line.context).relative_to(root).as_posix(),
            line.line + 1,
        )
        for line in found
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Makefile", "makefile"),
        ("make/docker.mk", "makefile"),
        ("justfile", "justfile"),
        ("Taskfile.yml", "taskfile"),
        ("package.json", "package"),
        ("scripts/build.sh", "script"),
        (".gitlab-ci.yml", "pipeline"),
        ("/p/.circleci/config.yml", "pipeline"),
        ("cloudbuild-gpu.yaml", "pipeline"),
        ("Jenkinsfile.release", "pipeline"),
        ("skaffold.yaml", "skaffold"),
        ("README.md", "document"),
        ("README", "document"),
        ("docs/install.rst", "document"),
        ("Dockerfile", None),
        ("config.yml", None),
        ("CHANGELOG.md", None),
        ("notes.txt", None),
        ("makefile.py", None),
    ],
)
def test_forms(path: str, expected: str | None) -> None:
    assert form_of(path) == expected


@pytest.mark.parametrize(
    "path", ["a/docker-bake.hcl", ".devcontainer/devcontainer.json", "Makefile", "x.yaml", "a/b.toml"]
)
def test_files_that_concern_all_dockerfiles(path: str) -> None:
    assert tells_of_builds(path, "")


@pytest.mark.parametrize("path", ["README.md", "scripts/build.sh", "package.json"])
def test_scripts_and_documents_concern_them_where_they_speak_of_builds(path: str) -> None:
    assert tells_of_builds(path, "docker build .")
    assert not tells_of_builds(path, "docker run x")


@pytest.mark.parametrize("path", ["app.py", "requirements.txt", "data.json"])
def test_other_files_do_not(path: str) -> None:
    assert not tells_of_builds(path, "docker build .")


class TestMakefile:
    @pytest.mark.parametrize(
        ("recipe", "expected"),
        [
            ("docker build -t app .", ("Dockerfile", ".")),
            ("@docker build -f docker/Dockerfile .", ("docker/Dockerfile", ".")),
            ("-$(DOCKER) build -f ${FILE} $(CONTEXT)", ("docker/gpu.Dockerfile", ".")),
            ("cd docker && docker build -t $(IMAGE):$(shell git describe) .", ("docker/Dockerfile", "docker")),
            ("docker build \\\n\t\t-f docker/Dockerfile \\\n\t\t$(CURDIR)", ("docker/Dockerfile", ".")),
            ("docker build $(ARGS) -f docker/Dockerfile $$PWD", ("docker/Dockerfile", ".")),
            ("docker buildx build -f $(ROOT)docker/Dockerfile $(ROOT)", ("docker/Dockerfile", ".")),
            ("podman build -f $(DIR)/gpu.Dockerfile $(abspath $(DIR))", ("docker/gpu.Dockerfile", "docker")),
            ("$(if $(CI),docker,podman) build .", None),
            ("docker build -f $(TWICE) .", None),
            ("docker build -f $(NOWHERE) .", None),
            ("docker build -f docker/$@.Dockerfile .", None),
            ("docker build -f Dockerfile.$* .", None),
            ("docker build -f docker/none.Dockerfile .", None),
            ("docker build https://github.com/a/b.git", None),
            ("docker build - < Dockerfile", None),
            ("cat Dockerfile | docker build -f - .", None),
            ("docker compose build", None),
        ],
    )
    def test_recipes(self, tmp_path: Path, recipe: str, expected: tuple[str, str] | None) -> None:
        content = (
            "DOCKER ?= docker\nDOCKER ?= podman\nFILE := docker/gpu.Dockerfile # the file\nCONTEXT = .\nDIR = docker\n"
            "ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))\nTWICE = a\nTWICE = b\nIMAGE = x\n"
            f"image:\n\t{recipe}\n"
        )
        assert told(tmp_path, read(tmp_path, "Makefile", content)) == ([(*expected, 11)] if expected else [])

    def test_each_line_starts_in_the_makefiles_folder(self, tmp_path: Path) -> None:
        content = "a:\n\tcd app\n\tdocker build .\n"
        assert told(tmp_path, read(tmp_path, "docker/Makefile", content)) == [("docker/Dockerfile", "docker", 3)]

    def test_a_variable_of_one_target_makes_it_unknown(self, tmp_path: Path) -> None:
        content = "FILE = Dockerfile\ngpu: FILE = docker/gpu.Dockerfile\nimage:\n\tdocker build -f $(FILE) .\n"
        assert read(tmp_path, "Makefile", content) == []

    def test_several_ways_to_call_a_builder_are_one(self, tmp_path: Path) -> None:
        content = (
            "ifeq ($(CROSS),true)\n\tBUILD := docker buildx build --platform=x $(ARGS)\nelse\n"
            "\tBUILD := DOCKER_BUILDKIT=1 docker build\nendif\nimage:\n\t$(BUILD) -f docker/Dockerfile .\n"
        )
        assert told(tmp_path, read(tmp_path, "Makefile", content)) == [("docker/Dockerfile", ".", 7)]

    def test_unless_they_choose_what_is_built(self, tmp_path: Path) -> None:
        content = (
            "BUILD = docker build -f docker/Dockerfile\nifdef GPU\n"
            "BUILD = docker build -f docker/gpu.Dockerfile\nendif\nimage:\n\t$(BUILD) .\n"
        )
        assert read(tmp_path, "Makefile", content) == []

    def test_targets_arguments_and_named_contexts(self, tmp_path: Path) -> None:
        content = (
            "image:\n\tdocker build --target prod --build-arg A=1 --build-arg B=$(X) --build-context lib=docker .\n"
        )
        (found,) = read(tmp_path, "Makefile", content)
        assert (found.target, dict(found.args)) == ("prod", {"A": "1"})
        assert found.named == {"lib": NamedContext("folder", f"{tmp_path.as_posix()}/docker")}


class TestScripts:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("docker build -f docker/Dockerfile .", ("docker/Dockerfile", ".")),
            ('cd "$(dirname "$0")/.."\ndocker build -t x .', ("Dockerfile", ".")),
            ('cd "$(dirname "${BASH_SOURCE[0]}")"/../docker && docker build .', ("docker/Dockerfile", "docker")),
            (
                'DIR="$( cd "$( dirname "${BASH_SOURCE[0]}" )" && pwd )"\n'
                'docker build -f "$DIR/../app/Dockerfile" "${DIR}/.."',
                ("app/Dockerfile", "."),
            ),
            ('HERE=$(cd "$(dirname "$0")/../docker" && pwd)\ndocker build $HERE', ("docker/Dockerfile", "docker")),
            ("ROOT=$(git rev-parse --show-toplevel)\ndocker build $ROOT/app", ("app/Dockerfile", "app")),
            ("FILE=docker/gpu.Dockerfile\ndocker build -f $FILE --tag x .", ("docker/gpu.Dockerfile", ".")),
            ('export FILE="docker/Dockerfile"\ndocker build -f "${FILE}" "$@" .', ("docker/Dockerfile", ".")),
            ("docker build -f ${FILE:-docker/Dockerfile} .", ("docker/Dockerfile", ".")),
            ("pushd docker\npopd\ndocker build app", ("app/Dockerfile", "app")),
            ("cd docker\ncd -\ndocker build app", ("app/Dockerfile", "app")),
            ("(cd docker)\ndocker build app", ("app/Dockerfile", "app")),
            ("buildah bud -f docker/Dockerfile .", ("docker/Dockerfile", ".")),
            ("nerdctl build app", ("app/Dockerfile", "app")),
            ("cp docker/gpu.Dockerfile app/Dockerfile\ndocker build app", ("docker/gpu.Dockerfile", "app")),
            ('if [ "$1" = gpu ]; then F=docker/gpu.Dockerfile; else F=Dockerfile; fi\ndocker build -f $F .', None),
            ("for f in docker app; do docker build $f; done", None),
            ('build() { docker build -f "$1" .; }\nbuild Dockerfile', None),
            ("cd $SOMEWHERE\ndocker build .", None),
            ("docker build $ARGS .", None),
            ("echo docker build app", None),
            ("docker build ..", ("Dockerfile", ".")),
            ("docker build ../..", None),
        ],
    )
    def test_commands(self, tmp_path: Path, content: str, expected: tuple[str, str] | None) -> None:
        found = told(tmp_path, read(tmp_path, "scripts/build.sh", f"#!/bin/bash\nset -e\n{content}\n"))
        assert [line[:2] for line in found] == ([expected] if expected else [])

    def test_where_it_runs_is_not_written_down(self, tmp_path: Path) -> None:
        # It may be run from the project's top or from its own folder, and both have a Dockerfile.
        assert read(tmp_path, "docker/build.sh", "docker build .\n") == []

    def test_only_one_place_fits(self, tmp_path: Path) -> None:
        found = read(tmp_path, "docker/build.sh", "docker build .\n", missing=("Dockerfile",))
        assert told(tmp_path, found) == [("docker/Dockerfile", "docker", 1)]

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (
                "--context $CI_PROJECT_DIR/app --dockerfile $CI_PROJECT_DIR/docker/Dockerfile",
                ("docker/Dockerfile", "app"),
            ),
            ("--context=dir://app --dockerfile=app/Dockerfile --destination x", ("app/Dockerfile", "app")),
            ("-c . -f docker/Dockerfile --no-push", ("docker/Dockerfile", ".")),
            ("--context . --context-sub-path app --dockerfile app/Dockerfile", ("app/Dockerfile", "app")),
            ("--context git://github.com/a/b --dockerfile docker/Dockerfile", None),
        ],
    )
    def test_kaniko(self, tmp_path: Path, arguments: str, expected: tuple[str, str] | None) -> None:
        found = told(tmp_path, read(tmp_path, "scripts/build.sh", f"/kaniko/executor {arguments}\n"))
        assert [line[:2] for line in found] == ([expected] if expected else [])

    def test_kaniko_looks_in_the_context_as_well(self, tmp_path: Path) -> None:
        content = "/kaniko/executor --context app --dockerfile Dockerfile\n"
        found = read(tmp_path, "scripts/build.sh", content, missing=("Dockerfile",))
        assert told(tmp_path, found) == [("app/Dockerfile", "app", 1)]


class TestTasks:
    def test_justfile(self, tmp_path: Path) -> None:
        content = (
            'file := "docker/Dockerfile"\n\nimage tag="latest":\n    @docker build -f {{ file }} -t x:{{tag}} .\n\n'
            "gpu:\n    #!/usr/bin/env bash\n    cd docker\n    docker build -f gpu.Dockerfile .\n"
            "lines:\n    cd docker\n    docker build app\n    docker build -f {{unknown}} .\n"
        )
        assert told(tmp_path, read(tmp_path, "justfile", content)) == [
            ("docker/Dockerfile", ".", 4),
            ("docker/gpu.Dockerfile", "docker", 9),
            ("app/Dockerfile", "app", 12),
        ]

    def test_taskfile(self, tmp_path: Path) -> None:
        content = (
            "version: '3'\ntasks:\n  a:\n    cmds:\n      - docker build -f docker/Dockerfile .\n"
            "  b:\n    dir: docker\n    cmds:\n      - task: a\n      - cmd: docker build -f gpu.Dockerfile .\n"
        )
        assert told(tmp_path, read(tmp_path, "Taskfile.yml", content)) == [
            ("docker/Dockerfile", ".", 5),
            ("docker/gpu.Dockerfile", "docker", 10),
        ]

    def test_package_json(self, tmp_path: Path) -> None:
        content = '{"scripts": {\n  "image": "docker build -f docker/Dockerfile .",\n  "x": "docker run x"\n}}\n'
        assert told(tmp_path, read(tmp_path, "package.json", content)) == [("docker/Dockerfile", ".", 2)]


class TestPipelines:
    def test_gitlab(self, tmp_path: Path) -> None:
        content = (
            "variables:\n  FILE: docker/Dockerfile\nimage:\n  stage: build\n  script:\n    - cd docker\n"
            "    - docker build -f gpu.Dockerfile .\nother:\n  script: |\n    set -e\n    docker build -f $FILE .\n"
        )
        assert told(tmp_path, read(tmp_path, ".gitlab-ci.yml", content)) == [
            ("docker/gpu.Dockerfile", "docker", 7),
            ("docker/Dockerfile", ".", 11),
        ]

    def test_cloud_build(self, tmp_path: Path) -> None:
        content = (
            "steps:\n- name: gcr.io/cloud-builders/docker\n"
            "  args: ['build', '-t', 'x:$TAG', '-f', 'docker/Dockerfile', '.']\n"
            "- name: gcr.io/kaniko-project/executor:latest\n"
            "  args: [--context=dir://app, --dockerfile=app/Dockerfile]\n"
            "- name: gcr.io/cloud-builders/docker\n  dir: docker\n  args: [build, '.']\n"
        )
        assert [line[:2] for line in told(tmp_path, read(tmp_path, "cloudbuild.yaml", content))] == [
            ("docker/Dockerfile", "."),
            ("app/Dockerfile", "app"),
            ("docker/Dockerfile", "docker"),
        ]

    @pytest.mark.parametrize(
        ("steps", "expected"),
        [
            ("sh 'docker build -f docker/Dockerfile .'", [("docker/Dockerfile", ".", 3)]),
            ('sh "docker build -t x:${env.TAG} app"', [("app/Dockerfile", "app", 3)]),
            ("sh(script: '''\n  cd docker\n  docker build .\n''')", [("docker/Dockerfile", "docker", 5)]),
            ("dir('docker') { sh 'docker build .' }", []),
            ("sh 'docker build -f ${FILE} .'", []),
            ("sh 'docker build app", []),
        ],
    )
    def test_jenkins(self, tmp_path: Path, steps: str, expected: list[tuple[str, str, int]]) -> None:
        content = f"pipeline {{\n stages {{\n  {steps}\n }}\n}}\n"
        assert told(tmp_path, read(tmp_path, "Jenkinsfile", content)) == expected

    def test_skaffold(self, tmp_path: Path) -> None:
        content = (
            "build:\n  artifacts:\n  - image: a\n    context: app\n  - image: b\n    docker:\n"
            "      dockerfile: docker/Dockerfile\n      target: prod\n  - image: c\n    jib: {}\n"
        )
        found = read(tmp_path, "skaffold.yaml", content)
        assert told(tmp_path, found) == [("app/Dockerfile", "app", 3), ("docker/Dockerfile", ".", 5)]
        assert [line.target for line in found] == [None, "prod"]


class TestDocuments:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("```bash\ndocker build -t app .\n```", ("Dockerfile", ".")),
            (
                "```\n$ git clone https://github.com/me/tool.git\n$ cd tool/\n"
                "$ docker build -f docker/Dockerfile .\n```",
                ("docker/Dockerfile", "."),
            ),
            ("1. Build:\n   ```console\n   $ cd docker\n   $ docker build .\n   ```", ("docker/Dockerfile", "docker")),
            ("Run `docker build -f docker/Dockerfile -t x .` first.", ("docker/Dockerfile", ".")),
            ("Then\n\n    docker build \\\n      -f docker/Dockerfile \\\n      .\n", ("docker/Dockerfile", ".")),
            ("```sh\ndocker build -t <your name>/app -f docker/Dockerfile .\n```", ("docker/Dockerfile", ".")),
            ("- $ sudo docker build app", ("app/Dockerfile", "app")),
            ("~~~\npodman build app\n~~~", ("app/Dockerfile", "app")),
            ("```yaml\nrun: docker build app\n```", None),
            ("Just docker build app and be happy.", None),
            ("```\ndocker build -f <file> app\n```", None),
            ("```\ncd elsewhere\ndocker build .\n```", None),
        ],
    )
    def test_commands(self, tmp_path: Path, content: str, expected: tuple[str, str] | None) -> None:
        found = told(tmp_path, read(tmp_path, "README.md", f"# Tool\n\n{content}\n"))
        assert [line[:2] for line in found] == ([expected] if expected else [])

    def test_the_line_is_that_of_the_command(self, tmp_path: Path) -> None:
        found = read(tmp_path, "README.md", "# Tool\n\n```\nls\ndocker build \\\n  app\n```\n")
        assert told(tmp_path, found) == [("app/Dockerfile", "app", 5)]

    def test_beside_a_dockerfile_its_own_is_meant(self, tmp_path: Path) -> None:
        found = read(tmp_path, "docker/README.md", "```\ndocker build .\n```\n")
        assert told(tmp_path, found) == [("docker/Dockerfile", "docker", 2)]


@pytest.mark.parametrize(
    "content",
    [
        "docker build " * 20_000,
        "docker " * 40_000,
        "x = $(" * 50_000 + "\n\tdocker build .\n",
        "A = $(A)$(A)\nB = $(A)\nx:\n\tdocker build $(B)\n",
        "\n".join(f"V{n} = $(V{n + 1})$(V{n + 1})" for n in range(100)) + "\nx:\n\tdocker build $(V0)\n",
        "`" * 100_000,
        "```\n" * 50_000,
        "{{" * 100_000,
        "$(dirname " * 20_000 + "docker build",
        "a: docker build\n" * 5_000,
        "\tdocker build \\\n" * 10_000,
    ],
    ids=lambda content: content[:12],
)
@pytest.mark.parametrize(
    "name", ["Makefile", "justfile", "a.sh", "README.md", "Taskfile.yml", "package.json", "Jenkinsfile"]
)
def test_hostile_files_come_to_an_end(tmp_path: Path, name: str, content: str) -> None:
    read(tmp_path, name, content)


_PIECES = [
    "docker build",
    "-f",
    "$(A)",
    "${B:-",
    "}",
    "`",
    "```\n",
    "\n\t",
    "\n",
    "cd ",
    '"',
    "'",
    "{{a}}",
    "<<E",
    " .",
    "\\\n",
]


@given(
    st.sampled_from(["Makefile", "justfile", "a.sh", "README.md", "x.mk"]),
    st.lists(st.sampled_from(_PIECES), max_size=30),
)
def test_no_text_raises(name: str, pieces: list[str]) -> None:
    place = f"/nowhere/{name}"
    form = form_of(place)
    assert form is not None
    list(build_lines(disk().overlay({place: Text("".join(pieces))}), place, form, "/nowhere"))
