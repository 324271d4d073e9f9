"""Further circumstances at the counter: the July year, aid, changes of an admission; and all of them again when settled anew."""

from datetime import UTC, date, datetime

import pytest

from yibao.domains.corrections.models import RecalculationRun
from yibao.domains.enrolment.models import AccountEntry, PersonalAccount, SpecialStatus
from yibao.domains.settlement.models import Accumulator, Circumstances, Settlement
from yibao.domains.visits.models import Visit
from yibao.workflows.replay_settlements import replay

from .other_regions import cover_items, found_house, person_of
from .small_town import new_person
from .test_benefits_by_filing import LISHUI, SHANGHAI, chronic_bill, lishui_person, recognise
from .test_supplement import hold, mark, stay_of

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def lishui():
    cover_items(LISHUI)
    return found_house("H33110200001", division="331102", insured_in=LISHUI)


class TestTheYear:
    def test_of_shanghai_begins_in_july(self):
        cover_items(SHANGHAI)
        house = found_house("H31010100001", division="310101", insured_in=SHANGHAI)
        person = person_of(SHANGHAI, "310101")

        _, june = house.visit(person, "800.00", at="2026-06-30 09:00:00")
        _, july = house.visit(person, "800.00", at="2026-07-01 09:00:00")
        _, again = house.visit(person, "800.00", at="2026-07-02 09:00:00")

        assert [info["act_pay_dedc"] for info in (june, july, again)] == [500.00, 500.00, 0.00]
        used = dict(Accumulator.objects.filter(person=person).values_list("year", "amounts"))
        assert {year: amounts["outpatient_deductible"] for year, amounts in used.items()} == {
            2025: 50_000, 2026: 50_000,
        }  # fmt: skip


class TestAid:
    @pytest.mark.parametrize(
        ("kind", "assisted"),
        [(None, 0.00), ("1", 1744.00), ("2", 2180.00)],  # 80 % and all of the 2,180 that basic insurance leaves
    )
    def test_assistance_pays_by_the_identity_of_the_day(self, lishui, kind, assisted):
        person = lishui_person()
        if kind:
            SpecialStatus.objects.create(
                person=person, kind=kind, document="民政认定", valid_from=date(2026, 1, 1), valid_until=date(2027, 1, 1)
            )

        _, info = lishui.stay(person, "10000.00")

        assert (info["hifp_pay"], info["maf_pay"]) == (7820.00, assisted)

    def test_an_identity_that_ended_pays_nothing(self, lishui):
        person = lishui_person()
        SpecialStatus.objects.create(
            person=person, kind="1", document="民政认定", valid_from=date(2025, 1, 1), valid_until=date(2026, 11, 9)
        )

        _, info = lishui.stay(person, "10000.00")

        assert info["maf_pay"] == 0.00


class TestAnAdmission:
    def change(self, hospital, person, visit, **changes):
        sent = {
            "mdtrt_id": visit, "psn_no": person.number, "begntime": "2026-11-01 12:00:00", "mdtrt_cert_type": "02",
            "med_type": "21", "ipt_otp_no": "NEW1", "atddr_no": "D110101000002", "chfpdr_name": "另一医师",
            "adm_diag_dscr": "肺炎", "adm_dept_codg": "A02", "adm_dept_name": "外科", "adm_bed": "7",
            "dscg_maindiag_code": "J18.900", "dscg_maindiag_name": "肺炎", **changes,
        }  # fmt: skip
        row = {**hospital.diagnosis(person), "mdtrt_id": visit}
        return {"adminfo": sent, "diseinfo": [row]}

    def test_is_changed_while_the_person_lies_there(self, hospital):
        person = new_person()
        visit = hospital.admit(person)

        assert hospital.expect("2403", self.change(hospital, person, visit)) is None

        kept = Visit.objects.get(pk=visit)
        assert (kept.number_at_institution, kept.department_code, kept.physician_name, kept.details["adm_bed"]) == (
            "NEW1", "A02", "另一医师", "7",
        )  # fmt: skip
        assert kept.diagnoses.filter(is_current=True).count() == 1

    @pytest.mark.parametrize("begins", ["2099-01-01 00:00:00", "2026-11-03 00:00:00"])
    def test_begins_neither_in_the_future_nor_after_a_charge(self, hospital, begins):
        person = new_person()
        visit = hospital.admit(person)
        hospital.ward_charge(person, visit, "100.00")
        before = Visit.objects.values().get(pk=visit)

        hospital.refuse("2403", self.change(hospital, person, visit, begntime=begins))

        assert Visit.objects.values().get(pk=visit) == before

    def test_stays_as_it_is_once_discharged_or_under_a_number_in_use(self, hospital):
        person, other = new_person(), new_person()
        hospital.admit(other, number="TAKEN")
        visit = hospital.admit(person)

        hospital.refuse("2403", self.change(hospital, person, visit, ipt_otp_no="TAKEN"))
        hospital.discharge(person, visit)
        hospital.refuse("2403", self.change(hospital, person, visit))

        assert Visit.objects.get(pk=visit).department_code == "A01"

    def test_who_lies_in_a_bed_is_told(self, hospital, community_centre):
        person = new_person()
        visit = hospital.admit(person, at="2026-11-03 10:00:00")
        community_centre.register(person)
        span = {"begntime": "2026-11-01 00:00:00", "endtime": "2026-11-09 00:00:00"}

        here = hospital.expect("5303", {"data": span})["data"]
        elsewhere = community_centre.expect("5303", {"data": {"psn_no": person.number, **span}})["data"]

        assert [row["mdtrt_id"] for row in here] == [visit]
        assert [(row["mdtrt_id"], row["out_flag"]) for row in elsewhere] == [(visit, "0")]
        assert community_centre.expect("5303", {"data": span})["data"] == []
        hospital.discharge(person, visit)
        assert hospital.expect("5303", {"data": span})["data"] == []


class TestSettledAnew:
    def test_under_an_unchanged_law_nothing_differs(self, hospital, lishui):
        supplemented = new_person()
        mark("XC03", "special_drugs")
        hold(supplemented)
        stay_of(hospital, supplemented, [("XA01", "20000.00"), ("XC03", "35000.00")])
        chronic = lishui_person()
        recognise(lishui, chronic)
        lishui.expect("2207", chronic_bill(lishui, chronic)[1])
        second = found_house("H33110200003", division="331102", insured_in=LISHUI, level="secondary")
        referred = lishui_person()
        second.stay(referred, "5000.00")
        sent = {
            "psn_no": referred.number, "insutype": "310", "diag_code": "J18.900", "diag_name": "肺炎",
            "reflin_medins_no": lishui.code, "reflin_medins_name": "测试", "mdtrtarea_admdvs": "331102",
            "refl_type": "1", "refl_date": "2026-11-09", "refl_rea": "专科治疗", "refl_opnn": "同意",
        }  # fmt: skip
        second.expect("2501", {"refmedin": sent})
        lishui.stay(referred, "10000.00", at="2026-11-09 15:00:00", until="2026-11-20 10:00:00")

        for person, region in ((supplemented, "110000"), (chronic, LISHUI), (referred, LISHUI)):
            run = RecalculationRun(region_id=region, scheme="310", benefit_from=date(2026, 1, 1))
            rows = Settlement.objects.filter(person=person).order_by("settled_at", "id")
            replayed = replay(list(rows), run)
            assert [each.differs for each in replayed] == [False] * len(rows)


class TestTwoBalances:
    """Shanghai's employees: this year's money pays before the deductible, that of earlier years after it."""

    def shanghai(self, *, credited_fen):
        cover_items(SHANGHAI)
        house = found_house("H31010100001", division="310101", insured_in=SHANGHAI)
        person = person_of(SHANGHAI, "310101", balance_fen=100_000)  # entered on 2026-01-01, the year before
        if credited_fen:
            account = PersonalAccount.objects.get(person=person)
            AccountEntry.objects.create(
                account=account, amount_fen=credited_fen, balance_after_fen=100_000 + credited_fen, cause="credit",
                cause_id=account.pk, entered_at=datetime(2026, 7, 5, tzinfo=UTC),
            )  # fmt: skip
            PersonalAccount.objects.filter(pk=account.pk).update(balance_fen=100_000 + credited_fen)
        return house, person

    def test_this_years_money_pays_before_the_deductible(self):
        house, person = self.shanghai(credited_fen=30_000)

        _, first = house.visit(person, "1000.00", account="1")
        _, second = house.visit(person, "100.00", account="1")

        # 300 of this year's; 500 of deductible and a part of the 200 left from the 1,000 of earlier years
        assert first["act_pay_dedc"] == 500.00
        assert first["acct_pay"] == 300.00 + (700.00 - first["fund_pay_sumamt"])
        assert first["balc"] == round(1300.00 - first["acct_pay"], 2)
        facts = Circumstances.objects.get(pk=first["setl_id"]).facts
        assert facts["earlier_account_fen"] == round(first["acct_pay"] * 100) - 30_000
        assert second["act_pay_dedc"] == 0.00
        assert second["fund_pay_sumamt"] > 0.00

    def test_money_of_earlier_years_alone_leaves_the_deductible_as_it_is(self):
        house, person = self.shanghai(credited_fen=0)

        _, info = house.visit(person, "500.00", account="1")

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"], info["acct_pay"]) == (500.00, 0.00, 500.00)

    def test_enough_of_this_years_money_and_no_deductible_is_met(self):
        house, person = self.shanghai(credited_fen=60_000)

        _, info = house.visit(person, "500.00", account="1")

        assert (info["act_pay_dedc"], info["acct_pay"]) == (0.00, 500.00)

    def test_settled_anew_nothing_differs(self):
        house, person = self.shanghai(credited_fen=30_000)
        house.visit(person, "1000.00", account="1")
        house.visit(person, "400.00", account="1")

        run = RecalculationRun(region_id=SHANGHAI, scheme="310", benefit_from=date(2026, 7, 1))
        replayed = replay(list(Settlement.objects.filter(person=person).order_by("id")), run)

        assert [each.differs for each in replayed] == [False, False]
