"""The stays that a transfer between hospitals continues (转院): what was settled of them, for law that carries deductibles over."""

from dataclasses import dataclass
from typing import Any

import msgspec

from yibao.domains.storage import Raw, ask


@dataclass(frozen=True, slots=True)
class SettledStay:
    """A settlement that stands of an earlier stay of a chain: its visit, its benefit year, its trace as plain values."""

    visit_id: int
    benefit_year: int
    trace: list[list[Any]]


def earlier_stays(raw: Raw, *, visit_id: int, gap_days: int) -> list[SettledStay]:
    """The settled stays before this one, each discharged at most so many days before the next hospital admitted on a referral.

    A referral links the hospital that filed it with the one that it names, on the day of the later admission.
    """
    rows = ask(
        raw,
        "WITH RECURSIVE chain AS ("
        " SELECT v.id, v.person_id, v.institution_id, v.began_at FROM visits_visit v WHERE v.id = %s"
        " UNION SELECT o.id, o.person_id, o.institution_id, o.began_at FROM chain c"
        "  JOIN institutions_institution i ON i.id = c.institution_id"
        "  JOIN filings_filing f ON f.person_id = c.person_id AND f.kind = 'transfer' AND f.institution_code = i.code"
        "   AND f.standing IN ('in_force', 'withdrawn')"
        "   AND f.valid_from <= (c.began_at AT TIME ZONE 'Asia/Shanghai')::date"
        "   AND (f.in_force_until IS NULL OR f.in_force_until > (c.began_at AT TIME ZONE 'Asia/Shanghai')::date)"
        "  JOIN visits_visit o ON o.person_id = c.person_id AND o.institution_id = f.filed_at_institution_id"
        "   AND o.id <> c.id AND o.care = 'inpatient' AND o.state = 'discharged' AND o.ended_at <= c.began_at"
        "   AND (o.ended_at AT TIME ZONE 'Asia/Shanghai')::date >="
        "    (c.began_at AT TIME ZONE 'Asia/Shanghai')::date - %s::int)"
        " SELECT o.id, s.benefit_year, s.trace::text FROM chain o JOIN settlement_settlement s ON s.visit_id = o.id"
        " WHERE o.id <> %s AND s.kind <> 'reversal'"
        " AND NOT EXISTS (SELECT FROM settlement_settlement r WHERE r.reverses_id = s.id) ORDER BY s.id",
        (visit_id, gap_days, visit_id),
    )
    return [SettledStay(visit, year, msgspec.json.decode(trace)) for visit, year, trace in rows.fetchall()]
