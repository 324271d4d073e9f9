"""Settled visits of earlier years in bulk, with everything that a settlement writes, so that tables and indexes are large.

The rows are made inside the database and obey every constraint; triggers that look at one row at a time are spared.
"""

import hashlib
from typing import Any

CHUNK = 100_000
_STATEMENTS = (
    (
        "CREATE TEMP TABLE made AS SELECT n, (%(persons)s::bigint[])[1 + n %% %(people)s] AS person_id,"
        " (%(enrolments)s::bigint[])[1 + n %% %(people)s] AS enrolment_id, nextval('visits_visit_id_seq') AS visit_id,"
        " nextval('visits_feebatch_id_seq') AS batch_id, nextval('settlement_settlement_id_seq') AS settlement_id,"
        " timestamptz '2022-01-01 09:00+08' + n * interval '1 minute' AS at FROM generate_series(%(first)s::bigint, %(last)s::bigint) n"
    ),
    (
        "INSERT INTO visits_visit (id, institution_id, person_id, enrolment_id, care, medical_type, number_at_institution,"
        " voucher_kind, place, began_at, department_code, department_name, physician_code, physician_name, details, state)"
        " SELECT visit_id, %(institution)s, person_id, enrolment_id, 'outpatient', '11', 'H' || n, '02', 'local', at, '', '',"
        " '', '', '{}', 'open' FROM made"
    ),
    "INSERT INTO visits_feebatch (id, visit_id, number) SELECT batch_id, visit_id, 'B1' FROM made",
    (
        "INSERT INTO visits_feeline (batch_id, visit_id, number, item_code, item_name, item_class, charge_category,"
        " quantity_e4, price_e6, self_pay_first_ppm, amount_fen, full_self_pay_fen, over_ceiling_fen, self_pay_first_fen,"
        " in_scope_fen, department_code, physician_code, occurred_at) SELECT batch_id, visit_id, 'L' || l, 'XB02', '乙类药',"
        " '02', '09', 10000, 24000000, 100000, 2400, 0, 0, 240, 2160, '', '', at FROM made, generate_series(1, 2) l"
    ),
    (
        "INSERT INTO settlement_settlement (id, kind, visit_id, person_id, institution_id, enrolment_id, settled_at,"
        " benefit_year, msgid, infno, operator, invoice, uses_account, is_midway, voucher_kind, total_fen, full_self_pay_fen,"
        " over_ceiling_fen, self_pay_first_fen, in_scope_fen, deductible_fen, fund_fen, person_fen, account_fen, cash_fen,"
        " hospital_fen, balance_after_fen, fund_codes, fund_amounts_fen, accumulator_changes, policy, trace)"
        " SELECT settlement_id, 'settlement', visit_id, person_id, %(institution)s, enrolment_id, at, 2022, 'H' || n, '2207',"
        " 'op', '', false, false, '02', 4800, 0, 0, 480, 4320, 0, 3024, 1776, 0, 1776, 0, 0, '{310100}', '{3024}',"
        " '{\"outpatient_pooled_paid\": 3024}', 'history', '[]' FROM made"
    ),
    "INSERT INTO settlement_settledbatch (settlement_id, batch_id, is_released) SELECT settlement_id, batch_id, false FROM made",
    (
        "INSERT INTO ledger_journal (region_id, book_id, cause, cause_id, entered_at, account_codes, fund_codes,"
        " institution_ids, person_ids, debits_fen, credits_fen, digest)"
        " SELECT '110000', 'employee', 'settlement', settlement_id, at, '{5001,2001}',"
        " '{310100,310100}', ARRAY[%(institution)s, %(institution)s]::bigint[], '{NULL,NULL}', '{3024,0}', '{0,3024}',"
        " %(digest)s FROM made"
    ),
    (
        "WITH number AS (INSERT INTO message_store_messagenumber (message_id, institution_id, person_id, received_at, msgid)"
        " SELECT nextval('message_store_message_id_seq'), %(institution)s, person_id, at, 'H' || n FROM made RETURNING *)"
        " INSERT INTO message_store_message (id, institution_id, msgid, infno, state, digest, body, answer, person_id,"
        " subject_id, received_at) SELECT message_id, number.institution_id, msgid, '2207', 'answered', %(digest)s, %(text)s,"
        " %(text)s, number.person_id, settlement_id, received_at FROM number JOIN made ON 'H' || made.n = msgid"
    ),
    (
        "INSERT INTO ledger_seal (journal_ids, previous_digest, digest, sealed_at) SELECT array_agg(j.id), decode(md5('p' || max(j.id)), 'hex'),"
        " decode(md5('d' || max(j.id)), 'hex'), now() FROM ledger_journal j JOIN made ON made.settlement_id = j.cause_id"
    ),
    "DROP TABLE made",
)


def write(town: Any, *, settlements: int) -> None:
    """Write this many settled visits, spread over the town's people."""
    from django.db import connection, transaction

    values = {
        "persons": [person[0] for person in town.persons],
        "enrolments": [person[3] for person in town.persons],
        "people": len(town.persons),
        "institution": town.institution_id,
        "digest": hashlib.sha256(b"history").digest(),
        "text": b"x" * 800,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT yibao_make_month('message_store_message', 'received_at', month) FROM generate_series("
            "timestamptz '2022-01-01 00:00+08', timestamptz '2022-01-01 09:00+08' + %s * interval '1 minute', '1 month') month",
            [settlements],
        )
    for first in range(1, settlements + 1, CHUNK):
        last = min(first + CHUNK - 1, settlements)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in _STATEMENTS:
                cursor.execute(statement, {**values, "first": first, "last": last})
    with connection.cursor() as cursor:
        for link in range(20):  # young links are short where a server seals every second
            cursor.execute(
                "INSERT INTO ledger_seal (journal_ids, previous_digest, digest, sealed_at)"
                " SELECT ARRAY[max(id)], decode(md5(%s), 'hex'), decode(md5(%s), 'hex'), now() FROM ledger_journal",
                [f"a{link}", f"b{link}"],
            )
        cursor.execute("VACUUM ANALYZE")
