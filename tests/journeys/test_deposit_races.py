"""Quality deposits under officers who act at once: each ends once, in one way, and the books stay whole."""

import pytest

from yibao.domains.ledger.queries import verify
from yibao.domains.reconciliation.models import DepositEnd, QualityDeposit
from yibao.domains.storage import driver
from yibao.workflows.apply_for_clearing import decide_on_application

from .office_records import new_member
from .small_town import REGION, new_person
from .test_claim_races import at_once
from .test_clearing import october_visit
from .test_quality_deposits import NOW, applied, assessed, balances, decide, settle

pytestmark = pytest.mark.usefixtures("lasting_town")


@pytest.fixture
def officers(lasting_town):
    return [new_member(name, "agency") for name in ("first", "second", "third", "fourth")]


@pytest.fixture
def accepted(officers):
    """An accepted month of which 42.00 are withheld, and the year's assessment: 39.90 come back."""
    october_visit(new_person())
    application = applied()
    decide(application)
    assessed(officers, "good")
    return application


@pytest.mark.requirement("AGR-07")
def test_one_of_many_officers_settles(accepted, officers):
    done = at_once([lambda each=each: settle(each).returned_fen for each in officers])
    assert sorted(done, key=str) == [3_990, *["reconciliation.not_assessed"] * (len(officers) - 1)]
    assert DepositEnd.objects.get().cause == "assessed"
    assert balances() == [83_790, 0, 210, 84_000]
    assert verify(driver()).damages == ()


def test_a_month_is_sent_back_or_its_deposit_settled(accepted, officers):
    def send_back():
        decide_on_application(
            application_id=accepted.pk, region=REGION, is_accepted=False, by="fourth", note="", at=NOW
        )
        return "sent back"

    done = at_once([*(lambda each=each: settle(each).returned_fen for each in officers[:3]), send_back])
    end = DepositEnd.objects.get(deposit=QualityDeposit.objects.get())
    accepted.refresh_from_db()
    if end.cause == "assessed":
        assert sorted(done, key=str) == [
            3_990, "reconciliation.deposit_assessed", *["reconciliation.not_assessed"] * 2
        ]  # fmt: skip
        assert (accepted.state, balances()) == ("accepted", [83_790, 0, 210, 84_000])
    else:
        assert sorted(done, key=str) == [*["reconciliation.not_assessed"] * 3, "sent back"]
        assert (accepted.state, balances()) == ("returned", [84_000, 0, 0, 84_000])
