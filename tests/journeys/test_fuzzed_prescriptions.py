"""Messages of prescriptions that are right but for a field or two: answered in an envelope, and what is refused changes nothing."""

import json

import pytest

from tests.unit.interfaces.gateway.mutated_messages import PLACES, WRONG, broken, seeded

from .hospital import Hospital
from .prescribing import (
    HOSPITAL,
    PHARMACIST,
    PHARMACY,
    PHYSICIAN,
    claimed,
    handed,
    now_text,
    opened,
    prescribed,
    prescription,
    review,
    shown,
    signed,
    staff_the_houses,
)
from .records import standing_records
from .small_town import new_person
from .test_sealed_prescriptions import checking, uploading

pytestmark = pytest.mark.usefixtures("standing_town")
READS = ("message_store_recordread",)


def right_ones():
    """A message of every transaction that would be carried out, with who sends it."""
    hospital, pharmacy, person = Hospital(code=HOSPITAL), Hospital(code=PHARMACY), new_person()
    rx = prescribed(person)
    token = claimed(rx, pharmacy)
    visit = hospital.register(person)
    asked = {
        "hiRxno": rx.number, "fixmedinsCode": HOSPITAL, "mdtrtId": str(rx.visit_id), "psnName": person.name,
        "psnCertType": "01", "certno": person.document_number,
    }  # fmt: skip
    told = {
        "hi_rxno": rx.number, "fixmedins_name": "院", "fixmedins_code": HOSPITAL, "phar_cert_type": "01",
        "phar_name": PHARMACIST, "rchk_phar_certno": "X", "rchk_phar_name": "复核", "rx_chk_stas_codg": "1",
        "rx_chk_time": now_text(),
    }  # fmt: skip
    undo = {
        "hi_rxno": rx.number,
        "prsc_dr_name": PHYSICIAN,
        "undo_dr_certno": "X",
        "undo_rea": "开错",
        "undo_time": now_text(),
    }
    paid = {"hi_rxno": rx.number, "hosp_rxno": "X", "rx_pay_status_code": "1", "pay_time": now_text()}
    sent = {
        "hi_rxno": rx.number, "delv_entp_name": "配送", "delver_cert_type": "01", "delv_stas_codg": "1",
        "delv_stas_name": "已发出",
    }  # fmt: skip
    voucher = {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "insuplc_admdvs": "110101", "ip_info": "1",
        "opter": "1", "opter_name": "x", "optins": PHARMACY,
    }  # fmt: skip
    centre = checking(person, visit, "F1")
    numbers = {"rxTraceCode": rx.trace_code, "hiRxno": rx.number}
    upload = {**uploading(person, visit, numbers), "signDigest": "AAAA"}
    sealed = {"fixmedinsCode": HOSPITAL, "originalValue": json.dumps(numbers)}
    nodes = {name: centre.pop(name) for name in ("rxdrugdetail", "mdtrtinfo", "diseinfo")}
    return [
        (hospital, "7101", signed(prescription(person, visit))), (hospital, "7102", {"data": told}),
        (hospital, "7104", {"data": undo}), (hospital, "7105", {"data": paid}), (hospital, "7106", {"data": asked}),
        (hospital, "7107", {"data": asked}), (pharmacy, "7201", shown(rx, pharmacy)), (pharmacy, "7202", {"data": voucher}),
        (pharmacy, "7203", opened(token)), (pharmacy, "7204", review(rx)), (pharmacy, "7205", {"data": sent}),
        (pharmacy, "7206", handed(rx, token)), (hospital, "D001", {"data": centre, **nodes}),
        (hospital, "D002", {"data": sealed}), (hospital, "D003", {"data": upload}), (hospital, "D005", {"data": asked}),
        (hospital, "D006", {"data": asked}), (hospital, "D007", {"data": asked}),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_a_field_or_two_wrong(seed):
    staff_the_houses()
    chance, messages, refusals = seeded(seed), right_ones(), 0
    before = standing_records(but=READS)
    for number in range(220):
        sender, infno, node = messages[number % len(messages)]
        for _ in range(chance.randrange(1, 3)):
            way, field = chance.choice(PLACES[infno])
            try:
                node = broken(node, way, field, chance.choice(WRONG[id(field)])[1])
            except (KeyError, IndexError):
                continue  # a node that this message does not have
        answer = sender.ask(infno, node, insuplc="110101")
        assert answer["infcode"] in {0, -1}
        after = standing_records(but=READS)
        if answer["infcode"] == -1:
            refusals += 1
            assert "平台内部错误" not in answer["err_msg"], (infno, node, answer["err_msg"])
            assert after == before, (infno, node)
        before = after
    assert refusals > 60
