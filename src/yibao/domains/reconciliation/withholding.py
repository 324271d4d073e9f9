"""Keeping quality deposits: what a month's funds paid, what is withheld of it, what is returned or forfeited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from django.db.models import QuerySet

from yibao.domains.reconciliation.models import QualityDeposit
from yibao.domains.reconciliation.totals import CARE, Period
from yibao.domains.staff.queries import Scope
from yibao.domains.storage import Raw, ask

_COUNTED: Final[LiteralString] = (
    "WITH counted AS (SELECT s.id, s.fund_codes, s.fund_amounts_fen,"
    "   CASE WHEN v.medical_type = ANY (%s::text[]) AND v.care = 'outpatient' THEN 'internet' ELSE 'everyday' END AS scope"
    "  FROM settlement_settlement s JOIN institutions_institution i ON i.id = s.institution_id"
    "  JOIN visits_visit v ON v.id = s.visit_id"
    "  WHERE s.institution_id = %s AND s.settled_at >= %s AND s.settled_at < %s AND s.infno <> 'byhand'"
)
_BY_FUND: Final[LiteralString] = (
    " SELECT p.scope, p.fund, sum(p.fen)::bigint FROM ("
    "  SELECT c.scope, u.fund, u.fen FROM counted c, unnest(c.fund_codes, c.fund_amounts_fen) AS u(fund, fen)"
    "  UNION ALL SELECT c.scope, d.fund, -d.fen FROM counted c JOIN internet_care_review r ON r.audit_id = c.id"
    "   JOIN internet_care_verification n ON n.review_id = r.id AND n.is_verified,"
    "   unnest(n.fund_codes, n.amounts_fen) AS d(fund, fen)) p"
    " GROUP BY p.scope, p.fund ORDER BY p.scope, p.fund"
)


@dataclass(frozen=True, slots=True)
class Held:
    """A deposit that stands, as its end needs it; amounts by fund in fen."""

    id: int
    institution_id: int
    year: int
    scope: str
    amounts: Mapping[str, int]


def paid_by_funds(raw: Raw, period: Period, *, internet_types: Collection[str]) -> dict[str, dict[str, int]]:
    """What the funds paid for a period's settlements, reversals and deductions taken off: fen by scope and fund.

    Settlements by hand are owed to persons and do not count, as in reconciling; personal accounts are no fund's money.
    """
    rows = ask(
        raw,
        _COUNTED + "  AND " + CARE + " = %s)" + _BY_FUND,
        (list(internet_types), period.institution_id, period.begins_at, period.ends_at, period.care),
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for scope, fund, fen in rows:
        found.setdefault(scope, {})[fund] = fen
    return found


def keep_deposit(
    raw: Raw,
    *,
    application_id: int,
    scope: str,
    percent: int,
    clause: str,
    bases: Mapping[str, int],
    amounts: Mapping[str, int],
    by: str,
    at: datetime,
) -> int:
    """Keep what is withheld of a month; its number."""
    row = ask(
        raw,
        "INSERT INTO reconciliation_qualitydeposit (application_id, scope, percent, clause, fund_codes, bases_fen,"
        " amounts_fen, withheld_by, withheld_at) VALUES (%s, %s, %s, %s, %s::text[], %s::bigint[], %s::bigint[], %s, %s)"
        " RETURNING id",
        (
            application_id, scope, percent, clause, list(amounts), [bases[fund] for fund in amounts],
            list(amounts.values()), by, at,
        ),
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def standing_deposits(
    raw: Raw, *, application_id: int | None = None, institution_id: int | None = None, year: int = 0
) -> list[Held]:
    """The deposits of accepted months that have not ended, of an application or of an institution's year.

    Their applications are held, so that no month is sent back meanwhile; who asks for a year waits for others who did.
    """
    if institution_id is not None:
        ask(raw, "SELECT pg_advisory_xact_lock(hashtext('deposits'), %s::bigint::int)", (institution_id,))
    rows = ask(
        raw,
        "SELECT d.id, a.institution_id, extract(year FROM a.month)::int, d.scope, d.fund_codes, d.amounts_fen"
        " FROM reconciliation_qualitydeposit d JOIN reconciliation_clearingapplication a ON a.id = d.application_id"
        " WHERE a.state = 'accepted' AND NOT EXISTS (SELECT FROM reconciliation_depositend e WHERE e.deposit_id = d.id)"
        " AND (%s::bigint IS NULL OR a.id = %s) AND (%s::bigint IS NULL OR a.institution_id = %s"
        " AND extract(year FROM a.month) = %s) ORDER BY d.id FOR UPDATE OF a",
        (application_id, application_id, institution_id, institution_id, year),
    ).fetchall()
    return [Held(row[0], row[1], row[2], row[3], dict(zip(row[4], row[5], strict=True))) for row in rows]


def ended_by_assessment(raw: Raw, *, application_id: int) -> bool:
    """Whether a deposit of an application was returned or forfeited by an assessment."""
    row = ask(
        raw,
        "SELECT 1 FROM reconciliation_depositend e JOIN reconciliation_qualitydeposit d ON d.id = e.deposit_id"
        " WHERE d.application_id = %s AND e.cause = 'assessed' LIMIT 1",
        (application_id,),
    ).fetchone()
    return row is not None


def end_deposit(
    raw: Raw,
    held: Held,
    *,
    cause: str,
    sheet_id: int | None,
    returned: Sequence[int],
    forfeited: Sequence[int],
    by: str,
    at: datetime,
) -> None:
    """Keep what becomes of a deposit; the database refuses amounts that do not add up, and a second end."""
    ask(
        raw,
        "INSERT INTO reconciliation_depositend (deposit_id, cause, sheet_id, returned_fen, forfeited_fen, ended_by, ended_at)"
        " VALUES (%s, %s, %s, %s::bigint[], %s::bigint[], %s, %s)",
        (held.id, cause, sheet_id, list(returned), list(forfeited), by, at),
    )


def visible_deposits(scope: Scope, *, year: int) -> "QuerySet[QualityDeposit]":
    """A year's deposits that a member may know of, by institution, month and scope."""
    found = QualityDeposit.objects.filter(application__month__year=year)
    if scope.institution_id is not None:
        found = found.filter(application__institution_id=scope.institution_id)
    else:
        found = found.filter(application__institution__division__pooling_region=scope.region)
    return found.select_related("application__institution", "end__sheet").order_by(
        "application__institution__code", "application__month", "application__clearing_type", "scope"
    )


def withheld_of(application_ids: Collection[int]) -> dict[int, int]:
    """What is withheld of some applications and has not gone back with the month, in fen."""
    found: dict[int, int] = {}
    deposits = QualityDeposit.objects.filter(application_id__in=application_ids).exclude(end__cause="undone")
    for deposit in deposits:
        found[deposit.application_id] = found.get(deposit.application_id, 0) + deposit.withheld_fen
    return found
