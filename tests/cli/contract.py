"""The JSON contract, written down a second time, as a checker."""

from __future__ import annotations

import re
from typing import Any

_SEVERITIES = {"error", "warning", "information", "hint"}


def violations(document: Any) -> list[str]:
    """What in a decoded document is not as the contract has it."""
    found: list[str] = []

    def require(condition: bool, what: str) -> bool:
        if not condition:
            found.append(what)
        return condition

    def keys(value: Any, names: str, what: str) -> bool:
        return require(isinstance(value, dict) and set(value) == set(names.split()), f"{what} has keys {value!r}")

    def text(value: Any, what: str, *, optional: bool = False) -> None:
        require((isinstance(value, str) and bool(value)) or (optional and value is None), f"{what} is {value!r}")

    def path(value: Any, what: str) -> None:
        require(isinstance(value, str) and "\\" not in value and not value.startswith("/"), f"{what} is {value!r}")

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

    if keys(document, "version findings dockerfiles", "the document"):
        require(document["version"] == 1, "version")
        for number, value in enumerate(document["findings"]):
            finding(value, f"finding {number}")
        for number, value in enumerate(document["dockerfiles"]):
            dockerfile(value, f"dockerfile {number}")
    return found
