"""What code downloads when it runs: Python programs, the commands of a container."""
