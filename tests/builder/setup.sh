#!/usr/bin/env bash
# Usage: tests/builder/setup.sh DIR
# Installs what tests/builder needs: a Docker engine whose BuildKit reads heredocs (23 or newer), a static busybox,
# Python with pip's wheel for the base image, and wheels of uv and of what prebake needs (with the pip of $PYTHON, python3
# by default). Where the system's engine is older (Debian 12), that of Debian 13 is unpacked into DIR; nothing of the
# system is replaced. To be run in the repository's top folder. Safe to run again.
set -euo pipefail

dir=${1:?usage: tests/builder/setup.sh DIR}
mkdir -p "$dir"
dir=$(readlink -f "$dir")
if [ ! -e "$dir/tools/.done" ]; then
    mkdir -p "$dir/tools"
    # The wheel for musl is linked statically and runs in any image.
    "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --platform musllinux_1_1_x86_64 --dest "$dir/tools" "uv>=0.8"
    touch "$dir/tools/.done"
fi
# What the image of our own Dockerfile is made from.
if [ ! -e "$dir/own/.done" ]; then
    mkdir -p "$dir/own"
    "${PYTHON:-python3}" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
        >"$dir/own/requirements.txt"
    "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --only-binary=:all: --dest "$dir/own" \
        --constraint constraints.txt --requirement "$dir/own/requirements.txt" "hatchling>=1.27"
    touch "$dir/own/.done"
fi
[ ! -e "$dir/.done" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests with a real Docker engine need root and a Debian system." >&2
    exit 1
fi

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

apt-get update -qq
candidate=$(apt-cache policy docker.io | awk '/Candidate:/ { print $2 }')
if dpkg --compare-versions "$candidate" ge 23; then
    install busybox-static python3 python3-venv docker.io docker-cli docker-buildx
    touch "$dir/.done"
    exit 0
fi

install busybox-static python3 python3-venv runc
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
apt="$dir/apt"
mkdir -p "$apt"/{lists/partial,cache/archives/partial,packages}
cat >"$apt/next.sources" <<SOURCES
Types: deb
URIs: $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | sort -u | head -1)
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
next() {
    apt-get -qq -o Dir::Etc::sourcelist="$apt/next.sources" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root "$@"
}
next update
(cd "$apt/packages" && next download docker.io docker-cli docker-buildx containerd)
for package in "$apt"/packages/*.deb; do
    dpkg --extract "$package" "$dir/engine"
done
rm -rf "$apt"
touch "$dir/.done"
