"""Dockerfiles whose names are asked for: of several stages, and hostile ones."""

STAGES = """\
ARG VERSION=3.12 # 🐍
FROM python:${VERSION} AS é🐳
ARG VERSION
ENV HOME_X=/srv/$VERSION
RUN echo "🐳 $VERSION" $HOME_X
FROM scratch
COPY --from=é🐳 /x /y
COPY requirements.txt ./
"""
HOSTILE = [
    "",
    "\ufeffFROM a\r\nRUN $b\r\n",
    "\0$\0\n\x1c\n",
    "FROM $\\\n" * 99,
    "RUN <<A\n$" * 9,
    "ENV " + "$=" * 5_000,
    "FROM a AS a\nFROM a AS a\nCOPY --from=$a --from= x",
]
