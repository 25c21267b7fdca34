"""What every way to have a model without a download at each start comes to."""

from __future__ import annotations

from prebake.edits import FileEdit
from prebake.records import NamedTuple


class BakePlan(NamedTuple):
    """Its edits, and what there is to say of it: a clause without a full stop."""

    edits: tuple[FileEdit, ...]
    explanation: str
