"""The nation's rules for care in another pooling region (异地就医): whose catalogue, the clearing's days, the prepaid fund."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from yibao.policies.facts import FactLaw, Unit, read_facts
from yibao.policies.law import Clause

NATION: Final = "100000"
INTERREGIONAL_FILE: Final = Path(__file__).parent / NATION / "interregional.yaml"
_EXPECTED: Final[dict[str, Unit]] = {
    "catalogue_of_care": "yes_no",
    "confirm_days": "working_days",
    "pay_days": "working_days",
    "receive_days": "working_days",
    "answer_days": "working_days",
    "prepaid_months": "months",
    "usage_warning": "percent",
    "usage_alarm": "percent",
}


@dataclass(frozen=True, slots=True)
class Interregional:
    """The rules of a day; days are working days, uses of the prepaid fund are millionths.

    `catalogue_of_care`: lines are split by the catalogue of the place of care (就医地目录), else by that of enrolment.
    """

    catalogue_of_care: bool
    confirm_days: int
    pay_days: int
    receive_days: int
    answer_days: int
    prepaid_months: int
    usage_warning: int
    usage_alarm: int
    clauses: dict[str, Clause]


@lru_cache(maxsize=8)
def interregional_law(path: Path = INTERREGIONAL_FILE) -> FactLaw:
    """The law as it was read, checked.

    :raises yibao.policies.errors.PolicyError: it cannot be law.
    """
    return read_facts(path, _EXPECTED)


@lru_cache(maxsize=512)
def interregional_on(day: date) -> Interregional:
    """The rules of this day.

    :raises yibao.policies.errors.NoPolicyError: nothing is known of that day.
    """
    facts = interregional_law().on(day)
    return Interregional(
        **{key: facts[key].value for key in _EXPECTED}, clauses={key: facts[key].clause for key in _EXPECTED}
    )
