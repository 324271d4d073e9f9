"""Writes of applications: each step checks the state, moves it and notes who took it, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.working_days import CalendarUnknownError, add_working_days
from yibao.domains.claims.models import Application, Document, Event, Notice, PaymentOrder
from yibao.domains.claims.states import (
    LETTING_INVOICES_GO,
    TAKING_DOCUMENTS,
    State,
    Step,
    WrongStateError,
    after,
)
from yibao.domains.staff.models import StaffMember


class UnknownApplicationError(YibaoError):
    """The agency of this region has no such application."""

    code: ClassVar[str] = "claims.unknown"


class SameOfficerError(YibaoError):
    """Who checks does not decide, and who decides does not order the payment (不相容岗位分离)."""

    code: ClassVar[str] = "claims.same_officer"


class UnknownDocumentError(YibaoError):
    """The application has no such document, or it counts no more."""

    code: ClassVar[str] = "claims.unknown_document"


class InvoiceUsedError(YibaoError):
    """The invoice was brought before and counts there (发票重复报销)."""

    code: ClassVar[str] = "claims.invoice_used"


class InvoiceWithoutAmountError(YibaoError):
    """An invoice needs its number and an amount above nothing."""

    code: ClassVar[str] = "claims.invoice_without_amount"


class SecondNoticeError(YibaoError):
    """Everything missing is named in one notice; there is no second (一次性告知)."""

    code: ClassVar[str] = "claims.second_notice"


class NothingToPayError(YibaoError):
    """No fund owes this application anything."""

    code: ClassVar[str] = "claims.nothing_to_pay"


class ArticleMissingError(YibaoError):
    """A refusal names the article it stands on."""

    code: ClassVar[str] = "claims.article_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who applies, and where the money goes."""

    relation: str
    name: str
    document: str
    phone: str
    bank_name: str
    account_holder: str
    account_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who takes a step, when, and with which words."""

    member: StaffMember
    at: datetime
    article: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """From which day how many working days run, and to which day; none when that year's calendar is not known yet."""

    clock_from: date
    clock_days: int
    due_on: date | None


def deadline(clock_from: date, *, days: int) -> Deadline:
    """The deadline of so many working days; the day itself is left open rather than guessed."""
    try:
        due_on = add_working_days(clock_from, days)
    except CalendarUnknownError:
        due_on = None
    return Deadline(clock_from=clock_from, clock_days=days, due_on=due_on)


@transaction.atomic
def receive(*, kind: str, person_id: int, applicant: Applicant, clock: Deadline, act: Act) -> Application:
    """Take an application in; its clock runs from this day."""
    application = Application.objects.create(
        kind=kind,
        person_id=person_id,
        region=act.member.region,
        relation=applicant.relation,
        applicant_name=applicant.name,
        applicant_document=applicant.document,
        phone=applicant.phone,
        bank_name=applicant.bank_name,
        account_holder=applicant.account_holder,
        account_number=applicant.account_number,
        received_at=act.at,
        clock_from=clock.clock_from,
        clock_days=clock.clock_days,
        due_on=clock.due_on,
    )
    _note(application, Step.RECEIVE, State.RECEIVED, act)
    return application


def locked_application(*, application_id: int, region: str, kind: str) -> Application:
    """The application, its row held until the transaction ends.

    :raises UnknownApplicationError: this region has none of this number and kind.
    """
    found = (
        Application.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=application_id, region_id=region, kind=kind)
        .first()
    )
    if found is None:
        raise UnknownApplicationError(application=application_id)
    return found


def take(application: Application, step: Step, act: Act, **changes: object) -> Application:
    """Take a step with a locked application and note it; `changes` are further columns to set.

    :raises WrongStateError: the step does not fit the state.
    """
    state = after(application.state, step)
    for name, value in changes.items():
        setattr(application, name, value)
    application.state = state
    application.save(update_fields=["state", *changes])
    if state in LETTING_INVOICES_GO:
        Document.objects.filter(application=application, is_live=True).update(is_live=False)
    _note(application, step, state, act)
    return application


def _note(application: Application, step: Step, state: State, act: Act) -> None:
    Event.objects.create(
        application=application, step=step, state_after=state, at=act.at, member=act.member, article=act.article,
        note=act.note,
    )  # fmt: skip


def check(application: Application, act: Act) -> Application:
    """Record that an officer checked it."""
    return take(application, Step.CHECK, act, checked_by=act.member, decided_by=None)


def decide(application: Application, step: Step, act: Act) -> Application:
    """Approve or refuse a checked application.

    :raises SameOfficerError: the officer checked it.
    :raises ArticleMissingError: a refusal without its article.
    """
    after(application.state, step)
    if application.checked_by_id == act.member.pk:
        raise SameOfficerError(officer=act.member.user.get_username())
    if step is Step.REFUSE and not act.article.strip():
        raise ArticleMissingError(application=application.pk)
    return take(application, step, act, decided_by=act.member)


def take_back(application: Application, act: Act) -> Application:
    """Record that an approval was taken back.

    :raises SameOfficerError: the officer is the one who approved.
    :raises ArticleMissingError: no article is named.
    """
    after(application.state, Step.REVERSE)
    if application.decided_by_id == act.member.pk:
        raise SameOfficerError(officer=act.member.user.get_username())
    if not act.article.strip():
        raise ArticleMissingError(application=application.pk)
    return take(application, Step.REVERSE, act)


def keep_document(
    application: Application, *, kind: str, number: str, amount_fen: int | None, digest: str, act: Act
) -> Document:
    """Keep that a document came, for a locked application that is not checked yet.

    :raises WrongStateError: the application was checked, decided or withdrawn.
    :raises InvoiceWithoutAmountError: an invoice without number or amount.
    :raises InvoiceUsedError: the invoice, or the same file, counts already.
    """
    _require_open_documents(application)
    number = number.strip().upper()
    if kind == Document.Kind.INVOICE:
        if not number or amount_fen is None or amount_fen <= 0:
            raise InvoiceWithoutAmountError(field="number")
        _refuse_used_invoice(number, digest)
    return Document.objects.create(
        application=application, kind=kind, number=number, amount_fen=amount_fen, digest=digest, received_at=act.at,
        received_by=act.member,
    )  # fmt: skip


def _require_open_documents(application: Application) -> None:
    """Documents come and go until the case is checked: the decision sees what the checker saw."""
    if application.state not in TAKING_DOCUMENTS:
        raise WrongStateError(state=application.state, step="document")


def void_document(application: Application, document_id: int) -> None:
    """Let a document count no more that was registered wrongly; its row stays, an invoice may be brought again.

    :raises WrongStateError: the application was checked, decided or withdrawn.
    :raises UnknownDocumentError: no such document counts.
    """
    _require_open_documents(application)
    found = Document.objects.filter(application=application, pk=document_id, is_live=True).first()
    if found is None:
        raise UnknownDocumentError(document=document_id)
    found.is_live = False
    found.save(update_fields=["is_live"])


def _refuse_used_invoice(number: str, digest: str) -> None:
    """Say kindly what the unique constraints would say; they decide when two come at the same moment."""
    live = Document.objects.filter(kind=Document.Kind.INVOICE, is_live=True)
    used = live.filter(number=number).first() or (live.filter(digest=digest).first() if digest else None)
    if used is not None:
        raise InvoiceUsedError(invoice=number, application=used.application_id)


def give_notice(application: Application, *, missing: Collection[str], act: Act) -> Notice:
    """Name all that is missing, once; the clock stops.

    :raises WrongStateError: the application is not freshly received.
    :raises SecondNoticeError: a notice was given before.
    """
    if Notice.objects.filter(application=application).exists():
        raise SecondNoticeError(application=application.pk)
    take(application, Step.NOTIFY, act, clock_from=None, due_on=None)
    return Notice.objects.create(
        application=application, missing=sorted(missing), note=act.note, given_at=act.at, given_by=act.member
    )


def order_payment(application: Application, *, funds: Sequence[tuple[str, int]], act: Act) -> PaymentOrder:
    """Order what the funds owe to the applicant's account.

    :raises WrongStateError: it is not approved, or was paid.
    :raises SameOfficerError: the officer decided it.
    :raises NothingToPayError: the funds owe nothing.
    """
    after(application.state, Step.PAY)
    if application.decided_by_id == act.member.pk:
        raise SameOfficerError(officer=act.member.user.get_username())
    if sum(fen for _, fen in funds) <= 0:
        raise NothingToPayError(application=application.pk)
    take(application, Step.PAY, act)
    return PaymentOrder.objects.create(
        application=application,
        fund_codes=[fund for fund, _ in funds],
        fund_amounts_fen=[fen for _, fen in funds],
        amount_fen=sum(fen for _, fen in funds),
        bank_name=application.bank_name,
        account_holder=application.account_holder,
        account_number=application.account_number,
        ordered_at=act.at,
        ordered_by=act.member,
    )


def take_payment_back(application: Application, *, reason: str, account: Mapping[str, str], act: Act) -> PaymentOrder:
    """Record that the bank returned the payment, and the account that is tried next.

    :raises WrongStateError: no payment was ordered.
    """
    order = PaymentOrder.objects.filter(application=application, returned_at=None).first()
    if order is None:
        raise WrongStateError(state=application.state, step=str(Step.PAYMENT_RETURNED.value))
    take(application, Step.PAYMENT_RETURNED, act, **account)
    order.returned_at, order.return_reason = act.at, reason
    order.save(update_fields=["returned_at", "return_reason"])
    return order
