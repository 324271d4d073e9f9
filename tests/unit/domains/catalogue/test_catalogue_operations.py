from datetime import date

import pytest
from django.db import transaction
from psycopg import IntegrityError

from yibao.domains.catalogue import operations
from yibao.domains.catalogue.models import CeilingPrice, Coverage, Disease, Item
from yibao.domains.reference.models import Change, Division

START = date(2019, 1, 1)
LATER = date(2026, 1, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def item() -> int:
    Division.objects.create(code="110000", name="北京市", pooling_region="110000")
    row = operations.ItemRow("XA", "drug", "某药", "1g", "片剂", "盒", "某厂", "09", True, False, START, "1")
    (number,) = operations.found_items(rows=[row])
    operations.found_coverages(rows=[operations.CoverageRow(number, "110000", "310", "02", 100_000, START)])
    operations.found_ceiling_prices(rows=[operations.CeilingPriceRow(number, "110000", "tertiary", 12_000_000, START)])
    operations.found_diseases(rows=[operations.DiseaseRow("I10.x00x002", "diagnosis", "高血压", START)])
    return number


def change(**changed: object) -> Coverage:
    facts: dict[str, object] = {
        "item_code": "XA",
        "region": "110000",
        "scheme": "310",
        "item_class": "01",
        "self_pay_first_ppm": 0,
        "valid_from": LATER,
        "actor": "clerk",
        **changed,
    }
    return operations.change_coverage(**facts)  # type: ignore[arg-type]


def test_the_catalogue_is_founded(item: int) -> None:
    assert Item.objects.get(pk=item).charge_category == "09"
    assert CeilingPrice.objects.get().price_e6 == 12_000_000
    assert Disease.objects.get().name == "高血压"
    assert not Change.objects.filter(table__startswith="catalogue").exists()


def test_new_terms_end_the_old_ones_on_their_first_day(item: int) -> None:
    change()
    terms = list(Coverage.objects.order_by("valid_from").values_list("item_class", "valid_from", "valid_until"))
    assert terms == [("02", START, LATER), ("01", LATER, None)]
    assert set(Change.objects.filter(table="catalogue_coverage").values_list("action", "actor")) == {
        ("update", "clerk"),
        ("insert", "clerk"),
    }


def test_terms_are_not_entered_behind_later_ones(item: int) -> None:
    change()
    with pytest.raises(operations.LaterTermsError):
        change(valid_from=date(2025, 1, 1))
    assert Coverage.objects.count() == 2


def test_an_unknown_item_has_no_terms(item: int) -> None:
    with pytest.raises(operations.UnknownItemError):
        change(item_code="XB")
    assert Coverage.objects.count() == 1


def test_overlapping_terms_are_refused_by_the_database(item: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        operations.found_coverages(rows=[operations.CoverageRow(item, "110000", "310", "01", 0, LATER)])
    assert Coverage.objects.count() == 1
