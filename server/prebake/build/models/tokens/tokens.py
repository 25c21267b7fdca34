"""Tokens that become part of the image: written out, carried by ARG or ENV, or copied as a file.

No text of a token is kept in what is found.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from prebake.build.build import Build, fact
from prebake.build.copies import SourceKind, copies
from prebake.build.shipping import ships
from prebake.files import join
from prebake.project.measuring.secretnames import FOLDERS, may_hold_secret
from prebake.project.measuring.secrets import is_token_of, names_token, secret_in, tokens_in
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.text import Span

_TOKEN_FILES = ("/huggingface/token", "/.kaggle/kaggle.json", "/.netrc", "/.git-credentials", "/.huggingface/token")
"""Where programs look for a token: a file that is copied there is one."""

_NAMES = regex(
    r"(?:TOKEN|APIKEY|SECRET|PAT|(?:API|ACCESS|SECRET|PRIVATE|AUTH|ACCOUNT|DEPLOY|LICENSE|SUBSCRIPTION)_?KEY)"
    r"(?:_(?:PROD|PRODUCTION|LIVE|STAGING))?$",
    re.IGNORECASE,
)
"""Names of variables that carry a token; any other key may be one that everybody may have (``GPG_KEY``)."""


class Carried(NamedTuple):
    """One token. ``kind`` is ``literal``, ``argument`` (ARG), ``variable`` (ENV) or ``file``; ``name`` is the variable
    or the file, empty where the token stands in a command. ``shipped``: in a stage whose layers and history ship.
    ``runs`` are the RUN instructions that get it. ``optional``: those that use it ask first whether it is given, so
    that the image is also built without it.
    """

    kind: str
    instruction: Instruction
    span: Span
    name: str
    shipped: bool
    runs: tuple[Instruction, ...] = ()
    origin: Instruction | None = None
    optional: bool = False


@fact
def carried_tokens(build: Build) -> tuple[Carried, ...]:
    """They, in order; a variable that is handed from ARG to ENV counts once, at the ENV."""
    found = [item for instruction in build.tree.instructions for item in _of(build, instruction)]
    handed = {id(item.origin) for item in found if item.origin is not None}
    return tuple(item for item in found if item.kind != "argument" or id(item.instruction) not in handed)


def _of(build: Build, instruction: Instruction) -> Iterator[Carried]:
    keyword = instruction.keyword
    if keyword in ("ARG", "ENV"):
        yield from _of_pairs(build, instruction)
    elif keyword in ("RUN", "LABEL", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
        for start, _ in tokens_in(instruction.raw):
            span = build.text.span(instruction.start + start, instruction.start + start + 3)
            yield Carried("literal", instruction, span, "", _ships(build, instruction))
            break  # one is enough to say so
    elif keyword in ("COPY", "ADD"):
        yield from _of_copy(build, instruction)


def _ships(build: Build, instruction: Instruction) -> bool:
    return instruction.stage is not None and ships(build, instruction)


def _of_pairs(build: Build, instruction: Instruction) -> Iterator[Carried]:
    for pair in instruction.pairs:
        end = pair.start + len(pair.name)
        span = build.text.span(instruction.start + pair.start, instruction.start + end)
        value = (pair.value or "").strip("\"'")
        by_name = names_token(pair.name) and _NAMES.search(pair.name) is not None
        by_shape = any(True for _ in tokens_in(value))
        if "$" not in value and (by_shape or (by_name and is_token_of(pair.name, value))):
            yield Carried("literal", instruction, span, pair.name, _ships(build, instruction))
        elif by_name and instruction.keyword == "ARG" and not value:
            runs = tuple(_below(build, instruction))
            if runs:
                ships, optional = _ships(build, instruction), _is_optional(runs, pair.name)
                yield Carried("argument", instruction, span, pair.name, ships, runs, optional=optional)
        elif by_name and instruction.keyword == "ENV":
            origin = _argument(build, instruction, value)
            if origin is not None:
                runs = tuple(_below(build, instruction))
                yield Carried("variable", instruction, span, pair.name, _ships(build, instruction), runs, origin)


def names_variable(run: Instruction, name: str) -> bool:
    """Whether the text of a RUN names a variable."""
    return re.search(rf"\$\{{?{name}\b", run.raw) is not None


def _is_optional(runs: Sequence[Instruction], name: str) -> bool:
    """Whether each RUN that names a variable asks whether it is set; some has to name it."""
    text = rf'"?\$\{{?{name}\b\}}?"?'
    asks = re.compile(rf'\s-[nz] +{text}|\[\[? +{text} +(?:\]|!?==? *"")|\$\{{{name}:?\+')
    named = [run for run in runs if names_variable(run, name)]
    return bool(named) and all(asks.search(run.raw) for run in named)


def _below(build: Build, instruction: Instruction) -> Iterator[Instruction]:
    """The RUN instructions of the same stage that find a variable set."""
    if instruction.stage is not None:
        for item in build.tree.stages[instruction.stage].instructions:
            if item.keyword == "RUN" and item.index > instruction.index:
                yield item


def _argument(build: Build, instruction: Instruction, value: str) -> Instruction | None:
    """The ARG without a value of its own that an ENV takes its value from."""
    name = re.fullmatch(r"\$\{?(\w+)(?::?-)?\}?", value)
    if name is None or instruction.stage is None:
        return None
    return next(
        (
            item
            for item in build.tree.stages[instruction.stage].instructions
            if item.keyword == "ARG"
            and item.index < instruction.index
            and any(pair.name == name.group(1) and not (pair.value or "").strip("\"'") for pair in item.pairs)
        ),
        None,
    )


def _of_copy(build: Build, instruction: Instruction) -> Iterator[Carried]:
    copy = copies(build).get(instruction.index)
    if copy is None or not copy.from_context:
        return
    for source in copy.sources:
        path = source.path
        if path is None or source.kind not in (SourceKind.FILE, SourceKind.MISSING):
            continue
        name, folder = posixpath.basename(path), posixpath.basename(posixpath.dirname(path))
        place = copy.destination or ""
        image = posixpath.join(place, name) if copy.into else place
        what = None
        if source.kind is SourceKind.MISSING:
            # What git ignores is not there in a fresh clone; where it goes says what it is.
            what = "a token" if image.endswith(_TOKEN_FILES) and not copy.files.exists(path) else None
        elif may_hold_secret(name) or name in FOLDERS.get(folder, ()) or image.endswith(_TOKEN_FILES):
            text = build.snapshot.text(join(build.context.root or "/", path))
            what = secret_in(path, text) if text is not None else None
        if what is not None:
            word = source.word
            span = build.text.span(instruction.start + word.start, instruction.start + word.end)
            yield Carried("file", instruction, span, path, _ships(build, instruction))
