"""What hospitals look up of their prescriptions (7105 to 7107, D005 to D007): content, review, what was handed over."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.messages.operations import record_read
from yibao.domains.prescriptions.models import Dispensing, Event, Prescription
from yibao.domains.prescriptions.operations import UnknownPrescriptionError
from yibao.domains.prescriptions.queries import event_of, with_number
from yibao.domains.prescriptions.states import UPLOADED, Step
from yibao.workflows.check_prescription import PatientDiffersError
from yibao.workflows.look_up_records import Reader


class NotReviewedError(YibaoError):
    """No pharmacist has reviewed the prescription yet (处方尚未审核)."""

    code: ClassVar[str] = "prescriptions.not_reviewed"


class NotDispensedError(YibaoError):
    """Nothing was handed over on the prescription (处方尚未取药)."""

    code: ClassVar[str] = "prescriptions.not_dispensed"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which prescription of whom is asked for; what is not told is not compared."""

    number: str
    visit_id: int | None = None
    patient_name: str | None = None
    document_number: str | None = None


def patient_of(*, number: str | None = None, qr_code: str | None = None, leave: str | None = None) -> str | None:
    """The person number of a prescription's patient, whom every change to it locks first; nothing where there is none.

    The prescription is told by its number, its QR, or a leave to it.
    """
    found = Prescription.objects.all()
    if number is not None:
        found = found.filter(number=number)
    elif qr_code is not None:
        found = found.filter(qr_code=qr_code)
    else:
        found = found.filter(authorisations__code=leave or "")
    return found.values_list("person__number", flat=True).first()


def look_up_prescription(reader: Reader, asked: Asked) -> Prescription:
    """The prescription that the hospital wrote, when patient and visit are those of it; the reading is noted.

    :raises UnknownPrescriptionError: the hospital wrote no such prescription, or never uploaded it.
    :raises PatientDiffersError: it is another patient's.
    """
    found = with_number(asked.number)
    if found is None or found.institution_id != reader.institution_id or found.state not in UPLOADED:
        raise UnknownPrescriptionError(number=asked.number)
    person = found.person
    if asked.patient_name not in (None, person.name) or asked.document_number not in (None, person.document_number):
        raise PatientDiffersError(field="certno")
    if asked.visit_id not in (None, found.visit_id):
        raise PatientDiffersError(field="mdtrtId")
    record_read(
        storage.driver(), institution_id=reader.institution_id, person_id=person.pk, infno=reader.infno,
        operator=reader.operator, read_at=reader.at,
    )  # fmt: skip
    return found


def look_up_review(reader: Reader, asked: Asked) -> tuple[Prescription, Event]:
    """The prescription and its latest review.

    :raises UnknownPrescriptionError, PatientDiffersError: as `look_up_prescription` says.
    :raises NotReviewedError: there is none.
    """
    found = with_number(asked.number)
    reviews = (Step.RETAIL_APPROVE, Step.RETAIL_REFUSE, Step.APPROVE, Step.REFUSE)
    review = event_of(found, *reviews) if found is not None and found.institution_id == reader.institution_id else None
    if found is not None and review is not None and review.step == Step.REFUSE:
        return found, review  # refused: it was never uploaded, and the hospital may know why
    prescription = look_up_prescription(reader, asked)
    if review is None:
        raise NotReviewedError(number=asked.number)
    return prescription, review


def look_up_dispensings(reader: Reader, asked: Asked) -> tuple[Prescription, list[Dispensing]]:
    """The prescription and what was handed over on it and given back, the latest first.

    :raises UnknownPrescriptionError, PatientDiffersError: as `look_up_prescription` says.
    :raises NotDispensedError: nothing was.
    """
    prescription = look_up_prescription(reader, asked)
    rows = Dispensing.objects.select_related("settlement").prefetch_related("lines__line")
    found = list(rows.filter(prescription=prescription).order_by("-pk"))
    if not found:
        raise NotDispensedError(number=asked.number)
    return prescription, found


def moment_of(rows: list[Dispensing]) -> datetime:
    """When the latest of them was settled, else handed over."""
    latest = rows[0]
    return latest.settlement.settled_at if latest.settlement is not None else latest.happened_at
