"""One settlement: the bill, the reasons, the entries, the lines, the messages, and the note that it was read."""

import pytest
from django.utils import timezone

from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import PersonalRecordRead

from .hospital import Hospital
from .office_records import found_staff, page_of, play_visits, sign_in


@pytest.fixture
def staff(town):
    return found_staff()


@pytest.fixture
def played(staff):
    return play_visits()


@pytest.fixture
def look(client, played):
    """Open a settlement as an agency officer."""
    sign_in(client, "agency")
    return lambda settlement: client.get(page_of(settlement))


class TestBill:
    def test_payers_and_scope_add_up_to_the_total(self, look, played, subtests):
        for row in (played.plain, played.reversed, played.reversal, played.stay):
            with subtests.test(row.kind):
                bill = look(row).context["bill"]
                assert sum(part.amount_fen for part in bill.payers) == bill.total_fen == row.total_fen
                assert sum(part.amount_fen for part in bill.scope) == bill.total_fen

    def test_names_each_payer(self, look, played):
        payers = {part.name: part.amount_fen for part in look(played.plain).context["bill"].payers}
        # 3000 - 1800 deductible = 1200, 70 % of it from the fund; the account had 500
        assert payers == {"职工基本医疗保险统筹基金": 84_000, "个人账户": 50_000, "现金": 166_000}


class TestReasons:
    def test_are_sentences_of_the_law_of_the_day(self, look, played):
        sentences = look(played.plain).context["explanation"].sentences
        assert any("1,800.00" in sentence for sentence in sentences)
        assert any("840.00" in sentence for sentence in sentences)

    def test_follow_the_language(self, client, look, played):
        client.post("/language", {"language": "en"})
        sentences = look(played.plain).context["explanation"].sentences
        assert any("deductible" in sentence for sentence in sentences)

    def test_of_a_reversal_are_those_of_what_it_took_back(self, look, played):
        answer = look(played.reversal)
        assert answer.context["explanation"].sentences == look(played.reversed).context["explanation"].sentences
        assert "逐分冲回" in answer.content.decode()

    def test_accumulators_stand_under_the_names_of_the_law(self, look, played):
        changes = {change.name: change.change_fen for change in look(played.plain).context["explanation"].changes}
        assert changes["本年度门诊累计起付"] == 180_000

    def test_missing_law_is_said(self, look, played, monkeypatch):
        monkeypatch.setattr(
            "yibao.interfaces.office.settlement.explain_settlement",
            lambda row, _language: _explained_under(row, "990000/310@2020-01-01"),
        )
        page = look(played.plain).content.decode()
        assert "不在现有政策文件中" in page

    @pytest.mark.parametrize("policy", ["", "110000/310", "110000/310@1990-01-01", "110000/310@2023-06-15", "x/y@z"])
    def test_no_other_law_speaks_for_it(self, played, policy):
        assert _explained_under(played.plain, policy).sentences == ()


class TestEntries:
    def test_balance_and_are_all_there(self, look, played):
        journals = look(played.plain).context["journals"]
        assert all(kept["debit_fen"] == kept["credit_fen"] for kept in journals)
        spent = sum(
            entry.debit_fen for kept in journals for entry, *_ in kept["entries"] if entry.account.code == "5001"
        )
        assert spent == played.plain.fund_fen + played.plain.account_fen


class TestLines:
    def test_are_those_that_were_settled(self, look, played):
        lines = [line for line, _class in look(played.plain).context["lines"]]
        assert [(line.item_code, line.amount_fen) for line in lines] == [("XA01", 300_000)]

    def test_stay_on_both_pages_after_a_reversal(self, look, played):
        assert [line.amount_fen for line, _ in look(played.reversed).context["lines"]] == [50_000]
        assert [line.amount_fen for line, _ in look(played.reversal).context["lines"]] == [50_000]

    def test_stay_when_they_are_withdrawn_later(self, look, played):
        Hospital().expect(
            "2205",
            {"data": {"psn_no": played.person.number, "mdtrt_id": str(played.reversed.visit_id), "chrg_bchno": "B1"}},
        )
        assert [line.amount_fen for line, _ in look(played.reversed).context["lines"]] == [50_000]


class TestMessages:
    def test_are_shown_with_persons_masked(self, look, played):
        (kept,) = look(played.plain).context["messages_kept"]
        both = kept["body"] + kept["answer"]
        assert played.plain.msgid in kept["body"]
        assert played.person.document_number not in both
        assert "张测试" not in both
        assert "张*试" in kept["answer"]

    def test_of_a_reversed_settlement_are_two(self, look, played):
        kept = look(played.reversed).context["messages_kept"]
        assert [one["message"].infno for one in kept] == ["2207", "2208"]

    def test_nothing_on_the_page_shows_the_number_of_the_document(self, look, played, subtests):
        for row in (played.plain, played.reversed, played.reversal):
            with subtests.test(row.kind):
                page = look(row).content.decode()
                assert played.person.document_number not in page
                assert "13800000000" not in page


class TestHistory:
    def test_reversal_and_reversed_lead_to_each_other(self, look, played):
        assert f'href="/settlements/{played.reversal.pk}"' in look(played.reversed).content.decode()
        assert f'href="/settlements/{played.reversed.pk}"' in look(played.reversal).content.decode()

    def test_of_the_visit_is_complete(self, look, played):
        rows = look(played.reversal).context["rows_of_visit"]
        assert [row.pk for row in rows] == [played.reversed.pk, played.reversal.pk]


class TestReading:
    def test_is_noted_with_reader_person_page_purpose_and_time(self, look, played):
        before = timezone.now()
        look(played.plain)
        noted = PersonalRecordRead.objects.get()
        assert (noted.reader.user.username, noted.person_id) == ("agency", played.person.pk)
        assert (noted.page, noted.purpose) == (page_of(played.plain), "settlement")
        assert before <= noted.read_at <= timezone.now()

    def test_every_time_anew(self, look, played):
        look(played.plain)
        look(played.plain)
        assert PersonalRecordRead.objects.count() == 2

    def test_is_shown_to_auditors(self, client, look, played):
        look(played.plain)
        sign_in(client, "auditor")
        answer = client.get(page_of(played.plain))
        assert [reading.reader.user.username for reading, _ in answer.context["readings"]] == ["auditor", "agency"]

    def test_is_not_noted_when_there_is_nothing(self, client, look, played):
        assert client.get("/settlements/999999999").status_code == 404
        assert client.get(f"/settlements/{'9' * 30}").status_code == 404
        assert not PersonalRecordRead.objects.exists()


class TestCost:
    @pytest.mark.parametrize("name", ["agency", "institution", "auditor"])
    def test_few_statements(self, client, played, django_assert_max_num_queries, name):
        sign_in(client, name)
        for row in (played.plain, played.reversed, played.reversal):
            with django_assert_max_num_queries(12):
                assert client.get(page_of(row)).status_code == 200


def _explained_under(settlement, policy):
    from yibao.workflows.explain_settlement import explain_settlement

    row = Settlement.objects.select_related("reverses").get(pk=settlement.pk)
    row.policy = policy
    return explain_settlement(row, "zh")
