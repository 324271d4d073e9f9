"""The pace of an institution: a bucket that fills steadily, everyone's from a setting, somebody's from a record."""

import pytest
from django.db import OperationalError

from yibao.domains.messages.rates import EVERYBODY, SETTING, Rate, rates
from yibao.domains.reference.models import Setting
from yibao.interfaces.gateway import pace as module
from yibao.interfaces.gateway.pace import Pace, TooManyMessagesError


def let_in(pace, count, *, at, institution=1):
    """How many of so many messages are let in."""
    passed = 0
    for _ in range(count):
        try:
            pace.let_in(institution, at=at)
        except TooManyMessagesError:
            continue
        passed += 1
    return passed


def paced(everybody=Rate(10, 20), of_one=None, **options):  # noqa: B008  # a frozen value
    return Pace(read_rates=lambda: (everybody, of_one or {}), **options)


class TestBucket:
    def test_holds_a_burst_and_fills_by_the_second(self):
        pace = paced()
        assert let_in(pace, 30, at=100.0) == 20
        assert let_in(pace, 30, at=100.5) == 5
        assert let_in(pace, 99, at=1000.0) == 20

    def test_tells_when_to_come_back(self):
        pace = paced(Rate(1, 1))
        pace.let_in(1, at=0.0)
        with pytest.raises(TooManyMessagesError) as refusal:
            pace.let_in(1, at=0.5)
        assert refusal.value.facts == {"wait_seconds": 1}
        pace.let_in(1, at=1.0)

    def test_does_not_empty_when_threads_come_out_of_order(self):
        pace = paced(Rate(1_000_000, 1_000_000))
        assert let_in(pace, 1, at=10.0) == 1
        assert let_in(pace, 1, at=5.0) == 1
        assert let_in(pace, 1, at=10.0) == 1

    def test_institutions_do_not_share(self):
        pace = paced()
        let_in(pace, 50, at=0.0, institution=1)
        assert let_in(pace, 50, at=0.0, institution=2) == 20

    def test_a_rate_of_ones_own(self):
        pace = paced(of_one={2: Rate(1, 3)})
        assert (let_in(pace, 50, at=0.0, institution=1), let_in(pace, 50, at=0.0, institution=2)) == (20, 3)

    def test_the_institution_that_was_silent_longest_is_forgotten(self):
        pace = paced(Rate(1, 1), institutions_max=2)
        for institution in (1, 2, 3):
            pace.let_in(institution, at=0.0)
        assert (let_in(pace, 1, at=0.1, institution=3), let_in(pace, 1, at=0.1, institution=1)) == (0, 1)


class TestRates:
    def test_are_read_anew_after_seconds(self):
        found = [Rate(1, 1)]
        pace = Pace(read_rates=lambda: (found[0], {}))
        assert let_in(pace, 9, at=0.0) == 1
        found[0] = Rate(1000, 1000)
        assert let_in(pace, 9, at=2.0) == 1
        assert let_in(pace, 9, at=3.5) == 9

    @pytest.mark.django_db(transaction=True)
    def test_stand_while_the_database_is_away(self):
        answers = [(Rate(1, 2), {})]

        def read():
            if answers:
                return answers.pop()
            raise OperationalError

        pace = Pace(read_rates=read)
        assert (let_in(pace, 9, at=0.0), let_in(pace, 9, at=4.0)) == (2, 2)

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("value", "rate"),
        [
            ({"per_second": 5, "burst": 7}, Rate(5, 7)),
            ({"per_second": 0, "burst": 7}, EVERYBODY),
            ({"per_second": "5", "burst": 7}, EVERYBODY),
            ([5, 7], EVERYBODY),
        ],
    )
    def test_of_everybody_is_a_setting(self, value, rate):
        assert rates()[0] == EVERYBODY
        Setting.objects.create(key=SETTING, value=value, reason="a test", trust="our_default")
        assert rates() == (rate, {})


class TestKeeping:
    def test_begins_with_a_server(self, monkeypatch):
        monkeypatch.setattr(module, "_kept", [])
        for _ in range(EVERYBODY.burst + 1):
            module.let_in(1)
        monkeypatch.setattr(module, "_kept", [paced(Rate(1, 1))])
        module.let_in(1)
        with pytest.raises(TooManyMessagesError):
            module.let_in(1)
