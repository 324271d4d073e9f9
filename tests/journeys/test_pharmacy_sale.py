"""A pharmacy sells in one message (2102) and takes the sale back (2103)."""

import json

import pytest

from yibao.domains.enrolment.models import PersonalAccount
from yibao.domains.settlement.models import SettledBatch, Settlement
from yibao.domains.visits.models import FeeLine, Visit

from .hospital import Hospital, accepted, refused
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def sale(pharmacy, person, total="300.00", *, prices=("100.00", "200.00"), account="1", insutype="310"):
    """The input of 2102."""
    lines = [
        {
            "feedetl_sn": f"S{place}",
            "fee_ocur_time": "2026-11-10 09:30:00",
            "med_list_codg": "XA01",
            "medins_list_codg": "XA01",
            "det_item_fee_sumamt": price,
            "cnt": "1",
            "pric": price,
        }
        for place, price in enumerate(prices)
    ]
    return {
        "druginfo": {
            "psn_no": person.number,
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.document_number,
            "begntime": "2026-11-10 09:00:00",
            "medfee_sumamt": total,
            "invono": "INV9",
            "insutype": insutype,
            "acct_used_flag": account,
            "med_type": "41",
        },
        "drugdetail": lines,
    }


def balance_of(person):
    return PersonalAccount.objects.get(person=person).balance_fen


class TestSale:
    def test_registers_uploads_and_settles_at_once(self, pharmacy):
        person = new_person(balance_fen=20_000)

        output = pharmacy.expect("2102", sale(pharmacy, person))

        info = output["setlinfo"]
        assert (info["medfee_sumamt"], info["acct_pay"], info["psn_cash_pay"]) == (300.0, 200.0, 100.0)
        assert (info["clr_type"], info["med_type"], info["balc"]) == ("41", "41", 0.0)
        assert [(line["feedetl_sn"], line["inscp_scp_amt"]) for line in output["detlcutinfo"]] == [
            ("S0", 100.0),
            ("S1", 200.0),
        ]
        visit = Visit.objects.get(pk=info["mdtrt_id"])
        settlement = Settlement.objects.get(pk=info["setl_id"])
        assert (visit.care, visit.number_at_institution, settlement.infno) == ("pharmacy", settlement.msgid, "2102")
        assert FeeLine.objects.filter(visit=visit).count() == 2
        assert balance_of(person) == 0

    def test_comes_to_what_the_three_messages_come_to(self, pharmacy):
        one, three = new_person(balance_fen=20_000), new_person(balance_fen=20_000)

        at_once = pharmacy.expect("2102", sale(pharmacy, one, "300.00", prices=("300.00",)))["setlinfo"]
        _, step_by_step = pharmacy.visit(three, "300.00", account="1")

        own = {"mdtrt_id", "setl_id", "psn_no", "psn_name", "certno", "setl_time", "medins_setl_id", "hosp_part_amt"}
        own |= {"med_type"}
        same = {name for name in at_once if name not in own}
        assert {name: at_once[name] for name in same} == {name: step_by_step[name] for name in same}

    def test_sent_twice_is_made_once(self, pharmacy):
        person = new_person(balance_fen=20_000)
        body = pharmacy.body("2102", sale(pharmacy, person))

        assert pharmacy.post_bytes(body) == pharmacy.post_bytes(body)

        assert Settlement.objects.filter(person=person).count() == 1
        assert balance_of(person) == 0

    def test_whose_total_does_not_add_up_leaves_no_visit(self, pharmacy):
        person = new_person(balance_fen=20_000)
        with nothing_changes():
            sentence = pharmacy.refuse("2102", sale(pharmacy, person, "299.00"))
        assert "299" in sentence

    def test_of_nothing_or_of_an_item_that_is_not_listed_is_refused(self, pharmacy):
        person = new_person()
        unlisted = sale(pharmacy, person)
        unlisted["drugdetail"][1]["med_list_codg"] = "NONE"
        with nothing_changes():
            assert "drugdetail" in pharmacy.refuse("2102", {**sale(pharmacy, person), "drugdetail": []})
            assert "NONE" in pharmacy.refuse("2102", unlisted)

    def test_is_a_pharmacys(self, hospital):
        person = new_person()
        with nothing_changes():
            assert hospital.refuse("2102", sale(hospital, person)) == "非定点零售药店不能办理药店结算(2102)"


class TestTakingBack:
    def test_gives_everything_back(self, pharmacy):
        person = new_person(balance_fen=20_000)
        info = pharmacy.expect("2102", sale(pharmacy, person))["setlinfo"]

        back = pharmacy.expect("2103", pharmacy.reversal(person, info["mdtrt_id"], info["setl_id"]))["setlinfo"]

        assert (back["medfee_sumamt"], back["psn_pay"], back["acct_pay"]) == (-300.0, -300.0, -200.0)
        assert (back["cash_payamt"], back["balc"]) == (-100.0, 200.0)
        assert balance_of(person) == 20_000
        assert not SettledBatch.objects.filter(is_released=False, batch__visit_id=info["mdtrt_id"]).exists()

    def test_twice_or_of_a_hospitals_visit_is_refused(self, pharmacy, hospital):
        person = new_person()
        info = pharmacy.expect("2102", sale(pharmacy, person, account="0"))["setlinfo"]
        pharmacy.expect("2103", pharmacy.reversal(person, info["mdtrt_id"], info["setl_id"]))
        visit, bill = hospital.visit(person, "100.00")

        with nothing_changes():
            again = pharmacy.refuse("2103", pharmacy.reversal(person, info["mdtrt_id"], info["setl_id"]))
            other = hospital.refuse("2103", hospital.reversal(person, visit, bill["setl_id"]))

        assert info["setl_id"] in again
        assert visit in other


class TestUncertain:
    def undoing(self, person, msgid, infno):
        return {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": infno}}

    def test_sale_is_undone(self, pharmacy):
        person = new_person(balance_fen=20_000)
        msgid = pharmacy.new_msgid()
        pharmacy.expect("2102", sale(pharmacy, person), msgid=msgid)

        assert pharmacy.expect("2601", self.undoing(person, msgid, "2102")) is None

        assert balance_of(person) == 20_000

    def test_sale_that_never_arrived_is_refused_when_it_comes_late(self, pharmacy):
        person = new_person(balance_fen=20_000)
        late = pharmacy.body("2102", sale(pharmacy, person))
        msgid = json.loads(late)["msgid"]
        pharmacy.expect("2601", self.undoing(person, msgid, "2102"))

        with nothing_changes():
            assert refused(pharmacy.post_bytes(late)) == f"报文ID(msgid){msgid}已被冲正(2601)，不能再办理"

    def test_taking_back_is_undone_and_the_sale_stands_again(self, pharmacy):
        person = new_person(balance_fen=20_000)
        info = accepted("2102", pharmacy.post_bytes(pharmacy.body("2102", sale(pharmacy, person))))["setlinfo"]
        msgid = pharmacy.new_msgid()
        pharmacy.expect("2103", pharmacy.reversal(person, info["mdtrt_id"], info["setl_id"]), msgid=msgid)

        pharmacy.expect("2601", self.undoing(person, msgid, "2103"))

        assert balance_of(person) == 0

    def test_sale_that_was_taken_back_is_refused(self, pharmacy):
        person = new_person()
        msgid = pharmacy.new_msgid()
        info = pharmacy.expect("2102", sale(pharmacy, person, account="0"), msgid=msgid)["setlinfo"]
        pharmacy.expect("2103", pharmacy.reversal(person, info["mdtrt_id"], info["setl_id"]))

        with nothing_changes():
            sentence = pharmacy.refuse("2601", self.undoing(person, msgid, "2102"))

        assert sentence == "冲正的结算信息退费结算标志不为未退费，不能办理冲正交易"

    def test_of_another_pharmacy_is_none_of_ours(self, pharmacy):
        person = new_person(balance_fen=20_000)
        msgid = pharmacy.new_msgid()
        pharmacy.expect("2102", sale(pharmacy, person), msgid=msgid)

        Hospital(code="H11010100002").expect("2601", self.undoing(person, msgid, "2102"))

        assert balance_of(person) == 0
