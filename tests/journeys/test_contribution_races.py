"""Contributions by many at once, with real threads and committed data: one assessment, one payment, one transfer."""

from datetime import UTC, date, datetime

import pytest

from yibao.domains.enrolment.models import Assessment, Contribution, PersonalAccount, Receipt, TransferStep
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.queries import verify
from yibao.domains.reference.models import Division
from yibao.domains.storage import driver
from yibao.workflows.assess_month import assess_month
from yibao.workflows.record_payment import Incoming, record_payment
from yibao.workflows.transfer_enrolment import Arrival, apply_transfer, transfer_in, transfer_out

from .small_town import REGION, new_person
from .test_races import at_once

pytestmark = pytest.mark.usefixtures("shared_town")
AT = datetime(2026, 3, 10, 2, tzinfo=UTC)
MONTH = date(2026, 3, 1)


def test_a_month_assessed_by_three_runs_at_once_and_paid_three_times_at_once():
    people = [new_person(status="retired", born=date(1950, 1, 1)) for _ in range(30)]
    tallies = at_once([lambda: assess_month(region=REGION, month=MONTH, at=AT, scheme="310")] * 3)
    assert sum(tally.persons["310"] for tally in tallies) == 30
    assert Assessment.objects.filter(person__in=people).count() == 30
    payer = people[0]
    payment = Incoming(
        number="RACE", region=REGION, scheme="310", amount_fen=300, paid_on=MONTH, at=AT, actor="race",
        person_number=payer.number,
    )  # fmt: skip
    receipts = at_once([lambda: record_payment(payment)] * 3)
    assert {receipt.pk for receipt in receipts} == {Receipt.objects.get(number="RACE").pk}
    assert Contribution.objects.filter(enrolment__person=payer).count() == 1
    assert PersonalAccount.objects.get(person=payer).balance_fen == 11_000
    assert verify(driver()).damages == ()


@pytest.mark.requirement("ENR-24")
def test_a_transfer_carried_out_by_three_clerks_at_once():
    Division.objects.get_or_create(code="120101", defaults={"name": "和平区", "pooling_region": "120000"})
    person = new_person(balance_fen=77_700)
    transfer = apply_transfer(
        person_number=person.number, scheme="310", from_region=REGION, to_region="120000", on=MONTH, actor="race"
    )
    arrival = Arrival(division="120101", person_type="1101", status_group="active")
    for side in (
        lambda: transfer_out(transfer_id=transfer.pk, on=date(2026, 3, 9), at=AT, actor="race"),
        lambda: transfer_in(transfer_id=transfer.pk, arrival=arrival, on=date(2026, 3, 10), at=AT, actor="race"),
    ):
        assert len({step.pk for step in at_once([side] * 3)}) == 1
    steps = TransferStep.objects.filter(transfer=transfer)
    assert steps.count() == 2
    assert Journal.objects.filter(cause="transfer", cause_id__in=steps.values("pk")).count() == 2
    assert PersonalAccount.objects.get(person=person).balance_fen == 77_700
    assert verify(driver()).damages == ()
