"""Secrets in a build context: which get into the image, and how to leave them out."""
