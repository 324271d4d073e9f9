"""The states of an order: the one table, and the database's copy of it."""

import itertools

import pytest
from django.db import connection

from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.states import NATIONAL, WAYS, State, Step, WrongOrderStateError, after


def test_every_state_has_a_national_code_and_can_be_reached():
    assert set(NATIONAL) == set(State)
    assert {way.target for way in WAYS.values()} == set(State)
    assert set(WAYS) == set(Step)


def test_a_step_out_of_order_is_refused():
    assert after(None, Step.PLACE) == State.PLACED
    for state, step in (("paid", Step.PAY), ("refunded", Step.REFUND_ALL), (None, Step.PAY), ("placed", Step.PLACE)):
        with pytest.raises(WrongOrderStateError):
            after(state, step)


@pytest.mark.django_db
def test_the_database_holds_the_same_table():
    def leads_to(step, source):
        with connection.cursor() as cursor:
            cursor.execute("SELECT yibao_order_leads_to(%s, %s)", [step, source])
            return cursor.fetchone()[0]

    for step, source in itertools.product(Step, [None, *State]):
        way = WAYS[step]
        fits = source in way.sources if way.sources else source is None
        assert leads_to(step.value, source) == (way.target if fits else None)
    assert {name for name, _ in Order._meta.get_field("state").choices} == set(State)
