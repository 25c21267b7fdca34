"""``python -m prebake``: the command."""

import sys

from prebake.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
