#!/usr/bin/env bash
# Usage: scripts/setup.sh VENV
# Makes the virtual environment VENV with the package and its development tools in it. Safe to run again.
# PYTHON_BASE chooses the interpreter (default python3; 3.11 or newer).
set -euo pipefail

venv=${1:?usage: scripts/setup.sh VENV}
base=${PYTHON_BASE:-python3}
cd "$(dirname "$(readlink -f "$0")")/.."

if ! command -v "$base" >/dev/null; then
    echo "prebake needs Python 3.11 or newer; '$base' is not on PATH." >&2
    exit 1
fi
"$base" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "prebake needs Python 3.11 or newer; '$base' is $("$base" --version)." >&2
    exit 1
}

# Debian and Ubuntu ship the venv module's other half (ensurepip) as a package of its own.
if [ ! -x "$venv/bin/python" ] && ! "$base" -c 'import ensurepip' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python3-venv ..."
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            -o DPkg::Lock::Timeout=300 python3-venv >/dev/null
    else
        echo "'$base' cannot make virtual environments: install your system's python3-venv package." >&2
        exit 1
    fi
fi

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "Creating $venv ..."
    "$base" -m venv --clear "$venv"
fi
echo "Installing prebake and its development tools into $venv ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
