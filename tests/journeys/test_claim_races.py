"""Officers at once: an application is approved once, paid once, and an invoice counts once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from yibao.core.errors import YibaoError
from yibao.domains.claims.models import Document, PaymentOrder
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.queries import verify
from yibao.domains.settlement.models import Accumulator, Settlement
from yibao.domains.storage import driver
from yibao.workflows.pay_claim import pay
from yibao.workflows.reimburse_by_hand import approve

from .hospital import Hospital
from .office_records import new_member
from .reimbursements import BY_HAND, act, applied, approved, bring, checked, found_officers
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("lasting_town")
THREADS = 6


@pytest.fixture(autouse=True)
def _officers(lasting_town):
    found_officers()
    for number in range(THREADS):
        new_member(f"racer{number}", "agency")


def at_once(tasks):
    """Run the tasks in a thread each, let loose at the same moment; results, or the refusal's code."""
    gate = threading.Barrier(len(tasks))

    def run(task):
        try:
            gate.wait(30)
            return task()
        except YibaoError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result(60) for future in [pool.submit(run, task) for task in tasks]]


def test_one_of_many_officers_approves_and_one_of_many_pays():
    person = new_person()
    application = checked(person)
    approvals = at_once([lambda n=n: approve(application.pk, act(f"racer{n}")).state for n in range(THREADS)])
    assert sorted(approvals) == ["approved"] + ["claims.wrong_state"] * (THREADS - 1)
    settlement = Settlement.objects.get()
    amounts = Accumulator.objects.get(person=person).amounts

    decider = application.events.get(step="approve").member.user.username
    payers = [f"racer{n}" for n in range(THREADS) if f"racer{n}" != decider]
    payments = at_once(
        [lambda p=p: pay(application.pk, application_kind=BY_HAND, act=act(p)).amount_fen for p in payers]
    )
    assert sorted(payments, key=str) == [settlement.fund_fen] + ["claims.wrong_state"] * (len(payers) - 1)
    assert PaymentOrder.objects.count() == 1
    assert Journal.objects.filter(cause="payment").count() == len(settlement.fund_codes)
    assert Accumulator.objects.get(person=person).amounts == amounts
    assert verify(driver()).damages == ()


def test_an_invoice_brought_by_many_at_once_counts_once():
    applications = [applied(new_person()) for _ in range(THREADS)]
    brought = at_once([lambda a=a: bring(a, "invoice", number="ONE", amount_fen=100).number for a in applications])
    assert sorted(brought) == ["ONE"] + ["claims.invoice_used"] * (THREADS - 1)
    assert Document.objects.filter(kind="invoice").count() == 1


def test_an_approval_and_a_settlement_at_the_counter_share_the_deductible():
    person, hospital = new_person(), Hospital()
    application = checked(person, total_yuan=3000)
    visit = hospital.admit(person, at="2026-11-11 10:00:00")
    hospital.ward_charge(person, visit, "3000.00", at="2026-11-12 10:00:00")
    hospital.discharge(person, visit, at="2026-11-13 10:00:00")

    def at_the_counter():
        bill = Hospital().stay_bill(person, visit, "3000.00")
        return Hospital().expect("2304", bill)["setlinfo"]["setl_id"]

    results = at_once([lambda: approve(application.pk, act("decider")).state, at_the_counter])

    standing = Settlement.objects.filter(person=person)
    used = Accumulator.objects.get(person=person).amounts
    for name, fen in used.items():
        assert fen == sum(row.accumulator_changes.get(name, 0) for row in standing)
    if results[0] == "approved":
        assert standing.count() == 2
    else:  # the counter was first: what was checked is no longer what the law gives
        assert results[0] == "reimbursement.calculation_changed"
        assert standing.count() == 1
    assert verify(driver()).damages == ()


def test_what_was_approved_is_paid_from_every_fund_once():
    application = approved(new_person(), total_yuan=400_000)
    order = pay(application.pk, application_kind=BY_HAND, act=act("payer"))
    assert len(order.fund_codes) == 2
    assert sum(order.fund_amounts_fen) == order.amount_fen
