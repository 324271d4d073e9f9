"""How soon institutions upload what a visit over the internet leaves (实时上传): measured, not believed.

Four kinds of record (第二十二条): the check by the e-voucher (实名认证), the record of care (电子病历), prescriptions (在线电子处方),
drugs handed over (购药记录). Each is measured from when it happened to when it was here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from yibao.domains.storage import Raw, ask

Standing = Literal["in_time", "late", "missing", "not_due"]
KINDS: Final = ("real_name", "record", "prescription", "purchase")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitUploads:
    """A settled visit over the internet and after how many minutes each kind of record was here; none: it never came.

    `has_drugs`: drugs were settled, so a prescription is due; drugs handed over are due where a dispensing was reported.
    """

    visit_id: int
    institution_id: int
    institution_code: str
    institution_name: str
    began_at: datetime
    minutes: Mapping[str, int | None]
    has_drugs: bool

    def standing(self, kind: str, limits: Mapping[str, int]) -> Standing:
        """How a kind of record stands by the limits of the rulebook, in minutes."""
        minutes = self.minutes[kind]
        if minutes is not None:
            return "late" if minutes > limits[kind] else "in_time"
        is_due = kind in {"real_name", "record"} or (kind == "prescription" and self.has_drugs)
        return "missing" if is_due else "not_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCounts:
    """How many records of a kind were due, came late and never came, and the slowest of them in minutes."""

    due: int
    late: int
    missing: int
    slowest_minutes: int

    @property
    def in_time_ppm(self) -> int:
        """The share that came in time, in millionths, rounded down; all of nothing is everything."""
        return (self.due - self.late - self.missing) * 1_000_000 // self.due if self.due else 1_000_000


def uploads_of_visits(
    raw: Raw,
    *,
    region: str,
    medical_types: Collection[str],
    first_day: date,
    last_day: date,
    institution_id: int | None = None,
) -> list[VisitUploads]:
    """The settled visits over the internet that began on these days at a region's institutions, in the order of their beginning."""
    rows = ask(
        raw,
        "SELECT v.id, v.institution_id, i.code, i.name, v.began_at,"
        " (SELECT ceil(extract(epoch FROM min(c.checked_at) - v.began_at))::bigint FROM internet_care_visitcheck c"
        "   WHERE c.visit_id = v.id),"
        " (SELECT ceil(extract(epoch FROM min(r.entered_at) - COALESCE(v.ended_at, v.began_at)))::bigint"
        "   FROM clinical_clinicalrecord r WHERE r.visit_id = v.id AND r.is_valid),"
        " (SELECT ceil(max(extract(epoch FROM p.entered_at - p.prescribed_at)))::bigint FROM prescriptions_prescription p"
        "   WHERE p.visit_id = v.id AND p.state NOT IN ('checked', 'signed', 'withdrawn', 'refused')),"
        " (SELECT ceil(max(extract(epoch FROM d.entered_at - d.happened_at)))::bigint FROM prescriptions_dispensing d"
        "   JOIN prescriptions_prescription p ON p.id = d.prescription_id WHERE p.visit_id = v.id AND d.kind = 'sale'),"
        " EXISTS (SELECT FROM visits_feeline l JOIN catalogue_item t ON t.code = l.item_code"
        "   WHERE l.visit_id = v.id AND l.withdrawn_at IS NULL AND t.kind = 'drug')"
        " FROM visits_visit v JOIN institutions_institution i ON i.id = v.institution_id"
        " JOIN reference_division g ON g.code = i.division_id"
        " WHERE g.pooling_region = %s AND (%s::bigint IS NULL OR i.id = %s::bigint)"
        " AND v.medical_type = ANY (%s::text[]) AND v.care = 'outpatient' AND v.state <> 'cancelled'"
        " AND v.began_at >= (%s::date::timestamp AT TIME ZONE 'Asia/Shanghai')"
        " AND v.began_at < ((%s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')"
        " AND EXISTS (SELECT FROM settlement_settlement s WHERE s.visit_id = v.id AND s.kind <> 'reversal'"
        "   AND NOT EXISTS (SELECT FROM settlement_settlement b WHERE b.reverses_id = s.id))"
        " ORDER BY v.began_at, v.id",
        (region, institution_id, institution_id, list(medical_types), first_day, last_day),
    ).fetchall()
    return [
        VisitUploads(
            visit_id=row[0], institution_id=row[1], institution_code=row[2], institution_name=row[3], began_at=row[4],
            minutes={kind: _minutes(seconds) for kind, seconds in zip(KINDS, row[5:9], strict=True)}, has_drugs=row[9],
        )
        for row in rows
    ]  # fmt: skip


def _minutes(seconds: int | None) -> int | None:
    """Whole minutes, a begun one counted; what was here before it happened took none."""
    return None if seconds is None else max(0, -(-seconds // 60))


def counts_by_kind(visits: Sequence[VisitUploads], limits: Mapping[str, int]) -> dict[str, UploadCounts]:
    """How the records of some visits stand, kind by kind."""
    counted = {}
    for kind in KINDS:
        standing = [visit.standing(kind, limits) for visit in visits]
        minutes = [found for visit in visits if (found := visit.minutes[kind]) is not None]
        counted[kind] = UploadCounts(
            due=len(standing) - standing.count("not_due"),
            late=standing.count("late"),
            missing=standing.count("missing"),
            slowest_minutes=max(minutes, default=0),
        )
    return counted
