"""An institution's own mechanisms and the timeliness of its uploads (第二十二条): checked by an officer, measured, flagged."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from yibao.domains import storage
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.internet_care.mechanisms import (
    NewMechanism,
    NotOwnMechanismError,
    NotResponsibleError,
    UnknownMechanismError,
    check_mechanism,
    mechanisms_on,
    report_mechanism,
)
from yibao.domains.internet_care.models import AuditRun, InternetMechanism, MechanismCheck, VisitCheck
from yibao.domains.internet_care.uploads import counts_by_kind, uploads_of_visits
from yibao.domains.settlement.models import Settlement
from yibao.policies.internet_care import marked_types, rulebook_on
from yibao.workflows.audit_internet_care import audit_region

from .internet_hospital import online_visit, open_internet_hospital, seen_in_person, with_voucher
from .office_records import new_member, sender_at, sign_in
from .records import nothing_changes
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town")
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
DAY = date(2026, 11, 10)
BOTH = {"prescription_review", "behaviour"}
LIMITS = {"real_name": 15, "record": 1440, "prescription": 30, "purchase": 30}


@pytest.fixture
def house(standing_town, hospital):
    open_internet_hospital()
    house = Institution.objects.get(code="H11010100001")
    house.clerk, house.officer = new_member("clerk", "institution"), new_member("officer", "agency")
    return house


def seen_online(hospital):
    """A settled visit over the internet; its number."""
    person = new_person()
    with_voucher(person)
    seen_in_person(hospital, person)
    return online_visit(hospital, person)


class TestMechanisms:
    @pytest.mark.requirement("INT-50")
    def test_a_visit_while_one_is_wanting_is_looked_at_before_it_is_paid(self, hospital, house):
        _visit, settled = seen_online(hospital)
        review = InternetMechanism.objects.get(kind="prescription_review")
        check_mechanism(review.pk, is_in_place=False, note="无专职药师审方", member=house.officer, at=NOW)
        assert mechanisms_on(house.pk, DAY) == {"behaviour"}
        audit_region(region=REGION, first_day=date(2026, 1, 1), last_day=date(2027, 12, 31), at=NOW)
        run = AuditRun.objects.get(settlement=Settlement.objects.get(pk=int(settled["setl_id"])))
        found = run.findings.get(rule="mechanism")
        assert (found.article, found.facts["mechanisms"]) == ("第二十二条", "prescription_review")

    @pytest.mark.requirement("INT-50")
    def test_with_both_in_place_nothing_is_found(self, hospital, house):
        seen_online(hospital)
        audit_region(region=REGION, first_day=date(2026, 1, 1), last_day=date(2027, 12, 31), at=NOW)
        assert not AuditRun.objects.get().findings.filter(rule="mechanism").exists()

    @pytest.mark.requirement("INT-50")
    def test_it_counts_once_checked_from_its_day_on_while_somebody_answers_for_it(self, house):
        MechanismCheck.objects.all()  # the town's own are in place
        assert mechanisms_on(house.pk, DAY) == BOTH
        assert mechanisms_on(house.pk, date(2024, 12, 31)) == frozenset()
        Practitioner.objects.filter(code="Y110101009999").update(valid_until=DAY)
        assert mechanisms_on(house.pk, DAY) == frozenset()
        other = Practitioner.objects.create(
            code="Y110101008888", name="药师", kind="Y", institution=house, valid_from=date(2026, 1, 1)
        )
        new = {"kind": "prescription_review", "document": "院发2号", "content": "双人审方", "valid_from": DAY}
        reported = report_mechanism(NewMechanism(**new, responsible=other.code), member=house.clerk, at=NOW)
        assert mechanisms_on(house.pk, DAY) == frozenset()
        check_mechanism(reported.pk, is_in_place=True, note="现场核查", member=house.officer, at=NOW)
        assert mechanisms_on(house.pk, DAY) == {"prescription_review"}
        physician = "D110101000001"
        for refused in (physician, "Y110101009999", "Y000000000000"):
            with nothing_changes(), pytest.raises(NotResponsibleError):
                report_mechanism(NewMechanism(**new, responsible=refused), member=house.clerk, at=NOW)
        with nothing_changes(), pytest.raises(NotOwnMechanismError):
            report_mechanism(NewMechanism(**new, responsible=other.code), member=house.officer, at=NOW)
        with nothing_changes(), pytest.raises(NotOwnMechanismError):
            check_mechanism(reported.pk, is_in_place=True, note="x", member=house.clerk, at=NOW)
        with nothing_changes(), pytest.raises(UnknownMechanismError):
            check_mechanism(0, is_in_place=True, note="x", member=house.officer, at=NOW)

    def test_pages(self, client, house):
        page = "/internet/mechanisms"
        said = {
            "kind": "behaviour", "document": "院发3号", "responsible": "Y110101009999", "valid_from": "2026-11-01",
            "content": "抽查病历",
        }  # fmt: skip
        sign_in(client, "clerk")
        with nothing_changes():
            assert client.post(page, said | {"content": ""}).status_code == 400
            assert client.post(page, said | {"responsible": "Y000000000000"}).status_code == 409
        assert client.post(page, said).status_code == 302
        number = InternetMechanism.objects.latest("pk").pk
        sign_in(client, "officer")
        with nothing_changes():
            assert client.post(page, said).status_code == 404
            assert client.post(f"{page}/{number}/check", {"word": "yes"}).status_code == 400
        assert client.post(f"{page}/{number}/check", {"word": "yes", "note": "已核查"}).status_code == 302
        assert "已核查" in client.get(page).content.decode()
        rows = list(csv.reader(io.StringIO(client.get(f"{page}.csv").content.decode("utf-8-sig"))))
        assert len(rows) == 4
        assert client.get(f"{page}.xlsx").status_code == 200


def uploads(first=DAY, last=DAY):
    with storage.reading() as raw:
        return uploads_of_visits(raw, region=REGION, medical_types=marked_types(), first_day=first, last_day=last)


class TestUploads:
    @pytest.mark.requirement("INT-51")
    def test_lateness_is_measured_and_flagged(self, client, hospital, house):
        """Seen at nine; the messages come at half past ten, no record and no prescription ever."""
        late = type(hospital)(send=sender_at(datetime(2026, 11, 10, 10, 30, tzinfo=UTC) - timedelta(hours=8)))
        visit, _settled = seen_online(late)
        (found,) = uploads()
        assert (found.visit_id, found.minutes) == (
            int(visit), {"real_name": 90, "record": None, "prescription": None, "purchase": None},
        )  # fmt: skip
        limits = rulebook_on(REGION, DAY).upload_minutes()
        assert limits == LIMITS
        assert {kind: found.standing(kind, limits) for kind in LIMITS} == {
            "real_name": "late", "record": "missing", "prescription": "missing", "purchase": "not_due",
        }  # fmt: skip
        counts = counts_by_kind([found], limits)
        assert (counts["real_name"].late, counts["real_name"].slowest_minutes, counts["real_name"].in_time_ppm) == (
            1, 90, 0,
        )  # fmt: skip
        assert (counts["purchase"].due, counts["purchase"].in_time_ppm) == (0, 1_000_000)
        sign_in(client, "officer")
        shown = client.get("/internet/uploads?month=2026-11").content.decode()
        assert "90 分钟" in shown
        assert "90 分钟" not in client.get("/internet/uploads?month=2026-10").content.decode()
        (_titles, row) = csv.reader(
            io.StringIO(client.get("/internet/uploads.csv?month=2026-11").content.decode("utf-8-sig"))
        )
        assert row[2] == visit
        assert row[5] == "90"
        assert client.get("/internet/uploads.xlsx?month=2026-11").status_code == 200

    @pytest.mark.requirement("INT-51")
    def test_what_comes_at_once_is_in_time(self, hospital, house):
        at_once = type(hospital)(send=sender_at(datetime(2026, 11, 10, 9, 31, tzinfo=UTC) - timedelta(hours=8)))
        visit, _settled = seen_online(at_once)
        VisitCheck.objects.filter(visit_id=visit).get()
        (found,) = uploads()
        assert found.minutes["real_name"] == 31
        assert found.standing("real_name", LIMITS | {"real_name": 31}) == "in_time"
        assert found.standing("real_name", LIMITS | {"real_name": 30}) == "late"

    def test_other_institutions_see_their_own(self, client, hospital, house):
        seen_online(hospital)
        new_member("beside", "institution", institution="H11010100002")
        sign_in(client, "beside")
        month = f"{timezone.localdate():%Y-%m}"
        assert "本月没有" in client.get(f"/internet/uploads?month={month}").content.decode()
