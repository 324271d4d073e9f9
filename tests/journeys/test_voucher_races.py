"""One code of a voucher shown at several places at the same moment: one takes it, whichever thread it meets."""

import json

import pytest
from django.utils import timezone

from yibao.domains.messages.models import RecordRead
from yibao.domains.settlement.models import Settlement
from yibao.domains.vouchers.models import Redemption

from .hospital import Hospital
from .personal_access import code_of, known_person
from .test_races import at_once, check_ledger
from .test_voucher_at_counter import with_code

pytestmark = pytest.mark.usefixtures("shared_town", "cheap_hashes")

HOUSES = ("H11010100001", "H11010100002", "H11010100003", "P11010100001")


@pytest.fixture
def person(cheap_hashes):
    return known_person()


def shown_at(code, houses):
    """The answers of institutions that are all shown the same code at once."""
    tasks = []
    for house in houses:
        hospital = Hospital(code=house)
        body = hospital.body("1101", {"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": code}})
        tasks.append(lambda hospital=hospital, body=body: hospital.post_bytes(body))
    return [json.loads(answer) for answer in at_once(tasks)]


def test_one_institution_takes_it(person):
    answers = shown_at(code_of(person), HOUSES)
    refused = [answer["err_msg"] for answer in answers if answer["infcode"] != 0]
    assert len(refused) == len(HOUSES) - 1
    assert all("一码一用" in words for words in refused)
    assert Redemption.objects.filter(voucher__person=person).count() == 1
    assert RecordRead.objects.filter(person=person).count() == 1


def test_one_counter_that_asks_twice_gets_both_answers(person):
    answers = shown_at(code_of(person), HOUSES[:1] * 3)
    assert [answer["infcode"] for answer in answers] == [0, 0, 0]
    assert Redemption.objects.filter(voucher__person=person).count() == 1


def test_a_settlement_is_reversed_while_its_code_is_shown_again(person):
    home = Hospital()
    code = code_of(person)
    began = f"{timezone.localtime():%Y-%m-%d %H:%M:%S}"
    registered = with_code({"data": home.registration(person, at=began)}, code)
    visit = home.expect("2201", registered)["data"]["mdtrt_id"]
    home.expect("2204", {"feedetail": [home.line(person, visit, price="300.00", at=began)]})
    bill = with_code(home.bill(person, visit, "300.00"), code)
    settled = home.expect("2207", bill)["setlinfo"]
    shown = {"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": code}}
    elsewhere = [Hospital(code=house) for house in HOUSES[1:]]
    bodies = [(home, home.body("2208", home.reversal(person, visit, settled["setl_id"]))) for _ in range(2)]
    bodies += [(house, house.body("1101", shown)) for house in elsewhere]
    answers = at_once([lambda house=house, body=body: house.post_bytes(body) for house, body in bodies])
    codes = [json.loads(answer)["infcode"] for answer in answers]
    assert sorted(codes[:2]) == [-1, 0]
    assert codes[2:] == [-1] * len(elsewhere)  # a reversal frees no code
    assert Redemption.objects.filter(voucher__person=person).count() == 1
    assert Settlement.objects.filter(person=person).count() == 2

    bodies = [(home, home.body("2207", with_code(home.bill(person, visit, "300.00"), code))) for _ in range(3)]
    answers = at_once([lambda house=house, body=body: house.post_bytes(body) for house, body in bodies])
    assert sorted(json.loads(answer)["infcode"] for answer in answers) == [
        -1,
        -1,
        0,
    ]  # the visit's code is good again, once
    assert Settlement.objects.filter(person=person).count() == 3
    check_ledger()
