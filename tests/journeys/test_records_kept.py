"""Electronic records of care are kept (妥善保存): neither a program nor a person at the database deletes one."""

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic

from .internet_hospital import online_visit, open_internet_hospital, seen_in_person, with_voucher
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")
KEPT = (
    "visits_visit", "visits_diagnosis", "visits_feebatch", "visits_feeline", "internet_care_visitcheck",
    "clinical_clinicalrecord", "prescriptions_prescription", "prescriptions_line", "prescriptions_signature",
    "prescriptions_event", "prescriptions_dispensing", "prescriptions_dispensedline", "settlement_settlement",
    "settlement_settledbatch", "mobile_orders_order", "stock_movement", "message_store_message",
    "message_store_recordread", "message_store_messagenumber",
)  # fmt: skip
"""Registration, diagnoses, charges, the check of a visit online, records of care, prescriptions from signature to packs, money, messages."""
WRITTEN = ("visits_visit", "visits_diagnosis", "visits_feebatch", "visits_feeline", "internet_care_visitcheck", "settlement_settlement", "message_store_message")  # fmt: skip
BEFORE_DELETE_OF_A_ROW = 1 | 2 | 8
BEFORE_TRUNCATE = 2 | 32


def guarded(table, kind):
    """Whether an enabled trigger of a kind stands on a table (pg_trigger.tgtype)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O' AND (tgtype & %s) = %s",
            [table, kind, kind],
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.requirement("INT-78")
def test_what_a_visit_online_left_is_not_deleted(hospital):
    open_internet_hospital()
    person = new_person()
    with_voucher(person)
    seen_in_person(hospital, person)
    online_visit(hospital, person)
    with nothing_changes(), connection.cursor() as cursor:
        for table in WRITTEN:
            with pytest.raises(IntegrityError), atomic():
                cursor.execute(f"DELETE FROM {table}")


@pytest.mark.requirement("INT-78")
@pytest.mark.parametrize("table", KEPT)
def test_each_table_of_care_refuses_to_lose_a_row(table):
    assert guarded(table, BEFORE_DELETE_OF_A_ROW)
    assert guarded(table, BEFORE_TRUNCATE)
