"""The list of settlements: search, pages, and taking it out."""

import csv
import io
from datetime import date

import pytest
from openpyxl import load_workbook

from yibao.domains.institutions.models import Institution
from yibao.domains.staff.models import PersonalRecordRead

from .hospital import Hospital
from .office_records import found_staff, play_visits, sign_in
from .small_town import new_person


@pytest.fixture
def staff(town):
    return found_staff()


@pytest.fixture
def played(staff):
    return play_visits()


@pytest.fixture
def find(client, staff):
    """Search as an agency officer and give the answer."""
    sign_in(client, "agency")
    return lambda **query: client.get("/settlements", query)


def numbers(answer):
    return {row.number for row in answer.context["rows"]}


CIRCUMSTANCES = [
    ({"institution": "H11010100002"}, {"elsewhere"}),
    ({"institution": "h11010100002"}, {"elsewhere"}),
    ({"care": "inpatient"}, {"stay"}),
    ({"standing": "reversed"}, {"reversed"}),
    ({"standing": "reversal"}, {"reversal"}),
    ({"standing": "standing"}, {"plain", "elsewhere", "stay"}),
    ({"first": "2001-01-01", "last": "2099-01-01", "care": "inpatient"}, {"stay"}),
]


class TestSearch:
    def test_by_every_number(self, find, played, subtests):
        plain = played.plain
        for query in (
            {"settlement": plain.pk},
            {"visit": plain.visit_id},
            {"msgid": plain.msgid},
        ):
            with subtests.test(str(query)):
                assert numbers(find(**query)) == {plain.pk}

    @pytest.mark.parametrize("number", ["number", "document_number"])
    def test_by_person(self, find, played, number):
        found = numbers(find(person=getattr(played.person, number)))
        assert found == {played.plain.pk, played.reversed.pk, played.reversal.pk}

    def test_by_message_of_a_reversal(self, find, played):
        assert numbers(find(msgid=played.reversal.msgid)) == {played.reversal.pk}

    def test_by_circumstances(self, find, played, subtests):
        for query, wanted in CIRCUMSTANCES:
            with subtests.test(str(query)):
                assert numbers(find(**query)) == {getattr(played, name).pk for name in wanted}

    def test_days_are_days_of_beijing_and_both_count(self, find, played):
        from django.utils import timezone

        today = f"{timezone.localdate():%Y-%m-%d}"
        assert len(numbers(find(first=today, last=today))) == 5

    def test_what_is_not_found_is_said(self, find, played):
        page = find(settlement=2**62).content.decode()
        assert "没有符合条件的结算" in page

    def test_an_empty_house_is_said(self, find):
        assert "尚无结算" in find().content.decode()

    def test_searching_writes_no_reading(self, find, played):
        find()
        assert not PersonalRecordRead.objects.exists()

    def test_few_statements(self, find, played, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            find(person=played.person.number)


BAD_FILTERS = [
    ({"settlement": "abc"}, "settlement"),
    ({"settlement": "0"}, "settlement"),
    ({"settlement": "9" * 30}, "settlement"),
    ({"visit": "-1"}, "visit"),
    ({"institution": "H1"}, "institution"),
    ({"institution": "'; DROP TABLE"}, "institution"),
    ({"scheme": "999"}, "scheme"),
    ({"care": "spa"}, "care"),
    ({"standing": "maybe"}, "standing"),
    ({"first": "yesterday"}, "first"),
    ({"last": "2026-02-30"}, "last"),
    ({"first": "2026-02-02", "last": "2026-02-01"}, "last"),
    ({"msgid": "x" * 31}, "msgid"),
    ({"msgid": "a\x00b"}, "msgid"),
    ({"person": "x" * 51}, "person"),
]


class TestBadFilters:
    def test_name_the_field_and_read_nothing(self, find, played, subtests):
        for query, field in BAD_FILTERS:
            with subtests.test(str(query)):
                answer = find(**query)
                assert answer.status_code == 400
                assert list(answer.context["form"].errors) == [field]
                assert answer.context["rows"] == []
                assert f'id="id_{field}_error"' in answer.content.decode()

    def test_a_page_that_cannot_be(self, find, played, subtests):
        for before in ("abc", "-1", "9" * 30, "٣"):
            with subtests.test(before):
                answer = find(before=before)
                assert answer.status_code == 400
                assert "列表中没有这一页" in answer.content.decode()

    def test_a_page_after_nothing_is_empty(self, find, played):
        answer = find(before=2**59)
        assert (answer.status_code, answer.context["rows"]) == (200, [])

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_are_refused_when_taking_out_too(self, client, find, played, kind):
        answer = client.get(f"/settlements.{kind}", {"settlement": "abc"})
        assert answer.status_code == 400
        assert not PersonalRecordRead.objects.exists()


class TestPages:
    def test_lead_through_everything_once_newest_first(self, client, find, played, monkeypatch):
        monkeypatch.setattr("yibao.interfaces.office.settlements.PAGE_ROWS", 2)
        seen, address = [], "/settlements?person=" + played.person.number
        while address:
            answer = client.get(address)
            seen += [row.number for row in answer.context["rows"]]
            older = answer.context["older"]
            address = f"/settlements?{answer.context['filters']}&before={older}" if older else None
        assert seen == [played.reversal.pk, played.reversed.pk, played.plain.pk]


class TestTakingOut:
    def rows(self, answer):
        assert answer.status_code == 200
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def test_csv_holds_what_was_found(self, client, find, played):
        answer = client.get("/settlements.csv", {"settlement": played.plain.pk})
        head, row = self.rows(answer)
        said = dict(zip(head, row, strict=True))
        assert said["结算ID(setl_id)"] == str(played.plain.pk)
        assert (said["总费用（元）"], said["个人账户支付（元）"]) == ("3000.00", "500.00")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert ".csv" in answer["Content-Disposition"]
        assert answer.content.startswith(b"\xef\xbb\xbf")

    def test_persons_are_masked_for_everyone(self, client, find, played):
        text = client.get("/settlements.csv").content.decode("utf-8-sig")
        assert played.person.document_number not in text
        assert "张测试" not in text
        assert "张*试" in text
        assert f"{played.person.document_number[:3]}***********{played.person.document_number[-4:]}" in text

    def test_excel_holds_the_same_with_numbers_as_numbers(self, client, find, played):
        answer = client.get("/settlements.xlsx", {"settlement": played.reversal.pk})
        sheet = load_workbook(io.BytesIO(answer.content)).active
        head, row = sheet.iter_rows(values_only=True)
        said = dict(zip(head, row, strict=True))
        assert said["总费用（元）"] == -500
        assert said["状态"] == "退费"

    def test_what_looks_like_a_formula_is_text(self, client, find, played):
        Institution.objects.filter(code="H11010100001").update(name='=HYPERLINK("http://example.org")')
        head, *rows = self.rows(client.get("/settlements.csv", {"institution": "H11010100001"}))
        place = head.index("医药机构")
        assert {row[place][:2] for row in rows} == {"'="}
        answer = client.get("/settlements.xlsx", {"institution": "H11010100001"})
        sheet = load_workbook(io.BytesIO(answer.content)).active
        assert {(cell.data_type, cell.value[:2]) for cell in sheet[2] if "HYPERLINK" in str(cell.value)} == {
            ("s", "'=")
        }

    def test_amounts_of_reversals_stay_numbers(self, client, find, played):
        head, row = self.rows(client.get("/settlements.csv", {"settlement": played.reversal.pk}))
        assert row[head.index("总费用（元）")] == "-500.00"

    def test_is_noted_once_for_each_person(self, client, find, played):
        client.get("/settlements.csv")
        noted = PersonalRecordRead.objects.values_list("person_id", "purpose", "page", "reader__user__username")
        assert set(noted) == {
            (person.pk, "export", "/settlements.csv", "agency") for person in (played.person, played.other_person)
        }
        assert len(noted) == 2

    def test_too_much_is_refused_and_not_cut_off(self, client, find, played, monkeypatch):
        monkeypatch.setattr("yibao.interfaces.office.settlements.EXPORT_ROWS_MAX", 4)
        answer = client.get("/settlements.csv")
        assert answer.status_code == 400
        assert "查询结果超过 4 条" in answer.content.decode()
        assert not PersonalRecordRead.objects.exists()

    def test_institutions_take_out_their_own_only(self, client, played):
        sign_in(client, "institution")
        head, *rows = self.rows(client.get("/settlements.csv"))
        assert {row[head.index("机构编码")] for row in rows} == {"H11010100001"}

    def test_an_empty_list_is_its_head_only(self, client, find):
        assert len(self.rows(client.get("/settlements.csv"))) == 1


class TestResidents:
    def test_are_found_by_their_scheme(self, find):
        resident = new_person(scheme="390", status="elderly", born=date(1950, 1, 1))
        _, bill = Hospital(code="H11010100003").visit(resident, "300.00", insutype="390")
        assert numbers(find(scheme="390")) == {int(bill["setl_id"])}
        assert numbers(find(scheme="310")) == set()
