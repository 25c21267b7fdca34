import pytest

from prebake.build.installs.readers.go import go_mod
from prebake.text import Text
from tests.build.installs.test_nodereaders import first, manifests, reading

GO = """module example.com/x // a comment

go 1.22
toolchain go1.22.3

require example.com/one v1.0.0
require (
	example.com/two v2.0.0 // indirect
	"example.com/three" v0.1.0
)
replace example.com/one => ./one
replace (
	example.com/two v2.0.0 => example.com/fork v2.1.0
	example.com/three => ../three
)
exclude example.com/four v1.0.0
"""


def test_what_go_mod_says() -> None:
    found = go_mod(Text(GO))
    assert found.go == "1.22"
    assert [name for name, _ in found.requires] == ["example.com/one", "example.com/two", "example.com/three"]
    assert list(found.folders()) == ["./one", "../three"]
    assert found.replaced["example.com/two"] == ("example.com/fork", "v2.1.0")


@pytest.mark.parametrize(
    ("sums", "sure"),
    [
        ("example.com/fork v2.1.0/go.mod h1:x=\n", True),
        ("example.com/two v2.0.0/go.mod h1:x=\n", False),
        ("", False),
    ],
)
def test_a_complete_go_sum_is_left_alone(sums: str, sure: bool) -> None:
    files = {"go.mod": GO.replace("../three", "./three"), "go.sum": sums, "one/go.mod": "", "three/go.mod": ""}
    found = reading("go mod download", files)
    assert [item.image for item in found.manifests] == [
        f"/app/{name}" for name in ("go.mod", "go.sum", "one/go.mod", "three/go.mod")
    ]
    assert (not found.doubts) is sure
    assert not found.problems


@pytest.mark.parametrize(
    ("run", "part"),
    [
        ("GOFLAGS=-modfile=other.mod go mod download", "GOFLAGS"),
        ("GOPROXY=file:///proxy go mod download", "GOPROXY"),
        ("go mod download -modfile x", "-modfile"),
    ],
)
def test_what_is_not_followed_of_go(run: str, part: str) -> None:
    assert any(part in problem for problem in reading(run, {"go.mod": "go 1.22\n"}).problems)


def test_go_in_another_folder() -> None:
    files = {"api/go.mod": "go 1.22\n", "api/go.sum": ""}
    assert manifests("go -C api mod download -x", files) == ["/app/api/go.mod", "/app/api/go.sum"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        "require (",
        "require (\n)\n)",
        "replace => x",
        "replace a => ",
        "use",
        "go",
        "\x00",
        "require a b c => d",
    ],
)
def test_a_go_mod_of_an_odd_shape(text: str) -> None:
    assert reading("go mod download", {"go.mod": text, "go.sum": text, "go.work": text}) is not None


@pytest.mark.parametrize(
    ("run", "read"),
    [
        ("conda env create", ["environment.yml", "r/a.txt", "r/b.txt"]),
        ("mamba env update -n base --file environment.yml", ["environment.yml", "r/a.txt", "r/b.txt"]),
        ("micromamba create -y -p /env -f environment.yml", ["environment.yml", "r/a.txt", "r/b.txt"]),
        ("conda create -n x --file list.txt python=3.12", ["list.txt"]),
        ("conda install -y numpy", []),
        ("conda-lock install --no-dev -p /env conda-lock.yml", ["conda-lock.yml"]),
        ("conda-lock install", ["conda-lock.yml"]),
    ],
)
def test_what_conda_reads(run: str, read: list[str]) -> None:
    files = {
        "environment.yml": "dependencies:\n  - python\n  - pip:\n    - -r r/a.txt\n    - torch\n",
        "r/a.txt": "-r b.txt\n",
        "r/b.txt": "numpy\n",
        "list.txt": "# a comment\nscipy\n@EXPLICIT\nhttps://example.org/x.conda\n",
        "conda-lock.yml": "package:\n- name: numpy\n  url: https://example.org/x.conda\n",
    }
    found = reading(run, files)
    assert [item.image for item in found.manifests] == [f"/app/{name}" for name in read]
    assert not found.problems


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("dependencies:\n  - pip:\n    - -e .\n", "-e ."),
        ("dependencies:\n  - pip:\n    - -r missing.txt\n", "missing.txt"),
        ("channels: [./channel]\n", "./channel"),
        ("dependencies: [file:///x.conda]\n", "file:///x.conda"),
        ("- a\n", "not a YAML file of an environment"),
        ("{", "not a YAML file of an environment"),
        ("", "not a YAML file of an environment"),
    ],
)
def test_what_is_not_followed_of_conda(text: str, part: str) -> None:
    problems = reading("conda env create -f environment.yml", {"environment.yml": text}).problems
    assert any(part in problem for problem in problems)


def test_an_environment_of_conda_in_the_project() -> None:
    files = {"environment.yml": "dependencies: [python]\n"}
    ((_, effects),) = reading("conda env create -p ./env -f environment.yml", files).effects
    assert effects.environments == ("/app/env",)


PIXI = """[workspace]
name = "x"
[pypi-dependencies]
x = { path = ".", editable = true }
[feature.dev.pypi-dependencies]
tools = { path = "tools" }
wheel = { path = "wheels/w.whl" }
"""


def test_what_pixi_reads() -> None:
    files = {"pixi.toml": PIXI, "pixi.lock": "", "wheels/w.whl": "", "tools/pyproject.toml": ""}
    found = reading("pixi install --locked", files)
    assert [item.image for item in found.manifests] == [
        f"/app/{name}" for name in ("pixi.toml", "pixi.lock", "wheels/w.whl")
    ]
    assert found.libraries == ("/app/tools",)
    assert len(found.problems) == 2
    assert not reading("pixi install --frozen --skip x --skip tools", files).problems
    assert len(reading("pixi install --skip x --skip tools", files).problems) == 2


def test_pixi_leaves_out_what_lies_in_folders() -> None:
    files = {"pixi.toml": PIXI, "pixi.lock": ""}
    frozen = first("pixi install --frozen", files)
    assert not isinstance(frozen, str)
    assert frozen.options == ("--skip", "x", "--skip", "tools")
    plain = first("pixi install", files)
    assert not isinstance(plain, str)
    assert plain.options[0] == "--frozen"
    assert isinstance(first("pixi install --locked", files), str)
    assert isinstance(first("pixi install", {"pixi.toml": PIXI}), str)


@pytest.mark.parametrize("text", ["", "[", "a = 1\n", "pypi-dependencies = [1, {path = 2}]\n", "[tool]\npixi = 1\n"])
def test_a_manifest_of_pixi_of_an_odd_shape(text: str) -> None:
    assert reading("pixi install", {"pixi.toml": text, "pyproject.toml": text, "pixi.lock": text}) is not None


@pytest.mark.parametrize(
    ("run", "manifest"),
    [
        ("cargo build --release", "Cargo.toml"),
        ("bundle install", "Gemfile"),
        ("composer install", "composer.json"),
        ("mvn -B -DskipTests package", "pom.xml"),
        ("./mvnw clean install", "pom.xml"),
        ("./gradlew bootJar", "build.gradle"),
    ],
)
def test_what_is_explained_only(run: str, manifest: str) -> None:
    text = "[dependencies]\nserde = '1'\n" if manifest == "Cargo.toml" else ""
    found = reading(run, {manifest: text})
    assert [item.image for item in found.manifests] == [f"/app/{manifest}"]
    assert "first" in found.problems[0] or "before" in found.problems[0]
