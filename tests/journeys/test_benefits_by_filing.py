"""What filings are worth at the counter: recognised diseases, places of care, referrals with only the difference owed."""

from datetime import UTC, date, datetime

import pytest

from yibao.domains.reference.models import Setting
from yibao.domains.settlement.models import Accumulator, Circumstances, Settlement
from yibao.workflows.file_for_person import Filer, FilingWish, enter_filing

from .other_regions import HospitalFor, cover_items, found_house, person_of

pytestmark = pytest.mark.usefixtures("standing_town")

LISHUI, TIANJIN, SHANGHAI = "331100", "120000", "310000"
AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def lishui():
    cover_items(LISHUI)
    return found_house("H33110200001", division="331102", insured_in=LISHUI)


def lishui_person(**options):
    return person_of(LISHUI, "331102", **options)


def recognise(hospital, person, *, code="M03900", insutype="310", since="2026-01-01", until="2026-12-31"):
    sent = {
        "psn_no": person.number, "insutype": insutype, "opsp_dise_code": code, "opsp_dise_name": "慢病",
        "insu_optins": hospital.insured_in, "ide_fixmedins_no": hospital.code, "ide_fixmedins_name": "测试",
        "hosp_ide_date": since, "diag_dr_codg": "D1", "diag_dr_name": "测试医师", "begndate": since, "enddate": until,
    }  # fmt: skip
    return hospital.expect("2503", {"data": sent})["result"]["trt_dcla_detl_sn"]


def chronic_bill(hospital, person, *, code="M03900", total="1000.00", insutype="310", at="2026-11-10 09:00:00"):
    """Register, tell the disease, charge; gives the visit and the input of 2207."""
    visit = hospital.register(person, insutype=insutype, at=at)
    told = hospital.diagnoses(person, visit, med_type="14")
    if code:
        told["mdtrtinfo"]["dise_codg"] = code
    hospital.expect("2203", told)
    hospital.expect("2204", {"feedetail": [hospital.line(person, visit, price=total, at=at)]})
    bill = hospital.bill(person, visit, total, insutype=insutype)
    bill["data"]["med_type"] = "14"
    return visit, bill


class TestChronicCare:
    def test_is_paid_by_the_disease_that_is_recognised(self, lishui):
        person = lishui_person()
        number = recognise(lishui, person)

        _, bill = chronic_bill(lishui, person, total="5000.00")
        info = lishui.expect("2207", bill)["setlinfo"]

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"]) == (0.00, 4000.00)  # 80 % without a deductible
        used = Accumulator.objects.get(person=person, year=2026).amounts
        assert used == {"chronic_cost@hypertension": 500_000, "critical_cost": 100_000, "critical_deductible": 100_000}
        facts = Circumstances.objects.get(pk=info["setl_id"]).facts
        assert facts == {"disease": "hypertension", "filings": [int(number)]}

    def test_ends_at_the_limit_of_the_disease_and_not_of_another(self, lishui):
        person = lishui_person()
        recognise(lishui, person)
        recognise(lishui, person, code="M01600")
        _, first = chronic_bill(lishui, person, total="5000.00")
        lishui.expect("2207", first)

        _, same = chronic_bill(lishui, person, total="5000.00")
        _, other = chronic_bill(lishui, person, code="M01600", total="5000.00")

        assert lishui.expect("2207", same)["setlinfo"]["fund_pay_sumamt"] == 800.00  # 1,000 of 6,000 are left
        assert lishui.expect("2207", other)["setlinfo"]["fund_pay_sumamt"] == 4000.00

    def test_a_code_of_the_same_group_will_do(self, lishui):
        person = lishui_person()
        recognise(lishui, person, code="M03900")

        _, bill = chronic_bill(lishui, person, code="M0390001")

        assert lishui.expect("2207", bill)["setlinfo"]["fund_pay_sumamt"] == 800.00

    @pytest.mark.parametrize("told", ["M01600", None])
    def test_is_refused_without_a_recognition(self, lishui, told):
        person = lishui_person()
        if told:
            recognise(lishui, person)  # of another disease

        _, bill = chronic_bill(lishui, person, code=told)
        sentence = lishui.refuse("2207", bill)

        assert "备案" in sentence
        assert lishui.refuse("2206", bill) == sentence
        assert not Settlement.objects.filter(person=person).exists()

    def test_is_refused_before_and_after_the_days_recognised(self, lishui):
        person = lishui_person()
        recognise(lishui, person, since="2026-03-01", until="2026-06-30")

        for at, is_paid in (("2026-02-28", False), ("2026-03-01", True), ("2026-06-30", True), ("2026-07-01", False)):
            _, bill = chronic_bill(lishui, person, at=f"{at} 09:00:00")
            answer = lishui.ask("2206", bill)
            assert (str(answer["infcode"]) == "0") is is_paid, at

    def test_is_settled_as_ordinary_where_the_region_chose_so(self, lishui):
        Setting.objects.create(
            key="filings.chronic_without_recognition", value="ordinary", reason="test", trust="our_default"
        )
        person = lishui_person()

        _, bill = chronic_bill(lishui, person, total="3188.00")
        info = lishui.expect("2207", bill)["setlinfo"]

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"]) == (1188.00, 1000.00)
        assert Circumstances.objects.get(pk=info["setl_id"]).facts == {"care": "outpatient"}

    def test_the_look_up_tells_the_diseases_apart(self, lishui):
        person = lishui_person()
        for code in ("M03900", "M01600"):
            recognise(lishui, person, code=code)
            lishui.expect("2207", chronic_bill(lishui, person, code=code)[1])

        rows = lishui.expect("5206", {"data": {"psn_no": person.number}})["cuminfo"]

        assert {row["cum_type_code"]: row["cum"] for row in rows} == {
            "CHC_HYPERT": 1000.00, "CHC_DIABET": 1000.00, "CI_COST": 400.00, "CI_DEDUCT": 400.00,
        }  # fmt: skip

    def test_drugs_of_chronic_care_are_seen_by_the_next_hospital(self, lishui):
        person = lishui_person()
        recognise(lishui, person)
        visit, bill = chronic_bill(lishui, person)
        lishui.expect("2207", bill)
        lishui.visit(person, "50.00")  # ordinary care is not told
        second = found_house("H33110200002", division="331102", insured_in=LISHUI)
        second.register(person)

        rows = second.expect("5205", {"data": {"psn_no": person.number, "begntime": "2026-11-01 00:00:00"}})[
            "feedetail"
        ]

        assert [(row["fixmedins_code"], row["med_list_codg"], row["med_type"]) for row in rows] == [
            ("H33110200001", "XA01", "14")
        ]
        assert visit

    def test_shanghai_pays_residents_critical_illness_by_disease(self):
        cover_items(SHANGHAI)
        house = found_house("H31010100001", division="310101", insured_in=SHANGHAI)
        person = person_of(SHANGHAI, "310101", scheme="390", status="working_age")
        recognise(house, person, code="M07800", insutype="390")

        _, bill = chronic_bill(house, person, code="M07800", total="10500.00", insutype="390")
        info = house.expect("2207", bill)["setlinfo"]

        # 500 of deductible, 5,000 of the rest at 50 %; of 5,500 left to the person in scope 60 % by critical illness
        assert (info["act_pay_dedc"], info["hifp_pay"], info["hifmi_pay"]) == (500.00, 5000.00, 3300.00)


class TestPlacesOfCare:
    @pytest.fixture
    def beijing(self):
        cover_items(TIANJIN)
        return HospitalFor(insured_in=TIANJIN)

    def file(self, person, reason, *, since=date(2026, 10, 1), until=date(2026, 12, 31)):
        wish = FilingWish(
            kind="elsewhere", person_number=person.number, valid_from=since, last_day=until, destination="110000",
            reason=reason,
        )  # fmt: skip
        enter_filing(wish, Filer("officer", AT, region=TIANJIN))

    @pytest.mark.requirement("XRG-01")
    @pytest.mark.parametrize(
        ("reason", "place", "fund"),
        [
            (None, "unfiled", 13725.00),  # 18,300 above the deductible of 1,700, at 75 %
            ("temporary", "unfiled", 13725.00),
            ("long_stay", "filed", 15555.00),  # 85 %
            ("emergency", "emergency", 15555.00),
            ("referral", "referred", 14640.00),  # 80 %
        ],
    )
    def test_the_law_that_tells_five_apart(self, beijing, reason, place, fund):
        person = person_of(TIANJIN, "120101")
        if reason:
            self.file(person, reason)

        _, info = beijing.stay(person, "20000.00")

        assert info["fund_pay_sumamt"] == fund
        kept = Circumstances.objects.filter(pk=info["setl_id"]).first()
        assert (kept.facts.get("place", "unfiled") if kept else "unfiled") == place

    def test_at_home_nothing_needs_to_be_filed(self):
        cover_items(TIANJIN)
        house = found_house("H12010100001", division="120101", insured_in=TIANJIN)
        person = person_of(TIANJIN, "120101")

        _, info = house.stay(person, "20000.00")

        assert info["fund_pay_sumamt"] == 15555.00

    def test_an_emergency_counts_as_filed_by_itself(self, beijing):
        person = person_of(TIANJIN, "120101")
        admission = beijing.admission(person)
        admission["mdtrtinfo"]["med_type"] = "24"
        visit = beijing.expect("2401", admission)["result"]["mdtrt_id"]
        beijing.ward_charge(person, visit, "20000.00")
        beijing.discharge(person, visit)

        info = beijing.expect("2304A", beijing.stay_bill(person, visit, "20000.00"))["setlinfo"]

        assert info["fund_pay_sumamt"] == 15555.00

    def test_what_is_filed_before_the_settlement_counts_for_the_stay(self, beijing):
        person = person_of(TIANJIN, "120101")
        visit = beijing.admit(person)
        beijing.ward_charge(person, visit, "20000.00")
        beijing.discharge(person, visit)
        before = beijing.expect("2303A", beijing.stay_bill(person, visit, "20000.00"))["setlinfo"]
        self.file(person, "long_stay", since=date(2026, 11, 1))

        after = beijing.expect("2304", beijing.stay_bill(person, visit, "20000.00"))["setlinfo"]

        assert (before["fund_pay_sumamt"], after["fund_pay_sumamt"]) == (13725.00, 15555.00)

    def test_a_filing_that_begins_after_the_admission_or_elsewhere_does_not_count(self, beijing):
        person = person_of(TIANJIN, "120101")
        self.file(person, "long_stay", since=date(2026, 11, 2))
        wish = FilingWish(
            kind="elsewhere", person_number=person.number, valid_from=date(2026, 1, 1), last_day=None,
            destination="310000", reason="long_stay",
        )  # fmt: skip
        enter_filing(wish, Filer("officer", AT, region=TIANJIN))

        _, info = beijing.stay(person, "20000.00")

        assert info["fund_pay_sumamt"] == 13725.00

    def test_a_hospitals_own_message_files_a_long_stay(self, beijing):
        person = person_of(TIANJIN, "120101")
        sent = {
            "psn_no": person.number, "biz_appy_type": "08", "begndate": "2026-10-01", "fix_srt_no": "1",
            "fixmedins_code": beijing.code, "fixmedins_name": "测试",
        }  # fmt: skip
        beijing.expect("2505", {"data": sent})

        _, info = beijing.stay(person, "20000.00")

        assert info["fund_pay_sumamt"] == 15555.00


class TestReferrals:
    @pytest.fixture
    def houses(self, lishui):
        return found_house("H33110200003", division="331102", insured_in=LISHUI, level="secondary"), lishui

    def refer(self, hospital, person, to, *, on="2026-11-09"):
        sent = {
            "psn_no": person.number, "insutype": "310", "diag_code": "J18.900", "diag_name": "肺炎",
            "reflin_medins_no": to.code, "reflin_medins_name": "测试", "mdtrtarea_admdvs": to.division,
            "refl_type": "1", "refl_date": on, "refl_rea": "专科治疗", "refl_opnn": "同意",
        }  # fmt: skip
        return hospital.expect("2501", {"refmedin": sent})

    def test_only_the_difference_of_the_deductible_is_owed(self, houses):
        secondary, tertiary = houses
        person = lishui_person()
        _, first = secondary.stay(person, "5000.00")
        self.refer(secondary, person, tertiary)

        _, second = tertiary.stay(person, "10000.00", at="2026-11-09 15:00:00", until="2026-11-20 10:00:00")

        assert first["act_pay_dedc"] == 500.00
        # one admission: 800 of a tertiary hospital less the 500; 9,700 at 85 %
        assert (second["act_pay_dedc"], second["fund_pay_sumamt"]) == (300.00, 8245.00)
        facts = Circumstances.objects.get(pk=second["setl_id"]).facts
        assert (facts["deductible_credit_fen"], facts["chained_stays"]) == (50_000, 1)

    def test_back_to_a_lower_hospital_nothing_is_owed(self, houses):
        secondary, tertiary = houses
        person = lishui_person()
        tertiary.stay(person, "10000.00")
        self.refer(tertiary, person, secondary)

        _, info = secondary.stay(person, "5000.00", at="2026-11-09 15:00:00", until="2026-11-20 10:00:00")

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"]) == (0.00, 4450.00)

    def test_a_chain_of_three_carries_what_was_borne_so_far(self, houses):
        secondary, tertiary = houses
        centre = found_house("H33110200004", division="331102", insured_in=LISHUI, level="primary")
        person = lishui_person()
        centre.stay(person, "3000.00", at="2026-10-20 10:00:00", until="2026-10-28 10:00:00")
        self.refer(centre, person, secondary, on="2026-10-28")
        secondary.stay(person, "5000.00", at="2026-10-29 10:00:00", until="2026-11-05 10:00:00")
        self.refer(secondary, person, tertiary, on="2026-11-05")

        _, info = tertiary.stay(person, "10000.00", at="2026-11-05 15:00:00", until="2026-11-20 10:00:00")

        assert info["act_pay_dedc"] == 300.00  # 200 and 300 were borne of 800

    @pytest.mark.parametrize("at", ["2026-11-09 15:00:00", "2026-11-13 10:00:00"])
    def test_without_a_referral_or_days_later_it_is_a_second_admission(self, houses, at):
        secondary, tertiary = houses
        person = lishui_person()
        secondary.stay(person, "5000.00")
        if at.startswith("2026-11-13"):
            self.refer(secondary, person, tertiary)

        _, info = tertiary.stay(person, "10000.00", at=at, until="2026-11-20 10:00:00")

        assert info["act_pay_dedc"] == 400.00

    def test_a_reversed_stay_carries_nothing(self, houses):
        secondary, tertiary = houses
        person = lishui_person()
        visit, first = secondary.stay(person, "5000.00")
        secondary.expect("2305", secondary.reversal(person, visit, first["setl_id"]))
        self.refer(secondary, person, tertiary)

        _, info = tertiary.stay(person, "10000.00", at="2026-11-09 15:00:00", until="2026-11-20 10:00:00")

        assert info["act_pay_dedc"] == 800.00
