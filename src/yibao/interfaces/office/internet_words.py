"""Care over the internet in the reader's words: rules, states, routes, conditions."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yibao.interfaces.office.words import reader_language
from yibao.policies.articles import article_in_english

SECTION: Final = "internet"
RULES: Final[dict[str, Promise]] = {
    "in_force": _("no rulebook is in force"),
    "designation": _("no designation agreement is in force"),
    "approval": _("no approval for care over the internet"),
    "agreement": _("no supplementary agreement is in force"),
    "offline_department": _("the department is none of the physical institution"),
    "internet_department": _("the department is none on the internet"),
    "no_diagnosis": _("no main diagnosis"),
    "common_or_chronic": _("the disease is neither common nor chronic"),
    "payable_disease": _("the disease is not on the list that is paid"),
    "voucher": _("not known by the e-voucher"),
    "licence": _("the physician holds no licence"),
    "experience": _("the physician has not practised alone long enough"),
    "annex": _("the physician has signed no annex"),
    "suspended": _("the physician is suspended"),
    "follow_up": _("no visit in person for the disease is on record"),
    "too_long_ago": _("the last visit in person is too long ago"),
    "seen_elsewhere": _("seen in person elsewhere only"),
    "refused_before": _("review verified a violation before"),
    "separate_cost": _("online and offline were exchanged"),
    "payable_service": _("the service is not paid online"),
    "barred_drug": _("the drug is not prescribed online"),
    "guided_price": _("above the guided price"),
    "false_identity": _("the person cannot have been there"),
    "empty_prior": _("nothing was settled for the visit in person before"),
    "no_record": _("no record of care was uploaded"),
    "closely_audited": _("the institution is audited closely"),
    "mechanism": _("the institution's own mechanisms were not in place"),
    "no_prescription": _("drugs without a prescription in the centre"),
    "physician_visits": _("more visits than a physician can hold in a day"),
    "person_visits": _("more visits than a person needs in a month"),
    "over_quantity": _("too large a quantity"),
    "repeated_drug": _("the same drug again too soon"),
    "duplicate": _("charged twice on one day"),
    "condition_permitted": _("no evidence that the health authority permits it over the internet"),
    "condition_direct": _("no evidence of direct service to the patient"),
    "condition_remote": _("no evidence that it is completed remotely"),
    "condition_same_function": _("no evidence of the function of the same offline item"),
    "condition_effective": _("no evidence of an effect on diagnosis or treatment"),
    "between_institutions": _("a service between institutions is no price item"),
    "excluded_kind": _("a service of this kind is no price item"),
    "sounds_excluded": _("sounds like a kind that is no price item"),
    "renamed": _("an old item under another name?"),
    "reworded": _("an old item in other words?"),
    "split": _("a part of an old item?"),
    "steps_added": _("an old item with steps added?"),
}
CONDITIONS: Final[dict[str, Promise]] = {
    "permitted": _("Permitted over the internet, with a clear pathway and norms"),
    "direct": _("Direct service to the patient"),
    "remote": _("Completed remotely"),
    "same_function": _("The function of the same offline item"),
    "effective": _("A substantive effect on diagnosis or treatment"),
}
"""The five conditions of a new price item (第八条)."""
STATES: Final[dict[str, Promise]] = {
    "open": _("waits for a reviewer"),
    "refused": _("waits for a second officer"),
    "done": _("decided"),
    "clean": _("nothing was found"),
}
LEVELS: Final[dict[str, Promise]] = {
    "tertiary": _("tertiary hospitals"),
    "district_tertiary": _("district tertiary hospitals"),
    "secondary": _("secondary hospitals"),
    "primary": _("primary hospitals"),
    "community": _("community centres"),
}
FACTS: Final[dict[str, Promise]] = {
    "disease": _("disease"),
    "day": _("day"),
    "days": _("days"),
    "months": _("months"),
    "department": _("department"),
    "physician": _("physician"),
    "item": _("item"),
    "line": _("line"),
    "units": _("units"),
    "visits": _("visits"),
    "institution": _("institution"),
    "name": _("name"),
    "code": _("code"),
    "why": _("reason"),
    "mechanisms": _("mechanisms"),
}
_VALUES: Final[dict[str, Promise]] = {"dead": _("died before"), "in_hospital": _("lay in a hospital")}


def rule_name(rule: str) -> str:
    """A rule in words, or its code."""
    return str(RULES.get(rule, rule))


def article_name(article: str) -> str:
    """An article as the reader names it."""
    return article_in_english(article) if reader_language() == "en" else article


def facts_told(facts: Mapping[str, Any]) -> str:
    """The facts of a finding that a reader understands, in one line."""
    shown = [(FACTS[name], _VALUES.get(str(value), value)) for name, value in facts.items() if name in FACTS]
    return "; ".join(f"{name}: {value}" for name, value in shown)
