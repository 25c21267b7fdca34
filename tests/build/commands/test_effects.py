import pytest

from prebake.build.commands.effects import Effects, effects_of, redirections
from prebake.build.steps import steps_at
from tests.build.projects import build_of, nth


def effects(command: str) -> Effects:
    build = build_of(f"FROM python:3.12\nWORKDIR /app\nRUN {command}\n")
    run = nth(build, "RUN")
    (step,) = steps_at(build, run).steps
    return effects_of(step)


@pytest.mark.parametrize(
    ("command", "reads", "writes"),
    [
        ("echo hello", [], []),
        ("echo hello > note.txt", [], ["/app/note.txt"]),
        ("echo hello > /dev/null 2>&1", [], []),
        ("cat VERSION", ["/app/VERSION"], []),
        ("cat < VERSION", ["/app/VERSION"], []),
        ("ls", ["/app"], []),
        ("ls /srv", ["/srv"], []),
        ("rm -rf /var/lib/apt/lists/* /root/.cache", [], ["/var/lib/apt/lists", "/root/.cache"]),
        ("chmod +x entry.sh", [], ["/app/entry.sh"]),
        ("chown -R me:me /app", [], ["/app"]),
        ("cp a.cfg /etc/", ["/app/a.cfg"], ["/etc"]),
        ("mv a b", ["/app/a", "/app/b"], ["/app/a", "/app/b"]),
        ("ln -s /opt/x /app/y", [], ["/app/y"]),
        ("ln -s /opt/x", [], ["/app/x"]),
        ("ln app.py /main.py", ["/app/app.py", "/main.py"], ["/app/app.py", "/main.py"]),
        ("echo *.py", ["/app"], []),
        ("cat -n VERSION", ["/app/VERSION"], []),
        ("wc -c VERSION", ["/app/VERSION"], []),
        ("rm -d /app/src", [], ["/app/src"]),
        ("grep -rn word", ["/app/word", "/app"], []),
        ("curl -fsSLo app.py https://example.org", [], ["/app/app.py"]),
        ("wget -qO- https://example.org", [], ["/app/-"]),
        ("tar -xzC /opt -f x.tgz", ["/app/x.tgz"], ["/opt"]),
        ("dpkg -i tool.deb", ["/app/tool.deb"], []),
        ("dpkg -i *.deb", ["/app"], []),
        ("apt-get install -y python3.11 libssl1.1 foo=1.2.*", [], []),
        ("gpg --import key.gpg", ["/app/key.gpg"], []),
        ("git clone /app/vendor/tool", ["/app/vendor/tool"], ["/app/tool"]),
        ("git lfs install", [], ["/app/.git"]),
        ("sed -nEi s/a/b/ app.cfg", [], ["/app/s/a/b", "/app/app.cfg"]),
        ("curl -fsSL https://example.org -o /tmp/x", [], ["/tmp/x"]),
        ("apt-get install -y ./local.deb curl", ["/app/local.deb"], []),
        ("git clone https://example.org/tool.git", [], ["/app/tool"]),
        ("git clone https://example.org/tool.git /opt/tool", [], ["/opt/tool"]),
        ("huggingface-cli download a/b --local-dir models", [], ["/app/models"]),
    ],
)
def test_what_commands_touch(command: str, reads: list[str], writes: list[str]) -> None:
    found = effects(command)
    assert found.opaque is None
    assert list(found.reads) == reads
    assert list(found.writes) == writes


def test_an_edit_in_place_writes_and_a_filter_reads() -> None:
    assert "/app/requirements.txt" in effects("sed -i s/a/b/ requirements.txt").writes
    assert "/app/requirements.txt" in effects("sed -n 1p requirements.txt").reads


def test_folders_that_are_made_or_entered() -> None:
    assert effects("mkdir -p -m 700 logs /srv/x").folders == ("/app/logs", "/srv/x")
    assert effects("mkdir logs").writes == ("/app/logs",)
    assert effects("cd src").enters == ("/app/src",)


def test_environments() -> None:
    assert effects("python -m venv /opt/venv").environments == ("/opt/venv",)
    assert effects("uv venv").environments == ("/app/.venv",)


def test_places_that_are_written_without_being_named() -> None:
    assert "/usr/bin" in effects("apt-get install -y curl").roots
    assert effects("wget https://example.org/x").roots == ("/app",)
    assert effects("curl -O https://example.org/x").roots == ("/app",)
    assert effects("curl https://example.org/x").roots == ()
    assert effects("tar -xzf /tmp/x.tgz").roots == ("/app",)
    assert effects("tar -xzf /tmp/x.tgz -C /opt").roots == ()


def test_users() -> None:
    assert effects("useradd -m -d /app worker").accounts
    assert "/app" in effects("useradd -m -d /app worker").writes
    assert effects("apk add curl").accounts
    assert not effects("echo x").accounts


@pytest.mark.parametrize(
    "command",
    [
        "make",
        "./install.sh",
        "python setup.py build",
        "python -c 'import app'",
        "bash script.sh",
        "find . -name x -delete",
        "curl --data-binary @x https://example.org",
        "rm -rf $UNKNOWN",
        "cat ~/x",
        "poetry run true",
        "npm run build",
        "git checkout x",
    ],
)
def test_what_may_do_anything(command: str) -> None:
    assert effects(command).opaque is not None


@pytest.mark.parametrize(
    ("command", "deletes"),
    [
        ("rm -rf /srv/x y", ["/srv/x", "/app/y"]),
        ("rmdir y", ["/app/y"]),
        ("mv a b /srv", ["/app/a", "/app/b"]),
        ("apt-get clean", ["/var/cache/apt", "/var/lib/apt/lists/partial"]),
        ("cp a b", []),
        ("touch a", []),
    ],
)
def test_what_is_gone_afterwards(command: str, deletes: list[str]) -> None:
    found = effects(command)
    assert list(found.deletes) == deletes
    assert set(found.deletes) <= set(found.writes)


@pytest.mark.parametrize(
    "command", ["rm -rf /var/lib/apt/lists/*", "apt-get clean", "pip cache purge", "conda clean -afy", "rm -rf /tmp/x"]
)
def test_commands_that_only_delete_caches(command: str) -> None:
    assert effects(command).cleanup


@pytest.mark.parametrize(
    "command", ["rm -rf /srv/models", "rm -rf /tmp/x > log", "apt-get autoremove -y", "true", "make"]
)
def test_commands_that_do_more_than_delete_caches(command: str) -> None:
    assert not effects(command).cleanup


@pytest.mark.parametrize(
    "command",
    ["curl https://example.org/x", "apt-get update", "git clone https://example.org/x", "hf download a/b", "make"],
)
def test_commands_that_may_fetch_something(command: str) -> None:
    assert effects(command).network


def test_commands_that_fetch_nothing() -> None:
    assert not effects("mkdir -p /srv").network
    assert not effects("dpkg --add-architecture i386").network


@pytest.mark.parametrize(
    ("command", "read", "unread"),
    [
        ("echo hello", ["PATH", "LC_ALL"], ["GIT_SHA"]),
        ("echo $GIT_SHA", ["GIT_SHA"], ["BUILD_DATE"]),
        ("X=$GIT_SHA true", ["GIT_SHA"], []),
        ("echo x > $OUT", ["OUT"], []),
        ("cat <<EOF\n$GIT_SHA\nEOF", ["GIT_SHA"], []),
        ("apt-get install -y curl", ["DEBIAN_FRONTEND", "APT_CONFIG"], ["GIT_SHA"]),
        ("hf download a/b", ["HF_TOKEN", "HF_HOME"], ["GIT_SHA"]),
        ("make", ["GIT_SHA"], []),
        ("env", ["GIT_SHA"], []),
        ("export", ["GIT_SHA"], []),
        ("source ./settings", ["GIT_SHA"], []),
    ],
)
def test_variables_that_are_read(command: str, read: list[str], unread: list[str]) -> None:
    found = effects(command)
    assert [name for name in read if not found.reads_variable(name)] == []
    assert [name for name in unread if found.reads_variable(name)] == []


@pytest.mark.parametrize(
    "command", ["nvcc --version", "some-tool --version", "corepack enable", "locale-gen en_US.UTF-8"]
)
def test_common_commands_are_known(command: str) -> None:
    assert effects(command).opaque is None


@pytest.mark.parametrize(
    "command",
    ["./tool --version", "sha256sum -c sums.txt", "some-tool build", "cmake --build .", "ninja", "git lfs pull"],
)
def test_commands_that_are_a_barrier(command: str) -> None:
    assert effects(command).opaque is not None


def test_redirections_of_any_command() -> None:
    build = build_of("FROM a\nWORKDIR /app\nRUN make < in.txt > out.txt\n")
    run = nth(build, "RUN")
    (step,) = steps_at(build, run).steps
    assert redirections(step) == Effects(reads=("/app/in.txt",), writes=("/app/out.txt",))


@pytest.mark.parametrize(
    "command",
    [
        "sed -n 'w copy.txt' VERSION",
        "sed s/a/b/e VERSION",
        "awk 'BEGIN { while ((getline line < \"app.py\") > 0) print line }'",
        "awk -f script.awk VERSION",
        "curl -d @app.py https://example.org",
        "curl -Ffile=@app.py https://example.org",
        "curl file:///app/app.py",
        "chmod --reference=VERSION app.py",
        "git config user.name me",
        "find / -fls list",
        "tar -xf a.tar -T names",
    ],
)
def test_commands_that_may_do_anything_by_an_argument(command: str) -> None:
    assert effects(command).opaque is not None
