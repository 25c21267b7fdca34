"""One Dockerfile in its project: what each instruction sees, reads and writes.

What every instruction finds and does stands here: :mod:`build` is what a rule is given, :mod:`state` what is set
(variables, user, folder, shell), :mod:`copies` what COPY brings, :mod:`steps` the commands of a RUN, :mod:`startup`
what the image starts. What follows from it has packages, each of which uses only those above it:

- :mod:`cache`: which steps run again and why; :mod:`context`: what is taken from the build context and could be left
  out; :mod:`commands`: what the commands of a RUN read and write;
- :mod:`rewriting`: edits of the Dockerfile's text;
- :mod:`installs`: what installs read, and how a COPY is moved below one;
- :mod:`layers`: what layers carry in vain; :mod:`models`: downloads, and how they are made at build time;
  :mod:`order`: a better order for a whole stage.
"""
