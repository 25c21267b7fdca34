"""One Dockerfile in its project: what each instruction sees, reads and writes."""
