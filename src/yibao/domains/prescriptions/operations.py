"""Writing prescriptions, their signatures, steps, leaves, dispensings and notifications; the database guards the rest.

All of it happens within the caller's transaction, after `hold` has locked the prescription.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.prescriptions import statements
from yibao.domains.prescriptions.models import DispensedLine, Dispensing, Prescription
from yibao.domains.prescriptions.statements import insert
from yibao.domains.prescriptions.states import (
    AVAILABLE,
    ENDED,
    HELD,
    LETTING_GO,
    PrescriptionStateError,
    State,
    Step,
    after,
)
from yibao.domains.storage import Raw, ask

_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class UnknownPrescriptionError(YibaoError):
    """No prescription has this number, or none that whoever asks may see (处方不存在)."""

    code: ClassVar[str] = "prescriptions.unknown"


class PrescriptionExpiredError(YibaoError):
    """The prescription's validity is over (处方已过有效期)."""

    code: ClassVar[str] = "prescriptions.expired"


class NumberUsedError(YibaoError):
    """The hospital has a prescription of this number that was signed (处方编号重复)."""

    code: ClassVar[str] = "prescriptions.number_used"


class TooMuchError(YibaoError):
    """More would be dispensed than was prescribed, or given back than was handed over (发药数量超过处方数量)."""

    code: ClassVar[str] = "prescriptions.too_much"


@dataclass(frozen=True, slots=True)
class NewLine:
    """A drug of a prescription; the quantity counts ten-thousandths."""

    item_code: str
    item_name: str
    specification: str
    quantity_e4: int
    unit: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewPrescription:
    """A prescription as it passed the check."""

    institution_id: int
    region: str
    number_at_institution: str
    visit_id: int | None
    person_id: int
    scheme: str
    physician_id: int
    department_code: str
    department_name: str
    diagnosis_code: str
    diagnosis_name: str
    prescribed_at: datetime
    valid_until: datetime
    is_for_outside: bool
    most_uses: int
    interval_days: int
    renews: str
    details: Mapping[str, Any]
    text: str
    lines: Sequence[NewLine]
    infno: str
    msgid: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step, and when: by the acting system's clock and by ours."""

    actor: str
    at: datetime
    institution_id: int | None = None
    practitioner_id: int | None = None
    happened_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewDispensedLine:
    """So much of a prescribed drug, with its packs; quantities in ten-thousandths, prices in millionths of a yuan."""

    line_id: int
    quantity_e4: int
    price_e6: int | None = None
    amount_fen: int | None = None
    is_split: bool = False
    trace_codes: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewDispensing:
    """What was handed over, or of which sale something was given back; amounts in fen."""

    kind: str
    institution_id: int
    use_number: int
    happened_at: datetime
    actor: str
    entered_at: datetime
    lines: Sequence[NewDispensedLine]
    undoes_id: int | None = None
    settlement_id: int | None = None
    amount_fen: int | None = None
    fund_fen: int | None = None
    account_fen: int | None = None
    cash_fen: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    infno: str = ""
    msgid: str = ""


def new_code(letters: int) -> str:
    """A code that nobody guesses."""
    return "".join(secrets.choice(_LETTERS) for _ in range(letters))


def write_prescription(raw: Raw, new: NewPrescription, by: By) -> Prescription:
    """Write a prescription with its drugs and its first step; its number is region, day and serial.

    :raises NumberUsedError: the hospital has one of this number.
    """
    row = ask(raw, "SELECT nextval('prescriptions_prescription_id_seq')").fetchone()
    assert row is not None
    serial = int(row[0])
    number = f"{new.region:0<6.6}{new.entered_at:%Y%m%d}{serial:012d}"
    standing = {
        "id": serial, "number": number, "trace_code": new_code(20), "qr_code": f"ERX{new_code(24)}",
        "state": State.CHECKED.value, "uses": 0, "moved_at": new.entered_at,
    }  # fmt: skip
    used = {"prescription_number_is_used_once": NumberUsedError(number=new.number_at_institution)}
    insert(raw, statements.PRESCRIPTION, [{**_columns(new), **standing}], used)
    lines = [
        {**asdict(line), "prescription_id": serial, "rank": rank, "dispensed_e4": 0}
        for rank, line in enumerate(new.lines, 1)
    ]
    insert(raw, statements.LINES, lines)
    prescription = _read(serial)
    _enter(raw, prescription, Step.CHECK, State.CHECKED, by, before="")
    return prescription


def _read(prescription_id: int) -> Prescription:
    """A prescription with what steps look at."""
    return Prescription.objects.select_related("institution__division", "person", "physician").get(pk=prescription_id)


def _columns(new: NewPrescription) -> dict[str, Any]:
    """The columns of a prescription that are written as they were given."""
    names = (
        "institution_id", "number_at_institution", "visit_id", "person_id", "scheme", "physician_id", "department_code",
        "department_name", "diagnosis_code", "diagnosis_name", "prescribed_at", "valid_until", "is_for_outside",
        "most_uses", "interval_days", "renews", "text", "infno", "msgid", "entered_at",
    )  # fmt: skip
    return {**{name: getattr(new, name) for name in names}, "details": dict(new.details)}


def hold(raw: Raw, number: str) -> Prescription:
    """The prescription of this number, locked until the transaction ends.

    :raises UnknownPrescriptionError: there is none.
    """
    row = ask(raw, "SELECT id FROM prescriptions_prescription WHERE number = %s FOR UPDATE", (number,)).fetchone()
    if row is None:
        raise UnknownPrescriptionError(number=number)
    return _read(row[0])


def check_valid(prescription: Prescription, at: datetime) -> None:
    """Insist that the prescription's validity is not over.

    :raises PrescriptionExpiredError: it is.
    """
    if prescription.state == State.EXPIRED or (prescription.state not in ENDED and prescription.valid_until <= at):
        raise PrescriptionExpiredError(number=prescription.number, until=f"{prescription.valid_until:%Y-%m-%d %H:%M}")


def take_step(
    raw: Raw,
    prescription: Prescription,
    step: Step,
    by: By,
    *,
    uses: int | None = None,
    place_id: int | None = None,
    holder_id: int | None = None,
) -> None:
    """Take a step of a prescription that is held; how it stands follows, in the database and in the value.

    :raises PrescriptionStateError: the step cannot be taken now.
    """
    before = prescription.state
    is_partly = step in LETTING_GO and is_partly_dispensed(prescription)
    target = after(before, step, is_partly_dispensed=is_partly)
    prescription.uses = prescription.uses if uses is None else uses
    if step is Step.CHOOSE:
        prescription.place_id = place_id
    elif target not in {State.PLACED, *HELD}:
        prescription.place_id = prescription.place_id if step in {Step.PAYMENT, Step.DELIVERY} else None
    if step is Step.CLAIM:
        prescription.holder_id = holder_id
    elif target not in HELD:
        prescription.holder_id = None
    _enter(raw, prescription, step, target, by, before=before)


def is_partly_dispensed(prescription: Prescription) -> bool:
    """Whether something of the running use was handed over and not given back."""
    return any(dispensed_of_use(prescription).values())


def dispensed_of_use(prescription: Prescription) -> dict[int, int]:
    """What was handed over and not given back in the running use, by drug, in ten-thousandths."""
    counted: dict[int, int] = {}
    rows = DispensedLine.objects.filter(
        dispensing__prescription=prescription, dispensing__use_number=prescription.uses + 1
    ).values_list("line_id", "quantity_e4", "dispensing__kind")
    for line_id, quantity_e4, kind in rows:
        counted[line_id] = counted.get(line_id, 0) + (quantity_e4 if kind == Dispensing.Kind.SALE else -quantity_e4)
    return counted


def _enter(raw: Raw, prescription: Prescription, step: Step, target: State, by: By, *, before: str) -> None:
    """Write a step."""
    wrong = PrescriptionStateError(state=before, step=str(step.value))
    row = {
        "prescription_id": prescription.pk,
        "step": step.value,
        "state_before": before,
        "state_after": target.value,
        "uses_after": prescription.uses,
        "place_after_id": prescription.place_id,
        "holder_after_id": prescription.holder_id,
        "institution_id": by.institution_id,
        "practitioner_id": by.practitioner_id,
        "actor": by.actor[:150],
        "happened_at": by.happened_at or by.at,
        "details": dict(by.details),
        "entered_at": by.at,
    }
    errors = {"prescription_stands_where_the_step_begins": wrong, "prescription_is_signed": wrong}
    insert(raw, statements.EVENT, [row], errors)
    prescription.state, prescription.moved_at = target, by.at


def write_signature(
    raw: Raw,
    prescription: Prescription,
    *,
    role: str,
    institution_id: int,
    practitioner_id: int | None,
    signed: tuple[str, str],
    text: str,
    at: datetime,
) -> None:
    """Write a signature that was checked: public key and signature."""
    row = {
        "prescription_id": prescription.pk,
        "role": role,
        "institution_id": institution_id,
        "practitioner_id": practitioner_id,
        "public_key": signed[0],
        "signature": signed[1],
        "signed_text": text,
        "signed_at": at,
    }
    insert(raw, statements.SIGNATURE, [row])


def give_leave(
    raw: Raw, prescription: Prescription, *, institution_id: int, kind: str, code: str, at: datetime, until: datetime
) -> None:
    """Give a dispenser leave to read and claim the prescription for a time."""
    row = {
        "prescription_id": prescription.pk,
        "institution_id": institution_id,
        "kind": kind,
        "code": code,
        "given_at": at,
        "valid_until": until,
    }
    insert(raw, statements.LEAVE, [row])


def write_dispensing(raw: Raw, prescription: Prescription, new: NewDispensing) -> int:
    """Write what was handed over or given back and give its number; the database refuses what is too much.

    :raises TooMuchError: more than was prescribed, or than was handed over.
    :raises PrescriptionStateError: the prescription is not held and reviewed there.
    """
    wrong = PrescriptionStateError(state=prescription.state, step=str(Step.DISPENSE.value))
    too_much = TooMuchError(number=prescription.number)
    values = {name: value for name, value in asdict(new).items() if name != "lines"}
    errors: dict[str, YibaoError] = {
        "prescription_is_held_and_reviewed": wrong,
        "return_is_of_a_sale_here": wrong,
    }
    (dispensing_id,) = insert(raw, statements.DISPENSING, [{**values, "prescription_id": prescription.pk}], errors)
    errors = {
        "no_more_is_dispensed_than_prescribed": too_much,
        "no_more_is_given_back_than_handed_over": too_much,
    }
    insert(raw, statements.DISPENSED, [{**asdict(line), "dispensing_id": dispensing_id} for line in new.lines], errors)
    return dispensing_id


def notify(raw: Raw, prescription: Prescription, *, infno: str, content: Mapping[str, Any], at: datetime) -> None:
    """Leave word for the hospital that wrote the prescription."""
    row = {
        "institution_id": prescription.institution_id,
        "prescription_id": prescription.pk,
        "infno": infno,
        "content": dict(content),
        "made_at": at,
        "next_at": at,
        "attempts": 0,
        "trouble": "",
    }
    insert(raw, statements.NOTIFICATION, [row])


def next_use_from(prescription: Prescription) -> date | None:
    """The first day of the next use, where the last finished use is too young; nothing where it may be now."""
    if not prescription.uses or not prescription.interval_days:
        return None
    last = (
        Dispensing.objects.filter(prescription=prescription, kind=Dispensing.Kind.SALE, use_number=prescription.uses)
        .order_by("-happened_at")
        .values_list("happened_at", flat=True)
        .first()
    )
    return None if last is None else localdate(last) + timedelta(days=prescription.interval_days)


def may_be_claimed(prescription: Prescription) -> bool:
    """Whether a dispenser may claim it in its state."""
    return prescription.state in AVAILABLE
