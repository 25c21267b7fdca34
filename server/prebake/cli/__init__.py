"""The command: a thin user of the engine and of fixing."""
