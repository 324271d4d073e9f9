"""Sell packs by their trace codes (药品追溯码): each once, opened packs no further than their content, whoever sells.

The rows of the codes are held first, in one order, so that of two sales at once the second sees the first. A repeat is
refused or, where the setting says so, let through with its suspicions. Source: since 2025-07 one code may be settled once;
two sales of it are an alarm of resold or swapped drugs (NHSA, scenes of trace codes); refusing at once is our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.timezone import localtime

from yibao.core.errors import YibaoError
from yibao.domains.stock.operations import HeldCode, NewTraceSale, enter_trace_sales, give_back, hold_codes
from yibao.domains.stock.queries import (
    StandingSale,
    codes_bought,
    contents_of,
    items_bought_by_code,
    lets_repeats_through,
    standing_sales,
)
from yibao.domains.storage import Raw

PACK_E4 = 10_000
"""One whole pack in ten-thousandths."""

REFUSED = frozenset({"sold_twice", "sold_elsewhere", "over_content"})
"""Suspicions for which a sale is refused unless the setting lets it through; the others are always let through."""


class TraceCodeTwiceError(YibaoError):
    """One message names the same pack twice (追溯码重复)."""

    code: ClassVar[str] = "stock.code_twice"


class TraceCodeSoldError(YibaoError):
    """The pack was sold before and not given back (追溯码已售出)."""

    code: ClassVar[str] = "stock.code_sold"


class PackExceededError(YibaoError):
    """More units would be sold of a pack than it holds (拆零数量超过包装数量)."""

    code: ClassVar[str] = "stock.pack_exceeded"


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, under which message, to whom if that is known, with which settlement if there is one."""

    institution_id: int
    institution: str
    region: str
    person_id: int | None
    settlement_id: int | None
    infno: str
    msgid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack, or so many units from it, to be sold; `field` is where its code stands in the message."""

    code: str
    item_code: str
    is_split: bool
    quantity_e4: int
    field: str
    line_number: str = ""
    movement_id: int | None = None


@dataclass(frozen=True, slots=True)
class Suspicious:
    """A sale that was let through, and what is wrong with it."""

    code: str
    suspicions: tuple[str, ...]


def sell_packs(raw: Raw, seller: Seller, packs: Sequence[Pack]) -> list[Suspicious]:
    """Sell packs within the running transaction; those that were let through with a suspicion.

    :raises TraceCodeTwiceError, TraceCodeSoldError, PackExceededError: nothing may be kept of the message then.
    """
    _check_named_once(packs)
    held = hold_codes(raw, codes={pack.code: pack.item_code for pack in packs})
    before: dict[int, list[StandingSale]] = {}
    told: set[int] = set()
    for sale in standing_sales(raw, code_ids=[code.id for code in held.values()]):
        if sale.is_undone:  # its settlement was reversed or its record deleted: the pack is on the shelf again
            give_back(raw, sale_id=sale.id, quantity_e4=sale.left_e4)
        elif seller.settlement_id is not None and sale.settlement_id == seller.settlement_id:
            told.add(sale.code_id)
        else:
            before.setdefault(sale.code_id, []).append(sale)
    known = _known(raw, seller, packs, held)
    sales, suspicious = [], []
    for pack in packs:
        code = held[pack.code]
        if code.id in told:
            continue  # reported once with the settlement and once as a sale: the same sale
        wrong = _suspicions(seller, pack, code, before.get(code.id, []), known)
        if REFUSED & set(wrong) and not known.lets_through:
            raise _refusal(pack, wrong, before.get(code.id, []), known)
        sales.append(_sale(seller, pack, code, wrong))
        if wrong:
            suspicious.append(Suspicious(pack.code, wrong))
    if sales:
        enter_trace_sales(raw, sales=sales)
    return suspicious


def _check_named_once(packs: Sequence[Pack]) -> None:
    """A message names each pack once."""
    seen: set[str] = set()
    for pack in packs:
        if pack.code in seen:
            raise TraceCodeTwiceError(field=pack.field, trace_code=pack.code)
        seen.add(pack.code)


@dataclass(frozen=True, slots=True)
class _Known:
    """What else is known of items, codes and the house."""

    contents: Mapping[str, int]
    items_bought: set[str]
    codes_bought: set[int]
    lets_through: bool


def _known(raw: Raw, seller: Seller, packs: Sequence[Pack], held: Mapping[str, HeldCode]) -> _Known:
    """Read contents of packs, what was bought, and the setting."""
    items = {pack.item_code for pack in packs}
    return _Known(
        contents_of(raw, item_codes=items),
        items_bought_by_code(raw, institution_id=seller.institution_id, item_codes=items),
        codes_bought(raw, institution_id=seller.institution_id, code_ids=[code.id for code in held.values()]),
        lets_repeats_through(institution=seller.institution, region=seller.region),
    )


def _suspicions(
    seller: Seller, pack: Pack, code: HeldCode, before: Sequence[StandingSale], known: _Known
) -> tuple[str, ...]:
    """What is wrong with selling this pack."""
    wrong = []
    clashing = [sale for sale in before if not (sale.is_split and pack.is_split)]
    elsewhere = [sale for sale in before if sale.institution_id != seller.institution_id]
    if elsewhere:
        wrong.append("sold_elsewhere")
    elif clashing:
        wrong.append("sold_twice")
    content = known.contents.get(pack.item_code)
    if pack.is_split and content is not None:
        opened = sum(sale.left_e4 for sale in before if sale.is_split)
        if opened + pack.quantity_e4 > content * PACK_E4:
            wrong.append("over_content")
    if code.item_code != pack.item_code:
        wrong.append("other_item")
    if pack.item_code in known.items_bought and code.id not in known.codes_bought:
        wrong.append("never_bought")
    return tuple(wrong)


def _refusal(pack: Pack, wrong: tuple[str, ...], before: Sequence[StandingSale], known: _Known) -> YibaoError:
    """Why the sale is refused: the pack is gone, or does not hold so much."""
    if wrong[0] == "over_content":
        opened = sum(sale.left_e4 for sale in before if sale.is_split)
        return PackExceededError(
            field=pack.field, trace_code=pack.code, units=known.contents[pack.item_code], sold=opened // PACK_E4
        )
    return TraceCodeSoldError(
        field=pack.field, trace_code=pack.code, sold=f"{localtime(before[-1].sold_at):%Y-%m-%d %H:%M}"
    )


def _sale(seller: Seller, pack: Pack, code: HeldCode, wrong: tuple[str, ...]) -> NewTraceSale:
    """The row to be written."""
    return NewTraceSale(
        code_id=code.id,
        institution_id=seller.institution_id,
        item_code=pack.item_code,
        person_id=seller.person_id,
        movement_id=pack.movement_id,
        settlement_id=seller.settlement_id,
        line_number=pack.line_number,
        is_split=pack.is_split,
        quantity_e4=pack.quantity_e4,
        is_repeat=bool(REFUSED & set(wrong)),
        suspicions=wrong,
        infno=seller.infno,
        msgid=seller.msgid,
        sold_at=seller.at,
    )
