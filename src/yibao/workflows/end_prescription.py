"""End electronic prescriptions: the hospital withdraws one (撤销), or its validity is over (过期); and what is noted on the way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.timezone import localdate

from yibao.domains import storage
from yibao.domains.institutions.models import Practitioner
from yibao.domains.people.queries import LockedPerson
from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.operations import By, UnknownPrescriptionError, check_valid, hold, take_step
from yibao.domains.prescriptions.queries import to_expire
from yibao.domains.prescriptions.states import ENDED, Step
from yibao.domains.storage import Raw
from yibao.workflows.check_prescription import House, practitioner_of
from yibao.workflows.exactly_once import Outcome
from yibao.workflows.exactly_once import Step as Change

EXPIRED_AT_ONCE: Final = 200
"""How many prescriptions are ended in one turn."""


def withdrawing_step(
    *,
    number: str,
    house: House,
    physician_name: str,
    physician_code: str | None,
    reason: str,
    happened_at: datetime,
    actor: str,
    at: datetime,
) -> Change[None, Prescription]:
    """The change by which a physician of the hospital withdraws a prescription that no dispenser has touched.

    :raises UnknownPrescriptionError, UnknownPractitionerError, PrescriptionStateError, PrescriptionExpiredError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, number)
        if prescription.institution_id != house.id:
            raise UnknownPrescriptionError(number=number)
        check_valid(prescription, at)
        physician = practitioner_of(
            institution_id=house.id, kind=Practitioner.Kind.PHYSICIAN, code=physician_code, name=physician_name,
            on=localdate(at), field="prsc_dr_name",
        )  # fmt: skip
        by = By(actor, at, house.id, physician.pk, happened_at, {"reason": reason})
        take_step(raw, prescription, Step.WITHDRAW, by)
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def noting_step(
    *,
    number: str,
    house: House,
    step: Step,
    details: Mapping[str, Any],
    happened_at: datetime,
    actor: str,
    at: datetime,
) -> Change[None, Prescription]:
    """The change that notes a payment (7105) or a delivery (7205) which the hospital or the dispenser reports.

    :raises UnknownPrescriptionError: neither wrote it nor dispensed it.
    :raises PrescriptionStateError: it was never let into circulation, or is withdrawn.
    """
    assert step in {Step.PAYMENT, Step.DELIVERY}

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, number)
        houses = {prescription.institution_id, prescription.holder_id, prescription.place_id}
        dispensed = prescription.dispensings.filter(institution_id=house.id).exists()
        if house.id not in houses and not dispensed:
            raise UnknownPrescriptionError(number=number)
        take_step(raw, prescription, step, By(actor, at, house.id, None, happened_at, details))
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def expire_prescriptions(*, at: datetime) -> int:
    """End the prescriptions whose validity is over, each for itself, and give their number."""
    count = 0
    for number in to_expire(at=at, limit=EXPIRED_AT_ONCE):
        with storage.transaction() as raw:
            prescription = hold(raw, number)
            if prescription.state in ENDED or prescription.valid_until > at:
                continue
            take_step(raw, prescription, Step.EXPIRE, By("yibao", at, happened_at=prescription.valid_until))
            count += 1
    return count
