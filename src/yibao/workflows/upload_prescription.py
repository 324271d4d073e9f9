"""Let electronic prescriptions into circulation: written with the signatures that came along (7101), or sealed and uploaded (D003)."""

import base64
import binascii
from dataclasses import dataclass, replace
from typing import Final

from yibao.domains.people.queries import LockedPerson
from yibao.domains.prescriptions.models import Prescription, Signature
from yibao.domains.prescriptions.operations import (
    By,
    UnknownPrescriptionError,
    check_valid,
    hold,
    take_step,
    write_signature,
)
from yibao.domains.prescriptions.signatures import SignatureRefusedError, seal_text
from yibao.domains.prescriptions.states import PrescriptionStateError, State, Step
from yibao.domains.reference.queries import choice
from yibao.domains.storage import Raw
from yibao.workflows.check_prescription import PatientDiffersError, PrescriptionWish, checking_step
from yibao.workflows.exactly_once import Outcome, Request
from yibao.workflows.exactly_once import Step as Change
from yibao.workflows.review_prescription import NotTheSealedError, Review, enter_review, sign, text_and_members

SIGNED_BY_KEY: Final = "prescriptions.physician_signature"
"""Setting: `own`, the physician's own key signs (our default), or `seal`: the institution's seal stands for its physicians."""


def prescribing_step(
    wish: PrescriptionWish, request: Request, *, physician_signature: str | None, review: Review | None
) -> Change[None, Prescription]:
    """The change that checks and writes a prescription, and takes the physician's and the pharmacist's signature along.

    :raises YibaoError: as `checking_step` and `review_step` say; nothing changed.
    """
    inner = checking_step(wish, request)

    def act(raw: Raw, person: LockedPerson | None, asked: None) -> Outcome[Prescription]:
        outcome = inner.act(raw, person, asked)
        written = outcome.made
        if physician_signature is not None:
            sign(raw, written, at=wish.at, actor=request.operator, signature=physician_signature)
        if review is not None:
            enter_review(raw, written, replace(review, number=written.number), is_own=True)
        return outcome

    return Change(inner.ask, act)


@dataclass(frozen=True, slots=True)
class Upload:
    """A sealed prescription as it is uploaded (D003): its members, the seal, the review of the hospital's pharmacist."""

    review: Review
    trace_code: str
    members: dict[str, str]
    seal: str
    patient_name: str
    document_number: str
    physician_signature: str | None = None


def uploading_step(upload: Upload) -> Change[None, Prescription]:
    """The change by which a prescription is let into circulation: signed, sealed as it is sent, reviewed.

    :raises NotTheSealedError: the seal is of another text, or a member differs from what was sealed.
    :raises PatientDiffersError, UnknownPrescriptionError, UnknownPractitionerError, SignatureRefusedError,
        PrescriptionStateError, PrescriptionExpiredError: nothing changed.
    """
    review = upload.review

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, review.number)
        if prescription.institution_id != review.house.id:
            raise UnknownPrescriptionError(number=review.number)
        check_valid(prescription, review.at)
        _check_upload(upload, prescription)
        if prescription.state == State.CHECKED:
            _physicians(raw, upload, prescription)
        if prescription.state != State.SIGNED:
            raise PrescriptionStateError(state=prescription.state, step=str(Step.APPROVE.value))
        enter_review(raw, prescription, review, is_own=True)
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def _check_upload(upload: Upload, prescription: Prescription) -> None:
    """What is uploaded is what was pre-checked and sealed, member by member."""
    if upload.trace_code != prescription.trace_code:
        raise NotTheSealedError(field="rxTraceCode")
    person = prescription.person
    if (upload.patient_name, upload.document_number.upper()) != (person.name, person.document_number.upper()):
        raise PatientDiffersError(field="certno")
    seals = Signature.objects.filter(prescription=prescription, role=Signature.Role.SEAL)
    sealed = next((each for each in seals if _same_signature(each.signature, upload.seal)), None)
    if sealed is None:
        raise NotTheSealedError(field="signDigest")
    _, members = text_and_members(sealed.signed_text)
    for name, sent in upload.members.items():
        if name in members and str(members[name]) != sent:
            raise NotTheSealedError(field=name)


def _same_signature(kept: str, sent: str) -> bool:
    """Whether a signature that came as Base64 is the one that is kept in hex."""
    try:
        return base64.b64decode(sent, validate=True).hex() == kept
    except (binascii.Error, ValueError):
        return False


def _physicians(raw: Raw, upload: Upload, prescription: Prescription) -> None:
    """The physician's own signature, or the seal in its stead where the region lets it stand for its physicians."""
    review = upload.review
    if upload.physician_signature is not None or choice(SIGNED_BY_KEY, "own") != "seal":
        if upload.physician_signature is None:
            raise SignatureRefusedError(field="dr_sign_info")
        sign(raw, prescription, at=review.at, actor=review.actor, signature=upload.physician_signature)
        return
    stands = seal_text(institution_id=review.house.id, name=review.house.name, text=prescription.text, at=review.at)
    write_signature(
        raw, prescription, role=Signature.Role.PHYSICIAN, institution_id=review.house.id,
        practitioner_id=prescription.physician_id, signed=(stands.public_key, stands.signature),
        text=prescription.text, at=review.at,
    )  # fmt: skip
    take_step(raw, prescription, Step.SIGN, By(review.actor, review.at, review.house.id, prescription.physician_id))
