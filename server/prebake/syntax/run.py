"""The commands that RUN, CMD, ENTRYPOINT and HEALTHCHECK start, in whatever form they are written."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain

from prebake.regex import regex
from prebake.syntax.dockerfile import Heredoc, Instruction, Word
from prebake.syntax.fragment import Fragment
from prebake.syntax.shell import Command, Redirection, Script, ShellWord, split
from prebake.text import Text

SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"))
"""Names of programs that read POSIX shell text."""

_OTHER_LANGUAGE = regex(r"(?:cmd|powershell|pwsh|python[\d.]*|perl|ruby|node|nu|fish|r?csh|tcsh)(?:\.exe)?", re.I)
_WRAPPERS = frozenset(
    (
        *("catchsegv", "command", "conda", "dumb-init", "env", "exec", "gosu", "mamba", "micromamba", "nice", "nohup"),
        *("numactl", "setpriv", "stdbuf", "su-exec", "sudo", "time", "tini", "xvfb-run"),
    )
)
_COMMAND_OPTION = regex(r"-[a-zA-Z]*c[a-zA-Z]*")
_OPTIONS_WITH_VALUE = frozenset(("-o", "+o", "-O", "+O", "--init-file", "--rcfile"))
_BARE_HEREDOC = regex(r"\d*<<-?[ \t]*[^\s<]+\s*")
_SHEBANG = regex(r"#![ \t]*+(\S++)(?:[ \t]++([^\r\n]*+))?")
_JSON_ESCAPE = regex(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SURROGATES = regex(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_QUOTED_ESCAPE = regex(r'\\[$`"\\]')


def scripts_of(instruction: Instruction, shell: Sequence[str] = ("/bin/sh", "-c")) -> tuple[Script, ...]:
    """The commands of an instruction; offsets are relative to it, like those of its tokens.

    ``shell`` is the SHELL in force; where that reads another language than POSIX shell, the shell form gives nothing.
    The first script is the instruction's own; one more follows for each ``sh -c '..'`` in it. The exec form is a
    script of one command, and for ``["sh", "-c", ".."]`` the text alone. A here-document that is the whole RUN is read
    as the script it is; where its shebang names another interpreter, the script is that command with the document as
    its input. Empty for other instructions, ``HEALTHCHECK NONE`` and ONBUILD (give its inner instruction instead).
    """
    if instruction.keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") or not instruction.words:
        return ()
    body = instruction.body
    if instruction.keyword == "HEALTHCHECK":
        kind = instruction.words[0]
        if kind.value.upper() != "CMD":
            return ()
        body = _tail(body, bisect_left(body.offsets, kind.end))
    if instruction.json is not None:
        return _exec_form(instruction.json, body)
    if any(_OTHER_LANGUAGE.fullmatch(_basename(word)) for word in shell) or not _takes_text(shell):
        return ()
    heredocs = instruction.heredocs
    if len(heredocs) == 1 and _BARE_HEREDOC.fullmatch(body.text):
        own = _document(heredocs[0], body)
    else:
        own = split(_with_documents(body, heredocs) if heredocs else body)
    return (own, *_given_scripts(own))


def script_of_file(text: Text) -> Script | None:
    """The commands of a script file, offsets into its content; None where its shebang names no shell."""
    shebang = _SHEBANG.match(text.content)
    if shebang is not None and _interpreter(shebang)[0] not in SHELLS:
        return None
    return split(Fragment.whole(text.content))


def given_text(words: Sequence[ShellWord]) -> ShellWord | None:
    """The word that holds the text of ``sh -c TEXT``, also behind wrappers such as ``exec`` and ``tini --``."""
    at = 0
    if words and words[0].value is not None and _basename(words[0].value) in _WRAPPERS:
        while at < len(words) and _basename(words[at].value or "") not in SHELLS:
            at += 1
    if at >= len(words) or _basename(words[at].value or "") not in SHELLS:
        return None
    at += 1
    takes_text = False
    while at < len(words):
        value = words[at].value
        if value is None or value[:1] not in ("-", "+") or value in ("-", "--"):
            break
        takes_text = takes_text or _COMMAND_OPTION.fullmatch(value) is not None
        at += 2 if value in _OPTIONS_WITH_VALUE else 1
    return words[at] if takes_text and at < len(words) else None


def _takes_text(shell: Sequence[str]) -> bool:
    """Whether the text of a RUN is what the SHELL runs, and not an argument of another text in it."""
    at = 1
    while at < len(shell) and _basename(shell[0]) in SHELLS:
        if shell[at][:1] not in ("-", "+"):
            return False
        at += 2 if shell[at] in _OPTIONS_WITH_VALUE or (shell[at][1:].isalpha() and shell[at][-1] in "oO") else 1
    return True


def _basename(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _tail(fragment: Fragment, index: int) -> Fragment:
    return Fragment(fragment.text[index:], fragment.offsets[index:])


def _exec_form(strings: tuple[Word, ...], body: Fragment) -> tuple[Script, ...]:
    if not strings:
        return ()
    words = tuple(ShellWord(word.raw, word.value, word.value, False, word.start, word.end) for word in strings)
    text = given_text(words)
    if text is not None:
        script = split(_decoded(strings[words.index(text)], body))
        return (script, *_given_scripts(script))
    command = Command(words, (), (), "", "", (), False, words[0].start, words[-1].end)
    return (Script((command,)),)


def _decoded(word: Word, body: Fragment) -> Fragment:
    """The value of a JSON string, each character with the offset where it is written (where its escape ends)."""
    at = bisect_left(body.offsets, word.start)
    inner = Fragment(word.raw[1:-1], body.offsets[at + 1 : at + len(word.raw)])
    if "\\" not in inner.text:
        return inner
    kept: list[int] = []
    at = 0
    while at < len(inner.text):
        if inner.text[at] == "\\":
            escape = _SURROGATES.match(inner.text, at) or _JSON_ESCAPE.match(inner.text, at)
            at = escape.end() - 1 if escape is not None else at
        kept.append(at)
        at += 1
    return Fragment(word.value, (*(inner.offsets[index] for index in kept), inner.offsets[len(inner.text)]))


def _document(heredoc: Heredoc, body: Fragment) -> Script:
    """The script that a here-document is."""
    text = heredoc.body
    shebang = _SHEBANG.match(text)
    if shebang is None:
        return split(Fragment.whole(text, heredoc.start))
    name, start, end = _interpreter(shebang)
    if name in SHELLS:
        return split(Fragment.whole(text, heredoc.start))
    start, end = heredoc.start + start, heredoc.start + end
    first, last = body.offsets[0], body.end(len(body.text.rstrip()))
    target = ShellWord(heredoc.name, heredoc.name, heredoc.name, False, first, last)
    content = ShellWord(text, text, text, False, heredoc.start, heredoc.end)
    redirection = Redirection("<<-" if heredoc.chomp else "<<", target, None, first, last, content)
    program = ShellWord(name, name, name, False, start, end)
    return Script((Command((program,), (), (redirection,), "", "", (), False, start, end),))


def _interpreter(shebang: re.Match[str]) -> tuple[str, int, int]:
    """The name of a shebang's program, looked for behind ``env``, and where that stands in the text."""
    program, arguments = shebang.group(1), shebang.group(2) or ""
    if _basename(program) == "env":
        for word in re.finditer(r"\S+", arguments):
            if not word.group().startswith("-") and "=" not in word.group():
                at = shebang.start(2)
                return _basename(word.group()), at + word.start(), at + word.end()
    return _basename(program), shebang.start(1), shebang.end(1)


def _with_documents(body: Fragment, heredocs: tuple[Heredoc, ...]) -> Fragment:
    """The text that the shell gets: the line and, below it, the here-documents with their terminators."""
    # The shell finds the documents of a line in the same order as Docker, each ending at its terminator line.
    texts = [body.text]
    offsets: list[Sequence[int]] = [body.offsets[: len(body.text)]]
    for heredoc in heredocs:
        texts.append("\n" + heredoc.body + heredoc.name)
        offsets.append((heredoc.start - 1,))
        offsets.append(range(heredoc.start, heredoc.end))
        offsets.append(_spread(heredoc.terminator_end - len(heredoc.name), len(heredoc.name), heredoc.end))
    return Fragment("".join(texts), (*chain.from_iterable(offsets), heredocs[-1].terminator_end))


def _spread(start: int, length: int, least: int) -> range:
    return range(max(start, least), max(start, least) + length)


def _given_scripts(script: Script) -> Iterator[Script]:
    """The scripts of the ``sh -c TEXT`` in a script, those of their own included."""
    for command in script.walk():
        text = given_text(command.words)
        inner = _unquoted(text) if text is not None else None
        if inner is not None:
            found = split(inner)
            yield found
            yield from _given_scripts(found)


def _unquoted(word: ShellWord) -> Fragment | None:
    """What stands between the quotes of a word, each character with its offset; None where that is not exact.

    Variables stay: whatever the outer shell puts in their place, the inner text would hold it there.
    """
    raw = word.raw
    if len(raw) < 2 or len(raw) != word.end - word.start or raw[0] != raw[-1] or raw[0] not in "'\"":
        return None
    text = raw[1:-1]
    if raw[0] == "'":
        return Fragment.whole(text, word.start + 1) if "'" not in text else None
    kept = list(range(len(text)))
    if "\\" in text:
        hidden = {escape.start() for escape in _QUOTED_ESCAPE.finditer(text)}
        plain = _QUOTED_ESCAPE.sub("", text)
        kept = [index for index in kept if index not in hidden]
    else:
        plain = text
    if '"' in plain:
        return None
    offsets = (*(word.start + 1 + index for index in kept), word.end - 1)
    return Fragment("".join(text[index] for index in kept), offsets)
