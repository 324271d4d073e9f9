"""A region's maternity law (<region>/maternity.yaml) as the engine takes it, with the clause behind every number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from yibao.engines.maternity import MaternityTerms
from yibao.policies.errors import NoPolicyError
from yibao.policies.facts import FactLaw, Unit, read_facts
from yibao.policies.law import Clause
from yibao.policies.library import ROOT

MATERNITY_FILE: Final = "maternity.yaml"
_TERMS: Final[dict[str, Unit]] = {
    "divisor_days": "days",
    "birth_days": "days",
    "difficult_days": "days",
    "further_child_days": "days",
    "local_days": "days",
    "early_miscarriage_days": "days",
    "late_miscarriage_days": "days",
    "late_from_weeks": "weeks",
    "wage_floor": "yuan",
    "wage_roof": "yuan",
    "employer_tops_up": "yes_no",
    "prenatal_limits": "yuan_by_weeks",
    "care_fixed": "yuan_by_kind",
    "care_limits": "yuan_by_kind",
}
_CONDITIONS: Final[dict[str, Unit]] = {"months_before": "months", "fund": "fund"}


@dataclass(frozen=True, slots=True)
class MaternityLaw:
    """The maternity law of a region on a day: the engine's terms, who may claim, which fund pays, and the clauses."""

    name: str
    title_zh: str
    title_en: str
    terms: MaternityTerms
    months_before: int
    fund: str
    clauses: Mapping[str, Clause]


def maternity_regions(root: Path = ROOT) -> tuple[str, ...]:
    """List the regions whose maternity law is stated."""
    return tuple(path.parent.name for path in sorted(root.glob(f"*/{MATERNITY_FILE}")))


@lru_cache(maxsize=64)
def maternity_file(region: str, root: Path = ROOT) -> FactLaw:
    """A region's file, read and checked.

    :raises NoPolicyError: the region has none.
    :raises yibao.policies.errors.PolicyError: it cannot be law.
    """
    path = root / region / MATERNITY_FILE
    if not path.is_file():
        raise NoPolicyError(region=region, scheme="maternity", on="")
    return read_facts(path, _TERMS | _CONDITIONS)


def maternity_law(region: str, on: date) -> MaternityLaw:
    """The maternity law of a region on the day of the event.

    :raises NoPolicyError: the region has none, or nothing is known of that day.
    """
    law = maternity_file(region)
    facts = law.on(on)
    columns = {f"{key}_fen" if unit == "yuan" else key: facts[key].value for key, unit in _TERMS.items()}
    first_day = max(period.start for _, period, _ in law.placed if on in period)
    return MaternityLaw(
        name=f"{region}/maternity@{first_day.isoformat()}",
        title_zh=law.file.title.zh,
        title_en=law.file.title.en,
        terms=MaternityTerms(**columns),
        months_before=facts["months_before"].value,
        fund=facts["fund"].value,
        clauses={key: fact.clause for key, fact in facts.items()},
    )
