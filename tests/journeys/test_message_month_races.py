"""Twins of a message on both sides of a month's end, at the same moment: one is carried out, and both get its answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connection

from yibao.domains.messages.models import Message, MessageNumber
from yibao.domains.messages.months import make_months
from yibao.domains.visits.models import Visit
from yibao.interfaces.gateway import directory
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.service import HttpRequest, respond

from .hospital import Hospital, accepted, refused
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("shared_town")

THREADS = 8
ENDS = (datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=BEIJING), datetime(2026, 12, 1, tzinfo=BEIJING))
SIGN_IN = {"signIn": {"opter_no": "op1", "ip": "10.0.0.1"}}


@pytest.fixture(autouse=True)
def _months(shared_town):
    """November and December have tables of their own, whichever test made them."""
    make_months(at=ENDS[0])


def at_once(bodies):
    """The answers to these messages, sent at one moment, in turn before and after the month's end."""
    gate = threading.Barrier(len(bodies))

    def send(place):
        try:
            gate.wait(30)
            point = directory.access_point_for("/fsi")
            return respond(HttpRequest("/fsi", {}, bodies[place], "application/json"), point, now=ENDS[place % 2])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return [future.result(60) for future in [pool.submit(send, place) for place in range(len(bodies))]]


class TestTwinsOverAMonthsEnd:
    def test_without_a_person(self):
        hospital = Hospital()
        number = hospital.new_msgid()
        body = hospital.body("9001", SIGN_IN, msgid=number)

        answers = at_once([body] * THREADS)

        assert len(set(answers)) == 1
        accepted("9001", answers[0])
        assert (Message.objects.filter(msgid=number).count(), MessageNumber.objects.filter(msgid=number).count()) == (
            1,
            1,
        )

    def test_of_one_person(self):
        hospital, person = Hospital(), new_person()
        number = hospital.new_msgid()
        body = hospital.body("2201", {"data": hospital.registration(person)}, msgid=number)

        answers = at_once([body] * THREADS)

        assert len(set(answers)) == 1
        assert Visit.objects.filter(person__number=person.number).count() == 1
        assert Message.objects.filter(msgid=number).count() == 1

    def test_other_messages_of_other_persons_under_the_number_are_refused(self):
        hospital = Hospital()
        number, persons = hospital.new_msgid(), [new_person() for _ in range(THREADS)]
        bodies = [hospital.body("2201", {"data": hospital.registration(person)}, msgid=number) for person in persons]

        answers = at_once(bodies)

        refusals = [answer for answer in answers if b'"infcode":0' not in answer]
        assert len(refusals) == THREADS - 1
        assert {refused(answer) for answer in refusals} == {f"报文ID(msgid)重复：{number}已用于另一笔2201交易"}
        assert Visit.objects.filter(person__number__in=[person.number for person in persons]).count() == 1
        assert Message.objects.filter(msgid=number).count() == 1
