"""The ignore file that a build context should have."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.context.ignorefile.candidates import Group, candidates, is_free
from prebake.build.context.ignorefile.gitignored import taken_over
from prebake.build.context.mentions import mentions
from prebake.build.context.use import context_use, neighbours
from prebake.discovery import is_compose_file
from prebake.files import join, relative
from prebake.project.ignore.rules import NAME, IgnoreRules, rules_of
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS
from prebake.syntax.ignorefile import literal
from prebake.text import Text


class Proposal(NamedTuple):
    """An ignore file's content. ``sent`` is what would be sent with it, ``None`` where the context was not measured.

    ``proved``: nothing that an instruction copies is left out by it, as the context is now. ``kept`` tells, in words,
    what was held back and why.
    """

    groups: tuple[Group, ...]
    sent: Size | None
    proved: bool
    kept: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file's content, with ``\\n`` at each line's end."""
        blocks = ("\n".join((f"# {group.title}", *group.patterns)) for group in self.groups)
        return "\n\n".join(blocks) + "\n"


@fact
def proposal(build: Build) -> Proposal | None:
    """The ignore file that the context should have; ``None`` when there is nothing to leave out."""
    found = candidates(build)
    groups = [*found.groups]
    for title, patterns in (
        ("Ignored by git, too", taken_over(build, tuple(pattern for group in groups for pattern in group.patterns))),
        ("Only describes the build", tuple(_own_files(build))),
    ):
        if patterns:
            groups.append(Group(title, patterns))
    left_out = {pattern for group in groups for pattern in group.patterns}
    if left_out <= {NAME}:
        return None
    rules = rules_of(Text("\n".join(pattern for group in groups for pattern in group.patterns)), "")
    scan = build.scan
    sent = scan.sent_under(rules) if scan is not None and scan.complete else None
    return Proposal(tuple(groups), sent, leaves_in_what_is_named(build, rules), (*found.kept, *found.about_secrets))


def _own_files(build: Build) -> Iterator[str]:
    """Dockerfiles, compose files and the ignore file, whose edits would otherwise change what ``COPY .`` copies."""
    if not any(context_use(other).is_broad for other in neighbours(build)):
        return
    root = build.context.root or "/"
    own = sorted(relative(other.path, root) for other in neighbours(build))  # the same for each of them
    own += [entry.name for entry in build.snapshot.list(root) if is_compose_file(entry.name)]
    ignore = build.ignore.path
    for path in dict.fromkeys((*own, NAME if ignore is None else relative(ignore, root))):
        if not path.startswith("../") and is_free(build, literal(path)) and not mentions(build).named(path):
            yield literal(path)


def leaves_in_what_is_named(build: Build, rules: IgnoreRules) -> bool:
    """Whether rules leave in everything that the instructions of this build name, as the context is now."""
    use = context_use(build)
    if use.is_broad or use.unknown:
        return False
    for path in use.paths:
        place = join(build.context.root or "/", path)
        if WILDCARDS & set(path):
            return False
        if not build.snapshot.is_dir(place):
            if not rules.delivers(path):
                return False
            continue
        if build.scan is None or not build.scan.complete:
            return False
        if not build.scan.all_sent_under(rules, path):
            return False
    return True
