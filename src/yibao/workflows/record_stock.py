"""Record what institutions report of their goods (3501 to 3506): movements, and the packs that came, went or were sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.people.models import Person
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.models import Settlement
from yibao.domains.stock.change_kinds import CHANGE_KINDS
from yibao.domains.stock.operations import NewMovement, enter_codes, enter_movements, give_back, hold_codes
from yibao.domains.stock.queries import standing_sales
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Request, Step, UnknownPersonNumberError
from yibao.workflows.reverse_settlement import UnknownSettlementError
from yibao.workflows.sell_packs import PACK_E4, Pack, Seller, Suspicious, TraceCodeTwiceError, sell_packs
from yibao.workflows.settle_with_traces import MoreCodesThanPacksError

_SIGNS = {"purchase": 1, "purchase_return": -1, "sale": -1, "sale_return": 1, "count": 0}


class NoQuantityError(YibaoError):
    """A movement of goods needs a quantity above nought, a count one that is not negative."""

    code: ClassVar[str] = "stock.no_quantity"


class UnknownChangeKindError(YibaoError):
    """Nobody knows whether goods of this kind of change come or go (库存变更类型)."""

    code: ClassVar[str] = "stock.unknown_change_kind"


class MovedInTheFutureError(YibaoError):
    """Goods moved after now."""

    code: ClassVar[str] = "stock.in_the_future"


class CodeNotSoldHereError(YibaoError):
    """A pack is given back that this institution never sold, or that was given back before."""

    code: ClassVar[str] = "stock.code_not_sold_here"


@dataclass(frozen=True, slots=True)
class Goods:
    """One row as it was sent; quantities count ten-thousandths. `node` names it for the reader of a refusal."""

    node: str
    item_code: str
    own_code: str
    own_name: str
    batch_number: str
    quantity_e4: int
    is_split: bool
    occurred_at: datetime
    codes: Sequence[str]
    change_kind: str = ""
    price_e6: int | None = None
    rx_flag: str = ""
    lot: str = ""
    made_on: date | None = None
    expires_on: date | None = None
    counterpart: str = ""
    person_number: str | None = None
    settlement_id: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StockReport:
    """What an institution reports in one message: rows of one kind."""

    institution_id: int
    institution: str
    region: str
    kind: str
    rows: Sequence[Goods]
    at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """The numbers of the movements, and the sales that were let through with a suspicion."""

    movement_ids: list[int]
    suspicious: list[Suspicious]


def stock_step(report: StockReport, request: Request) -> Step[None, Recorded]:
    """The change that records the rows, all or none, for `exactly_once.perform`.

    :raises NoQuantityError, UnknownChangeKindError, MovedInTheFutureError, MoreCodesThanPacksError, TraceCodeTwiceError,
        CodeNotSoldHereError, TraceCodeSoldError, PackExceededError, UnknownPersonNumberError, UnknownSettlementError:
        nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Recorded]:
        for row in report.rows:
            _check(report, row)
        persons = [_buyer(report, row) for row in report.rows]
        movements = [_movement(report, request, *pair) for pair in zip(report.rows, persons, strict=True)]
        ids = enter_movements(raw, movements=movements)
        suspicious: list[Suspicious] = []
        if any(row.codes for row in report.rows):
            suspicious = _packs_moved(raw, report, request, ids, persons)
        return Outcome(Recorded(ids, suspicious), ids[0] if ids else None)

    return Step(lambda _raw: None, act)


def _check(report: StockReport, row: Goods) -> None:
    """Refuse a row that makes no sense."""
    if row.quantity_e4 < (0 if report.kind == "count" else 1):
        raise NoQuantityError(field=row.node)
    if report.kind == "change" and row.change_kind not in CHANGE_KINDS:
        raise UnknownChangeKindError(
            field=f"{row.node}.inv_chg_type", kind=row.change_kind, known="、".join(CHANGE_KINDS)
        )
    if localdate(row.occurred_at) > localdate(report.at):
        raise MovedInTheFutureError(field=row.node, moved=f"{row.occurred_at:%Y-%m-%d}")
    if not row.is_split and report.kind != "count" and len(row.codes) * PACK_E4 > row.quantity_e4:
        raise MoreCodesThanPacksError(
            field=f"{row.node}.drugtracinfo", packs=row.quantity_e4 // PACK_E4, codes=len(row.codes)
        )


def _buyer(report: StockReport, row: Goods) -> int | None:
    """The person a sale names, who must be known; the settlement it names must be this institution's and theirs."""
    person_id = None
    if row.person_number is not None:
        person_id = Person.objects.filter(number=row.person_number).values_list("pk", flat=True).first()
        if person_id is None:
            raise UnknownPersonNumberError(number=row.person_number)
    if row.settlement_id is not None:
        settled = Settlement.objects.filter(pk=row.settlement_id, institution_id=report.institution_id)
        settled = settled if person_id is None else settled.filter(person_id=person_id)
        person_id = settled.values_list("person_id", flat=True).first()
        if person_id is None:
            raise UnknownSettlementError(settlement_id=row.settlement_id)
    return person_id


def _movement(report: StockReport, request: Request, row: Goods, person_id: int | None) -> NewMovement:
    """The row to be written."""
    sign = CHANGE_KINDS[row.change_kind].sign if report.kind == "change" else _SIGNS[report.kind]
    return NewMovement(
        institution_id=report.institution_id,
        kind=report.kind,
        item_code=row.item_code,
        own_code=row.own_code,
        own_name=row.own_name,
        batch_number=row.batch_number,
        quantity_e4=row.quantity_e4,
        delta_e4=0 if row.is_split else sign * row.quantity_e4,
        loose_e4=sign * row.quantity_e4 if row.is_split else 0,
        is_split=row.is_split,
        change_kind=row.change_kind,
        price_e6=row.price_e6,
        rx_flag=row.rx_flag,
        lot=row.lot,
        made_on=row.made_on,
        expires_on=row.expires_on,
        occurred_at=row.occurred_at,
        counterpart=row.counterpart,
        person_id=person_id,
        settlement_id=row.settlement_id,
        details=row.details,
        infno=request.infno,
        msgid=request.msgid,
        operator=request.operator,
        entered_at=report.at,
    )


def _packs_moved(
    raw: Raw, report: StockReport, request: Request, ids: Sequence[int], persons: Sequence[int | None]
) -> list[Suspicious]:
    """Sell the packs that were sold, take back those given back, and note the others where they came or went."""
    if report.kind == "sale_return":
        _take_back(raw, report)
        return []
    if report.kind != "sale":
        _note(raw, report, ids)
        return []
    suspicious: list[Suspicious] = []
    for row, movement_id, person_id in zip(report.rows, ids, persons, strict=True):
        if row.codes:
            seller = Seller(
                report.institution_id, report.institution, report.region, person_id, row.settlement_id, request.infno,
                request.msgid, report.at,
            )  # fmt: skip
            suspicious += sell_packs(raw, seller, _packs(row, movement_id))
    return suspicious


def _packs(row: Goods, movement_id: int) -> list[Pack]:
    """The packs of a sale; units from several opened packs are shared out evenly (our default)."""
    share_e4 = max(-(-row.quantity_e4 // len(row.codes)), 1) if row.is_split else PACK_E4
    return [
        Pack(code, row.item_code, row.is_split, share_e4, f"{row.node}.drugtracinfo[{place}]", movement_id=movement_id)
        for place, code in enumerate(row.codes)
    ]


def _note(raw: Raw, report: StockReport, ids: Sequence[int]) -> None:
    """Say which packs came with which movement."""
    items: dict[str, str] = {}
    for row in report.rows:
        for code in row.codes:
            if code in items:
                raise TraceCodeTwiceError(field=f"{row.node}.drugtracinfo", trace_code=code)
            items[code] = row.item_code
    held = hold_codes(raw, codes=items)
    enter_codes(
        raw,
        pairs=[(held[code].id, number) for row, number in zip(report.rows, ids, strict=True) for code in row.codes],
    )


def _take_back(raw: Raw, report: StockReport) -> None:
    """Count packs, or units of opened ones, as given back; the newest sale here that still stands comes first."""
    held = hold_codes(raw, codes={code: row.item_code for row in report.rows for code in row.codes})
    sold = standing_sales(raw, code_ids=[code.id for code in held.values()])
    for row in report.rows:
        for code in row.codes:
            left_e4 = max(-(-row.quantity_e4 // len(row.codes)), 1) if row.is_split else PACK_E4
            for sale in reversed(sold):
                if sale.code_id != held[code].id or sale.institution_id != report.institution_id or not left_e4:
                    continue
                taken_e4 = min(left_e4, sale.left_e4)
                give_back(raw, sale_id=sale.id, quantity_e4=taken_e4)
                left_e4 -= taken_e4
            if left_e4:
                raise CodeNotSoldHereError(field=f"{row.node}.drugtracinfo", trace_code=code)
