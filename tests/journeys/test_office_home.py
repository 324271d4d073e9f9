"""The home page: today's settlements, the last days, the funds' flows, the chain."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from .hospital import BEIJING, Hospital
from .office_records import found_staff, play_visits, sender_at, sign_in
from .small_town import new_person

STATEMENTS_MAX = 12


@pytest.fixture
def staff(town):
    return found_staff()


@pytest.fixture
def home(client, staff):
    """Open the home page as an auditor, in Chinese."""
    sign_in(client, "auditor")
    return lambda: client.get("/")


class TestToday:
    def test_counts_and_sums_with_reversals_taken_off(self, home, staff):
        play_visits()
        today = home().context["today"]
        # 3000 and 20000 at the first house, 500 made and reversed, 400 at the second
        assert (today.settlements, today.reversals, today.total_fen) == (4, 1, 2_340_000)
        assert today.total_fen == today.fund_fen + today.person_fen + today.hospital_fen
        assert today.day == timezone.localdate()

    def test_is_nothing_on_a_quiet_day(self, home):
        answer = home()
        assert answer.context["today"].settlements == 0
        page = answer.content.decode()
        assert "尚无结算" in page
        assert "本月基金尚无支出" in page
        assert "尚未封账成链" in page


class TestTheLastDays:
    def test_stand_in_their_own_day_of_beijing(self, home, staff):
        today = datetime.now(BEIJING).replace(hour=0, minute=1, second=0)
        for days_ago, total in ((0, "100.00"), (1, "200.00"), (13, "400.00"), (14, "800.00")):
            house = Hospital(send=sender_at(today - timedelta(days=days_ago)))
            day = f"{today - timedelta(days=days_ago):%Y-%m-%d %H:%M:%S}"
            visit = house.register(new_person(), at=day)
            person = _person_of(visit)
            house.expect("2204", {"feedetail": [house.line(person, visit, price=total, at=day)]})
            house.settle(person, visit, total)
        days = home().context["days"]
        assert len(days) == 14
        assert [day.total_fen for day in days] == [40_000] + [0] * 11 + [20_000, 10_000]

    def test_are_drawn_without_scripts_or_foreign_addresses(self, home, staff):
        play_visits()
        page = home().content.decode()
        assert page.count("<svg") == 2
        assert "<script" not in page
        outside = set(re.findall(r"""(?:href|src)=["'](https?://[^"']+)""", page))
        assert outside == set()

    def test_stand_in_a_table_too(self, home, staff):
        play_visits()
        page = home().content.decode()
        assert page.count("<caption") == 3
        assert 'scope="col"' in page


class TestFunds:
    def test_flows_are_what_the_ledger_spent(self, home, staff):
        played = play_visits()
        flows = {flow.fund: flow for _name, flow in home().context["flows"]}
        spent = sum(row.fund_fen for row in (played.plain, played.elsewhere, played.stay))
        assert flows["310100"].today_fen == flows["310100"].month_fen == spent
        assert flows["310200"].today_fen == played.plain.account_fen

    def test_names_follow_the_language(self, client, home, staff):
        play_visits()
        assert "职工基本医疗保险统筹基金" in home().content.decode()
        client.post("/language", {"language": "en"})
        page = home().content.decode()
        assert "employees&#x27; pooled fund" in page
        assert "职工基本医疗保险统筹基金" not in page

    def test_are_not_shown_to_institutions(self, client, staff):
        play_visits()
        sign_in(client, "institution")
        answer = client.get("/")
        assert "flows" not in answer.context
        assert "基金支出" not in answer.content.decode()


class TestChain:
    def test_last_link_and_what_waits(self, home, staff):
        play_visits()
        chain = home().context["chain"]
        assert chain.younger == 0
        assert chain.journals >= 4
        assert re.fullmatch(r"[0-9a-f]{64}", chain.digest)
        Hospital().visit(new_person(balance_fen=10_000), "100.00", account="1")
        assert home().context["chain"].younger == 1


class TestCost:
    @pytest.mark.parametrize("name", ["system", "agency", "institution", "auditor"])
    def test_few_statements_however_much_there_is(self, client, staff, django_assert_max_num_queries, name):
        play_visits()
        sign_in(client, name)
        with django_assert_max_num_queries(STATEMENTS_MAX):
            client.get("/")


def _person_of(visit):
    from yibao.domains.visits.models import Visit

    return Visit.objects.select_related("person").get(pk=visit).person
