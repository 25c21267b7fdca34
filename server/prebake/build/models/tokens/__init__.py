"""Tokens in a Dockerfile, and how a RUN gets one that leaves nothing in the image."""
