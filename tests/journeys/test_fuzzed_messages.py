"""Broken messages at the door: always HTTP 200 and an envelope, and what is refused changes nothing."""

import json

import pytest
from django.db import connection

from tests.unit.interfaces.gateway.mutated_messages import at_random, seeded
from yibao.interfaces.gateway.service import HANDLERS

from .hospital import post
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")

MESSAGES = 400
KEPT = (
    "message_store_message",
    "visits_visit",
    "visits_feeline",
    "settlement_settlement",
    "ledger_journal",
    "enrolment_accountentry",
)


def written():
    """How many rows stand in the tables that money and answers stand in."""
    with connection.cursor() as cursor:
        counts = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in KEPT)  # names of ours
        cursor.execute(counts)
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_is_answered_in_an_envelope_and_what_is_refused_changes_nothing(hospital, seed):
    chance, person, refusals = seeded(seed), new_person(), 0
    for _ in range(MESSAGES // 4):
        infno, data = at_random(chance)
        if chance.random() < 0.5:
            data = json.loads(json.dumps(data).replace('"psn_no": "', f'"psn_no": "{person.number}", "was": "'))
        before = written()
        status, answer = post(hospital.path, hospital.body(infno, data))
        assert status == "200 OK"
        if not answer.startswith(b"{"):
            assert infno == "9102"
            continue
        parsed = json.loads(answer)
        assert parsed["infcode"] in {0, -1}, parsed
        if parsed["infcode"] == -1:
            refusals += 1
            assert parsed["err_msg"]
            assert "平台内部错误" not in parsed["err_msg"], (infno, data, parsed["err_msg"])
            assert written() == before, (infno, data)
        else:
            assert infno in HANDLERS
    assert refusals > MESSAGES // 8
