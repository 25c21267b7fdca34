"""The JSON contracts of `prebake check` and `prebake context`, written down a second time, as checkers."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

_SEVERITIES = {"error", "warning", "information", "hint"}


class _Violations:
    """Collects what is not as a contract has it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def require(self, condition: bool, what: str) -> bool:
        if not condition:
            self.found.append(what)
        return condition

    def keys(self, value: Any, names: str, what: str) -> bool:
        said = f"{what} has keys {value!r:.200}"
        return self.require(isinstance(value, dict) and set(value) == set(names.split()), said)

    def path(self, value: Any, what: str) -> None:
        plain = isinstance(value, str) and "\\" not in value and not value.startswith("/")
        self.require(plain, f"{what} is {value!r}")


def violations(document: Any) -> list[str]:
    """What in a decoded document is not as the contract has it."""
    made = _Violations()
    require, keys, path = made.require, made.keys, made.path

    def text(value: Any, what: str, *, optional: bool = False) -> None:
        require((isinstance(value, str) and bool(value)) or (optional and value is None), f"{what} is {value!r}")

    def span(value: dict[str, Any], what: str) -> None:
        places = [value["start"], value["end"]]
        if sum(keys(place, "line column", what) for place in places) == len(places):
            numbers = [(place["line"], place["column"]) for place in places]
            require(all(type(n) is int and n >= 1 for pair in numbers for n in pair), f"{what} is {numbers}")
            require(numbers[0] <= numbers[1], f"{what} is {numbers}")

    def fix(value: Any, what: str) -> None:
        if not keys(value, "title applicability edits creates", what):
            return
        text(value["title"], f"{what}.title")
        require(value["applicability"] in ("safe", "suggested"), f"{what}.applicability")
        require(bool(value["edits"]), f"{what} edits nothing")
        for edit in value["edits"]:
            if keys(edit, "path start end text", f"{what}.edits"):
                path(edit["path"], f"{what}.edits.path")
                span(edit, f"{what}.edits")
                require(isinstance(edit["text"], str), f"{what}.edits.text")
        for created in value["creates"]:
            path(created, f"{what}.creates")
            places = [edit["start"] for edit in value["edits"] if edit["path"] == created]
            require(places == [{"line": 1, "column": 1}], f"{what} creates {created} by an edit at {places}")

    def finding(value: Any, what: str) -> None:
        names = "code rule severity fingerprint path start end message url cost no_fix related fixes"
        if not keys(value, names, what):
            return
        require(re.fullmatch(r"PB\d{3}", value["code"]) is not None, f"{what}.code")
        require(value["severity"] in _SEVERITIES, f"{what}.severity")
        for name in ("rule", "fingerprint", "message", "url"):
            text(value[name], f"{what}.{name}")
        path(value["path"], f"{what}.path")
        span(value, what)
        cost = value["cost"]
        if cost is not None and keys(cost, "bytes files", f"{what}.cost"):
            require(
                type(cost["bytes"]) is int and (cost["files"] is None or type(cost["files"]) is int), f"{what}.cost"
            )
        text(value["no_fix"], f"{what}.no_fix", optional=True)
        for related in value["related"]:
            if keys(related, "path start end message", f"{what}.related"):
                path(related["path"], f"{what}.related.path")
                span(related, f"{what}.related")
                text(related["message"], f"{what}.related.message")
        for each in value["fixes"]:
            fix(each, f"{what}.fixes")

    def dockerfile(value: Any, what: str) -> None:
        if not keys(value, "path context context_source ignore_file target contexts", what):
            return
        path(value["path"], f"{what}.path")
        text(value["context_source"], f"{what}.context_source")
        for name in ("context", "ignore_file", "target"):
            text(value[name], f"{what}.{name}", optional=True)
        require(isinstance(value["contexts"], list) and value["context"] in value["contexts"], f"{what}.contexts")

    def compared(value: dict[str, Any]) -> None:
        """What --baseline and --since add."""
        require(type(value["known"]) is int and value["known"] >= 0, f"known is {value['known']!r}")
        if "baseline" in value and keys(value["baseline"], "path written gone", "baseline"):
            text(value["baseline"]["path"], "baseline.path")
            require(isinstance(value["baseline"]["written"], bool), "baseline.written")
            for entry in value["baseline"]["gone"]:
                if keys(entry, "fingerprint code path message", "baseline.gone"):
                    for name in entry:
                        text(entry[name], f"baseline.gone.{name}")
        if "since" in value and keys(value["since"], "revision commit", "since"):
            text(value["since"]["revision"], "since.revision")
            require(re.fullmatch(r"[0-9a-f]{40,64}", value["since"]["commit"]) is not None, "since.commit")

    more = [name for name in ("baseline", "since") if isinstance(document, dict) and name in document]
    names = ["version", "findings", "dockerfiles", *(["known", *more] if more else [])]
    if keys(document, " ".join(names), "the document"):
        require(document["version"] == 1, "version")
        if more:
            compared(document)
        for number, value in enumerate(document["findings"]):
            finding(value, f"finding {number}")
        for number, value in enumerate(document["dockerfiles"]):
            dockerfile(value, f"dockerfile {number}")
    return made.found


def context_violations(document: Any) -> list[str]:
    """What in a decoded document of `prebake context` is not as the contract has it."""
    made = _Violations()
    require, keys, path = made.require, made.keys, made.path

    def size(value: Any, what: str) -> tuple[int, int]:
        if keys(value, "bytes files", what):
            numbers = value["bytes"], value["files"]
            if require(all(type(number) is int and number >= 0 for number in numbers), f"{what} is {numbers}"):
                return numbers
        return 0, 0

    def pattern(value: Any, what: str, more: str = "") -> None:
        if keys(value, f"path line text {more}", what):
            path(value["path"], f"{what}.path")
            require(type(value["line"]) is int and value["line"] >= 1, f"{what}.line")
            require(isinstance(value["text"], str) and bool(value["text"]), f"{what}.text")

    def sizes(value: Any, what: str) -> list[tuple[int, int]]:
        every = [(value["bytes"], value["files"]), size(value["allowed"], what), size(value["sent"], what)]
        for (large, many), (small, few) in pairwise(every):
            require(large >= small and many >= few, f"{what} has sizes {every}")
        return every

    def entry(value: Any, what: str) -> list[tuple[int, int]]:
        is_folder = value.get("kind") == "folder"
        names = "path kind bytes files allowed sent pattern" + " children more" * is_folder
        if not keys(value, names, what):
            return []
        path(value["path"], f"{what}.path")
        require(value["kind"] in ("file", "folder"), f"{what}.kind")
        if value["pattern"] is not None:
            pattern(value["pattern"], f"{what}.pattern")
        own = sizes(value, what)
        if is_folder:
            parts = [entry(child, child.get("path", what)) for child in value["children"]]
            if value["more"] is not None and keys(value["more"], "entries bytes files allowed sent", f"{what}.more"):
                require(value["more"]["entries"] >= 1, f"{what}.more")
                parts.append(sizes(value["more"], f"{what}.more"))
            total = [tuple(map(sum, zip(*column, strict=True))) for column in zip(*parts, strict=True)]
            require(not parts or total == own, f"{what} is {own}, in it are {total}")
        return own

    def dockerfile(value: Any, what: str) -> None:
        if keys(value, "path target context_source takes paths unknown_paths sent", what):
            path(value["path"], f"{what}.path")
            require(value["takes"] in ("all", "paths", "nothing"), f"{what}.takes")
            require(isinstance(value["unknown_paths"], bool), f"{what}.unknown_paths")
            require(isinstance(value["context_source"], str) and bool(value["context_source"]), f"{what}.source")
            for named in value["paths"]:
                path(named, f"{what}.paths")
            if value["sent"] is not None:
                size(value["sent"], f"{what}.sent")

    def context(value: Any, what: str) -> None:
        names = "path remote ignore_file problem complete unreadable dockerfiles patterns tree"
        if not keys(value, names, what):
            return
        for name in ("path", "ignore_file"):
            if value[name] is not None:
                path(value[name], f"{what}.{name}")
        require(isinstance(value["remote"], bool) and isinstance(value["complete"], bool), f"{what} has no booleans")
        if value["problem"] is not None:
            pattern(value["problem"], f"{what}.problem", "message")
        require(bool(value["dockerfiles"]), f"{what} has no Dockerfile")
        for each in value["dockerfiles"]:
            dockerfile(each, f"{what}.dockerfiles")
        for each in value["patterns"]:
            pattern(each, f"{what}.patterns", "exception bytes files")
        require((value["tree"] is None) == value["remote"], f"{what}.tree")
        if value["tree"] is not None:
            entry(value["tree"], f"{what}.tree")

    if keys(document, "version contexts", "the document"):
        require(document["version"] == 1, "version")
        for number, value in enumerate(document["contexts"]):
            context(value, f"context {number}")
    return made.found
