"""Hand over the drugs of a prescription, whole or in part, pack by pack (发药), and take them back (退药).

A dispenser hands over what it holds and its pharmacist has reviewed; each drug no further than prescribed, whoever dispenses.
Source: Measures of Tianjin for Internet+ care, article 22 (sale by scanning trace codes, end to end traceable); since
2025-07 a pack is scanned before it is settled (NHSA). That each whole pack of a drug must be scanned is our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.catalogue.models import Item
from yibao.domains.people.queries import LockedPerson
from yibao.domains.prescriptions.models import DispensedLine, Dispensing, Line, Prescription
from yibao.domains.prescriptions.operations import (
    By,
    NewDispensedLine,
    NewDispensing,
    TooMuchError,
    UnknownPrescriptionError,
    check_valid,
    dispensed_of_use,
    hold,
    may_be_claimed,
    take_step,
    write_dispensing,
)
from yibao.domains.prescriptions.queries import leave
from yibao.domains.prescriptions.states import PrescriptionStateError, Step
from yibao.domains.reference.queries import choice
from yibao.domains.settlement.models import Settlement
from yibao.domains.stock.models import TraceCode
from yibao.domains.stock.operations import NewMovement, enter_movements, give_back, hold_codes
from yibao.domains.stock.queries import standing_sales
from yibao.domains.storage import Raw
from yibao.workflows.check_prescription import House
from yibao.workflows.circulate_prescription import LeaveRefusedError, claim
from yibao.workflows.exactly_once import Outcome
from yibao.workflows.exactly_once import Step as Change
from yibao.workflows.reverse_settlement import UnknownSettlementError
from yibao.workflows.review_prescription import tell
from yibao.workflows.sell_packs import PACK_E4, Pack, Seller, TraceCodeSoldError, sell_packs

SCAN_KEY: Final = "prescriptions.scan_packs"
"""Setting: whether each whole pack of a drug must be scanned; it must unless the setting says false (our default)."""
DISPENSED: Final = "7109"


class NotPrescribedError(YibaoError):
    """The drug does not stand on the prescription, or in another unit (药品不在处方内)."""

    code: ClassVar[str] = "prescriptions.not_prescribed"


class NotScannedError(YibaoError):
    """A whole pack is handed over whose trace code was not scanned (未扫描追溯码)."""

    code: ClassVar[str] = "prescriptions.not_scanned"


class OtherDrugsCodeError(YibaoError):
    """The trace code is that of another drug (追溯码与药品不符)."""

    code: ClassVar[str] = "prescriptions.other_drugs_code"


class AmountsDifferError(YibaoError):
    """The amounts reported are not those of the settlement (金额与结算不符)."""

    code: ClassVar[str] = "prescriptions.amounts_differ"


class NothingHandedOverError(YibaoError):
    """Nothing is handed over, or a row has no quantity."""

    code: ClassVar[str] = "prescriptions.nothing_handed_over"


@dataclass(frozen=True, slots=True)
class Sold:
    """A row of what is handed over: at most one pack is scanned in a row; quantities in ten-thousandths, prices in millionths."""

    item_code: str
    quantity_e4: int
    unit: str
    is_split: bool
    where: str
    trace_code: str | None = None
    price_e6: int | None = None
    amount_fen: int | None = None
    own_code: str = ""
    own_name: str = ""
    specification: str = ""
    batch_number: str = ""
    lot: str = ""
    made_on: date | None = None
    expires_on: date | None = None
    rx_flag: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Handover:
    """What a dispenser hands over on a prescription; `leave` is the token or number that opened it, where one is told."""

    number: str
    house: House
    rows: Sequence[Sold]
    happened_at: datetime
    at: datetime
    actor: str
    infno: str
    msgid: str
    leave: str | None = None
    settlement_id: int | None = None
    fund_fen: int | None = None
    account_fen: int | None = None
    cash_fen: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


def handing_over_step(
    given: Handover, *, must_scan: bool = True, may_claim: bool = False
) -> Change[None, Prescription]:
    """The change that hands drugs over, for `exactly_once.perform` and the office; all rows or none.

    `must_scan` is false for messages that have no place for trace codes; with `may_claim` the hospital that wrote the
    prescription claims it in passing.
    :raises UnknownPrescriptionError, LeaveRefusedError, PrescriptionStateError, PrescriptionExpiredError, NotPrescribedError, TooMuchError,
        NotScannedError, OtherDrugsCodeError, TraceCodeSoldError, PackExceededError, TraceCodeTwiceError,
        UnknownSettlementError, AmountsDifferError, NothingHandedOverError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, given.number)
        check_valid(prescription, given.at)
        if may_claim and prescription.institution_id == given.house.id and may_be_claimed(prescription):
            claim(raw, prescription, house=given.house, by=By(given.actor, given.at, given.house.id))
        if prescription.holder_id != given.house.id:
            raise UnknownPrescriptionError(number=given.number)
        _check_leave(given, prescription)
        _check_settlement(given, prescription)
        lines = list(Line.objects.filter(prescription=prescription).order_by("rank"))
        before = dispensed_of_use(prescription)
        taken = _taken(given, prescription, lines, before)
        if must_scan:
            _check_scanned(given)
        write_dispensing(raw, prescription, _dispensing(given, prescription, taken))
        _move_on(raw, given, prescription, lines)
        _sell(raw, given, prescription)
        tell(raw, prescription, DISPENSED, given.at)
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def _check_leave(given: Handover, prescription: Prescription) -> None:
    """The token or number that is told opened this prescription here."""
    if given.leave is None:
        return
    found = leave(institution_id=given.house.id, code=given.leave, at=given.at)
    if found is None or found.prescription_id != prescription.pk:
        raise LeaveRefusedError


def _check_settlement(given: Handover, prescription: Prescription) -> None:
    """The settlement that is named is the patient's, made here, stands, and paid what is reported."""
    if given.settlement_id is None:
        return
    settled = Settlement.objects.filter(
        pk=given.settlement_id, institution_id=given.house.id, person_id=prescription.person_id, reversal=None
    ).first()
    if settled is None or settled.kind == Settlement.Kind.REVERSAL:
        raise UnknownSettlementError(settlement_id=given.settlement_id)
    used = Dispensing.objects.filter(settlement=settled, kind=Dispensing.Kind.SALE).exclude(prescription=prescription)
    if used.exists():
        raise UnknownSettlementError(settlement_id=given.settlement_id)
    told = (given.fund_fen, given.account_fen, given.cash_fen)
    paid = (settled.fund_fen, settled.account_fen, settled.cash_fen)
    for name, sent, known in zip(("fund_pay_sumamt", "acct_pay", "psn_cash_pay"), told, paid, strict=True):
        if sent is not None and sent != known:
            raise AmountsDifferError(field=name, sent_fen=sent, known_fen=known)


def _taken(
    given: Handover, prescription: Prescription, lines: Sequence[Line], before: dict[int, int]
) -> list[NewDispensedLine]:
    """Each row as it is taken from the drugs that are left of this use, in their order."""
    left = {line.pk: line.quantity_e4 - before.get(line.pk, 0) for line in lines}
    taken: list[NewDispensedLine] = []
    for row in given.rows:
        if row.quantity_e4 <= 0:
            raise NothingHandedOverError(field=row.where)
        fitting = [line for line in lines if _fits(row, line)]
        if not fitting:
            raise NotPrescribedError(field=row.where, drug=row.item_code, unit=row.unit)
        line = next((each for each in fitting if left[each.pk] >= row.quantity_e4), None)
        if line is None:
            raise TooMuchError(number=prescription.number)
        left[line.pk] -= row.quantity_e4
        codes = [row.trace_code] if row.trace_code else []
        taken.append(
            NewDispensedLine(line.pk, row.quantity_e4, row.price_e6, row.amount_fen, row.is_split, codes, _told(row))
        )
    if not taken:
        raise NothingHandedOverError(field="selinfo")
    return taken


def _fits(row: Sold, line: Line) -> bool:
    """Whether a row may be of this drug: by the national code, else by the house's own code, else by name and specification."""
    if row.unit != line.unit:
        return False
    if row.item_code:
        return row.item_code == line.item_code
    by_own_code = bool(row.own_code) and line.details.get("fixmedinsHilistId") == row.own_code
    return by_own_code or (row.own_name, row.specification) == (line.item_name, line.specification)


def _told(row: Sold) -> dict[str, Any]:
    """What is kept of a row beside its columns; a return needs the batch."""
    return {
        **row.details, "own_code": row.own_code[:30], "own_name": row.own_name[:200], "batch": row.batch_number[:30],
    }  # fmt: skip


def _check_scanned(given: Handover) -> None:
    """Whole packs of drugs are scanned one by one, and each code is that of its drug."""
    scanned = {row.trace_code: row for row in given.rows if row.trace_code}
    for code, item_code in TraceCode.objects.filter(code__in=scanned).values_list("code", "item_code"):
        if scanned[code].item_code != item_code:
            raise OtherDrugsCodeError(field=scanned[code].where, trace_code=code)
    must = choice(SCAN_KEY, default=True)
    codes = [row.item_code for row in given.rows]
    drugs = set(Item.objects.filter(code__in=codes, kind=Item.Kind.DRUG).values_list("code", flat=True))
    for row in given.rows:
        is_whole = row.item_code in drugs and not row.is_split
        if is_whole and (row.quantity_e4 != PACK_E4 if row.trace_code else must):
            raise NotScannedError(field=row.where, drug=row.item_code)


def _dispensing(given: Handover, prescription: Prescription, taken: Sequence[NewDispensedLine]) -> NewDispensing:
    """The row to be written."""
    amounts = [line.amount_fen for line in taken if line.amount_fen is not None]
    return NewDispensing(
        kind=Dispensing.Kind.SALE, institution_id=given.house.id, use_number=prescription.uses + 1,
        happened_at=given.happened_at, actor=given.actor, entered_at=given.at, lines=taken,
        settlement_id=given.settlement_id, amount_fen=sum(amounts) if amounts else None, fund_fen=given.fund_fen,
        account_fen=given.account_fen, cash_fen=given.cash_fen, details=given.details, infno=given.infno,
        msgid=given.msgid,
    )  # fmt: skip


def _move_on(raw: Raw, given: Handover, prescription: Prescription, lines: Sequence[Line]) -> None:
    """Dispensed in part, for this use, or for good."""
    handed = dispensed_of_use(prescription)
    by = By(given.actor, given.at, given.house.id, happened_at=given.happened_at)
    if any(handed.get(line.pk, 0) < line.quantity_e4 for line in lines):
        take_step(raw, prescription, Step.DISPENSE_PART, by)
        return
    uses = prescription.uses + 1
    step = Step.DISPENSE if uses == prescription.most_uses else Step.DISPENSE_USE
    take_step(raw, prescription, step, by, uses=uses)


def _sell(raw: Raw, given: Handover, prescription: Prescription) -> None:
    """Sell the scanned packs; a sale without a settlement is a movement of goods of its own."""
    scanned = [row for row in given.rows if row.trace_code]
    if not scanned:
        return
    movements: list[int | None] = [None] * len(scanned)
    if given.settlement_id is None:
        moved = [_movement(given, prescription, row) for row in scanned]
        movements = list(enter_movements(raw, movements=moved))
    seller = Seller(
        given.house.id, given.house.code, given.house.region, prescription.person_id, given.settlement_id, given.infno,
        given.msgid, given.at,
    )  # fmt: skip
    packs = [
        Pack(row.trace_code or "", row.item_code, row.is_split, row.quantity_e4, row.where, movement_id=movement)
        for row, movement in zip(scanned, movements, strict=True)
    ]
    for each in sell_packs(raw, seller, packs):
        row = next(row for row in scanned if row.trace_code == each.code)
        if "other_item" in each.suspicions:
            raise OtherDrugsCodeError(field=row.where, trace_code=each.code)
        if {"sold_twice", "sold_elsewhere", "over_content"} & set(
            each.suspicions
        ):  # the region's setting lets it pass, we do not
            raise TraceCodeSoldError(field=row.where, trace_code=each.code, sold="-")


def _movement(given: Handover, prescription: Prescription, row: Sold) -> NewMovement:
    """The sale of a pack as goods that went."""
    return NewMovement(
        institution_id=given.house.id, kind="sale", item_code=row.item_code, own_code=row.own_code[:30],
        own_name=row.own_name[:200], batch_number=row.batch_number[:30], quantity_e4=row.quantity_e4,
        delta_e4=0 if row.is_split else -row.quantity_e4, loose_e4=-row.quantity_e4 if row.is_split else 0,
        is_split=row.is_split, occurred_at=given.happened_at, infno=given.infno, msgid=given.msgid,
        operator=given.actor[:30], entered_at=given.at, price_e6=row.price_e6, rx_flag=row.rx_flag, lot=row.lot,
        made_on=row.made_on, expires_on=row.expires_on, person_id=prescription.person_id,
    )  # fmt: skip


def giving_back_step(
    *,
    number: str,
    house: House,
    dispensing_id: int,
    quantities_e4: dict[int, int],
    actor: str,
    at: datetime,
    reason: str,
) -> Change[None, Prescription]:
    """The change by which drugs come back to who handed them over: of one sale, so much of each of its rows.

    `quantities_e4` is by row of the sale. The packs of a row that comes back whole are on the shelf again.
    :raises UnknownPrescriptionError: no such sale was made here.
    :raises PrescriptionStateError: a later use has begun, or another dispenser holds the prescription.
    :raises TooMuchError, NothingHandedOverError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, number)
        sale = Dispensing.objects.filter(
            pk=dispensing_id, prescription=prescription, institution_id=house.id, kind=Dispensing.Kind.SALE
        ).first()
        if sale is None:
            raise UnknownPrescriptionError(number=number)
        is_finished = sale.use_number == prescription.uses and not any(dispensed_of_use(prescription).values())
        if sale.use_number != prescription.uses + 1 and not is_finished:
            raise PrescriptionStateError(state=prescription.state, step=str(Step.RETURN_PART.value))
        rows = _returned(sale, quantities_e4, prescription)
        new = NewDispensing(
            kind=Dispensing.Kind.RETURN, institution_id=house.id, use_number=sale.use_number, happened_at=at,
            actor=actor, entered_at=at, lines=rows, undoes_id=sale.pk, details={"reason": reason},
        )  # fmt: skip
        write_dispensing(raw, prescription, new)
        prescription.uses = sale.use_number - 1  # what came back is not used
        left = any(dispensed_of_use(prescription).values())
        by = By(actor, at, house.id, details={"reason": reason})
        take_step(raw, prescription, Step.RETURN_PART if left else Step.RETURN_ALL, by, uses=prescription.uses)
        _shelve(raw, sale, rows, actor, at)
        tell(raw, prescription, DISPENSED, at)
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def _returned(sale: Dispensing, quantities_e4: dict[int, int], prescription: Prescription) -> list[NewDispensedLine]:
    """The rows that come back."""
    sold = {row.pk: row for row in DispensedLine.objects.filter(dispensing=sale)}
    back = DispensedLine.objects.filter(dispensing__undoes=sale).values_list("trace_codes", flat=True)
    shelved = {code for codes in back for code in codes}
    rows = []
    for row_id, quantity_e4 in quantities_e4.items():
        if quantity_e4 <= 0:
            continue
        row = sold.get(row_id)
        if row is None:
            raise UnknownPrescriptionError(number=prescription.number)
        if quantity_e4 > row.quantity_e4 or shelved & set(row.trace_codes):
            raise TooMuchError(number=prescription.number)
        codes = row.trace_codes if quantity_e4 == row.quantity_e4 else []
        rows.append(NewDispensedLine(row.line_id, quantity_e4, row.price_e6, None, row.is_split, codes, row.details))
    if not rows:
        raise NothingHandedOverError(field="quantity")
    return rows


def _shelve(raw: Raw, sale: Dispensing, rows: Sequence[NewDispensedLine], actor: str, at: datetime) -> None:
    """Put packs that came back whole on the shelf again; goods that went without a settlement come back as goods."""
    codes = [code for row in rows for code in row.trace_codes]
    known = dict(TraceCode.objects.filter(code__in=codes).values_list("code", "item_code"))
    if not known:
        return
    held = hold_codes(raw, codes=known)
    for standing in standing_sales(raw, code_ids=[code.id for code in held.values()]):
        if standing.institution_id == sale.institution_id:
            give_back(raw, sale_id=standing.id, quantity_e4=standing.left_e4)
    if sale.settlement_id is None:
        back = [_back(sale, row, known[row.trace_codes[0]], actor, at) for row in rows if row.trace_codes]
        enter_movements(raw, movements=back)


def _back(sale: Dispensing, row: NewDispensedLine, item_code: str, actor: str, at: datetime) -> NewMovement:
    """The return of a pack as goods that came."""
    return NewMovement(
        institution_id=sale.institution_id, kind="sale_return", item_code=item_code,
        own_code=row.details.get("own_code", ""), own_name=row.details.get("own_name", ""),
        batch_number=row.details.get("batch", ""), quantity_e4=row.quantity_e4,
        delta_e4=0 if row.is_split else row.quantity_e4, loose_e4=row.quantity_e4 if row.is_split else 0,
        is_split=row.is_split, occurred_at=at, infno="", msgid="", operator=actor[:30], entered_at=at,
        price_e6=row.price_e6,
    )  # fmt: skip
