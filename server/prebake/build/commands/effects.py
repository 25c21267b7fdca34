"""What a command of a RUN reads and writes in the image, as far as that is known.

The table is ``data/effects.toml``. It is on the safe side: what is not in it may do anything, and every word that may
be a path counts as one. What a whole instruction does is put together in :mod:`prebake.build.order.instructions`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from prebake.build.commands.words import CommandWords, effect_table, roots
from prebake.build.paths import inside
from prebake.build.steps import Step
from prebake.records import NamedTuple

__all__ = [
    "Effects",
    "effects_of",
    "implicit_reads",
    "install_environment",
    "named_variables",
    "redirections",
    "roots",
    "settings_places",
]


class Effects(NamedTuple):
    """Paths of the image that a command touches; each stands for the file, or the folder with all that is in it.

    ``writes`` are named by the command; ``roots`` are folders in which it writes without saying where; ``folders`` are
    made if they are missing; ``environments`` are virtual environments that it makes or fills. ``deletes`` are those of
    ``writes`` that are gone afterwards. ``enters`` must be there. ``accounts``: it may change users and groups.
    ``imports`` is the folder that is searched for Python modules before the standard library. ``opaque`` says why
    nothing is known, as the rest of a sentence.

    ``environment`` are the variables that it reads, a ``*`` at the end of one standing for any rest; ``None`` for all
    of them. ``network``: it may fetch something. ``cleanup``: it does nothing but delete caches. ``context`` are the
    paths of the build context that it reads (``""`` is the whole), ``None`` where they are not known.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    enters: tuple[str, ...] = ()
    accounts: bool = False
    imports: str | None = None
    opaque: str | None = None
    deletes: tuple[str, ...] = ()
    environment: frozenset[str] | None = None
    network: bool = False
    cleanup: bool = False
    context: tuple[str, ...] | None = ()

    def reads_variable(self, name: str) -> bool:
        """Whether it may read an environment variable."""
        if self.environment is None:
            return True
        return name in self.environment or any(
            known.endswith("*") and name.startswith(known[:-1]) for known in self.environment
        )


def effects_of(step: Step) -> Effects:
    """What a command that is no install does; for installs see :mod:`prebake.build.installs.manifests`."""
    row: Mapping[str, Any] | None = {"operands": "names"} if step.program == "" else _row(step)
    if row is None:
        return Effects(opaque="may read anything", network=True)
    words = CommandWords(step, row)
    words.read()
    return Effects(
        tuple(words.reads),
        tuple(words.writes),
        tuple(words.roots),
        tuple(words.folders),
        tuple(words.environments),
        tuple(words.enters),
        row.get("accounts", False),
        step.directory if step.module else None,
        words.opaque,
        tuple(words.deletes),
        _environment(step, row) if words.is_known else None,
        row.get("network", False) or not words.is_known,
        words.opaque is None and _only_cleans(words, row),
    )


def redirections(step: Step) -> Effects:
    """The files that the redirections of a command read and write."""
    words = CommandWords(step, {})
    words.redirect()
    return Effects(tuple(words.reads), tuple(words.writes), opaque=words.opaque)


def install_environment(step: Step) -> frozenset[str]:
    """The variables that an installer reads: those of installers, those that builds of packages commonly look at, and
    those that it is given.
    """
    table = effect_table()["environment"]
    return frozenset((*table["common"], *table["builds"], *table["installers"], *named_variables(step)))


def active_environments(step: Step) -> Iterator[str | None]:
    """The virtual environments that the program and ``PATH`` lie in, and the one that is active."""
    programs = [step.path] if "/" in step.path else []
    for program in (*programs, *(posixpath.join(entry, "python") for entry in step.state.path)):
        prefix, folder = posixpath.split(posixpath.dirname(program))
        if folder == "bin" and prefix not in ("/", "/usr", "/usr/local"):
            yield step.absolute(prefix or ".")
    active = step.lookup("VIRTUAL_ENV")
    if active:
        yield step.absolute(active)


def _environment(step: Step, row: Mapping[str, Any]) -> frozenset[str] | None:
    """The variables that a command reads: those that its row has and those that its words name."""
    extra = tuple(row.get("environment", ()))
    if "*" in extra or (row.get("environment-alone") and _lists(step)) or _reads_processes(step):
        return None
    return frozenset(
        (*effect_table()["environment"]["common"], *extra, *row.get("variables", ()), *named_variables(step))
    )


def _lists(step: Step) -> bool:
    """Whether a command of the shell prints all variables: it is given no name (``export``, ``declare -px``)."""
    words = [argument.text or "" for argument in step.arguments]
    return not words or (step.program != "set" and all(word.startswith("-") for word in words))


def _reads_processes(step: Step) -> bool:
    """Whether a command is given what the system tells of its processes: ``/proc/self/environ`` is all variables."""
    words = [argument.text for argument in step.arguments]
    words += [item.target.value for item in step.command.redirections]
    return any(word is not None and word.startswith("/proc/") for word in words)


def named_variables(step: Step) -> Iterable[str]:
    """The variables that a command's words, assignments and redirections refer to."""
    words = [*step.command.words, *(item.value for item in step.command.assignments)]
    words += [item.target for item in step.command.redirections]
    words += [item.body for item in step.command.redirections if item.body is not None]
    return (name for word in words for name in word.variables)


def _only_cleans(words: CommandWords, row: Mapping[str, Any]) -> bool:
    """Whether nothing happens but that caches are deleted."""
    if row.get("cleans", False):
        return True
    if not words.deletes or words.roots or words.folders or words.environments or words.reads:
        return False
    return len(words.deletes) == len(words.writes) and all(
        any(inside(path, place) is not None for place in effect_table()["caches"]["places"]) for path in words.deletes
    )


def settings_places() -> tuple[str, ...]:
    """The places outside the homes where any program may look for settings and certificates."""
    return tuple(effect_table()["implicit"]["places"])


def implicit_reads(step: Step) -> tuple[str, ...]:
    """The places where any program may look for settings and credentials, in the homes that are possible here."""
    return _implicit_reads((step.state.user or "root").partition(":")[0], step.lookup("HOME") or "/root")


@lru_cache(maxsize=64)
def _implicit_reads(user: str, home: str) -> tuple[str, ...]:
    homes = {"/root", f"/home/{user}", home}
    found = [posixpath.join(home, name) for home in sorted(homes) for name in effect_table()["implicit"]["home"]]
    return (*settings_places(), *found)


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in effect_table()["command"]:
        for name in row["names"]:
            found.setdefault(name, []).append(row)
    return found


def _row(step: Step) -> Mapping[str, Any] | None:
    """The row for a command: the longest name that its first words have."""
    words = [step.program, *(argument.text or "" for argument in step.arguments[:2])]
    given = [argument.text or "" for argument in step.arguments]
    for length in (3, 2, 1):
        for row in _rows().get(" ".join(words[:length]), ()):
            when = tuple(row.get("when", ()))
            if not when or any(_gives(text, when) for text in given):
                return {**row, "skip": row.get("skip", 0) + length - 1}
    if given == ["--version"] and "/" not in step.path:
        return {"operands": "none"}
    return None


def _gives(text: str, options: tuple[str, ...]) -> bool:
    """Whether an argument is one of some options: alone, with a value, or as a letter among others (``-nEi``)."""
    if text.startswith(options):
        return True
    letters = text[1:] if text[:1] == "-" and text[1:].isalpha() else ""
    return any(len(option) == 2 and option[1] in letters for option in options)
