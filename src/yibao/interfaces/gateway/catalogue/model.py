"""What the message catalogue says about a transaction: nodes, fields, code tables, as frozen values."""

from typing import Literal

import msgspec

Kind = Literal["char", "number", "date", "datetime", "extension", "boolean", "bytes"]
InstitutionKind = Literal["pharmacy", "clinic", "hospital_1", "hospital_2"]


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One member of a node (数据元): its names, type and limits.

    `length` counts characters; `precision` is (digits, decimals); `dictionary` names a code table; an `extension`
    (字段扩展) is JSON of any shape, kept as text; `bytes` come as Base64 text or as a list of byte values.
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
    """One member of `input` or `output` (节点): an object, or a list of objects when `many`, with `nodes` inside it.

    A `root` node stands for the whole `input` or `output` itself; of each group in `one_of` at least one field is needed; `aliases` says which other names clients write for fields.
    """

    fields: tuple[Field, ...] = ()
    many: bool = False
    root: bool = False
    optional: bool = False
    max_rows: int | None = None
    one_of: tuple[tuple[str, ...], ...] = ()
    note: str | None = None
    nodes: "dict[str, Node]" = {}
    aliases: dict[str, str] = {}

    @property
    def required(self) -> bool:
        """A node is needed when it is not optional and something in it is required."""
        needed = any(field.required for field in self.fields) or any(node.required for node in self.nodes.values())
        return not self.optional and (bool(self.one_of) or needed)


class Transaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One transaction (交易): names, per-service paths, nodes of request and answer by name.

    `needed_by` names the kinds of institutions whose acceptance (验收) asks for it; a transaction `to_institution` is
    called by the platform, one `at_institution` happens on the institution's own machine and never comes here; of one whose `fields_known` is `partly`, the texts found name fields without their lengths.
    """

    zh: str
    en: str
    paths: tuple[str, ...] = ()
    needed_by: tuple[InstitutionKind, ...] = ()
    fields_known: Literal["wholly", "partly"] = "wholly"
    direction: Literal["to_platform", "to_institution", "at_institution"] = "to_platform"
    input: dict[str, Node] = {}
    output: dict[str, Node] = {}
    same_shape_as: str | None = None
    note: str | None = None


class VariantTransaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a variant adds to the request of a transaction, node by node."""

    input: dict[str, Node]


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A region's variant (地方差异) of the requests: fields and names beyond the national ones, laid over the catalogue."""

    zh: str
    en: str
    transactions: dict[str, VariantTransaction]


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file of the catalogue: transactions that belong together, by number (infno)."""

    zh: str
    en: str
    transactions: dict[str, Transaction]


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A transaction of which nobody has published more than number and name (only names known)."""

    zh: str
    en: str
    needed_by: tuple[InstitutionKind, ...] = ()


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
