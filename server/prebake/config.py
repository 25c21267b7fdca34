"""Settings: defaults, a configuration file nearest above the analysed file, and the editor's own, the latter
winning.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, Literal, get_args

from prebake.files import Snapshot, join, parent
from prebake.findings import Severity
from prebake.records import NamedTuple

Builder = Literal["buildkit", "legacy", "kaniko", "buildah"]
Bake = Literal["cache", "local-dir", "stage", "volume"]


class ConfigError(ValueError):
    """A setting is unknown or has a value that it cannot have; the message names the key and where it stands."""


class Target(NamedTuple):
    """How one Dockerfile is built, where the user says so: ``context`` is an absolute path, ``target`` a stage name."""

    context: str | None = None
    target: str | None = None


class Settings(NamedTuple):
    """What the user may choose. ``select`` and ``ignore`` hold codes, code prefixes and rule names."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity | None] = {}
    """Rule code or name to the severity it is to have; ``None`` switches it off."""
    targets: Mapping[str, Target] = {}
    """By absolute path of the Dockerfile."""
    builder: Builder = "buildkit"
    bake: Bake = "cache"
    source: str | None = None
    """The configuration file that was read, absolute."""

    def wants(self, code: str, name: str) -> bool:
        """Whether a rule is selected: the longest selector that fits decides, ``ignore`` wins a tie."""
        if self.severity.get(code, self.severity.get(name, Severity.HINT)) is None:
            return False
        selected = max((_fit(selector, code, name) for selector in self.select), default=0 if self.select else 1)
        ignored = max((_fit(selector, code, name) for selector in self.ignore), default=0)
        return selected > ignored

    def severity_of(self, code: str, name: str, default: Severity) -> Severity:
        """The severity the user gave a rule, else the finding's own."""
        chosen = self.severity.get(code, self.severity.get(name))
        return default if chosen is None else chosen


def _fit(selector: str, code: str, name: str) -> int:
    """How closely a selector names a rule: 0 not at all; a longer prefix is closer; the full code or the name
    closest.
    """
    if selector.upper() == "ALL":
        return 1
    if selector == name or selector.upper() == code:
        return 100
    return 1 + len(selector) if code.startswith(selector.upper()) else 0


_KEYS = tuple(name for name in Settings._fields if name != "source")


def load(snapshot: Snapshot, path: str, editor: Mapping[str, Any] | None = None) -> Settings:
    """The settings for a file: defaults, then the nearest ``prebake.toml`` or ``[tool.prebake]`` above it, then the
    editor's.

    Raises:
        ConfigError: a file is not TOML, a key is unknown, or a value does not fit its key.
    """
    folder = parent(path)
    settings = Settings()
    while True:
        found = _read(snapshot, folder)
        if found is not None:
            source, table = found
            settings = parse(table, folder, source)._replace(source=source)
            break
        if parent(folder) == folder:
            break
        folder = parent(folder)
    return merge(settings, editor or {}, parent(path))


def merge(settings: Settings, table: Mapping[str, Any], folder: str, source: str = "the editor's settings") -> Settings:
    """Settings with the keys of ``table`` put over them; ``None`` values are taken as not set.

    Raises:
        ConfigError: as for :func:`parse`.
    """
    given = {key: value for key, value in table.items() if value is not None}
    over = parse(given, folder, source)
    return settings._replace(**{key.replace("-", "_"): getattr(over, key.replace("-", "_")) for key in given})


def parse(table: Mapping[str, Any], folder: str, source: str) -> Settings:
    """Settings from a decoded table; relative paths in it are relative to ``folder``, ``source`` names it in messages.

    Raises:
        ConfigError: a key is unknown or a value does not fit its key.
    """
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in _KEYS:
            raise ConfigError(f"{source}: unknown key {key!r} (known: {', '.join(_KEYS)})")
        values[name] = _READERS[name](value, f"{source}: {key}", folder)
    return Settings(**values)


def _strings(value: Any, where: str, _folder: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: expected a list of rule codes, prefixes or names")
    return tuple(item.strip() for item in value if item.strip())


def _severities(value: Any, where: str, _folder: str) -> dict[str, Severity | None]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: expected a table from rule to severity")
    result: dict[str, Severity | None] = {}
    for rule, level in value.items():
        if level not in {"off", *map(str, Severity)}:
            raise ConfigError(f"{where}.{rule}: expected off, hint, information, warning or error, not {level!r}")
        result[rule] = None if level == "off" else Severity[level.upper()]
    return result


def _targets(value: Any, where: str, folder: str) -> dict[str, Target]:
    if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
        raise ConfigError(f"{where}: expected a table from Dockerfile to {{context, target}}")
    result = {}
    for name, item in value.items():
        unknown = set(item) - {"context", "target"}
        if unknown:
            raise ConfigError(f"{where}.{name}: unknown key {min(unknown)!r} (known: context, target)")
        if not all(isinstance(text, str) for text in item.values()):
            raise ConfigError(f"{where}.{name}: context and target are strings")
        context = item.get("context")
        result[_path(folder, name)] = Target(None if context is None else _path(folder, context), item.get("target"))
    return result


def _path(folder: str, name: str) -> str:
    return name if posixpath.isabs(name) else join(folder, name.replace("\\", "/"))


def _choice(choices: tuple[str, ...]) -> Any:
    def read(value: Any, where: str, _folder: str) -> str:
        if value not in choices:
            raise ConfigError(f"{where}: expected one of {', '.join(choices)}, not {value!r}")
        return str(value)

    return read


_READERS: dict[str, Any] = {
    "select": _strings,
    "ignore": _strings,
    "severity": _severities,
    "targets": _targets,
    "builder": _choice(get_args(Builder)),
    "bake": _choice(get_args(Bake)),
}


def _read(snapshot: Snapshot, folder: str) -> tuple[str, Mapping[str, Any]] | None:
    for name in ("prebake.toml", "pyproject.toml"):
        path = join(folder, name)
        text = snapshot.text(path)
        if text is None or (name == "pyproject.toml" and "prebake" not in text.content):
            continue
        import tomllib

        try:
            table = tomllib.loads(text.content)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            if name == "pyproject.toml" and "[tool.prebake" not in text.content:
                continue  # half-typed, and nothing of ours in it
            raise ConfigError(f"{path}: {error}") from None
        if name == "prebake.toml":
            return path, table
        tools = table.get("tool")
        if isinstance(tools, dict) and isinstance(tools.get("prebake"), dict):
            return path, tools["prebake"]
    return None
