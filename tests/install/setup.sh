#!/usr/bin/env bash
# Usage: tests/install/setup.sh DIR
# Installs what tests/install needs: with pip, an environment of programs that build, check, install and run Python
# packages or read SARIF; zsh, fish and jq where this is a Debian system and one is root. Safe to run again.
set -euo pipefail

dir=${1:?usage: tests/install/setup.sh DIR}
python=${PYTHON:-python3}
[ ! -e "$dir/.done" ] || exit 0
mkdir -p "$dir"
"$python" -m venv --clear "$dir/tools"
"$dir/tools/bin/pip" install --quiet --disable-pip-version-check build pipx pre-commit sarif-tools twine
if ! { command -v zsh && command -v fish && command -v jq; } >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
        zsh fish jq >/dev/null
fi
touch "$dir/.done"
