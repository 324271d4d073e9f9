"""The estimator as a visitor without a script uses it: every answer is the kernel's, nothing typed is lost, nothing is kept."""

import re
from datetime import date

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from yibao import policies
from yibao.engines.benefits import BenefitCase, settle
from yibao.interfaces.server.rate_limit import BODY_BYTES_MAX, MOST
from yibao.workflows.estimate_benefits import Situation, all_in_scope, estimate_benefits
from yibao.workflows.price_list import MOST_LINES

from .records import nothing_changes

PAGE = "/portal/estimate/110000/310"
TOLD = {
    "age": "52", "status": "active", "care": "inpatient", "level": "tertiary", "place": "local", "on": "2026-05-01",
    "ordinal": "1", "bill_kind": "total", "total": "36800",
}  # fmt: skip
PARTS = {
    "bill_kind": "parts",
    "total": "2002",
    "in_scope": "641.80",
    "self_pay_first": "160.20",
    "over_ceiling": "1200",
}


@pytest.fixture
def visitor(standing_town):
    return Client(headers={"Accept-Language": "zh-CN"})


def ask(visitor, page=PAGE, **changes):
    return visitor.post(page, {**TOLD, **changes})


def kernel(**changes):
    """What the kernel says of the same case."""
    case = {
        "care": "inpatient", "level": "tertiary", "status": "active", "age": 52, "ordinal": 1, "place": "local",
        "total_fen": 3_680_000, "full_self_pay_fen": 0, "over_ceiling_fen": 0, "self_pay_first_fen": 0,
        "in_scope_fen": 3_680_000, "account_balance_fen": 0, "account_used": False, "accumulators": {}, **changes,
    }  # fmt: skip
    return settle(policies.load("110000", "310", date(2026, 5, 1)), BenefitCase(**case))


class TestAnswer:
    def test_is_the_kernels_and_says_what_was_assumed(self, visitor):
        answer = ask(visitor)
        assert answer.status_code == 200
        told = answer.context["answer"]
        assert told.person_fen == kernel().person_fen == 628_500
        assert sum(payer.amount_fen for payer in told.payers) == told.total_fen == 3_680_000
        page = answer.content.decode()
        assert "6,285.00" in page
        assert "测算假设" in page
        assert "【住院统筹】" in page
        assert {ground.trust for ground in told.grounds} == {"relayed", "official"}

    @pytest.mark.requirement("BEN-13")
    def test_links_each_step_to_the_page_of_its_source(self, visitor):
        steps = ask(visitor).content.decode().split('<ol class="why">')[1].split("</ol>")[0]
        links = re.findall(r'href="([^"]*)"', steps)
        assert links
        assert all(re.fullmatch(r"https?://[\x21-\x7e]+", link) for link in links), links

    def test_says_what_it_would_be_elsewhere(self, visitor):
        levels = ask(visitor).context["answer"].levels
        cells = {(cell.level, cell.place): cell for row in levels for _, cell in row.cells}
        assert len(cells) == 15
        for (level, place), cell in cells.items():
            assert cell.person_fen == kernel(level=level, place=place).person_fen
            assert cell.difference_fen == cell.person_fen - 628_500
        assert [place for place, cell in cells.items() if cell.is_here] == [("tertiary", "local")]
        assert cells["community", "local"].person_fen < cells["tertiary", "local"].person_fen

    def test_takes_the_four_parts(self, visitor):
        told = ask(visitor, **PARTS).context["answer"]
        assert not told.is_assumed
        assert [(part.key, part.amount_fen) for part in told.scope] == [
            ("scope", 64180),
            ("first", 16020),
            ("over", 120_000),
        ]

    def test_counts_what_the_year_and_the_account_hold(self, visitor):
        told = ask(visitor, counted_inpatient_cost="30,000", ordinal="2", account_balance="１００元").context["answer"]
        result = kernel(
            accumulators={"inpatient_cost": 3_000_000}, ordinal=2, account_balance_fen=10_000, account_used=True
        )
        assert (told.person_fen, told.account_fen) == (result.person_fen, 10_000)

    def test_an_ordinal_of_outpatient_care_counts_nothing(self, visitor):
        told = ask(visitor, care="outpatient", ordinal="7").context["answer"]
        assert told.person_fen == kernel(care="outpatient").person_fen

    def test_of_every_scheme_there_is(self, visitor, subtests):
        for region, scheme in policies.schemes():
            with subtests.test(f"{region}/{scheme}"):
                page = f"/portal/estimate/{region}/{scheme}"
                form = visitor.get(page).context["form"]
                first = {name: form.fields[name].choices[0][0] for name in ("status", "care", "level", "place")}
                answer = ask(visitor, page, on="2026-05-01", **first)
                assert answer.status_code == 200, answer.context["form"].errors
                told = answer.context["answer"]
                assert sum(payer.amount_fen for payer in told.payers) == 3_680_000

    def test_where_no_fund_pays_says_so(self, visitor):
        page = ask(visitor, care="pharmacy", level="pharmacy", page="/portal/estimate/110000/390", status="elderly")
        assert page.context["answer"].person_fen == 3_680_000
        assert page.context["answer"].not_paid


class TestList:
    LIST = "编码,名称,数量,单价,金额\nXL04,限价耗材,1,2000,2000.00\n\nXB02,乙类药,2,1.00,2\n"

    def test_is_priced_by_the_catalogue(self, visitor):
        told = ask(visitor, bill_kind="list", total="", list_text=self.LIST).context["answer"]
        assert [(each.line.number, each.amount_fen) for each in told.lines] == [(2, 200_000), (4, 200)]
        assert told.lines[0].parts == (0, 120_000, 16_000, 64_000)
        assert [(part.key, part.amount_fen) for part in told.scope] == [
            ("scope", 64180),
            ("first", 16020),
            ("over", 120_000),
        ]
        elsewhere = {row.cells[0][1].level: row.cells[0][1].bill.over_ceiling_fen for row in told.levels}
        assert elsewhere["secondary"] == 0 < elsewhere["tertiary"]

    def test_may_be_uploaded_and_stays_in_the_form(self, visitor):
        for content in (self.LIST.encode("utf-8-sig"), self.LIST.encode("gb18030")):
            answer = ask(visitor, bill_kind="list", list_file=SimpleUploadedFile("a.csv", content))
            assert answer.context["answer"].total_fen == 200_200
            assert "限价耗材,1,2000" in answer.content.decode()

    def test_tells_every_line_that_cannot_be_priced(self, visitor):
        answer = ask(visitor, bill_kind="list", list_text="XA01,1,5\nNO99,1,2\nXA01,-1,2\nXA01,2,3,7\n")
        assert answer.status_code == 400
        errors = answer.context["form"].errors["list_text"]
        assert [error.partition("：")[0] for error in errors] == ["第 2 行", "第 3 行", "第 4 行"]
        assert "NO99" in errors[0]

    @pytest.mark.parametrize(
        "text",
        ["", "XA01,1", "XA01;1;zwei", "名称,数量\nx,1", "XA01,1,1\n" * (MOST_LINES + 1), "\0", "XA01,9999999999999,1"],
    )
    def test_that_makes_no_sense_is_refused_at_its_field(self, visitor, text):
        with nothing_changes():
            answer = ask(visitor, bill_kind="list", list_text=text)
        assert answer.status_code == 400
        assert answer.context["form"].errors["list_text"]

    def test_a_file_that_is_no_text_is_refused(self, visitor):
        answer = ask(visitor, bill_kind="list", list_file=SimpleUploadedFile("a.xlsx", b"PK\x03\x04\x00\xff\xfe"))
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["list_file"])


class TestBadInput:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"age": ""}, "age"), ({"age": "fifty"}, "age"), ({"age": "151"}, "age"), ({"age": "-1"}, "age"),
            ({"status": ""}, "status"), ({"status": "king"}, "status"), ({"care": ""}, "care"), ({"level": ""}, "level"),
            ({"level": "pharmacy"}, "level"), ({"place": "moon"}, "place"), ({"on": "tomorrow"}, "on"),
            ({"on": "1999-01-01"}, "on"), ({"ordinal": "0"}, "ordinal"), ({"total": ""}, "total"), ({"total": "0"}, "total"),
            ({"total": "-5"}, "total"), ({"total": "12,34x"}, "total"), ({"total": "1.234"}, "total"), ({"total": "1e99"}, "total"),
            ({"total": "99999999999"}, "total"), ({"total": "9" * 5000}, "total"), ({"total": "NaN"}, "total"),
            ({"counted_inpatient_cost": "-1"}, "counted_inpatient_cost"), ({"account_balance": "x"}, "account_balance"),
            ({"bill_kind": "guess"}, "bill_kind"), ({**PARTS, "in_scope": "641.81"}, "in_scope"),
        ],
    )  # fmt: skip
    def test_is_told_at_its_field_and_nothing_typed_is_lost(self, visitor, changes, field):
        told = {"total": "36800", "account_balance": "77.70", **changes}
        with nothing_changes():
            answer = ask(visitor, **told)
        assert answer.status_code == 400
        form = answer.context["form"]
        assert list(form.errors) == [field]
        assert any("\u4e00" <= sign <= "\u9fff" for sign in form.errors[field][0])
        assert {name: form[name].value() for name in told} == told
        assert f'id="id_{field}_error"' in answer.content.decode()

    def test_english_readers_are_told_in_english(self, standing_town):
        answer = ask(Client(headers={"Accept-Language": "en"}), age="x")
        assert answer.context["form"].errors["age"] == ["Write a whole number from 0 to 150."]

    @pytest.mark.parametrize(
        "page", ["/portal/estimate/110000/999", "/portal/estimate/999999/310", "/portal/estimate/x/y"]
    )
    def test_a_scheme_that_is_not_known_leads_to_those_that_are(self, visitor, page):
        answer = visitor.get(page)
        assert answer.status_code == 404
        assert "/portal/estimate/110000/310" in answer.content.decode()

    def test_too_much_is_refused_unread(self, visitor):
        answer = ask(visitor, list_text="x" * BODY_BYTES_MAX)
        assert answer.status_code == 413

    def test_too_often_is_refused_without_losing_anything(self, visitor):
        for _ in range(MOST):
            ask(visitor, age="")
        answer = ask(visitor)
        assert answer.status_code == 429
        assert answer.context["form"]["total"].value() == "36800"
        assert answer.context["answer"] is None
        assert visitor.get(PAGE).status_code == 200


class TestNothingIsKept:
    def test_no_record_no_session_no_log(self, visitor, caplog):
        with nothing_changes():
            answer = ask(visitor)
            ask(visitor, age="x", total="4711.99")
        assert not Session.objects.exists()
        assert set(answer.cookies) <= {"csrftoken"}
        assert "no-store" in answer["Cache-Control"]
        assert "36800" not in caplog.text
        assert "4711" not in caplog.text

    def test_forged_forms_are_refused(self, standing_town):
        assert Client(enforce_csrf_checks=True).post(PAGE, TOLD).status_code == 403


class TestSwitches:
    @pytest.mark.requirement("ELD-03")
    def test_large_type_is_kept_by_a_cookie(self, visitor):
        assert 'class="large"' not in visitor.get(PAGE).content.decode()
        answer = visitor.post("/portal/display", {"switch": "large", "next": PAGE})
        assert (answer.status_code, answer["Location"]) == (302, PAGE)
        assert 'class="large"' in visitor.get(PAGE).content.decode()
        visitor.post("/portal/display", {"switch": "normal", "next": PAGE})
        assert 'class="large"' not in visitor.get("/portal/").content.decode()

    def test_a_switch_on_the_form_keeps_answer_and_words(self, visitor):
        answer = ask(visitor, switch="en")
        assert answer.context["answer"].person_fen == 628_500
        assert "You would pay" in answer.content.decode()
        assert answer.context["form"]["total"].value() == "36800"
        assert "You would pay" in ask(visitor).content.decode()

    def test_a_switch_on_an_unfinished_form_blames_nobody(self, visitor):
        answer = visitor.post(PAGE, {"total": "12", "switch": "large"})
        assert answer.status_code == 200
        assert 'role="alert"' not in answer.content.decode()
        assert answer.context["form"]["total"].value() == "12"

    @pytest.mark.parametrize("back", ["https://example.org/", "//example.org", "javascript:alert(1)", ""])
    def test_leads_to_no_foreign_page(self, visitor, back):
        answer = visitor.post("/portal/display", {"switch": "nonsense", "next": back})
        assert (answer["Location"], answer.cookies) == ("/portal/", {})


def test_the_start_page_leads_to_every_scheme(visitor):
    page = visitor.get("/portal/").content.decode()
    assert all(f"/portal/estimate/{region}/{scheme}" in page for region, scheme in policies.schemes())
    assert "北京市" in page


def test_the_workflow_answers_without_a_page(standing_town):
    situation = Situation(
        region="110000", scheme="310", on=date(2026, 5, 1), care="inpatient", level="tertiary", status="active",
        place="local", age=52,
    )  # fmt: skip
    made = estimate_benefits(situation, all_in_scope(3_680_000))
    assert made.result == kernel()
    named = [clause.id for clause in made.clauses]
    assert named[:3] == ["bj-310-ip-deductible", "bj-310-ip-rate", "bj-310-ip-cap"]
    assert len(named) == len(set(named))
