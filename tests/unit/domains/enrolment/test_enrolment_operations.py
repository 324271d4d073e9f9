from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg import IntegrityError

from yibao.core.period import EmptyPeriodError
from yibao.domains.enrolment import operations
from yibao.domains.enrolment.founding import ContributionRow, found_accounts, found_contributions
from yibao.domains.enrolment.models import (
    AccountEntry,
    Contribution,
    Employer,
    Enrolment,
    PersonalAccount,
    SpecialStatus,
)
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division

START = date(2025, 1, 1)
LATER = date(2026, 3, 1)
AT = datetime(2026, 11, 21, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Person:
    division = Division.objects.create(code="110000", name="北京市", pooling_region="110000")
    return Person.objects.create(
        number="1",
        name="王一",
        document_type="99",
        document_number="D1",
        sex="1",
        birth_date=date(1980, 1, 1),
        division=division,
    )


def enrol(person_id: int, **changed: Any) -> Enrolment:
    facts = {
        "scheme": "310",
        "region": "110000",
        "division": "110000",
        "person_type": "1101",
        "status_group": "active",
        "valid_from": START,
        "actor": "clerk",
        **changed,
    }
    return operations.enrol(person_id=person_id, **facts)


def test_a_person_is_enrolled_in_one_scheme_at_a_time_only_once(person: Person) -> None:
    enrol(person.pk)
    with pytest.raises(operations.AlreadyEnrolledError):
        enrol(person.pk, valid_from=LATER)
    enrol(person.pk, scheme="390", status_group="working_age")
    assert Enrolment.objects.count() == 2


def test_a_stranger_is_not_enrolled() -> None:
    with pytest.raises(operations.UnknownPersonError):
        enrol(404)


def test_a_resident_has_no_employer(person: Person) -> None:
    employer = Employer.objects.create(code="E", name="某公司", division_id="110000")
    with pytest.raises(operations.EmployerOfResidentError):
        enrol(person.pk, scheme="390", employer_id=employer.pk)
    assert not Enrolment.objects.exists()


def test_suspension_ends_one_row_and_opens_the_next(person: Person) -> None:
    enrol(person.pk)
    suspended = operations.suspend(person_id=person.pk, scheme="310", on=LATER, actor="clerk")
    rows = list(Enrolment.objects.order_by("valid_from").values_list("state", "valid_from", "valid_until"))
    assert rows == [("1", START, LATER), ("2", LATER, None)]
    assert suspended.status_group == "active"
    operations.resume(person_id=person.pk, scheme="310", on=date(2026, 5, 1), actor="clerk")
    assert [row.state for row in Enrolment.objects.order_by("valid_from")] == ["1", "2", "1"]


def test_what_is_not_running_cannot_be_suspended_or_resumed(person: Person) -> None:
    enrol(person.pk)
    with pytest.raises(operations.NotEnrolledError):
        operations.resume(person_id=person.pk, scheme="310", on=LATER, actor="clerk")
    with pytest.raises(operations.NotEnrolledError):
        operations.suspend(person_id=person.pk, scheme="390", on=LATER, actor="clerk")
    with pytest.raises(operations.NotEnrolledError):
        operations.suspend(person_id=person.pk, scheme="310", on=START, actor="clerk")
    assert Enrolment.objects.get().valid_until is None


def test_a_special_status_is_held_once_at_a_time(person: Person) -> None:
    def grant(start: date, until: date | None = None, kind: str = "1") -> SpecialStatus:
        return operations.grant_special_status(
            person_id=person.pk, kind=kind, document="民政", valid_from=start, valid_until=until, actor="clerk"
        )

    grant(START, LATER)
    grant(LATER)
    grant(START, kind="2")
    with pytest.raises(operations.StatusHeldError):
        grant(date(2025, 6, 1), date(2025, 7, 1))
    with pytest.raises(EmptyPeriodError):
        grant(LATER, LATER, kind="4")
    assert SpecialStatus.objects.count() == 3


def test_accounts_open_with_an_entry_that_explains_the_balance(person: Person) -> None:
    with transaction.atomic():
        (number,) = found_accounts(balances=[(person.pk, 12_345)], at=AT)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert PersonalAccount.objects.get(pk=number).balance_fen == 12_345
    entry = AccountEntry.objects.get()
    assert (entry.account_id, entry.amount_fen, entry.balance_after_fen, entry.cause) == (
        number,
        12_345,
        12_345,
        "opening",
    )


def test_an_empty_account_has_no_entry(person: Person) -> None:
    found_accounts(balances=[(person.pk, 0)], at=AT)
    assert PersonalAccount.objects.get().balance_fen == 0
    assert not AccountEntry.objects.exists()


def test_a_contribution_that_does_not_balance_is_refused_by_the_database(person: Person) -> None:
    enrolment = enrol(person.pk)
    row = ContributionRow(enrolment.pk, START, date(2025, 2, 1), 1_000_000, 98_000, 20_300, 0, 98_300, 20_000, START)
    found_contributions(rows=[row])
    with pytest.raises(IntegrityError), transaction.atomic():
        found_contributions(rows=[row._replace(period_start=date(2025, 2, 1), period_end=LATER, to_pool_fen=98_301)])
    assert Contribution.objects.get().to_account_fen == 20_000
