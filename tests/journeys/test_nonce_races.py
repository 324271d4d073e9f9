"""One nonce and several messages at the same moment: one is let in, whichever thread or process it meets."""

import json
import secrets

import pytest

from yibao.domains.messages.keys import Material
from yibao.domains.messages.models import Message, UsedNonce
from yibao.domains.visits.models import Visit
from yibao.interfaces.gateway.schemes import SCHEMES

from .hospital import Hospital, next_ms
from .small_town import new_person
from .test_races import at_once

pytestmark = pytest.mark.usefixtures("shared_town")

PATH, THREADS = "/ebus/bj", 6


def one_nonce(hospital):
    """The headers of one moment and one nonce, for as many messages as somebody puts under it."""
    signing = {"access_key": f"key-{hospital.code}", "material": Material(f"secret-{hospital.code}")}
    return SCHEMES["tif"].sign(b"", now_ms=next_ms(), nonce=secrets.token_hex(8), **signing).headers


def registrations(hospital, number):
    """Messages of as many persons."""
    return [hospital.body("2201", {"data": hospital.registration(new_person())}) for _ in range(number)]


def counts():
    return Message.objects.count(), Visit.objects.count(), UsedNonce.objects.count()


def test_of_different_messages_one_is_carried_out():
    hospital = Hospital(scheme="tif", path=PATH)
    headers, before = one_nonce(hospital), counts()
    tasks = [lambda body=body: hospital.post_bytes(body, headers=headers) for body in registrations(hospital, THREADS)]
    answers = [json.loads(answer) for answer in at_once(tasks)]
    refused = [answer for answer in answers if answer.get("code") == 401]
    assert sorted(answer.get("infcode", "none") for answer in answers) == ["0"] + ["none"] * (THREADS - 1)
    assert {answer["message"] for answer in refused} == {"重复的请求：签名或随机数已使用!"}
    assert counts() == tuple(number + 1 for number in before)


def test_copies_of_one_message_all_get_its_answer():
    hospital = Hospital(scheme="tif", path=PATH)
    headers, before = one_nonce(hospital), counts()
    (body,) = registrations(hospital, 1)
    answers = at_once([lambda: hospital.post_bytes(body, headers=headers)] * THREADS)
    assert len(set(answers)) == 1
    assert json.loads(answers[0])["infcode"] == "0"
    assert counts() == tuple(number + 1 for number in before)
