"""What the builders that the ``builder`` setting names can do, and what they do with a Dockerfile.

Sources: for BuildKit its Dockerfile frontend and solver (``frontend/dockerfile/dockerfile2llb``, ``solver/llbsolver``);
for Docker's legacy builder moby's ``builder/dockerfile``; for kaniko ``pkg/executor``, ``pkg/commands`` and its
README; for Buildah (``podman build``) ``imagebuildah/stage_executor.go`` and ``buildah-build(1)``.
"""

from __future__ import annotations

from prebake.build.build import Build
from prebake.records import NamedTuple

_ALL_MOUNTS = frozenset(("bind", "cache", "secret", "ssh", "tmpfs"))


class Builder(NamedTuple):
    """What one builder can do.

    ``mounts`` are the kinds of ``RUN --mount`` that have an effect; ``heredocs``, ``link`` and ``chmod`` say whether
    here-documents, ``COPY --link`` and ``COPY --chmod`` have one. ``metadata_in_keys``: LABEL, CMD, ENV and the like
    are steps of their own, and editing one runs all that stands below again. ``unused_stages``: stages that the target
    does not need are built too. ``caches_copies``: COPY, ADD and WORKDIR come from the cache, not RUN alone.
    ``stages_by_content``: what is copied from another stage counts by its bytes, so that a stage which ran again and
    came out the same costs nothing below.
    """

    name: str
    mounts: frozenset[str] = frozenset()
    heredocs: bool = False
    link: bool = False
    chmod: bool = False
    metadata_in_keys: bool = True
    unused_stages: bool = False
    caches_copies: bool = True
    stages_by_content: bool = True


BUILDKIT = Builder("BuildKit", _ALL_MOUNTS, heredocs=True, link=True, chmod=True, metadata_in_keys=False)
LEGACY = Builder("the legacy builder", unused_stages=True)
# Kaniko takes RUN layers from its cache repository, and copies by default anew (--cache-copy-layers is off); it builds
# every stage up to the target (--skip-unused-stages is off), passes over --mount and --link, and knows no heredocs.
KANIKO = Builder("kaniko", chmod=True, unused_stages=True, caches_copies=False)
# Buildah skips stages that are not needed (--skip-unused-stages is on) and has everything of BuildKit's syntax; its
# keys are the history of the image, in which each instruction is an entry.
BUILDAH = Builder("Buildah", _ALL_MOUNTS, heredocs=True, link=True, chmod=True)

_BY_SETTING = {"buildkit": BUILDKIT, "legacy": LEGACY, "kaniko": KANIKO, "buildah": BUILDAH}


def builder_of(build: Build) -> Builder:
    """The builder that the settings name."""
    return _BY_SETTING[build.settings.builder]
