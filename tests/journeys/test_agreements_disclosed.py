"""What the public reads of agreements, and what the command line says of their deadlines."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from yibao.domains.agreements.models import Party
from yibao.interfaces.commands import app
from yibao.policies.agreement_library import assessment_law
from yibao.workflows import assess_institution as assessing
from yibao.workflows import keep_agreement as keeping
from yibao.workflows import record_conduct as conduct

from .agreement_houses import House

REGION = "120000"


@pytest.fixture
def house(db):
    return House(REGION, code="H12010100001")


def lines(answer):
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


class TestPortal:
    @pytest.mark.requirement("INT-39", "AGR-07")
    def test_shows_who_has_an_agreement_today(self, client, house):
        now = timezone.now()
        agreement = house.designated(at=now)
        house.signed(house.completed("physician", physician=house.physician().code, at=now), at=now)
        assert f"/portal/agreements/{REGION}" in client.get("/portal/agreements").content.decode()
        shown = client.get(f"/portal/agreements/{REGION}").content.decode()
        assert house.institution.name in shown
        assert "测试医师" not in shown
        assert house.institution.name not in client.get(f"/portal/agreements/{REGION}?kind=internet").content.decode()
        assert house.institution.name not in client.get(f"/portal/agreements/{REGION}?name=无此名").content.decode()
        rows = lines(client.get(f"/portal/agreements/{REGION}/institutions.csv"))
        assert [row[0] for row in rows[1:]] == [house.institution.code]
        said = {"article": "协议第七条", "note": "拒不配合"}
        keeping.suspend(
            agreement.case_id, begins_on=timezone.localdate(), asked_by=Party.AGENCY, act=house.decide(now, **said)
        )
        assert house.institution.name not in client.get(f"/portal/agreements/{REGION}").content.decode()

    @pytest.mark.requirement("INT-54", "AGR-07")
    def test_shows_breaches_and_assessments_once_they_are_published(self, client, house):
        now = timezone.now()
        house.designated(at=now)
        wish = conduct.BreachWish(
            institution_code=house.institution.code, practitioner_code="", is_internet=True,
            found_on=timezone.localdate(), facts="内部事实", article="第九条", route="agreement", handling="penalty",
            amount_fen=0, document="津协处〔2026〕1号",
        )  # fmt: skip
        breach = conduct.record_breach(wish, member=house.officers[0], at=now)
        law = assessment_law(REGION, timezone.localdate())
        scores = {each.key: 91_00 for each in law.of_scope("everyday")}
        sheet = assessing.enter_assessment(
            reasons={},
            institution_code=house.institution.code, year=2025, scope="everyday", scores_e2=scores,
            member=house.officers[0], at=now,
        )  # fmt: skip
        page = f"/portal/agreements/{REGION}"
        before = client.get(page).content.decode()
        assert "91.00" not in before
        conduct.make_breach_public(breach.pk, summary="=超范围复诊", member=house.officers[1], at=now)
        assessing.publish_assessment(sheet.pk, member=house.officers[1], at=now)
        shown = client.get(page).content.decode()
        assert "超范围复诊" in shown
        assert "内部事实" not in shown
        assert "91.00" in shown
        assert "优秀" in shown
        assert lines(client.get(f"{page}/breaches.csv"))[1][1] == "'=超范围复诊"
        assert lines(client.get(f"{page}/assessments.csv"))[1][3] == "91.00"

    def test_knows_no_other_addresses(self, client, db):
        assert client.get("/portal/agreements/120000/people.csv").status_code == 404
        assert client.get("/portal/agreements/000000").status_code == 200


class TestCommand:
    def run(self, *words):
        return CliRunner().invoke(app, ["agreements", *words])

    def test_lists_what_is_overdue(self, house):
        case = house.submitted()
        day = ["--region", REGION, "--on"]
        before, after = self.run("overdue", *day, "2021-03-08"), self.run("overdue", *day, "2021-03-09")
        assert (before.exit_code, after.exit_code) == (0, 1), before.output + after.output
        assert "overdue: 0" in before.output
        assert str(case.pk) in after.output
        assert "2021-03-08" in after.output

    def test_says_when_it_cannot_compute(self, house):
        from datetime import datetime

        from .hospital import BEIJING

        case = house.submitted("designation", at=datetime(2026, 12, 29, 9, tzinfo=BEIJING))
        told = self.run("overdue", "--region", REGION, "--on", "2027-06-01")
        assert told.exit_code == 0
        assert f"case {case.pk}: no calendar of 2027" in told.output

    def test_reminds_of_what_is_soon_due(self, house):
        agreement = house.designated()
        said = {"article": "协议第七条", "note": "停业"}
        house.submitted("physician", physician=house.physician().code)
        soon = self.run("remind", "--region", REGION, "--on", "2021-03-05")
        assert "soon due: 1" in soon.output
        assert "to renew: 0" in soon.output
        later = self.run("remind", "--region", REGION, "--on", "2021-12-15")
        assert agreement.number in later.output
        begins = agreement.valid_from + timedelta(days=31)
        keeping.suspend(agreement.case_id, begins_on=begins, asked_by=Party.INSTITUTION, act=house.decide(**said))
        over = self.run("remind", "--region", REGION, "--on", "2021-12-15")
        assert "ended: 1" in over.output
