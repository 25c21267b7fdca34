"""Start the language server bundled beside this file, or report on the interpreter that runs it.

    python -I -S launch.py            serve on standard input and output
    python -I -S launch.py --probe    print one line of JSON about the interpreter; exit status 1 if it cannot serve

`-I` and `-S` keep everything out that is not the standard library or bundled: the working folder, PYTHONPATH, the
environment's site-packages and its `.pth` files. The syntax is what any Python 3 reads, so that an interpreter that is
too old says so itself.
"""

import json
import os
import sys

OLDEST = (3, 11)


def report():
    """The interpreter's version, and why it cannot serve (None when it can)."""
    about = {"version": ".".join(str(part) for part in sys.version_info[:3]), "executable": sys.executable, "error": None}
    if sys.version_info < OLDEST:
        about["error"] = "is Python %s; prebake needs 3.11 or newer" % about["version"]
        return about
    try:
        import asyncio  # noqa: F401  # the part of the standard library that cut-down installations leave out
        import importlib.util

        import prebake

        about["prebake"] = prebake.__version__
        missing = [name for name in ("pygls", "lsprotocol") if importlib.util.find_spec(name) is None]
        if missing:
            raise ImportError("no module named " + ", ".join(missing))
    except Exception as error:
        about["error"] = "cannot load the bundled server: %s" % error
    return about


def main():
    """Probe or serve, as the arguments say."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bundled", "libs"))
    if "--probe" in sys.argv[1:]:
        about = report()
        print(json.dumps(about))
        return 1 if about["error"] else 0
    from prebake.cli.main import main as prebake

    sys.argv = ["prebake", "server"]
    return prebake()


if __name__ == "__main__":
    sys.exit(main())
