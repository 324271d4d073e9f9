"""The outpatient chain from signing in to signing out, and what each step answers and leaves behind."""

import pytest

from yibao.domains.enrolment.models import AccountEntry, PersonalAccount
from yibao.domains.ledger.models import Entry
from yibao.domains.messages.models import SignIn
from yibao.domains.settlement.models import Accumulator, SettledBatch, Settlement
from yibao.domains.visits.models import FeeLine, Visit

from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def four_lines(hospital, person, visit):
    """One line of each kind: class A, class B, class C, and one above its ceiling price."""
    return [
        hospital.line(person, visit, item="XA01", quantity="2", price="1000.00", number="A"),
        hospital.line(person, visit, item="XB02", quantity="1", price="500.00", number="B"),
        hospital.line(person, visit, item="XC03", quantity="1", price="80.00", number="C"),
        hospital.line(person, visit, item="XL04", quantity="1", price="1000.00", number="D"),
    ]


class TestChain:
    def test_from_signing_in_to_signing_out(self, hospital):
        person = new_person(balance_fen=50_000)
        signed = hospital.expect("9001", {"signIn": {"opter_no": "op1", "mac": "", "ip": "10.0.0.1"}})["signinoutb"]
        shown = {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "psn_name": person.name}
        known = hospital.expect("1101", {"data": shown})
        assert (known["baseinfo"]["psn_no"], known["insuinfo"][0]["balc"]) == (person.number, 500.00)

        visit = hospital.register(person)
        assert hospital.expect("2203", hospital.diagnoses(person, visit)) is None
        lines = hospital.expect("2204", {"feedetail": four_lines(hospital, person, visit)})["result"]
        bill = hospital.bill(person, visit, "3580.00", account="1")
        tried = hospital.expect("2206", bill)["setlinfo"]
        settled = hospital.expect("2207", bill)["setlinfo"]
        back = hospital.expect("2208", hospital.reversal(person, visit, settled["setl_id"]))["setlinfo"]
        batch = {"data": {"psn_no": person.number, "mdtrt_id": visit, "chrg_bchno": "B1"}}
        assert hospital.expect("2205", batch) is None
        registration = {"data": {"psn_no": person.number, "mdtrt_id": visit, "ipt_otp_no": "any"}}
        assert hospital.expect("2202", registration) is None
        left = hospital.expect("9002", {"signOut": {"sign_no": signed["sign_no"], "opter_no": "op1"}})

        assert [row["inscp_scp_amt"] for row in lines] == [2000.00, 450.00, 0.00, 640.00]
        assert (tried["hifp_pay"], settled["hifp_pay"], back["hifp_pay"]) == (903.00, 903.00, -903.00)
        assert len(left["signoutoutb"]["sign_time"]) == 19
        assert SignIn.objects.get(sign_no=signed["sign_no"]).signed_out_at is not None
        assert Visit.objects.get(pk=visit).state == "cancelled"
        assert FeeLine.objects.filter(visit_id=visit, withdrawn_at=None).count() == 0
        assert PersonalAccount.objects.get(person=person).balance_fen == 50_000

    def test_a_cancelled_number_may_be_registered_again(self, hospital):
        person = new_person()
        visit = hospital.register(person, number="OP-AGAIN")
        hospital.expect("2202", {"data": {"psn_no": person.number, "mdtrt_id": visit, "ipt_otp_no": "OP-AGAIN"}})

        assert hospital.register(person, number="OP-AGAIN") != visit


class TestFeeLines:
    def test_each_line_is_split_by_its_class_its_ratio_and_its_ceiling(self, hospital):
        person = new_person()
        visit = hospital.register(person)

        rows = hospital.expect("2204", {"feedetail": four_lines(hospital, person, visit)})["result"]

        names = ("det_item_fee_sumamt", "fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")
        assert [tuple(row[name] for name in names) for row in rows] == [
            (2000.00, 0.00, 0.00, 0.00, 2000.00),
            (500.00, 0.00, 0.00, 50.00, 450.00),
            (80.00, 80.00, 0.00, 0.00, 0.00),
            (1000.00, 0.00, 200.00, 160.00, 640.00),
        ]
        assert [(row["feedetl_sn"], row["chrgitm_lv"], row["pric_uplmt_amt"]) for row in rows] == [
            ("A", "01", 999_999.0), ("B", "02", 999_999.0), ("C", "03", 999_999.0), ("D", "02", 800.0),
        ]  # fmt: skip

    def test_a_ceiling_holds_at_its_level_only(self, community_centre):
        person = new_person()
        visit = community_centre.register(person)

        row = community_centre.charge(person, visit, "1000.00", item="XL04")["result"][0]

        assert (row["overlmt_amt"], row["preselfpay_amt"], row["inscp_scp_amt"]) == (0.00, 200.00, 800.00)

    def test_what_the_hospital_did_not_approve_is_paid_by_the_person(self, hospital):
        person = new_person()
        visit = hospital.register(person)

        row = hospital.expect("2204", {"feedetail": [hospital.line(person, visit, hosp_appr_flag="2")]})["result"][0]

        assert (row["chrgitm_lv"], row["fulamt_ownpay_amt"], row["inscp_scp_amt"]) == ("03", 100.00, 0.00)

    def test_withdrawing_0000_takes_every_unsettled_batch(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        for batch in ("B1", "B2", "B3"):
            hospital.charge(person, visit, "100.00", batch=batch)
        hospital.settle(person, visit, "100.00", batch="B2")

        hospital.expect("2205", {"data": {"psn_no": person.number, "mdtrt_id": visit, "chrg_bchno": "0000"}})

        standing = FeeLine.objects.filter(visit_id=visit, withdrawn_at=None)
        assert list(standing.values_list("batch__number", flat=True)) == ["B2"]


class TestSettlement:
    def test_says_who_pays_which_fen(self, hospital):
        person = new_person(balance_fen=50_000)
        visit = hospital.register(person)
        hospital.expect("2204", {"feedetail": four_lines(hospital, person, visit)})

        output = hospital.expect("2207", hospital.bill(person, visit, "3580.00", account="1"))

        info = output["setlinfo"]
        scope = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc")
        assert [info[name] for name in scope] == [80.00, 200.00, 210.00, 3090.00, 1800.00]
        payers = ("hifp_pay", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "hosp_part_amt", "balc")
        assert [info[name] for name in payers] == [903.00, 903.00, 2677.00, 500.00, 2177.00, 0.00, 0.00]
        assert [(row["fund_pay_type"], row["fund_payamt"]) for row in output["setldetail"]] == [
            ("310100", 903.00),
            ("310200", 500.00),
        ]
        assert (info["clr_type"], info["clr_way"], info["clr_optins"]) == ("11", "01", "110000")

    def test_is_entered_in_account_accumulators_and_ledger(self, hospital):
        person = new_person(balance_fen=50_000)

        _, info = hospital.visit(person, "3000.00", account="1")

        number = int(info["setl_id"])
        assert list(AccountEntry.objects.filter(cause="settlement", cause_id=number).values_list("amount_fen")) == [
            (-50_000,)
        ]
        assert Accumulator.objects.get(person=person, scheme="310", year=2026).amounts == {
            "outpatient_deductible": 180_000,
            "outpatient_pooled_paid": 84_000,
            "critical_deductible": 216_000,
        }
        entries = Entry.objects.filter(journal__cause="settlement", journal__cause_id=number).order_by(
            "fund_id", "line"
        )
        assert list(entries.values_list("account__code", "fund_id", "debit_fen", "credit_fen")) == [
            ("5001", "310100", 84_000, 0), ("2001", "310100", 0, 84_000),
            ("5001", "310200", 50_000, 0), ("2001", "310200", 0, 50_000),
        ]  # fmt: skip

    def test_names_the_request_as_the_institutions_settlement_number(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        msgid = hospital.new_msgid()

        info = hospital.expect("2207", hospital.bill(person, visit), msgid=msgid)["setlinfo"]

        assert info["medins_setl_id"] == msgid
        assert Settlement.objects.get(pk=info["setl_id"]).msgid == msgid

    def test_batches_of_one_visit_are_settled_apart_and_reversed_newest_first(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit, "1500.00", batch="B1")
        hospital.charge(person, visit, "1300.00", batch="B2")
        first = hospital.settle(person, visit, "1500.00", batch="B1")
        second = hospital.settle(person, visit, "1300.00", batch="B2")
        assert (first["act_pay_dedc"], first["fund_pay_sumamt"]) == (1500.00, 0.00)
        assert (second["act_pay_dedc"], second["fund_pay_sumamt"]) == (300.00, 700.00)

        with nothing_changes():
            sentence = hospital.refuse("2208", hospital.reversal(person, visit, first["setl_id"]))
        hospital.expect("2208", hospital.reversal(person, visit, second["setl_id"]))
        hospital.expect("2208", hospital.reversal(person, visit, first["setl_id"]))

        assert sentence == f"结算ID(setl_id){first['setl_id']}之后还有结算，请先撤销后一次结算"
        assert set(Accumulator.objects.get(person=person).amounts.values()) == {0}
        assert not SettledBatch.objects.filter(is_released=False).exists()

    @pytest.mark.parametrize("infno", ["2207", "2207A"])
    def test_after_a_reversal_the_lines_are_settled_again_with_the_same_result(self, hospital, infno):
        person = new_person(balance_fen=1_000)
        visit, first = hospital.visit(person, "2500.00", account="1")
        hospital.expect("2208", hospital.reversal(person, visit, first["setl_id"]))

        again = hospital.expect(infno, hospital.bill(person, visit, "2500.00", account="1"))["setlinfo"]

        differing = {name for name in first if first[name] != again[name]}
        assert differing <= {"setl_id", "medins_setl_id", "setl_time"}
        assert {"setl_id", "medins_setl_id"} <= differing


class TestTrial:
    @pytest.mark.parametrize(("trial", "settlement"), [("2206", "2207"), ("2206A", "2207A")])
    def test_keeps_nothing_and_says_what_the_settlement_will_say(self, hospital, trial, settlement):
        person = new_person(balance_fen=50_000)
        visit = hospital.register(person)
        hospital.expect("2203A", hospital.diagnoses(person, visit))
        hospital.expect("2204", {"feedetail": four_lines(hospital, person, visit)})
        bill = hospital.bill(person, visit, "3580.00", account="1")

        with nothing_changes():
            tried = hospital.expect(trial, bill)
        settled = hospital.expect(settlement, bill)

        assert [tried["setlinfo"][name] for name in ("setl_id", "setl_time", "clr_way")] == [None, None, None]
        given_when_kept = {"setl_id", "setl_time", "clr_way", "medins_setl_id"}
        assert {k: v for k, v in tried["setlinfo"].items() if k not in given_when_kept} == {
            k: v for k, v in settled["setlinfo"].items() if k not in given_when_kept
        }
        assert tried["setldetail"] == settled["setldetail"]
