"""Build contexts as text, for people: totals, and trees of the largest entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prebake.cli.contexts import Reader, Shown, left_out_view, letting_in, sent_view, unnamed_view
from prebake.cli.output import Output, printable
from prebake.cli.tree import Item, Node, View, choose
from prebake.cli.tree_text import Note, TreeText, on_one_line
from prebake.files import relative
from prebake.project.measuring.attribution import Attribution, ContextEntry
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple
from prebake.sizes import amount, human
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.ignorefile import Pattern

_SCREEN = 40
"""Lines of a screen where there is none to ask."""
_AROUND = 12
"""Lines of a screen for what stands around the trees, and for the next prompt."""
_FEWEST = 6
_FULLY_SHOWN = 3
"""Of more contexts than that, only what is sent is shown."""
_MOST_LINES = 3
_MOST_PATHS = 4
_MAX_SHOWN = 60
_MOST_READERS = 10
_MOST_STEPS = 5
_MOST_KINDS = 5
_WORTH_A_WORD = 1_000_000
"""Bytes of a kind of thing that are told of, or a hundredth of what is sent where that is less."""

_STYLES = {"secret": "error", "weights": "dim", "notebook": "dim"}
_WORDS = {
    "python-cache": "Python byte code",
    "node-modules": "node_modules",
    "editor": "editor settings",
    "desktop": "desktop files",
    "weights": "model weights",
}


class _Section(NamedTuple):
    """A tree with its heading; ``weight`` says how many of the lines it gets beside others."""

    heading: str
    view: View
    weight: int
    note: Callable[[Item], Note]


class ContextText:
    """Prints contexts to a stream, with paths seen from a folder."""

    def __init__(self, output: Output, folder: str, lines: int | None, depth: int | None, all_entries: bool) -> None:
        """``lines`` bounds each tree (``None``: so that all fit on a screen), ``depth`` the levels; with
        ``all_entries`` no line is too much.
        """
        self._output = output
        self._folder = folder
        self._lines = lines
        self._depth = depth
        self._all = all_entries
        self._trees = TreeText(output)

    def contexts(self, shown: Sequence[Shown]) -> None:
        """Print each context."""
        for number, context in enumerate(shown):
            if number:
                self._output.line()
            for line in self._context(context, len(shown)):
                self._output.line(line)
        if self._is_short(len(shown)):
            self._output.line()
            self._output.line("What is left out, and by which pattern: name one of the Dockerfiles, or add --lines N")

    def advice(self, command: str, steps: Sequence[str]) -> None:
        """Print what a command would do about the contexts."""
        if not steps:
            return
        self._output.line()
        self._output.line(f"{self._bold(printable(command))} would:")
        for step in steps[:_MOST_STEPS]:
            self._output.line(f"  {printable(step)}")
        if len(steps) > _MOST_STEPS:
            self._output.line(f"  ... and {len(steps) - _MOST_STEPS} more")

    def _context(self, shown: Shown, contexts: int) -> Iterator[str]:
        whole = shown.whole
        if whole is None:
            yield from self._fetched(shown)
            return
        sources = {reader.source for reader in shown.readers}
        source = f" (from {printable(min(sources))})" if len(sources) == 1 else ""
        yield f"{self._bold('Build context ' + self._name(whole.scan.root))}{source}, {self._ignore(shown)}"
        for reader in shown.readers[:_MOST_READERS]:
            because = f" ({printable(reader.source)})" if len(sources) > 1 else ""
            yield f"{self._reader(reader)} {self._sends(shown, reader, whole)}{because}"
        if len(shown.readers) > _MOST_READERS:
            yield f"... and {len(shown.readers) - _MOST_READERS} more Dockerfiles"
        yield from self._beside(shown)
        yield from self._recognised(whole, shown.taken(shown.readers) or whole)
        if not shown.is_sent_whole:
            yield f"The legacy builder and Kaniko take all of it: {_amount(whole, whole.sent)}"
        if whole.left_out.files:
            yield f"{self._name(shown.rules.path or '')} leaves out {self._bold(_amount(whole, whole.left_out))}"
        yield from self._trouble(shown, whole)
        sections = [section for section in self._sections(shown, whole) if section.view.size.files]
        if self._is_short(contexts):
            del sections[1:]
        for section, tree in zip(sections, self._chosen(sections, contexts), strict=True):
            yield ""
            yield self._bold(section.heading)
            yield from self._trees.lines(tree, section.note)

    def _beside(self, shown: Shown) -> Iterator[str]:
        """What is sent besides the context."""
        named = sorted({found for reader in shown.readers for found in reader.named.items()})
        if named:
            names = ", ".join(f"{printable(name)} ({self._name(folder)})" for name, folder in named[:_MOST_PATHS])
            more = f" and {len(named) - _MOST_PATHS} more" if len(named) > _MOST_PATHS else ""
            yield f"Not counted is what is taken of the named context{'s' if len(named) > 1 else ''} {names}{more}"

    def _recognised(self, whole: Attribution, taken: Attribution) -> Iterator[str]:
        """What of that which is sent is known by its nature, wherever it lies."""
        kinds: dict[str, Size] = {}
        secrets: list[str] = []
        for mark in whole.scan.landmarks:
            entry = taken.find(mark.path) if mark.kind != "notebook" else None
            if entry is None or not entry.sent.files:
                continue
            if mark.kind == "secret":
                secrets.append(mark.path)
            else:
                kinds[mark.kind] = kinds.get(mark.kind, Size()).plus(entry.sent)
        least = min(_WORTH_A_WORD, taken.sent.bytes // 100)
        large = sorted((kind for kind in kinds if kinds[kind].bytes > least), key=lambda kind: -kinds[kind].bytes)
        if large:
            words = (f"{_words(kind)} {human(kinds[kind].bytes)}" for kind in large[:_MOST_KINDS])
            yield f"Among what is sent: {', '.join(words)}"
        if secrets:
            names = ", ".join(on_one_line(path) for path in secrets[:_MOST_PATHS])
            more = f" and {len(secrets) - _MOST_PATHS} more" if len(secrets) > _MOST_PATHS else ""
            yield self._output.paint(f"Named like secrets: {names}{more}", "error")

    def _is_short(self, contexts: int) -> bool:
        """Whether there are so many contexts that each has only the tree of what is sent."""
        return contexts > _FULLY_SHOWN and self._lines is None and not self._all

    def _fetched(self, shown: Shown) -> Iterator[str]:
        """What is said of a context that the builder fetches itself."""
        for reader in shown.readers:
            yield (
                f"{self._reader(reader)}: the builder fetches the build context from git (see "
                f"{printable(reader.source)}), so nothing is sent from here, and BuildKit reads no ignore file"
            )
        yield "To see what a build from a folder sends, name the folder: --context DIR"

    def _reader(self, reader: Reader) -> str:
        target = f" (target {printable(reader.target)})" if reader.target is not None else ""
        return self._bold(self._name(reader.path)) + target

    def _ignore(self, shown: Shown) -> str:
        path = shown.rules.path
        if path is None:
            return "no ignore file"
        return f"ignore file {self._name(path)}" + (" (without a pattern)" if shown.rules.is_empty else "")

    def _sends(self, shown: Shown, reader: Reader, whole: Attribution) -> str:
        asked = reader.transfer
        if asked.whole:
            sent = self._bold(_amount(whole, whole.sent))
            if asked.reason is None:
                return f"sends {sent}: {reader.builder}, which the settings name, takes all of it"
            return f"sends {sent}: line {asked.reason.line + 1}, {_shown(asked.reason)}, takes all of it"
        taken = shown.taken([reader])
        if taken is None or not asked.is_any:
            return f"takes nothing of it: {reader.builder} is sent nothing"
        names = [printable(path) for path in asked.paths[:_MOST_PATHS]]
        more = f" and {len(asked.paths) - len(names)} more" if len(asked.paths) > len(names) else ""
        unknown = "; sources in variables without a known value are not counted" if asked.unknown else ""
        sent = self._bold(_amount(whole, taken.sent))
        return f"sends {sent} to {reader.builder}, only what its instructions name: {', '.join(names)}{more}{unknown}"

    def _trouble(self, shown: Shown, whole: Attribution) -> Iterator[str]:
        """What makes the numbers other than a build would find them."""
        warn = self._output.paint
        problem = shown.rules.problem
        if problem is not None:
            where = f"{self._name(shown.rules.path or '')}:{problem.line + 1}"
            reason = printable(problem.problem or "")
            yield warn(f"The build stops at {where} ({reason}); what follows is without this pattern", "error")
        emptied = sorted(whole.scan.emptied)
        if emptied:
            names = ", ".join(printable(path) for path in emptied[:_MOST_PATHS])
            more = f" and {len(emptied) - _MOST_PATHS} more" if len(emptied) > _MOST_PATHS else ""
            last = shown.rules.patterns_matching(emptied[0])[-1]
            where = f"{self._name(shown.rules.path or '')}:{last.line + 1}"
            yield warn(
                f"Delivered empty by BuildKit, and counted so: {names}{more}; {where} ({printable(last.raw)}) ignores "
                "a folder again behind the exception",
                "warning",
            )
        if not whole.scan.complete:
            yield warn("Measuring took too long and was stopped: there is more than is shown", "warning")
        unreadable = whole.scan.unreadable
        if unreadable:
            names = ", ".join(printable(path or ".") for path in unreadable[:_MOST_PATHS])
            more = f" and {len(unreadable) - _MOST_PATHS} more" if len(unreadable) > _MOST_PATHS else ""
            text = f"Cannot be read, so not counted: {names}{more}; a build fails where Docker cannot read it either"
            yield warn(text, "warning")

    def _sections(self, shown: Shown, whole: Attribution) -> Iterator[_Section]:
        marks = {mark.path: mark.kind for mark in whole.scan.landmarks}

        def opens(entry: ContextEntry) -> bool:
            return self._all or entry.path not in marks

        def about(item: Item) -> Note:
            if isinstance(item.about, Pattern):
                return "", ""
            exceptions = letting_in(whole, item.about)
            if exceptions:
                return self._patterns(shown, exceptions), "dim"
            kind = marks.get(item.about.path)
            return (_words(kind), _STYLES.get(kind, "warning")) if kind else ("", "")

        def left_out(item: Item) -> Note:
            if isinstance(item.about, Pattern):
                count = whole.decided_by(item.about, 1).entries
                return f"{self._name(shown.rules.path or '')}:{item.about.line + 1}  {count:,} entries", "dim"
            # Below a pattern, every entry has the same one.
            return self._patterns(shown, [item.about.pattern] if item.about.pattern else []), "dim"

        narrow = [reader for reader in shown.readers if not reader.transfer.whole]
        if len(narrow) < len(shown.readers):
            yield _Section("Sent", sent_view(whole, opens), 2, about)
        else:
            named = shown.taken(narrow) or whole
            which = "" if len(narrow) == 1 else " for any of these Dockerfiles"
            yield _Section(f"Sent to {narrow[0].builder}{which}", sent_view(named, opens), 2, about)
            rest = unnamed_view(whole, named, opens)
            yield _Section("Named by no instruction: sent to the legacy builder and Kaniko only", rest, 1, about)
        yield _Section("Left out", left_out_view(whole), 1, left_out)

    def _patterns(self, shown: Shown, patterns: Sequence[Pattern]) -> str:
        """Patterns with their place, as an editor or terminal makes it a link."""
        if not patterns:
            return ""
        lines = ", ".join(str(pattern.line + 1) for pattern in patterns[:_MOST_LINES])
        more = f" and {len(patterns) - _MOST_LINES} more" if len(patterns) > _MOST_LINES else ""
        text = f"  {on_one_line(patterns[0].raw)}" if len(patterns) == 1 else ""
        return f"{self._name(shown.rules.path or '')}:{lines}{more}{text}"

    def _chosen(self, sections: Sequence[_Section], contexts: int) -> list[Node]:
        """The trees of the sections, so that they fit together."""
        if self._all or self._lines is not None:
            lines = None if self._all else self._lines
            return [choose(section.view, lines, self._depth) for section in sections]
        room = max(self._output.height or _SCREEN, 24) - _AROUND
        if contexts > 1:
            room = min(room, _SCREEN - _AROUND) * 2 // 3
        if self._is_short(contexts):
            room = _FEWEST
        trees: dict[int, Node] = {}
        # Those that need less than their part leave the rest to the others.
        for number in sorted(range(len(sections)), key=lambda number: sections[number].weight):
            waiting = [section for other, section in enumerate(sections) if other not in trees]
            part = room * sections[number].weight // sum(section.weight for section in waiting)
            trees[number] = choose(sections[number].view, max(part, _FEWEST), self._depth)
            room -= trees[number].lines
        return [trees[number] for number in range(len(sections))]

    def _name(self, path: str) -> str:
        return printable(relative(path, self._folder))

    def _bold(self, text: str) -> str:
        return self._output.paint(text, "bold")


def _words(kind: str) -> str:
    """The kind of a landmark for people."""
    return _WORDS.get(kind, kind.replace("-", " "))


def _amount(found: Attribution, size: Size) -> str:
    return amount(size, complete=found.scan.complete)


def _shown(instruction: Instruction) -> str:
    text = on_one_line(" ".join(instruction.raw.split()))
    return f"`{text}`" if len(text) <= _MAX_SHOWN else f"`{text[:_MAX_SHOWN]}...`"
