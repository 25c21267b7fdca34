"""Facts about a project, taken from a snapshot of its files."""
