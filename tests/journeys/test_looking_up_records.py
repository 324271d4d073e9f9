"""What an institution may look up of a person it treats (1101, 5201 to 5206), and that every look-up is logged."""

from datetime import date

import pytest

from yibao import policies
from yibao.domains.enrolment.models import Enrolment, SpecialStatus
from yibao.domains.messages.models import RecordRead
from yibao.domains.settlement.models import Accumulator

from .hospital import Hospital
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")

WHOLE_YEAR = {"begntime": "2026-01-01 00:00:00", "endtime": "2026-12-31 23:59:59", "med_type": "11"}


def of(person, **further):
    """The input of a look-up."""
    return {"data": {"psn_no": person.number, **further}}


class TestIdentity:
    def test_shows_who_it_is_how_insured_and_by_what_status(self, hospital):
        person = new_person(balance_fen=12_345, born=date(1980, 5, 6))
        SpecialStatus.objects.create(
            person=person, kind="1", document="低保证", valid_from=date(2020, 1, 1), valid_until=date(2030, 1, 1)
        )

        found = hospital.expect("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number}})

        base, insured, status = found["baseinfo"], found["insuinfo"], found["idetinfo"]
        assert (base["psn_no"], base["certno"], base["brdy"]) == (person.number, person.document_number, "1980-05-06")
        assert [(row["insutype"], row["psn_insu_stas"], row["balc"]) for row in insured] == [("310", "1", 123.45)]
        assert [row["psn_idet_type"] for row in status] == ["1"]

    def test_an_early_client_names_the_document_only(self, hospital):
        person = new_person()

        found = hospital.expect("1101", {"data": {"psn_cert_type": "01", "certno": person.document_number}})

        assert found["baseinfo"]["psn_no"] == person.number

    def test_shows_the_enrolment_of_the_day_that_was_asked_for(self, hospital):
        person = new_person(since=date(2025, 6, 1))
        shown = {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number}

        before = hospital.expect("1101", {"data": {**shown, "begntime": "2025-05-31 00:00:00"}})
        after = hospital.expect("1101", {"data": {**shown, "begntime": "2025-06-01 00:00:00"}})

        assert (len(before["insuinfo"]), len(after["insuinfo"])) == (0, 1)

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({}, ("1", None)),
            ({"state": "2"}, ("2", "2019-01-01")),
            ({"state": "4"}, ("4", None)),
            ({"covered_from": date(2026, 11, 11)}, ("2", None)),
            ({"covered_from": date(2026, 11, 10)}, ("1", None)),
        ],
    )
    def test_shows_the_state_of_the_day_as_registering_takes_it(self, hospital, changed, told):
        person = new_person(since=date(2019, 1, 1))
        Enrolment.objects.filter(person=person).update(**changed)
        shown = {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "begntime": "2026-11-10 09:00:00"}

        (insured,) = hospital.expect("1101", {"data": shown})["insuinfo"]

        assert (insured["psn_insu_stas"], insured["paus_insu_date"]) == told

    def test_reading_is_logged(self, hospital):
        person = new_person()

        hospital.expect("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number}})

        assert list(RecordRead.objects.filter(person=person).values_list("infno", "operator")) == [("1101", "op1")]


class TestVisits:
    def test_of_a_time_newest_first(self, hospital):
        person = new_person()
        older = hospital.register(person, at="2026-03-01 09:00:00")
        newer = hospital.register(person, at="2026-04-01 09:00:00")
        hospital.register(person, at="2025-12-31 23:59:59")

        rows = hospital.expect("5201", of(person, **WHOLE_YEAR))["mdtrtinfo"]

        assert [row["mdtrt_id"] for row in rows] == [newer, older]
        assert rows[1]["begntime"] == "2026-03-01 09:00:00"

    def test_of_another_institution_are_not_shown(self, hospital):
        person = new_person()
        Hospital(code="H11010100002").register(person)
        here = hospital.register(person)

        rows = hospital.expect("5201", of(person, **WHOLE_YEAR))["mdtrtinfo"]

        assert [row["mdtrt_id"] for row in rows] == [here]

    def test_up_to_the_last_second_there_is(self, hospital):
        person = new_person()
        visit = hospital.register(person)

        wish = {**WHOLE_YEAR, "begntime": "0001-01-01 00:00:00", "endtime": "9999-12-31 23:59:59"}
        rows = hospital.expect("5201", of(person, **wish))["mdtrtinfo"]

        assert [row["mdtrt_id"] for row in rows] == [visit]

    def test_the_age_is_that_of_the_visits_day_in_beijing(self, hospital):
        person = new_person(born=date(1980, 5, 6))
        hospital.register(person, at="2026-05-06 07:00:00")

        rows = hospital.expect("5201", of(person, **WHOLE_YEAR))["mdtrtinfo"]

        assert rows[0]["age"] == 46.0


class TestDiagnoses:
    def test_the_current_ones_of_a_visit(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("2203", hospital.diagnoses(person, visit))
        hospital.expect("2203", hospital.diagnoses(person, visit))

        rows = hospital.expect("5202", of(person, mdtrt_id=visit))["diseinfo"]

        assert [(row["diag_code"], row["maindiag_flag"], row["inout_diag_type"]) for row in rows] == [
            ("J18.900", "1", "1")
        ]


class TestSettlement:
    def test_as_it_was_answered_and_whether_it_was_refunded(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, info = hospital.visit(person, "3000.00", account="1", at="2026-11-10 07:30:00")
        wish = of(person, mdtrt_id=visit, setl_id=info["setl_id"])

        standing = hospital.expect("5203", wish)["setlinfo"]
        back = hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]))["setlinfo"]
        refunded = hospital.expect("5203", wish)["setlinfo"]
        reversal = hospital.expect("5203", of(person, mdtrt_id=visit, setl_id=back["setl_id"]))["setlinfo"]

        assert [standing[name] for name in ("fund_pay_sumamt", "acct_pay", "cash_payamt", "balc")] == [
            info[name] for name in ("fund_pay_sumamt", "acct_pay", "psn_cash_pay", "balc")
        ]
        assert (standing["refd_setl_flag"], refunded["refd_setl_flag"], reversal["refd_setl_flag"]) == ("0", "1", "1")
        assert (standing["begndate"], standing["year"], standing["invono"]) == ("2026-11-10", "2026", "INV1")
        assert reversal["fund_pay_sumamt"] == -840.00

    def test_of_another_institution_is_unknown_here(self, hospital):
        person = new_person()
        elsewhere = Hospital(code="H11010100002")
        visit, info = elsewhere.visit(person)
        hospital.register(person)

        sentence = hospital.refuse("5203", of(person, mdtrt_id=visit, setl_id=info["setl_id"]))

        assert sentence == f"结算ID(setl_id){info['setl_id']}不存在，或不属于本机构、本人员、本次就诊"


class TestLines:
    def test_with_the_settlement_each_stands_in(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit, "100.00", batch="B1")
        hospital.charge(person, visit, "200.00", batch="B2", item="XB02")
        info = hospital.settle(person, visit, "200.00", batch="B2")

        rows = hospital.expect("5204", of(person, mdtrt_id=visit))
        of_settlement = hospital.expect("5204", of(person, mdtrt_id=visit, setl_id=info["setl_id"]))

        assert [(row["det_item_fee_sumamt"], row["setl_id"]) for row in rows] == [
            (100.00, None),
            (200.00, info["setl_id"]),
        ]
        assert [(row["preselfpay_amt"], row["inscp_scp_amt"]) for row in of_settlement] == [(20.00, 180.00)]


class TestAccumulators:
    def test_of_a_year_are_what_was_used_of_it(self, hospital):
        person = new_person()
        hospital.visit(person, "3000.00")
        hospital.visit(person, "100.00", at="2025-03-01 09:00:00")

        rows = hospital.expect("5206", of(person, cum_ym="202611"))["cuminfo"]

        assert {row["year"] for row in rows} == {"2026"}
        assert sorted(row["cum"] for row in rows) == [840.00, 1800.00, 2160.00]

    def test_each_has_a_code_of_its_own(self, hospital):
        person = new_person()
        names = policies.load("110000", "310", date(2026, 11, 10)).accumulators
        Accumulator.objects.create(person=person, scheme="310", year=2026, amounts=dict.fromkeys(names, 1))
        hospital.register(person)

        rows = hospital.expect("5206", of(person))["cuminfo"]

        assert len({row["cum_type_code"] for row in rows}) == len(names)


class TestWhoMayLookUp:
    @pytest.mark.parametrize(
        ("infno", "further"),
        [
            ("5201", WHOLE_YEAR),
            ("5202", {"mdtrt_id": "1"}),
            ("5203", {"mdtrt_id": "1", "setl_id": "1"}),
            ("5204", {"mdtrt_id": "1"}),
            ("5206", {}),
        ],
    )
    @pytest.mark.requirement("SEC-02")
    def test_an_institution_reads_only_of_persons_it_treats(self, hospital, infno, further):
        person = new_person()

        with nothing_changes():
            sentence = hospital.refuse(infno, of(person, **further))

        assert sentence == f"人员编号(psn_no){person.number}在本机构无就诊记录，不能查询"
        assert not RecordRead.objects.filter(person=person).exists()

    @pytest.mark.parametrize("infno", ["5201", "5202", "5203", "5204", "5206"])
    def test_every_reading_is_logged(self, hospital, infno):
        person = new_person()
        visit, info = hospital.visit(person)

        hospital.expect(infno, of(person, mdtrt_id=visit, setl_id=info["setl_id"], **WHOLE_YEAR))

        assert list(RecordRead.objects.filter(person=person).values_list("infno", "institution__code")) == [
            (infno, "H11010100001")
        ]
