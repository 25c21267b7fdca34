"""Ignore files: which is in force, what its patterns match, and what they leave out."""
