"""What a project's history would have made run again: a Dockerfile of today against the files of each commit.

:mod:`plan` is what of the Dockerfile counts, :mod:`selection` follows the files that its steps take from commit to
commit, :mod:`replay` looks each step up in a cache that remembers every earlier commit, and counts.
"""
