"""2601 (冲正): what a client does when it does not know whether its message was carried out."""

import json

import pytest

from yibao.domains.enrolment.models import PersonalAccount
from yibao.domains.ledger.models import Entry
from yibao.domains.messages.models import Message
from yibao.domains.settlement.models import Accumulator, SettledBatch, Settlement
from yibao.domains.visits.models import Visit

from .hospital import Hospital, accepted, refused
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")

REFUNDED = "冲正的结算信息退费结算标志不为未退费，不能办理冲正交易"


def undoing(person, msgid, infno):
    """The input of 2601."""
    return {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": infno}}


def charged(hospital, person, total="3000.00"):
    """A visit with fees, and the body of its settlement."""
    visit = hospital.register(person)
    hospital.charge(person, visit, total)
    body = hospital.body("2207", hospital.bill(person, visit, total, account="1"))
    return visit, body, json.loads(body)["msgid"]


def money_of(person):
    """Accumulators, account, and what the ledger says was paid for this person's visits, in fen."""
    accumulators = {
        name: fen for row in Accumulator.objects.filter(person=person) for name, fen in row.amounts.items() if fen
    }
    causes = Settlement.objects.filter(person=person).values_list("pk", flat=True)
    entries = Entry.objects.filter(journal__cause_id__in=causes, account__code="5001")
    paid = sum(entry.debit_fen - entry.credit_fen for entry in entries)
    return accumulators, PersonalAccount.objects.get(person=person).balance_fen, paid


COUNTED = {"outpatient_deductible": 180_000, "outpatient_pooled_paid": 84_000, "critical_deductible": 216_000}
"""What one visit counts in the year: critical illness counts what is left in scope, 3,000 yuan less 840."""


class TestSettlement:
    def test_that_was_made_is_undone(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, body, msgid = charged(hospital, person)
        accepted("2207", hospital.post_bytes(body))
        assert money_of(person) == (COUNTED, 0, 134_000)

        assert hospital.expect("2601", undoing(person, msgid, "2207")) is None

        assert money_of(person) == ({}, 50_000, 0)
        assert not SettledBatch.objects.filter(is_released=False, batch__visit_id=visit).exists()
        assert Message.objects.get(msgid=msgid).state == "reversed"

    def test_that_was_undone_refuses_the_repeated_original(self, hospital):
        person = new_person()
        _, body, msgid = charged(hospital, person)
        hospital.post_bytes(body)
        hospital.expect("2601", undoing(person, msgid, "2207"))

        with nothing_changes():
            sentence = refused(hospital.post_bytes(body))

        assert sentence == f"报文ID(msgid){msgid}已被冲正(2601)，不能再办理"

    def test_that_was_undone_may_be_made_anew_under_another_number(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, body, msgid = charged(hospital, person)
        hospital.post_bytes(body)
        hospital.expect("2601", undoing(person, msgid, "2207"))

        info = hospital.settle(person, visit, "3000.00", account="1")

        assert (info["fund_pay_sumamt"], info["acct_pay"]) == (840.00, 500.00)

    def test_that_never_arrived_is_forestalled(self, hospital):
        person = new_person(balance_fen=50_000)
        _, body, msgid = charged(hospital, person)
        before = money_of(person)

        assert hospital.expect("2601", undoing(person, msgid, "2207")) is None
        with nothing_changes():
            sentence = refused(hospital.post_bytes(body))

        assert sentence == f"报文ID(msgid){msgid}已被冲正(2601)，不能再办理"
        assert money_of(person) == before

    @pytest.mark.parametrize("arrived", [True, False])
    def test_undone_twice_is_a_success_again_and_changes_nothing_more(self, hospital, arrived):
        person = new_person(balance_fen=50_000)
        _, body, msgid = charged(hospital, person)
        if arrived:
            hospital.post_bytes(body)
        hospital.expect("2601", undoing(person, msgid, "2207"))

        with nothing_changes(but=("message_store_message", "message_store_messagenumber")):
            assert hospital.expect("2601", undoing(person, msgid, "2207")) is None

    @pytest.mark.parametrize(("sent", "named"), [("2207A", "2207"), ("2207", "2207A"), ("2207A", "2207A")])
    def test_the_version_of_the_transaction_does_not_matter(self, hospital, sent, named):
        person = new_person(balance_fen=50_000)
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        msgid = hospital.new_msgid()
        hospital.expect(sent, hospital.bill(person, visit, "3000.00", account="1"), msgid=msgid)

        hospital.expect("2601", undoing(person, msgid, named))

        assert money_of(person) == ({}, 50_000, 0)

    def test_of_a_stay(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.ward_charge(person, visit, "20000.00")
        hospital.discharge(person, visit)
        msgid = hospital.new_msgid()
        hospital.expect("2304", hospital.stay_bill(person, visit, "20000.00"), msgid=msgid)

        hospital.expect("2601", undoing(person, msgid, "2304"))

        assert money_of(person) == ({}, 0, 0)

    def test_that_was_reversed_by_2208_is_refused(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, body, msgid = charged(hospital, person)
        info = accepted("2207", hospital.post_bytes(body))["setlinfo"]
        hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]))

        with nothing_changes():
            assert hospital.refuse("2601", undoing(person, msgid, "2207")) == REFUNDED


class TestReversal:
    def reversed_visit(self, hospital, person):
        """A settled and reversed visit: its number, the settlement's, the number of the message that reversed it."""
        visit, body, _ = charged(hospital, person)
        info = accepted("2207", hospital.post_bytes(body))["setlinfo"]
        msgid = hospital.new_msgid()
        hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]), msgid=msgid)
        return visit, info["setl_id"], msgid

    def test_is_undone_and_the_settlement_stands_again(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, _, msgid = self.reversed_visit(hospital, person)

        hospital.expect("2601", undoing(person, msgid, "2208"))

        assert money_of(person) == (COUNTED, 0, 134_000)
        with nothing_changes():
            assert hospital.refuse("2207", hospital.bill(person, visit, "3000.00")) == (
                f"就诊ID(mdtrt_id){visit}没有未结算的费用明细"
            )

    def test_undone_lets_the_old_number_be_reversed_again(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, settlement, msgid = self.reversed_visit(hospital, person)
        hospital.expect("2601", undoing(person, msgid, "2208"))

        back = hospital.expect("2208", hospital.reversal(person, visit, settlement))["setlinfo"]

        assert (back["fund_pay_sumamt"], back["acct_pay"], back["balc"]) == (-840.00, -500.00, 500.00)
        assert money_of(person) == ({}, 50_000, 0)

    def test_that_never_arrived_is_forestalled_and_the_settlement_stands(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, body, _ = charged(hospital, person)
        info = accepted("2207", hospital.post_bytes(body))["setlinfo"]
        late = hospital.body("2208", hospital.reversal(person, visit, info["setl_id"]))
        msgid = json.loads(late)["msgid"]

        hospital.expect("2601", undoing(person, msgid, "2208"))
        with nothing_changes():
            assert refused(hospital.post_bytes(late)) == f"报文ID(msgid){msgid}已被冲正(2601)，不能再办理"

        assert money_of(person)[1:] == (0, 134_000)

    def test_cannot_be_undone_when_the_lines_were_settled_anew(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, _, msgid = self.reversed_visit(hospital, person)
        hospital.settle(person, visit, "3000.00")

        with nothing_changes():
            sentence = hospital.refuse("2601", undoing(person, msgid, "2208"))

        assert sentence.startswith("结算撤销")

    def test_cannot_be_undone_when_the_lines_were_exchanged_for_others_of_the_same_sum(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, _, msgid = self.reversed_visit(hospital, person)
        hospital.expect("2205", {"data": {"psn_no": person.number, "mdtrt_id": visit, "chrg_bchno": "B1"}})
        hospital.charge(person, visit, "3000.00", item="XC03")

        with nothing_changes():
            assert hospital.refuse("2601", undoing(person, msgid, "2208")).startswith("结算撤销")

    def test_cannot_be_undone_when_the_account_was_spent(self, hospital):
        person = new_person(balance_fen=50_000)
        _, _, msgid = self.reversed_visit(hospital, person)
        Hospital(code="P11010100001").visit(person, "400.00", account="1")

        with nothing_changes():
            assert hospital.refuse("2601", undoing(person, msgid, "2208")).startswith("结算撤销")

    def test_cannot_be_undone_when_another_visit_has_used_the_year_meanwhile(self, hospital):
        """Or the deductible would be borne twice, and a cap be passed."""
        person = new_person()
        _, _, msgid = self.reversed_visit(hospital, person)
        hospital.visit(person, "3000.00")

        with nothing_changes():
            assert hospital.refuse("2601", undoing(person, msgid, "2208")).startswith("结算撤销")

    def test_is_undone_when_the_other_visit_was_reversed_too(self, hospital):
        person = new_person(balance_fen=50_000)
        _, _, msgid = self.reversed_visit(hospital, person)
        other, info = hospital.visit(person, "3000.00")
        hospital.expect("2208", hospital.reversal(person, other, info["setl_id"]))

        hospital.expect("2601", undoing(person, msgid, "2208"))

        assert money_of(person) == (COUNTED, 0, 134_000)


class TestAdmission:
    def test_that_was_made_is_cancelled(self, hospital):
        person = new_person()
        msgid = hospital.new_msgid()
        visit = hospital.expect("2401", hospital.admission(person), msgid=msgid)["result"]["mdtrt_id"]

        hospital.expect("2601", undoing(person, msgid, "2401"))

        assert Visit.objects.get(pk=visit).state == "cancelled"
        assert Hospital(code="H11010100002").admit(person) != visit

    def test_with_fees_is_refused(self, hospital):
        person = new_person()
        msgid = hospital.new_msgid()
        visit = hospital.expect("2401", hospital.admission(person), msgid=msgid)["result"]["mdtrt_id"]
        hospital.ward_charge(person, visit, "100.00")

        with nothing_changes():
            sentence = hospital.refuse("2601", undoing(person, msgid, "2401"))

        assert sentence == f"就诊ID(mdtrt_id){visit}存在费用明细，请先撤销明细"

    def test_that_never_arrived_is_forestalled(self, hospital):
        person = new_person()
        late = hospital.body("2401", hospital.admission(person))
        msgid = json.loads(late)["msgid"]

        hospital.expect("2601", undoing(person, msgid, "2401"))
        with nothing_changes():
            assert refused(hospital.post_bytes(late)) == f"报文ID(msgid){msgid}已被冲正(2601)，不能再办理"


class TestWhatDoesNotFit:
    def test_another_person(self, hospital):
        person = new_person()
        _, body, msgid = charged(hospital, person)
        hospital.post_bytes(body)
        other = new_person()

        with nothing_changes():
            sentence = hospital.refuse("2601", undoing(other, msgid, "2207"))

        assert sentence == (f"原发送方报文ID(omsgid){msgid}对应的交易与人员编号(psn_no)或原交易编号(oinfno)2207不符")

    @pytest.mark.parametrize("named", ["2304", "2208", "2401"])
    def test_another_transaction(self, hospital, named):
        person = new_person()
        _, body, msgid = charged(hospital, person)
        hospital.post_bytes(body)

        with nothing_changes():
            sentence = hospital.refuse("2601", undoing(person, msgid, named))

        assert sentence == (f"原发送方报文ID(omsgid){msgid}对应的交易与人员编号(psn_no)或原交易编号(oinfno){named}不符")

    @pytest.mark.parametrize("named", ["2201", "2204", "2203A", "2601", "9001", "XXXX"])
    def test_a_transaction_that_is_not_undone(self, hospital, named):
        person = new_person()

        with nothing_changes():
            sentence = hospital.refuse("2601", undoing(person, "any", named))

        assert sentence == f"原交易编号(oinfno){named}不支持冲正"

    def test_another_institutions_message_is_none_of_ours(self, hospital, community_centre):
        person = new_person(balance_fen=50_000)
        _, body, msgid = charged(hospital, person)
        hospital.post_bytes(body)
        before = money_of(person)

        community_centre.expect("2601", undoing(person, msgid, "2207"))

        assert money_of(person) == before
