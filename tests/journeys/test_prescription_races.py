"""One prescription and several pharmacies at once, with real threads and committed data: it is dispensed once, and no further than prescribed."""

import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from yibao.core.errors import YibaoError
from yibao.domains.prescriptions.models import Dispensing, Event, Line, Prescription
from yibao.domains.stock.models import TraceSale
from yibao.workflows.circulate_prescription import choose_place

from .goods import new_code
from .hospital import Hospital
from .prescribing import (
    OTHER_PHARMACY,
    OTHER_SHOP_PHARMACIST,
    PHARMACY,
    PHYSICIAN,
    SHOP_PHARMACIST,
    claimed,
    handed,
    now_text,
    opened,
    prescribed,
    shown,
    sold,
    staff_the_houses,
)
from .small_town import new_person
from .test_races import at_once


@pytest.fixture(autouse=True)
def _staffed(shared_town):
    staff_the_houses()


def accepted(answers):
    return sum(json.loads(answer)["infcode"] in (0, "0") for answer in answers)


def tries(infno, bodies):
    return at_once([lambda house=house, body=body: Hospital(code=house).post_bytes(body) for house, body in bodies])


HOUSES = ((PHARMACY, SHOP_PHARMACIST), (OTHER_PHARMACY, OTHER_SHOP_PHARMACIST))


def test_two_pharmacies_claim_at_once_and_one_gets_it():
    for _ in range(3):
        rx = prescribed(new_person())
        tokens = {
            code: Hospital(code=code).expect("7201", shown(rx, Hospital(code=code)))["epc_token"] for code, _ in HOUSES
        }
        bodies = [(code, Hospital(code=code).body("7203", opened(tokens[code]))) for code, _ in HOUSES * 2]
        answers = tries("7203", bodies)
        assert accepted(answers) in {1, 2}  # the winner may have opened it twice
        holder = Prescription.objects.get(pk=rx.pk).holder.code
        won = {
            code for (code, _), answer in zip(bodies, answers, strict=True) if json.loads(answer)["infcode"] in (0, "0")
        }
        assert won == {holder}


def test_a_patient_chooses_while_pharmacies_claim_and_one_of_them_has_it():
    for _ in range(2):
        rx = prescribed(new_person())
        houses = [Hospital(code=code) for code, _ in HOUSES]
        tokens = [house.expect("7201", shown(rx, house))["epc_token"] for house in houses]
        bodies = [house.body("7203", opened(token)) for house, token in zip(houses, tokens, strict=True)]

        def chosen(rx=rx):
            try:
                choose_place(
                    number=rx.number,
                    person_id=rx.person_id,
                    institution_code=PHARMACY,
                    actor="person",
                    at=timezone.now(),
                )
            except YibaoError as error:
                return error.code.encode()
            return b"chosen"

        tasks = [
            lambda house=house, body=body: house.post_bytes(body) for house, body in zip(houses, bodies, strict=True)
        ]
        *claims, choice = at_once([*tasks, chosen])
        assert accepted(claims) == 1  # a choice leaves it to the one, and the QR that was shown lets the other in
        assert choice in {b"chosen", b"prescriptions.held_elsewhere", b"prescriptions.wrong_state"}
        rx.refresh_from_db()
        assert rx.state == "claimed"
        steps = list(Event.objects.filter(prescription=rx).order_by("number").values_list("step", flat=True))
        assert steps.count("claim") == 1
        assert (steps.count("choose"), steps[-1]) == (1 if choice == b"chosen" else 0, "claim")


def test_the_hospital_withdraws_while_a_pharmacy_claims():
    for _ in range(2):
        rx = prescribed(new_person())
        pharmacy, hospital = Hospital(code=PHARMACY), Hospital()
        token = pharmacy.expect("7201", shown(rx, pharmacy))["epc_token"]
        undone = {
            "hi_rxno": rx.number, "prsc_dr_name": PHYSICIAN, "undo_dr_certno": "X", "undo_rea": "开错",
            "undo_time": now_text(),
        }  # fmt: skip
        claim, withdrawal = pharmacy.body("7203", opened(token)), hospital.body("7104", {"data": undone})
        answers = at_once(
            [lambda p=pharmacy, b=claim: p.post_bytes(b), lambda h=hospital, b=withdrawal: h.post_bytes(b)]
        )
        assert accepted(answers) == 1
        rx.refresh_from_db()
        assert rx.state == ("claimed" if accepted(answers[:1]) else "withdrawn")


def test_handed_over_at_once_by_one_pharmacy_it_is_handed_over_once():
    rx = prescribed(new_person())
    pharmacy = Hospital(code=PHARMACY)
    token = claimed(rx, pharmacy)
    bodies = [(PHARMACY, pharmacy.body("7206", handed(rx, token, sold(), sold()))) for _ in range(6)]
    assert accepted(tries("7206", bodies)) == 1
    assert (Dispensing.objects.filter(prescription=rx).count(), Line.objects.get(prescription=rx).dispensed_e4) == (
        1,
        20_000,
    )


def test_the_same_message_sent_again_at_once_is_one():
    rx = prescribed(new_person())
    pharmacy = Hospital(code=PHARMACY)
    token = claimed(rx, pharmacy)
    body = pharmacy.body("7206", handed(rx, token, sold(), sold()))
    answers = tries("7206", [(PHARMACY, body)] * 5)
    assert (len(set(answers)), accepted(answers), Dispensing.objects.filter(prescription=rx).count()) == (1, 5, 1)


def test_one_pack_for_two_prescriptions_goes_to_one():
    code = new_code()
    bodies = []
    for house, pharmacist in HOUSES:
        rx = prescribed(new_person())
        pharmacy = Hospital(code=house)
        token = claimed(rx, pharmacy, name=pharmacist)
        bodies.append((house, pharmacy.body("7206", handed(rx, token, sold(code=code)))))
    assert accepted(tries("7206", bodies)) == 1
    assert TraceSale.objects.filter(code__code=code).count() == 1


def test_the_database_alone_refuses_more_than_was_prescribed():
    rx = prescribed(new_person())
    pharmacy = Hospital(code=PHARMACY)
    claimed(rx, pharmacy)
    line = Line.objects.get(prescription=rx)

    def insert():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO prescriptions_dispensing (prescription_id, kind, institution_id, use_number, details, happened_at,"
                " infno, msgid, actor, entered_at) VALUES (%s, 'sale', (SELECT holder_id FROM prescriptions_prescription"
                " WHERE id = %s), 1, '{}', now(), '', '', 'x', now()) RETURNING id",
                [rx.pk, rx.pk],
            )
            cursor.execute(
                "INSERT INTO prescriptions_dispensedline (dispensing_id, line_id, quantity_e4, is_split, trace_codes, details)"
                " VALUES (%s, %s, 15000, false, '{}', '{}')",
                [cursor.fetchone()[0], line.pk],
            )
        return b"done"

    def guarded():
        try:
            return insert()
        except IntegrityError as refused:
            return str(refused).encode()

    answers = at_once([guarded] * 3)
    assert answers.count(b"done") == 1
    assert all(b"more is dispensed" in answer for answer in answers if answer != b"done")
    assert Line.objects.get(pk=line.pk).dispensed_e4 == 15_000
