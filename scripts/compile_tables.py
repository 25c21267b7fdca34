"""`make tables`: writes the tables of server/prebake/data/ into one JSON file, which is read faster than TOML.

With --check nothing is written: exit status 1 when the file is out of date.
"""

import argparse
import json
import sys
import tomllib
import zlib
from pathlib import Path

from prebake.data import COMPILED

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "server" / "prebake" / "data"


def main() -> int:
    """Write the file, or say that it is out of date."""
    parser = argparse.ArgumentParser(prog="make tables", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is out of date")
    options = parser.parse_args()
    path = DATA / COMPILED
    if path.is_file() and path.read_text(encoding="utf-8") == compiled():
        return 0
    if options.check:
        print(f"{path.relative_to(ROOT)} is out of date: run `make tables`", file=sys.stderr)
        return 1
    path.write_text(compiled(), encoding="utf-8")
    print(f"{path.relative_to(ROOT)} written")
    return 0


def compiled() -> str:
    """The content of the JSON file: one line for each table, with the checksum of the TOML file it was made from."""
    lines = []
    for source in sorted(DATA.rglob("*.toml")):
        content = source.read_bytes()
        entry = {"checksum": zlib.crc32(content), "table": tomllib.loads(content.decode())}
        name = source.relative_to(DATA).with_suffix("").as_posix()
        lines.append(f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
