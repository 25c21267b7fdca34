"""The layer cache: what each instruction's key is made of, and which steps of a build run again.

:mod:`inputs` says what an instruction depends on, :mod:`causes` which changes make it run again; :mod:`steps` are what
a builder looks up (:mod:`buildkit` and, for the others, :mod:`history` make them, :mod:`sequence` brings them into
order), :mod:`content` digests what they take from the context and :mod:`stages` from other stages; :mod:`store` is the
cache itself.
"""
