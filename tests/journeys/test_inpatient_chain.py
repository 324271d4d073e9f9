"""The inpatient chain from admission to its cancelling, settlement midway, and what the order of steps allows."""

import pytest

from yibao.domains.settlement.models import Accumulator, Settlement
from yibao.domains.visits.models import Diagnosis, FeeLine, Visit

from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def of_visit(person, visit):
    """The input of 2404 and 2405."""
    return {"data": {"psn_no": person.number, "mdtrt_id": visit}}


def withdrawal(person, visit, *numbers):
    """The input of 2302."""
    return {"data": [{"psn_no": person.number, "mdtrt_id": visit, "feedetl_sn": number} for number in numbers]}


class TestChain:
    def test_from_admission_to_its_cancelling(self, hospital):
        person = new_person(balance_fen=30_000)
        visit = hospital.admit(person)
        hospital.ward_charge(person, visit, "15000.00")
        hospital.ward_charge(person, visit, "5000.00")
        bill = hospital.stay_bill(person, visit, "20000.00", account="1")
        with nothing_changes():
            before_discharge = hospital.expect("2303", bill)["setlinfo"]
        hospital.discharge(person, visit)
        settled = hospital.expect("2304", bill)["setlinfo"]
        back = hospital.expect("2305", hospital.reversal(person, visit, settled["setl_id"]))["setlinfo"]
        assert hospital.expect("2405", of_visit(person, visit)) is None
        assert hospital.expect("2302", withdrawal(person, visit, "0000")) is None
        assert hospital.expect("2404", of_visit(person, visit)) is None

        # 20000 - 1300 first admission of the year = 18700, 85 % at a tertiary hospital
        names = ("act_pay_dedc", "hifp_pay", "fund_pay_sumamt", "acct_pay", "psn_cash_pay", "balc", "clr_type")
        assert [settled[name] for name in names] == [1300.00, 15895.00, 15895.00, 300.00, 3805.00, 0.00, "21"]
        assert [before_discharge[name] for name in names] == [settled[name] for name in names]
        assert [before_discharge[name] for name in ("setl_id", "setl_time")] == [None, None]
        assert [back[name] for name in names[:5]] == [-1300.00, -15895.00, -15895.00, -300.00, -3805.00]
        assert Visit.objects.get(pk=visit).state == "cancelled"
        assert not FeeLine.objects.filter(visit_id=visit, withdrawn_at=None).exists()
        assert set(Accumulator.objects.get(person=person).amounts.values()) == {0}

    def test_diagnoses_of_admission_and_discharge_stand_side_by_side(self, hospital):
        person = new_person()
        visit, _ = hospital.stay(person)

        stages = Diagnosis.objects.filter(visit_id=visit, is_current=True).values_list("stage", flat=True)

        assert sorted(stages) == ["1", "2"]

    def test_a_ward_withdraws_single_lines(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        rows = [hospital.line(person, visit, number=number, at="2026-11-02 10:00:00") for number in ("A", "B", "C")]
        hospital.expect("2301", {"feedetail": rows})

        hospital.expect("2302", withdrawal(person, visit, "A", "C"))

        standing = FeeLine.objects.filter(visit_id=visit, withdrawn_at=None)
        assert list(standing.values_list("number", flat=True)) == ["B"]

    def test_a_discharge_that_was_taken_back_is_made_again(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.discharge(person, visit, at="2026-11-05 10:00:00")
        hospital.expect("2405", of_visit(person, visit))
        hospital.ward_charge(person, visit, "100.00")

        hospital.discharge(person, visit, at="2026-11-09 10:00:00")

        found = Visit.objects.get(pk=visit)
        assert (found.state, f"{found.ended_at:%Y-%m-%d %H:%M}") == ("discharged", "2026-11-09 02:00")


class TestMidway:
    def test_settles_what_was_charged_so_far_while_the_person_stays(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.ward_charge(person, visit, "10000.00")

        info = hospital.expect("2304", hospital.stay_bill(person, visit, "10000.00", midway="1"))["setlinfo"]

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"]) == (1300.00, 7395.00)
        kept = Settlement.objects.get(pk=info["setl_id"])
        assert (kept.is_midway, kept.visit.state) == (True, "open")

    def test_the_rest_is_settled_after_discharge_and_reversed_newest_first(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.ward_charge(person, visit, "10000.00")
        first = hospital.expect("2304", hospital.stay_bill(person, visit, "10000.00", midway="1"))["setlinfo"]
        hospital.ward_charge(person, visit, "4000.00")
        hospital.discharge(person, visit)
        rest = hospital.expect("2304", hospital.stay_bill(person, visit, "4000.00"))["setlinfo"]

        with nothing_changes():
            hospital.refuse("2305", hospital.reversal(person, visit, first["setl_id"]))
        hospital.expect("2305", hospital.reversal(person, visit, rest["setl_id"]))
        hospital.expect("2305", hospital.reversal(person, visit, first["setl_id"]))

        assert rest["medfee_sumamt"] == 4000.00
        assert set(Accumulator.objects.get(person=person).amounts.values()) == {0}


class TestOrdinalOfAdmission:
    def test_the_second_admission_of_the_year_bears_half_the_deductible_and_goes_on_in_the_bands(self, hospital):
        person = new_person()
        hospital.stay(person, "20000.00", at="2026-09-01 10:00:00", until="2026-09-09 10:00:00")

        _, second = hospital.stay(person, "30000.00")

        # cost of the year runs from 20000 to 50000: 650 deductible, 9350 at 85 %, 10000 at 90 %, 10000 at 95 %
        assert (second["act_pay_dedc"], second["hifp_pay"]) == (650.00, 26447.50)

    def test_a_reversed_first_admission_does_not_count(self, hospital):
        person = new_person()
        visit, first = hospital.stay(person, "20000.00", at="2026-09-01 10:00:00", until="2026-09-09 10:00:00")
        hospital.expect("2305", hospital.reversal(person, visit, first["setl_id"]))

        _, second = hospital.stay(person, "20000.00")

        assert (second["act_pay_dedc"], second["hifp_pay"]) == (1300.00, 15895.00)

    def test_an_admission_of_the_year_before_does_not_count(self, hospital):
        person = new_person()
        hospital.stay(person, "20000.00", at="2025-12-01 10:00:00", until="2025-12-09 10:00:00")

        _, info = hospital.stay(person, "20000.00")

        assert (info["act_pay_dedc"], info["hifp_pay"]) == (1300.00, 15895.00)

    def test_a_stay_across_the_turn_of_the_year_belongs_to_the_year_of_discharge(self, hospital):
        person = new_person()

        _, info = hospital.stay(person, "20000.00", at="2025-12-28 10:00:00", until="2026-01-03 10:00:00")

        assert info["fund_pay_sumamt"] == 15895.00
        assert Accumulator.objects.get(person=person).year == 2026


class TestEarlyMorning:
    """Days are Beijing's: eight hours of every day belong to another day in UTC."""

    def test_a_person_insured_since_today_is_admitted_before_eight_and_settled(self, hospital):
        from datetime import date

        person = new_person(since=date(2026, 11, 1))

        _, info = hospital.stay(person, "20000.00", at="2026-11-01 00:30:00")

        assert info["fund_pay_sumamt"] == 15895.00

    def test_a_line_of_the_day_before_is_refused(self, hospital):
        person = new_person()
        visit = hospital.register(person, at="2026-11-10 07:00:00")

        with nothing_changes():
            sentence = hospital.refuse(
                "2204", {"feedetail": [hospital.line(person, visit, number="N1", at="2026-11-09 23:00:00")]}
            )

        assert sentence == "费用明细N1的费用发生时间(feedetail[0].fee_ocur_time)早于就诊开始或晚于当前时间"
