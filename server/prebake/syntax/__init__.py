"""Text to trees: Dockerfiles, the shell of RUN and ignore files, each node with its exact place in the source."""
