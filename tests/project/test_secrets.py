from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.project.measuring.secretnames import MAX_BYTES
from prebake.project.measuring.secrets import secret_in
from prebake.text import Text

HEX = "8f3a09c4bb31e7d29fa1c07be6d4f5a2c3980e1d"
MIXED = "q8Zr71kLmT04wYpA2c"


def what(path: str, content: str) -> str | None:
    return secret_in(path, Text(content))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"OPENAI_API_KEY={MIXED}", "OPENAI_API_KEY"),
        (f"export HF_TOKEN='{MIXED}'", "HF_TOKEN"),
        (f'AZURE_OPENAI_KEY = "{MIXED}"  # ours', "AZURE_OPENAI_KEY"),
        ("DB_PASSWORD=h7Gk29dkd!x # the database's", "DB_PASSWORD"),
        (f"clientSecret: {MIXED}", "clientSecret"),
        (f"TELEGRAM_BOT_TOKEN_2={MIXED}", "TELEGRAM_BOT_TOKEN_2"),
        (f"OPENPIPE_API_KEY_PROD={MIXED}", "OPENPIPE_API_KEY_PROD"),
        ("REDIS_CACHE_PASSWORD=h7Gk29dkd!x", "REDIS_CACHE_PASSWORD"),
        ("SMTP_URL=smtps://me:h7Gk29dkd@mail.corp.net:465", "SMTP_URL"),
        ("WHATEVER=" + "hf_" + MIXED * 2, "WHATEVER"),
        (f"A_TOKEN={MIXED}\nB_TOKEN={MIXED}\nC_TOKEN={MIXED}\nD_TOKEN={MIXED}", "A_TOKEN, B_TOKEN, C_TOKEN and 1 more"),
    ],
)
def test_a_setting_is_secret_by_its_name_and_the_form_of_its_value(line: str, expected: str) -> None:
    assert what(".env", f"PORT=8000\n{line}\n") == expected


@pytest.mark.parametrize(
    "line",
    [
        f"#API_TOKEN={MIXED}",
        f"  # API_TOKEN={MIXED}",
        "API_TOKEN=",
        "API_TOKEN=short1",
        "API_TOKEN=123456789012345",
        "API_TOKEN=aaaaaaaaaaaaaaaa1",
        "API_TOKEN=supersecretkey",
        "DB_PASSWORD=our_little_password",
        "DB_PASSWORD=MyPassword@123",
        "API_TOKEN=two words A1 b2 c3",
        "API_TOKEN=/run/secrets/api_token_1",
        "API_TOKEN=arn:aws:secretsmanager:eu-1:12:secret:Ab1",
        "API_TOKEN=https://idp.corp.net/oauth2/v1/token",
        f"MODEL_REVISION={HEX}",
        f"AWS_ACCESS_KEY_ID={MIXED}",
        f"PUBLIC_KEY={MIXED}",
        f"CACHE_KEY={MIXED}",
        f"KEY={MIXED}",
        f"SENTRY_DSN=https://{HEX}@o1.ingest.sentry.io/2",
        "BROKER=amqp://guest:guest@rabbitmq:5672//",
        "DATABASE_URL=postgresql://user:h7Gk29dkd@localhost/app",
        "DATABASE_URL=postgresql://$USER:$PASSWORD@db/app",
    ],
)
def test_settings_that_are_none(line: str) -> None:
    assert what(".env", line) is None


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("k.pem", "-----BEGIN RSA PRIVATE KEY-----\n" + MIXED, "a private key"),
        ("k.pem", "-----BEGIN CERTIFICATE-----\n" + MIXED, None),
        ("k.ppk", "PuTTY-User-Key-File-3: ssh-ed25519", "a private key"),
        ("k.pem", "-----BEGIN PRIVATE KEY-----\n<your key>\n", None),
        (".pgpass", "db.corp.net:5432:app:me:h7Gk29dkd!x", "a password"),
        (".pgpass", "# db.corp.net:5432:app:me:h7Gk29dkd!x", None),
        ("huggingface/token", MIXED * 2 + "\n", "an access token"),
        ("huggingface/token", "none\n", None),
        ("a/.git/config", f"[http]\n\textraheader = AUTHORIZATION: basic {MIXED}", "an access token"),
        (".docker/config.json", '{"auths": {"a": {"auth": "bWU6aDdHazI5ZGtkIXg="}}}', "auth"),
        ("kaggle.json", f'{{"username": "me", "key": "{HEX}"}}', "key"),
        ("data.json", f'{{"key": "{HEX}"}}', None),
        ("secrets.json", f'[{{"a": {{"api_key": "{MIXED}"}}}}]', None),
        ("secrets.json", f'{{"a": [{{"api_key": "{MIXED}"}}]}}', "api_key"),
        (".env.example", f"API_TOKEN={MIXED}", None),
        (".env", "#" * MAX_BYTES + f"\nAPI_TOKEN={MIXED}", None),
    ],
)
def test_files_with_a_form_of_their_own(path: str, content: str, expected: str | None) -> None:
    assert what(path, content) == expected


def test_names_that_are_tokens_themselves_are_not_shown() -> None:
    token = "hf_" + MIXED * 2
    assert what("secrets.json", f'{{"{token}_token": "{HEX}", "a b_token": "{HEX}"}}') == "secret settings"
    assert what("secrets.json", f'{{"{token}_token": "{HEX}", "api_token": "{HEX}"}}') == "api_token and 1 more"


@given(st.text(max_size=200), st.sampled_from([".env", ".netrc", "a.pem", "token", "config", "kaggle.json", ".pgpass"]))
def test_any_text_has_an_answer(content: str, path: str) -> None:
    secret_in(path, Text(content))
    secret_in(path, Text(f'{{"api_key": {content!r}}}'))
    secret_in(path, Text(f"API_KEY={content}"))


@given(st.from_regex(r"[A-Za-z0-9+/_.!-]{12,60}={0,2}", fullmatch=True))
def test_no_answer_holds_a_value(value: str) -> None:
    for content in (
        f"API_TOKEN={value}\n",
        f"A_PASSWORD=x\n{value}\n",
        f'{{"api_key": "{value}"}}',
        f"a://b:{value}@c",
    ):
        found = secret_in(".env", Text(content))
        assert found is None or value not in found


@pytest.mark.parametrize(
    "piece",
    ["http", "a:b@", "//x:", "-----BEGIN ", "PRIVATE KEY", '{"a":', "[", "sk-", "SG.", "a" * 80 + "=", "\n", " "],
)
def test_hostile_texts_are_read_to_their_end(piece: str) -> None:
    assert what(".env", piece * (MAX_BYTES // len(piece))) is None
