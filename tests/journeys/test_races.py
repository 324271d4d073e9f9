"""Many at once, with real threads and committed data: nothing is lost, doubled or overdrawn, and nobody waits in vain.

YIBAO_PROOF_ROUNDS=20 plays every race twenty times; one round is the default.
"""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection

from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.queries import verify
from yibao.domains.messages.models import Message
from yibao.domains.settlement.models import Accumulator, SettledBatch, Settlement
from yibao.domains.storage import driver
from yibao.domains.visits.models import FeeLine, Visit
from yibao.workflows import settle_visit

from .hospital import Hospital, accepted
from .serial_order import check_account, check_serial
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("shared_town")

ROUNDS = int(os.environ.get("YIBAO_PROOF_ROUNDS", "1"))
THREADS = 8


@pytest.fixture(params=range(ROUNDS))
def _round(request):
    """One of the rounds."""


def at_once(tasks):
    """Run the tasks in a thread each, all let loose at the same moment; gives their results in order."""
    gate = threading.Barrier(len(tasks))

    def run(task):
        try:
            gate.wait(30)
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result(60) for future in [pool.submit(run, task) for task in tasks]]


def check_ledger():
    """Every settlement that moved money has one journal for each book, and the ledger holds."""
    found = verify(driver())
    assert found.damages == ()
    for settlement in Settlement.objects.all():
        journals = Journal.objects.filter(cause="settlement", cause_id=settlement.pk)
        assert journals.count() == len(set(journals.values_list("book", flat=True)))
        assert bool(journals.count()) == bool(settlement.fund_fen or settlement.account_fen)


@pytest.mark.usefixtures("_round")
class TestOnePerson:
    def test_visits_settled_at_once_hold_the_deductible_and_never_overdraw(self, hospital):
        person = new_person(balance_fen=70_000)
        visits = [hospital.register(person) for _ in range(THREADS)]
        totals = [f"{500 + 37 * n}.{n}{n}" for n in range(THREADS)]
        for visit, total in zip(visits, totals, strict=True):
            hospital.charge(person, visit, total)

        infos = at_once(
            [
                lambda v=visit, t=total: Hospital().settle(person, v, t, account="1")
                for visit, total in zip(visits, totals, strict=True)
            ]
        )

        assert len({info["setl_id"] for info in infos}) == THREADS
        assert sum(round(info["act_pay_dedc"] * 100) for info in infos) == 180_000
        assert sum(round(info["acct_pay"] * 100) for info in infos) == 70_000
        check_serial(person, deductible=180_000, rate_percent=70)
        check_ledger()

    def test_visits_settled_at_once_stop_at_the_cap(self, hospital):
        person = new_person(scheme="390", status="working_age")
        visits = [hospital.register(person, insutype="390") for _ in range(THREADS)]
        for visit in visits:
            hospital.charge(person, visit, "2000.00")

        infos = at_once([lambda v=visit: Hospital().settle(person, v, "2000.00", insutype="390") for visit in visits])

        # 550 is borne once; 725 of the first and 1000 each of the next three fill 4500 but 775
        assert sorted(info["fund_pay_sumamt"] for info in infos) == [0, 0, 0, 725, 775, 1000, 1000, 1000]
        assert Accumulator.objects.get(person=person).amounts["outpatient_paid"] == 450_000
        check_ledger()

    def test_two_admissions_at_once_find_one_bed(self):
        person = new_person()
        houses = [Hospital(code="H11010100001"), Hospital(code="H11010100002")] * 4

        answers = at_once([lambda h=house: h.ask("2401", h.admission(person)) for house in houses])

        assert sorted(answer["infcode"] for answer in answers) == [-1] * 7 + [0]
        assert {answer["err_msg"] for answer in answers if answer["infcode"]} == {
            f"人员编号(psn_no){person.number}已在院，不能重复入院"
        }
        assert Visit.objects.filter(person=person).count() == 1

    def test_the_same_batch_is_settled_once(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)

        answers = at_once([lambda: Hospital().ask("2207", hospital.bill(person, visit)) for _ in range(THREADS)])

        assert sorted(answer["infcode"] for answer in answers) == [-1] * 7 + [0]
        assert Settlement.objects.filter(person=person).count() == 1
        assert SettledBatch.objects.filter(batch__visit_id=visit).count() == 1


@pytest.mark.usefixtures("_round")
class TestOneMessage:
    def test_sent_by_eight_at_once_makes_one_settlement_and_eight_equal_answers(self, hospital):
        person = new_person(balance_fen=50_000)
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        body = hospital.body("2207", hospital.bill(person, visit, "3000.00", account="1"))

        answers = at_once([lambda: Hospital().post_bytes(body) for _ in range(THREADS)])

        assert len(set(answers)) == 1
        accepted("2207", answers[0])
        assert Settlement.objects.filter(person=person).count() == 1
        assert Message.objects.filter(person=person, infno="2207").count() == 1
        check_serial(person, deductible=180_000, rate_percent=70)
        check_ledger()

    def test_without_a_person_is_answered_once_too(self, hospital):
        body = hospital.body("9001", {"signIn": {"opter_no": "op1", "ip": "10.0.0.1"}})

        answers = at_once([lambda: Hospital().post_bytes(body) for _ in range(THREADS)])

        assert len(set(answers)) == 1
        assert accepted("9001", answers[0])["signinoutb"]["sign_no"]

    def test_number_used_for_two_persons_at_once_serves_one(self, hospital):
        persons = [new_person() for _ in range(THREADS)]
        msgid = hospital.new_msgid()
        bodies = [hospital.body("2201", {"data": hospital.registration(p)}, msgid=msgid) for p in persons]

        answers = at_once([lambda b=body: Hospital().post_bytes(b) for body in bodies])

        assert sum(b'"infcode":0' in answer for answer in answers) == 1
        assert sum("报文ID(msgid)重复" in answer.decode() for answer in answers) == THREADS - 1
        assert Visit.objects.filter(person__in=persons).count() == 1

    def test_number_at_the_institution_is_given_to_one_of_two_persons(self, hospital):
        persons = [new_person() for _ in range(THREADS)]

        number = hospital.new_msgid()

        answers = at_once(
            [lambda p=p: Hospital().ask("2201", {"data": hospital.registration(p, number=number)}) for p in persons]
        )

        assert sorted(answer["infcode"] for answer in answers) == [-1] * 7 + [0]
        assert {a["err_msg"] for a in answers if a["infcode"]} == {f"住院/门诊号(ipt_otp_no){number}不可重复"}


@pytest.mark.usefixtures("_round")
class TestUndoing:
    def test_a_settlement_while_it_is_made_leaves_nothing_standing(self, hospital):
        person = new_person(balance_fen=50_000)
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        msgid = hospital.new_msgid()
        body = hospital.body("2207", hospital.bill(person, visit, "3000.00", account="1"), msgid=msgid)
        undoing = {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}}

        at_once([lambda: Hospital().post_bytes(body), lambda: Hospital().expect("2601", undoing)] * 4)

        assert not SettledBatch.objects.filter(is_released=False, batch__visit_id=visit).exists()
        assert Message.objects.get(msgid=msgid).state == "reversed"
        held = Accumulator.objects.filter(person=person).values_list("amounts", flat=True)
        assert all(fen == 0 for amounts in held for fen in amounts.values())
        assert sum(Settlement.objects.filter(person=person).values_list("fund_fen", flat=True)) == 0
        person.account.refresh_from_db()
        assert person.account.balance_fen == 50_000
        check_account(person)
        check_ledger()

    def test_a_settlement_is_reversed_once(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, info = hospital.visit(person, "3000.00", account="1")

        answers = at_once(
            [lambda: Hospital().ask("2208", hospital.reversal(person, visit, info["setl_id"])) for _ in range(THREADS)]
        )

        assert sorted(answer["infcode"] for answer in answers) == [-1] * 7 + [0]
        assert {a["err_msg"] for a in answers if a["infcode"]} == {
            f"结算ID(setl_id){info['setl_id']}已退费，不能重复撤销"
        }
        kinds = Settlement.objects.filter(person=person).order_by("id").values_list("kind", flat=True)
        assert list(kinds) == ["settlement", "reversal"]
        check_account(person)
        check_ledger()


@pytest.mark.usefixtures("_round")
class TestFeesBesideASettlement:
    def test_uploaded_meanwhile_are_either_in_it_or_refused(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        more = {"feedetail": [hospital.line(person, visit, price="100.00")]}

        uploaded, settled = at_once(
            [
                lambda: Hospital().ask("2204", more),
                lambda: Hospital().ask("2207", hospital.bill(person, visit, "3000.00")),
            ]
        )

        assert sorted([uploaded["infcode"], settled["infcode"]]) == [-1, 0]
        total = sum(FeeLine.objects.filter(visit_id=visit).values_list("amount_fen", flat=True))
        assert total == (310_000 if uploaded["infcode"] == 0 else 300_000)

    def test_withdrawn_meanwhile_are_either_settled_or_gone(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        batch = {"data": {"psn_no": person.number, "mdtrt_id": visit, "chrg_bchno": "B1"}}

        withdrawn, settled = at_once(
            [
                lambda: Hospital().ask("2205", batch),
                lambda: Hospital().ask("2207", hospital.bill(person, visit, "3000.00")),
            ]
        )

        assert sorted([withdrawn["infcode"], settled["infcode"]]) == [-1, 0]
        standing = FeeLine.objects.filter(visit_id=visit, withdrawn_at=None).exists()
        assert standing == (settled["infcode"] == 0) == Settlement.objects.filter(person=person).exists()


@pytest.mark.usefixtures("_round")
class TestManyPersons:
    def test_share_the_fund_without_waiting_for_each_other(self, hospital, monkeypatch):
        """One settlement stands between its posting and its commit; the other commits meanwhile, and nothing waits."""
        slow, quick = new_person(), new_person()
        visits = {person.number: hospital.register(person) for person in (slow, quick)}
        for person in (slow, quick):
            hospital.charge(person, visits[person.number], "3000.00")
        posted, go_on = threading.Event(), threading.Event()
        act_of = settle_visit.settlement_step

        def waiting_step(wish, request):
            step = act_of(wish, request)
            return step if wish.person_number != slow.number else held_open(step, posted, go_on)

        monkeypatch.setattr("yibao.interfaces.gateway.handlers.settling.settlement_step", waiting_step)
        outcome = {}

        def settle_slowly():
            try:
                outcome["slow"] = Hospital().settle(slow, visits[slow.number], "3000.00")
            finally:
                connection.close()

        thread = threading.Thread(target=settle_slowly)
        thread.start()
        try:
            assert posted.wait(20)
            info = Hospital().settle(quick, visits[quick.number], "3000.00")
            waiting = waiting_locks()
            committed = Settlement.objects.filter(person=quick).count(), Settlement.objects.filter(person=slow).count()
        finally:
            go_on.set()
            thread.join(20)

        assert (info["fund_pay_sumamt"], outcome["slow"]["fund_pay_sumamt"]) == (840.00, 840.00)
        assert (waiting, committed) == (0, (1, 0))
        assert Settlement.objects.filter(person=slow).count() == 1
        check_ledger()

    def test_settled_at_once_are_all_entered_and_sealed(self, hospital):
        from yibao.domains.ledger.operations import seal
        from yibao.domains.storage import transaction

        persons = [new_person() for _ in range(THREADS)]

        at_once([lambda p=p: [Hospital().visit(p, "3000.00") for _ in range(3)] for p in persons])
        with transaction() as raw:
            seal(raw, at=datetime.now(UTC))

        made = Settlement.objects.filter(person__in=persons).values_list("pk", flat=True)
        assert Journal.objects.filter(cause="settlement", cause_id__in=made).count() == 3 * THREADS
        assert verify(driver()).unsealed == 0
        for person in persons:
            check_serial(person, deductible=180_000, rate_percent=70)
        check_ledger()


def held_open(step, posted, go_on):
    """The step, standing still after all its writes have reached the database and before the commit."""

    def act(raw, person, asked):
        outcome = step.act(raw, person, asked)
        raw.execute("SELECT 1").fetchone()
        posted.set()
        assert go_on.wait(20)
        return outcome

    return settle_visit.Step(step.ask, act)


def waiting_locks():
    """Locks of this database that somebody waits for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND (database IS NULL OR database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return cursor.fetchone()[0]


def test_waiting_is_seen():
    """The measure itself: a second connection that wants a held row is counted."""
    person = new_person()
    parts = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    options = {name: parts[name] for name in names if parts.get(name)}
    wish = "SELECT 1 FROM people_person WHERE id = %s FOR NO KEY UPDATE"
    with psycopg.connect(**options) as first, psycopg.connect(**options) as second:
        first.execute(wish, [person.pk])
        thread = threading.Thread(target=lambda: second.execute(wish, [person.pk]))
        thread.start()
        deadline = time.monotonic() + 10
        while waiting_locks() == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        seen = waiting_locks()
        first.rollback()
        thread.join(10)
    assert seen == 1
