"""Filings at the gateway: 2501 to 2506 enter and withdraw them, 5301 5302 5304 show them, 2001 says what they are worth."""

import json
from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from yibao.domains.filings.models import Filing, FilingDecision
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import RecordRead
from yibao.domains.reference.models import Setting

from .hospital import Hospital
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")

TODAY = localdate()


def day(offset):
    return (TODAY + timedelta(days=offset)).isoformat()


def recognition(person, *, code="M03900", since=0, until=364, **changes):
    return {
        "data": {
            "psn_no": person.number, "insutype": "310", "opsp_dise_code": code, "opsp_dise_name": "高血压",
            "insu_optins": "110000", "ide_fixmedins_no": "H11010100001", "ide_fixmedins_name": "测试医院",
            "hosp_ide_date": day(0), "diag_dr_codg": "D110101000001", "diag_dr_name": "测试医师",
            "begndate": day(since), "enddate": day(until), **changes,
        }
    }  # fmt: skip


def point(person, *, business="03", rank="1", code="H11010100002", **changes):
    return {
        "data": {
            "psn_no": person.number, "biz_appy_type": business, "begndate": day(0), "fix_srt_no": rank,
            "fixmedins_code": code, "fixmedins_name": "测试", "memo": "家近", **changes,
        }
    }  # fmt: skip


def referral(person, *, to="H11010100002", area="110101", **changes):
    return {
        "refmedin": {
            "psn_no": person.number, "insutype": "310", "diag_code": "J18.900", "diag_name": "肺炎",
            "reflin_medins_no": to, "reflin_medins_name": "测试二院", "mdtrtarea_admdvs": area, "refl_type": "1",
            "refl_date": day(0), "refl_rea": "专科治疗", "refl_opnn": "同意", **changes,
        }
    }  # fmt: skip


def withdrawal(person, number, **changes):
    return {"data": {"trt_dcla_detl_sn": number, "psn_no": person.number, "memo": "填错", **changes}}


def come(hospital, person):
    """The person shows the voucher at the counter."""
    hospital.expect(
        "1101",
        {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "psn_name": person.name}},
    )


class TestRecognition:
    def test_is_filed_shown_and_withdrawn(self, hospital):
        person = new_person()
        come(hospital, person)

        number = hospital.expect("2503", recognition(person))["result"]["trt_dcla_detl_sn"]

        shown = {"opsp_dise_code": "M03900", "opsp_dise_name": "高血压", "begndate": day(0), "enddate": day(364)}
        assert hospital.expect("5301", {"data": {"psn_no": person.number}})["feedetail"] == [shown]
        kept = Filing.objects.get(pk=number)
        assert (kept.kind, kept.region_id, kept.scheme, kept.standing) == ("recognition", "110000", "310", "in_force")
        assert kept.details["diag_dr_codg"] == "D110101000001"

        assert hospital.expect("2504", withdrawal(person, number)) is None

        assert hospital.expect("5301", {"data": {"psn_no": person.number}})["feedetail"] == []
        assert FilingDecision.objects.get(filing_id=number).reason == "填错"

    def test_the_same_disease_is_refused_for_overlapping_days(self, hospital):
        person = new_person()
        hospital.expect("2503", recognition(person))

        sentence = hospital.refuse("2503", recognition(person, since=100, until=500))

        assert "M03900" in sentence
        assert Filing.objects.filter(person=person).count() == 1
        hospital.expect("2503", recognition(person, since=365, until=729))

    def test_the_same_message_twice_files_once_and_answers_alike(self, hospital):
        person = new_person()
        body = hospital.body("2503", recognition(person))

        first, second = hospital.post_bytes(body), hospital.post_bytes(body)

        assert first == second
        assert Filing.objects.filter(person=person).count() == 1

    def test_another_hospital_cannot_withdraw_it(self, hospital):
        person = new_person()
        number = hospital.expect("2503", recognition(person))["result"]["trt_dcla_detl_sn"]

        sentence = Hospital(code="H11010100002").refuse("2504", withdrawal(person, number))

        assert number in sentence
        assert Filing.objects.get(pk=number).standing == "in_force"

    def test_it_is_withdrawn_once_and_by_its_own_transaction(self, hospital):
        person = new_person()
        number = hospital.expect("2503", recognition(person))["result"]["trt_dcla_detl_sn"]

        hospital.refuse("2506", withdrawal(person, number))
        hospital.expect("2504", withdrawal(person, number))
        hospital.refuse("2504", withdrawal(person, number))

        assert FilingDecision.objects.filter(filing_id=number).count() == 1

    @pytest.mark.parametrize(
        ("changes", "word"),
        [({"insutype": "390"}, "390"), ({"insu_optins": "120000"}, "120000"), ({"enddate": day(-1)}, "")],
    )
    def test_who_is_not_insured_so_or_an_empty_time_is_refused(self, hospital, changes, word):
        person = new_person()

        assert word in hospital.refuse("2503", recognition(person, **changes))

        assert not Filing.objects.filter(person=person).exists()

    def test_waits_for_an_officer_where_the_region_wants_that(self, hospital):
        Setting.objects.create(key="filings.need_approval", value=["recognition"], reason="test", trust="our_default")
        person = new_person()
        come(hospital, person)

        number = hospital.expect("2503", recognition(person))["result"]["trt_dcla_detl_sn"]

        assert Filing.objects.get(pk=number).standing == "pending"
        assert hospital.expect("5301", {"data": {"psn_no": person.number}})["feedetail"] == []


class TestPointsOfCare:
    def test_are_filed_in_an_order_shown_and_withdrawn(self, hospital):
        person = new_person()
        come(hospital, person)
        second = hospital.expect("2505", point(person, rank="2", code="H11010100003"))["result"]["trt_dcla_detl_sn"]
        hospital.expect("2505", point(person, rank="1"))

        shown = hospital.expect("5302", {"data": {"psn_no": person.number, "biz_appy_type": "03"}})["psnfixmedin"]

        assert [(row["fix_srt_no"], row["fixmedins_code"], row["memo"]) for row in shown] == [
            ("1", "H11010100002", "家近"), ("2", "H11010100003", "家近"),
        ]  # fmt: skip
        assert hospital.expect("5302", {"data": {"psn_no": person.number, "biz_appy_type": "05"}})["psnfixmedin"] == []
        hospital.expect("2506", withdrawal(person, second))
        left = hospital.expect("5302", {"data": {"psn_no": person.number, "biz_appy_type": "03"}})["psnfixmedin"]
        assert [row["fix_srt_no"] for row in left] == ["1"]

    def test_one_is_withdrawn_without_its_number_where_it_is_the_only_one(self, hospital):
        person = new_person()
        withdrawn = {"data": {"psn_no": person.number, "memo": "患者暂时不需要"}}
        with nothing_changes():
            assert "没有编号" in hospital.refuse("2506", withdrawn)
        hospital.expect("2505", point(person, rank="1"))
        second = hospital.expect("2505", point(person, rank="2", code="H11010100003"))["result"]["trt_dcla_detl_sn"]
        with nothing_changes():
            assert "多条备案" in hospital.refuse("2506", withdrawn)
        hospital.expect("2506", withdrawal(person, second))
        hospital.expect("2506", withdrawn)
        assert set(Filing.objects.filter(person=person).values_list("standing", flat=True)) == {"withdrawn"}

    def test_a_place_in_the_order_is_given_once(self, hospital):
        person = new_person()
        hospital.expect("2505", point(person))

        hospital.refuse("2505", point(person, code="H11010100003"))

        assert Filing.objects.get(person=person).institution_code == "H11010100002"

    @pytest.mark.parametrize(
        ("changes", "word"),
        [({"code": "H99999999999"}, "H99999999999"), ({"business": "06"}, "2501"), ({"business": "08"}, "110101")],
    )
    def test_an_unknown_house_and_what_others_carry_are_refused(self, hospital, changes, word):
        person = new_person()

        assert word in hospital.refuse("2505", point(person, **changes))

        assert not Filing.objects.filter(person=person).exists()


class TestReferrals:
    def test_are_filed_seen_by_both_hospitals_and_withdrawn(self, hospital):
        person, other = new_person(), Hospital(code="H11010100002")

        number = hospital.expect("2501", referral(person))["result"]["trt_dcla_detl_sn"]

        asked = {"data": {"begntime": f"{day(-1)} 00:00:00", "endtime": f"{day(1)} 00:00:00"}}
        for house in (hospital, other):
            (seen,) = [row for row in house.expect("5304", asked)["refmedin"] if row["psn_no"] == person.number]
            assert (seen["reflin_medins_no"], seen["refl_rea"], seen["begndate"], seen["enddate"], seen["out_flag"]) == (
                "H11010100002", "专科治疗", day(0), day(29), "0",
            )  # fmt: skip
        assert Hospital(code="H11010100003").expect("5304", asked)["refmedin"] == []
        assert RecordRead.objects.filter(person=person, infno="5304").count() == 2

        assert hospital.expect("2502", withdrawal(person, number)) == {"result": {"trt_dcla_detl_sn": number}}
        assert [row for row in hospital.expect("5304", asked)["refmedin"] if row["psn_no"] == person.number] == []

    def test_a_hospital_does_not_refer_to_itself(self, hospital):
        person = new_person()

        hospital.refuse("2501", referral(person, to="H11010100001"))

        assert not Filing.objects.filter(person=person).exists()


class TestWhoMayLookUp:
    @pytest.mark.parametrize("infno", ["5301", "5302", "5303", "5304", "5205", "2001"])
    def test_nobody_reads_of_a_person_who_was_never_here(self, hospital, infno):
        person = new_person()
        span = {"begntime": f"{day(-1)} 00:00:00", "endtime": f"{day(0)} 00:00:00"}
        more = {"insutype": "310", "fixmedins_code": "H11010100001", "med_type": "11", "biz_appy_type": "03"}

        hospital.refuse(infno, {"data": {"psn_no": person.number, **span, **more}})

        assert not RecordRead.objects.filter(person=person).exists()

    def test_a_voucher_shown_two_days_ago_opens_nothing_any_more(self, hospital):
        person = new_person()
        house = Institution.objects.get(code=hospital.code)
        RecordRead.objects.create(institution=house, person=person, infno="1101", read_at=now() - timedelta(days=2))

        hospital.refuse("5301", {"data": {"psn_no": person.number}})

        assert not RecordRead.objects.filter(person=person, infno="5301").exists()


class TestEntitlement:
    def ask(self, hospital, person, **changes):
        sent = {
            "psn_no": person.number, "insutype": "310", "fixmedins_code": hospital.code, "med_type": "11",
            "begntime": f"{day(0)} 09:00:00", **changes,
        }  # fmt: skip
        return hospital.expect("2001", {"data": sent})["trtinfo"]

    def test_names_the_funds_that_pay(self, hospital):
        person = new_person()
        come(hospital, person)

        rows = self.ask(hospital, person)

        assert {row["trt_enjymnt_flag"] for row in rows} == {"1"}
        assert "310100" in {row["fund_pay_type"] for row in rows}
        assert RecordRead.objects.filter(person=person, infno="2001").count() == 1

    def test_says_why_none_pays(self, hospital):
        suspended = new_person(state="2")
        come(hospital, suspended)

        assert {(row["trt_enjymnt_flag"], row["trt_chk_rslt"]) for row in self.ask(hospital, suspended)} == {
            ("0", "暂停参保或待遇等待期内")
        }
        assert {row["trt_chk_rslt"] for row in self.ask(hospital, suspended, insutype="390")} == {"未参保"}


class TestAnswersHaveTheirShape:
    def test_the_number_is_text(self, hospital):
        person = new_person()

        answer = json.loads(hospital.post_bytes(hospital.body("2503", recognition(person))))

        assert isinstance(answer["output"]["result"]["trt_dcla_detl_sn"], str)
