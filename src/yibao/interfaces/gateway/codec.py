"""One codec for all transactions: JSON of `input` and `output` to typed values and back, by the message catalogue.

Typed values: char is a trimmed str, number an integer of 10**-decimals units (an amount with 2 decimals is fen; `cnt`
has 4, `pric` 6, see `decimals_of`), dates are `date`, times are `datetime` in Beijing time, blank is None. Everything
is precompiled at import and never changed, so threads share it freely.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from yibao.core.errors import YibaoError
from yibao.interfaces.gateway.catalogue import TRANSACTIONS, VARIANTS, Field, Node
from yibao.interfaces.gateway.catalogue.values import (
    BLANK,
    Reader,
    UnreadableError,
    Writer,
    plain_length,
    reader_of,
    writer_of,
)

Values = dict[str, Any]
"""The fields of one object by name, every field of the catalogue present."""


class UnknownTransactionError(YibaoError):
    """The transaction number is not in the catalogue (未知交易编号)."""

    code: ClassVar[str] = "gateway.unknown_transaction"


class UnknownVariantError(YibaoError):
    """The access point names a regional variant that the catalogue does not have (未知地方差异)."""

    code: ClassVar[str] = "gateway.unknown_variant"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field: where (`feedetail[3].cnt`), its Chinese and English name, the reason, its facts."""

    path: str
    zh: str
    en: str
    reason: str
    facts: Mapping[str, object]


class FieldsRefusedError(YibaoError):
    """Fields are missing or cannot be read; all of them are named at once in `faults`."""

    code: ClassVar[str] = "gateway.fields_refused"

    def __init__(self, faults: Iterable[FieldFault], **facts: object) -> None:
        """Keep the faults in the order of the message."""
        self.faults = tuple(faults)
        super().__init__(fields=tuple(fault.path for fault in self.faults), **facts)


class InputRefusedError(FieldsRefusedError):
    """The `input` of a request does not fit the transaction."""

    code: ClassVar[str] = "gateway.input_refused"


class UnknownOutputError(LookupError):
    """A handler answers with a node or field that the catalogue does not know: a mistake in our code."""


class FieldPlan(NamedTuple):
    """One field, ready to read and write."""

    name: str
    plain_length: int
    read: Reader
    required: bool
    field: Field


@dataclass(frozen=True, slots=True)
class _NodePlan:
    name: str
    node: Node
    fields: tuple[FieldPlan, ...]
    writers: Mapping[str, tuple[bool, Writer]]
    blank: Mapping[str, object]
    """Every field and node as it is written when no value is given."""
    required: bool
    inner: "Mapping[str, _NodePlan]"


_Plan = dict[str, _NodePlan]


def plan_fields(fields: Iterable[Field], *, strict: bool = True) -> tuple[FieldPlan, ...]:
    """Compile fields of the catalogue into readers; not `strict` lets required fields be absent."""
    return tuple(
        FieldPlan(field.name, plain_length(field), reader_of(field), strict and field.required, field)
        for field in fields
    )


def _plan(nodes: Mapping[str, Node], *, strict: bool) -> _Plan:
    """Compile one side of a transaction."""
    return {
        name: _NodePlan(
            name,
            node,
            plan_fields(node.fields, strict=strict),
            {field.name: (field.length is not None, writer_of(field)) for field in node.fields},
            {
                **{field.name: None for field in node.fields},
                **{name: _blank(inner) for name, inner in node.nodes.items()},
            },
            strict and node.required,
            _plan(node.nodes, strict=strict),
        )
        for name, node in nodes.items()
    }


def _blank(node: Node) -> object:
    """What the JSON writer takes for a node without values."""
    return () if node.many else None


def _laid_over(infno: str, added: Mapping[str, Node]) -> dict[str, Node]:
    """The request of a transaction with what a variant lays over it: further fields replace those of their name."""
    nodes = dict(TRANSACTIONS[infno].input)
    for name, more in added.items():
        base = nodes[name]
        fields = {field.name: field for field in (*base.fields, *more.fields)}
        aliases = {**base.aliases, **more.aliases}
        nodes[name] = msgspec.structs.replace(base, fields=tuple(fields.values()), aliases=aliases)
    return nodes


_INPUTS: Final = {infno: _plan(transaction.input, strict=True) for infno, transaction in TRANSACTIONS.items()}
_VARIED: Final[dict[str, dict[str, _Plan]]] = {"": _INPUTS} | {
    name: {
        **_INPUTS,
        **{infno: _plan(_laid_over(infno, part.input), strict=True) for infno, part in variant.transactions.items()},
    }
    for name, variant in VARIANTS.items()
}
_OUTPUTS: Final = {infno: _plan(transaction.output, strict=False) for infno, transaction in TRANSACTIONS.items()}
_DECODER: Final = msgspec.json.Decoder(float_hook=str)
_ENCODER: Final = msgspec.json.Encoder()
_ABSENT: Final[tuple[object, ...]] = ("", "null", [], {})


def decode_input(infno: str, raw_input: object, *, variant: str = "") -> dict[str, Any]:
    """Read the `input` of a request: a dict of nodes by name, an object as `Values`, a list as a list of `Values`.

    `raw_input` is JSON text (bytes, str, msgspec.Raw) or what a JSON reader made of it; a JSON string that holds JSON
    is read once more. Unknown members are ignored, a single object stands for a list of one and the other way round.
    An optional node that is absent is None (an object) or [] (a list). `variant` names what a region lays over the catalogue.
    :raises UnknownTransactionError: the number is not in the catalogue.
    :raises UnknownVariantError: no region's variant has this name.
    :raises InputRefusedError: fields are missing or unreadable, all are named.
    """
    plans = _VARIED.get(variant)
    if plans is None:
        raise UnknownVariantError(variant=variant, known=tuple(VARIANTS))
    return _decode(infno, plans, raw_input, "input")


def decode_output(infno: str, raw_output: object) -> dict[str, Any]:
    """Read the `output` of an answer, as `decode_input` reads a request; a root list stands under the name `root`.

    Nothing is required: answers of real platforms leave out what they do not have.
    """
    return _decode(infno, _OUTPUTS, raw_output, "output")


def encode_output(infno: str, values: Mapping[str, Any] | None) -> bytes:
    """Write the `output` of an answer from typed values as JSON text; fields not given are null, no values are null.

    :raises UnknownTransactionError: the number is not in the catalogue.
    :raises UnknownOutputError: a node or field is not in the catalogue.
    """
    return _encode(infno, _OUTPUTS, values)


def encode_input(infno: str, values: Mapping[str, Any]) -> bytes:
    """Write the `input` of a request from typed values, as `encode_output` writes an answer."""
    return _encode(infno, _INPUTS, values)


def decimals_of(infno: str, node: str, field: str) -> int:
    """Decimals of a number field of a request or answer: its typed value counts units of 10**-decimals."""
    for plans in (_INPUTS, _OUTPUTS):
        plan = plans[infno].get(node)
        for candidate in plan.node.fields if plan else ():
            if candidate.name == field:
                return candidate.decimals
    raise LookupError(f"{infno} {node}.{field}")


def read_fields(plans: Iterable[FieldPlan], source: Mapping[str, Any], path: str, faults: list[FieldFault]) -> Values:
    """Read the fields of one object; what is wrong is added to `faults`, under `path` in front of the field name.

    Nearly all fields are plain text of proper length: they are read in line, everything else by the field's reader.
    """
    values: Values = {}
    get = source.get
    for name, plain_limit, read, required, field in plans:
        value = get(name)
        if plain_limit and type(value) is str and len(text := value.strip()) <= plain_limit and "\0" not in text:
            value = None if text in BLANK else text
        elif value is not None:
            try:
                value = read(value)
            except UnreadableError as unreadable:
                faults.append(_fault(path, field, unreadable.reason, unreadable.facts))
                values[name] = None
                continue
        if value is None and required:
            faults.append(_fault(path, field, "missing", {}))
        values[name] = value
    return values


def _fault(path: str, field: Field, reason: str, facts: Mapping[str, object]) -> FieldFault:
    """A fault of this field below `path`."""
    return FieldFault(path + field.name, field.zh, field.en, reason, facts)


def _node_fault(path: str, reason: str, **facts: object) -> FieldFault:
    """A fault of a whole node; nodes have no name but the technical one."""
    return FieldFault(path, "节点", "node", reason, facts)


def _plan_of(infno: str, plans: Mapping[str, _Plan]) -> _Plan:
    """The compiled side of a transaction."""
    plan = plans.get(infno)
    if plan is None:
        raise UnknownTransactionError(infno=infno)
    return plan


def _parsed(raw: object) -> object:
    """JSON text as Python values with floats as text; a JSON string that holds JSON is read once more."""
    value: object = raw
    for _ in range(2):
        if isinstance(value, str) and value.strip() in _ABSENT:
            return None
        if not isinstance(value, bytes | str | msgspec.Raw):
            break
        value = _DECODER.decode(value)
    return value


def _decode(infno: str, plans: Mapping[str, _Plan], raw: object, side: str) -> dict[str, Any]:
    """Read one side of a transaction."""
    plan = _plan_of(infno, plans)
    faults: list[FieldFault] = []
    try:
        parsed = _parsed(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputRefusedError([_node_fault(side, "not_json")], infno=infno) from None
    root = plan.get("root")
    if root is not None and root.node.root:
        decoded = {"root": _read_node(root, parsed, side, faults)}
    else:
        if parsed is None and not any(node.required for node in plan.values()):
            parsed = {}
        if plan and not isinstance(parsed, dict):
            raise InputRefusedError([_node_fault(side, "missing" if parsed is None else "not_an_object")], infno=infno)
        decoded = {name: _read_node(node, parsed.get(name), name, faults) for name, node in plan.items()}  # type: ignore[attr-defined]
    if faults:
        raise InputRefusedError(faults, infno=infno)
    return decoded


def _read_node(plan: _NodePlan, source: object, path: str, faults: list[FieldFault]) -> Values | list[Values] | None:
    """Read one node, an object or a list of objects."""
    node = plan.node
    if source is None or source in _ABSENT:
        if plan.required:
            faults.append(_node_fault(path, "missing"))
        return [] if node.many else None
    rows = source if isinstance(source, list) else [source]
    limit = node.max_rows if node.many else 1
    if limit is not None and len(rows) > limit:
        faults.append(_node_fault(path, "too_many_rows", limit=limit, rows=len(rows)))
        return None
    if not node.many:
        return _read_row(plan, rows[0], path, faults)
    return [_read_row(plan, row, f"{path}[{index}]", faults) for index, row in enumerate(rows)]


def _read_row(plan: _NodePlan, row: object, path: str, faults: list[FieldFault]) -> Values:
    """Read one object of a node."""
    if not isinstance(row, dict):
        faults.append(_node_fault(path, "not_an_object"))
        return {}
    if plan.node.aliases:
        row = _renamed(plan.node.aliases, row)
    values = read_fields(plan.fields, row, path + ".", faults)
    for alternatives in plan.node.one_of:
        if all(values[name] is None for name in alternatives):
            first = next(each.field for each in plan.fields if each.name == alternatives[0])
            faults.append(_fault(path + ".", first, "missing", {}))
    for name, inner in plan.inner.items():
        values[name] = _read_node(inner, row.get(name), f"{path}.{name}", faults)
    return values


def _renamed(aliases: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, Any]:
    """The object with the catalogue's names; what stands under the right name already wins."""
    return {**{aliases[name]: value for name, value in row.items() if name in aliases}, **row}


def _encode(infno: str, plans: Mapping[str, _Plan], values: Mapping[str, Any] | None) -> bytes:
    """Write one side of a transaction."""
    plan = _plan_of(infno, plans)
    if values is None:
        return b"null"
    if not values.keys() <= plan.keys():
        raise UnknownOutputError(infno, sorted(values.keys() - plan.keys()))
    root = plan.get("root")
    if root is not None and root.node.root:
        return _ENCODER.encode(_writable(root, values.get("root")))
    return _ENCODER.encode({name: _writable(node, values.get(name)) for name, node in plan.items()})


def _writable(plan: _NodePlan, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> object:
    """What the JSON writer takes for one node."""
    if values is None:
        return _blank(plan.node)
    if isinstance(values, Mapping):
        row = _writable_row(plan, values)
        return [row] if plan.node.many else row
    if not plan.node.many:
        raise UnknownOutputError(plan.name, "a list where an object belongs")
    return [_writable_row(plan, row) for row in values]


def _writable_row(plan: _NodePlan, values: Mapping[str, Any]) -> dict[str, object]:
    """What the JSON writer takes for one object: every field of the catalogue, null where no value is given."""
    row = dict(plan.blank)
    for name, value in values.items():
        if value is None and name in row:
            continue
        writer = plan.writers.get(name)
        if writer is not None:
            is_text, write = writer
            row[name] = value if is_text and type(value) is str else write(value)
        elif name in plan.inner:
            row[name] = _writable(plan.inner[name], value)
        else:
            raise UnknownOutputError(plan.name, sorted(values.keys() - row.keys()))
    return row
