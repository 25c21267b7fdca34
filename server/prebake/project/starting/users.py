"""What USER of a Dockerfile or ``user`` of a compose file says: a name or a number, perhaps with a group behind it.

``None`` stands for the user of the base image, which is root in most of them.
"""

from __future__ import annotations


def name_of(user: str | None) -> str:
    """The user without its group; ``root`` for number 0."""
    name = (user or "root").partition(":")[0]
    return "root" if name == "0" else name


def is_root(user: str | None) -> bool:
    """Whether it is root."""
    return name_of(user) == "root"


def home_of(user: str | None) -> str:
    """The home folder that a user has in most images."""
    return "/root" if is_root(user) else f"/home/{name_of(user)}"
