"""Writes of the catalogue: items, how schemes cover them, ceiling prices, diseases."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.catalogue.models import CeilingPrice, Coverage, Disease, Item
from yibao.domains.reference.founding import found
from yibao.domains.reference.operations import act_as


class UnknownItemError(YibaoError):
    """The catalogue has no item with this code."""

    code: ClassVar[str] = "catalogue.unknown_item"


class LaterTermsError(YibaoError):
    """Terms that begin on or after that day are entered already; they would overlap."""

    code: ClassVar[str] = "catalogue.later_terms"


class ItemRow(NamedTuple):
    """An item to found."""

    code: str
    kind: str
    name: str
    specification: str
    dosage_form: str
    unit: str
    maker: str
    charge_category: str
    is_essential: bool
    is_negotiated: bool
    valid_from: date
    version: str


class CoverageRow(NamedTuple):
    """How a region's scheme covers an item, to found."""

    item_id: int
    region_id: str
    scheme: str
    item_class: str
    self_pay_first_ppm: int
    valid_from: date


class CeilingPriceRow(NamedTuple):
    """A ceiling price to found."""

    item_id: int
    region_id: str
    level: str
    price_e6: int
    valid_from: date


class DiseaseRow(NamedTuple):
    """A diagnosis or another disease code to found."""

    code: str
    kind: str
    name: str
    valid_from: date


def found_items(*, rows: Sequence[ItemRow]) -> list[int]:
    """Found catalogue items (目录项目) in bulk; their numbers in the order of the rows."""
    return found(model=Item, rows=rows)


def found_coverages(*, rows: Sequence[CoverageRow]) -> list[int]:
    """Found coverages (支付类别) in bulk; their numbers in the order of the rows."""
    return found(model=Coverage, rows=rows)


def found_ceiling_prices(*, rows: Sequence[CeilingPriceRow]) -> list[int]:
    """Found ceiling prices (限价) in bulk; their numbers in the order of the rows."""
    return found(model=CeilingPrice, rows=rows)


def found_diseases(*, rows: Sequence[DiseaseRow]) -> list[int]:
    """Found disease codes (疾病诊断代码) in bulk; their numbers in the order of the rows."""
    return found(model=Disease, rows=rows)


@transaction.atomic
def change_coverage(
    *,
    item_code: str,
    region: str,
    scheme: str,
    item_class: str,
    self_pay_first_ppm: int,
    valid_from: date,
    actor: str,
) -> Coverage:
    """Cover an item differently from a day on (支付类别调整); the terms before it end on that day and stay.

    :raises UnknownItemError: the catalogue has no such item.
    :raises LaterTermsError: terms from that day or later exist.
    """
    act_as(actor)
    item = Item.objects.select_for_update().filter(code=item_code).first()
    if item is None:
        raise UnknownItemError(code=item_code)
    entered = Coverage.objects.filter(item=item, region_id=region, scheme=scheme)
    if entered.filter(valid_from__gte=valid_from).exists():
        raise LaterTermsError(code=item_code, valid_from=valid_from.isoformat())
    running = entered.filter(valid_until=None) | entered.filter(valid_until__gt=valid_from)
    for coverage in running:
        coverage.valid_until = valid_from
        coverage.save(update_fields=["valid_until"])
    return Coverage.objects.create(
        item=item,
        region_id=region,
        scheme=scheme,
        item_class=item_class,
        self_pay_first_ppm=self_pay_first_ppm,
        valid_from=valid_from,
    )
