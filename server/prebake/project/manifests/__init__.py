"""Manifests and lock files: what they say of a project and its dependencies."""
