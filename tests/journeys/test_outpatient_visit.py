"""An outpatient visit from registration to settlement and back, through the gateway's door."""

import pytest

from yibao.domains.ledger.models import Entry
from yibao.domains.settlement.models import Accumulator, Settlement

from .small_town import new_person

pytestmark = pytest.mark.usefixtures("town")


class TestFirstVisitOfTheYear:
    def test_below_the_deductible_the_person_pays_all(self, hospital):
        person = new_person()

        _, bill = hospital.visit(person, "1000.00")

        assert (bill["medfee_sumamt"], bill["act_pay_dedc"], bill["fund_pay_sumamt"]) == (1000.00, 1000.00, 0.00)
        assert (bill["psn_part_amt"], bill["psn_cash_pay"], bill["acct_pay"]) == (1000.00, 1000.00, 0.00)

    def test_above_the_deductible_the_fund_pays_seventy_percent(self, hospital):
        person = new_person()

        _, bill = hospital.visit(person, "3000.00")

        # 3000 - 1800 deductible = 1200, of which 70 % at a tertiary hospital
        assert (bill["act_pay_dedc"], bill["hifp_pay"], bill["fund_pay_sumamt"]) == (1800.00, 840.00, 840.00)
        assert Accumulator.objects.get(person=person).amounts["outpatient_deductible"] == 180_000

    def test_the_account_pays_what_the_person_owes(self, hospital):
        person = new_person(balance_fen=50_000)

        _, bill = hospital.visit(person, "3000.00", account="1")

        assert (bill["acct_pay"], bill["psn_cash_pay"], bill["balc"]) == (500.00, 1660.00, 0.00)


class TestReversal:
    def test_restores_accumulators_account_and_ledger(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, bill = hospital.visit(person, "3000.00", account="1")

        back = hospital.expect("2208", hospital.reversal(person, visit, bill["setl_id"]))["setlinfo"]

        assert (back["medfee_sumamt"], back["hifp_pay"], back["acct_pay"], back["balc"]) == (-3000, -840, -500, 500)
        assert set(Accumulator.objects.get(person=person).amounts.values()) == {0}
        assert sum(e.debit_fen - e.credit_fen for e in Entry.objects.filter(account__code="5001")) == 0
        assert Settlement.objects.count() == 2
