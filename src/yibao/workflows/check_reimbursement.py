"""What an officer should look at before a bill is reimbursed by hand: each check with its answer; none decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from yibao.domains.agreements.queries import is_designated_on
from yibao.domains.claims.models import Document
from yibao.domains.claims.queries import live_documents
from yibao.domains.reimbursement.models import BillLine, Reimbursement
from yibao.domains.settlement.models import Settlement
from yibao.policies.procedure import procedure_on


@dataclass(frozen=True, slots=True)
class Check:
    """One check by its key, whether it passed, and a figure or number that tells why."""

    key: str
    passed: bool
    detail: str = ""

    def to_plain(self) -> list[object]:
        """As a list of JSON values."""
        return [self.key, self.passed, self.detail]


def checks_of(case: Reimbursement, lines: Sequence[BillLine]) -> list[Check]:
    """Every check of a case, in the order of the page."""
    application = case.application
    documents = live_documents(application)
    invoices = [document for document in documents if document.kind == Document.Kind.INVOICE]
    received_on = localdate(application.received_at)
    procedure = procedure_on(received_on)
    come = {document.kind for document in documents}
    missing = [kind for kind in procedure.reimbursement_documents if kind not in come]
    invoiced_fen = sum(invoice.amount_fen or 0 for invoice in invoices)
    billed_fen = sum(line.amount_fen for line in lines)
    settled_invoice = _settled_invoice(case, [invoice.number for invoice in invoices])
    overlapping = _overlapping_stay(case)
    return [
        Check("documents_complete", not missing, ", ".join(missing)),
        Check("invoices_equal_bill", invoiced_fen == billed_fen, f"{invoiced_fen / 100:.2f} / {billed_fen / 100:.2f}"),
        Check("not_settled_online", settled_invoice == "", settled_invoice),
        Check("no_other_stay", overlapping == "", overlapping),
        Check("designated", _is_designated(case), case.institution.code),
        Check("in_time", received_on <= months_after(case.ended_on, procedure.apply_within), case.ended_on.isoformat()),
        Check("own_account", application.account_holder.strip() == application.person.name, ""),
    ]


def months_after(day: date, months: int) -> date:
    """The same day some calendar months later, or the last of that month when there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


def _settled_invoice(case: Reimbursement, numbers: Sequence[str]) -> str:
    """The number of an invoice that a standing settlement of the person names, if there is one."""
    found = Settlement.objects.filter(
        person_id=case.application.person_id, invoice__in=[number for number in numbers if number], reversal=None
    ).exclude(kind=Settlement.Kind.REVERSAL)
    return found.values_list("invoice", flat=True).first() or ""


def _overlapping_stay(case: Reimbursement) -> str:
    """The settlement of a stay that overlaps a stay to be reimbursed, if there is one."""
    if case.care != "inpatient":
        return ""
    found = Settlement.objects.filter(
        person_id=case.application.person_id,
        reversal=None,
        visit__care="inpatient",
        visit__began_at__date__lt=case.ended_on,
        visit__ended_at__date__gt=case.began_on,
    ).exclude(kind=Settlement.Kind.REVERSAL)
    number = found.values_list("pk", flat=True).first()
    return "" if number is None else str(number)


def _is_designated(case: Reimbursement) -> bool:
    """Whether the institution is designated on the first day of care."""
    return is_designated_on(case.institution_id, case.began_on)
