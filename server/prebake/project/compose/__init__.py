"""Compose files: the services that they build and run, and edits of them."""
