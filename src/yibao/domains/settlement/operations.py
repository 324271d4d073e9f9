"""Writing settlements, their reversal, and the accumulators they move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

import msgspec

from yibao.domains.storage import Raw, Write, array_of, ask

BY_HAND: Final = "byhand"
"""In the place of a transaction's number: an officer settled a paper bill (零星报销), no message of an institution did."""

MOBILE_PAYMENT: Final = "6202"
"""The transaction by which a mobile payment order is settled: its settlement is reversed with the order alone."""

_COLUMNS = (
    "id", "kind", "reverses_id", "visit_id", "person_id", "institution_id", "enrolment_id", "settled_at",
    "benefit_year", "msgid", "infno", "operator", "invoice", "uses_account", "is_midway", "voucher_kind", "total_fen",
    "full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen", "deductible_fen", "fund_fen",
    "person_fen", "account_fen", "cash_fen", "hospital_fen", "balance_after_fen", "fund_codes", "fund_amounts_fen",
    "accumulator_changes", "policy", "trace",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewSettlement:
    """A settlement ready to be written; the fields are the columns of the table, amounts in fen."""

    id: int
    kind: str
    reverses_id: int | None
    visit_id: int
    person_id: int
    institution_id: int
    enrolment_id: int
    settled_at: datetime
    benefit_year: int
    msgid: str
    infno: str
    operator: str
    invoice: str
    uses_account: bool
    is_midway: bool
    voucher_kind: str
    total_fen: int
    full_self_pay_fen: int
    over_ceiling_fen: int
    self_pay_first_fen: int
    in_scope_fen: int
    deductible_fen: int
    fund_fen: int
    person_fen: int
    account_fen: int
    cash_fen: int
    hospital_fen: int
    balance_after_fen: int
    fund_codes: Sequence[str]
    fund_amounts_fen: Sequence[int]
    accumulator_changes: Mapping[str, int]
    policy: str
    trace: object
    shared_account_fen: int = 0
    shared_owner_ids: Sequence[int] = ()
    shared_amounts_fen: Sequence[int] = ()


_INSERT: LiteralString = (
    "INSERT INTO settlement_settlement (id, kind, reverses_id, visit_id, person_id, institution_id, enrolment_id,"
    " settled_at, benefit_year, msgid, infno, operator, invoice, uses_account, is_midway, voucher_kind, total_fen,"
    " full_self_pay_fen, over_ceiling_fen, self_pay_first_fen, in_scope_fen, deductible_fen, fund_fen, person_fen,"
    " account_fen, cash_fen, hospital_fen, balance_after_fen, fund_codes, fund_amounts_fen, accumulator_changes,"
    " policy, trace) SELECT %s, %s, %s::bigint, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " %s, %s, %s, %s, %s, %s, %s, %s::text[], %s::bigint[], %s::jsonb, %s, %s::jsonb /*from each*/"
)
# Most settlements are paid by nobody's relatives: their statement leaves these columns out.
_INSERT_SHARED: LiteralString = _INSERT.replace(
    " trace) SELECT", " trace, shared_account_fen, shared_owner_ids, shared_amounts_fen) SELECT"
).replace("%s, %s::jsonb /*", "%s, %s::jsonb, %s, %s::bigint[], %s::bigint[] /*")


def settlement_kept(settlement: NewSettlement, *, scheme: str) -> list[Write]:
    """The writes of a settlement (or reversal), and of the person's accumulators of its benefit year moved by it.

    The four identities, the sign and, for a reversal, exactness to the fen are checked by the database.
    """
    writes = [_settlement_row(settlement)]
    if settlement.accumulator_changes:
        writes.append(_accumulators_moved(settlement, scheme))
    return writes


def _settlement_row(settlement: NewSettlement) -> Write:
    """The row itself, with what relatives' accounts paid where they did."""
    if not settlement.shared_owner_ids:
        return Write("settlement", _INSERT, _columns(settlement))
    shares = (array_of(settlement.shared_owner_ids), array_of(settlement.shared_amounts_fen))
    return Write("settlement", _INSERT_SHARED, (*_columns(settlement), settlement.shared_account_fen, *shares))


_JSON_COLUMNS = ("accumulator_changes", "trace")
_ARRAY_COLUMNS = ("fund_codes", "fund_amounts_fen")


def _columns(settlement: NewSettlement) -> tuple[object, ...]:
    """The values in the order of the columns, JSON and arrays as text."""
    values = {name: getattr(settlement, name) for name in _COLUMNS}
    values.update((name, msgspec.json.encode(values[name]).decode()) for name in _JSON_COLUMNS)
    values.update((name, array_of(values[name])) for name in _ARRAY_COLUMNS)
    return tuple(values.values())


def _accumulators_moved(settlement: NewSettlement, scheme: str) -> Write:
    """Add the changes to the accumulators, by one expression in the database; a reversal finds the row it takes from."""
    changes = msgspec.json.encode(settlement.accumulator_changes).decode()
    key = (settlement.person_id, scheme, settlement.benefit_year)
    if min(settlement.accumulator_changes.values()) < 0:
        return Write("accumulators", _TAKE, (changes, *key))
    return Write("accumulators", _ADD, (*key, changes))


_ADD: LiteralString = (
    "INSERT INTO settlement_accumulator AS a (person_id, scheme, year, amounts)"
    " SELECT %s, %s, %s, %s::jsonb /*from each*/ ON CONFLICT (person_id, scheme, year) DO UPDATE SET amounts = a.amounts || ("
    " SELECT jsonb_object_agg(key, COALESCE((a.amounts ->> key)::bigint, 0) + value::bigint)"
    " FROM jsonb_each_text(EXCLUDED.amounts))"
)
_TAKE: LiteralString = (
    "UPDATE settlement_accumulator a SET amounts = a.amounts || ("
    " SELECT jsonb_object_agg(key, COALESCE((a.amounts ->> key)::bigint, 0) + value::bigint)"
    " FROM jsonb_each_text(%s::jsonb)) WHERE person_id = %s AND scheme = %s AND year = %s"
)


def circumstances_kept(*, settlement_id: int, facts: Mapping[str, object]) -> Write:
    """The write that keeps what else a settlement stands on (see `models.Circumstances`)."""
    return Write(
        "circumstances",
        "INSERT INTO settlement_circumstances (settlement_id, facts) SELECT %s, %s::jsonb /*from each*/",
        (settlement_id, msgspec.json.encode(facts).decode()),
    )


def batches_settled(*, settlement_id: int, batch_ids: Sequence[int]) -> Write:
    """The write that says which batches a settlement covers; one that is settled already fails the transaction."""
    return Write(
        "settled_batches",
        "INSERT INTO settlement_settledbatch (settlement_id, batch_id, is_released)"
        " SELECT %s::bigint, batch, false FROM /*each,*/ unnest(%s::bigint[]) AS batch",
        (settlement_id, array_of(batch_ids)),
    )


def release_batches(raw: Raw, *, settlement_id: int) -> None:
    """Make the fee lines of a reversed settlement unsettled again; asked after the reversal was written."""
    ask(
        raw,
        "UPDATE settlement_settledbatch SET is_released = true WHERE settlement_id = %s AND NOT is_released",
        (settlement_id,),
    )


def settle_released_batches(raw: Raw, *, settlement_id: int, released_by: int) -> None:
    """Settle again, for a reinstatement, the batches that the undone reversal had released."""
    ask(
        raw,
        "INSERT INTO settlement_settledbatch (settlement_id, batch_id, is_released)"
        " SELECT %s, b.batch_id, false FROM settlement_settledbatch b"
        " JOIN settlement_settlement r ON r.reverses_id = b.settlement_id WHERE r.id = %s",
        (settlement_id, released_by),
    )
