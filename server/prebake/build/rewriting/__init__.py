"""Edits of a Dockerfile's raw text: the commands of a RUN, the sources of a COPY, whole instructions moved."""
