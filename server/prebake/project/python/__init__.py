"""The project's Python code, read without running it: which code an entry point reaches, and with which values."""
