"""Broken messages of mobile payment: each field missing, of another shape, too long; refused with a reason, and nothing changes."""

import pytest
from django.db import connection

from .mobile_payer import MobilePayer, connect_test_channel
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")
WRONG = (None, "x" * 41_000, -1, 10**30, {"a": []}, "\0")
KEPT = (
    "message_store_message", "visits_visit", "visits_feeline", "settlement_settlement", "mobile_orders_order",
    "mobile_orders_orderevent", "mobile_orders_cashpayment", "mobile_orders_channelentry",
)  # fmt: skip


def written():
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in KEPT))
        return [row[0] for row in cursor.fetchall()]


def broken(sent):
    """The message with one field of it wrong at a time, those of its first line and diagnosis too."""
    for name, value in sent.items():
        for wrong in WRONG:
            yield name, {**sent, name: wrong}
        if isinstance(value, list) and value:
            for inner in value[0]:
                for wrong in WRONG[:4]:
                    yield f"{name}.{inner}", {**sent, name: [{**value[0], inner: wrong}]}


def test_each_field_wrong_in_every_way():
    connect_test_channel()
    payer = MobilePayer()
    placed = payer.place(new_person())
    paid = payer.place(new_person())
    result = payer.pay(paid)
    fuzzed = {
        "6101": payer.scanned(placed["person"])["data"],
        "6202": payer.payment(placed)["data"],
        "6203": payer.refund_input(paid, result)["data"],
        "6301": payer.identity(placed)["data"],
        "6401": payer.identity(paid)["data"],
    }
    accepted = refused = 0
    for infno, sent in fuzzed.items():
        for name, message in broken(sent):
            before = written()
            answer = payer.hospital.ask(infno, {"data": message})
            if answer["infcode"] == 0:  # a field that may be missing, or a serial that may be any text
                accepted += 1
                continue
            refused += 1
            assert "平台内部错误" not in answer["err_msg"], (infno, name, answer["err_msg"])
            assert written() == before, (infno, name)
    assert refused > 10 * accepted


def test_each_field_of_an_upload_wrong_in_every_way():
    connect_test_channel()
    payer, person, count = MobilePayer(), new_person(), 0
    sent = payer.upload(person)["data"]
    sent["extData"] = {"deliveryFee": "1.00"}
    for name, message in broken(sent):
        before = written()
        count += 1
        number = message["medOrgOrd"] if name == "medOrgOrd" else f"Z{count}"
        answer = payer.hospital.ask("6201", {"data": {**message, "medOrgOrd": number}})
        if answer["infcode"] == 0:
            placed = answer["output"]["data"]
            payer.hospital.expect("6401", payer.identity({**placed, "person": person}))
            continue
        assert "平台内部错误" not in answer["err_msg"], (
            name,
            str(message[name.partition(".")[0]])[:80],
            answer["err_msg"],
        )
        assert written() == before, name
