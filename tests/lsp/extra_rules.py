"""A server with rules of its own, for what no rule of the product does yet or ever should: run as a script."""

import re
import sys
from collections.abc import Iterator

from prebake import rules
from prebake.build.build import Build
from prebake.edits import FileEdit, TextEdit
from prebake.findings import Applicability, Finding, Fix, Location, Severity
from prebake.lsp.server import main
from prebake.rules.base import Rule


class InTheIgnoreFile(Rule):
    """Finds each pattern "junk" of the ignore file, where it stands."""

    code = "PB998"
    name = "junk-pattern"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        path = build.ignore.path
        text = build.snapshot.text(path) if path else None
        for number, match in enumerate(re.finditer("junk", text.content) if path and text else ()):
            span = text.span(*match.span())
            fix = Fix("Remove it", Applicability.SAFE, (FileEdit(path, text, (TextEdit(span, ""),)),))
            yield self.finding(Location(path, span), "junk", key=str(number), repair=lambda fix=fix: (fix,))


class ShownThereAsWell(Rule):
    """Is about the comment "# size" of the ignore file, and stands on the first instruction."""

    code = "PB997"
    name = "size"
    severity = Severity.INFORMATION

    def check(self, build: Build) -> Iterator[Finding]:
        path = build.ignore.path
        text = build.snapshot.text(path) if path else None
        match = re.search("# size", text.content) if text else None
        if path is None or text is None or match is None:
            return
        span = text.span(*match.span())
        fix = Fix("Remove it", Applicability.SAFE, (FileEdit(path, text, (TextEdit(span, ""),)),))
        yield self.finding(
            build.location(build.tree.instructions[0]),
            f"size of {build.path}",
            key="size",
            severity=Severity.WARNING if "COPY . " in build.text.content else None,
            elsewhere=(Location(path, span),),
            repair=lambda: (fix,),
        )


class Broken(Rule):
    """Fails where a Dockerfile asks for it."""

    code = "PB999"
    name = "broken"
    severity = Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        if "break the rule" in build.text.content:
            raise RuntimeError("broken on purpose")
        yield from ()


if __name__ == "__main__":
    own = (InTheIgnoreFile, ShownThereAsWell, Broken)
    entries = (rules.Entry(rule.code, rule.name, lambda rule=rule: rule) for rule in own)
    rules.REGISTRY = (*rules.REGISTRY, *entries)
    sys.exit(main())
