"""How the arguments of each instruction are read, as in BuildKit's table of line parsers."""

from __future__ import annotations

from enum import Enum, auto


class Form(Enum):
    """A way to split arguments."""

    COMMAND = auto()  # a JSON array, else one text that the shell gets
    PATHS = auto()  # a JSON array, else words separated by blanks
    SEPARATED = auto()  # words separated by blanks
    SINGLE = auto()  # one text
    PAIRS = auto()  # name=value words in which quotes hold blanks
    HEALTHCHECK = auto()  # a word, then a command
    ONBUILD = auto()  # an instruction


_FORMS = {
    "ADD": Form.PATHS,
    "ARG": Form.PAIRS,
    "CMD": Form.COMMAND,
    "COPY": Form.PATHS,
    "ENTRYPOINT": Form.COMMAND,
    "ENV": Form.PAIRS,
    "EXPOSE": Form.SEPARATED,
    "FROM": Form.SEPARATED,
    "HEALTHCHECK": Form.HEALTHCHECK,
    "LABEL": Form.PAIRS,
    "MAINTAINER": Form.SINGLE,
    "ONBUILD": Form.ONBUILD,
    "RUN": Form.COMMAND,
    "SHELL": Form.COMMAND,
    "STOPSIGNAL": Form.SINGLE,
    "USER": Form.SINGLE,
    "VOLUME": Form.PATHS,
    "WORKDIR": Form.SINGLE,
}

KEYWORDS = frozenset(_FORMS)
"""The instructions that Docker knows."""

HEREDOCS = frozenset(("ADD", "COPY", "RUN"))
"""The instructions that may hold here-documents; ONBUILD may hold one of these."""


def form_of(keyword: str) -> Form:
    """The form of an instruction; that of an unknown one is words separated by blanks."""
    return _FORMS.get(keyword, Form.SEPARATED)
