"""Which commands of a shell text run: with what words, in which folder, with which variables.

Nothing is run. What is decided by values that the project gives (``$1``, variables of the image) is decided here; where
they are not known, each branch counts, and a variable that is set there has no known value behind it. A branch that
does not run as long as nobody sets the variable that decides it is optional. Functions run where they are called, loops
over known words once for each word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from prebake.project.starting.program import UNKNOWN, Place, Site
from prebake.project.starting.shelltests import holds
from prebake.regex import regex
from prebake.syntax.expand import expand
from prebake.syntax.run import script_of_file
from prebake.syntax.shell import Command, Script, ShellWord

Step = tuple[tuple[str, ...], Place]
"""The words of a command that runs, and the place that it runs in."""

_MAX_DEPTH = 6
_MAX_ROUNDS = 24
_DEFAULT = regex(r'"?\$\{([^\W\d]\w*):?=([^{}]*)\}"?$')
_REST = regex(r'"?\$\{@:(\d{1,3})\}"?$')
_CUT = regex(r'"?\$\{(\w+)(?::0:1|##?([\w.:/=-]*))\}"?$')
_ALL = frozenset(('"$@"', "$@", "$*", '"$*"', '"${@}"', "${@}", '"${*}"', "${*}"))
_DECLARING = frozenset(("export", "local", "declare", "readonly", "typeset"))
_SECTIONS = frozenset(("then", "elif", "else"))
_QUIET = frozenset(
    (
        *("echo", "printf", "test", "[", "[[", "trap", "return", "break", "continue", "exit", "unset", "wait"),
        *("umask", "ulimit", "true", "false", ":", "case", "for", "select", "let", "kill", "sleep", "alias", "hash"),
        *("getopts", "mapfile", "readarray", "shopt", "type", "which", "pwd", "jobs", "bg", "fg", "times", "set"),
    )
)
"""Commands that start no program."""


def flow(script: Script, place: Place) -> Iterator[Step]:
    """The commands of a script that may run, in order; those that are of the shell itself are left out."""
    yield from _Flow(script, _State(place), 0).block(0, len(script.commands), 0, certain=True)


class _State:
    """What a running script changes; files that it sources and functions that it calls share it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.environment = dict(place.environment)
        self.functions: dict[str, tuple[_Flow, int, int]] = {}
        self.done = False
        self.optional = False
        self._assumes = False

    def here(self) -> Place:
        return self.place.but(environment=self.environment, optional=self.optional)

    def assumed(self, word: ShellWord) -> str | None:
        """The text of a word as long as nobody sets the variables that are not known."""
        self._assumes = True
        try:
            return self.value(word)
        finally:
            self._assumes = False

    def value(self, word: ShellWord) -> str | None:
        """The text of a word; ``None`` where it is not known."""
        if word.value is not None:
            return word.value
        if word.pattern is not None:
            return word.pattern
        if word.substitutions:
            return None
        cut = _CUT.match(word.raw)
        if cut is None:
            return expand(word.raw, self._variable)
        value = self._variable(cut[1])
        if value is None or UNKNOWN in value:
            return None
        return value[:1] if cut[2] is None else value.removeprefix(cut[2])

    def _variable(self, name: str) -> str | None:
        if name == "#":
            return str(len(self.place.arguments)) if UNKNOWN not in self.place.arguments else None
        if not name.isdigit():
            # One that is set to something unknown is set, so that no default counts.
            value = self.environment.get(name)
            if value is None:
                return UNKNOWN if name in self.environment else "" if self._assumes else None
            return value
        if name == "0":
            return self.place.script
        value = self.place.arguments[int(name) - 1] if int(name) <= len(self.place.arguments) else ""
        return value

    def words(self, word: ShellWord) -> tuple[str, ...]:
        """The words that one becomes."""
        if word.raw in _ALL:
            return self.place.arguments
        rest = _REST.match(word.raw)
        if rest is not None:
            return self.place.arguments[max(int(rest[1]) - 1, 0) :]
        value = self.value(word)
        if value is not None and word.raw.startswith("$"):
            return tuple(value.split())
        return (UNKNOWN if value is None else value,)


class _Flow:
    """One script; ``block`` follows a part of its commands, ``level`` compounds deep."""

    def __init__(self, script: Script, state: _State, depth: int) -> None:
        self._commands = script.commands
        self._arms = dict(script.arms)
        self._state = state
        self._depth = depth
        # An empty function and the next one would start at the same command.
        bodies = script.bodies
        for number, (name, start) in enumerate(zip(script.functions, bodies, strict=True)):
            stop = next((other for other in bodies[number + 1 :] if other > start), len(self._commands))
            state.functions[name] = (self, start, stop)

    def block(self, at: int, stop: int, level: int, *, certain: bool) -> Iterator[Step]:
        """The commands from one index to another. ``certain``: they surely run."""
        held: bool | None = None  # whether the command before this one succeeded
        expected: bool | None = None  # the same, as long as nobody sets a variable
        while at < stop and not self._state.done:
            command = self._commands[at]
            listed = command.before in ("&&", "||")
            sure = certain and not listed
            optional = listed and expected is (command.before == "||")
            if held is not None and listed and len(command.context) == level:
                if held is (command.before == "||"):
                    at += 1
                    continue
                sure = certain
            if len(command.context) > level:
                held = expected = None
                kind = command.context[level]
                end = self._end(at, stop, level)
                yield from self._optional(self._compound(kind, at, end, level + 1, sure), optional)
                at = end
                continue
            if command.name == "for" and len(command.words) > 2:
                end = self._end(at + 1, stop, level)
                yield from self._loop(command, at + 1, end, level + 1)
                at = end
                continue
            if command.name == "case" and len(command.words) > 1:
                end = self._end(at + 1, stop, level)
                yield from self._case(command, at + 1, end, level + 1, sure)
                at = end
                continue
            known = not listed or held is not None
            held, expected = self._succeeds(command), self._expected(command)
            steps = self._optional(self._simple(command, sure), optional)
            yield from steps if known else self._perhaps(steps)
            at += 1

    def _optional(self, steps: Iterator[Step], optional: bool) -> Iterator[Step]:
        """Steps that only run where somebody sets a variable, if ``optional``."""
        before = self._state.optional
        self._state.optional = before or optional
        yield from steps
        self._state.optional = before

    def _perhaps(self, steps: Iterator[Step]) -> Iterator[Step]:
        """What may run: behind it, a variable that it sets has one of two values."""
        before = dict(self._state.environment)
        yield from steps
        after = self._state.environment
        for name in before.keys() | after.keys():
            if before.get(name, "") != after.get(name, ""):
                after[name] = None

    def _end(self, at: int, stop: int, level: int) -> int:
        """Where the compound that starts at an index ends."""
        if at >= stop or len(self._commands[at].context) <= level:
            return at
        kind = self._commands[at].context[level]
        while at < stop and self._commands[at].context[level : level + 1] == (kind,):
            at += 1
        return at

    def _compound(self, kind: str, at: int, stop: int, level: int, certain: bool) -> Iterator[Step]:
        if kind == "function":  # runs where it is called
            return
        if kind == "if":
            yield from self._if(at, stop, level, certain)
        elif kind == "(":
            place, environment = self._state.place, self._state.environment
            self._state.environment = dict(environment)
            yield from self.block(at, stop, level, certain=False)
            self._state.place, self._state.environment = place, environment
        elif kind == "while":
            yield from self._perhaps(self._sections(at, stop, level))
        elif kind == "for":
            yield from self._sections(at, stop, level)
        else:
            yield from self.block(at, stop, level, certain=certain and kind == "{")

    def _sections(self, at: int, stop: int, level: int) -> Iterator[Step]:
        """The condition and the body of a loop."""
        while at < stop:
            inside = self._commands[at].context[level : level + 1] == ("do",)
            end = at
            while end < stop and (self._commands[end].context[level : level + 1] == ("do",)) is inside:
                end += 1
            yield from self.block(at, end, level + inside, certain=False)
            at = end

    def _if(self, at: int, stop: int, level: int, certain: bool) -> Iterator[Step]:
        """Conditions and branches; several ``if`` in a row look like one."""
        taken: bool | None = False  # whether an earlier branch of this `if` was
        before = ""
        value: bool | None = None
        expected: bool | None = False  # the same two, as long as nobody sets a variable
        assumed: bool | None = None
        while at < stop and not self._state.done:
            section = self._section(at, level)
            end = at
            while end < stop and self._section(end, level) == section:
                end += 1
            if not section and before in ("then", "else"):
                taken = expected = False
            if section in ("", "elif"):
                value = assumed = False
                if taken is not True:
                    yield from self.block(at, end, level + bool(section), certain=False)
                    value = self._condition(at, end, level + bool(section))
                    assumed = self._condition(at, end, level + bool(section), assumed=True)
            elif section == "then" and value is not False:
                branch = self._branch(at, end, level + 1, certain, sure=value is True and taken is False)
                yield from self._optional(branch, expected is True or assumed is False)
            elif section == "else" and taken is not True:
                branch = self._branch(at, end, level + 1, certain, sure=taken is False)
                yield from self._optional(branch, expected is True)
            if section == "then":
                taken = True if taken is True or value is True else None if value is None else taken
                expected = True if expected is True or assumed is True else None if assumed is None else expected
            before = section
            at = end

    def _branch(self, at: int, stop: int, level: int, certain: bool, *, sure: bool) -> Iterator[Step]:
        """One branch; the arguments stay as they are where it is not sure to be the one."""
        if sure:
            yield from self.block(at, stop, level, certain=certain)
            return
        outer = self._state.place.arguments
        yield from self._perhaps(self.block(at, stop, level, certain=False))
        self._state.place = self._state.place.but(arguments=outer)

    def _section(self, at: int, level: int) -> str:
        context = self._commands[at].context
        return context[level] if len(context) > level and context[level] in _SECTIONS else ""

    def _condition(self, at: int, stop: int, level: int, *, assumed: bool = False) -> bool | None:
        if stop - at != 1 or len(self._commands[at].context) > level:
            return None
        command = self._commands[at]
        return self._expected(command) if assumed else self._succeeds(command)

    def _succeeds(self, command: Command) -> bool | None:
        return self._holds(command, self._state.value)

    def _expected(self, command: Command) -> bool | None:
        return self._holds(command, self._state.assumed)

    def _holds(self, command: Command, value: Callable[[ShellWord], str | None]) -> bool | None:
        if not command.words:
            return None if any(item.value.substitutions for item in command.assignments) else True
        found = holds(command, value, self._state.here())
        return found if found is None or not command.negated else not found

    def _loop(self, header: Command, at: int, stop: int, level: int) -> Iterator[Step]:
        name = header.words[1].value or ""
        listed = header.words[2].value == "in"
        words = [part for word in header.words[3:] for part in self._state.words(word)] if listed else [UNKNOWN]
        for word in words[:_MAX_ROUNDS]:
            self._state.environment[name] = _known(word)
            sections = self._sections(at, stop, level)
            yield from sections if UNKNOWN not in words else self._perhaps(sections)

    def _case(self, header: Command, at: int, stop: int, level: int, certain: bool) -> Iterator[Step]:
        value = _known(self._state.value(header.words[1]))
        assumed = _known(self._state.assumed(header.words[1]))
        settled = False  # whether an arm was met that runs as long as nobody sets a variable
        starts = sorted(start for start in self._arms if at <= start < stop and self._own_arm(start, level))
        for number, start in enumerate(starts):
            end = starts[number + 1] if number + 1 < len(starts) else stop
            matches = None if value is None else _fits(value, self._arms[start])
            expected = None if assumed is None else _fits(assumed, self._arms[start])
            if matches is not False:
                branch = self._branch(start, end, level, certain, sure=matches is True)
                yield from self._optional(branch, settled or expected is False)
            settled = settled or expected is True
            if matches:
                return

    def _own_arm(self, start: int, level: int) -> bool:
        """Whether an arm is that of this ``case``, and not of one inside it."""
        return start < len(self._commands) and "case" not in self._commands[start].context[level:]

    def _simple(self, command: Command, certain: bool) -> Iterator[Step]:
        state = self._state
        own = {item.name: _known(state.value(item.value)) for item in command.assignments}
        if not command.words:
            state.environment.update(own)
            return
        words = tuple(part for word in command.words for part in state.words(word))
        name = words[0] if words else ""
        if name in state.functions and self._depth < _MAX_DEPTH:
            yield from self._called(name, words[1:], certain)
        elif name in ("source", ".") and len(words) > 1:
            yield from self._sourced(words[1], words[2:])
        elif not self._shell_itself(command, name, words[1:]) and words:
            state.place.seen[0] += 1
            script = state.place.script
            site = None if script is None else Site(script, command.start, command.end)
            yield words, state.here().but(environment={**state.environment, **own}, site=site)
        if certain and (name == "exit" or (name == "exec" and len(words) > 1)) and command.after not in ("&&", "||"):
            state.done = True

    def _shell_itself(self, command: Command, name: str, words: tuple[str, ...]) -> bool:
        """Take what changes the shell; whether the command is nothing more than that."""
        state = self._state
        if name == "cd":
            if len(words) == 1 and UNKNOWN not in words[0]:
                state.place = state.place.but(directory=state.place.path(words[0]))
        elif name in _DECLARING:
            for word in words:
                variable, given, value = word.partition("=")
                if given and variable.isidentifier():
                    state.environment[variable] = _known(value)
        elif name == "shift":
            count = int(words[0]) if words and words[0].isdecimal() and len(words[0]) < 4 else 1
            state.place = state.place.but(arguments=state.place.arguments[count:])
        elif name == "set" and "--" in words:
            state.place = state.place.but(arguments=words[words.index("--") + 1 :])
        elif name == "read":
            state.environment.update((word, None) for word in words if word.isidentifier())
        elif name == ":":
            for found in (_DEFAULT.match(word.raw) for word in command.words[1:]):
                if found is not None:
                    state.environment.setdefault(found[1], found[2].strip("\"'") if "$" not in found[2] else None)
        else:
            return name in _QUIET
        return True

    def _called(self, name: str, arguments: tuple[str, ...], certain: bool) -> Iterator[Step]:
        """A function's body, with arguments of its own."""
        state = self._state
        owner, start, stop = state.functions.pop(name)  # one that calls itself does not go round
        level = len(owner._commands[start].context) if start < len(owner._commands) else 0
        context = owner._commands[start].context if level else ()
        depth = max((at + 1 for at, kind in enumerate(context) if kind == "function"), default=0)
        if depth:
            end = owner._end(start, stop, depth - 1)
            outer = state.place.arguments
            state.place = state.place.but(arguments=arguments)
            inner = owner if owner is not self else self
            inner._depth += 1
            yield from inner.block(start, end, depth, certain=certain)
            inner._depth -= 1
            state.place = state.place.but(arguments=outer)
        state.functions[name] = (owner, start, stop)

    def _sourced(self, name: str, arguments: tuple[str, ...]) -> Iterator[Step]:
        """A file that runs in this shell."""
        state = self._state
        path = state.place.path(name)
        text = None if UNKNOWN in name or self._depth >= _MAX_DEPTH else state.place.read(path)
        script = None if text is None else script_of_file(text)
        if script is None:
            return
        outer = state.place
        state.place = outer.but(script=path, arguments=arguments or None)
        yield from _Flow(script, state, self._depth + 1).block(0, len(script.commands), 0, certain=False)
        state.place = outer.but(directory=state.place.directory)


def _known(text: str | None) -> str | None:
    return None if text is None or UNKNOWN in text else text


def _fits(value: str, patterns: str) -> bool | None:
    """Whether an arm of a ``case`` is for a value; ``None`` where its pattern is not known."""
    if "$" in patterns or "`" in patterns:
        return None
    return any(fnmatchcase(value, pattern.strip().strip("\"'")) for pattern in patterns.split("|"))
