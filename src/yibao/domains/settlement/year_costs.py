"""What an institution settled in a year, summed for its assessment: how often, by which voucher, online and in person."""

from collections.abc import Collection
from dataclasses import dataclass

from yibao.domains.storage import Raw, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class YearCost:
    """A year's settlements at an institution, reversals taken off; cost in fen.

    `by_voucher` counts those by the e-voucher or the social-security card; ordinary visits are outpatient and in person.
    """

    settlements: int
    by_voucher: int
    total_fen: int
    online_visits: int
    online_fen: int
    ordinary_visits: int
    ordinary_fen: int

    @property
    def per_settlement_fen(self) -> int | None:
        """The cost per settlement, rounded down; none without any."""
        return self.total_fen // self.settlements if self.settlements > 0 else None

    @property
    def per_online_visit_fen(self) -> int | None:
        """The cost per visit over the internet, rounded down; none without any."""
        return self.online_fen // self.online_visits if self.online_visits > 0 else None

    @property
    def per_ordinary_visit_fen(self) -> int | None:
        """The cost per ordinary outpatient visit, rounded down; none without any."""
        return self.ordinary_fen // self.ordinary_visits if self.ordinary_visits > 0 else None


def cost_of_year(raw: Raw, *, institution_id: int, year: int, internet_types: Collection[str]) -> YearCost:
    """An institution's settlements of a calendar year; what was settled by hand is no business of the institution."""
    row = ask(
        raw,
        "SELECT COALESCE(sum(c.sign), 0)::bigint, COALESCE(sum(c.sign) FILTER (WHERE c.voucher_kind IN ('01', '03')), 0)::bigint,"
        " COALESCE(sum(c.total_fen), 0)::bigint,"
        " COALESCE(sum(c.sign) FILTER (WHERE c.is_online), 0)::bigint,"
        " COALESCE(sum(c.total_fen) FILTER (WHERE c.is_online), 0)::bigint,"
        " COALESCE(sum(c.sign) FILTER (WHERE c.care = 'outpatient' AND NOT c.is_online), 0)::bigint,"
        " COALESCE(sum(c.total_fen) FILTER (WHERE c.care = 'outpatient' AND NOT c.is_online), 0)::bigint"
        " FROM (SELECT CASE s.kind WHEN 'reversal' THEN -1 ELSE 1 END AS sign, s.voucher_kind, s.total_fen, v.care,"
        "   v.care = 'outpatient' AND v.medical_type = ANY (%s::text[]) AS is_online"
        "  FROM settlement_settlement s JOIN visits_visit v ON v.id = s.visit_id"
        "  WHERE s.institution_id = %s AND s.infno <> 'byhand'"
        "  AND s.settled_at >= (make_date(%s::int, 1, 1)::timestamp AT TIME ZONE 'Asia/Shanghai')"
        "  AND s.settled_at < (make_date(%s::int + 1, 1, 1)::timestamp AT TIME ZONE 'Asia/Shanghai')) c",
        (list(internet_types), institution_id, year, year),
    ).fetchone()
    assert row is not None
    return YearCost(
        settlements=row[0], by_voucher=row[1], total_fen=row[2], online_visits=row[3], online_fen=row[4],
        ordinary_visits=row[5], ordinary_fen=row[6],
    )  # fmt: skip
