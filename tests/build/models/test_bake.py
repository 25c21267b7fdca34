"""Where the download at build time goes, how it is called, and when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prebake.engine import Engine
from prebake.findings import Finding, Severity
from prebake.fixing import Refusal, apply_fix
from tests.rules.trees import make_tree

MODEL = "from transformers import AutoModel\nAutoModel.from_pretrained('org/name'{})\n"


def found(root: Path, dockerfile: str, code: str = MODEL.format(""), **files: Any) -> tuple[Engine, list[Finding]]:
    names = {name.replace("__", "."): content for name, content in files.items()}
    make_tree(root, {"Dockerfile": dockerfile, "main.py": code, **names})
    engine = Engine(workspaces=[root.as_posix()])
    report = engine.check((root / "Dockerfile").as_posix())
    return engine, [finding for finding in report.findings if finding.code == "PB301"]


def added(root: Path, dockerfile: str, code: str = MODEL.format(""), **files: Any) -> list[str]:
    """The lines that the fix of the only finding adds but for the last one, which keeps the client offline; afterwards
    nothing is found.
    """
    engine, findings = found(root, dockerfile, code, **files)
    (finding,) = findings
    assert finding.fixes, finding.no_fix
    outcome = apply_fix(engine.snapshot, root.as_posix(), finding.fixes[0])
    assert not isinstance(outcome, Refusal)
    path = (root / "Dockerfile").as_posix()
    assert [item for item in engine.check_in(outcome, path).findings if item.code == "PB301"] == []
    text = outcome.text(path)
    assert text is not None
    before = dockerfile.split("\n")
    lines = [line for line in text.content.split("\n") if line not in before]
    return lines[:-1] if lines[-1] == OFFLINE else lines


def refused(root: Path, dockerfile: str, code: str = MODEL.format(""), **files: Any) -> str:
    """Why the only finding has no fix."""
    _, findings = found(root, dockerfile, code, **files)
    (finding,) = findings
    assert not finding.fixes
    return finding.no_fix or ""


OFFLINE = "ENV HF_HUB_OFFLINE=1"
HEAD = "FROM python:3.12-slim\nWORKDIR /app\n"
PIP_ALONE = "RUN pip install transformers\n"
PIP = HEAD + PIP_ALONE
TAIL = 'COPY main.py .\nCMD ["python", "main.py"]\n'


@pytest.mark.parametrize(
    ("install", "command"),
    [
        ("RUN pip install transformers", "hf"),
        ("RUN python -m pip install transformers", "hf"),
        ("RUN python -m venv /venv && /venv/bin/pip install transformers", "/venv/bin/hf"),
        ("RUN pip install uv && uv pip install --system transformers", "hf"),
        ("ENV PATH=/venv/bin:$PATH\nRUN uv venv /venv && uv pip install transformers", "hf"),
        ("COPY pyproject.toml uv.lock ./\nRUN uv sync --locked --no-install-project", ".venv/bin/hf"),
        ("COPY pyproject.toml uv.lock ./\nENV PATH=/app/.venv/bin:$PATH\nRUN uv sync --locked", "hf"),
        ("COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root", "poetry run hf"),
        (
            "COPY pyproject.toml poetry.lock ./\n"
            "RUN poetry config virtualenvs.create false && poetry install --no-root",
            "hf",
        ),
        ("RUN pip install 'huggingface_hub<0.30' transformers", "huggingface-cli"),
    ],
)
def test_how_the_command_is_called(tmp_path: Path, install: str, command: str) -> None:
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["transformers"]\n'
    poetry = '[tool.poetry.dependencies]\ntransformers = "^5.0"\n'
    files = {
        "pyproject__toml": poetry if "poetry" in install else project,
        "uv__lock": 'version = 1\n[[package]]\nname = "transformers"\nversion = "5.23.0"\n',
        "poetry__lock": '[[package]]\nname = "transformers"\nversion = "5.23.0"\n',
    }
    lines = added(tmp_path, f"{HEAD}{install}\n{TAIL}", **files)
    assert lines == ["ENV HF_HOME=/opt/hf", f"RUN {command} download org/name"]


@pytest.mark.parametrize(
    "install",
    [
        "RUN pip install --target /lib transformers",
        "RUN pip install --user transformers",
        "RUN uv pip install transformers",
    ],
)
def test_a_stage_of_its_own_where_the_command_cannot_be_found(tmp_path: Path, install: str) -> None:
    lines = added(tmp_path, f"{HEAD}{install}\n{TAIL}")
    assert lines[0] == "FROM python:3.12-slim AS model-org-name"
    assert lines[-2] == "COPY --from=model-org-name /opt/hf /opt/hf"
    no_pip = refused(tmp_path / "other", f"FROM nvidia/cuda:12.4\nRUN ./prepare\n{install}\n{TAIL}")
    assert "it cannot be told where the install in line 3" in no_pip


def test_the_network_of_the_install_is_kept(tmp_path: Path) -> None:
    lines = added(tmp_path, f"{HEAD}RUN --network=host pip install transformers\n{TAIL}")
    assert lines[-1] == "RUN --network=host hf download org/name"


def test_a_cache_that_is_named_further_down(tmp_path: Path) -> None:
    lines = added(tmp_path, f"{PIP}COPY main.py .\nENV HF_HOME=/data/hf\nCMD python main.py\n")
    assert lines == ["RUN hf download org/name"]
    text = (tmp_path / "Dockerfile").read_text()
    assert text.count("ENV HF_HOME=/data/hf") == 1


def test_the_hub_cache_wins_over_the_home(tmp_path: Path) -> None:
    lines = added(tmp_path, f"FROM python:3.12\nENV HF_HUB_CACHE=/c HF_HOME=/h\nRUN pip install transformers\n{TAIL}")
    assert lines == ["RUN hf download org/name"]


def test_sentence_transformers_has_a_cache_of_its_own(tmp_path: Path) -> None:
    code = "from sentence_transformers import SentenceTransformer\nSentenceTransformer('org/name')\n"
    head = "FROM python:3.12\nENV SENTENCE_TRANSFORMERS_HOME=/st\nRUN pip install sentence-transformers\n"
    assert added(tmp_path, head + TAIL, code) == ['RUN hf download org/name --cache-dir "$SENTENCE_TRANSFORMERS_HOME"']


def test_another_folder_when_the_usual_one_is_taken(tmp_path: Path) -> None:
    dockerfile = f"{HEAD}RUN --mount=type=cache,target=/opt/hf pip install transformers\n{TAIL}"
    assert added(tmp_path, dockerfile)[0] == "ENV HF_HOME=/opt/huggingface"


def test_the_user_of_the_install_and_of_the_container(tmp_path: Path) -> None:
    made = "RUN useradd -m app\nUSER app\n"
    assert added(
        tmp_path / "a", f"{HEAD}{made}ENV PATH=/home/app/.local/bin:$PATH\nRUN pip install --user transformers\n{TAIL}"
    ) == [
        "ENV HF_HOME=/home/app/.cache/huggingface",
        "RUN hf download org/name",
    ]
    head = f"{HEAD}USER 1000\nENV PATH=/data/.local/bin:$PATH\n"
    # Nothing shows where the user may write, or pip installs for the user, whose programs are not on the PATH.
    for name, dockerfile in (("b", f"{head}RUN pip install transformers\n"), ("c", f"{HEAD}{made}{PIP_ALONE}")):
        assert added(tmp_path / name, dockerfile + TAIL)[0] == "FROM python:3.12-slim AS model-org-name"


# Packages that may ask the hub for anything keep the client from being told to stay offline.
OTHERS = f"{HEAD}RUN pip install transformers datasets\n"


def test_readable_for_another_user(tmp_path: Path) -> None:
    lines = added(tmp_path, f"{PIP}{TAIL}USER 1000:1000\n")
    assert lines == [
        "ENV HF_HOME=/opt/hf",
        'RUN hf download org/name && chmod -R a+rX "$HF_HOME"/hub/models--org--name',
    ]


def test_writable_for_another_user_where_the_client_goes_online(tmp_path: Path) -> None:
    lines = added(tmp_path / "lines", f"{OTHERS}{TAIL}USER 1000:1000\n")
    assert lines == [
        "ENV HF_HOME=/opt/hf",
        'RUN umask 0 && hf download org/name && chmod -R a+rX "$HF_HOME"/hub/models--org--name',
    ]
    (finding,) = found(tmp_path / "said", f"{OTHERS}{TAIL}USER app\n")[1]
    assert "umask 0 lets user app write to the cache, too: the hub's client does so" in finding.fixes[0].explanation


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ("", "each start still asks the hub: MODEL may name another model at run time"),
        ("ENV MODEL=org/name\n", "another model that MODEL names at run time is not downloaded"),
    ],
)
def test_what_an_id_that_a_variable_decides_means_for_the_hub(tmp_path: Path, environment: str, said: str) -> None:
    app = "import os\nfrom transformers import AutoModel\nAutoModel.from_pretrained(os.getenv('MODEL', 'org/name'))\n"
    (finding,) = found(tmp_path, f"{PIP}{environment}{TAIL}", app)[1]
    assert said in finding.fixes[0].explanation


@pytest.mark.parametrize(
    ("dockerfile", "code", "offline"),
    [
        (PIP + TAIL, MODEL.format(""), True),
        (OTHERS + TAIL, MODEL.format(""), False),
        (PIP + "ENV HF_HUB_OFFLINE=0\n" + TAIL, MODEL.format(""), False),
        (PIP + TAIL, MODEL.format(", trust_remote_code=True"), False),
        (PIP + TAIL, MODEL.format(", trust_remote_code=False"), True),
        (PIP + TAIL, MODEL.format("") + "AutoModel.from_pretrained('org/other')\n", False),
        (PIP + TAIL, MODEL.format("") + "AutoModel.from_pretrained(input())\n", False),
        (PIP + TAIL, "from transformers import pipeline\npipeline('ner', model='org/name')\n", True),
        (PIP + TAIL, "from transformers import pipeline\npipeline(model='org/name')\n", False),
    ],
)
def test_offline_only_when_nothing_is_left_to_ask_for(
    tmp_path: Path, dockerfile: str, code: str, offline: bool
) -> None:
    engine, findings = found(tmp_path, dockerfile, code)
    outcome = apply_fix(engine.snapshot, tmp_path.as_posix(), findings[0].fixes[0])
    assert not isinstance(outcome, Refusal)
    text = outcome.text((tmp_path / "Dockerfile").as_posix())
    assert text is not None
    assert (OFFLINE in text.content.split("\n")) == offline


def test_offline_below_the_last_run_that_may_ask_the_hub(tmp_path: Path) -> None:
    dockerfile = f'{PIP}COPY main.py .\nRUN python warm.py\nCMD ["python", "main.py"]\n'
    engine, (finding,) = found(tmp_path, dockerfile, warm__py="print()\n")
    outcome = apply_fix(engine.snapshot, tmp_path.as_posix(), finding.fixes[0])
    assert not isinstance(outcome, Refusal)
    text = outcome.text((tmp_path / "Dockerfile").as_posix())
    assert text is not None
    assert text.content.endswith(f'RUN python warm.py\n{OFFLINE}\nCMD ["python", "main.py"]\n')


@pytest.mark.parametrize(
    ("environment", "arguments", "command", "folder"),
    [
        ("HF_HUB_CACHE=/c", "", "", '"$HF_HUB_CACHE"/models--org--name'),
        ("A=b", ", cache_dir='/c'", " --cache-dir /c", "/c/models--org--name"),
    ],
)
def test_only_the_model_itself_is_made_readable(
    tmp_path: Path, environment: str, arguments: str, command: str, folder: str
) -> None:
    head = f"FROM python:3.12\nENV {environment}\nRUN pip install transformers\n"
    lines = added(tmp_path, f"{head}{TAIL}USER app\n", MODEL.format(arguments))
    assert lines == [f"RUN hf download org/name{command} && chmod -R a+rX {folder}"]


def test_a_tokenizer_comes_without_the_weights(tmp_path: Path) -> None:
    code = "from transformers import AutoTokenizer\nAutoTokenizer.from_pretrained('org/name')\n"
    line = added(tmp_path / "alone", PIP + TAIL, code)[-1]
    assert line.startswith("RUN hf download org/name --exclude '*.safetensors' --exclude '*.bin' ")
    old = PIP.replace("transformers\n", "'transformers<5'\n")
    line = added(tmp_path / "old", old + TAIL, code)[-1]
    assert line.startswith("RUN hf download org/name --exclude '*.safetensors' '*.bin' "), (
        "the last --exclude would win"
    )
    both = code + "from sentence_transformers import SentenceTransformer\nSentenceTransformer('org/name')\n"
    pip = PIP.replace("transformers\n", "transformers sentence-transformers\n")
    engine, findings = found(tmp_path / "both", pip + TAIL, both)
    for finding in findings:
        outcome = apply_fix(engine.snapshot, (tmp_path / "both").as_posix(), finding.fixes[0])
        assert not isinstance(outcome, Refusal)
        text = outcome.text((tmp_path / "both" / "Dockerfile").as_posix())
        assert text is not None
        assert "RUN hf download org/name\n" in text.content


def test_a_token_needs_a_builder_with_secrets(tmp_path: Path) -> None:
    code = MODEL.format(", token=True")
    reason = refused(tmp_path, PIP + TAIL, code, prebake__toml='builder = "legacy"\n')
    assert "no secret mounts" in reason


def test_compose_that_sets_another_model(tmp_path: Path) -> None:
    code = "import os\n" + MODEL.format("").replace("'org/name'", "os.environ['MODEL']")
    compose = "services:\n  a: {build: ., environment: {MODEL: org/other}}\n"
    reason = refused(tmp_path, f"{PIP}ENV MODEL=org/name\n{TAIL}", code, compose__yaml=compose)
    assert reason == "compose sets MODEL to another model than the Dockerfile does"


def test_compose_that_sets_another_cache(tmp_path: Path) -> None:
    compose = "services:\n  a: {build: ., environment: {HF_HOME: /other}}\n"
    head = "FROM python:3.12\nENV HF_HOME=/one\nRUN pip install transformers\n"
    assert "compose sets HF_HOME" in refused(tmp_path, head + TAIL, compose__yaml=compose)


@pytest.mark.parametrize("folder", ["/opt/hf;id", "/opt/$(id)", "/opt/`id`", "/opt/../etc", "/a&b", "/a b", "-x", "/"])
@pytest.mark.parametrize("way", ["cache", "stage"])
def test_folders_that_no_command_can_have(tmp_path: Path, folder: str, way: str) -> None:
    compose = f"services:\n  a: {{build: ., environment: {{HF_HOME: '{folder}'}}}}\n"
    reason = refused(tmp_path, PIP + TAIL, compose__yaml=compose, prebake__toml=f'bake = "{way}"\n')
    assert "no plain path" in reason


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (", revision=input()", "a revision whose value is not known"),
        (", revision='v1; id'", "not one that git allows"),
        (", revision='--help'", "not one that git allows"),
        (", cache_dir=input()", "whose value is not known"),
        (", cache_dir='/a b$(id)'", "not plain enough"),
    ],
)
def test_arguments_that_no_command_can_have(tmp_path: Path, arguments: str, reason: str) -> None:
    assert reason in refused(tmp_path, PIP + TAIL, MODEL.format(arguments))


@pytest.mark.parametrize("name", ["--help", "a'b", "a;b", "$(id)", "a\\nb", "../x", "-x"])
def test_names_of_files_that_no_command_can_have(tmp_path: Path, name: str) -> None:
    code = f"from huggingface_hub import hf_hub_download\nhf_hub_download('org/name', \"{name}\")\n"
    assert "not plain enough" in refused(tmp_path, PIP + TAIL, code)


def test_releases_with_a_cache_of_their_own(tmp_path: Path) -> None:
    reason = refused(tmp_path, f"{HEAD}RUN pip install transformers==4.19.2\n{TAIL}")
    assert "transformers==4.19.2 (line 3) keeps its own cache" in reason


def test_a_base_image_that_brings_the_client(tmp_path: Path) -> None:
    reason = refused(tmp_path, f"FROM huggingface/transformers-gpu\nRUN pip install -U transformers\n{TAIL}")
    assert "it cannot be seen which instruction brings the hub's client" in reason


def test_two_revisions_of_one_model(tmp_path: Path) -> None:
    code = MODEL.format(", revision='v1'") + "AutoModel.from_pretrained('org/name')\n"
    assert added(tmp_path, PIP + TAIL, code)[-1] == ("RUN hf download org/name --revision v1 && hf download org/name")


def test_filters_only_where_all_of_the_code_has_the_same(tmp_path: Path) -> None:
    head = "from huggingface_hub import snapshot_download as s\n"
    same = head + "s('org/name', allow_patterns=['*.json'])\ns('org/name', allow_patterns=['*.json'])\n"
    other = head + "s('org/name', allow_patterns=['*.json'])\ns('org/name')\n"
    assert added(tmp_path / "same", PIP + TAIL, same)[-1] == "RUN hf download org/name --include '*.json'"
    assert added(tmp_path / "other", PIP + TAIL, other)[-1] == "RUN hf download org/name"


def test_the_file_without_a_last_line_end(tmp_path: Path) -> None:
    assert added(tmp_path, "FROM python:3.12\nCOPY main.py .\nCMD python main.py\nRUN pip install transformers") == [
        "ENV HF_HOME=/opt/hf",
        "RUN hf download org/name",
    ]


@pytest.mark.parametrize(
    ("package", "command"),
    [("transformers==4.40.0", ' --cache-dir "$TRANSFORMERS_CACHE"'), ("transformers", "")],
)
def test_the_old_name_of_the_cache_counts_before_transformers_5(tmp_path: Path, package: str, command: str) -> None:
    head = f"FROM python:3.12\nENV TRANSFORMERS_CACHE=/t HF_HOME=/h\nRUN pip install {package}\n"
    assert added(tmp_path, head + TAIL) == [f"RUN hf download org/name{command}"]


def test_two_caches_for_one_model(tmp_path: Path) -> None:
    code = "from sentence_transformers import SentenceTransformer\nSentenceTransformer('org/name')\n"
    head = "FROM python:3.12\nENV TRANSFORMERS_CACHE=/t\nRUN pip install sentence-transformers transformers==4.40.0\n"
    reason = refused(tmp_path, head + TAIL, code)
    assert reason == "transformers before 5 looks into TRANSFORMERS_CACHE, and sentence-transformers into HF_HOME, too"


def test_a_cache_of_its_own_that_is_named_further_down(tmp_path: Path) -> None:
    code = "from sentence_transformers import SentenceTransformer\nSentenceTransformer('org/name')\n"
    dockerfile = f"FROM python:3.12\nRUN pip install sentence-transformers\nENV SENTENCE_TRANSFORMERS_HOME=/st\n{TAIL}"
    assert added(tmp_path, dockerfile, code) == ["RUN hf download org/name --cache-dir /st"]


def test_a_declared_volume(tmp_path: Path) -> None:
    dockerfile = f"FROM python:3.12\nENV HF_HOME=/cache/hf\nVOLUME /cache\nRUN pip install transformers\n{TAIL}"
    (finding,) = found(tmp_path, dockerfile)[1]
    assert finding.severity is Severity.INFORMATION
    assert "into the VOLUME /cache" in finding.message
    assert "declares a VOLUME at /cache" in (finding.no_fix or "")


@pytest.mark.parametrize("copy", ["COPY entry.sh /", "COPY . /", "WORKDIR /\nCOPY main.py ."])
def test_a_copy_to_the_root_is_no_cache(tmp_path: Path, copy: str) -> None:
    dockerfile = f'FROM python:3.12\nRUN pip install transformers\nCOPY main.py /\n{copy}\nCMD ["python", "/main.py"]\n'
    assert len(found(tmp_path, dockerfile, entry__sh="")[1]) == 1


def test_a_cache_in_the_context_is_baked(tmp_path: Path) -> None:
    dockerfile = (
        "FROM python:3.12\nENV HF_HOME=/srv/hf\nCOPY . /srv\nRUN pip install transformers\nCMD python /srv/main.py\n"
    )
    assert len(found(tmp_path / "a", dockerfile)[1]) == 1
    (tmp_path / "b" / "hf" / "hub").mkdir(parents=True)
    (tmp_path / "b" / "hf" / "hub" / "x").write_text("")
    assert found(tmp_path / "b", dockerfile)[1] == []
