"""Pressed twice at the same moment, or pressed while the institution settles: with real threads an order is paid once."""

import re

import pytest
from django.test import Client

from yibao.domains.enrolment.models import PersonalAccount
from yibao.domains.mobile_orders.models import CashPayment, ChannelEntry, ElectronicBill, Order
from yibao.domains.settlement.models import Settlement

from .mobile_payer import MobilePayer, connect_test_channel, strike
from .personal_access import known_person, sign_in
from .test_races import at_once

pytestmark = pytest.mark.usefixtures("shared_town", "cheap_hashes")


@pytest.fixture
def person(cheap_hashes, shared_town):
    connect_test_channel()
    return known_person(balance_fen=20_000)


def browsers(person, count):
    """Windows of one signed-in person, each with the seal of the page it shows."""
    first = Client()
    sign_in(first, person)
    windows = [Client() for _ in range(count)]
    for window in windows:
        window.cookies.update(first.cookies)
    return windows


def seal_of(window, path):
    return re.search(r'name="offer" value="([^"]+)"', window.get(path).content.decode()).group(1)


def paid_once(person, placed):
    assert Order.objects.get(number=placed["payOrdId"]).state == "paid"
    assert Settlement.objects.filter(person=person).count() == 1
    assert CashPayment.objects.filter(order__number=placed["payOrdId"]).count() == 1
    assert ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).count() == 1
    assert ElectronicBill.objects.filter(order__number=placed["payOrdId"]).count() == 1
    assert PersonalAccount.objects.get(person=person).balance_fen == 0


@pytest.mark.requirement("MOB-06")
def test_a_double_click_and_a_second_window_pay_once(person):
    placed = MobilePayer().place(person, total="3000.00", account="1")
    path = f"/portal/my/orders/{placed['payOrdId']}/pay"
    windows = browsers(person, 4)
    twice, other = seal_of(windows[0], path), seal_of(windows[1], path)
    strike("late", seconds=1)
    sent = list(zip(windows, (twice, twice, other, other), strict=True))
    answers = at_once([lambda one=one, seal=seal: one.post(path, {"offer": seal}).status_code for one, seal in sent])
    assert sorted(answers) == [302, 302, 409, 409]
    paid_once(person, placed)


def test_pressed_while_the_institution_settles_it_is_paid_once(person):
    payer = MobilePayer()
    placed = payer.place(person, total="3000.00", account="1")
    path = f"/portal/my/orders/{placed['payOrdId']}/pay"
    (window,) = browsers(person, 1)
    seal, message = seal_of(window, path), payer.payment(placed)
    strike("late", seconds=1)
    pressed, answered = at_once(
        [lambda: window.post(path, {"offer": seal}).status_code, lambda: MobilePayer().hospital.ask("6202", message)]
    )
    assert (pressed, answered["infcode"]) in {(302, -1), (409, 0)}
    paid_once(person, placed)
