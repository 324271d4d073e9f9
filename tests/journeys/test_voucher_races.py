"""One code of a voucher shown at several places at the same moment: one takes it, whichever thread it meets."""

import json

import pytest

from yibao.domains.messages.models import RecordRead
from yibao.domains.vouchers.models import Redemption

from .hospital import Hospital
from .personal_access import CHEAP_HASHES, code_of, known_person
from .test_races import at_once

pytestmark = pytest.mark.usefixtures("shared_town")

HOUSES = ("H11010100001", "H11010100002", "H11010100003", "P11010100001")


@pytest.fixture
def person(settings):
    settings.PASSWORD_HASHERS = CHEAP_HASHES
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
