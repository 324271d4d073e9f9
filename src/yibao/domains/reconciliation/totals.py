"""What an institution settled, summed by day, scheme and kind of care; reversals as the region counts them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, LiteralString, NamedTuple
from zoneinfo import ZoneInfo

from yibao.domains.reconciliation.models import CLEARING_TYPES
from yibao.domains.reconciliation.practices import Practice
from yibao.domains.storage import Raw, Rows, ask

BEIJING: Final = ZoneInfo("Asia/Shanghai")
NORMAL, REFUND = "normal", "refund"
_CARE: Final = {code: care for care, code in CLEARING_TYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whose settlements of which days (both included); an empty scheme or clearing type, or empty refunds, means all.

    `agency` is the division that settles with the institution (结算经办机构); a settlement is that of the region of care.
    """

    institution_id: int
    region: str
    first_day: date
    last_day: date
    agency: str = ""
    scheme: str = ""
    clearing_type: str = ""
    refunds: str = ""

    @property
    def begins_at(self) -> datetime:
        """The first moment that counts."""
        return midnight(self.first_day)

    @property
    def ends_at(self) -> datetime:
        """The first moment that counts no more."""
        return midnight(self.last_day + timedelta(days=1))

    @property
    def care(self) -> str:
        """The kind of care of the clearing type; a type that nobody is settled by (51, 99) has none, so nothing is found."""
        return _CARE.get(self.clearing_type, "none") if self.clearing_type else ""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many settlements and what they come to, in fen, with reversals taken off."""

    count: int = 0
    total_fen: int = 0
    fund_fen: int = 0
    account_fen: int = 0
    cash_fen: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        """Both together."""
        return Totals(
            self.count + other.count,
            self.total_fen + other.total_fen,
            self.fund_fen + other.fund_fen,
            self.account_fen + other.account_fen,
            self.cash_fen + other.cash_fen,
        )


class Cell(NamedTuple):
    """The settlements of one day under one scheme, of one kind of care; reversals apart."""

    day: date
    scheme: str
    care: str
    is_refund: bool
    rows: int
    total_fen: int
    fund_fen: int
    account_fen: int
    cash_fen: int

    @property
    def clearing_type(self) -> str:
        """清算类别 (clr_type)."""
        return CLEARING_TYPES[self.care]


def midnight(day: date) -> datetime:
    """The beginning of a day in Beijing time."""
    return datetime.combine(day, time.min, BEIJING)


# What 2601 undid never was, unless the region shows it: neither row of the pair counts.
_ALL: Final[LiteralString] = "true"
_NOT_UNDONE: Final[LiteralString] = (
    "s.infno <> '2601' AND NOT EXISTS (SELECT FROM settlement_settlement u WHERE u.reverses_id = s.id AND u.infno = '2601')"
)
_STANDING: Final[LiteralString] = (
    "s.kind = 'settlement' AND (NOT EXISTS (SELECT FROM settlement_settlement u WHERE u.reverses_id = s.id)"
    " OR yibao_settlement_stands(s.id))"
)
# The transaction tells the kind of care, and the institution's code whether it is a pharmacy: a month's visits need not be read.
CARE: Final[LiteralString] = (
    "CASE WHEN s.infno IN ('2304', '2305') THEN 'inpatient' WHEN s.infno IN ('2102', '2103') THEN 'pharmacy'"
    " WHEN s.infno IN ('2207', '2207A', '2208') THEN CASE WHEN i.code LIKE 'P%' THEN 'pharmacy' ELSE 'outpatient' END"
    " ELSE (SELECT v.care FROM visits_visit v WHERE v.id = s.visit_id) END"
)
# What an officer settled by hand is no business of the institution that the person had paid.
OF_PERIOD: Final[LiteralString] = (
    " FROM settlement_settlement s JOIN institutions_institution i ON i.id = s.institution_id"
    " JOIN enrolment_enrolment e ON e.id = s.enrolment_id"
    " WHERE s.institution_id = %s AND s.settled_at >= %s AND s.settled_at < %s AND s.infno <> 'byhand'"
    " AND (%s = '' OR e.scheme = %s) AND (%s = '' OR (s.kind = 'reversal') = (%s = 'refund')) AND (%s = '' OR "
    + CARE
    + " = %s) AND "
)
_AMOUNTS: Final[LiteralString] = (
    "count(*) AS rows, sum(s.total_fen) AS total_fen, sum(s.fund_fen) AS fund_fen, sum(s.account_fen) AS account_fen,"
    " sum(s.cash_fen) AS cash_fen FROM settlement_settlement s JOIN enrolment_enrolment e ON e.id = s.enrolment_id"
    " WHERE s.institution_id = %s AND s.settled_at >= "
)
_TOLD: Final[LiteralString] = "('2207', '2207A', '2208', '2304', '2305', '2102', '2103')"
# Day by day the groups are few and of plain columns, which the server sums as it reads; grouped by a computed day it would sort all.
_EACH_DAY: Final[LiteralString] = (
    "SELECT g.day::date, x.scheme, CASE WHEN x.infno IN ('2304', '2305') THEN 'inpatient' WHEN x.infno IN ('2102', '2103')"
    " OR (SELECT i.code FROM institutions_institution i WHERE i.id = %s) LIKE 'P%' THEN 'pharmacy' ELSE 'outpatient' END,"
    " x.kind = 'reversal', x.rows, x.total_fen::bigint, x.fund_fen::bigint, x.account_fen::bigint, x.cash_fen::bigint"
    " FROM generate_series(%s::timestamp, %s::timestamp, interval '1 day') AS g (day) CROSS JOIN LATERAL ("
    "SELECT e.scheme, s.infno, s.kind, "
)
_OF_A_DAY: Final[LiteralString] = (
    "g.day AT TIME ZONE 'Asia/Shanghai' AND s.settled_at < (g.day + interval '1 day') AT TIME ZONE 'Asia/Shanghai'"
    " AND s.infno IN "
)
_GROUPED: Final[LiteralString] = " GROUP BY e.scheme, s.infno, s.kind) x UNION ALL "
# The few others (what 2601 did, where the region shows it) are asked for the kind of care of their visits.
_OTHERS: Final[LiteralString] = (
    "SELECT (s.settled_at AT TIME ZONE 'Asia/Shanghai')::date, e.scheme, v.care, s.kind = 'reversal', count(*),"
    " sum(s.total_fen)::bigint, sum(s.fund_fen)::bigint, sum(s.account_fen)::bigint, sum(s.cash_fen)::bigint"
    " FROM settlement_settlement s JOIN visits_visit v ON v.id = s.visit_id JOIN enrolment_enrolment e ON e.id = s.enrolment_id"
    " WHERE s.institution_id = %s AND s.settled_at >= %s AND s.settled_at < %s AND s.infno <> 'byhand' AND s.infno NOT IN "
)
_BY_DAY: Final[LiteralString] = " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"


def _cells_statement(condition: LiteralString) -> LiteralString:
    """The statement that sums day by day the rows that a condition counts."""
    first = _EACH_DAY + _AMOUNTS + _OF_A_DAY + _TOLD + " AND " + condition + _GROUPED
    return first + _OTHERS + _TOLD + " AND " + condition + _BY_DAY


def counted(practice: Practice) -> LiteralString:
    """Which rows count, as a condition on `s`."""
    if practice.reversals == "left_out":
        return _STANDING
    return _ALL if practice.shows_undone else _NOT_UNDONE


_CELLS: Final = {condition: _cells_statement(condition) for condition in (_ALL, _NOT_UNDONE, _STANDING)}


def parameters_of(period: Period) -> tuple[object, ...]:
    """The values of `OF_PERIOD`."""
    return (
        period.institution_id, period.begins_at, period.ends_at, period.scheme, period.scheme, period.refunds,
        period.refunds, period.care, period.care,
    )  # fmt: skip


def ask_for_cells(raw: Raw, period: Period, practice: Practice) -> Rows:
    """Ask for the settlements of a period's days, whatever their scheme and kind; read them with `cells_of`.

    The few cells are narrowed with `covers`; one day, scheme and kind may have two.
    """
    days = (period.first_day, period.last_day)
    return ask(
        raw,
        _CELLS[counted(practice)],
        (period.institution_id, *days, period.institution_id, period.institution_id, period.begins_at, period.ends_at),
    )


def cells_of(rows: Rows) -> list[Cell]:
    """The cells that were asked for."""
    return [Cell(*row) for row in rows.fetchall()]


def sum_of(cells: Iterable[Cell], practice: Practice) -> Totals:
    """What some cells come to, reversals counted as the region does."""
    total = Totals()
    for cell in cells:
        count = -cell.rows if cell.is_refund and practice.reversals == "netted" else cell.rows
        total += Totals(count, cell.total_fen, cell.fund_fen, cell.account_fen, cell.cash_fen)
    return total


def covers(period: Period) -> Callable[[Cell], bool]:
    """Whether a cell belongs to a period of the same institution."""

    def belongs(cell: Cell) -> bool:
        return (
            period.first_day <= cell.day <= period.last_day
            and period.scheme in {"", cell.scheme}
            and period.clearing_type in {"", cell.clearing_type}
            and period.refunds in {"", REFUND if cell.is_refund else NORMAL}
        )

    return belongs
