"""Persons are found by voucher, document and number; the lock tells the planner how the rest of its transaction reads."""

from datetime import date

import pytest

from yibao.domains import storage
from yibao.domains.people.models import Person, Voucher
from yibao.domains.people.queries import (
    KnownPerson,
    ask_for_free_locks,
    ask_for_lock,
    ask_for_person,
    ask_for_person_with_document,
    ask_for_person_with_voucher,
    known_person,
    locked_person,
    locked_persons,
)
from yibao.domains.reference.models import Division
from yibao.domains.storage import ask

pytestmark = pytest.mark.django_db(transaction=True)

PLANNER = {
    "plan_cache_mode": ("force_generic_plan", "auto"),
    "enable_seqscan": ("off", "on"),
    "enable_hashjoin": ("off", "on"),
    "enable_mergejoin": ("off", "on"),
}
"""What the lock sets, and what stands otherwise."""


@pytest.fixture
def person() -> Person:
    Division.objects.create(code="110105", name="朝阳区", pooling_region="110000")
    made = Person.objects.create(
        number="11000000000001", name="王一", document_type="01", document_number="110105199003070014", sex="1",
        ethnicity="01", birth_date=date(1990, 3, 7), division_id="110105",
    )  # fmt: skip
    Voucher.objects.create(
        person=made, kind="03", number="A1", valid_from=date(2024, 1, 1), valid_until=date(2025, 1, 1)
    )
    return made


def planner(raw: storage.Raw) -> dict[str, str]:
    (row,) = ask(raw, "SELECT " + ", ".join(f"current_setting('{name}')" for name in PLANNER)).fetchall()
    return dict(zip(PLANNER, row, strict=True))


class TestLock:
    @pytest.mark.parametrize("how", ["one", "several", "free"])
    def test_its_transaction_reads_by_indexes_row_by_row_and_no_other_does(self, person, how):
        with storage.transaction() as raw:
            if how == "free":
                rows = ask_for_free_locks(raw, numbers=[person.number, "nobody"])
                assert list(locked_persons(rows)) == [person.number]
            else:
                others = [person.pk] if how == "several" else []
                held = locked_person(ask_for_lock(raw, number=person.number, others=others), number=person.number)
                assert held is not None
                assert held.name == "王一"
            assert planner(raw) == {name: within for name, (within, _) in PLANNER.items()}
        assert planner(storage.driver()) == {name: otherwise for name, (_, otherwise) in PLANNER.items()}


class TestKnownPerson:
    def test_a_voucher_is_shown_from_its_first_day_until_before_its_last(self, person):
        def shown(on: date, *, kind: str = "03", number: str = "A1") -> KnownPerson | None:
            return known_person(ask_for_person_with_voucher(storage.driver(), kind=kind, number=number, on=on))

        expected = KnownPerson(
            person.pk, person.number, "王一", "01", "110105199003070014", "1", "01", date(1990, 3, 7)
        )
        assert shown(date(2024, 1, 1)) == shown(date(2024, 12, 31)) == expected
        assert shown(date(2023, 12, 31)) is shown(date(2025, 1, 1)) is None
        assert shown(date(2024, 6, 1), kind="01") is shown(date(2024, 6, 1), number="A2") is None

    def test_a_document_is_of_its_type(self, person):
        raw = storage.driver()
        number = person.document_number
        by_card = known_person(ask_for_person_with_document(raw, document_type="01", number=number))
        assert by_card == known_person(ask_for_person(raw, person_id=person.pk))
        assert by_card is not None
        assert by_card.id == person.pk
        assert known_person(ask_for_person_with_document(raw, document_type="03", number=number)) is None
        assert known_person(ask_for_person(raw, person_id=person.pk + 1)) is None
