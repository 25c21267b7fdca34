"""Pieces of shell text in files that are no shell scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prebake.project.yamltree import Node
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_FENCE = regex(r"[ \t>]*(`{3,}|~{3,})[ \t]*\{?\.?([\w+-]*)")
_OTHER_LANGUAGES = frozenset(
    ("dockerfile", "docker", "yaml", "yml", "json", "toml", "python", "py", "hcl", "makefile", "go", "js", "ts", "diff")
)
_PROMPT = regex(r"[ \t>*-]*(?:[\w.@:~/()-]*[$%#❯][ \t]+)?(?:sudo[ \t]+)?(?=(?:docker|podman|buildah|nerdctl|git|cd)\b)")
_IN_BLOCK = regex(r"[ \t]*(?:[\w.@:~/()-]*[$❯][ \t]+|PS[^>\n]*>[ \t]*|>[ \t]+(?=docker|podman))?")
_INLINE = regex(r"`((?:sudo )?(?:docker|podman|buildah|nerdctl) [^`\n]{1,500})`")
_PLACEHOLDER = regex(r"<[A-Za-z][\w .:/-]{0,60}>")


class Snippet(NamedTuple):
    """A shell text: ``lines`` are the 0-based lines of the file that its lines stand in. ``folder`` is where it runs,
    relative to the folder that the file's commands run in; ``variables`` are set for it.
    """

    text: str
    lines: tuple[int, ...]
    folder: str = "."
    variables: Mapping[str, str] = MappingProxyType({})

    def line(self, offset: int) -> int:
        """The line of the file that an offset of the text stands in."""
        return self.lines[min(self.text[:offset].count("\n"), len(self.lines) - 1)]


def of_document(text: Text) -> Iterator[Snippet]:
    """The commands of a document: in fenced and indented blocks, and in code within lines."""
    block: list[tuple[int, str]] = []
    fence = ""
    skipped = False
    for number in range(text.line_count):
        line = text.line(number)
        found = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if found is not None and (not fence or (found[1].startswith(fence) and not found[2])):
            yield from _joined(block)
            block = []
            fence = "" if fence else found[1]
            skipped = bool(fence) and found[2].lower() in _OTHER_LANGUAGES
        elif fence:
            if not skipped:
                start = _IN_BLOCK.match(line)
                block.append((number, line[start.end() if start is not None else 0 :]))
        else:
            yield from _loose(block, number, line)
            if not block or block[-1][0] != number:
                yield from _joined(block)
                block = []
    yield from _joined(block)


def _loose(block: list[tuple[int, str]], number: int, line: str) -> Iterator[Snippet]:
    """A line outside of fences: added to the block when it is a command, its code looked at when not."""
    start = _PROMPT.match(line)
    continued = bool(block) and block[-1][1].rstrip().endswith("\\")
    if continued or start is not None:
        block.append((number, line[start.end() if start is not None and not continued else 0 :].lstrip()))
    elif "`" in line:
        for found in _INLINE.finditer(line):
            yield Snippet(_PLACEHOLDER.sub("X", found[1]), (number,))


def _joined(block: list[tuple[int, str]]) -> Iterator[Snippet]:
    if block:
        content = "\n".join(line for _, line in block)
        yield Snippet(_PLACEHOLDER.sub("X", content), tuple(number for number, _ in block))


_SHELL_STEP = regex(r"\bsh[ \t]*\(?[ \t]*(?:script:[ \t]*)?(\"\"\"|\'\'\'|\"|\')")
_GROOVY_VALUE = regex(r"\$\{(?:env\.)?([^{}]*)\}")


def of_groovy(text: Text) -> Iterator[Snippet]:
    """The shell steps of a Jenkinsfile; none where it changes the folder, which is not followed."""
    content = text.content
    if "dir(" in content or "dir (" in content:
        return
    at = 0
    while (found := _SHELL_STEP.search(content, at)) is not None:
        at = found.end()
        close = content.find(found[1], at)
        end = content.find("\n", at) if len(found[1]) == 1 else len(content)
        if close < 0 or (close > end >= 0):
            continue
        # In double quotes Groovy replaces what the shell would; only the environment's variables are the same to both.
        script = _GROOVY_VALUE.sub(r"${\1}", content[at:close])
        first = text.position(at).line
        yield Snippet(script, tuple(range(first, first + script.count("\n") + 1)))
        at = close + len(found[1])


_FOLDERS = ("dir", "working_directory", "workingDirectory", "working-directory")


def of_yaml(root: Node) -> Iterator[Snippet]:
    """The commands in any pipeline that is YAML: texts, and lists of texts, which run one after the other."""
    variables = _variables(root)
    waiting: list[tuple[Node, str]] = [(root, ".")]
    while waiting:
        node, folder = waiting.pop()
        if node.kind == "mapping":
            place = next((found.text for name in _FOLDERS if (found := node.get(name)) and found.scalar), folder)
            called = _called(node)
            if called is not None:
                yield Snippet(called, (node.line,) * (called.count("\n") + 1), place, variables)
            else:
                waiting += [(item, place) for item in reversed(node.items)]
        elif node.kind == "sequence":
            texts = [item for item in node.items if item.scalar is not None]
            if texts:
                yield _in_order(texts, folder, variables)
            waiting += [(item, folder) for item in reversed(node.items) if item.scalar is None]
        elif node.scalar is not None:
            yield _in_order([node], folder, variables)


def _variables(root: Node) -> dict[str, str]:
    tables = (root.get("variables"), root.get("env"), root.get("vars"))
    return {
        key.text: value.text
        for table in tables
        if table is not None
        for key, value in table.pairs()
        if value.scalar is not None and "$" not in value.text and "{{" not in value.text
    }


def _called(node: Node) -> str | None:
    """A step that names an image and its arguments, as Cloud Build's do: the command that it comes to."""
    name, args = node.get("name") or node.get("image"), node.get("args")
    entrypoint = node.get("entrypoint")
    if name is None or args is None or name.scalar is None or (entrypoint is not None and entrypoint.text != "docker"):
        return None
    kind = "docker" if name.text.split(":")[0].endswith("/docker") else ""
    kind = "/kaniko/executor" if "kaniko" in name.text else kind
    words = args.strings()
    if not kind or not words or any(set('"`\n').intersection(word) for word in words):
        return None
    return " ".join((kind, *(f'"{word}"' if set(word) & set(" ;|&<>()") else word for word in words)))


def _in_order(nodes: list[Node], folder: str, variables: Mapping[str, str]) -> Snippet:
    texts: list[str] = []
    lines: list[int] = []
    for node in nodes:
        texts.append(node.text)
        first = node.line + node.is_block
        lines += [first + number for number in range(node.text.count("\n") + 1)]
    return Snippet("\n".join(texts), tuple(lines), folder, variables)
