"""Signatures and reviews of electronic prescriptions (签名、审方): physician, hospital's pharmacist, pharmacy's pharmacist, seal.

Source: Measures of Tianjin for Internet+ care, article 11: the physician signs and a pharmacist of the hospital reviews before
the upload; for a retail pharmacy its own pharmacist reviews too.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Practitioner
from yibao.domains.people.queries import LockedPerson
from yibao.domains.prescriptions.models import Prescription, Signature
from yibao.domains.prescriptions.operations import (
    By,
    UnknownPrescriptionError,
    check_valid,
    hold,
    notify,
    take_step,
    write_signature,
)
from yibao.domains.prescriptions.signatures import Sealed, check_signature, seal_text, sign_here
from yibao.domains.prescriptions.states import HELD, PrescriptionStateError, State, Step
from yibao.domains.storage import Raw
from yibao.workflows.check_prescription import House, practitioner_of
from yibao.workflows.exactly_once import Outcome
from yibao.workflows.exactly_once import Step as Change

REVIEWED: Final = "7108"
_SEALED_LETTERS_MAX: Final = 40_000


class NotTheSealedError(YibaoError):
    """What is uploaded is not what was sealed, or nothing of it was (上传内容与已签名内容不一致)."""

    code: ClassVar[str] = "prescriptions.not_the_sealed"


class UnknownReviewCodeError(YibaoError):
    """The code of a review says neither approved nor refused (处方审核状态代码)."""

    code: ClassVar[str] = "prescriptions.unknown_review_code"


class UnreadableTextError(YibaoError):
    """What is to be sealed is no JSON object with the number of a prescription, plain or in Base64."""

    code: ClassVar[str] = "prescriptions.unreadable_text"


@dataclass(frozen=True, slots=True)
class Review:
    """What a pharmacist of an institution found (审方); `signature` is over the prescription's text, where there is one."""

    number: str
    house: House
    pharmacist_name: str
    pharmacist_code: str | None
    is_approved: bool
    opinion: str
    reviewed_at: datetime
    at: datetime
    actor: str
    signature: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    signs_here: bool = False


def review_step(review: Review) -> Change[None, Prescription]:
    """The change that reviews a prescription, for `exactly_once.perform` and the office.

    The hospital that wrote it reviews what its physician signed; a dispenser what it holds.
    :raises UnknownPrescriptionError, UnknownPractitionerError, SignatureRefusedError, NoKeyHereError, PrescriptionStateError,
        PrescriptionExpiredError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, review.number)
        is_own = prescription.institution_id == review.house.id and prescription.state not in HELD
        if not is_own and prescription.holder_id != review.house.id:
            raise UnknownPrescriptionError(number=review.number)
        check_valid(prescription, review.at)
        enter_review(raw, prescription, review, is_own=is_own)
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def enter_review(raw: Raw, prescription: Prescription, review: Review, *, is_own: bool) -> None:
    """Keep the pharmacist's signature and take the step."""
    pharmacist = practitioner_of(
        institution_id=review.house.id, kind=Practitioner.Kind.PHARMACIST, code=review.pharmacist_code,
        name=review.pharmacist_name, on=localdate(review.at), field="phar_name",
    )  # fmt: skip
    step = (Step.APPROVE, Step.REFUSE) if is_own else (Step.RETAIL_APPROVE, Step.RETAIL_REFUSE)
    details = {**review.details, "opinion": review.opinion, "pharmacist": pharmacist.name}
    by = By(review.actor, review.at, review.house.id, pharmacist.pk, review.reviewed_at, details)
    signed = _pharmacists(review, prescription, pharmacist)
    take_step(raw, prescription, step[0] if review.is_approved else step[1], by)
    if signed is not None:
        role = Signature.Role.PHARMACIST if is_own else Signature.Role.RETAIL_PHARMACIST
        write_signature(
            raw, prescription, role=role, institution_id=review.house.id, practitioner_id=pharmacist.pk, signed=signed,
            text=prescription.text, at=review.at,
        )  # fmt: skip
    if not is_own:
        tell(raw, prescription, REVIEWED, review.at)


def _pharmacists(review: Review, prescription: Prescription, pharmacist: Practitioner) -> tuple[str, str] | None:
    """The pharmacist's signature over the prescription: made here, or checked, or none."""
    if review.signs_here:
        return sign_here(practitioner_id=pharmacist.pk, text=prescription.text, at=review.at)
    if review.signature is None:
        return None
    return check_signature(
        practitioner_id=pharmacist.pk, text=prescription.text, signature=review.signature, at=review.at,
        field="phar_sign_info",
    )  # fmt: skip


def signing_step(
    *, number: str, practitioner: Practitioner, at: datetime, actor: str, signature: str | None = None
) -> Change[None, Prescription]:
    """The change by which the physician signs: with a signature brought along, or by the key that is kept here.

    :raises UnknownPrescriptionError: there is no such prescription of this physician.
    :raises SignatureRefusedError, NoKeyHereError, PrescriptionStateError, PrescriptionExpiredError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        prescription = hold(raw, number)
        if prescription.physician_id != practitioner.pk:
            raise UnknownPrescriptionError(number=number)
        check_valid(prescription, at)
        if prescription.state != State.CHECKED:
            raise PrescriptionStateError(state=prescription.state, step=str(Step.SIGN.value))
        sign(raw, prescription, at=at, actor=actor, signature=signature)
        return Outcome(prescription, prescription.pk)

    return Change(lambda _raw: None, act)


def sign(raw: Raw, prescription: Prescription, *, at: datetime, actor: str, signature: str | None) -> None:
    """Keep the physician's signature over a prescription that is held, and take the step."""
    physician, text = prescription.physician_id, prescription.text
    if signature is None:
        signed = sign_here(practitioner_id=physician, text=text, at=at)
    else:
        signed = check_signature(practitioner_id=physician, text=text, signature=signature, at=at, field="dr_sign_info")
    write_signature(
        raw, prescription, role=Signature.Role.PHYSICIAN, institution_id=prescription.institution_id,
        practitioner_id=physician, signed=signed, text=text, at=at,
    )  # fmt: skip
    take_step(raw, prescription, Step.SIGN, By(actor, at, prescription.institution_id, physician))


def review_and_seal_step(review: Review) -> Change[None, Sealed | None]:
    """The change of `review_step` that answers with the hospital's seal over what its pharmacist approved (7102).

    :raises YibaoError: as `review_step` says.
    """
    inner = review_step(review)

    def act(raw: Raw, person: LockedPerson | None, asked: None) -> Outcome[Sealed | None]:
        outcome = inner.act(raw, person, asked)
        prescription = outcome.made
        if prescription.institution_id != review.house.id or not review.is_approved:
            return Outcome(None, outcome.subject_id)
        sealed = seal(raw, prescription, name=review.house.name, text=prescription.text, at=review.at)
        return Outcome(sealed, outcome.subject_id)

    return Change(inner.ask, act)


def seal(raw: Raw, prescription: Prescription, *, name: str, text: str, at: datetime) -> Sealed:
    """Put the institution's seal under a text about a prescription that is held, and keep it."""
    sealed = seal_text(institution_id=prescription.institution_id, name=name, text=text, at=at)
    write_signature(
        raw, prescription, role=Signature.Role.SEAL, institution_id=prescription.institution_id, practitioner_id=None,
        signed=(sealed.public_key, sealed.signature), text=text, at=at,
    )  # fmt: skip
    return sealed


def sealing_step(*, house: House, original: str, at: datetime) -> Change[None, Sealed]:
    """The change by which a hospital's prescription is sealed (医保电子签名, D002): the text names it by hiRxno.

    :raises UnreadableTextError, UnknownPrescriptionError, PrescriptionStateError, PrescriptionExpiredError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Sealed]:
        text, members = text_and_members(original)
        prescription = hold(raw, str(members.get("hiRxno") or members.get("hi_rxno") or ""))
        if prescription.institution_id != house.id:
            raise UnknownPrescriptionError(number=prescription.number)
        check_valid(prescription, at)
        if prescription.state not in (State.CHECKED, State.SIGNED):
            raise PrescriptionStateError(state=prescription.state, step=str(Step.SIGN.value))
        if str(members.get("rxTraceCode") or prescription.trace_code) != prescription.trace_code:
            raise NotTheSealedError(field="rxTraceCode")
        return Outcome(seal(raw, prescription, name=house.name, text=text, at=at), prescription.pk)

    return Change(lambda _raw: None, act)


def text_and_members(original: str) -> tuple[str, dict[str, Any]]:
    """The text that is sealed, out of Base64 where it came so, and its members."""
    text = original
    if not original.lstrip().startswith("{"):
        try:
            text = base64.b64decode(original, validate=True).decode()
        except (binascii.Error, ValueError):
            raise UnreadableTextError(field="originalValue") from None
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict) or len(text) > _SEALED_LETTERS_MAX:
        raise UnreadableTextError(field="originalValue")
    return text, members


def tell(raw: Raw, prescription: Prescription, infno: str, at: datetime) -> None:
    """Leave word for the hospital that wrote it, in the members that 7108 and 7109 have; their state is added when sent."""
    person = prescription.person
    content = {
        "hiRxno": prescription.number,
        "fixmedinsCode": prescription.institution.code,
        "psnCertType": person.document_type,
        "certno": person.document_number,
        "state": str(prescription.state),
    }
    notify(raw, prescription, infno=infno, content=content, at=at)
