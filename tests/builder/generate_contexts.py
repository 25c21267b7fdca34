"""Random contexts with random ignore files: the same one for the same number.

The patterns are made from the tree's own paths, so that most of them match something, and then bent: wildcards,
anchors, exceptions for what lies deeper, odd spellings.
"""

import random

from tests.project.context_trees import ContextTree

NAMES = (
    "src", "data", "lib", "a", "b", "ab", "app.py", "x.pyc", "notes.txt", "keep", "README.md", "model.bin", ".env",
    ".git", "node_modules", "__pycache__", "train.csv", "b.py", "log",
)  # fmt: skip
ODD_NAMES = (
    "with blank", "[x]", "a*b", "!bang", "#hash", "back\\slash", "ünï", "co:lon", "dot.", "...", "qu'ote", "{2}", "a|b",
    " lead", "$var", "new\nline", "文件", "a^b", "(p)", "~", "-rf", "plus+",
)  # fmt: skip
BROKEN = ("[a-", "a\\", "!", "[]a]", "[x-]", "src\\data", "a/[", "!/", "!a[", "x{3}{4}*")
TARGETS = ("a", "..", "nowhere", "/etc/passwd", "data", "src/app.py", ".")


def context(number: int, *, broken: bool = False) -> ContextTree:
    """The context of that number; ``broken``: with a pattern that some builders refuse, as likely as not."""
    return _Maker(number).make(broken)


class _Maker:
    def __init__(self, number: int) -> None:
        self.random = random.Random(f"context {number}")
        self.number = number

    def make(self, broken: bool) -> ContextTree:
        odd = self._chance(0.35)
        folders = [""]
        for _ in range(self.random.randrange(3, 12)):
            folder = self.random.choice(folders)
            folders.append(f"{folder}/{self._name(odd)}".lstrip("/"))
        folders = sorted(set(folders))
        files: dict[str, int] = {}
        for _ in range(self.random.randrange(5, 30)):
            name = f"{self.random.choice(folders)}/{self._name(odd)}".lstrip("/")
            if name not in folders:
                files[name] = self.random.choice((0, 1, 10, 333, self.random.randrange(5000)))
        taken = {*files, *folders}
        links: dict[str, str] = {}
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            name = f"{self.random.choice(folders)}/{self._name(odd)}".lstrip("/")
            if name not in taken:
                links[name] = self.random.choice(TARGETS)
        self.paths = sorted({*taken, *links} - {""})
        dockerfile = self.random.choice(("Dockerfile", "Dockerfile", "Dockerfile.gpu", "docker/Dockerfile"))
        names = [".dockerignore"]
        if self._chance(0.3):
            names = [f"{dockerfile}.dockerignore", *([".dockerignore"] if self._chance(0.6) else [])]
        files = {name: size for name, size in files.items() if not name.startswith(("docker/", "Dockerfile"))}
        return ContextTree(
            files,
            links,
            tuple(folder for folder in folders if folder),
            {name: self._ignore_file(broken, [dockerfile, *names]) for name in names},
            dockerfile,
        )

    def _chance(self, likelihood: float) -> bool:
        return self.random.random() < likelihood

    def _name(self, odd: bool) -> str:
        return self.random.choice(ODD_NAMES if odd and self._chance(0.4) else NAMES)

    def _ignore_file(self, broken: bool, own: list[str]) -> bytes:
        lines: list[str] = []
        if self._chance(0.2):
            lines.append(self.random.choice(("*", "**", "**/*", "/*")))
        ignored: list[str] = []
        for _ in range(self.random.randrange(1, 8)):
            path = self.random.choice([*self.paths, *own] if self._chance(0.1) else self.paths)
            if lines and self._chance(0.4):
                below = [each for each in self.paths if any(each.startswith(f"{known}/") for known in ignored)]
                path = self.random.choice(below) if below and self._chance(0.6) else path
                lines.append(self.random.choice(("!", "!", "!", "! ", "!/", "!./")) + self._bent(path))
            else:
                ignored.append(path)
                lines.append(self.random.choice(("", "", "", "", "/", "./", " ", "**/", "//")) + self._bent(path))
        if self._chance(0.3):
            lines.insert(self.random.randrange(len(lines) + 1), self.random.choice(("# note", "", "   ", "#", " # x")))
        if broken:
            pattern = self.random.choice(BROKEN)
            # Docker notices what no regular expression can be made of when it first needs one: at the top it does.
            lines.insert(0 if "{" in pattern else self.random.randrange(len(lines) + 1), pattern)
        newline = "\r\n" if self._chance(0.15) else "\n"
        text = newline.join(lines) + ("" if self._chance(0.2) else newline)
        return (b"\xef\xbb\xbf" if self._chance(0.1) else b"") + text.encode()

    def _bent(self, path: str) -> str:
        """A pattern that may match a path: with a line feed in it, it cannot be written as it is."""
        parts = path.replace("\n", "?").split("/")
        for number, part in enumerate(parts):
            if part.startswith("#") or self._chance(0.5):
                parts[number] = self._piece(part)
        if len(parts) > 1 and self._chance(0.25):
            parts = parts[: self.random.randrange(1, len(parts))]
        way = self._one("as is", "as is", "as is", "below", "slash", "all below", "anywhere", "dots", "last", "first")
        text = "/".join(parts)
        return {
            "as is": text,
            "below": f"{text}/*",
            "slash": f"{text}/",
            "all below": f"{text}/**",
            "anywhere": f"**/{parts[-1]}",
            "dots": f"{parts[0]}/../{text}",
            "last": parts[-1],
            "first": f"{parts[0]}/**/{parts[-1]}" if len(parts) > 1 else f"{parts[0]}**",
        }[way]

    def _piece(self, part: str) -> str:
        at = self.random.randrange(len(part))
        start, char, end = part[:at], part[at], part[at + 1 :]
        escaped = "".join(f"\\{each}" if each in "*?[]\\{}|^" else each for each in part)
        suffix = part.rpartition(".")[2]
        return self._one(
            part,
            escaped,
            f"{start}?{end}",
            f"{start}*",
            f"*{end}",
            f"{start}*{end}",
            f"*.{suffix}",
            f"{start}[{char}z]{end}" if char.isalnum() else "*",
            f"{start}[a-z]{end}",
            f"{start}[^{char}]{end}" if char.isalnum() else "**",
            f"{start}[!{char}]{end}" if char.isalnum() else "*",
            "**",
            "*",
            part.upper(),
        )

    def _one(self, *choices: str) -> str:
        return self.random.choice(choices)
