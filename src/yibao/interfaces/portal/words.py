"""Codes of policies in plain words, for people who never saw a policy."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yibao.policies.language import Text

CARES: Final[dict[str, Promise]] = {
    "outpatient": _("Outpatient: seen by a doctor, not staying overnight"),
    "chronic": _("Outpatient for a chronic or special disease that was recognised"),
    "inpatient": _("Inpatient: a stay in hospital"),
    "day_surgery": _("Day surgery: in and out of hospital within a day"),
    "internet_followup": _("Follow-up visit over the internet"),
    "negotiated_drugs": _("Negotiated drugs bought with a prescription"),
    "pharmacy": _("Bought in a pharmacy"),
}
"""Kinds of care (就诊类别)."""

LEVELS: Final[dict[str, Promise]] = {
    "tertiary": _("Tertiary hospital (level 3)"),
    "district_tertiary": _("Tertiary hospital run by a district"),
    "secondary": _("Secondary hospital (level 2)"),
    "primary": _("Primary hospital (level 1)"),
    "community": _("Community health centre"),
    "village": _("Village clinic"),
    "pharmacy": _("Pharmacy"),
}
"""Levels of institutions (机构级别)."""

STATUSES: Final[dict[str, Promise]] = {
    "active": _("Working"),
    "retired": _("Retired"),
    "retired_before_2001": _("Retired before 2001"),
    "retired_after_2001": _("Retired since 2001"),
    "student_child": _("Student or child"),
    "working_age": _("Adult of working age without a job"),
    "elderly": _("Elderly"),
    "high_grade": _("Adult who paid the high grade"),
    "low_grade": _("Adult who paid the low grade"),
    "severely_disabled": _("Severely disabled"),
    "insured": _("Insured resident"),
    "first_tier_active": _("Working, first tier"),
    "first_tier_retired": _("Retired, first tier"),
    "second_tier": _("Second tier"),
    "assisted": _("Receiving medical assistance"),
    "assisted_student": _("Student or child receiving medical assistance"),
}
"""Groups of insured persons (人员类别)."""

PLACES: Final[dict[str, Promise]] = {
    "local": _("Here, where I am insured"),
    "filed": _("Elsewhere, and it was put on file before"),
    "referred": _("Elsewhere, referred by a hospital here"),
    "emergency": _("Elsewhere, as an emergency"),
    "unfiled": _("Elsewhere, not on file"),
}
"""Where care is given, seen from the region of insurance (异地就医备案)."""

SHORT_PLACES: Final[dict[str, Promise]] = {
    "local": _("local"),
    "filed": _("elsewhere, on file"),
    "referred": _("elsewhere, referred"),
    "emergency": _("elsewhere, emergency"),
    "unfiled": _("elsewhere, not on file"),
}
"""The same for the head of a narrow column."""

TRUSTS: Final[dict[str, Promise]] = {
    "official": _("official document"),
    "relayed": _("official rule as relayed"),
    "third_party": _("third-party material"),
    "our_default": _("default of this system: no published rule was found"),
}
"""How far a source is to be trusted."""

ACCUMULATED: Final[dict[str, Promise]] = {
    "deductible": _("What you have borne of the deductible in this insurance year, before a fund paid."),
    "cost": _("The cost within the policy's scope in this insurance year; it decides into which band this bill falls."),
    "payment": _("What the fund has paid for you in this insurance year; there is a limit for the year."),
}
"""What an accumulator of each kind counts."""


SCHEMES: Final[dict[str, Promise]] = {"310": _("Employees' basic insurance"), "390": _("Residents' basic insurance")}
"""Schemes of basic insurance (险种类型)."""

ROLES: Final[dict[str, Promise]] = {
    "system": _("system administrator of the agency"),
    "agency": _("officer of the insurance agency"),
    "institution": _("staff of the institution"),
    "auditor": _("auditor of the insurance agency"),
}
"""Roles of staff who looked at a record."""

LOOKS: Final[dict[str, Promise]] = {
    "1101": _("checked who stands at the counter"),
    "1162": _("scanned the electronic voucher"),
    "5201": _("looked up visits"),
    "5202": _("looked up diagnoses"),
    "5203": _("looked up a settlement"),
    "5204": _("looked up fee lines"),
    "5206": _("looked up what the year has counted"),
    "5301": _("looked up recognised diseases"),
    "5302": _("looked up a chosen institution"),
    "5303": _("looked up a stay"),
    "5304": _("looked up a referral"),
    "settlement": _("looked at a settlement"),
    "export": _("took out a list"),
    "admin": _("opened a register"),
    "contributions": _("looked at contributions"),
    "reimbursement": _("worked on a reimbursement by hand"),
    "maternity": _("worked on a maternity claim"),
    "sharing": _("looked at the family sharing of an account"),
    "filings": _("looked at a filing"),
    "clinical": _("looked at clinical records"),
    "access": _("looked at the access to the public pages"),
    "home": _("opened the start page"),
    "voucher": _("showed the electronic voucher"),
    "insurance": _("looked at insurance and account"),
    "visits": _("looked at visits and bills"),
    "family": _("looked at who may act"),
    "readers": _("looked at who read the records"),
    "online": _("looked at online visits"),
    "prescriptions": _("looked at prescriptions"),
    "orders": _("looked at orders and payments"),
    "messages": _("looked at messages"),
}
"""For what a record was looked at, by the word that stands in the note."""


def said(words: dict[str, Promise], code: str) -> str:
    """A code in the reader's words; a code that has no words yet shows itself."""
    return str(words.get(code, code))


def reads_english() -> bool:
    """Whether the reader reads English; everybody else reads Chinese."""
    return (get_language() or "").startswith("en")


def own(text: Text) -> str:
    """A text of a policy in the reader's language."""
    return text.en if reads_english() else text.zh
