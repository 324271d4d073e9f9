"""Take an application for reimbursement by hand (零星报销) in: person, care, documents, the one notice, acceptance.

Documents that are missing are named once (一次性告知) within the days that procedure allows; the clock then stands still until the last
one came. Without a notice the clock runs from the day of the application.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.claims.models import Application, Document
from yibao.domains.claims.operations import (
    Act,
    Applicant,
    InvoiceUsedError,
    deadline,
    give_notice,
    keep_document,
    locked_application,
    receive,
    take,
    void_document,
)
from yibao.domains.claims.queries import live_documents
from yibao.domains.claims.states import State, Step
from yibao.domains.enrolment.models import Enrolment
from yibao.domains.filings.queries import filings_on
from yibao.domains.institutions.models import Institution
from yibao.domains.institutions.queries import institution_with_code
from yibao.domains.people.models import Person
from yibao.domains.reimbursement.models import Reimbursement
from yibao.domains.reimbursement.operations import Circumstances, open_case
from yibao.policies.procedure import Procedure, procedure_on
from yibao.workflows.recorded_circumstances import Filed, place_by_filings


class NoSuchPersonError(YibaoError):
    """Nobody in the register has this person number or document number."""

    code: ClassVar[str] = "claims.no_such_person"


class NoSuchInstitutionError(YibaoError):
    """No institution of this code is in the register; one elsewhere is entered there first, with its level."""

    code: ClassVar[str] = "claims.no_such_institution"


class NeverInsuredHereError(YibaoError):
    """The person was not insured in this region under this scheme on the first day of care."""

    code: ClassVar[str] = "claims.never_insured_here"


class WrongDaysError(YibaoError):
    """The care ends before it begins, or lies after today."""

    code: ClassVar[str] = "claims.wrong_days"


class NothingMissingError(YibaoError):
    """All documents are there, so there is nothing to give notice of."""

    code: ClassVar[str] = "claims.nothing_missing"


class DocumentsMissingError(YibaoError):
    """Documents are missing that the law asks for."""

    code: ClassVar[str] = "claims.documents_missing"


class NoticeTooLateError(YibaoError):
    """The days in which documents may be found missing are over; the application counts as complete."""

    code: ClassVar[str] = "claims.notice_too_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReimbursementWish:
    """What is applied for: who, where, what care, on which days; `person` is a person or document number.

    `elsewhere` is what care in another region counts as when the officer says so; empty: what the filings make of it.
    """

    person: str
    scheme: str
    institution: str
    reason: str
    care: str
    began_on: date
    ended_on: date
    elsewhere: str = ""


def find_person(number: str) -> Person:
    """The person with this person number or document number.

    :raises NoSuchPersonError: there is none.
    """
    number = number.strip()
    found = (
        Person.objects.filter(number=number).first() or Person.objects.filter(document_number=number.upper()).first()
    )
    if found is None:
        raise NoSuchPersonError(field="person")
    return found


@transaction.atomic
def apply_for_reimbursement(wish: ReimbursementWish, applicant: Applicant, act: Act) -> Application:
    """Receive an application; its deadline follows from the working days of the official calendar, where that is known.

    :raises NoSuchPersonError, NoSuchInstitutionError, NeverInsuredHereError, WrongDaysError: nothing was written.
    """
    today = localdate(act.at)
    person = find_person(wish.person)
    institution = institution_with_code(wish.institution.strip().upper())
    if institution is None:
        raise NoSuchInstitutionError(field="institution", institution=wish.institution)
    if wish.ended_on < wish.began_on or wish.ended_on > today:
        raise WrongDaysError(field="ended_on")
    region = act.member.region_id
    if not _insured(person, wish.scheme, region, wish.began_on):
        raise NeverInsuredHereError(field="scheme", scheme=wish.scheme, day=wish.began_on)
    procedure = procedure_on(today)
    application = receive(
        kind=Application.Kind.BY_HAND,
        person_id=person.pk,
        applicant=applicant,
        clock=deadline(today, days=procedure.reimbursement_days),
        act=act,
    )
    place = _place(wish, person, institution, region)
    open_case(
        application,
        Circumstances(
            reason=wish.reason,
            scheme=wish.scheme,
            institution_id=institution.pk,
            care=wish.care,
            place=place,
            began_on=wish.began_on,
            ended_on=wish.ended_on,
        ),
    )
    return application


def _place(wish: ReimbursementWish, person: Person, institution: Institution, region: str) -> str:
    """Where the care counts as given: one of the six places that live visits know (异地就医备案类型).

    An officer who looked at the papers may say it; else the filings of the first day do, and an emergency needs none.
    """
    if institution.division.pooling_region == region:
        return "local"
    if wish.elsewhere:
        return wish.elsewhere
    rows = filings_on(person_id=person.pk, region=region, scheme=wish.scheme, day=wish.began_on)
    filed = [
        Filed(row.pk, row.kind, row.disease_code, row.destination_id, row.reason, row.institution_code) for row in rows
    ]
    place, _filing = place_by_filings(
        filed,
        division=institution.division_id,
        institution_code=institution.code,
        is_emergency=wish.reason == Reimbursement.Reason.EMERGENCY,
    )
    return place or "unfiled"


def _insured(person: Person, scheme: str, region: str, day: date) -> bool:
    """Whether any enrolment of the scheme in the region covers the day; its state is judged by the calculation."""
    rows = Enrolment.objects.filter(person=person, scheme=scheme, region_id=region, valid_from__lte=day)
    return any(row.valid_until is None or day < row.valid_until for row in rows)


def required_documents(application: Application, procedure: Procedure) -> tuple[str, ...]:
    """The kinds of documents that the law asks for with this kind of application."""
    is_maternity = application.kind == Application.Kind.MATERNITY
    return procedure.maternity_documents if is_maternity else procedure.reimbursement_documents


def missing_documents(application: Application) -> list[str]:
    """The kinds of documents that the law asks for and that have not come."""
    procedure = procedure_on(localdate(application.received_at))
    come = {document.kind for document in live_documents(application)}
    return [kind for kind in required_documents(application, procedure) if kind not in come]


def bring_document(
    application_id: int, *, application_kind: str, kind: str, number: str, amount_fen: int | None, digest: str, act: Act
) -> Document:
    """Keep a document that was handed in.

    :raises yibao.domains.claims.states.WrongStateError: the application was decided.
    :raises InvoiceUsedError: the invoice counts elsewhere, also when it was brought there at the same moment.
    """
    try:
        with transaction.atomic():
            application = _locked(application_id, application_kind, act)
            return keep_document(application, kind=kind, number=number, amount_fen=amount_fen, digest=digest, act=act)
    except IntegrityError:  # the twin was quicker: the constraint decides, the sentence is the same
        used = Document.objects.filter(kind=kind, number=number.strip().upper(), is_live=True).first()
        if used is None:
            raise
        raise InvoiceUsedError(invoice=used.number, application=used.application_id) from None


@transaction.atomic
def correct_document(application_id: int, *, application_kind: str, document_id: int, act: Act) -> None:
    """Let a document count no more that was registered wrongly.

    :raises yibao.domains.claims.operations.UnknownDocumentError: no such document counts.
    """
    void_document(_locked(application_id, application_kind, act), document_id)


@transaction.atomic
def notify_missing(application_id: int, *, application_kind: str, act: Act) -> Application:
    """Give the one notice that names everything missing; the clock stops.

    :raises yibao.domains.claims.operations.SecondNoticeError: it was given.
    :raises NothingMissingError: all documents are there.
    :raises NoticeTooLateError: the days for it are over.
    """
    application = _locked(application_id, application_kind, act)
    missing = missing_documents(application)
    received_on, today = localdate(application.received_at), localdate(act.at)
    last_day = deadline(received_on, days=procedure_on(received_on).notice_days).due_on
    if application.state == State.RECEIVED:
        if not missing:
            raise NothingMissingError(application=application.pk)
        if last_day is not None and today > last_day:
            raise NoticeTooLateError(last_day=last_day)
    give_notice(application, missing=missing, act=act)
    return application


@transaction.atomic
def accept(application_id: int, *, application_kind: str, act: Act) -> Application:
    """Accept an application for processing (受理); after a notice the clock starts anew on this day.

    :raises DocumentsMissingError: a document is missing, and a notice was given or can still be.
    """
    application = _locked(application_id, application_kind, act)
    received_on, today = localdate(application.received_at), localdate(act.at)
    procedure = procedure_on(received_on)
    missing = missing_documents(application)
    was_notified = application.state == State.WANTING
    last_day = deadline(received_on, days=procedure.notice_days).due_on
    too_late_to_ask = last_day is not None and today > last_day
    if missing and (was_notified or not too_late_to_ask):
        raise DocumentsMissingError(missing=", ".join(missing))
    if not was_notified:
        return take(application, Step.ACCEPT, act)
    is_maternity = application.kind == Application.Kind.MATERNITY
    clock = deadline(today, days=procedure.allowance_days if is_maternity else procedure.reimbursement_days)
    return take(application, Step.ACCEPT, act, clock_from=clock.clock_from, due_on=clock.due_on)


def _locked(application_id: int, application_kind: str, act: Act) -> Application:
    """The application of the officer's region, locked."""
    return locked_application(application_id=application_id, region=act.member.region_id, kind=application_kind)
