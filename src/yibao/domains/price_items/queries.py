"""Reading price items of care over the internet: what is published, what prices are guided, what was proposed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from yibao.domains.catalogue.models import Item
from yibao.domains.price_items.models import GuidedPrice, ItemProposal, Need, PublishedItem


@dataclass(frozen=True, slots=True)
class OnlinePrices:
    """What the register says of some items on a day: which are payable, which meet a basic need, and guided prices.

    Prices are in millionths of a yuan, by item code, of one level of institution.
    """

    payable: frozenset[str]
    beyond: frozenset[str]
    guided_e6: dict[str, int]


def on_day(day: date) -> Q:
    """Rows that hold on a day."""
    return Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))


def online_prices(*, region: str, level: str, codes: Collection[str], day: date) -> OnlinePrices:
    """What holds of these items in a region on a day, for institutions of a level."""
    published = PublishedItem.objects.filter(on_day(day), region_id=region, item__code__in=codes).values_list(
        "item__code", "is_payable", "need"
    )
    rows = list(published)
    guided = GuidedPrice.objects.filter(on_day(day), region_id=region, level=level, item__code__in=codes)
    return OnlinePrices(
        payable=frozenset(code for code, is_payable, _need in rows if is_payable),
        beyond=frozenset(code for code, _payable, need in rows if need == Need.BEYOND),
        guided_e6=dict(guided.values_list("item__code", "price_e6")),
    )


def published_items(*, region: str, day: date) -> "QuerySet[PublishedItem]":
    """The items that are published in a region and hold on a day, by code."""
    return (
        PublishedItem.objects.filter(on_day(day), region_id=region).select_related("item").order_by("item__code", "pk")
    )


def guided_prices(*, region: str, day: date) -> dict[str, dict[str, int]]:
    """The guided prices of a region on a day: by item code and level, in millionths of a yuan."""
    found: dict[str, dict[str, int]] = {}
    rows = GuidedPrice.objects.filter(on_day(day), region_id=region).order_by("item__code", "level")
    for code, level, price_e6 in rows.values_list("item__code", "level", "price_e6"):
        found.setdefault(code, {})[level] = price_e6
    return found


def proposals_of(*, region: str, institution_id: int | None = None) -> "QuerySet[ItemProposal]":
    """The proposals of a region, of one institution where it is named, newest first."""
    found = ItemProposal.objects.filter(region_id=region).select_related("proposer", "decision", "proposed_by__user")
    return found if institution_id is None else found.filter(proposer_id=institution_id)


def services_like(*, region: str, day: date) -> list[tuple[str, str, str]]:
    """Code, name and content of every service of the catalogue and every published item: what a new item must not be."""
    contents = dict(
        PublishedItem.objects.filter(region_id=region).order_by("valid_from").values_list("item__code", "content")
    )
    services = Item.objects.filter(on_day(day), kind=Item.Kind.SERVICE).order_by("code").values_list("code", "name")
    return [(code, name, contents.get(code, "")) for code, name in services]
