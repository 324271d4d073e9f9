"""Keeping clinical records: each as the next version of its key, so that nothing that was sent is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import msgspec

from yibao.domains.storage import Raw, ask


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to be kept; its version is counted by institution, kind, visit number and key."""

    institution_id: int
    person_id: int | None
    visit_id: int | None
    kind: str
    visit_number: str
    key: str
    occurred_at: datetime | None
    report_number: str
    item_code: str
    item_name: str
    is_valid: bool
    content: Mapping[str, object]
    infno: str
    msgid: str
    operator: str
    entered_at: datetime


def keep_records(raw: Raw, *, records: Sequence[NewRecord]) -> list[tuple[int, int]]:
    """Keep records of one institution, (number, version) each; uploads of one visit come one after the other."""
    places = sorted({(record.institution_id, record.visit_number) for record in records})
    for institution_id, visit_number in places:
        ask(raw, "SELECT pg_advisory_xact_lock(hashtextextended(%s, 4501))", (f"{institution_id} {visit_number}",))
    rows = [asdict(record) for record in records]
    kept = ask(
        raw,
        "INSERT INTO clinical_clinicalrecord (institution_id, person_id, visit_id, kind, visit_number, key, version,"
        " occurred_at, report_number, item_code, item_name, is_valid, content, infno, msgid, operator, entered_at)"
        " SELECT r.institution_id, r.person_id, r.visit_id, r.kind, r.visit_number, r.key,"
        " 1 + COALESCE((SELECT max(o.version) FROM clinical_clinicalrecord o WHERE o.institution_id = r.institution_id"
        "   AND o.kind = r.kind AND o.visit_number = r.visit_number AND o.key = r.key), 0),"
        " r.occurred_at, r.report_number, r.item_code, r.item_name, r.is_valid, r.content, r.infno, r.msgid, r.operator,"
        " r.entered_at FROM jsonb_populate_recordset(NULL::clinical_clinicalrecord, %s::jsonb) r RETURNING id, version",
        (msgspec.json.encode(rows).decode(),),
    )
    return [(int(row[0]), int(row[1])) for row in kept.fetchall()]
