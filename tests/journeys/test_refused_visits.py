"""Registrations, admissions, discharges and cancellings that are refused: a clear sentence, and nothing changed."""

from datetime import date

import pytest

from yibao.domains.enrolment.models import Enrolment
from yibao.domains.institutions.models import Institution

from .hospital import Hospital, refused
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def refusal(hospital, infno, node, **changes):
    """The sentence of a refusal that changed nothing."""
    with nothing_changes():
        return hospital.refuse(infno, node, **changes)


def of_visit(person, visit):
    return {"data": {"psn_no": person.number, "mdtrt_id": visit}}


def cancelling(person, visit):
    return {"data": {"psn_no": person.number, "mdtrt_id": visit, "ipt_otp_no": "any"}}


class TestFields:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"begntime": ""}, "开始时间(data.begntime)不能为空"),
            ({"dr_name": None}, "医师姓名(data.dr_name)不能为空"),
            ({"dr_name": "名" * 51}, "医师姓名(data.dr_name)过长：51个字符，最多50个"),
            ({"insutype": "999"}, "险种类型(data.insutype)的值999不在字典中"),
            ({"begntime": "10.11.2026"}, "开始时间(data.begntime)不是有效的日期时间：10.11.2026，"),
            ({"caty": {"a": 1}}, "科别(data.caty)应为字符串"),
            ({"psn_no": "a\u0000"}, "人员编号(data.psn_no)含有非法字符"),
            ({"dr_name": "", "dept_code": ""}, "医师姓名(data.dr_name)不能为空；科室编码(data.dept_code)不能为空"),
        ],
    )
    def test_that_cannot_be_read_are_all_named(self, hospital, changes, sentence):
        registration = {**hospital.registration(new_person()), **changes}

        assert refusal(hospital, "2201", {"data": registration}).startswith(sentence)

    def test_half_a_surrogate_pair(self, hospital):
        body = hospital.body("2201", {"data": hospital.registration(new_person())})

        with nothing_changes():
            answer = hospital.post_bytes(body.replace("内科".encode(), b"\\ud83d"))

        assert "JSON" in refused(answer)


class TestWhoIsInsured:
    def test_an_unknown_person(self, hospital):
        registration = {**hospital.registration(new_person()), "psn_no": "NOBODY"}
        assert refusal(hospital, "2201", {"data": registration}) == "人员编号(psn_no)NOBODY不存在"

    def test_a_person_insured_elsewhere(self, hospital):
        registration = {"data": hospital.registration(new_person())}
        assert refusal(hospital, "2201", registration, insuplc="310101") == (
            "参保地医保区划(insuplc_admdvs)310101与人员参保地110000不符"
        )

    def test_a_person_of_the_other_scheme(self, hospital):
        registration = {"data": hospital.registration(new_person(), insutype="390")}
        assert refusal(hospital, "2201", registration) == (
            "险种类型(insutype)390在2026-11-10不享受待遇：参保状态0（0未参保 2暂停 4终止）"
        )

    @pytest.mark.parametrize("state", ["2", "4"])
    def test_a_suspended_or_ended_person(self, hospital, state):
        registration = {"data": hospital.registration(new_person(state=state))}
        assert refusal(hospital, "2201", registration) == (
            f"险种类型(insutype)310在2026-11-10不享受待遇：参保状态{state}（0未参保 2暂停 4终止）"
        )

    def test_a_person_not_insured_yet(self, hospital):
        registration = {"data": hospital.registration(new_person(since=date(2026, 11, 11)))}
        assert "在2026-11-10不享受待遇" in refusal(hospital, "2201", registration)

    def test_a_person_in_the_waiting_period(self, hospital):
        person = new_person()
        Enrolment.objects.filter(person=person).update(covered_from=date(2026, 11, 11))
        assert refusal(hospital, "2201", {"data": hospital.registration(person)}) == (
            "险种类型(insutype)310在2026-11-10不享受待遇：参保状态2（0未参保 2暂停 4终止）"
        )
        Enrolment.objects.filter(person=person).update(covered_from=date(2026, 11, 10))
        visit = hospital.register(person)
        hospital.charge(person, visit)
        Enrolment.objects.filter(person=person).update(covered_from=date(2026, 11, 11))
        assert "在2026-11-10不享受待遇" in refusal(hospital, "2207", hospital.bill(person, visit))

    def test_enrolment_that_ended_before_the_visit(self, hospital):
        person = new_person()
        Enrolment.objects.filter(person=person).update(valid_until=date(2026, 11, 10))
        assert "在2026-11-10不享受待遇" in refusal(hospital, "2201", {"data": hospital.registration(person)})

    def test_enrolment_that_was_ended_between_registration_and_settlement(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        Enrolment.objects.filter(person=person).update(valid_until=date(2026, 11, 10))

        assert refusal(hospital, "2207", hospital.bill(person, visit)) == (
            "险种类型(insutype)310在2026-11-10不享受待遇：参保状态0（0未参保 2暂停 4终止）"
        )

    @pytest.mark.requirement("NET-03")
    @pytest.mark.parametrize("shown", ["another's", "nobody's"])
    def test_a_voucher_of_somebody_else(self, hospital, shown):
        number = new_person().document_number if shown == "another's" else "NOTHING"
        registration = {**hospital.registration(new_person()), "mdtrt_cert_no": number}
        assert refusal(hospital, "2201", {"data": registration}) == "就诊凭证编号(mdtrt_cert_no)与人员编号(psn_no)不符"

    def test_a_name_that_is_not_the_vouchers(self, hospital):
        shown = {"mdtrt_cert_type": "02", "mdtrt_cert_no": new_person().document_number, "psn_name": "别人"}
        assert refusal(hospital, "1101", {"data": shown}) == "人员姓名(psn_name)与就诊凭证不符"

    @pytest.mark.parametrize(
        ("shown", "field"),
        [({"mdtrt_cert_type": "02", "mdtrt_cert_no": "X"}, "mdtrt_cert_no"), ({"certno": "X"}, "certno")],
    )
    def test_nobody(self, hospital, shown, field):
        assert refusal(hospital, "1101", {"data": shown}) == f"未查询到就诊凭证或证件({field})对应的参保人员信息"


class TestOpening:
    def test_in_the_future(self, hospital):
        registration = {"data": hospital.registration(new_person(), at="2999-01-01 00:00:00")}
        assert refusal(hospital, "2201", registration) == "开始时间(begntime)2999-01-01 00:00:00晚于当前时间"

    def test_before_the_institution_was_designated(self, hospital):
        registration = {"data": hospital.registration(new_person(), at="2018-12-31 00:00:00")}
        assert refusal(hospital, "2201", registration) == "机构在2018-12-31不是定点医药机构"

    def test_after_the_institution_left(self, hospital):
        Institution.objects.filter(code=hospital.code).update(designated_until=date(2026, 11, 10))
        registration = {"data": hospital.registration(new_person())}
        assert refusal(hospital, "2201", registration) == "机构在2026-11-10不是定点医药机构"

    def test_with_a_number_in_use(self, hospital):
        hospital.register(new_person(), number="OP-1")
        registration = {"data": hospital.registration(new_person(), number="OP-1")}
        assert refusal(hospital, "2201", registration) == "住院/门诊号(ipt_otp_no)OP-1不可重复"

    def test_a_second_bed_in_any_hospital(self, hospital):
        person = new_person()
        hospital.admit(person)
        elsewhere = Hospital(code="H11010100002")
        admission = elsewhere.admission(person)
        assert refusal(elsewhere, "2401", admission) == f"人员编号(psn_no){person.number}已在院，不能重复入院"


class TestVisitsOfOthers:
    def test_of_another_person(self, hospital):
        person, other = new_person(), new_person()
        visit = hospital.register(other)
        assert refusal(hospital, "2202", cancelling(person, visit)) == (
            f"就诊ID(mdtrt_id){visit}不存在，或不属于本机构、本人员"
        )

    def test_of_another_institution(self, hospital):
        person = new_person()
        visit = Hospital(code="H11010100002").register(person)
        assert refusal(hospital, "2202", cancelling(person, visit)) == (
            f"就诊ID(mdtrt_id){visit}不存在，或不属于本机构、本人员"
        )

    def test_of_the_other_kind_of_care(self, hospital):
        person = new_person()
        stay, visit = hospital.admit(person), hospital.register(person)
        hospital.ward_charge(person, stay, "100.00")
        hospital.charge(person, visit, "100.00")
        sentence = "就诊ID(mdtrt_id){}的就诊类别与交易不符（门诊与住院交易不可混用）"

        for infno, node in (
            ("2202", cancelling(person, stay)),
            ("2203", hospital.diagnoses(person, stay)),
            ("2204", {"feedetail": [hospital.line(person, stay)]}),
            ("2207", hospital.bill(person, stay, "100.00")),
        ):
            assert refusal(hospital, infno, node) == sentence.format(stay)
        for infno, node in (
            ("2404", of_visit(person, visit)),
            ("2405", of_visit(person, visit)),
            ("2301", {"feedetail": [hospital.line(person, visit)]}),
            ("2304", hospital.stay_bill(person, visit, "100.00")),
        ):
            assert refusal(hospital, infno, node) == sentence.format(visit)


class TestEnding:
    def test_discharged_twice(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.discharge(person, visit)
        assert (
            refusal(hospital, "2402", hospital.discharge_input(person, visit)) == f"就诊ID(mdtrt_id){visit}已办理出院"
        )

    @pytest.mark.parametrize("at", ["2026-11-01 09:59:59", "2999-01-01 00:00:00"])
    def test_discharged_before_admission_or_after_now(self, hospital, at):
        person = new_person()
        visit = hospital.admit(person, at="2026-11-01 10:00:00")
        assert refusal(hospital, "2402", hospital.discharge_input(person, visit, at=at)) == (
            f"出院时间(endtime){at}早于入院时间或晚于当前时间"
        )

    def test_a_discharge_that_was_not_made_is_taken_back(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        assert refusal(hospital, "2405", of_visit(person, visit)) == f"就诊ID(mdtrt_id){visit}未办理出院，无可撤销"

    def test_a_discharge_after_which_the_person_lies_elsewhere_is_taken_back(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.discharge(person, visit)
        Hospital(code="H11010100002").admit(person, at="2026-11-10 10:00:00")
        assert refusal(hospital, "2405", of_visit(person, visit)) == (
            f"人员编号(psn_no){person.number}已在院，不能重复入院"
        )

    def test_cancelled_with_fees(self, hospital):
        person = new_person()
        visit, stay = hospital.register(person), hospital.admit(person)
        hospital.charge(person, visit)
        hospital.ward_charge(person, stay, "100.00")

        for infno, node, number in (
            ("2202", cancelling(person, visit), visit),
            ("2404", of_visit(person, stay), stay),
        ):
            assert refusal(hospital, infno, node) == f"就诊ID(mdtrt_id){number}存在费用明细，请先撤销明细"

    def test_cancelled_after_settlement(self, hospital):
        person = new_person()
        visit, _ = hospital.visit(person)
        assert refusal(hospital, "2202", cancelling(person, visit)) == (f"就诊ID(mdtrt_id){visit}已结算，请先撤销结算")

    @pytest.mark.parametrize("infno", ["2202", "2203", "2204", "2207"])
    def test_anything_after_cancelling(self, hospital, infno):
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("2202", cancelling(person, visit))
        node = {
            "2202": cancelling(person, visit),
            "2203": hospital.diagnoses(person, visit),
            "2204": {"feedetail": [hospital.line(person, visit)]},
            "2207": hospital.bill(person, visit),
        }[infno]
        assert refusal(hospital, infno, node) == f"就诊ID(mdtrt_id){visit}已撤销"

    def test_signing_out_twice(self, hospital):
        signed = hospital.expect("9001", {"signIn": {"opter_no": "op1", "ip": "10.0.0.1"}})["signinoutb"]["sign_no"]
        node = {"signOut": {"sign_no": signed, "opter_no": "op1"}}
        hospital.expect("9002", node)
        assert refusal(hospital, "9002", node) == f"签到编号(sign_no){signed}不存在或已签退"
