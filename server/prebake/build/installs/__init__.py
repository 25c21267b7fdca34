"""Installs of dependencies: what they read and write, and the proof and plan of moving a COPY below one."""
