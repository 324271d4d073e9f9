"""Which records each role may see and change in the admin, as data; what is not listed is refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SEE: Final = ("view",)
_KEEP: Final = ("view", "add", "change")
_OWN: Final = ("view", "add", "change", "delete")

_SYSTEM: Final[Mapping[str, tuple[str, ...]]] = {
    "auth.user": _KEEP,
    "staff.staffmember": _KEEP,
    "reference.division": _KEEP,
    "reference.dictionaryentry": _OWN,
    "reference.setting": _OWN,
    "reference.change": _SEE,
    "message_store.accesspoint": _KEEP,
    "message_store.credential": _OWN,
}
_AGENCY: Final[Mapping[str, tuple[str, ...]]] = {
    "reference.division": _KEEP,
    "reference.dictionaryentry": _KEEP,
    "reference.setting": _SEE,
    "reference.change": _SEE,
    "people.household": _KEEP,
    "people.person": _KEEP,
    "people.voucher": _KEEP,
    "institutions.institution": _KEEP,
    "institutions.department": _KEEP,
    "institutions.practitioner": _KEEP,
    "catalogue.item": _KEEP,
    "catalogue.coverage": _KEEP,
    "catalogue.ceilingprice": _KEEP,
    "catalogue.disease": _KEEP,
    "enrolment.employer": _KEEP,
    "enrolment.enrolment": _KEEP,
    "enrolment.specialstatus": _KEEP,
    "enrolment.contribution": _SEE,
    "enrolment.personalaccount": _SEE,
    "enrolment.accountentry": _SEE,
    "visits.visit": _SEE,
    "visits.diagnosis": _SEE,
    "visits.feebatch": _SEE,
    "visits.feeline": _SEE,
    "settlement.settlement": _SEE,
    "settlement.settledbatch": _SEE,
    "settlement.accumulator": _SEE,
    "ledger.book": _KEEP,
    "ledger.fund": _KEEP,
    "ledger.account": _KEEP,
    "ledger.journal": _SEE,
    "ledger.entry": _SEE,
    "ledger.seal": _SEE,
    "claims.application": _SEE,
    "claims.event": _SEE,
    "claims.document": _SEE,
    "claims.notice": _SEE,
    "claims.paymentorder": _SEE,
    "reimbursement.reimbursement": _SEE,
    "reimbursement.billline": _SEE,
    "reimbursement.calculation": _SEE,
    "maternity.maternityclaim": _SEE,
    "maternity.maternitycalculation": _SEE,
    "message_store.accesspoint": _SEE,
    "message_store.signin": _SEE,
    "message_store.message": _SEE,
    "message_store.recordread": _SEE,
}
ADMIN_ACTIONS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {"system": _SYSTEM, "agency": _AGENCY, "institution": {}, "auditor": {}},
)
"""Role → model ('app_label.model') → actions of Django's permissions. No role may delete what money stands on."""

PERSONAL_MODELS: Final = frozenset(
    {
        "people.household",
        "people.person",
        "people.voucher",
        "enrolment.enrolment",
        "enrolment.specialstatus",
        "enrolment.contribution",
        "enrolment.personalaccount",
        "enrolment.accountentry",
        "visits.visit",
        "visits.diagnosis",
        "visits.feebatch",
        "visits.feeline",
        "settlement.settlement",
        "settlement.settledbatch",
        "settlement.accumulator",
        "ledger.journal",
        "ledger.entry",
        "claims.application",
        "claims.event",
        "claims.document",
        "claims.notice",
        "claims.paymentorder",
        "reimbursement.reimbursement",
        "reimbursement.billline",
        "reimbursement.calculation",
        "maternity.maternityclaim",
        "maternity.maternitycalculation",
        "message_store.signin",
        "message_store.message",
        "message_store.recordread",
        "staff.personalrecordread",
    },
)
"""Records that tell about a person; the role that administers users and settings sees none of them."""
