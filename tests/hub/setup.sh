#!/usr/bin/env bash
# Usage: tests/hub/setup.sh DIR
# Installs what tests/hub needs with pip: two environments with huggingface_hub, the last release that had
# huggingface-cli (old) and the newest (new), each with the transformers that goes with it, one with spaCy, and their
# wheels for the images of the tests with a real Docker engine. Safe to run again.
set -euo pipefail

dir=${1:?usage: tests/hub/setup.sh DIR}
python=${PYTHON:-python3}
mkdir -p "$dir"
dir=$(readlink -f "$dir")

make_environment() {
    local name=$1
    shift
    [ ! -e "$dir/$name.done" ] || return 0
    "$python" -m pip download --quiet --disable-pip-version-check --only-binary=:all: --dest "$dir/wheels/$name" "$@"
    "$python" -m venv --clear "$dir/$name"
    "$dir/$name/bin/pip" install --quiet --disable-pip-version-check --no-index --find-links "$dir/wheels/$name" "$@"
    touch "$dir/$name.done"
}

make_environment old "huggingface_hub==0.36.*" "transformers<5"
make_environment new huggingface_hub transformers nltk
make_environment spacy spacy
