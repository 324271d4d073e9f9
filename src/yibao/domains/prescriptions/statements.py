"""The statements that write rows of prescriptions: each takes its rows as one JSON array and gives their numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString

import msgspec
from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.domains.storage import Raw, ask

PRESCRIPTION: Final[LiteralString] = (
    "INSERT INTO prescriptions_prescription (id, number, trace_code, qr_code, institution_id, number_at_institution,"
    " visit_id, person_id, scheme, physician_id, department_code, department_name, diagnosis_code, diagnosis_name,"
    " prescribed_at, valid_until, is_for_outside, most_uses, interval_days, renews, details, text, infno, msgid,"
    " entered_at, state, uses, moved_at)"
    " SELECT id, number, trace_code, qr_code, institution_id, number_at_institution, visit_id, person_id, scheme,"
    " physician_id, department_code, department_name, diagnosis_code, diagnosis_name, prescribed_at, valid_until,"
    " is_for_outside, most_uses, interval_days, renews, details, text, infno, msgid, entered_at, state, uses, moved_at"
    " FROM jsonb_populate_recordset(NULL::prescriptions_prescription, %s::jsonb) RETURNING id"
)
LINES: Final[LiteralString] = (
    "INSERT INTO prescriptions_line (prescription_id, rank, item_code, item_name, specification, quantity_e4, unit,"
    " details, dispensed_e4) SELECT prescription_id, rank, item_code, item_name, specification, quantity_e4, unit,"
    " details, dispensed_e4 FROM jsonb_populate_recordset(NULL::prescriptions_line, %s::jsonb) RETURNING id"
)
EVENT: Final[LiteralString] = (
    "INSERT INTO prescriptions_event (prescription_id, number, step, state_before, state_after, uses_after,"
    " place_after_id, holder_after_id, institution_id, practitioner_id, actor, happened_at, details, entered_at)"
    " SELECT n.prescription_id, 1 + (SELECT count(*) FROM prescriptions_event e WHERE e.prescription_id = n.prescription_id),"
    " n.step, n.state_before, n.state_after, n.uses_after, n.place_after_id, n.holder_after_id, n.institution_id,"
    " n.practitioner_id, n.actor, n.happened_at, n.details, n.entered_at"
    " FROM jsonb_populate_recordset(NULL::prescriptions_event, %s::jsonb) n RETURNING id"
)
SIGNATURE: Final[LiteralString] = (
    "INSERT INTO prescriptions_signature (prescription_id, role, institution_id, practitioner_id, public_key, signature,"
    " signed_text, signed_at) SELECT prescription_id, role, institution_id, practitioner_id, public_key, signature,"
    " signed_text, signed_at FROM jsonb_populate_recordset(NULL::prescriptions_signature, %s::jsonb) RETURNING id"
)
LEAVE: Final[LiteralString] = (
    "INSERT INTO prescriptions_authorisation (prescription_id, institution_id, kind, code, given_at, valid_until)"
    " SELECT prescription_id, institution_id, kind, code, given_at, valid_until"
    " FROM jsonb_populate_recordset(NULL::prescriptions_authorisation, %s::jsonb) RETURNING id"
)
DISPENSING: Final[LiteralString] = (
    "INSERT INTO prescriptions_dispensing (prescription_id, kind, undoes_id, institution_id, use_number, settlement_id,"
    " amount_fen, fund_fen, account_fen, cash_fen, details, happened_at, infno, msgid, actor, entered_at)"
    " SELECT prescription_id, kind, undoes_id, institution_id, use_number, settlement_id, amount_fen, fund_fen,"
    " account_fen, cash_fen, details, happened_at, infno, msgid, actor, entered_at"
    " FROM jsonb_populate_recordset(NULL::prescriptions_dispensing, %s::jsonb) RETURNING id"
)
DISPENSED: Final[LiteralString] = (
    "INSERT INTO prescriptions_dispensedline (dispensing_id, line_id, quantity_e4, price_e6, amount_fen, is_split,"
    " trace_codes, details) SELECT dispensing_id, line_id, quantity_e4, price_e6, amount_fen, is_split, trace_codes,"
    " details FROM jsonb_populate_recordset(NULL::prescriptions_dispensedline, %s::jsonb) RETURNING id"
)
NOTIFICATION: Final[LiteralString] = (
    "INSERT INTO prescriptions_notification (institution_id, prescription_id, infno, content, made_at, next_at,"
    " attempts, trouble) SELECT institution_id, prescription_id, infno, content, made_at, next_at, attempts, trouble"
    " FROM jsonb_populate_recordset(NULL::prescriptions_notification, %s::jsonb) RETURNING id"
)
_NO_ERRORS: Final[Mapping[str, YibaoError]] = {}


def insert(
    raw: Raw,
    statement: LiteralString,
    rows: Sequence[Mapping[str, Any]],
    errors: Mapping[str, YibaoError] = _NO_ERRORS,
) -> list[int]:
    """Insert rows and give their numbers; a constraint that was anticipated is told as its error."""
    try:
        found = ask(raw, statement, (msgspec.json.encode(list(rows)).decode(),)).fetchall()
    except database_errors.IntegrityError as clash:
        anticipated = errors.get(clash.diag.constraint_name or "")
        if anticipated is None:
            raise
        raise anticipated from None
    return [int(row[0]) for row in found]
