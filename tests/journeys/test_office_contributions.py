"""Contributions and double enrolments in the office: who sees them, what they say, what is taken out, what is decided."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from yibao.core.identity import mask
from yibao.domains.enrolment.models import Contribution, DoubleDecision, Enrolment, OutsideEnrolment
from yibao.domains.people.models import Person
from yibao.domains.staff.models import PersonalRecordRead
from yibao.workflows.assess_month import assess_month
from yibao.workflows.record_payment import Incoming, record_payment
from yibao.workflows.transfer_enrolment import apply_transfer, transfer_out

from .office_records import found_staff, sign_in
from .records import nothing_changes
from .small_town import REGION, new_person

AT = datetime(2026, 3, 10, 2, tzinfo=UTC)
MONTH = date(2026, 3, 1)


@pytest.fixture
def payer(standing_town):
    """A flexibly employed person with March paid and April owed."""
    found_staff()
    person = new_person()
    Person.objects.filter(pk=person.pk).update(name="张测试")
    assess_month(region=REGION, month=MONTH, at=AT, scheme="310")
    record_payment(
        Incoming(
            number="V1", region=REGION, scheme="310", amount_fen=55_356, paid_on=date(2026, 3, 5), at=AT, actor="test",
            person_number=person.number,
        )
    )  # fmt: skip
    assess_month(region=REGION, month=date(2026, 4, 1), at=AT, scheme="310")
    return Person.objects.get(pk=person.pk)


@pytest.fixture
def doubled(payer):
    """The payer insured as a resident too."""
    Enrolment.objects.create(
        person=payer, scheme="390", region_id=REGION, division_id="110101", person_type="1501", status_group="elderly",
        valid_from=date(2026, 1, 1),
    )  # fmt: skip
    return payer


class TestContributions:
    @pytest.mark.requirement("ENR-26", "ENR-20")
    def test_what_was_owed_and_paid_with_reasons(self, client, payer):
        sign_in(client, "agency")
        page = client.get("/contributions", {"person": payer.number})
        text = page.content.decode()
        assert [(each["all"], each["here"]) for each in page.context["months"]] == [(1, 1)]
        (paid,), (owed,) = page.context["paid"], page.context["owed"]
        assert (paid["row"].period_start, owed["row"].period_start) == (MONTH, date(2026, 4, 1))
        assert page.context["owed_fen"] == 55_356
        assert [step["title"] for step in paid["steps"]] == ["灵活就业人员医疗保险费"]
        assert "北京市 2023 年度缴费基数" in text
        assert payer.document_number not in text
        assert mask(payer.document_number) in text

    def test_by_document_number_and_the_reading_is_noted(self, client, payer):
        sign_in(client, "agency")
        assert client.get("/contributions", {"person": payer.document_number}).context["person"] == payer
        noted = PersonalRecordRead.objects.get()
        assert (noted.person_id, noted.purpose, noted.reader.user.username) == (payer.pk, "contributions", "agency")

    def test_the_empty_page_reads_nothing(self, client, payer):
        sign_in(client, "auditor")
        assert client.get("/contributions").status_code == 200
        assert not PersonalRecordRead.objects.exists()

    def test_nobody_found(self, client, payer):
        sign_in(client, "agency")
        with nothing_changes():
            assert client.get("/contributions", {"person": "123"}).status_code == 404
            assert client.get("/contributions", {"person": ""}).status_code == 400

    def test_another_region_finds_nobody(self, client, payer):
        sign_in(client, "elsewhere")
        with nothing_changes():
            for path in ("/contributions", "/contributions.csv", "/contributions.xlsx"):
                assert client.get(path, {"person": payer.number}).status_code == 404
            assert client.get(f"/doubles/{payer.number}").status_code == 404

    @pytest.mark.parametrize("role", ["system", "institution", "nobody"])
    def test_other_roles_see_nothing(self, client, doubled, role):
        sign_in(client, role)
        with nothing_changes():
            for path in (
                "/contributions",
                "/contributions.csv",
                "/doubles",
                "/doubles.xlsx",
                f"/doubles/{doubled.number}",
            ):
                assert client.get(path, {"person": doubled.number}).status_code == 403
            assert client.post(f"/doubles/{doubled.number}/decision", {}).status_code == 403

    def test_strangers_sign_in_first(self, client, payer):
        assert client.get("/contributions").status_code == 302

    def test_taken_out_masked(self, client, payer):
        sign_in(client, "auditor")
        text = client.get("/contributions.csv", {"person": payer.number}).content.decode("utf-8-sig")
        head, row = list(csv.reader(io.StringIO(text)))
        assert row[1:3] == ["张*试", mask(payer.document_number)]
        told = dict(zip(head, row, strict=True))
        assert (told["个人缴费（元）"], told["费款所属期起"]) == ("553.56", "2026-03-01")
        book = load_workbook(io.BytesIO(client.get("/contributions.xlsx", {"person": payer.number}).content))
        assert [cell.value for cell in book.active[2]][9] == 553.56
        assert set(PersonalRecordRead.objects.values_list("purpose", flat=True)) == {"export"}

    def test_a_transfer_and_a_waiting_period_are_told(self, client, payer):
        Enrolment.objects.filter(person=payer).update(covered_from=date(2026, 9, 1))
        sign_in(client, "agency")
        assert "待遇等待期" in client.get("/contributions", {"person": payer.number}).content.decode()
        person = new_person()
        transfer = apply_transfer(
            person_number=person.number, scheme="310", from_region=REGION, to_region="120000", on=MONTH, actor="x"
        )
        page = client.get("/contributions", {"person": person.number}).content.decode()
        assert "110000 → 120000" in page
        assert "前办结" in page
        transfer_out(transfer_id=transfer.pk, on=date(2026, 3, 10), at=AT, actor="x")
        assert "已转出" in client.get("/contributions", {"person": person.number}).content.decode()

    def test_what_loyalty_and_years_without_claims_have_earned(self, client, payer):
        person = new_person(scheme="390", status="elderly", born=date(1950, 1, 1))
        this_year = timezone.localdate().year
        for year in range(2025, this_year + 1):
            Contribution.objects.create(
                enrolment=person.enrolments.get(), period_start=date(year, 1, 1), period_end=date(year + 1, 1, 1),
                base_fen=0, employer_fen=0, person_fen=1, subsidy_fen=0, to_pool_fen=1, to_account_fen=0,
                paid_on=date(year, 1, 1),
            )  # fmt: skip
        sign_in(client, "agency")
        told = client.get("/contributions", {"person": person.number}).context["incentives"]
        unclaimed, loyal = this_year - 2025, max(0, this_year - 2028)
        assert told.earned.unbroken_years == unclaimed + 1
        assert told.sum_fen == 100_000 * (unclaimed + loyal)
        assert client.get("/contributions", {"person": payer.number}).context["incentives"] is None

    def test_in_english(self, client, payer):
        sign_in(client, "agency")
        client.post("/language", {"language": "en"})
        page = client.get("/contributions", {"person": payer.number}).content.decode()
        assert "the flexibly employed" in page
        assert "Covered from" in page


class TestDoubles:
    def decide(self, client, person, **changes):
        key = f"local:{person.enrolments.get(scheme='390').pk}"
        told = {"keep": key, "ends_on": "2026-11-01", "reason": "本人选择"} | changes
        return client.post(f"/doubles/{person.number}/decision", told)

    @pytest.mark.requirement("ENR-18")
    def test_listed_and_decided(self, client, doubled):
        sign_in(client, "agency")
        (row,) = client.get("/doubles").context["rows"]
        assert (row["person_number"], row["rule"]) == (doubled.number, "")
        case = client.get(f"/doubles/{doubled.number}")
        assert "由参保人选择" in case.content.decode()
        assert PersonalRecordRead.objects.get().purpose == "double"
        assert self.decide(client, doubled).status_code == 302
        decision = DoubleDecision.objects.get()
        assert (decision.ended.scheme, decision.decided_by, decision.reason) == ("310", "agency", "本人选择")
        assert client.get("/doubles").context["rows"] == []
        after = client.get(f"/doubles/{doubled.number}")
        assert "没有重复参保" in after.content.decode()
        assert "本人选择" in after.content.decode()

    def test_on_another_day(self, client, doubled):
        sign_in(client, "auditor")
        assert client.get("/doubles", {"day": "2025-12-31"}).context["rows"] == []
        assert client.get("/doubles", {"day": "yesterday"}).status_code == 400

    def test_what_another_region_reports(self, client, payer):
        OutsideEnrolment.objects.create(
            person=payer, scheme="390", region="310000", has_employer=False, months=30, valid_from=date(2024, 1, 1),
            reported_at=AT,
        )  # fmt: skip
        sign_in(client, "agency")
        (row,) = client.get("/doubles").context["rows"]
        assert "310000" in row["held"][1]["name"]

    @pytest.mark.parametrize(
        ("changes", "field"), [({"keep": "local:0"}, "keep"), ({"reason": ""}, "reason"), ({"ends_on": "x"}, "ends_on")]
    )
    def test_what_makes_no_sense_is_refused_at_its_field(self, client, doubled, changes, field):
        sign_in(client, "agency")
        with nothing_changes():
            answer = self.decide(client, doubled, **changes)
        assert answer.status_code == 400
        assert field in answer.context["form"].errors

    def test_a_second_decision_finds_nothing_to_decide(self, client, doubled):
        sign_in(client, "agency")
        self.decide(client, doubled)
        with nothing_changes():
            assert self.decide(client, doubled).status_code == 409

    def test_auditors_read_and_never_decide(self, client, doubled):
        sign_in(client, "auditor")
        assert client.get(f"/doubles/{doubled.number}").context["form"] is None
        with nothing_changes():
            assert self.decide(client, doubled).status_code == 403

    def test_taken_out_masked(self, client, doubled):
        sign_in(client, "agency")
        text = client.get("/doubles.csv").content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert [row[1] for row in rows[1:]] == ["张*试", "张*试"]
        book = load_workbook(io.BytesIO(client.get("/doubles.xlsx").content))
        assert book.active.max_row == 3
        assert set(PersonalRecordRead.objects.values_list("purpose", flat=True)) == {"export"}
