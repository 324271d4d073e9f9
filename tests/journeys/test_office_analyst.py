"""The analyst's role: laws compared, simulations, sums; no record of any person, on no page and in no register."""

import re

import pytest
from django.urls import get_resolver

from tests.unit.warehouse.test_visits import VISIT, write
from yibao.domains.staff.models import PersonalRecordRead
from yibao.domains.staff.permissions import ADMIN_ACTIONS
from yibao.domains.staff.queries import Scope, scope_of
from yibao.warehouse.result_tables import keep

from .office_records import found_staff, new_member, page_of, play_visits, sign_in
from .records import nothing_changes
from .small_town import REGION

OPEN = {"home", "law_differences", "law_page", "law_file", "simulations", "simulation"} | {
    f"simulation_{page}" for page in ("new", "run", "workbook", "parquet")
}
"""The pages that the role opens; sign_in, sign_out and language are everybody's."""
EVERYBODYS = {"sign_in", "sign_out", "language"}
FILLED = {"int": "1", "kind": "csv", "bill_kind": "pdf"}
"""What stands in a made-up address, by the kind of its part; any word elsewhere."""


@pytest.fixture
def analyst(town, settings, tmp_path):
    settings.SIMULATIONS = tmp_path
    staff = found_staff()
    return staff.get("analyst") or new_member("analyst", "analyst")


def office_pages():
    """Every page of the office by its name, with an address made up for it."""
    for pattern in get_resolver("yibao.interfaces.office.urls").url_patterns:
        yield pattern.name, "/" + re.sub(r"<(\w+):(\w+)>", _made_up, str(pattern.pattern))


def _made_up(found):
    return FILLED.get(found[1], "x")


def simulated(folder, persons):
    """A kept simulation of so many persons, one of them in a group of one."""
    from yibao.policies.references import choose
    from yibao.workflows.simulate_reform import Question, simulate

    stay = {"scheme": "390", "status": "elderly", "care": "inpatient", "level": "tertiary", "account_used": False}
    amounts = {"total_fen": 2_000_000, "full_self_pay_fen": 0, "self_pay_first_fen": 0, "in_scope_fen": 2_000_000}
    visits = [{**VISIT, **stay, **amounts, "person_id": n, "age": 70} for n in range(1, persons)]
    visits.append({**VISIT, **stay, **amounts, "person_id": persons, "age": 20, "status": "working_age"})
    laws = (choose("110000/390@2019-12-31"), choose("110000/390@2020-01-01"))
    found = simulate(
        Question(base=laws[0], reform=laws[1], files=[write(folder / "v.parquet", visits)], workplace=folder)
    )
    keep(found, folder / "draft-1.json")


def test_sees_sums_and_no_record():
    from yibao.domains.staff.models import StaffMember

    member = StaffMember(role="analyst", region_id=REGION)
    assert scope_of(member) == Scope(region=REGION, sees_funds=True)
    assert ADMIN_ACTIONS["analyst"] == {}


def test_every_other_page_of_the_office_is_refused(client, analyst, subtests):
    sign_in(client, "analyst")
    pages = {name: path for name, path in office_pages() if name not in EVERYBODYS}
    assert set(pages) > OPEN
    with nothing_changes():
        for name, path in pages.items():
            if name not in OPEN:
                with subtests.test(name):
                    answers = {client.get(path).status_code, client.post(path, {}).status_code}
                    assert answers <= {403, 405}, (path, answers)
                    assert 403 in answers, path
    assert client.get("/admin/").status_code in {302, 403}


def test_the_home_page_shows_sums_without_a_person(client, analyst):
    played = play_visits()
    sign_in(client, "analyst")
    answer = client.get("/")
    page = answer.content.decode()
    assert answer.context["today"].settlements == 4
    assert answer.context["latest"] == []
    for hidden in ("张测试", 'href="/settlements"', 'href="/admin/"', 'href="/recalculations"'):
        assert hidden not in page
    for shown in ('href="/simulations"', 'href="/law"', "政策分析人员"):
        assert shown in page
    assert client.get(page_of(played.plain)).status_code == 403
    assert not PersonalRecordRead.objects.exists()


def test_simulations_are_shown_without_very_small_groups(client, analyst, tmp_path):
    simulated(tmp_path, 7)
    new_member("reader", "agency")
    rows = {}
    for name in ("reader", "analyst"):
        sign_in(client, name)
        answer = client.get("/simulations/draft-1")
        assert answer.status_code == 200
        persons = next(table for table in answer.context["tables"] if table.key == "persons")
        rows[name] = [[cell for cell, _figure in row] for row in persons.rows]
    small = [row for row in rows["reader"] if row[2] == "1"]
    assert small
    assert rows["analyst"] == [row for row in rows["reader"] if row not in small]
    assert "人数少于 5 人的组别不予显示" in answer.content.decode()


def test_a_simulation_of_very_few_persons_is_not_found(client, analyst, tmp_path):
    simulated(tmp_path, 4)
    sign_in(client, "analyst")
    assert client.get("/simulations/draft-1").status_code == 404


class TestLawsCompared:
    def asked(self, client, **changes):
        query = {"before": "110000/390", "before_on": "2019-12-31", "after": "110000/390", "after_on": "2020-01-01"}
        return client.get("/law", {**query, **changes})

    def test_says_what_differs_with_clauses(self, client, analyst):
        sign_in(client, "analyst")
        assert client.get("/law").status_code == 200
        answer = self.asked(client)
        assert answer.status_code == 200
        assert "110000/390@2019-01-01 → 110000/390@2020-01-01" in answer.content.decode()
        assert answer.context["differs"]
        assert any("75%" in sentence and "78%" in sentence for sentence in answer.context["sentences"])

    def test_says_when_nothing_differs(self, client, analyst):
        sign_in(client, "analyst")
        page = self.asked(client, before_on="2020-02-01", after_on="2020-03-01").content.decode()
        assert "没有差别" in page

    @pytest.mark.parametrize(
        ("changes", "words"), [({"before_on": "2001-01-01"}, "该日期没有此政策"), ({"after_on": "x"}, "日期格式不正确")]
    )
    def test_says_what_is_wrong_with_the_question(self, client, analyst, changes, words):
        sign_in(client, "analyst")
        answer = self.asked(client, **changes)
        assert (answer.status_code, words in answer.content.decode()) == (400, True)

    @pytest.mark.parametrize("name", ["institution", "system", "nobody"])
    def test_is_closed_to_other_roles(self, client, analyst, name):
        sign_in(client, name)
        assert client.get("/law").status_code == 403
