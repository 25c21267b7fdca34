"""Files whose text stands in the Dockerfile."""

from __future__ import annotations

import pytest

from prebake.build.written import written_text
from tests.build.projects import build_of


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        ("COPY <<EOF /start.sh\npython main.py\nEOF\n", "/start.sh", "python main.py\n"),
        ("COPY <<start.sh /opt/\npython main.py\nstart.sh\n", "/opt/start.sh", "python main.py\n"),
        ("RUN cat > /start.sh <<'EOF'\nexec \"$@\"\nEOF\n", "/start.sh", 'exec "$@"\n'),
        ("RUN <<EOF\ncat > /start.sh <<END\nexec \\$@\nEND\nchmod +x /start.sh\nEOF\n", "/start.sh", "exec $@\n"),
        ("WORKDIR /app\nRUN echo 'python main.py' > start.sh\n", "/app/start.sh", "python main.py"),
        (r"RUN printf '#!/bin/sh\npython main.py\n' > /start.sh", "/start.sh", "#!/bin/sh\npython main.py\n"),
    ],
)
def test_texts_of_the_dockerfile(lines: str, path: str, expected: str) -> None:
    text = written_text(build_of(f"FROM python:3.12\n{lines}"), path)
    assert text is not None
    assert text.content == expected


@pytest.mark.parametrize(
    "lines",
    [
        "RUN echo $TEXT > /start.sh\n",
        "RUN cat /other > /start.sh\n",
        "RUN curl -o /start.sh https://example.com\n",
        "RUN echo x >> /start.sh\n",
    ],
)
def test_texts_that_are_not_known(lines: str) -> None:
    assert written_text(build_of(f"FROM python:3.12\n{lines}"), "/start.sh") is None


def test_other_stages_do_not_count() -> None:
    build = build_of("FROM python AS a\nCOPY <<EOF /start.sh\nx\nEOF\nFROM python\n")
    assert written_text(build, "/start.sh") is None
