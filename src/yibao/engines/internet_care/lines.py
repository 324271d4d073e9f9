"""May an item be charged in a visit over the internet: payable services, drugs that may be prescribed, guided prices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yibao.engines.internet_care.visits import Refusal


@dataclass(frozen=True, slots=True)
class LineRules:
    """What the rulebook and the list of price items say on the day; drugs are told by words within their names."""

    payable_services: frozenset[str]
    barred_drugs: tuple[str, ...]
    never_paid_marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line of the bill: `kind` of the catalogue (service, drug, …), price and guided price in millionths of a yuan.

    `guided_price_e6` is none where the market makes the price: at institutions that are not public, and for needs beyond
    the basic ones.
    """

    number: str
    item_code: str
    item_name: str
    kind: str
    price_e6: int
    mark: str | None
    guided_price_e6: int | None


def check_lines(lines: Sequence[LineFacts], rules: LineRules) -> list[Refusal]:
    """Name every rule that some line breaks, line by line in their order.

    Source: 天津市“互联网+”医疗服务医保支付管理办法(试行) 第七条、第十八条(一); the drugs: 互联网诊疗管理办法(试行).
    """
    return [refusal for line in lines for refusal in _check(line, rules)]


def _check(line: LineFacts, rules: LineRules) -> Iterator[Refusal]:
    """One line; what the fund never pays may stand on any bill."""
    if line.mark in rules.never_paid_marks:
        return
    told = {"line": line.number, "item": line.item_name}
    if line.kind == "service" and line.item_code not in rules.payable_services:
        yield Refusal("payable_service", told)
    if line.kind == "drug" and any(word in line.item_name for word in rules.barred_drugs):
        yield Refusal("barred_drug", told)
    if line.guided_price_e6 is not None and line.price_e6 > line.guided_price_e6:
        yield Refusal("guided_price", {**told, "price_e6": line.price_e6, "guided_e6": line.guided_price_e6})
