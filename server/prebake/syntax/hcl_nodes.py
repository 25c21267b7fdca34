"""What an HCL text consists of: bodies of attributes and blocks, and expressions."""

from __future__ import annotations

from prebake.records import NamedTuple

Scalar = str | int | float | bool | None


class Literal(NamedTuple):
    """A number, a truth value, ``null``, or a text without interpolation."""

    value: Scalar


class Template(NamedTuple):
    """A text with ``${...}`` in it: pieces of text and expressions in turn."""

    parts: tuple[str | Expression, ...]


class Name(NamedTuple):
    """A variable."""

    name: str


class Item(NamedTuple):
    """``base.name`` and ``base[key]``."""

    base: Expression
    key: Expression


class Call(NamedTuple):
    """A function call; ``spread`` says that the last argument is a list of arguments."""

    name: str
    arguments: tuple[Expression, ...]
    spread: bool = False


class ListOf(NamedTuple):
    """``[a, b]``."""

    items: tuple[Expression, ...]


class ObjectOf(NamedTuple):
    """``{ a = b }``. A bare name as a key is a text."""

    pairs: tuple[tuple[Expression, Expression], ...]


class Choice(NamedTuple):
    """``condition ? yes : no``."""

    condition: Expression
    yes: Expression
    no: Expression


class Operation(NamedTuple):
    """An operator with its one or two operands."""

    operator: str
    operands: tuple[Expression, ...]


class For(NamedTuple):
    """``[for names in collection : value if condition]``, or with ``key`` ``{for ... : key => value}``."""

    names: tuple[str, ...]
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    grouped: bool


class Unreadable(NamedTuple):
    """Something that is no expression, or one that is not read (template directives, splats)."""

    raw: str = ""


Expression = Literal | Template | Name | Item | Call | ListOf | ObjectOf | Choice | Operation | For | Unreadable


class Attribute(NamedTuple):
    """``name = value``. ``start`` is the offset of the name, ``value_start`` and ``end`` those of the value."""

    name: str
    value: Expression
    start: int
    value_start: int
    end: int


class Block(NamedTuple):
    """``kind "label" { ... }``. ``start`` is the offset of the kind, ``end`` the one behind the closing brace."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    start: int
    end: int


class Body(NamedTuple):
    """The attributes and blocks of a file or a block, in order. Of attributes of one name the first counts."""

    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()

    def get(self, name: str) -> Attribute | None:
        """The attribute of a name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)
