"""Rules that the repository itself keeps: layering, generated pages, nothing that belongs to one machine."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from prebake.engine import Engine
from prebake.rules import all_rules
from scripts import fixed_example, generate_docs

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "server" / "prebake"

# From the bottom up. Modules of one line may use each other; nothing may use a line below it.
LAYERS = (
    ("__init__", "records", "text", "paths", "edits", "findings"),
    ("git", "githistory", "filesystem", "gittree", "pastworktree"),
    ("files",),
    ("config", "discovery"),
    ("syntax",),
    ("project", "data"),
    ("build",),
    ("rules",),
    ("silence",),
    ("checking",),
    ("engine",),
    ("fixing", "refactoring"),
    ("replaying",),
    ("lsp", "cli", "__main__"),
)
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
# The same within build/; modules that stand in no package are the lowest.
BUILD_LAYERS = (
    ("cache", "context", "commands"),
    ("rewriting",),
    ("installs",),
    ("layers", "models", "order", "replay"),
)
# And within build/models/.
MODEL_LAYERS = (("hub",), ("loads",), ("runs",), ("tokens",), ("baked",), ("baking",))
MODULES = sorted(PACKAGE.rglob("*.py"))
PURE = ("syntax", "project", "build", "rules")
PROTOCOL = {"pygls", "lsprotocol"}


def room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(module: Path) -> Iterator[str]:
    """Dotted names of everything a module imports, inside functions too; relative imports made absolute."""
    package = ("prebake", *module.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a Git work tree")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_imports_go_one_way(module: Path) -> None:
    here = room(module)
    for name in imports(module):
        top, _, rest = name.partition(".")
        if top in PROTOCOL:
            assert here == "lsp", f"{name} below lsp/"
        if top == "prebake" and rest:
            there = rest.split(".")[0]
            there = there if there in RANK else "__init__"
            assert RANK[there] <= RANK[here], f"{name} lies above {here}"


@pytest.mark.parametrize(
    ("package", "layers"), [("build", BUILD_LAYERS), ("build.models", MODEL_LAYERS)], ids=["build", "models"]
)
def test_imports_within_build_go_one_way(package: str, layers: tuple[tuple[str, ...], ...]) -> None:
    rank = {name: number for number, names in enumerate(layers) for name in names}
    folder = PACKAGE.joinpath(*package.split("."))
    for module in folder.rglob("*.py"):
        parts = module.relative_to(folder).parts
        here = parts[0] if len(parts) > 1 else ""
        for name in imports(module):
            there = name.removeprefix(f"prebake.{package}.").partition(".")[0] if package in name else here
            if there in rank and there != here:
                assert rank[there] < rank.get(here, -1), f"{module}: {name} does not lie below {here}"


def test_the_command_and_the_server_do_not_need_each_other() -> None:
    for module in MODULES:
        if room(module) == "lsp":
            assert not [name for name in imports(module) if name.startswith("prebake.cli")], module


@pytest.mark.parametrize(
    "module",
    [module for module in MODULES if room(module) in PURE],
    ids=lambda module: str(module.relative_to(PACKAGE)),
)
def test_analysis_sees_files_only_through_a_snapshot(module: Path) -> None:
    used = {name.split(".")[0] for name in imports(module)}
    assert used & {"os", "pathlib", "subprocess", "shutil", "glob", "socket", "urllib", "tempfile"} == set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name):
            assert node.id not in {"open", "exec", "eval", "__import__"}, f"line {node.lineno}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) != ("io", "open"), f"line {node.lineno}"


def test_modules_are_small() -> None:
    long = {str(module.relative_to(PACKAGE)): module.read_text(encoding="utf-8").count("\n") for module in MODULES}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_nothing_belongs_to_one_machine() -> None:
    """No folder of a developer's machine and no package registry's address is written down anywhere."""
    places = [r"\.pyenv\b", r"/Users/\w+/", r"[A-Z]:\\\\Users\\\\"]
    if len(ROOT.parts) > 2:  # a checkout in a folder such as /app says nothing
        places.append(re.escape(f"{ROOT}/"))
    places.append(r"https?://[^\s\"']*(pypi\.|npmjs|/simple/|artifactory|nexus)")
    forbidden = re.compile("|".join(places))
    for path in tracked():
        if path.suffix in {".png", ".vsix"} or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            where = f"{path.relative_to(ROOT)}:{number}: {line.strip()[:160]}"
            assert not forbidden.search(line), where


def test_pinned_versions_have_no_addresses() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)] == []


def test_generated_pages_are_up_to_date() -> None:
    assert [str(path.relative_to(ROOT)) for path in generate_docs.out_of_date()] == []


def test_the_readme_lists_the_registry() -> None:
    text = generate_docs.README.read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(PB\d+)\]\(docs/rules/PB\d+\.md\) \| ([a-z-]+) \| (\w+) \|", text, re.MULTILINE)
    assert listed == [(rule.code, rule.name, str(rule.severity)) for rule in all_rules()]


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_prebake_finds_nothing_in_our_own_dockerfile() -> None:
    """No hint either."""
    report = Engine().check(f"{ROOT}/Dockerfile")
    assert report.text is not None
    assert [f"{finding.code} {finding.message}" for finding in report.findings] == []


@pytest.fixture(scope="module")
def example() -> fixed_example.Result:
    return fixed_example.run()


def test_the_fixed_example_is_what_the_fixes_make_of_the_slow_one(example: fixed_example.Result) -> None:
    def files(root: Path) -> dict[str, str]:
        found = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found}

    slow, fast = files(fixed_example.SLOW), files(fixed_example.FAST)
    differing = {name: fast.get(name) for name in slow | fast if slow.get(name) != fast.get(name)}
    del differing["README.md"]
    assert differing == example.files


def test_the_readme_shows_the_examples_as_they_are(example: fixed_example.Result) -> None:
    text = fixed_example.README.read_text(encoding="utf-8")
    for root in (fixed_example.SLOW, fixed_example.FAST):
        assert (root / "Dockerfile").read_text(encoding="utf-8") in text
    # Another version of git makes another number of files.
    assert re.sub(r"\d+ files", "files", fixed_example.readme(text, example)) == re.sub(r"\d+ files", "files", text)
