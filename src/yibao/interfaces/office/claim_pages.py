"""What the pages of claims share: queue, export, the steps that both kinds take, and saying a refusal on the page."""

import hashlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.claims.models import Application, Document, Event, Notice, PaymentOrder
from yibao.domains.claims.operations import Act
from yibao.domains.claims.queries import clock_of, overdue, running, standing_payment
from yibao.domains.claims.states import TAKING_DOCUMENTS, possible_steps
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found
from yibao.interfaces.office.claim_forms import DocumentForm, ReturnForm, WordsForm, fen_of
from yibao.interfaces.office.claim_rows import claim_rows, queue_table
from yibao.interfaces.office.export import attached
from yibao.interfaces.office.texts import text_of
from yibao.workflows.apply_for_reimbursement import (
    accept,
    bring_document,
    correct_document,
    missing_documents,
    notify_missing,
)
from yibao.workflows.pay_claim import pay, payment_returned

QUEUE_MAX: Final = 500
LATEST: Final = 50
_LARGEST: Final = 2**63 - 1
Doing = Callable[[int, Act, StaffRequest], object]
Shown = Callable[..., HttpResponse]


class FormRefusedError(Exception):
    """A form of the page was not filled in rightly; its own words say what is wrong."""

    def __init__(self, form: forms.Form) -> None:
        self.form = form
        super().__init__()


def act_of(request: StaffRequest, **words: str) -> Act:
    """Who acts now, with the words of the form."""
    return Act(member=request.staff_member, at=timezone.now(), **words)


def filled(form: forms.Form) -> dict[str, Any]:
    """What a form says.

    :raises FormRefusedError: it is not filled in rightly.
    """
    if not form.is_valid():
        raise FormRefusedError(form)
    said: dict[str, Any] = form.cleaned_data
    return said


def words_of(request: StaffRequest) -> dict[str, str]:
    """Article and note that were typed with a step."""
    said = filled(WordsForm(request.POST))
    return {"article": said["article"], "note": said["note"]}


def number_of(request: StaffRequest, name: str) -> int:
    """The number of the row that a button stands at; 0, which is no row's, for anything else."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def show_queue(request: StaffRequest, found: QuerySet[Application], context: Mapping[str, Any]) -> HttpResponse:
    """Show what runs, the most urgent first, and what was ended lately."""
    today = timezone.localdate()
    shown = running(found)
    ended = found.exclude(pk__in=shown.values("pk")).order_by("-id")[:LATEST]
    told = {
        "rows": claim_rows(shown[:QUEUE_MAX], today=today),
        "ended": claim_rows(ended, today=today),
        "waiting": shown.count(),
        "late": len(overdue(shown, today=today)),
        "may_work": request.staff_member.role == "agency",
        **context,
    }
    return render(request, "office/claims.html", told)


def download_queue(request: StaffRequest, found: QuerySet[Application], *, kind: str, name: str) -> HttpResponse:
    """Send what runs as CSV or Excel with persons masked, and note whose records left the house."""
    now = timezone.now()
    applications = list(running(found))
    record_reads(
        reader=request.staff_member,
        person_ids={application.person_id for application in applications},
        page=request.path,
        purpose="export",
        at=now,
    )
    titles, rows = queue_table(claim_rows(applications, today=timezone.localdate(now)))
    return attached(kind, name=name, titles=titles, rows=rows, sheet=name)


def take_in(
    request: StaffRequest,
    form: forms.Form,
    applied: Callable[[], Application],
    *,
    page: str,
    context: Mapping[str, object],
) -> HttpResponse:
    """Show an empty form, or take in what it says; a refusal stands above the form, with all that was typed."""
    refusal, status = "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                return redirect(page, applied().pk)
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
    told = {**context, "form": form, "refusal": refusal}
    return render(request, "office/claim_new.html", told, status=status)


def find(found: QuerySet[Application], application_id: int) -> Application | None:
    """An application within the member's sight."""
    return None if application_id > _LARGEST else found.filter(pk=application_id).first()


def case_context(request: StaffRequest, application: Application) -> dict[str, Any]:
    """What the page of every claim shows."""
    documents = Document.objects.filter(application=application).select_related("received_by__user")
    payment = standing_payment(application)
    orders = PaymentOrder.objects.filter(application=application).select_related("ordered_by__user")
    return {
        "application": application,
        "document": mask(application.person.document_number),
        "proxy_document": mask(application.applicant_document),
        "account": mask(application.account_number),
        "clock": clock_of(application, today=timezone.localdate()),
        "documents": documents,
        "missing": [Document.Kind(kind).label for kind in missing_documents(application)],
        "notice": Notice.objects.filter(application=application).first(),
        "notice_missing": [
            Document.Kind(kind).label
            for notice in Notice.objects.filter(application=application)
            for kind in notice.missing
        ],
        "payment": payment,
        "orders": [(order, mask(order.account_number)) for order in orders],
        "events": Event.objects.filter(application=application).select_related("member__user"),
        "takes_documents": application.state in TAKING_DOCUMENTS,
        "can": {step.value for step in possible_steps(application.state)},
        "may_work": request.staff_member.role == "agency",
        "document_form": DocumentForm(),
        "return_form": ReturnForm(),
        "words_form": WordsForm(),
        "visible_names": scope_of(request.staff_member).sees_names,
    }


def carry_out(
    request: StaffRequest, application: Application | None, doing: Doing | None, *, page: str, show: Shown
) -> HttpResponseBase:
    """Take a step and show the page again; a refusal is said on the page, and nothing was changed."""
    if application is None or doing is None:
        return not_found(request)
    try:
        doing(application.pk, act_of(request), request)
    except FormRefusedError as refused:
        return show(request, application, refused_form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        return show(request, application, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect(page, application.pk)


def _bring(kind: str) -> Doing:
    def doing(application_id: int, act: Act, request: StaffRequest) -> object:
        said = filled(DocumentForm(request.POST, request.FILES))
        read = said["file"].read() if said["file"] else b""
        digest = hashlib.new("sm3", read).hexdigest() if read else ""
        amount_fen = None if said["amount"] is None else fen_of(said["amount"])
        return bring_document(
            application_id, application_kind=kind, kind=said["kind"], number=said["number"], amount_fen=amount_fen,
            digest=digest, act=act,
        )  # fmt: skip

    return doing


def _return(kind: str) -> Doing:
    def doing(application_id: int, act: Act, request: StaffRequest) -> object:
        said = filled(ReturnForm(request.POST))
        return payment_returned(application_id, application_kind=kind, act=act, **said)

    return doing


def shared_steps(kind: str) -> dict[str, Doing]:
    """The steps that every claim takes, by the last part of their address."""
    return {
        "document": _bring(kind),
        "void-document": lambda number, act, request: correct_document(
            number, application_kind=kind, document_id=number_of(request, "document"), act=act
        ),
        "notify": lambda number, _act, request: notify_missing(
            number, application_kind=kind, act=act_of(request, **words_of(request))
        ),
        "accept": lambda number, act, _request: accept(number, application_kind=kind, act=act),
        "pay": lambda number, act, _request: pay(number, application_kind=kind, act=act),
        "payment-returned": _return(kind),
    }
