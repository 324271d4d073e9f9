"""A city that is founded beside another region: who has filed care there is on file, and care there counts as filed."""

from datetime import UTC, datetime

import pytest

from yibao.city.founding import found_city
from yibao.domains.filings.models import Filing
from yibao.domains.people.models import Person
from yibao.workflows.load_reference import load_reference


@pytest.mark.django_db
def test_those_who_filed_care_elsewhere_are_on_file():
    at = datetime(2026, 11, 21, 4, tzinfo=UTC)
    load_reference(at=at)
    city = found_city(seed=11, size=300, at=at, tell=lambda _what: None, neighbour="shanghai")
    assert city.filed
    documents = {city.identity_numbers[place]: reason for place, reason in city.filed.items()}
    rows = Filing.objects.select_related("person")
    assert {row.person.document_number: row.reason for row in rows} == documents
    assert {(row.kind, row.region_id, row.destination_id, row.standing) for row in rows} == {
        ("elsewhere", "110000", "310000", "in_force")
    }
    assert Person.objects.count() == 300
