"""prebake: a language server and command that reads a Dockerfile together with the project around it."""

__version__ = "0.1.0"
