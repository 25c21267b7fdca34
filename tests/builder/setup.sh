#!/usr/bin/env bash
# Installs what tests/builder needs: Debian's Docker engine, a static busybox and pip's wheel for the base image.
set -euo pipefail

if [ -x /usr/sbin/dockerd ] && [ -x /bin/busybox ] && ls /usr/share/python-wheels/pip-*.whl >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests with a real Docker engine need root and a Debian system." >&2
    exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
    docker.io busybox-static python3 python3-venv >/dev/null
