from datetime import date

import pytest

from yibao.core.identity import CheckDigitError, check_digit
from yibao.domains.people.models import Person, Voucher
from yibao.domains.people.operations import (
    DocumentDisagreesError,
    HouseholdRow,
    PersonKnownError,
    PersonRow,
    VoucherRow,
    VoucherTakenError,
    found_households,
    found_persons,
    found_vouchers,
    issue_voucher,
    register_person,
)
from yibao.domains.reference.models import Change, Division

ON = date(2026, 11, 21)
FIRST17 = "11010519900307001"
NUMBER = FIRST17 + check_digit(FIRST17)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _division() -> None:
    Division.objects.create(code="110105", name="朝阳区", pooling_region="110000")


def register(**changed: object) -> Person:
    facts: dict[str, object] = {
        "number": "1",
        "name": "王一",
        "document_type": "01",
        "document_number": NUMBER,
        "sex": "1",
        "birth_date": date(1990, 3, 7),
        "division": "110105",
        "on": ON,
        "actor": "clerk",
        **changed,
    }
    return register_person(**facts)  # type: ignore[arg-type]


def test_a_person_is_registered_and_the_history_says_by_whom() -> None:
    person = register(document_number=f" {NUMBER.lower()} ")
    assert person.document_number == NUMBER
    change = Change.objects.get(table="people_person")
    assert (change.action, change.actor, change.after["name"]) == ("insert", "clerk", "王一")


def test_a_mistyped_number_is_refused_and_nothing_changes() -> None:
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    with pytest.raises(CheckDigitError):
        register(document_number=wrong)
    assert not Person.objects.exists()


@pytest.mark.parametrize("changed", [{"sex": "2"}, {"birth_date": date(1990, 3, 8)}])
def test_birth_and_sex_must_be_those_of_the_document(changed: dict[str, object]) -> None:
    with pytest.raises(DocumentDisagreesError):
        register(**changed)
    assert not Person.objects.exists()


@pytest.mark.parametrize("changed", [{"number": "2"}, {"document_type": "99", "document_number": "other"}])
def test_number_and_document_are_used_once(changed: dict[str, object]) -> None:
    register()
    with pytest.raises(PersonKnownError):
        register(**changed)
    assert Person.objects.count() == 1


def test_a_voucher_is_issued_once() -> None:
    person = register()
    issue_voucher(person_id=person.pk, kind="01", number="T", valid_from=ON, actor="clerk")
    with pytest.raises(VoucherTakenError):
        issue_voucher(person_id=person.pk, kind="01", number="T", valid_from=ON, actor="clerk")
    assert Voucher.objects.count() == 1


def test_registers_are_founded_in_order_and_spare_the_history() -> None:
    before = Change.objects.count()
    households = found_households(rows=[HouseholdRow("110105"), HouseholdRow("110105")])
    rows = [
        PersonRow(str(n), f"人{n}", "01", f"D{n}", "1", "01", date(1990, 1, n + 1), "110105", households[n % 2], "")
        for n in range(5)
    ]
    numbers = found_persons(rows=rows)
    found_vouchers(rows=[VoucherRow(number, "02", f"D{n}", ON) for n, number in enumerate(numbers)])
    assert [Person.objects.get(pk=number).number for number in numbers] == ["0", "1", "2", "3", "4"]
    assert Person.objects.get(number="3").household_id == households[1]
    assert Voucher.objects.get(number="D4").person.number == "4"
    assert Change.objects.count() == before
    assert found_persons(rows=[]) == []
