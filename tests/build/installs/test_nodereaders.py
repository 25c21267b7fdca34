import json

import pytest

from prebake.build.installs.installers import installs
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, first_step
from tests.build.projects import build_of, nth

LOCK = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {},
            "node_modules/a": {"version": "1.0.0"},
            "node_modules/a/node_modules/@s/b": {"version": "1.0.0"},
            "node_modules/dev": {"version": "1.0.0", "dev": True},
            "node_modules/@esbuild/win32-x64": {"version": "1.0.0", "optional": True},
        },
    }
)


def reading(run: str, files: dict[str, str], before: str = "WORKDIR /app\nCOPY . .") -> Reading:
    """What the RUN reads, with all files copied above it."""
    build = build_of(f"FROM node:22\n{before}\nRUN {run}\n", files)
    return readings(build)[nth(build, "RUN", -1).index]


def manifests(run: str, files: dict[str, str], before: str = "WORKDIR /app\nCOPY . .") -> list[str]:
    return [item.image for item in reading(run, files, before).manifests]


def first(run: str, files: dict[str, str]) -> FirstStep | str:
    build = build_of(f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {run}\n", files)
    install = installs(build)[nth(build, "RUN", -1).index]
    return first_step(Notes(build, install), install.commands[0])


def package(**data: object) -> str:
    return json.dumps(data)


@pytest.mark.parametrize(
    ("run", "packages"),
    [
        ("npm ci", ("a", "@s/b", "dev")),
        ("npm ci --omit=dev", ("a", "@s/b")),
        ("npm ci --omit dev", ("a", "@s/b")),
        ("npm ci --production", ("a", "@s/b")),
        ("NODE_ENV=production npm ci", ("a", "@s/b")),
        ("npm install -g x", ("x",)),
    ],
)
def test_the_packages_of_npm(run: str, packages: tuple[str, ...]) -> None:
    assert reading(run, {"package.json": "{}", "package-lock.json": LOCK}).packages == packages


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["packages/*"], ["packages/a", "packages/b"]),
        (["packages/a"], ["packages/a"]),
        (["./packages/a/"], ["packages/a"]),
        (["packages/**"], ["packages/a", "packages/a/deep", "packages/b"]),
        (["packages/*", "!packages/b"], ["packages/a"]),
        (["p*/?"], ["packages/a", "packages/b"]),
        ({"packages": ["packages/b"]}, ["packages/b"]),
        ([], []),
    ],
)
def test_the_members_of_a_workspace(patterns: object, found: list[str]) -> None:
    files = {
        "package.json": package(workspaces=patterns),
        "packages/a/package.json": "{}",
        "packages/a/deep/package.json": "{}",
        "packages/b/package.json": "{}",
        "packages/node_modules/x/package.json": "{}",
        "packages/none/index.js": "",
    }
    read = manifests("npm ci", files)
    assert sorted(read) == sorted(["/app/package.json", *(f"/app/{folder}/package.json" for folder in found)])
    assert not reading("npm ci", files).problems


def test_a_pattern_that_is_not_followed_is_said() -> None:
    files = {"package.json": package(workspaces=["{a,b}/*"]), "a/x/package.json": "{}"}
    assert "{a,b}/*" in reading("npm ci", files).problems[0]


def test_the_members_that_several_instructions_copy() -> None:
    files = {"package.json": package(workspaces=["p/*"]), "p/a/package.json": "{}", "q/b/package.json": "{}"}
    copied = "WORKDIR /app\nCOPY package.json ./\nCOPY p/a/package.json p/a/\nCOPY q/ p/"
    assert manifests("npm ci", files, copied) == [
        "/app/package.json",
        "/app/p/a/package.json",
        "/app/p/b/package.json",
    ]


def test_a_member_installs_for_its_workspace() -> None:
    files = {"package.json": package(workspaces=["p/*"]), "p/a/package.json": "{}"}
    assert "may belong to the workspace in /app" in reading("cd p/a && npm ci", files).problems[0]
    assert "may belong to the workspace in /app" in reading("npm --prefix p/a ci", files).problems[0]


@pytest.mark.parametrize("program", ["npm ci", "yarn install --frozen-lockfile", "pnpm install --frozen-lockfile"])
@pytest.mark.parametrize(
    ("script", "harmless"),
    [
        ("echo done", True),
        ("npx only-allow pnpm", True),
        ("npx --yes only-allow pnpm || true", True),
        ("husky", True),
        ("is-ci || husky install", True),
        ("patch-package", True),
        ("node build.js", False),
        ("echo x > generated.txt", False),
        ("echo $(cat index.js)", False),
        ("husky && tsc", False),
        ("$TOOL", False),
        ("'", False),
    ],
)
def test_scripts_of_the_project(program: str, script: str, harmless: bool) -> None:
    found = reading(program, {"package.json": package(scripts={"postinstall": script})})
    assert (not found.problems) is harmless


@pytest.mark.parametrize(
    ("run", "ignored"),
    [
        ("npm ci --ignore-scripts", True),
        ("npm ci --ignore-scripts=false", False),
        ("npm_config_ignore_scripts=true npm ci", True),
        ("yarn install --ignore-scripts", True),
        ("yarn install --mode=skip-build", True),
        ("pnpm install --ignore-scripts", True),
        ("pnpm fetch", True),
        ("npm run build; npm ci", False),
    ],
)
def test_scripts_that_are_ignored(run: str, ignored: bool) -> None:
    found = reading(run, {"package.json": package(scripts={"prepare": "tsc"}), "pnpm-lock.yaml": ""})
    assert (not found.problems) is ignored


def test_berry_does_not_run_prepare() -> None:
    files = {"package.json": package(scripts={"prepare": "tsc"}), "yarn.lock": "__metadata:\n  version: 8\n"}
    assert not reading("yarn install --immutable", files).problems
    assert reading("yarn install --frozen-lockfile", {**files, "yarn.lock": "# yarn lockfile v1\n"}).problems


@pytest.mark.parametrize(
    ("specifier", "library"),
    [
        ("file:lib", "/app/lib"),
        ("file:./lib", "/app/lib"),
        ("link:../lib", "/lib"),
        ("portal:lib", "/app/lib"),
        ("./lib", "/app/lib"),
        ("^1.0.0", None),
        ("github:user/repo", None),
        ("user/repo", None),
        ("npm:other@1", None),
        ("https://example.org/x.tgz", None),
        ("workspace:*", None),
    ],
)
def test_folders_of_dependencies(specifier: str, library: str | None) -> None:
    found = reading("npm ci", {"package.json": package(dependencies={"x": specifier}), "lib/package.json": "{}"})
    assert found.libraries == ((library,) if library else ())
    assert bool(found.problems) is bool(library)


def test_archives_of_dependencies_are_manifests() -> None:
    files = {"package.json": package(dependencies={"x": "file:vendor/x.tgz"}), "vendor/x.tgz": ""}
    assert manifests("npm ci", files) == ["/app/package.json", "/app/vendor/x.tgz"]


@pytest.mark.parametrize(
    ("run", "files", "part"),
    [
        ("npm install", {"package-lock.json": LOCK}, "package-lock.json anew"),
        ("yarn", {"yarn.lock": ""}, "yarn.lock anew"),
        ("pnpm i", {"pnpm-lock.yaml": ""}, "pnpm-lock.yaml anew"),
    ],
)
def test_lock_files_that_may_be_written(run: str, files: dict[str, str], part: str) -> None:
    assert any(part in doubt for doubt in reading(run, {"package.json": "{}", **files}).doubts)


def test_the_client_of_prisma_reads_the_schema() -> None:
    files = {"package.json": package(dependencies={"@prisma/client": "6"}), "prisma/schema.prisma": ""}
    assert "prisma/schema.prisma" in reading("npm ci", files).problems[0]
    assert not reading("npm ci --ignore-scripts", files).problems


def test_node_that_loads_files() -> None:
    files = {"package.json": "{}"}
    assert reading("NODE_OPTIONS='--require ./x.js' npm ci", files).problems
    assert not reading("NODE_OPTIONS=--max-old-space-size=4096 npm ci", files).problems


@pytest.mark.parametrize(
    ("run", "files", "options", "command"),
    [
        ("npm install", {"package-lock.json": LOCK}, ("--ignore-scripts",), None),
        ("yarn install", {"yarn.lock": "# yarn lockfile v1\n"}, ("--ignore-scripts",), None),
        ("yarn install", {"yarn.lock": "__metadata:\n"}, ("--mode=skip-build",), None),
        ("pnpm install", {"pnpm-lock.yaml": ""}, (), "pnpm fetch"),
        ("pnpm install --prod", {"pnpm-lock.yaml": ""}, (), "pnpm fetch --prod"),
    ],
)
def test_the_dependencies_alone(run: str, files: dict[str, str], options: tuple[str, ...], command: str | None) -> None:
    found = first(run, {"package.json": package(scripts={"postinstall": "node x.js"}), **files})
    assert isinstance(found, FirstStep)
    assert (found.options, found.command) == (options, command)


def test_no_first_step() -> None:
    scripts = package(scripts={"postinstall": "node x.js"})
    clean = first("npm ci", {"package.json": scripts, "package-lock.json": LOCK})
    assert isinstance(clean, str)
    assert "npm rebuild" in clean
    scripted = LOCK.replace('"version": "1.0.0"', '"version": "1.0.0", "hasInstallScript": true')
    other = first("npm install", {"package.json": scripts, "package-lock.json": scripted})
    assert isinstance(other, str)
    assert "would not run the install scripts of the dependencies" in other
    assert isinstance(first("yarn install", {"package.json": package(dependencies={"x": "file:x"})}), str)


HOSTILE = [
    "", "[]", "1", "null", '"x"', "{", "\x00", "[" * 100_000, "1" * 5000, '{"a": ' * 5000,
    package(workspaces=1, scripts=[1], dependencies="x", bin=7, pnpm=3, overrides=[{"a": 1}], packageManager=[]),
    package(workspaces={"packages": {"a": 1}}, scripts={"install": 5}, dependencies={"x": ["file:y"]}, packages=5),
    package(workspaces=[1, None, "", "/", "..", "../../..", "**", "**/**/**"], packages={"": 1, "node_modules/a": []}),
    package(packages={"a": {"resolved": 1, "link": True}, "b": {"resolved": "", "link": True}}, dependencies=[]),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("run", ["npm ci", "npm install", "yarn", "pnpm install", "pnpm fetch"])
def test_files_of_an_odd_shape(run: str, text: str) -> None:
    files = {"package.json": text, "package-lock.json": text, "yarn.lock": text, "pnpm-lock.yaml": text}
    files |= {".npmrc": text, ".yarnrc.yml": text, "pnpm-workspace.yaml": text, "npm-shrinkwrap.json": text}
    assert reading(run, files) is not None
    assert first(run, files)
