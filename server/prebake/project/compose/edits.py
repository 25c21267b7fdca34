"""Additions to compose files as text edits: comments, order and style of the file stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.edits import TextEdit, apply, with_lines
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_LIST_ITEM = regex(r"(\s*-\s+)")
_FLOW = ("[", "{")


class NotPlain(Exception):
    """Why nothing can be added there: a sentence without its full stop."""


class Addition(NamedTuple):
    """What a service gets: a named volume at a path of the container, and variables."""

    service: str
    volume: str
    target: str
    environment: tuple[tuple[str, str], ...] = ()


def volume_name(text: Text, wanted: str) -> str:
    """A name for a volume that the compose file does not use yet."""
    root = load(text)
    used = {key.text for key, _ in _pairs(None if root is None else root.get("volumes"))}
    return next(name for name in (wanted, *(f"{wanted}_{number}" for number in range(2, 99))) if name not in used)


def add_volume(text: Text, additions: tuple[Addition, ...]) -> tuple[TextEdit, ...]:
    """The edits that give services of a compose file a volume, all of one name, and declare it.

    Asks for texts without spaces, quotes and YAML's own signs in the additions.

    Raises:
        NotPlain: the file is written in a way that leaves no place for it, or says something else afterwards.
    """
    root = load(text)
    services = None if root is None else root.get("services")
    if root is None or services is None:
        raise NotPlain("the compose file cannot be read")
    edits: list[TextEdit] = []
    for addition in additions:
        pair = next(((key, value) for key, value in services.pairs() if key.text == addition.service), None)
        if pair is None:
            raise NotPlain(f"the compose file has no service {addition.service} of its own")
        edits += _service(text, pair[0], pair[1], addition)
    step = _step(services)
    edits.append(_declared(text, root, additions[0].volume, step))
    _check(root, load(apply(text, edits)), additions)
    return tuple(edits)


def _pairs(node: Node | None) -> Iterator[tuple[Node, Node]]:
    return iter(()) if node is None else node.pairs()


def _step(services: Node) -> int:
    """How many columns the file indents by."""
    column = services.keys[0].span.start.column if services.keys else 2
    return column if 1 <= column <= 8 else 2


def _service(text: Text, key: Node, node: Node, addition: Addition) -> Iterator[TextEdit]:
    if node.kind != "mapping" or not node.keys or node.line <= key.line:
        raise NotPlain(f"the service {addition.service} is written in one line, or takes its content from elsewhere")
    indent = min((child.span.start.column for child in node.keys if child.line > key.line), default=0)
    step = max(indent - key.span.start.column, 1)
    new: list[str] = []
    mount = f"{addition.volume}:{addition.target}"
    volumes = _own(text, node, "volumes")
    if volumes is None:
        new += [f"{' ' * indent}volumes:", f"{' ' * (indent + step)}- {mount}"]
    else:
        yield _appended(text, volumes[0], volumes[1], [(None, mount)], indent + step)
    if addition.environment:
        environment = _own(text, node, "environment")
        if environment is None:
            new.append(f"{' ' * indent}environment:")
            new += [f"{' ' * (indent + step)}{name}: {value}" for name, value in addition.environment]
        else:
            yield _appended(text, environment[0], environment[1], list(addition.environment), indent + step)
    if new:
        yield with_lines(text, _last_line(text, node), new)


def _own(text: Text, service: Node, name: str) -> tuple[Node, Node] | None:
    """The key and the value that a service itself has under a name."""
    found = next(((key, value) for key, value in service.pairs() if key.text == name), None)
    if found is None:
        return None
    key, value = found
    start, end = text.offset(key.span.end), text.offset(value.span.start)
    inside = service.span.start <= key.span.start and key.span.end <= service.span.end
    if not inside or end < start or any(mark in text.content[start:end] for mark in "&*!"):
        raise NotPlain(f"the {name} of the service are shared with others")
    first = value.items[0].span.start if value.items else value.span.end
    if "&" in text.content[end : text.offset(first)]:
        raise NotPlain(f"the {name} of the service are shared with others")
    return key, value


def _appended(text: Text, key: Node, value: Node, entries: list[tuple[str | None, str]], indent: int) -> TextEdit:
    """The edit that adds to a list or a mapping; an entry without a name is an item of a list."""
    if value.kind == "scalar":
        if not value.is_null or text.slice(value.span).strip():
            raise NotPlain(f"{key.text} is neither a list nor a mapping")
        return with_lines(text, key.line, [" " * indent + _entry(name, item, False) for name, item in entries])
    listed = value.kind == "sequence"
    if _is_flow(text, value):
        start = text.offset(value.span.start)
        close = text.offset(value.span.end) - 1
        body = text.content[start + 1 : close].rstrip()
        joint = "" if not value.items or body.endswith(",") else ", "
        at = start + 1 + len(body)
        words = ", ".join(_entry(name, item, listed, flow=True) for name, item in entries)
        return TextEdit(text.span(at, at), joint + words)
    last = value.items[-1]
    if listed:
        head = _LIST_ITEM.match(text.line(last.line))
        if head is None:
            raise NotPlain(f"{key.text} is written in an unusual way")
        lines = [f"{head[1].partition('-')[0]}- {_entry(name, item, True)}" for name, item in entries]
    else:
        column = value.keys[-1].span.start.column
        lines = [" " * column + _entry(name, item, False) for name, item in entries]
    return with_lines(text, _last_line(text, value), lines)


def _entry(name: str | None, item: str, listed: bool, *, flow: bool = False) -> str:
    if name is None:
        return f'"{item}"' if flow else item if listed else f"- {item}"
    return (f'"{name}={item}"' if flow else f"{name}={item}") if listed else f"{name}: {item}"


def _last_line(text: Text, node: Node) -> int:
    """The line that a node ends on. Lists and mappings in block style end with their last item: their span reaches up
    to what follows them.
    """
    if node.items and not _is_flow(text, node):
        return max(_last_line(text, item) for item in (*node.keys, *node.items))
    end = node.span.end
    if end.column == 0 and end > node.span.start:  # a block scalar ends where the next line begins
        return end.line - 1
    return end.line


def _is_flow(text: Text, node: Node) -> bool:
    start = text.offset(node.span.start)
    return text.content[start : start + 1] in _FLOW


def _declared(text: Text, root: Node, name: str, step: int) -> TextEdit:
    pair = next(((key, value) for key, value in root.pairs() if key.text == "volumes"), None)
    if pair is None:
        end = len(text.content)
        before = "" if not text.content or text.content.endswith("\n") else text.newline
        after = "" if before else text.newline
        lines = ["", "volumes:", f"{' ' * step}{name}:"]
        return TextEdit(text.span(end, end), before + text.newline.join(lines) + after)
    key, value = pair
    if value.kind == "scalar" and value.is_null and not text.slice(value.span).strip():
        return with_lines(text, key.line, [f"{' ' * step}{name}:"])
    if value.kind != "mapping":
        raise NotPlain("the volumes of the compose file are no mapping")
    if _is_flow(text, value):
        start = text.offset(value.span.start)
        close = text.offset(value.span.end) - 1
        body = text.content[start + 1 : close].rstrip()
        at = start + 1 + len(body)
        joint = "" if not value.items or body.endswith(",") else ", "
        return TextEdit(text.span(at, at), f"{joint}{name}: {{}}")
    return with_lines(text, _last_line(text, value), [f"{' ' * value.keys[-1].span.start.column}{name}:"])


def _check(before: Node, after: Node | None, additions: tuple[Addition, ...]) -> None:
    """Whether the file says the same as before but for the additions.

    Raises:
        NotPlain: it does not.
    """
    failed = NotPlain("the compose file is written in a way that an addition would change otherwise")
    if after is None:
        raise failed
    old, new = _plain(before), _plain(after)
    try:
        for item in additions:
            service = new["services"][item.service]
            _taken(service, "volumes", f"{item.volume}:{item.target}", None)
            for name, value in item.environment:
                _taken(service, "environment", f"{name}={value}", (name, value))
        del new["volumes"][additions[0].volume]
    except (KeyError, TypeError, ValueError):
        raise failed from None
    if _without_empty(new) != _without_empty(old):
        raise failed


def _taken(service: dict[str, object], key: str, item: str, pair: tuple[str, str] | None) -> None:
    found = service[key]
    if isinstance(found, list):
        found.remove(item)
    elif isinstance(found, dict) and pair is not None and found.get(pair[0]) == pair[1]:
        del found[pair[0]]
    else:
        raise ValueError(key)


def _plain(node: Node) -> dict[str, dict[str, dict[str, object]]]:
    def convert(item: Node) -> object:
        if item.kind == "sequence":
            return [convert(each) for each in item.items]
        if item.kind == "mapping":
            return {key.text: convert(value) for key, value in item.pairs()}
        return None if item.is_null else item.text

    found: object = convert(node)
    return found if isinstance(found, dict) else {}


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := _without_empty(item)) not in (None, {}, [])}
    return value
