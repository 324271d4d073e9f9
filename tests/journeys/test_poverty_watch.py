"""The poverty watch from the settlements to the recognised status: who is listed, why, what may be decided, by whom."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from openpyxl import load_workbook

from yibao.domains.assistance.models import CountedSettlement, WatchDecision, WatchListing
from yibao.domains.corrections.models import RecalculationRun
from yibao.domains.enrolment.models import SpecialStatus
from yibao.domains.enrolment.operations import grant_special_status
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import PersonalRecordRead
from yibao.policies import NoPolicyError
from yibao.policies.poverty_watch import load_watch
from yibao.workflows.watch_poverty import watch_poverty

from .hospital import Hospital
from .office_records import found_staff, sign_in
from .records import check_deferred_rules, nothing_changes
from .small_town import REGION, new_person

NOW = datetime.now(UTC)
YEAR = 2026  # of the visits that the hospital of the tests settles
YELLOW_FEN, RED_FEN = 4_270_750, 8_541_500


def watch():
    return watch_poverty(region=REGION, year=YEAR, at=datetime.now(UTC))


def resident():
    return new_person(scheme="390", status="working_age", born=date(1980, 5, 6))


def stay(person, total):
    """A settled stay of a resident; gives the settlement."""
    _, bill = Hospital().stay(person, total, insutype="390")
    return Settlement.objects.get(pk=int(bill["setl_id"]))


def burden(settlement):
    return (
        settlement.person_fen
        - settlement.full_self_pay_fen
        - settlement.over_ceiling_fen
        - settlement.self_pay_first_fen
    )


@pytest.fixture
def staff(standing_town):
    return found_staff()


@pytest.fixture
def listed(staff):
    """A resident whom three stays brought over the yellow limit, listed."""
    person = resident()
    stays = [stay(person, total) for total in ("100000.00", "100000.00", "100000.00")]
    watch()
    return person, stays, WatchListing.objects.get(person=person)


class TestListing:
    @pytest.mark.requirement("MAS-08")
    def test_lists_who_crossed_with_the_way_to_the_limit(self, listed):
        _, stays, listing = listed
        assert (listing.threshold, listing.signal, listing.limit_fen) == ("ordinary_yellow", "yellow", YELLOW_FEN)
        path = list(CountedSettlement.objects.filter(listing=listing).order_by("place"))
        assert [step.settlement_id for step in path] == [each.pk for each in stays][: len(path)]
        assert [step.counted_fen for step in path] == [burden(each) for each in stays][: len(path)]
        assert path[-1].running_fen == listing.counted_fen >= YELLOW_FEN > path[-1].running_fen - path[-1].counted_fen
        assert listing.clauses[0]["trust"] == "our_default"
        check_deferred_rules()

    def test_a_second_run_lists_nobody_twice(self, listed):
        with nothing_changes():
            assert watch().listed == ()

    def test_below_the_limit_nobody_is_listed(self, staff):
        stay(resident(), "50000.00")
        assert (watch().burdened, WatchListing.objects.count()) == (0, 0)

    def test_one_large_stay_crosses_both_limits_each_listed_once(self, staff):
        person = resident()
        stay(person, "500000.00")
        watch()
        found = WatchListing.objects.filter(person=person).order_by("limit_fen")
        assert [each.threshold for each in found] == ["ordinary_yellow", "ordinary_red"]

    def test_an_assisted_person_has_a_limit_of_their_own(self, staff):
        person = resident()
        stay(person, "500000.00")
        grant_special_status(
            person_id=person.pk, kind="1", document="民政〔2026〕1号", valid_from=date(YEAR, 1, 1), actor="test"
        )
        watch()
        assert [each.threshold for each in WatchListing.objects.filter(person=person)] == ["assisted_red"]

    def test_what_was_reversed_does_not_count(self, staff):
        person = resident()
        hospital = Hospital()
        visit, bill = hospital.stay(person, "500000.00", insutype="390")
        hospital.expect("2305", hospital.reversal(person, visit, bill["setl_id"]))
        assert (watch().burdened, WatchListing.objects.count()) == (0, 0)

    def test_a_year_before_the_law_is_refused(self, standing_town):
        with nothing_changes(), pytest.raises(NoPolicyError):
            watch_poverty(region=REGION, year=2019, at=datetime.now(UTC))


class TestWhatTheDatabaseHolds:
    def test_listings_are_neither_changed_nor_deleted(self, listed):
        for model in (WatchListing, CountedSettlement):
            for statement in (f"UPDATE {model._meta.db_table} SET id = id", f"DELETE FROM {model._meta.db_table}"):
                with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement)

    def test_a_listing_whose_settlements_do_not_add_up_is_refused(self, listed):
        _, _, listing = listed
        listing.pk, listing.threshold, listing._state.adding = None, "ordinary_red", True
        with pytest.raises(IntegrityError), transaction.atomic():
            listing.save()
            check_deferred_rules()

    def test_an_outcome_before_passing_is_refused(self, listed):
        with pytest.raises(IntegrityError), transaction.atomic():
            WatchDecision.objects.create(
                listing=listed[2], step="declined", decided_on=NOW.date(), document="x", decided_by="x", decided_at=NOW
            )


def today():
    from django.utils import timezone

    return timezone.localdate()


def passed(client, listing, **changes):
    told = {"step": "passed", "decided_on": today().isoformat(), "document": "推送清单第1号", **changes}
    return client.post(f"/poverty/{listing.pk}/decision", told)


def recognised(client, listing, **changes):
    told = {
        "step": "recognised", "decided_on": today().isoformat(), "document": "民政认定〔2026〕7号", "kind": "62",
        "status_from": (today() - timedelta(days=30)).isoformat(), **changes,
    }  # fmt: skip
    return client.post(f"/poverty/{listing.pk}/decision", told)


class TestDeciding:
    @pytest.mark.requirement("MAS-05")
    def test_passed_then_recognised_grants_the_status_and_names_what_is_due(self, client, listed):
        person, stays, listing = listed
        sign_in(client, "agency")
        assert passed(client, listing).status_code == 302
        page = client.get(f"/poverty/{listing.pk}")
        assert page.context["row"]["state"] == "passed"
        assert page.context["reply_due"] is not None
        assert recognised(client, listing).status_code == 302
        status = SpecialStatus.objects.get(person=person)
        assert (status.kind, status.document) == ("62", "民政认定〔2026〕7号")
        assert status.valid_from == today() - timedelta(days=30)
        page = client.get(f"/poverty/{listing.pk}")
        assert {each.pk for each in page.context["affected"]} == {each.pk for each in stays}
        assert page.context["form"] is None
        ((run, sums),) = page.context["recalculations"]
        assert (run.person_id, run.benefit_from, run.is_computed) == (person.pk, status.valid_from, True)
        assert (run.persons_computed, sums.settlements) == (1, 0)  # no law of Beijing speaks of the status yet
        assert [decision.decided_by for decision, _ in page.context["decisions"]] == ["agency", "agency"]

    def test_visits_before_the_status_are_not_due(self, client, listed):
        _, stays, listing = listed
        sign_in(client, "agency")
        passed(client, listing)
        recognised(client, listing, status_from=today().isoformat())
        page = client.get(f"/poverty/{listing.pk}")
        ended_today = {each.pk for each in stays if each.visit.ended_at.astimezone().date() >= today()}
        assert {each.pk for each in page.context["affected"]} >= ended_today

    def test_declining_grants_nothing(self, client, listed):
        person, _, listing = listed
        sign_in(client, "agency")
        passed(client, listing)
        assert recognised(client, listing, step="declined", kind="", status_from="").status_code == 302
        assert not SpecialStatus.objects.filter(person=person).exists()
        assert not RecalculationRun.objects.exists()
        assert client.get("/poverty", {"state": "declined"}).context["rows"][0]["number"] == listing.pk

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"document": ""}, "document"),
            ({"decided_on": "gestern"}, "decided_on"),
            ({"decided_on": "2999-01-01"}, "decided_on"),
            ({"kind": ""}, "kind"),
            ({"kind": "77"}, "kind"),
            ({"status_from": ""}, "status_from"),
            ({"status_from": "2999-01-01"}, "decided_on"),
            ({"step": "passed"}, "step"),
            ({"step": "declined"}, "kind"),
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused_at_its_field(self, client, listed, changes, field):
        sign_in(client, "agency")
        passed(client, listed[2])
        with nothing_changes():
            answer = recognised(client, listed[2], **changes)
            assert answer.status_code == 400
            assert field in answer.context["form"].errors

    def test_an_outcome_before_passing_is_refused(self, client, listed):
        sign_in(client, "agency")
        with nothing_changes():
            assert recognised(client, listed[2]).status_code == 400

    def test_nothing_follows_a_decision(self, client, listed):
        sign_in(client, "agency")
        passed(client, listed[2])
        recognised(client, listed[2])
        with nothing_changes():
            assert recognised(client, listed[2]).status_code == 409

    def test_a_status_that_is_held_is_refused_and_nothing_is_decided(self, client, listed):
        person, _, listing = listed
        sign_in(client, "agency")
        passed(client, listing)
        grant_special_status(
            person_id=person.pk, kind="62", document="旧", valid_from=today() - timedelta(days=90), actor="test"
        )
        with nothing_changes():
            answer = recognised(client, listing)
            assert answer.status_code == 400
            assert "status_from" in answer.context["form"].errors


class TestWhoMay:
    READERS = ("agency", "auditor")

    @pytest.mark.parametrize("name", ["system", "institution", "nobody"])
    def test_other_roles_see_nothing(self, client, listed, name):
        sign_in(client, name)
        for page in ("/poverty", "/poverty.csv", "/poverty.xlsx", f"/poverty/{listed[2].pk}"):
            assert client.get(page).status_code == 403

    def test_strangers_are_sent_to_sign_in(self, client, listed):
        assert client.get(f"/poverty/{listed[2].pk}")["Location"].startswith("/sign-in")

    def test_another_region_sees_nothing_of_it(self, client, listed):
        sign_in(client, "elsewhere")
        assert client.get("/poverty").context["rows"] == []
        assert client.get(f"/poverty/{listed[2].pk}").status_code == 404
        with nothing_changes():
            assert passed(client, listed[2]).status_code == 404

    @pytest.mark.parametrize("name", ["auditor", "institution", "system"])
    def test_only_the_agency_decides(self, client, listed, name):
        sign_in(client, name)
        with nothing_changes():
            assert passed(client, listed[2]).status_code == 403

    @pytest.mark.parametrize("name", READERS)
    def test_looking_is_noted_and_numbers_are_masked(self, client, listed, name):
        person, _, listing = listed
        sign_in(client, name)
        page = client.get(f"/poverty/{listing.pk}").content.decode()
        assert person.document_number not in page
        assert person.document_number not in client.get("/poverty").content.decode()
        read = PersonalRecordRead.objects.get()
        assert (read.person_id, read.purpose, read.reader.user.username) == (person.pk, "poverty", name)


class TestFinding:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, True), ({"year": str(YEAR)}, True), ({"year": "2020"}, False), ({"signal": "yellow"}, True),
            ({"signal": "red"}, False), ({"state": "listed"}, True), ({"state": "passed"}, False),
            ({"person": "nobody"}, False), ({"before": "1"}, False),
        ],
    )  # fmt: skip
    def test_filters(self, client, listed, query, found):
        sign_in(client, "agency")
        assert bool(client.get("/poverty", query).context["rows"]) is found

    def test_by_person_or_document_number(self, client, listed):
        sign_in(client, "agency")
        for number in (listed[0].number, listed[0].document_number):
            assert len(client.get("/poverty", {"person": number}).context["rows"]) == 1

    @pytest.mark.parametrize("query", [{"year": "zwei"}, {"signal": "green"}, {"state": "x"}, {"before": "x"}])
    def test_nonsense_is_refused(self, client, listed, query):
        sign_in(client, "agency")
        assert client.get("/poverty", query).status_code == 400

    def test_csv_and_excel_hold_the_same_and_are_noted(self, client, listed):
        person, _, listing = listed
        sign_in(client, "agency")
        text = client.get("/poverty.csv").content.decode("utf-8-sig")
        (titles, row) = list(csv.reader(io.StringIO(text)))
        sheet = load_workbook(io.BytesIO(client.get("/poverty.xlsx").content)).active
        cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
        assert [str(cell) for cell in cells[0]] == titles
        assert (row[0], Decimal(row[7])) == (str(listing.pk), Decimal(YELLOW_FEN) / 100)
        assert cells[1][7] == 42707.5
        assert person.name not in text
        assert person.document_number not in text
        assert PersonalRecordRead.objects.filter(person=person, purpose="export").count() == 2


def test_the_law_of_every_region_holds_in_its_years():
    for region in ("110000", "120000", "310000", "440100"):
        for year in (2024, 2025, 2026):
            law = load_watch(region, date(year, 6, 1))
            assert {limit.group for limit in law.limits} == {"assisted", "ordinary"}
    assert max(limit.limit_fen for limit in load_watch("110000", date(2026, 6, 1)).limits) == RED_FEN
