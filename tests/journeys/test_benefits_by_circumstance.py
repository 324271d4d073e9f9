"""The same gateway, other circumstances: status, age, scheme, level, large amounts, pharmacies, and the law of the day."""

from datetime import date

import pytest

from yibao.domains.ledger.models import Entry
from yibao.domains.settlement.models import Accumulator, Settlement

from .hospital import Hospital
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")

SECONDARY = "H11010100002"


class TestEmployees:
    @pytest.mark.parametrize(
        ("status", "born", "deductible", "fund"),
        [
            ("active", date(1980, 5, 6), 1800.00, 840.00),
            ("retired", date(1960, 5, 6), 1300.00, 1445.00),
            ("retired", date(1956, 11, 11), 1300.00, 1445.00),  # 70 tomorrow
            ("retired", date(1956, 11, 10), 1300.00, 1530.00),  # 70 on the day of the visit
            ("retired", date(1940, 1, 1), 1300.00, 1530.00),
        ],
    )
    def test_status_and_age_decide_deductible_and_rate(self, hospital, status, born, deductible, fund):
        person = new_person(status=status, born=born)

        _, info = hospital.visit(person, "3000.00", at="2026-11-10 09:00:00")

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"]) == (deductible, fund)

    @pytest.mark.requirement("BEN-13")
    def test_a_community_centre_is_paid_at_a_higher_rate_than_a_hospital(self, hospital, community_centre):
        at_hospital, at_centre = new_person(), new_person()

        _, hospital_info = hospital.visit(at_hospital, "3000.00")
        _, centre_info = community_centre.visit(at_centre, "3000.00")

        assert (hospital_info["fund_pay_sumamt"], centre_info["fund_pay_sumamt"]) == (840.00, 1080.00)

    def test_beyond_20000_of_payment_the_large_amount_fund_goes_on(self, hospital):
        person = new_person()

        _, info = hospital.visit(person, "40000.00")

        # 1800 deductible; 28571.43 at 70 % make 20000; the other 9628.57 at 60 %
        assert (info["hifp_pay"], info["hifob_pay"], info["fund_pay_sumamt"]) == (20000.00, 5777.14, 25777.14)

    def test_a_stay_beyond_the_pooled_limit_is_paid_by_the_large_amount_fund(self, hospital):
        person = new_person()

        _, info = hospital.stay(person, "300000.00")

        # 1300; 28700 at 85 %; 10000 at 90 %; 70110.53 at 95 % fill 100000; the other 189889.47 at 85 % make 161406.05
        # and of the 38593.95 left critical illness pays what lies above 30404 at 60 %, 4913.97, from the same fund
        assert (info["hifp_pay"], info["hifob_pay"]) == (100000.00, 166320.02)

    def test_the_year_ends_at_the_limits_of_both_funds(self, hospital):
        person = new_person()
        hospital.stay(person, "500000.00", at="2026-08-01 10:00:00", until="2026-08-09 10:00:00")

        _, info = hospital.stay(person, "400000.00")

        used = Accumulator.objects.get(person=person).amounts
        assert (used["inpatient_pooled_paid"], used["inpatient_large_paid"]) == (10_000_000, 40_000_000)
        assert info["hifp_pay"] == 0.00


class TestLawOfTheVisitsDay:
    def test_a_visit_of_2022_ends_at_the_cap_that_held_then(self, hospital):
        person = new_person()

        _, then = hospital.visit(person, "40000.00", at="2022-12-31 09:00:00")
        _, now = hospital.visit(person, "40000.00", at="2023-01-01 09:00:00")

        assert (then["hifp_pay"], then["hifob_pay"], then["fund_pay_sumamt"]) == (20000.00, 0.00, 20000.00)
        assert (now["hifp_pay"], now["hifob_pay"], now["fund_pay_sumamt"]) == (20000.00, 5777.14, 25777.14)
        assert set(Accumulator.objects.filter(person=person).values_list("year", flat=True)) == {2022, 2023}

    def test_the_settlement_names_the_law_it_stands_on(self, hospital):
        person = new_person()

        _, then = hospital.visit(person, "100.00", at="2022-12-31 09:00:00")
        _, now = hospital.visit(person, "100.00", at="2026-11-10 09:00:00")

        laws = [Settlement.objects.get(pk=info["setl_id"]).policy for info in (then, now)]
        assert laws[0] != laws[1]
        assert all(law.startswith("110000/310") for law in laws)


class TestResidents:
    @pytest.mark.parametrize(
        ("code", "deductible", "fund"), [("H11010100001", 550.00, 225.00), ("H11010100003", 100.00, 495.00)]
    )
    def test_outpatients_by_level(self, code, deductible, fund):
        person = new_person(scheme="390", status="working_age")

        _, info = Hospital(code=code).visit(person, "1000.00", insutype="390")

        assert (info["act_pay_dedc"], info["hifp_pay"], info["fund_pay_sumamt"]) == (deductible, fund, fund)

    def test_the_year_ends_at_4500(self, hospital):
        person = new_person(scheme="390", status="elderly")

        _, info = hospital.visit(person, "20000.00", insutype="390")

        assert info["fund_pay_sumamt"] == 4500.00

    @pytest.mark.parametrize(
        ("status", "code", "deductible", "fund"),
        [
            ("working_age", "H11010100001", 1300.00, 14025.00),
            ("student_child", "H11010100001", 650.00, 14512.50),
            ("elderly", SECONDARY, 800.00, 14976.00),
        ],
    )
    def test_inpatients_by_group_and_level(self, status, code, deductible, fund):
        person = new_person(scheme="390", status=status)

        _, info = Hospital(code=code).stay(person, "20000.00", insutype="390")

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"]) == (deductible, fund)

    def test_have_no_account_to_pay_from(self, hospital):
        person = new_person(scheme="390", status="working_age", balance_fen=50_000)

        _, info = hospital.visit(person, "1000.00", insutype="390", account="1")

        assert (info["acct_pay"], info["psn_cash_pay"], info["balc"]) == (0.00, 775.00, 500.00)

    @pytest.mark.requirement("ENR-02")
    def test_the_two_schemes_are_paid_from_books_of_their_own(self, hospital):
        employee, resident = new_person(), new_person(scheme="390", status="working_age")
        _, of_employee = hospital.visit(employee, "3000.00")
        _, of_resident = hospital.visit(resident, "3000.00", insutype="390")

        def books(info):
            entries = Entry.objects.filter(journal__cause="settlement", journal__cause_id=int(info["setl_id"]))
            return set(entries.values_list("journal__book", "account__book", "fund__book"))

        assert (len(books(of_employee)), len(books(of_resident))) == (1, 1)
        assert books(of_employee).isdisjoint(books(of_resident))


class TestPharmacies:
    def test_a_purchase_is_paid_by_the_account(self, pharmacy):
        person = new_person(balance_fen=50_000)

        visit, info = pharmacy.visit(person, "120.50", account="1")

        assert (info["fund_pay_sumamt"], info["acct_pay"], info["psn_cash_pay"]) == (0.00, 120.50, 0.00)
        assert (info["balc"], info["clr_type"], info["med_type"]) == (379.50, "41", "41")
        kept = Settlement.objects.get(pk=info["setl_id"])
        assert (kept.visit_id, kept.visit.care, kept.trace) == (int(visit), "pharmacy", [])

    def test_what_the_balance_does_not_cover_is_paid_in_cash(self, pharmacy):
        person = new_person(balance_fen=10_000)

        _, info = pharmacy.visit(person, "120.50", account="1")

        assert (info["acct_pay"], info["psn_cash_pay"], info["balc"]) == (100.00, 20.50, 0.00)

    def test_without_the_flag_the_account_pays_nothing(self, pharmacy):
        person = new_person(balance_fen=10_000)

        _, info = pharmacy.visit(person, "120.50", account="0")

        assert (info["acct_pay"], info["psn_cash_pay"], info["balc"]) == (0.00, 120.50, 100.00)

    @pytest.mark.requirement("ACC-02")
    def test_the_account_does_not_pay_what_is_outside_the_catalogue_or_above_the_ceiling(self, hospital):
        person = new_person(balance_fen=1_000_000)
        visit = hospital.register(person)
        rows = [
            hospital.line(person, visit, item="XC03", price="80.00"),  # outside the catalogue: 80
            hospital.line(
                person, visit, item="XL04", price="1000.00"
            ),  # 200 above the ceiling, 160 first, 640 in scope
        ]
        hospital.expect("2204", {"feedetail": rows})

        info = hospital.settle(person, visit, "1080.00", account="1")

        assert (info["acct_pay"], info["psn_cash_pay"], info["balc"]) == (800.00, 280.00, 9200.00)
