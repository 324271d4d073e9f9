"""Who may open which page of the office: nobody, unless the page names the role."""

import pytest
from django.contrib.auth.models import User

from yibao.domains.staff.models import PersonalRecordRead

from .office_records import found_staff, page_of, play_visits, sign_in

READERS = {"agency", "institution", "auditor"}
ALL = READERS | {"system"}
PAGES = {
    "/": ALL,
    "/settlements": READERS,
    "/settlements.csv": READERS,
    "/settlements.xlsx": READERS,
    "a settlement of the own house": READERS,
}
EVERYBODY = ["system", "agency", "institution", "auditor", "elsewhere", "nobody"]


@pytest.fixture
def staff(town):
    return found_staff()


@pytest.fixture
def played(staff):
    return play_visits()


def address(page, played):
    return page_of(played.plain) if page.startswith("a settlement") else page


class TestPages:
    @pytest.mark.parametrize("name", EVERYBODY)
    def test_open_to_the_roles_they_name_and_to_no_other(self, client, played, subtests, name):
        sign_in(client, name)
        role = "agency" if name == "elsewhere" else name
        for page, roles in PAGES.items():
            with subtests.test(page):
                answer = client.get(address(page, played))
                if role not in roles:
                    assert answer.status_code == 403
                    assert "office/forbidden.html" in {template.name for template in answer.templates}
                elif name == "elsewhere" and page.startswith("a settlement"):
                    assert answer.status_code == 404
                else:
                    assert answer.status_code == 200

    def test_send_strangers_to_sign_in_and_back(self, client, played, subtests):
        for page in PAGES:
            with subtests.test(page):
                answer = client.get(address(page, played))
                assert answer.status_code == 302
                assert answer["Location"] == f"/sign-in?next={address(page, played)}"

    def test_take_no_post(self, client, played, subtests):
        sign_in(client, "agency")
        for page in PAGES:
            with subtests.test(page):
                assert client.post(address(page, played)).status_code == 405

    @pytest.mark.parametrize("name", ["system", "nobody", "elsewhere"])
    def test_refused_readers_leave_no_reading_and_get_no_name(self, client, played, name):
        sign_in(client, name)
        answer = client.get(page_of(played.plain))
        assert "张测试" not in answer.content.decode()
        assert not PersonalRecordRead.objects.exists()

    def test_are_not_kept_by_the_browser(self, client, played):
        sign_in(client, "agency")
        assert "no-store" in client.get(page_of(played.plain))["Cache-Control"]

    def test_a_locked_account_is_out_at_once(self, client, played):
        sign_in(client, "agency")
        User.objects.filter(username="agency").update(is_active=False)
        assert client.get("/").status_code == 302


class TestWhatIsInThem:
    def test_institution_staff_see_their_own_house_only(self, client, played):
        sign_in(client, "institution")
        listed = client.get("/settlements").context["rows"]
        assert {row.institution_code for row in listed} == {"H11010100001"}
        assert client.get(page_of(played.elsewhere)).status_code == 404

    def test_institution_staff_find_nothing_elsewhere_by_asking_for_it(self, client, played):
        sign_in(client, "institution")
        for query in (
            {"settlement": played.elsewhere.pk},
            {"institution": "H11010100002"},
            {"msgid": played.elsewhere.msgid},
        ):
            assert client.get("/settlements", query).context["rows"] == []

    @pytest.mark.parametrize("name", ["agency", "auditor"])
    def test_agency_and_auditors_see_the_whole_region(self, client, played, name):
        sign_in(client, name)
        listed = client.get("/settlements").context["rows"]
        assert {row.institution_code for row in listed} == {"H11010100001", "H11010100002"}

    def test_another_region_sees_nothing_of_it(self, client, played):
        sign_in(client, "elsewhere")
        assert client.get("/settlements").context["rows"] == []
        assert client.get("/").context["today"].settlements == 0

    @pytest.mark.parametrize(("name", "shown"), [("agency", "张测试"), ("auditor", "张测试"), ("institution", "张*试")])
    def test_names_in_lists_are_masked_for_institutions(self, client, played, name, shown):
        sign_in(client, name)
        rows = client.get("/settlements", {"settlement": played.plain.pk}).context["rows"]
        assert [row.person for row in rows] == [shown]

    def test_the_system_role_sees_sums_but_no_person(self, client, played):
        sign_in(client, "system")
        answer = client.get("/")
        assert answer.context["today"].settlements == 4
        assert answer.context["latest"] == []
        assert "张测试" not in answer.content.decode()
        assert "/settlements" not in answer.content.decode()
