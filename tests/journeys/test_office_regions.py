"""Officers of two regions clear, dispute, investigate and prepay through the office's pages."""

import io

import pytest
from openpyxl import load_workbook

from yibao.domains.interregional.models import ClearingItem, ClearingStatement, Inquiry, PrepaidOrder, RegionClaim
from yibao.domains.staff.models import PersonalRecordRead

from .office_records import new_member, sign_in
from .records import check_deferred_rules, nothing_changes
from .region_clearing import appoint_officers, balanced, claims, owed, stay_away
from .two_regions import AWAY, AWAY_HOSPITAL, HOME, found_second_region, person_of

pytestmark = pytest.mark.usefixtures("town")
LOOKS = {"staff_personalrecordread", "django_session"}


@pytest.fixture
def played(town):
    """Two stays of Beijing's insured in Shanghai in October, officers of both regions."""
    away = found_second_region()
    people = [person_of(HOME), person_of(HOME)]
    for person, day in zip(people, ("2026-10-09", "2026-10-20"), strict=True):
        stay_away(away, person, until=day)
    return appoint_officers(), people


@pytest.fixture(autouse=True)
def sound(town):
    yield
    check_deferred_rules()
    assert balanced()


@pytest.fixture
def as_(client):
    """Sign in as one of the officers."""

    def signed(name):
        sign_in(client, name)
        return client

    return signed


def text(answer):
    return answer.content.decode()


def post(client, path, **data):
    answer = client.post(path, data)
    assert answer.status_code == 302, text(answer)[:3000]
    return answer.url


class TestAMonth:
    def test_goes_from_the_one_region_to_the_other_and_is_paid(self, played, as_):
        post(as_("shen"), "/regions/draw", month="2026-10")
        number = ClearingStatement.objects.get().pk
        page = f"/regions/statements/{number}"

        assert as_("wang").get(page).status_code == 404  # not issued yet: it concerns the place of care alone
        assert "复核下发" not in text(as_("shen").get(page))  # whoever drew it up does not issue it
        post(as_("xu"), f"{page}/issue", note="")
        assert "确认无异议部分" in text(as_("wang").get(page))
        post(as_("wang"), f"{page}/confirm", note="")
        refused = as_("wang").post(f"{page}/pay", {"document": "京清1号"})
        assert (refused.status_code, "须由他人复核" in text(refused)) == (409, True)
        post(as_("li"), f"{page}/pay", document="京清1号")

        assert owed() == (0, 0)
        assert "确认款项到账" not in text(as_("wang").get(page))  # the money goes to the other region
        assert "确认款项到账" in text(as_("shen").get(page))
        empty = as_("shen").post(f"{page}/receive", {"document": ""})
        assert empty.status_code == 400
        refused = as_("wang").post(f"{page}/receive", {"document": "回单1号"})
        assert refused.status_code == 409
        listed = text(as_("li").get("/regions?side=enrolment&standing=paid"))
        assert page in listed
        post(as_("shen"), f"{page}/receive", document="回单1号")
        assert "回单1号" in text(as_("li").get(page))
        listed = text(as_("li").get("/regions?side=enrolment&standing=received"))
        assert (page in listed, "一致" in listed) == (True, True)
        assert page not in text(as_("li").get("/regions?standing=issued"))

    def test_is_taken_out_with_persons_masked(self, played, as_):
        _, people = played
        post(as_("shen"), "/regions/draw", month="2026-10")
        number = ClearingStatement.objects.get().pk

        book = load_workbook(io.BytesIO(as_("shen").get(f"/regions/statements/{number}.xlsx").content))
        rows = list(book.active.iter_rows(values_only=True))
        plain = as_("shen").get(f"/regions/statements/{number}.csv").content.decode("utf-8-sig")

        assert len(rows) == len(plain.strip().splitlines()) == 3
        assert [float(row[10]) * 100 for row in rows[1:]] == [float(fen) for fen in claims()]
        assert all(person.name not in plain for person in people)
        assert PersonalRecordRead.objects.filter(purpose="export").count() == 4
        assert as_("shen").get("/regions/statements.csv").status_code == 200

    def test_is_refused_in_words(self, played, as_):
        with nothing_changes(but=LOOKS):
            early = as_("shen").post("/regions/draw", {"month": "2099-10"})
            wrong = as_("shen").post("/regions/draw", {"month": "Oktober"})

        assert (early.status_code, "尚未结束" in text(early)) == (409, True)
        assert (wrong.status_code, "月份写作" in text(wrong)) == (400, True)


class TestWhoSees:
    def test_nothing_of_two_other_regions(self, played, as_):
        post(as_("shen"), "/regions/draw", month="2026-10")
        number = ClearingStatement.objects.get().pk
        post(as_("xu"), f"/regions/statements/{number}/issue", note="")
        new_member("zhao", "agency", region="440100")

        page = text(as_("zhao").get("/regions"))
        assert "statements/" not in page.replace("statements.csv", "").replace("statements.xlsx", "")
        assert as_("zhao").get(f"/regions/statements/{number}").status_code == 404
        assert as_("zhao").post(f"/regions/statements/{number}/confirm", {"note": ""}).status_code == 404

    def test_the_own_books_alone_on_a_settlement(self, played, as_):
        """The place of enrolment owes the other region; that the other owes its hospital is not told here."""
        number = RegionClaim.objects.first().pk
        new_member("he", "institution", region=AWAY, institution=AWAY_HOSPITAL)

        ours, theirs = text(as_("wang").get(f"/settlements/{number}")), text(as_("he").get(f"/settlements/{number}"))

        assert ("200102" in ours, "110102" in ours) == (True, False)
        assert ("200102" in theirs, "110102" in theirs) == (False, True)
        care = text(as_("shen").get(f"/settlements/{number}"))
        assert ("200102" in care, "110102" in care) == (False, True)

    @pytest.mark.parametrize("role", ["system", "institution"])
    def test_no_page_without_the_role(self, played, as_, role):
        new_member("qian", role, region=HOME)

        for path in ("/regions", "/regions/inquiries", "/regions/prepaid", "/regions/statements.csv"):
            assert as_("qian").get(path).status_code == 403

    def test_the_auditor_sees_and_does_nothing(self, played, as_):
        post(as_("shen"), "/regions/draw", month="2026-10")
        new_member("sun", "auditor", region=AWAY)
        number = ClearingStatement.objects.get().pk

        assert as_("sun").get(f"/regions/statements/{number}").status_code == 200
        with nothing_changes(but=LOOKS):
            assert as_("sun").post(f"/regions/statements/{number}/issue", {"note": ""}).status_code == 403
            assert as_("sun").post("/regions/inquiries", {"number": 1}).status_code == 404


class TestADisputeAndItsAnswer:
    @pytest.mark.requirement("XRG-14")
    def test_go_through_the_inbox_of_the_place_of_care(self, played, as_):
        post(as_("shen"), "/regions/draw", month="2026-10")
        number = ClearingStatement.objects.get().pk
        post(as_("xu"), f"/regions/statements/{number}/issue", note="")
        item = ClearingItem.objects.order_by("pk").first()
        disputed = {"item": item.pk, "reason": "care", "question": "请核实是否住院"}
        post(as_("wang"), f"/regions/statements/{number}/dispute", **disputed)
        inquiry = Inquiry.objects.get()
        page = f"/regions/inquiries/{inquiry.pk}"

        assert page in text(as_("shen").get("/regions/inquiries"))
        assert "提交答复" not in text(as_("wang").get(page))
        answer = {
            "finding": "partly", "explanation": "部分费用无医嘱", "conceded_310100": "100.00", "kind_1": "record",
            "number_1": "病历 77", "digest_1": "0" * 64,
        }  # fmt: skip
        refused = as_("shen").post(f"{page}/answer", {**answer, "conceded_310100": "9999999"})
        assert (refused.status_code, "核查结论不符" in text(refused)) == (409, True)
        post(as_("shen"), f"{page}/answer", **answer)
        assert "须由他人复核" in text(as_("shen").get(page))
        post(as_("xu"), f"{page}/approve", note="")

        shown = text(as_("wang").get(page))
        assert ("病历 77" in shown, "100.00" in shown) == (True, True)
        assert owed() == (sum(claims()) - 100_00, sum(claims()) - 100_00)

    def test_are_asked_by_the_number_of_a_settlement_too(self, played, as_):
        number = RegionClaim.objects.first().pk
        asked = {"number": number, "reason": "amount", "question": "费用偏高"}

        with nothing_changes(but=LOOKS):
            unknown = as_("wang").post("/regions/inquiries", {**asked, "number": number + 999})
            ours = as_("shen").post("/regions/inquiries", asked)
        assert (unknown.status_code, ours.status_code) == (400, 409)
        post(as_("wang"), "/regions/inquiries", **asked)
        assert as_("wang").get("/regions/inquiries.xlsx").status_code == 200


class TestAPrepaidFund:
    def test_is_asked_for_by_one_region_and_ordered_by_the_other(self, played, as_):
        asked = {
            "pair": f"{AWAY}-{HOME}", "fund": "310100", "kind": "first", "amount": "50000", "document": "预付1号", "reason": ""
        }  # fmt: skip
        post(as_("shen"), "/regions/prepaid", **asked)
        order = PrepaidOrder.objects.get()

        assert as_("xu").post("/regions/prepaid/order", {"order": order.pk}).status_code == 409
        post(as_("wang"), "/regions/prepaid/order", order=order.pk)

        shown = text(as_("li").get("/regions/prepaid"))
        assert "50,000.00" in shown
        again = as_("shen").post("/regions/prepaid", asked)
        assert (again.status_code, "已登记过预付金" in text(again)) == (409, True)
        assert as_("li").get("/regions/prepaid.csv").status_code == 200
