"""The city publishes every list that an institution can download."""

from datetime import UTC, datetime

import pytest

from tests.journeys.small_town import found_town
from yibao.city.listed import found_lists
from yibao.domains.catalogue.models import Item
from yibao.domains.listings.lists import LISTS
from yibao.domains.listings.models import Entry, Release

AT = datetime(2026, 11, 1, 2, tzinfo=UTC)


@pytest.mark.django_db
def test_every_list_is_published_once():
    found_town()
    Item.objects.create(
        code="C0101", kind="consumable", name="留置针", unit="支", charge_category="08", valid_from="2019-01-01"
    )
    Item.objects.create(
        code="P01", kind="decoction_piece", name="黄芪", unit="g", charge_category="10", valid_from="2019-01-01"
    )
    Item.objects.create(
        code="S01", kind="service", name="诊察", unit="次", charge_category="02", valid_from="2019-01-01"
    )

    published = found_lists(region="110000", at=AT)
    again = found_lists(region="110000", at=AT)

    assert sorted(set(LISTS) - set(published)) == ["1307"]  # the town has no diagnoses
    assert again == []
    assert Release.objects.count() == len(published)
    assert Entry.objects.get(code="C01010000001", listing__code="1306A").values["医疗目录编码"] == "C0101"
    assert set(Entry.objects.filter(listing__code="1309").values_list("values__医保区划", flat=True)) == {"110000"}
