"""Deliver the drugs of a prescription (配送): the dispenser tells how it fares, the patient that they came (签收).

Source: Measures of Tianjin for Internet+ care, article 22: delivery is traceable end to end. That the patient may confirm the receipt
on the own page is our default; nothing else waits for it.
"""

from datetime import datetime
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.people.queries import LockedPerson
from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.operations import By, UnknownPrescriptionError, hold, take_step
from yibao.domains.prescriptions.queries import waits_for_receipt, was_handed_over_by
from yibao.domains.prescriptions.states import Step
from yibao.domains.storage import Raw
from yibao.workflows.check_prescription import House
from yibao.workflows.exactly_once import Outcome
from yibao.workflows.exactly_once import Step as Change

ON_ITS_WAY: Final = "1"
ARRIVED: Final = "2"
STATES: Final = {ON_ITS_WAY: "配送中", ARRIVED: "已送达"}
"""Codes and names of a delivery (delv_stas_codg, delv_stas_name) that pages tell: our default, no dictionary was found."""
RECEIPT: Final = "receipt"
"""Under this name the patient's own word stands among the details of the step."""


class NotHandedOverHereError(YibaoError):
    """This house handed nothing of the prescription over, so it delivers nothing (本机构未发药)."""

    code: ClassVar[str] = "prescriptions.not_handed_over_here"


class NothingToReceiveError(YibaoError):
    """Nothing was handed over since the patient last confirmed a receipt (没有待签收的药品)."""

    code: ClassVar[str] = "prescriptions.nothing_to_receive"


def delivering_step(
    *, house: House, number: str, state: str, carrier: str, waybill: str, actor: str, at: datetime
) -> Change[None, Prescription]:
    """The change by which a dispenser tells how its delivery fares, as 7205 does.

    :raises NotHandedOverHereError: it handed nothing over.
    """
    told = {"delv_stas_codg": state, "delv_stas_name": STATES[state], "delv_entp_name": carrier, "delv_no": waybill}

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, number)
        if not was_handed_over_by(prescription, house.id):
            raise NotHandedOverHereError(number=number)
        details = {name: value for name, value in told.items() if value}
        take_step(raw, prescription, Step.DELIVERY, By(actor, at, house.id, details=details))
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def confirm_receipt(*, number: str, person_id: int, actor: str, at: datetime) -> Prescription:
    """Let the patient say that the drugs came; `person_id` is whose prescription it must be.

    :raises UnknownPrescriptionError: the person has no such prescription.
    :raises NothingToReceiveError: nothing was handed over, or it was confirmed before.
    """
    with storage.transaction() as raw:
        prescription = hold(raw, number)
        if prescription.person_id != person_id:
            raise UnknownPrescriptionError(number=number)
        if not waits_for_receipt(prescription):
            raise NothingToReceiveError(number=number)
        take_step(raw, prescription, Step.DELIVERY, By(actor, at, details={RECEIPT: "patient"}))
    return prescription
