"""A message sent again gets its answer again and changes nothing; another message under its number is refused."""

import json
from itertools import pairwise

import pytest

from yibao.domains.messages.models import Message

from .hospital import accepted, refused
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def of_visit(person, visit, **further):
    return {"data": {"psn_no": person.number, "mdtrt_id": visit, **further}}


def outpatient_chain(hospital):
    """Every state-changing outpatient message in an order in which each succeeds; yields (infno, body)."""
    person = new_person(balance_fen=50_000)
    yield "9001", {"signIn": {"opter_no": "op1", "ip": "10.0.0.1"}}
    signed = hospital.last["signinoutb"]["sign_no"]
    yield "2201", {"data": hospital.registration(person)}
    visit = hospital.last["data"]["mdtrt_id"]
    yield "2203", hospital.diagnoses(person, visit)
    yield "2203A", hospital.diagnoses(person, visit)
    yield "2204", {"feedetail": [hospital.line(person, visit, price="3000.00")]}
    yield "2207", hospital.bill(person, visit, "3000.00", account="1")
    yield "2208", hospital.reversal(person, visit, hospital.last["setlinfo"]["setl_id"])
    yield "2207A", hospital.bill(person, visit, "3000.00", account="1")
    msgid = hospital.last["setlinfo"]["medins_setl_id"]
    yield "2601", {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}}
    yield "2205", of_visit(person, visit, chrg_bchno="B1")
    yield "2202", of_visit(person, visit, ipt_otp_no="any")
    yield "9002", {"signOut": {"sign_no": signed, "opter_no": "op1"}}


def inpatient_chain(hospital):
    """Every state-changing inpatient message in an order in which each succeeds."""
    person = new_person()
    yield "2401", hospital.admission(person)
    visit = hospital.last["result"]["mdtrt_id"]
    yield "2301", {"feedetail": [hospital.line(person, visit, price="20000.00", number="N1")]}
    yield "2402", hospital.discharge_input(person, visit)
    yield "2304", hospital.stay_bill(person, visit, "20000.00")
    yield "2305", hospital.reversal(person, visit, hospital.last["setlinfo"]["setl_id"])
    yield "2405", of_visit(person, visit)
    yield "2302", {"data": [{"psn_no": person.number, "mdtrt_id": visit, "feedetl_sn": "N1"}]}
    yield "2404", of_visit(person, visit)


@pytest.mark.parametrize("chain", [outpatient_chain, inpatient_chain])
class TestTheSameBytesAgain:
    def test_get_the_same_bytes_and_change_nothing(self, hospital, chain):
        played = []
        for infno, node in chain(hospital):
            body = hospital.body(infno, node)
            answer = hospital.post_bytes(body)
            hospital.last = accepted(infno, answer)
            with nothing_changes():
                assert hospital.post_bytes(body) == answer, infno
            played.append((infno, body, answer))

        with nothing_changes():
            answers = [(infno, hospital.post_bytes(body)) for infno, body, _ in played]

        # long after, all are answered as before, but the one that 2601 undid
        undone = [infno for (infno, again), (_, _, answer) in zip(answers, played, strict=True) if again != answer]
        assert undone == (["2207A"] if chain is outpatient_chain else [])

    def test_are_kept_with_their_answers(self, hospital, chain):
        sent = {}
        for infno, node in chain(hospital):
            body = hospital.body(infno, node)
            answer = hospital.post_bytes(body)
            hospital.last = accepted(infno, answer)
            sent[json.loads(body)["msgid"]] = (infno, body, answer)

        kept = {m.msgid: (m.infno, bytes(m.body), bytes(m.answer)) for m in Message.objects.all()}

        assert kept == sent


class TestAnotherBodyUnderTheNumber:
    @pytest.mark.parametrize("chain", [outpatient_chain, inpatient_chain])
    def test_is_refused_whatever_it_asks(self, hospital, chain):
        played = []
        for infno, node in chain(hospital):
            body = hospital.body(infno, node)
            hospital.last = accepted(infno, hospital.post_bytes(body))
            played.append((infno, json.loads(body)))

        for (infno, first), (other_infno, other) in pairwise(played):
            stolen = hospital.body(other_infno, other["input"], msgid=first["msgid"])
            with nothing_changes():
                sentence = refused(hospital.post_bytes(stolen))
            number = first["msgid"]
            assert sentence in {
                f"报文ID(msgid)重复：{number}已用于另一笔{infno}交易",
                f"报文ID(msgid){number}已被冲正(2601)，不能再办理",
            }

    def test_is_refused_when_only_a_blank_differs(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        body = hospital.body("2207", hospital.bill(person, visit))
        hospital.post_bytes(body)

        with nothing_changes():
            assert refused(hospital.post_bytes(body + b" ")).startswith("报文ID(msgid)重复：")

    def test_is_no_matter_between_institutions(self, hospital, community_centre):
        number = hospital.new_msgid()
        person, other = new_person(), new_person()

        one = hospital.register(person, msgid=number)
        two = community_centre.register(other, msgid=number)

        assert one != two


class TestWhatWasRefused:
    def test_may_be_sent_again_under_its_number_when_it_has_become_right(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        body = hospital.body("2207", hospital.bill(person, visit))
        with nothing_changes():
            refused(hospital.post_bytes(body))
        hospital.charge(person, visit)

        output = accepted("2207", hospital.post_bytes(body))

        assert output["setlinfo"]["medfee_sumamt"] == 1000.00

    def test_trials_are_not_kept(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        body = hospital.body("2206", hospital.bill(person, visit))
        with nothing_changes():
            hospital.post_bytes(body)
        hospital.charge(person, visit, "2000.00", batch="B2")

        with nothing_changes():
            again = accepted("2206", hospital.post_bytes(body))

        assert again["setlinfo"]["medfee_sumamt"] == 1000.00
