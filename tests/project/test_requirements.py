from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.project.manifests.requirements import Closure, Trouble, closure, decode, local_path, logical_lines
from prebake.text import Text


class Tree:
    """Files by absolute path."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._files = {
            path: Text.from_bytes(content if isinstance(content, bytes) else content.encode())
            for path, content in files.items()
        }

    def text(self, path: str) -> Text | None:
        return self._files.get(path)

    def is_file(self, path: str) -> bool:
        return path in self._files

    def is_dir(self, path: str) -> bool:
        return any(name.startswith(path.rstrip("/") + "/") for name in self._files)


def read(files: Mapping[str, str | bytes], *names: str, **options: object) -> Closure:
    given = {"cwd": "/app", **options}
    return closure(Tree(files), names or ["requirements.txt"], **given)  # type: ignore[arg-type]


def names(found: Closure) -> list[str]:
    return [package.name for package in found.packages]


def troubles(found: Closure) -> list[tuple[Trouble, str, int | None]]:
    return [(problem.kind, problem.path, problem.line) for problem in found.problems]


def test_includes_are_relative_to_the_file_they_stand_in() -> None:
    found = read(
        {
            "/app/requirements/prod.txt": "-r base.txt\n--constraint=../pins.txt\ngunicorn\n",
            "/app/requirements/base.txt": "torch==2.4\n",
            "/app/pins.txt": "torch<3\n-c more.txt\n",
            "/app/more.txt": "numpy<3\n",
        },
        "requirements/prod.txt",
    )
    assert found.files == (
        "/app/requirements/prod.txt",
        "/app/requirements/base.txt",
        "/app/pins.txt",
        "/app/more.txt",
    )
    assert names(found) == ["gunicorn", "torch"]
    assert found.problems == ()


@pytest.mark.parametrize("line", ["-r base.txt", "-rbase.txt", "--requirement base.txt", "--requirement=base.txt"])
def test_spellings_of_an_include(line: str) -> None:
    found = read({"/app/requirements.txt": line + "\n", "/app/base.txt": "torch\n"})
    assert found.files == ("/app/requirements.txt", "/app/base.txt")


def test_includes_in_a_circle_are_read_once() -> None:
    found = read({"/app/requirements.txt": "-r b.txt\na\n", "/app/b.txt": "-r requirements.txt\nb\n"})
    assert found.files == ("/app/requirements.txt", "/app/b.txt")
    assert names(found) == ["a", "b"]
    assert found.problems == ()


def test_local_paths_are_relative_to_the_working_directory() -> None:
    found = read(
        {
            "/app/deps/requirements.txt": "./lib/one.whl\n-e ./pkg[extra]\n",
            "/app/lib/one.whl": "",
            "/app/pkg/setup.py": "",
        },
        "deps/requirements.txt",
    )
    assert [(item.path, item.project) for item in found.local] == [("/app/lib/one.whl", False), ("/app/pkg", True)]
    assert troubles(found) == [(Trouble.PROJECT, "/app/deps/requirements.txt", 1)]


def test_find_links_are_relative_to_the_file_where_that_exists() -> None:
    files = {
        "/app/deps/requirements.txt": "--find-links wheels\n-f https://example.org/wheels\n",
        "/app/wheels/x.whl": "",
    }
    assert [item.path for item in read(files, "deps/requirements.txt").local] == ["/app/wheels"]
    files |= {"/app/deps/wheels/y.whl": ""}
    assert [item.path for item in read(files, "deps/requirements.txt").local] == ["/app/deps/wheels"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-r missing.txt", Trouble.MISSING),
        ("-r https://example.org/r.txt", Trouble.REMOTE),
        ("-c ${PINS}", Trouble.VARIABLE),
        ("-e .", Trouble.PROJECT),
        (".", Trouble.PROJECT),
        ("./pkg", Trouble.PROJECT),
        ("mine @ file:///app/pkg", Trouble.PROJECT),
        ("file:./pkg#egg=mine", Trouble.PROJECT),
        ("dist/mine-1.0.tar.gz", Trouble.MISSING),
        ("--made-up-option", Trouble.MALFORMED),
        ('-r "open', Trouble.MALFORMED),
    ],
)
def test_what_stands_in_the_way_is_told_with_its_line(line: str, kind: Trouble) -> None:
    found = read({"/app/requirements.txt": f"torch\n\n# note\n{line}\nnumpy\n"})
    assert troubles(found) == [(kind, "/app/requirements.txt", 3)]


def test_a_file_that_was_asked_for_and_is_missing_has_no_line() -> None:
    assert troubles(read({})) == [(Trouble.MISSING, "/app/requirements.txt", None)]


def test_variables_of_the_environment() -> None:
    files = {"/app/requirements.txt": "-r ${STAGE}.txt\n", "/app/prod.txt": "torch\n"}
    assert read(files, env={"STAGE": "prod"}.get).files == ("/app/requirements.txt", "/app/prod.txt")
    index = "https://${TOKEN}@example.org"
    assert read({"/app/requirements.txt": f"--index-url {index}\ntorch\n"}).problems == ()
    assert read({"/app/requirements.txt": f"tool @ {index}/x.whl\n"}).problems == ()


def test_options_that_read_nothing() -> None:
    found = read(
        {
            "/app/requirements.txt": "-i https://example.org\n--pre\n--no-binary :all:\n--trusted-host example.org\n"
            "torch==2.4 --hash=sha256:abc \\\n    --hash=sha256:def\n"
            'uvicorn[standard]>=0.30 ; python_version >= "3.11"\n'
        }
    )
    assert names(found) == ["torch", "uvicorn"]
    assert found.problems == ()


def test_remote_requirements_are_packages() -> None:
    found = read({"/app/requirements.txt": "git+https://github.com/a/b.git\nc @ https://example.org/c.whl\n"})
    assert len(found.packages) == 2
    assert found.local == ()
    assert not found.checkouts


def test_an_editable_requirement_from_version_control_is_checked_out() -> None:
    assert read({"/app/requirements.txt": "-e git+https://github.com/a/b.git#egg=b\n"}).checkouts


def test_comments_and_continuations() -> None:
    content = "# first\ntorch \\\n  # inside\nnumpy # why\nurl#frag\n\n  \nlast \\"
    assert list(logical_lines(content)) == [(1, "torch"), (3, "numpy"), (4, "url#frag"), (7, "last")]


def test_constraints_name_no_packages_to_install() -> None:
    found = closure(Tree({"/app/c.txt": "torch<3\n"}), [], ["c.txt"], cwd="/app")
    assert found.files == ("/app/c.txt",)
    assert found.packages == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(encoding: str) -> None:
    found = read({"/app/requirements.txt": "torch\nnumpy\n".encode(encoding)})
    assert names(found) == ["torch", "numpy"]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    found = read({"/app/requirements.txt": b"\xe9caf\xff\0\n-r \xff\ntorch\n"})
    assert "torch" in names(found)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".", "."),
        (".[gpu,cli]", "."),
        ("./pkg", "./pkg"),
        ("../lib[x]", "../lib"),
        ("pkg/sub", "pkg/sub"),
        ("x.whl", "x.whl"),
        ("file:///srv/x", "/srv/x"),
        ("a @ file:///srv/x.whl", "/srv/x.whl"),
        ("torch", None),
        ("torch==2.0", None),
        ("uvicorn[standard]", None),
        ("https://example.org/x.whl", None),
        ("git+ssh://git@example.org/x.git", None),
        ("a @ https://example.org/x.whl", None),
    ],
)
def test_what_pip_takes_for_a_path(text: str, path: str | None) -> None:
    assert local_path(text) == path


def test_a_file_of_absurd_length_is_not_read_to_its_end() -> None:
    found = read({"/app/requirements.txt": "torch\n" * 30_000})
    assert troubles(found) == [(Trouble.MALFORMED, "/app/requirements.txt", 20_000)]
    assert troubles(read({"/app/requirements.txt": "x" * 200_000})) == [(Trouble.MALFORMED, "/app/requirements.txt", 0)]


@given(st.text(max_size=300))
def test_no_text_is_too_strange(content: str) -> None:
    found = read({"/app/requirements.txt": content.encode("utf-8", "surrogatepass").decode("utf-8", "replace")})
    assert found.files == ("/app/requirements.txt",)


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    assert isinstance(decode(Text.from_bytes(data)), str)
