"""What the database holds of filings: no overlap, no overwriting, standing only by decisions."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.journeys.small_town import found_town, new_person
from yibao.core.period import EmptyPeriodError
from yibao.domains import storage
from yibao.domains.filings.models import Filing, FilingDecision
from yibao.domains.filings.operations import FilingHeldError, FilingNotOpenError, NewFiling, decide, file
from yibao.domains.filings.queries import filings_in_force
from yibao.domains.reference.models import Change

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


@pytest.fixture
def person(db):
    found_town()
    return new_person()


def recognise(person, *, code="M03900", since=date(2026, 3, 1), until=date(2027, 3, 1), pending=False):
    new = NewFiling(
        kind="recognition", person_id=person.pk, region="110000", scheme="310", subject=code, valid_from=since,
        valid_until=until, filed_by="op1", filed_at=AT, disease_code=code, disease_name="高血压", is_pending=pending,
    )  # fmt: skip
    with storage.transaction() as raw:
        return file(raw, new)


def settle_on(filing_id, kind, on, reason="患者申请"):
    with storage.transaction() as raw:
        decide(raw, filing_id=filing_id, kind=kind, on=on, reason=reason, decided_by="officer", decided_at=AT)


class TestOverlaps:
    @pytest.mark.parametrize(
        ("since", "until"),
        [(date(2027, 2, 28), None), (date(2026, 1, 1), date(2026, 3, 2)), (date(2026, 5, 1), date(2026, 6, 1))],
    )
    def test_the_same_disease_is_refused_for_days_that_are_filed(self, person, since, until):
        recognise(person)

        with pytest.raises(FilingHeldError), transaction.atomic():
            recognise(person, since=since, until=until)

        assert Filing.objects.count() == 1

    def test_days_that_only_touch_another_disease_and_another_person_are_free(self, person):
        recognise(person)
        recognise(person, since=date(2027, 3, 1), until=None)
        recognise(person, code="M01600")
        recognise(new_person())

        assert Filing.objects.count() == 4

    def test_an_end_before_the_beginning_is_refused(self, person):
        with pytest.raises(EmptyPeriodError), transaction.atomic():
            recognise(person, until=date(2026, 3, 1))


class TestDecisions:
    def test_a_withdrawal_is_a_new_row_and_frees_the_days_from_then_on(self, person):
        number = recognise(person)
        before = Filing.objects.values().get(pk=number)

        settle_on(number, "withdrawn", date(2026, 6, 1))

        after = Filing.objects.values().get(pk=number)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"standing", "in_force_until"}
        assert (after["standing"], after["in_force_until"]) == ("withdrawn", date(2026, 6, 1))
        assert FilingDecision.objects.get().reason == "患者申请"
        recognise(person, since=date(2026, 6, 1), until=None)
        assert [
            each.valid_from
            for each in filings_in_force(person_id=person.pk, kind="recognition", since=date(2026, 7, 1))
        ] == [date(2026, 6, 1)]
        told = Change.objects.filter(table="filings_filing", record=str(number), action="update")
        assert list(told.values_list("actor", flat=True)) == ["officer"]

    def test_withdrawn_before_it_begins_it_never_stood(self, person):
        number = recognise(person)

        settle_on(number, "withdrawn", date(2026, 2, 1))

        assert Filing.objects.get().in_force_until == date(2026, 3, 1)
        recognise(person)

    def test_waits_for_an_officer_and_stands_when_approved(self, person):
        number = recognise(person, pending=True)
        assert filings_in_force(person_id=person.pk, kind="recognition", since=date(2026, 3, 1)) == []
        with pytest.raises(FilingHeldError), transaction.atomic():
            recognise(person)

        settle_on(number, "approved", date(2026, 3, 2), reason="")

        assert [
            each.pk for each in filings_in_force(person_id=person.pk, kind="recognition", since=date(2026, 3, 1))
        ] == [number]

    def test_what_was_refused_holds_no_day(self, person):
        number = recognise(person, pending=True)

        settle_on(number, "refused", date(2026, 3, 2), reason="材料不全")

        assert Filing.objects.get(pk=number).standing == "refused"
        recognise(person)

    @pytest.mark.parametrize(
        ("first", "second"),
        [("withdrawn", "withdrawn"), ("withdrawn", "approved"), ("", "approved"), ("", "refused")],
    )
    def test_nothing_is_decided_twice_or_in_another_order(self, person, first, second):
        number = recognise(person)
        if first:
            settle_on(number, first, date(2026, 6, 1))
        stood = Filing.objects.values().get(pk=number)

        with pytest.raises(FilingNotOpenError), transaction.atomic():
            settle_on(number, second, date(2026, 6, 2))

        assert Filing.objects.values().get(pk=number) == stood

    def test_nothing_is_withdrawn_after_its_last_day(self, person):
        number = recognise(person)

        with pytest.raises(FilingNotOpenError), transaction.atomic():
            settle_on(number, "withdrawn", date(2027, 3, 1))

        assert FilingDecision.objects.count() == 0


class TestTheRowStays:
    @pytest.mark.parametrize("change", [{"disease_code": "M01600"}, {"standing": "refused"}, {"valid_until": None}])
    def test_nobody_writes_over_a_filing(self, person, change):
        number = recognise(person)

        with pytest.raises(IntegrityError), transaction.atomic():
            Filing.objects.filter(pk=number).update(**change)

    def test_neither_filing_nor_decision_is_deleted(self, person):
        number = recognise(person)
        settle_on(number, "withdrawn", date(2026, 6, 1))

        for model in (FilingDecision, Filing):
            with pytest.raises(IntegrityError), transaction.atomic():
                model.objects.all().delete()

    def test_a_filing_cannot_begin_as_decided(self, person):
        recognise(person)
        row = Filing.objects.get()
        row.pk, row.subject, row.disease_code, row.standing = None, "M05300", "M05300", "withdrawn"

        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
