"""Owner and relatives at one account at once: emptied to the fen, never overdrawn, nobody refused, nobody waits for a deadlock."""

import time

import pytest

from yibao.domains.ledger.queries import verify
from yibao.domains.settlement.models import Settlement
from yibao.domains.storage import driver

from .families import balances, check_accounts, share
from .hospital import Hospital
from .small_town import new_person
from .test_races import at_once

pytestmark = pytest.mark.usefixtures("shared_town")
THREADS = 20
DEADLOCK_SECONDS = 1
"""After so long the database looks for a deadlock: who never meets one is faster than a few of these."""


def charged_visits(hospital, persons, total):
    """A visit with one line for each of the persons, in order."""
    visits = [hospital.register(person) for person in persons]
    for person, visit in zip(persons, visits, strict=True):
        hospital.charge(person, visit, total)
    return list(zip(persons, visits, strict=True))


def settle_all(pairs, total):
    """Settle all visits at once with the accounts; gives setlinfo of each."""
    return at_once([lambda p=p, v=v: Hospital().settle(p, v, total, account="1") for p, v in pairs])


def paid_fen(infos, name="acct_pay"):
    """The sum of a member of the answers in fen."""
    return sum(round(info[name] * 100) for info in infos)


class TestOneAccount:
    def test_owner_and_relative_empty_it_together(self, hospital):
        owner, child = new_person(balance_fen=100_000), new_person()
        share(owner, child)
        pairs = charged_visits(hospital, [owner, child] * (THREADS // 2), "80.01")

        infos = settle_all(pairs, "80.01")

        assert paid_fen(infos) == 100_000
        assert paid_fen(infos, "psn_cash_pay") == THREADS * 8_001 - 100_000
        assert balances(owner, child) == [0, 0]
        own = Settlement.objects.filter(person=owner).order_by("id")
        after = dict(owner.account.entries.filter(cause="settlement").values_list("cause_id", "balance_after_fen"))
        assert all(row.balance_after_fen == after[row.pk] for row in own if row.account_fen)
        check_accounts(owner, child)
        assert verify(driver()).damages == ()

    def test_many_relatives_of_one_owner(self, hospital):
        owner = new_person(balance_fen=100_000)
        relatives = [new_person() for _ in range(THREADS)]
        for relative in relatives:
            share(owner, relative)

        infos = settle_all(charged_visits(hospital, relatives, "80.01"), "80.01")

        assert paid_fen(infos, "acct_mulaid_pay") == 100_000
        assert balances(owner) == [0]
        check_accounts(owner, *relatives)


class TestEachOthersAccounts:
    def test_a_couple_and_a_ring_of_three_meet_no_deadlock(self, hospital):
        persons = [new_person(balance_fen=30_000) for _ in range(5)]
        couple, ring = persons[:2], persons[2:]
        for group in (couple, ring):
            for place, owner in enumerate(group):
                share(owner, group[place - 1], relation="spouse")
        pairs = charged_visits(hospital, persons * (THREADS // 5), "250.00")

        began = time.monotonic()
        infos = settle_all(pairs, "250.00")

        assert time.monotonic() - began < 15 * DEADLOCK_SECONDS
        assert balances(*persons) == [0] * 5
        assert paid_fen(infos) == 150_000
        check_accounts(*persons)

    def test_settling_and_reversing_leave_each_what_is_its_own(self, hospital):
        man, wife = new_person(balance_fen=30_000), new_person(balance_fen=20_000)
        share(man, wife, relation="spouse")
        share(wife, man, relation="spouse")
        made = [(person, *hospital.visit(person, "250.00", account="1")) for person in (man, wife)]
        pairs = charged_visits(hospital, [man, wife] * 4, "100.00")

        at_once(
            [lambda p=p, v=v: Hospital().settle(p, v, "100.00", account="1") for p, v in pairs]
            + [
                lambda p=p, v=v, i=i: Hospital().ask("2208", Hospital().reversal(p, v, i["setl_id"]))
                for p, v, i in made
            ]
        )

        standing = Settlement.objects.filter(person__in=[man, wife])
        assert sum(balances(man, wife)) == 50_000 - sum(standing.values_list("account_fen", flat=True))
        assert standing.filter(kind="reversal").count() == 2
        check_accounts(man, wife)
        assert verify(driver()).damages == ()
