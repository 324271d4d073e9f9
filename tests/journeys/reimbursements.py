"""Applications for reimbursement by hand as the tests drive them: officers, documents, bills."""

from datetime import UTC, date, datetime

from yibao.domains.claims.models import Application
from yibao.domains.claims.operations import Act, Applicant
from yibao.domains.reimbursement.operations import TypedLine
from yibao.domains.staff.models import StaffMember
from yibao.workflows.apply_for_reimbursement import (
    ReimbursementWish,
    accept,
    apply_for_reimbursement,
    bring_document,
)
from yibao.workflows.reimburse_by_hand import approve, calculate, check_case, type_bill

from .office_records import new_member

BY_HAND = Application.Kind.BY_HAND
RECEIVED = datetime(2026, 11, 16, 1, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(2026, 11, 1), date(2026, 11, 9)
DOCUMENTS = ("invoice", "fee_list", "diagnosis", "record")
OFFICERS = ("receiver", "checker", "decider", "payer")


def found_officers():
    """Four agency officers by what they do."""
    return {name: new_member(name, "agency") for name in OFFICERS}


def act(name, *, at=RECEIVED, article="", note=""):
    """An act of an officer."""
    member = StaffMember.objects.select_related("user", "region").get(user__username=name)
    return Act(member=member, at=at, article=article, note=note)


def applicant(person):
    """The person applies for themselves, to their own account."""
    return Applicant(
        relation="self", name=person.name, document="", phone="", bank_name="测试银行", account_holder=person.name,
        account_number="6222000011112222333",
    )  # fmt: skip


def wish(someone, **changes):
    """A stay at the tertiary hospital of the small town, not settled because a system failed."""
    told = {
        "person": someone.number, "scheme": "310", "institution": "H11010100001", "reason": "system_failure",
        "care": "inpatient", "began_on": FIRST_DAY, "ended_on": LAST_DAY, **changes,
    }  # fmt: skip
    return ReimbursementWish(**told)


def line(total_yuan=20000, *, code="XA01", on=FIRST_DAY, **changes):
    """One line of the bill."""
    told = {
        "item_code": code, "item_name": "纸质账单项目", "quantity_e4": 10_000, "price_e6": total_yuan * 10**6,
        "amount_fen": total_yuan * 100, "occurred_on": on, **changes,
    }  # fmt: skip
    return TypedLine(**told)


def bring(application, kind, *, number="", amount_fen=None, digest="", at=RECEIVED):
    """A document comes."""
    return bring_document(
        application.pk, application_kind=application.kind, kind=kind, number=number, amount_fen=amount_fen,
        digest=digest, act=act("receiver", at=at),
    )  # fmt: skip


def bring_all(application, *, invoice, amount_fen, at=RECEIVED):
    """All documents that the law asks for come."""
    for kind in DOCUMENTS:
        number = invoice if kind == "invoice" else ""
        bring(application, kind, number=number, amount_fen=amount_fen if number else None, at=at)


def applied(person, **changes):
    """A received application without documents."""
    return apply_for_reimbursement(wish(person, **changes), applicant(person), act("receiver"))


def accepted(person, *, total_yuan=20000, invoice=None, lines=None, **changes):
    """An accepted application with all documents and a typed bill."""
    application = applied(person, **changes)
    bring_all(application, invoice=invoice or f"INV-{application.pk}", amount_fen=total_yuan * 100)
    accept(application.pk, application_kind=BY_HAND, act=act("receiver"))
    type_bill(application.pk, lines or [line(total_yuan)], act("checker"))
    return application


def checked(person, **changes):
    """A calculated and checked application."""
    application = accepted(person, **changes)
    calculate(application.pk, act("checker"))
    check_case(application.pk, act("checker"))
    return application


def approved(person, **changes):
    """An approved application."""
    application = checked(person, **changes)
    approve(application.pk, act("decider"))
    return Application.objects.get(pk=application.pk)
