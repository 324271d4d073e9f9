"""The price items of care over the internet that a region publishes: the rulebook's own, and those that were accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise

from yibao.domains.catalogue.queries import services_named
from yibao.domains.price_items.models import Need
from yibao.domains.price_items.queries import guided_prices, published_items
from yibao.policies.errors import NoPolicyError
from yibao.policies.internet_care import rulebook_on

_E6_OF_FEN = 10_000


@dataclass(frozen=True, slots=True)
class PublishedPrice:
    """A published item with its guided prices by level of institution, in millionths of a yuan."""

    code: str
    name: str
    content: str
    unit: str
    need: str
    is_payable: bool
    document: str
    valid_from: date
    prices_e6: Mapping[str, int]

    @property
    def need_name(self) -> Promise:
        """The need in the reader's words."""
        return Need(self.need).label

    def price_yuan(self, level: str) -> Decimal | str:
        """The guided price of a level in yuan; nothing where there is none."""
        price = self.prices_e6.get(level)
        return "" if price is None else Decimal(price // _E6_OF_FEN).scaleb(-2)


def published_prices(*, region: str, day: date) -> list[PublishedPrice]:
    """What is published in a region on a day, by code; a row of the register stands before the rulebook's own."""
    prices = guided_prices(region=region, day=day)
    registered = [
        PublishedPrice(
            each.item.code, each.item.name, each.content, each.item.unit, each.need, each.is_payable, each.document,
            each.valid_from, prices.get(each.item.code, {}),
        )
        for each in published_items(region=region, day=day)
    ]  # fmt: skip
    known = {each.code for each in registered}
    return sorted([*registered, *_of_rulebook(region, day, prices, known)], key=lambda each: each.code)


def _of_rulebook(
    region: str, day: date, prices: Mapping[str, Mapping[str, int]], known: set[str]
) -> list[PublishedPrice]:
    """The payable services that the rulebook itself names, where the catalogue has them."""
    try:
        rulebook = rulebook_on(region, day)
    except NoPolicyError:
        return []
    clause = rulebook.clauses["payable_services"]
    own: dict[str, dict[str, int]] = {}
    for (code, level), fen in rulebook.guided_prices().items():
        own.setdefault(code, {})[level] = fen * _E6_OF_FEN
    return [
        PublishedPrice(
            code, name, "", unit, Need.BASIC, is_payable=True, document=clause.document or rulebook.document,
            valid_from=valid_from, prices_e6={**own.get(code, {}), **prices.get(code, {})},
        )
        for code, name, unit, valid_from in services_named(rulebook.values["payable_services"])
        if code not in known
    ]  # fmt: skip
