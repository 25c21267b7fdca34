"""One Dockerfile in its project: what each instruction sees, reads and writes.

What every instruction finds and does stands here (:mod:`build`, :mod:`state`, :mod:`copies`, :mod:`steps`,
:mod:`effects`, :mod:`startup`); what follows from it in packages: :mod:`context`, what is taken from the build
context and what could be left out; :mod:`installs`, what installs read and how a COPY is moved below one;
:mod:`models`, which downloads are made when, and how they are made at build time; and :mod:`cache`, which steps run
again and why.
"""
