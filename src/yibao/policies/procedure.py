"""The nation's rules for handling claims: how many working days, which documents, how long one may apply."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from yibao.policies.facts import FactLaw, Unit, read_facts
from yibao.policies.law import Clause

NATION: Final = "100000"
PROCEDURE_FILE: Final = Path(__file__).parent / NATION / "procedure.yaml"
_EXPECTED: Final[dict[str, Unit]] = {
    "reimbursement_days": "working_days",
    "allowance_days": "working_days",
    "notice_days": "working_days",
    "apply_within": "months",
    "reimbursement_documents": "documents",
    "maternity_documents": "documents",
}


@dataclass(frozen=True, slots=True)
class Procedure:
    """The rules of a day; days are working days, documents are the kinds of `claims.Document`."""

    reimbursement_days: int
    allowance_days: int
    notice_days: int
    apply_within: int
    reimbursement_documents: tuple[str, ...]
    maternity_documents: tuple[str, ...]
    clauses: dict[str, Clause]


@lru_cache(maxsize=8)
def procedure_law(path: Path = PROCEDURE_FILE) -> FactLaw:
    """The law as it was read, checked.

    :raises yibao.policies.errors.PolicyError: it cannot be law.
    """
    return read_facts(path, _EXPECTED)


def procedure_on(day: date) -> Procedure:
    """The rules for an application that came on this day.

    :raises yibao.policies.errors.NoPolicyError: nothing is known of that day.
    """
    facts = procedure_law().on(day)
    return Procedure(
        **{key: facts[key].value for key in _EXPECTED}, clauses={key: facts[key].clause for key in _EXPECTED}
    )
