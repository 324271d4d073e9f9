"""Settle with the trace codes of the packs handed over (2207 with drug_trac_info): both happen or neither.

A settlement without codes never comes here, so that the door's hottest path is as it was.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw, ask
from yibao.workflows.exactly_once import Outcome, Request, Step
from yibao.workflows.sell_packs import PACK_E4, Pack, Seller, sell_packs
from yibao.workflows.settle_visit import SettlementWish

Asked = TypeVar("Asked")
Made = TypeVar("Made")


class UnknownFeeLineError(YibaoError):
    """A trace code names a fee line that this settlement does not have (费用明细流水号不存在)."""

    code: ClassVar[str] = "stock.unknown_fee_line"


class MoreCodesThanPacksError(YibaoError):
    """More packs are named by code than were sold (追溯码数量多于销售数量)."""

    code: ClassVar[str] = "stock.more_codes_than_packs"


@dataclass(frozen=True, slots=True)
class TracedLine:
    """A pack's code with the fee line it was charged by."""

    line_number: str
    code: str
    is_split: bool


def settlement_with_traces_step(
    inner: Step[Asked, Made], wish: SettlementWish, request: Request, *, institution: str, traced: Sequence[TracedLine]
) -> Step[Asked, Made]:
    """The change that settles and sells the packs, for `exactly_once.perform`.

    :raises UnknownFeeLineError, MoreCodesThanPacksError, TraceCodeSoldError, PackExceededError: neither happened.
    """

    def act(raw: Raw, person: LockedPerson | None, asked: Asked) -> Outcome[Made]:
        outcome = inner.act(raw, person, asked)
        assert person is not None
        seller = Seller(
            wish.institution_id, institution, wish.institution_region, person.id, outcome.subject_id, request.infno,
            request.msgid, wish.at,
        )  # fmt: skip
        sell_packs(raw, seller, _packs(traced, _lines(raw, wish)))
        return outcome

    ask_first: Callable[[Raw], Asked] = inner.ask
    return Step(ask_first, act)


def _lines(raw: Raw, wish: SettlementWish) -> dict[str, tuple[str, int]]:
    """Item code and quantity of the lines that are being settled, by their number."""
    found = ask(
        raw,
        "SELECT l.number, l.item_code, l.quantity_e4 FROM visits_feebatch b"
        " JOIN visits_feeline l ON l.batch_id = b.id AND l.withdrawn_at IS NULL"
        " WHERE b.visit_id = %s AND (%s::text IS NULL OR b.number = %s)",
        (wish.visit_id, wish.batch_number, wish.batch_number),
    )
    return {number: (item_code, quantity_e4) for number, item_code, quantity_e4 in found.fetchall()}


def _packs(traced: Sequence[TracedLine], lines: dict[str, tuple[str, int]]) -> list[Pack]:
    """The packs to be sold; units of a line from several opened packs are shared out evenly (our default)."""
    packs = []
    whole = Counter(each.line_number for each in traced if not each.is_split)
    opened = Counter(each.line_number for each in traced if each.is_split)
    for place, each in enumerate(traced):
        if each.line_number not in lines:
            raise UnknownFeeLineError(field=f"drug_trac_info[{place}].feedetl_sn", line=each.line_number)
        item_code, quantity_e4 = lines[each.line_number]
        field = f"drug_trac_info[{place}].drug_trac_codg"
        if whole[each.line_number] * PACK_E4 > quantity_e4:
            raise MoreCodesThanPacksError(field=field, packs=quantity_e4 // PACK_E4, codes=whole[each.line_number])
        share_e4 = PACK_E4
        if each.is_split:
            left_e4 = quantity_e4 - whole[each.line_number] * PACK_E4
            share_e4 = max(-(-left_e4 // opened[each.line_number]), 1)
        packs.append(Pack(each.code, item_code, each.is_split, share_e4, field, each.line_number))
    return packs
