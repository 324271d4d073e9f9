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
_OF_DAYS: Final[LiteralString] = (
    " FROM settlement_settlement s JOIN institutions_institution i ON i.id = s.institution_id"
    " JOIN enrolment_enrolment e ON e.id = s.enrolment_id"
    # What an officer settled by hand is no business of the institution that the person had paid.
    " WHERE s.institution_id = %s AND s.settled_at >= %s AND s.settled_at < %s AND s.infno <> 'byhand'"
    " AND (%s = '' OR e.scheme = %s) AND (%s = '' OR (s.kind = 'reversal') = (%s = 'refund')) AND (%s = '' OR "
)
OF_PERIOD: Final[LiteralString] = _OF_DAYS + CARE + " = %s) AND "
_DAY: Final[LiteralString] = "(s.settled_at AT TIME ZONE 'Asia/Shanghai')::date"
_AMOUNTS: Final[LiteralString] = (
    "sum(s.total_fen)::bigint, sum(s.fund_fen)::bigint, sum(s.account_fen)::bigint, sum(s.cash_fen)::bigint"
)
_SUMS: Final[LiteralString] = ", ".join(
    ("SELECT " + _DAY, "e.scheme", CARE, "s.kind = 'reversal'", "count(*)", _AMOUNTS)
)
_BY_DAY: Final[LiteralString] = " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"


def counted(practice: Practice) -> LiteralString:
    """Which rows count, as a condition on `s`."""
    if practice.reversals == "left_out":
        return _STANDING
    return _ALL if practice.shows_undone else _NOT_UNDONE


def parameters_of(period: Period) -> tuple[object, ...]:
    """The values of `OF_PERIOD`."""
    return (
        period.institution_id, period.begins_at, period.ends_at, period.scheme, period.scheme, period.refunds,
        period.refunds, period.care, period.care,
    )  # fmt: skip


def ask_for_cells(raw: Raw, period: Period, practice: Practice) -> Rows:
    """Ask for the settlements of a period day by day; read them with `cells_of`."""
    return ask(raw, _SUMS + OF_PERIOD + counted(practice) + _BY_DAY, parameters_of(period))


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
