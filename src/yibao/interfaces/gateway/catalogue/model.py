"""What the message catalogue says about a transaction: nodes, fields, code tables, as frozen values."""

from typing import Literal

import msgspec

Kind = Literal["char", "number", "date", "datetime", "extension"]


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One member of a node (数据元): its names, type and limits.

    `length` counts characters; `precision` is (digits, decimals); `dictionary` names a code table; an `extension`
    (字段扩展) is JSON of any shape, kept as text.
    """

    name: str
    zh: str
    en: str
    type: Kind
    length: int | None = None
    precision: tuple[int, int] | None = None
    required: bool = False
    dictionary: str | None = None
    note: str | None = None

    @property
    def decimals(self) -> int:
        """Decimals of a number; its typed value is an integer of 10**-decimals units (2: fen)."""
        assert self.precision is not None
        return self.precision[1]


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One member of `input` or `output` (节点): an object, or a list of objects when `many`.

    A `root` node stands for the whole `input` or `output` itself; of each group in `one_of` at least one field is needed.
    """

    fields: tuple[Field, ...]
    many: bool = False
    root: bool = False
    optional: bool = False
    max_rows: int | None = None
    one_of: tuple[tuple[str, ...], ...] = ()
    note: str | None = None

    @property
    def required(self) -> bool:
        """A node is needed when it is not optional and holds a required field or an alternative."""
        return not self.optional and (bool(self.one_of) or any(field.required for field in self.fields))


class Transaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One transaction (交易): names, per-service paths, nodes of request and answer by name."""

    zh: str
    en: str
    paths: tuple[str, ...]
    input: dict[str, Node] = {}
    output: dict[str, Node] = {}
    same_shape_as: str | None = None
    note: str | None = None


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file of the catalogue: transactions that belong together, by number (infno)."""

    zh: str
    en: str
    transactions: dict[str, Transaction]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One value of a code table."""

    zh: str
    en: str | None = None


class Dictionary(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One code table (字典).

    A value outside a table of confidence `source` is refused unless it matches `extension` (codes that provinces add);
    a `recalled` table refuses nothing. `zero_padded_to` repairs codes sent without their leading zero.
    """

    zh: str
    en: str
    confidence: Literal["source", "recalled"]
    values: dict[str, Entry]
    extension: str | None = None
    zero_padded_to: int | None = None
    note: str | None = None


class Members(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The members of the request envelope (报文头)."""

    fields: tuple[Field, ...]
