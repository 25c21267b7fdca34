"""`make docs`: writes docs/rules/ and the rule table of README.md from the rules' docstrings.

With --check nothing is written: exit status 1 and a list of what is out of date.
"""

import argparse
import sys
from pathlib import Path

from prebake.rules import all_rules
from prebake.rules.base import Rule

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs" / "rules"
README = ROOT / "README.md"
BEGIN, END = "<!-- rules: made by `make docs` -->", "<!-- rules: end -->"


def main() -> int:
    """Write what is out of date, or name it."""
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when something is out of date")
    options = parser.parse_args()
    stale = out_of_date()
    if options.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: run `make docs`", file=sys.stderr)
        return int(bool(stale))
    for path, text in stale.items():
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'removed' if text is None else 'written'}")
    return 0


def out_of_date() -> dict[Path, str | None]:
    """Each file that differs from what it should hold, with that text; None for a page without a rule."""
    wanted: dict[Path, str | None] = {RULES / f"{rule.code}.md": rule_page(rule) for rule in all_rules()}
    wanted[RULES / "README.md"] = index()
    wanted[README] = readme(README.read_text(encoding="utf-8"))
    stale = {path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text}
    return stale | {path: None for path in sorted(RULES.glob("*.md")) if path not in wanted}


def rule_page(rule: type[Rule]) -> str:
    """The page of one rule."""
    return f"# {rule.name} ({rule.code})\n\nUsual severity: **{rule.severity}**.\n\n{rule.page()}\n"


def index() -> str:
    """The page that lists all rules."""
    return f"# Rules\n\n`prebake rule CODE` prints the same pages.\n\n{table('')}"


def readme(text: str) -> str:
    """README.md with its rule table made anew; `ValueError` when its two markers are missing."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"{README.name} has lost {BEGIN} or {END}")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table('docs/rules/')}\n{END}{after}"


def table(folder: str) -> str:
    """All rules as a Markdown table; links lead to pages in `folder`."""
    rows = [
        f"| [{rule.code}]({folder}{rule.code}.md) | {rule.name} | {rule.severity} | {rule.summary().rstrip('.')} |\n"
        for rule in all_rules()
    ]
    return "| code | name | severity | what it finds |\n|---|---|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    sys.exit(main())
