"""Filings in the office: entered, found, approved, refused, withdrawn; who may, and what is noted; the same by the command."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate
from typer.testing import CliRunner

from yibao.domains.filings.models import Filing
from yibao.domains.reference.models import Setting
from yibao.domains.staff.models import PersonalRecordRead
from yibao.interfaces.commands.main import app

from .hospital import Hospital
from .office_records import found_staff, new_member, sign_in
from .small_town import REGION, new_person
from .test_filings import recognition

pytestmark = pytest.mark.usefixtures("standing_town")

TODAY = localdate()


@pytest.fixture
def officer(client):
    found_staff()
    sign_in(client, "agency")
    return client


def told(person, **changes):
    return {
        "kind": "elsewhere", "person": person.document_number, "valid_from": TODAY.isoformat(), "reason": "long_stay",
        "destination": "310000", **changes,
    }  # fmt: skip


class TestEntering:
    @pytest.mark.requirement("XRG-01")
    def test_care_elsewhere_is_in_force_at_once(self, officer):
        person = new_person()

        answer = officer.post("/filings/new", told(person, document="居住证"))

        filing = Filing.objects.get(person=person)
        assert (answer.status_code, answer["Location"]) == (302, f"/filings/{filing.pk}")
        assert (filing.kind, filing.reason, filing.destination_id, filing.standing) == (
            "elsewhere", "long_stay", "310000", "in_force",
        )  # fmt: skip
        assert (filing.valid_until, filing.filed_by, filing.details) == (None, "agency", {"document": "居住证"})

    def test_a_referral_names_both_hospitals_and_a_point_its_place(self, officer):
        person = new_person()
        officer.post(
            "/filings/new",
            told(person, kind="transfer", institution="H11010100002", from_institution="H11010100001"),
        )
        officer.post("/filings/new", told(person, kind="point", institution="H11010100002", rank="1"))

        transfer, point = Filing.objects.filter(person=person).order_by("kind")[::-1]
        assert (transfer.filed_at_institution.code, transfer.institution_code) == ("H11010100001", "H11010100002")
        assert transfer.valid_until == TODAY + timedelta(days=30)
        assert point.details == {"biz_appy_type": "03", "fix_srt_no": "1"}

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"destination": ""}, 400),
            ({"destination": "110101"}, 409),
            ({"destination": "999999"}, 409),
            ({"person": "nobody"}, 409),
            ({"kind": "recognition"}, 400),
            ({"kind": "point", "institution": "H99999999999", "rank": "1"}, 409),
            ({"last_day": "2020-01-01"}, 409),
            ({"valid_from": "gestern"}, 400),
        ],
    )
    def test_what_is_not_right_enters_nothing(self, officer, changes, status):
        answer = officer.post("/filings/new", {**told(new_person()), **changes})

        assert answer.status_code == status
        assert "alert" in answer.content.decode()
        assert not Filing.objects.exists()

    def test_the_same_for_the_same_days_is_refused(self, officer):
        person = new_person()
        officer.post("/filings/new", told(person))

        assert officer.post("/filings/new", told(person, reason="temporary")).status_code == 409
        assert Filing.objects.filter(person=person).count() == 1


class TestDeciding:
    @pytest.fixture
    def waiting(self, officer):
        Setting.objects.create(key="filings.need_approval", value=["recognition"], reason="test", trust="our_default")
        person = new_person()
        number = Hospital().expect("2503", recognition(person))["result"]["trt_dcla_detl_sn"]
        return Filing.objects.get(pk=number)

    @pytest.mark.parametrize(("step", "standing"), [("approve", "in_force"), ("refuse", "refused")])
    def test_what_waits_is_approved_or_refused(self, officer, waiting, step, standing):
        assert f"/filings/{waiting.pk}" in officer.get("/filings?standing=pending").content.decode()

        answer = officer.post(f"/filings/{waiting.pk}/{step}", {"on": TODAY.isoformat(), "reason": "材料不全"})

        assert answer.status_code == 302
        waiting.refresh_from_db()
        assert waiting.standing == standing
        assert (
            officer.post(f"/filings/{waiting.pk}/{step}", {"on": TODAY.isoformat(), "reason": "x"}).status_code == 409
        )

    def test_a_refusal_needs_a_reason(self, officer, waiting):
        assert officer.post(f"/filings/{waiting.pk}/refuse", {"on": TODAY.isoformat()}).status_code == 400

        waiting.refresh_from_db()
        assert waiting.standing == "pending"

    def test_withdrawn_from_a_day_on(self, officer):
        person = new_person()
        officer.post("/filings/new", told(person))
        filing = Filing.objects.get(person=person)
        day = TODAY + timedelta(days=10)

        officer.post(f"/filings/{filing.pk}/withdraw", {"on": day.isoformat(), "reason": "回原籍"})

        filing.refresh_from_db()
        assert (filing.standing, filing.in_force_until, filing.valid_until) == ("withdrawn", day, None)
        page = officer.get(f"/filings/{filing.pk}").content.decode()
        assert "回原籍" in page
        assert f"/filings/{filing.pk}/withdraw" not in page


class TestWhoSeesWhat:
    def test_the_auditor_reads_and_changes_nothing(self, client, officer):
        person = new_person()
        officer.post("/filings/new", told(person))
        filing = Filing.objects.get(person=person)
        sign_in(client, "auditor")

        page = client.get(f"/filings/{filing.pk}").content.decode()

        assert person.name in page
        assert person.document_number not in page
        assert PersonalRecordRead.objects.filter(person_id=person.pk, purpose="filings").count() == 1
        day = {"on": TODAY.isoformat(), "reason": "x"}
        assert client.post(f"/filings/{filing.pk}/withdraw", day).status_code == 403
        assert client.post("/filings/new", told(person)).status_code == 403
        filing.refresh_from_db()
        assert filing.standing == "in_force"

    @pytest.mark.parametrize("name", ["institution", "system"])
    def test_others_see_nothing(self, client, officer, name):
        sign_in(client, name)
        assert {client.get(path).status_code for path in ("/filings", "/supplement", "/filings/1")} == {403}

    def test_other_regions_filings_do_not_exist(self, officer):
        person = new_person()
        officer.post("/filings/new", told(person))
        filing = Filing.objects.get(person=person)
        new_member("stranger", "agency", region="120000")
        sign_in(officer, "stranger")

        assert officer.get(f"/filings/{filing.pk}").status_code == 404
        assert str(filing.pk) not in [str(row["number"]) for row in officer.get("/filings").context["rows"]]
        assert officer.post("/filings/new", told(person)).status_code == 409

    def test_found_by_person_and_taken_out_masked(self, officer):
        person, other = new_person(), new_person()
        officer.post("/filings/new", told(person))
        officer.post("/filings/new", told(other))

        found = officer.get("/filings", {"person": person.number, "kind": "elsewhere"}).context["rows"]
        text = officer.get("/filings.csv", {"person": person.number}).content.decode("utf-8-sig")

        assert [row["person_number"] for row in found] == [person.number]
        assert person.number in text
        assert person.document_number not in text
        assert other.number not in text
        assert officer.get("/filings.xlsx").status_code == 200
        assert officer.get("/filings?before=x").status_code == 400


class TestTheCommand:
    def test_files_lists_and_withdraws(self):
        person, run = new_person(), CliRunner()

        filed = run.invoke(
            app,
            ["filings", "elsewhere", REGION, person.number, "310000", "--reason", "emergency", "--since", "2026-10-01"],
        )
        filing = Filing.objects.get(person=person)
        listed = run.invoke(app, ["filings", "list", REGION, "--kind", "elsewhere"])
        ended = run.invoke(
            app, ["filings", "decide", REGION, str(filing.pk), "withdrawn", "--on", "2026-10-09", "--reason", "出院"]
        )

        assert [each.exit_code for each in (filed, listed, ended)] == [0, 0, 0], filed.output + listed.output
        assert person.number in listed.output
        filing.refresh_from_db()
        assert (filing.reason, filing.standing, filing.in_force_until.isoformat()) == (
            "emergency", "withdrawn", "2026-10-09",
        )  # fmt: skip

    def test_says_what_is_wrong(self):
        result = CliRunner().invoke(
            app, ["filings", "elsewhere", REGION, "nobody", "310000", "--reason", "temporary", "--since", "2026-10-01"]
        )

        assert result.exit_code == 1
        assert not Filing.objects.filter(filed_by="yibao filings").exists()
