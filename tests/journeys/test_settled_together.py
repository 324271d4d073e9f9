"""Settlements that arrive while the database works are one transaction, and none is bound to the fate of another."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from yibao.domains import storage
from yibao.domains.ledger.queries import verify
from yibao.domains.messages.models import Message
from yibao.domains.settlement.models import Settlement
from yibao.domains.storage import ask, driver
from yibao.workflows import perform_together

from .hospital import Hospital, accepted, refused
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("shared_town")


def gathered(*tasks):
    """The results of tasks that all come while a group is at work, so that the first of them leads all that can go with it."""
    line = perform_together._line
    at_work = perform_together._Member(None, "", None, None)
    line.join(at_work)
    assert at_work.leads
    assert line.group_of(at_work) == [at_work]

    def run(task):
        try:
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        running = []
        for place, task in enumerate(tasks, 1):
            running.append(pool.submit(run, task))
            deadline = time.monotonic() + 30
            while len(line._waiting) < place:
                assert time.monotonic() < deadline, "it did not come"
                time.sleep(0.002)
        line.pass_on()
        return [each.result(60) for each in running]


def charged(person, total, *, hospital=None):
    """The bytes of a 2207 for a bill that has been charged."""
    hospital = hospital or Hospital()
    visit = hospital.register(person)
    hospital.charge(person, visit, total)
    return hospital.body("2207", hospital.bill(person, visit, total, account="1"))


def sending(body):
    return lambda: Hospital().post_bytes(body)


def transactions():
    """How many transactions wrote the settlements there are."""
    return ask(driver(), "SELECT count(DISTINCT xmin::text) FROM settlement_settlement").fetchone()[0]


def settled(answers):
    """What the answers say of who pays, in the order of the messages."""
    infos = [accepted("2207", answer)["setlinfo"] for answer in answers]
    return [(info["medfee_sumamt"], info["fund_pay_sumamt"], info["acct_pay"], info["psn_cash_pay"]) for info in infos]


@pytest.fixture(autouse=True)
def written():
    """Checks how many settlements a test wrote and in how many transactions, each kept with its message."""
    settlements, kept, before = Settlement.objects.count(), Message.objects.count(), transactions()

    def check(count, *, within=None):
        assert Settlement.objects.count() == settlements + count
        assert Message.objects.filter(infno="2207").count() == Settlement.objects.count()
        assert Message.objects.count() >= kept + count
        assert within is None or transactions() == before + within
        assert verify(driver()).damages == ()

    return check


class TestAGroup:
    def test_is_one_transaction_and_pays_what_each_alone_would(self, written):
        totals = ["900.00", "2000.00", "2500.55", "60.10", "2000.00"]
        alone = [sending(charged(new_person(balance_fen=10_000), total))() for total in totals]
        bodies = [charged(new_person(balance_fen=10_000), total) for total in totals]

        together = gathered(*(sending(body) for body in bodies))

        assert settled(together) == settled(alone)
        written(10, within=6)
        assert [Hospital().post_bytes(body) for body in bodies] == together  # a repeat gets the same bytes

    def test_one_message_of_a_person_at_a_time(self, written):
        person = new_person()
        bodies = [charged(person, "1000.00"), charged(person, "1500.00"), charged(new_person(), "2000.00")]

        answers = gathered(*(sending(body) for body in bodies))

        # Its second message finds the deductible of 1,800 begun by the first.
        assert [fund for _, fund, _, _ in settled(answers)] == [0, 490.0, 140.0]
        written(3, within=2)

    def test_twins_are_answered_alike(self, written):
        body = charged(new_person(), "2000.00")

        first, second, _ = gathered(sending(body), sending(body), sending(charged(new_person(), "2000.00")))

        assert first == second
        written(2)


class TestAMember:
    def test_that_is_refused_changes_nothing_and_keeps_nobody(self, written):
        hospital, person = Hospital(), new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit, "1000.00")
        wrong = hospital.body("2207", hospital.bill(person, visit, "1000.01"))

        good, bad, fine = gathered(
            sending(charged(new_person(), "2000.00")), sending(wrong), sending(charged(new_person(), "2000.00"))
        )

        assert "100001" in refused(bad)
        assert settled([good, fine]) == [(2000, 140, 0, 1860)] * 2
        written(2, within=1)

    def test_whose_person_is_held_by_another_waits_alone(self, written):
        held = new_person()
        bodies = [charged(held, "2000.00"), charged(new_person(), "2000.00"), charged(new_person(), "2000.00")]
        with psycopg.connect(**_parameters()) as other:
            other.execute("SELECT id FROM people_person WHERE number = %s FOR UPDATE", (held.number,))
            before = Settlement.objects.count()
            with ThreadPoolExecutor(1) as pool:
                running = pool.submit(gathered, *(sending(body) for body in bodies))
                deadline = time.monotonic() + 30
                while Settlement.objects.count() < before + 2:
                    assert time.monotonic() < deadline, "the others waited for it"
                    time.sleep(0.01)
                other.rollback()
                answers = running.result(60)

        assert settled(answers) == [(2000, 140, 0, 1860)] * 3
        written(3, within=2)

    def test_that_the_database_refuses_is_undone_alone(self, written):
        bodies = [charged(new_person(), total) for total in ("2000.00", "6666.66", "2000.00")]
        with storage.transaction() as raw:
            ask(
                raw,
                "CREATE FUNCTION refuse_for_a_test() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN IF NEW.total_fen = 666666 THEN RAISE EXCEPTION ''not this one''; END IF; RETURN NEW; END'",
            )
            ask(
                raw,
                "CREATE TRIGGER refused_for_a_test BEFORE INSERT ON settlement_settlement"
                " FOR EACH ROW EXECUTE FUNCTION refuse_for_a_test()",
            )
        try:
            answers = gathered(*(sending(body) for body in bodies))
        finally:
            with storage.transaction() as raw:
                ask(raw, "DROP FUNCTION refuse_for_a_test CASCADE")

        assert settled([answers[0], answers[2]]) == [(2000, 140, 0, 1860)] * 2
        refused(answers[1])
        written(2)


def _parameters():
    """How another client reaches the same database."""
    settings = connection.get_connection_params()
    return {name: settings[name] for name in ("host", "port", "dbname", "user", "password") if settings.get(name)}
