"""What the records of an institution's year show for its assessment (考核依据): measures, and the scores that the law proposes.

Nothing is guessed: where nothing was recorded that a measure could be taken of, it has no value and proposes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from yibao.core.money import PPM
from yibao.domains import storage
from yibao.domains.agreements.queries import breach_amount_fen, points_of_house
from yibao.domains.institutions.models import Institution
from yibao.domains.internet_care.supervision import InternetIndicators, internet_indicators
from yibao.domains.internet_care.uploads import UploadCounts
from yibao.domains.reconciliation.queries import count_of_runs
from yibao.domains.settlement.year_costs import YearCost, cost_of_year
from yibao.policies.agreement_library import assessment_law
from yibao.policies.agreements import Indicator
from yibao.policies.internet_care import marked_types
from yibao.workflows.measure_uploads import measure_uploads


@dataclass(frozen=True, slots=True)
class Proposed:
    """An indicator with what was measured for it; no value and no score where nothing was recorded, or nothing proposes."""

    indicator: Indicator
    value: int | None
    score_e2: int | None


@dataclass(frozen=True, slots=True)
class YearRecords:
    """What is recorded of an institution's year: cost of this and the last year, care over the internet, uploads by kind."""

    cost: YearCost
    cost_before: YearCost
    breaches_fen: int
    runs: int
    equal_runs: int
    points: int
    online: InternetIndicators
    uploads: Mapping[str, UploadCounts]


def proposed_scores(house: Institution, *, region: str, year: int, scope: str) -> list[Proposed]:
    """The indicators of a scope by the law of the year's last day, each with the score that the records propose."""
    indicators = assessment_law(region, date(year, 12, 31)).of_scope(scope)
    records = _records(house, region=region, year=year)
    return [_proposed(each, records) for each in indicators]


def _proposed(indicator: Indicator, records: YearRecords) -> Proposed:
    """One indicator."""
    evidence = indicator.evidence
    value = MEASURES[evidence.measure](records) if evidence else None
    score_e2 = None if evidence is None or value is None else evidence.score_of(value) * 100
    return Proposed(indicator, value, score_e2)


def _records(house: Institution, *, region: str, year: int) -> YearRecords:
    """Read the year."""
    first_day, last_day = date(year, 1, 1), date(year, 12, 31)
    with storage.reading() as raw:
        cost = cost_of_year(raw, institution_id=house.pk, year=year, internet_types=marked_types())
        before = cost_of_year(raw, institution_id=house.pk, year=year - 1, internet_types=marked_types())
        online = internet_indicators(
            raw, institution_id=house.pk, medical_types=marked_types(), first_day=first_day, last_day=last_day
        )
    runs, equal = count_of_runs(institution_id=house.pk, first_day=first_day, last_day=last_day)
    uploads = measure_uploads(region=region, first_day=first_day, last_day=last_day, institution_id=house.pk)
    return YearRecords(
        cost=cost, cost_before=before, breaches_fen=breach_amount_fen(house.pk, first_day=first_day, last_day=last_day),
        runs=runs, equal_runs=equal, points=points_of_house(house.pk, year), online=online,
        uploads=uploads[0].counts if uploads else {},
    )  # fmt: skip


def _share_ppm(part: int, whole: int) -> int | None:
    """A share in millionths, rounded down; none of nothing."""
    return part * PPM // whole if whole > 0 else None


def _cost_growth(records: YearRecords) -> int | None:
    """The growth of the cost per settlement over the year before, in millionths; below nought where it fell."""
    now, before = records.cost.per_settlement_fen, records.cost_before.per_settlement_fen
    return None if now is None or not before else (now - before) * PPM // before


def _online_cost(records: YearRecords) -> int | None:
    """The cost per visit online as a share of that of an ordinary outpatient visit."""
    online, ordinary = records.cost.per_online_visit_fen, records.cost.per_ordinary_visit_fen
    return None if online is None or not ordinary else online * PPM // ordinary


def _violations(records: YearRecords) -> int | None:
    """Amounts of breaches and of deductions for verified violations, as a share of the cost."""
    return _share_ppm(records.breaches_fen + records.online.deducted_fen, records.cost.total_fen)


def _present(records: YearRecords) -> int | None:
    """The share of prescriptions due that came at all."""
    counts = records.uploads.get("prescription")
    return None if counts is None else _share_ppm(counts.due - counts.missing, counts.due)


def _in_time(records: YearRecords, *kinds: str) -> int | None:
    """The share of records of some kinds that came in time."""
    counted = [records.uploads[kind] for kind in kinds if kind in records.uploads]
    due = sum(each.due for each in counted)
    return _share_ppm(due - sum(each.late + each.missing for each in counted), due)


MEASURES: Final[Mapping[str, Callable[[YearRecords], int | None]]] = {
    "voucher_ppm": lambda records: _share_ppm(records.cost.by_voucher, records.cost.settlements),
    "equal_reconciliations_ppm": lambda records: _share_ppm(records.equal_runs, records.runs),
    "violation_ppm": _violations,
    "staff_points": lambda records: records.points if records.cost.settlements else None,
    "cost_growth_ppm": _cost_growth,
    "real_name_in_time_ppm": lambda records: _in_time(records, "real_name"),
    "prescriptions_present_ppm": _present,
    "records_in_time_ppm": lambda records: _in_time(records, "record", "prescription", "purchase"),
    "online_violation_ppm": lambda records: _share_ppm(records.online.violations, records.online.audited),
    "online_cost_ppm": _online_cost,
}
"""How each measure that a law may name is taken."""
