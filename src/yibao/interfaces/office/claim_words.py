"""Claims in the reader's words: checks, kinds of delivery, steps of a maternity calculation."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan

CHECKS: Final[dict[str, Promise]] = {
    "documents_complete": _("all documents that the law asks for are there"),
    "invoices_equal_bill": _("the invoices add up to the bill"),
    "not_settled_online": _("no invoice belongs to a settlement at the counter"),
    "no_other_stay": _("no settled stay overlaps"),
    "designated": _("the institution was designated"),
    "in_time": _("applied for in time"),
    "own_account": _("the bank account is the insured person's own"),
    "months_before": _("insured long enough before the event (months)"),
    "employer_known": _("insured through an employer, so that there is an allowance"),
    "invoices_equal_cost": _("the invoices add up to the cost"),
}
"""What each check asks."""

KINDS: Final[dict[str, Promise]] = {
    "natural": _("natural delivery"),
    "assisted": _("assisted delivery"),
    "caesarean": _("caesarean section"),
    "caesarean_more": _("caesarean section with another operation"),
    "abortion_surgical": _("surgical abortion, outpatient"),
    "abortion_medical": _("medical abortion, outpatient"),
}
"""Kinds of delivery or operation that maternity laws name."""

LEVELS: Final[dict[str, Promise]] = {
    "tertiary": _("tertiary hospital"),
    "secondary": _("secondary hospital"),
    "primary": _("primary hospital"),
    "any": _("any hospital"),
}
"""Levels of hospital that maternity laws tell apart."""

TRUSTS: Final[dict[str, Promise]] = {
    "official": _("official text"),
    "relayed": _("relayed by a portal"),
    "third_party": _("third party"),
    "our_default": _("our default"),
}
"""How far a value of the law is trusted."""


def kind_name(key: str) -> str:
    """A kind of delivery with the level of the hospital, as in caesarean/tertiary, in words."""
    kind, _slash, level = key.partition("/")
    return " · ".join(str(words.get(code, code)) for words, code in ((KINDS, kind), (LEVELS, level)) if code)


def checks_told(checks: Sequence[Sequence[Any]]) -> list[tuple[str, bool, str]]:
    """Checks as they were kept: what was asked, whether it passed, the detail."""
    return [(str(CHECKS.get(key, key)), bool(passed), str(detail)) for key, passed, detail in checks]


def maternity_sentences(trace: Sequence[Sequence[Any]]) -> list[str]:
    """A maternity calculation step by step, each with the clauses it stands on."""
    return [f"{_sentence(step, facts)} [{', '.join(clauses)}]" for step, facts, clauses in trace]


def _sentence(step: str, facts: dict[str, int]) -> str:
    """One step in a sentence."""
    yuan = {name: format_yuan(value) for name, value in facts.items() if name.endswith("fen")}
    match step:
        case "days":
            return gettext(
                "Days of the allowance: %(basic)s, difficult birth %(difficult)s, further children %(further)s,"
                " local extension %(local)s; together %(total)s."
            ) % {name: str(value) for name, value in facts.items()}
        case "allowance":
            return gettext(
                "Allowance: average monthly wage of the employer %(wage)s yuan ÷ %(divisor)s × %(days)s days = %(sum)s yuan."
            ) % {
                "wage": yuan["wage_fen"],
                "divisor": str(facts["divisor"]),
                "days": str(facts["days"]),
                "sum": yuan["fen"],
            }
        case "prenatal":
            return gettext("Prenatal checks: %(sum)s yuan, within the limit of %(limit)s yuan.") % {
                "sum": yuan["fen"],
                "limit": yuan["limit_fen"],
            }
        case _:
            return gettext("Delivery or operation: %(sum)s yuan.") % {"sum": yuan["fen"]}
