"""Opening, changing and ending visits; keeping and withdrawing fee lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from yibao.domains.storage import Raw, Rows, ask


@dataclass(frozen=True, slots=True)
class NewVisit:
    """What opens a visit."""

    institution_id: int
    person_id: int
    enrolment_id: int
    care: str
    medical_type: str
    number_at_institution: str
    voucher_kind: str
    place: str
    began_at: datetime
    department_code: str
    department_name: str
    physician_code: str
    physician_name: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class NewDiagnosis:
    """One diagnosis as an institution sends it."""

    kind: str
    is_main: bool
    rank: int
    code: str
    name: str
    department: str
    physician_code: str
    physician_name: str
    diagnosed_at: datetime


@dataclass(frozen=True, slots=True)
class NewLine:
    """One fee line with its split by the catalogue, ready to be kept; `mark` is what its item is marked as on its day."""

    number: str
    item_code: str
    item_name: str
    item_class: str
    charge_category: str
    quantity_e4: int
    price_e6: int
    ceiling_price_e6: int | None
    self_pay_first_ppm: int
    amount_fen: int
    full_self_pay_fen: int
    over_ceiling_fen: int
    self_pay_first_fen: int
    in_scope_fen: int
    department_code: str
    physician_code: str
    occurred_at: datetime
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class AdmissionFacts:
    """What an admission says besides person, institution and insurance."""

    began_at: datetime
    medical_type: str
    number_at_institution: str
    department_code: str
    department_name: str
    physician_code: str
    physician_name: str
    details: dict[str, object]


def open_visit(raw: Raw, visit: NewVisit) -> Rows:
    """Open a visit; the answer's first column is its mdtrt_id."""
    return ask(
        raw,
        "INSERT INTO visits_visit (institution_id, person_id, enrolment_id, care, medical_type, number_at_institution,"
        " voucher_kind, place, began_at, department_code, department_name, physician_code, physician_name, details,"
        " state) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open') RETURNING id",
        (
            visit.institution_id, visit.person_id, visit.enrolment_id, visit.care, visit.medical_type,
            visit.number_at_institution, visit.voucher_kind, visit.place, visit.began_at, visit.department_code,
            visit.department_name, visit.physician_code, visit.physician_name,
            msgspec.json.encode(visit.details).decode(),
        ),
    )  # fmt: skip


def record_past_visit(raw: Raw, visit: NewVisit, *, ended_at: datetime) -> int:
    """Record a visit that is over, as paper tells it; its number (mdtrt_id). No institution can change it any more."""
    row = ask(
        raw,
        "INSERT INTO visits_visit (institution_id, person_id, enrolment_id, care, medical_type, number_at_institution,"
        " voucher_kind, place, began_at, ended_at, department_code, department_name, physician_code, physician_name,"
        " details, state) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'discharged')"
        " RETURNING id",
        (
            visit.institution_id, visit.person_id, visit.enrolment_id, visit.care, visit.medical_type,
            visit.number_at_institution, visit.voucher_kind, visit.place, visit.began_at, ended_at,
            visit.department_code, visit.department_name, visit.physician_code, visit.physician_name,
            msgspec.json.encode(visit.details).decode(),
        ),
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def cancel_visit(raw: Raw, *, visit_id: int) -> None:
    """Cancel a visit: its number at the institution becomes free."""
    ask(raw, "UPDATE visits_visit SET state = 'cancelled' WHERE id = %s", (visit_id,))


def set_medical_type(raw: Raw, *, visit_id: int, medical_type: str, details: dict[str, object]) -> None:
    """Record the medical category and further details that 2203 brings."""
    ask(
        raw,
        "UPDATE visits_visit SET medical_type = %s, details = details || %s::jsonb WHERE id = %s",
        (medical_type, msgspec.json.encode(details).decode(), visit_id),
    )


def change_admission(raw: Raw, *, visit_id: int, facts: AdmissionFacts) -> Rows:
    """Record what an admission says now; one row comes back, or the number is in use."""
    return ask(
        raw,
        "UPDATE visits_visit SET began_at = %s, medical_type = %s, number_at_institution = %s, department_code = %s,"
        " department_name = %s, physician_code = %s, physician_name = %s, details = details || %s::jsonb"
        " WHERE id = %s RETURNING id",
        (
            facts.began_at, facts.medical_type, facts.number_at_institution, facts.department_code,
            facts.department_name, facts.physician_code, facts.physician_name,
            msgspec.json.encode(facts.details).decode(), visit_id,
        ),
    )  # fmt: skip


def earliest_line(raw: Raw, *, visit_id: int) -> datetime | None:
    """When the first fee line of a visit that stands occurred; none without any."""
    row = ask(
        raw,
        "SELECT min(occurred_at) FROM visits_feeline WHERE visit_id = %s AND withdrawn_at IS NULL",
        (visit_id,),
    ).fetchone()
    return row[0] if row else None


def discharge(raw: Raw, *, visit_id: int, ended_at: datetime, details: dict[str, object]) -> None:
    """Record the discharge of an inpatient."""
    ask(
        raw,
        "UPDATE visits_visit SET state = 'discharged', ended_at = %s, details = details || %s::jsonb WHERE id = %s",
        (ended_at, msgspec.json.encode(details).decode(), visit_id),
    )


def undo_discharge(raw: Raw, *, visit_id: int) -> None:
    """Take back the discharge of an inpatient."""
    ask(raw, "UPDATE visits_visit SET state = 'open', ended_at = NULL WHERE id = %s", (visit_id,))


def replace_diagnoses(raw: Raw, *, visit_id: int, stage: str, diagnoses: Sequence[NewDiagnosis]) -> None:
    """Make these the current diagnoses of a stage; the earlier set stays as history."""
    ask(
        raw,
        "UPDATE visits_diagnosis SET is_current = false WHERE visit_id = %s AND stage = %s AND is_current",
        (visit_id, stage),
    )
    ask(
        raw,
        "INSERT INTO visits_diagnosis (visit_id, stage, kind, is_main, rank, code, name, department, physician_code,"
        " physician_name, diagnosed_at, is_current)"
        " SELECT %s, %s, t.*, true FROM unnest(%s::text[], %s::bool[], %s::int[], %s::text[], %s::text[], %s::text[],"
        " %s::text[], %s::text[], %s::timestamptz[]) AS t",
        (
            visit_id, stage, [d.kind for d in diagnoses], [d.is_main for d in diagnoses], [d.rank for d in diagnoses],
            [d.code for d in diagnoses], [d.name for d in diagnoses], [d.department for d in diagnoses],
            [d.physician_code for d in diagnoses], [d.physician_name for d in diagnoses],
            [d.diagnosed_at for d in diagnoses],
        ),
    )  # fmt: skip


def keep_lines(raw: Raw, *, visit_id: int, batch_number: str, lines: Sequence[NewLine]) -> None:
    """Keep fee lines under a batch of the visit, opening the batch when it is new; columns travel as arrays."""
    ask(
        raw,
        "WITH batch AS (INSERT INTO visits_feebatch (visit_id, number) VALUES (%s, %s)"
        " ON CONFLICT (visit_id, number) DO UPDATE SET number = EXCLUDED.number RETURNING id, visit_id)"
        " INSERT INTO visits_feeline (batch_id, visit_id, number, item_code, item_name, item_class, charge_category,"
        " quantity_e4, price_e6, ceiling_price_e6, self_pay_first_ppm, amount_fen, full_self_pay_fen, over_ceiling_fen,"
        " self_pay_first_fen, in_scope_fen, department_code, physician_code, occurred_at, mark)"
        " SELECT batch.id, batch.visit_id, t.* FROM batch, unnest(%s::text[], %s::text[], %s::text[], %s::text[],"
        " %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[],"
        " %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[]) AS t",
        (visit_id, batch_number, *_columns(lines)),
    )


def _columns(lines: Sequence[NewLine]) -> list[list[object]]:
    """The lines turned into one array per column, in the order of NewLine's fields."""
    return [[getattr(line, name) for line in lines] for name in NewLine.__slots__]


def withdraw_lines(raw: Raw, *, line_ids: Sequence[int], at: datetime) -> Rows:
    """Withdraw these lines; answers one row per line withdrawn."""
    return ask(
        raw,
        "UPDATE visits_feeline SET withdrawn_at = %s WHERE id = ANY (%s) AND withdrawn_at IS NULL RETURNING id",
        (at, list(line_ids)),
    )
