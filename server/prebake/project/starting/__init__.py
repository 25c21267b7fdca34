"""What a container starts: from a command, a script or a supervisor to the programs that run."""
