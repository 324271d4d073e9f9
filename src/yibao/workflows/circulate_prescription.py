"""Circulation of electronic prescriptions (处方流转): the patient chooses a place or shows the QR; a dispenser claims it.

One dispenser holds a prescription at a time. A claim that nothing follows lapses, so that nobody keeps the patient from
going elsewhere; how soon is a choice of the region.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.agreements.queries import is_designated_on
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.operations import record_read
from yibao.domains.people.queries import LockedPerson, ask_for_person, ask_for_person_with_voucher, known_person
from yibao.domains.prescriptions.models import Authorisation, Prescription
from yibao.domains.prescriptions.operations import (
    By,
    UnknownPrescriptionError,
    check_valid,
    give_leave,
    hold,
    may_be_claimed,
    new_code,
    next_use_from,
    take_step,
)
from yibao.domains.prescriptions.queries import leave
from yibao.domains.prescriptions.states import AVAILABLE, HELD, PrescriptionStateError, Step
from yibao.domains.reference.queries import choice
from yibao.domains.storage import Raw
from yibao.workflows.check_prescription import House
from yibao.workflows.exactly_once import Outcome
from yibao.workflows.exactly_once import Step as Change
from yibao.workflows.show_voucher import voucher_behind_code

CLAIM_HOURS_KEY: Final = "prescriptions.claim_hours"
CLAIM_HOURS: Final = 24
"""Setting and default: after how many hours a claim lapses that nothing followed (our default)."""
_TOKEN_LETTERS: Final = 50  # so long is the field in which 7206 names it
_CHOSEN_LETTERS: Final = 30


class NotForOutsideError(YibaoError):
    """The prescription may be dispensed by the hospital that wrote it only (非外购处方)."""

    code: ClassVar[str] = "prescriptions.not_for_outside"


class PlaceRefusedError(YibaoError):
    """The place dispenses no prescriptions: unknown, not designated on that day, or no pharmacy and not the hospital itself."""

    code: ClassVar[str] = "prescriptions.place_refused"


class LeaveRefusedError(YibaoError):
    """The token or number gives no leave here, or no more (处方授权无效)."""

    code: ClassVar[str] = "prescriptions.leave_refused"


class HeldElsewhereError(YibaoError):
    """Another dispenser holds the prescription (处方已被其他机构锁定)."""

    code: ClassVar[str] = "prescriptions.held_elsewhere"


class TooSoonError(YibaoError):
    """The next use of the prescription is not due (未到下次使用时间)."""

    code: ClassVar[str] = "prescriptions.too_soon"


def choose_place(*, number: str, person_id: int, institution_code: str, actor: str, at: datetime) -> Prescription:
    """Let the patient choose who dispenses (选择取药机构); `person_id` is whose prescription it must be.

    :raises UnknownPrescriptionError: the person has no such prescription.
    :raises PlaceRefusedError, NotForOutsideError, HeldElsewhereError, PrescriptionStateError, PrescriptionExpiredError: nothing changed.
    """
    with storage.transaction() as raw:
        prescription = hold(raw, number)
        if prescription.person_id != person_id:
            raise UnknownPrescriptionError(number=number)
        check_valid(prescription, at)
        place = _place(prescription, institution_code, at)
        by = By(actor, at, place.pk)
        _let_lapse(raw, prescription, by)
        take_step(raw, prescription, Step.CHOOSE, by, place_id=place.pk)
        give_leave(
            raw, prescription, institution_id=place.pk, kind=Authorisation.Kind.CHOSEN, code=new_code(_CHOSEN_LETTERS),
            at=at, until=prescription.valid_until,
        )  # fmt: skip
    return prescription


def _place(prescription: Prescription, code: str, at: datetime) -> Institution:
    """The institution that shall dispense: the hospital itself, or a pharmacy that is designated on the day."""
    place = Institution.objects.filter(code=code).first()
    day = localdate(at)
    if place is None or not _is_designated(place, day):
        raise PlaceRefusedError(institution=code)
    if place.pk != prescription.institution_id:
        if place.kind != Institution.Kind.PHARMACY:
            raise PlaceRefusedError(institution=code)
        if not prescription.is_for_outside:
            raise NotForOutsideError(number=prescription.number)
    return place


def _is_designated(place: Institution, day: date) -> bool:
    """Whether an institution is under agreement on a day."""
    return is_designated_on(place.pk, day)


def _let_lapse(raw: Raw, prescription: Prescription, by: By) -> None:
    """Let a claim lapse that nothing followed for so long; a younger one of others stands in the way.

    :raises HeldElsewhereError: somebody holds it.
    """
    if prescription.state not in HELD:
        return
    hours = int(choice(CLAIM_HOURS_KEY, CLAIM_HOURS))
    if prescription.moved_at + timedelta(hours=hours) > by.at:
        raise HeldElsewhereError(number=prescription.number)
    take_step(raw, prescription, Step.LAPSE, by)


@dataclass(frozen=True, slots=True)
class Shown:
    """A prescription whose QR was shown, and the token that opens it here."""

    prescription: Prescription
    token: str


def showing_step(*, house: House, qr_code: str, actor: str, at: datetime) -> Change[None, Shown]:
    """The change by which a dispenser scans a prescription's QR and gets a token (线下流转授权, 7201).

    :raises UnknownPrescriptionError, PlaceRefusedError, NotForOutsideError, PrescriptionStateError, PrescriptionExpiredError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Shown]:
        number = Prescription.objects.filter(qr_code=qr_code).values_list("number", flat=True).first()
        if number is None:
            raise UnknownPrescriptionError(number="")
        prescription = hold(raw, number)
        check_valid(prescription, at)
        _place(prescription, house.code, at)
        if prescription.state not in (*AVAILABLE, *HELD):
            raise PrescriptionStateError(state=prescription.state, step=str(Step.CLAIM.value))
        token = new_code(_TOKEN_LETTERS)
        hours = int(choice(CLAIM_HOURS_KEY, CLAIM_HOURS))
        until = min(at + timedelta(hours=hours), prescription.valid_until)
        give_leave(
            raw, prescription, institution_id=house.id, kind=Authorisation.Kind.SHOWN, code=token, at=at, until=until
        )
        _note_reading(raw, house, prescription, infno="7201", actor=actor, at=at)
        return Outcome(Shown(prescription, token), prescription.pk)

    return Change(lambda _raw: None, act)


def chosen_for(
    *, house: House, voucher_kind: str, voucher_number: str, infno: str, actor: str, at: datetime
) -> Authorisation | None:
    """The oldest leave that the patient with this voucher gave a dispenser by choosing it, while it may be claimed (7202).

    :raises UnknownPrescriptionError: nobody may show this voucher; a code that is shown may be refused by its own names.
    """
    code = voucher_behind_code(
        voucher_kind, voucher_number, institution_id=house.id, infno=infno, operator=actor, at=at
    )
    on = localdate(at)
    with storage.reading() as raw:
        person = known_person(
            ask_for_person(raw, person_id=code.person_id)
            if code is not None
            else ask_for_person_with_voucher(raw, kind=voucher_kind, number=voucher_number, on=on)
        )
    if person is None:
        raise UnknownPrescriptionError(number="")
    found = (
        Authorisation.objects.select_related("prescription__institution")
        .filter(
            institution_id=house.id,
            kind=Authorisation.Kind.CHOSEN,
            valid_until__gt=at,
            prescription__person_id=person.id,
            prescription__place_id=house.id,
            prescription__state__in=AVAILABLE,
        )
        .order_by("pk")
        .first()
    )
    if found is not None:
        record_read(
            storage.driver(), institution_id=house.id, person_id=person.id, infno=infno, operator=actor, read_at=at
        )
    return found


def claiming_step(
    *, house: House, code: str, actor: str, at: datetime, infno: str = "7203"
) -> Change[None, Prescription]:
    """The change by which a dispenser opens a prescription by its leave and claims it (7203); claimed before, it opens again.

    :raises LeaveRefusedError, PlaceRefusedError, NotForOutsideError, HeldElsewhereError, TooSoonError, PrescriptionStateError,
        PrescriptionExpiredError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        given = leave(institution_id=house.id, code=code, at=at)
        if given is None:
            raise LeaveRefusedError
        prescription = hold(raw, given.prescription.number)
        claim(raw, prescription, house=house, by=By(actor, at, house.id))
        _note_reading(raw, house, prescription, infno=infno, actor=actor, at=at)
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def scanning_step(*, house: House, qr_code: str, actor: str, at: datetime) -> Change[None, Prescription]:
    """The change by which a dispenser scans a prescription's QR and claims it at once, as pages do.

    :raises YibaoError: as `showing_step` and `claiming_step` say; nothing changed.
    """
    inner = showing_step(house=house, qr_code=qr_code, actor=actor, at=at)

    def act(raw: Raw, person: LockedPerson | None, asked: None) -> Outcome[Prescription]:
        prescription = inner.act(raw, person, asked).made.prescription
        claim(raw, prescription, house=house, by=By(actor, at, house.id))
        return Outcome(prescription, prescription.pk)

    return Change(inner.ask, act)


def claim(raw: Raw, prescription: Prescription, *, house: House, by: By) -> None:
    """Claim a prescription that is held, for a dispenser that has leave; nothing to be done where it holds it already."""
    check_valid(prescription, by.at)
    _place(prescription, house.code, by.at)
    if prescription.state in HELD and prescription.holder_id == house.id:
        return
    _let_lapse(raw, prescription, by)
    if not may_be_claimed(prescription):
        raise PrescriptionStateError(state=prescription.state, step=str(Step.CLAIM.value))
    if prescription.place_id not in (None, house.id) and house.id != prescription.institution_id:
        shown = Authorisation.objects.filter(
            prescription=prescription, institution_id=house.id, kind=Authorisation.Kind.SHOWN, valid_until__gt=by.at
        )
        if not shown.exists():
            raise LeaveRefusedError
    due = next_use_from(prescription)
    if due is not None and localdate(by.at) < due:
        raise TooSoonError(number=prescription.number, due=due.isoformat())
    take_step(raw, prescription, Step.CLAIM, by, holder_id=house.id)


def releasing_step(*, house: House, number: str, actor: str, at: datetime, reason: str) -> Change[None, Prescription]:
    """The change by which a dispenser lets a prescription go that it holds.

    :raises UnknownPrescriptionError: it does not hold it.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, number)
        if prescription.holder_id != house.id:
            raise UnknownPrescriptionError(number=number)
        take_step(raw, prescription, Step.RELEASE, By(actor, at, house.id, details={"reason": reason}))
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def claiming_here_step(*, house: House, number: str, actor: str, at: datetime) -> Change[None, Prescription]:
    """The change by which a house claims what it may dispense without being shown the QR: its own, or what the patient chose it for.

    :raises UnknownPrescriptionError: another hospital wrote it, and the patient did not choose this house.
    :raises HeldElsewhereError, TooSoonError, PrescriptionStateError, PrescriptionExpiredError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, number)
        if house.id not in {prescription.institution_id, prescription.place_id}:
            raise UnknownPrescriptionError(number=number)
        claim(raw, prescription, house=house, by=By(actor, at, house.id))
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def _note_reading(raw: Raw, house: House, prescription: Prescription, *, infno: str, actor: str, at: datetime) -> None:
    """Note that a dispenser read the patient's prescription."""
    record_read(raw, institution_id=house.id, person_id=prescription.person_id, infno=infno, operator=actor, read_at=at)
