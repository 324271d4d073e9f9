"""Online and offline cost of institutions apart, against the one budget they share (共用医保付费总额管理指标)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Sum

from yibao.domains.internet_care.models import BudgetChange
from yibao.domains.storage import Raw, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCost:
    """An institution's settled cost of a month of the year, reversals taken off, in fen."""

    institution_id: int
    month: int
    online_visits: int
    online_total_fen: int
    online_fund_fen: int
    offline_visits: int
    offline_total_fen: int
    offline_fund_fen: int

    @property
    def fund_fen(self) -> int:
        """What counts against the budget: online and offline together."""
        return self.online_fund_fen + self.offline_fund_fen


def costs_of_year(
    raw: Raw, *, region: str, year: int, medical_types: Collection[str], institution_id: int | None = None
) -> list[MonthCost]:
    """The cost of each month in which a region's institutions with practice over the internet settled anything."""
    rows = ask(
        raw,
        "SELECT c.institution_id, c.month, "
        " count(*) FILTER (WHERE c.online AND c.sign > 0) - count(*) FILTER (WHERE c.online AND c.sign < 0),"
        " COALESCE(sum(c.total_fen) FILTER (WHERE c.online), 0)::bigint,"
        " COALESCE(sum(c.fund_fen) FILTER (WHERE c.online), 0)::bigint,"
        " count(*) FILTER (WHERE NOT c.online AND c.sign > 0) - count(*) FILTER (WHERE NOT c.online AND c.sign < 0),"
        " COALESCE(sum(c.total_fen) FILTER (WHERE NOT c.online), 0)::bigint,"
        " COALESCE(sum(c.fund_fen) FILTER (WHERE NOT c.online), 0)::bigint"
        " FROM (SELECT s.institution_id, extract(month FROM s.settled_at AT TIME ZONE 'Asia/Shanghai')::int AS month,"
        "   v.medical_type = ANY (%s::text[]) AS online, CASE s.kind WHEN 'reversal' THEN -1 ELSE 1 END AS sign,"
        "   s.total_fen, s.fund_fen FROM settlement_settlement s JOIN visits_visit v ON v.id = s.visit_id"
        "   WHERE s.settled_at >= (make_date(%s::int, 1, 1)::timestamp AT TIME ZONE 'Asia/Shanghai')"
        "   AND s.settled_at < (make_date(%s::int + 1, 1, 1)::timestamp AT TIME ZONE 'Asia/Shanghai')"
        "   AND s.institution_id IN (SELECT p.institution_id FROM internet_care_internetpractice p"
        "     JOIN institutions_institution i ON i.id = p.institution_id JOIN reference_division d ON d.code = i.division_id"
        "     WHERE d.pooling_region = %s AND (%s::bigint IS NULL OR i.id = %s::bigint))) c"
        " GROUP BY c.institution_id, c.month ORDER BY c.institution_id, c.month",
        (list(medical_types), year, year, region, institution_id, institution_id),
    ).fetchall()
    return [
        MonthCost(
            institution_id=row[0], month=row[1], online_visits=row[2], online_total_fen=row[3], online_fund_fen=row[4],
            offline_visits=row[5], offline_total_fen=row[6], offline_fund_fen=row[7],
        )
        for row in rows
    ]  # fmt: skip


def budgets_of_year(*, region: str, year: int) -> Mapping[int, int]:
    """The budget of a year of each institution of a region that has one, in fen, by the institution's number."""
    found = BudgetChange.objects.filter(institution__division__pooling_region=region, year=year)
    rows = found.values("institution_id").annotate(fen=Sum("amount_fen")).values_list("institution_id", "fen")
    return {institution: int(fen) for institution, fen in rows}


def steps_of_budget(*, institution_id: int, year: int) -> list[BudgetChange]:
    """How an institution's budget of a year came about, in order."""
    return list(
        BudgetChange.objects.filter(institution_id=institution_id, year=year).select_related("decided_by__user")
    )
