"""From which context a Dockerfile is built: where people and tools write that down."""
