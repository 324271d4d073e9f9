"""Check the lines of a visit over the internet when they are uploaded (2204): payable services, drugs, guided prices."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from django.utils.timezone import localdate

from yibao.domains.catalogue.models import Item
from yibao.domains.catalogue.queries import kinds_of
from yibao.domains.internet_care.queries import VisitOnline, practice_on, visit_online
from yibao.domains.price_items.queries import online_prices
from yibao.domains.storage import Raw
from yibao.domains.visits.operations import NewLine
from yibao.engines.internet_care import LineFacts, LineRules, Refusal, check_lines
from yibao.policies.errors import NoPolicyError
from yibao.policies.internet_care import Rulebook, is_internet_type, rulebook_on
from yibao.workflows.check_internet_visit import book_of, refuse

_E6_OF_FEN = 10_000


class Charged(Protocol):
    """A line that is or was uploaded, as far as its check needs it."""

    @property
    def number(self) -> str:
        """Its number within the visit."""

    @property
    def item_code(self) -> str:
        """The code of its item."""

    @property
    def item_name(self) -> str:
        """The name of its item."""

    @property
    def price_e6(self) -> int:
        """Its price in millionths of a yuan."""

    @property
    def mark(self) -> str | None:
        """What its item is marked as."""


def check_uploaded_lines(
    raw: Raw, lines: Sequence[NewLine], *, visit_id: int, care_region: str, medical_type: str, began_at: datetime
) -> None:
    """Refuse lines that may not be charged over the internet; other visits cost a look at their medical category.

    :raises yibao.workflows.check_internet_visit.InternetRefusedError: with every rule that some line breaks.
    """
    if not is_internet_type(care_region, medical_type, localdate(began_at)):
        return
    visit = visit_online(raw, visit_id=visit_id)
    assert visit is not None
    rulebook = book_of(visit)
    refuse(rulebook, broken_by(lines, visit, rulebook))


def broken_by(lines: Sequence[Charged], visit: VisitOnline, rulebook: Rulebook) -> list[Refusal]:
    """The rules that lines of a visit break, by the rulebook and the published price items."""
    day = localdate(visit.began_at)
    codes = [line.item_code for line in lines]
    kinds = kinds_of(codes)
    prices = online_prices(region=visit.region, level=visit.level, codes=codes, day=day)
    said = rulebook.values
    guided_e6 = {} if _is_market(visit, rulebook, day) else _guided(rulebook, visit.level) | prices.guided_e6
    facts = [
        LineFacts(
            number=line.number,
            item_code=line.item_code,
            item_name=line.item_name,
            kind=kinds.get(line.item_code, Item.Kind.SERVICE),
            price_e6=line.price_e6,
            mark=line.mark,
            guided_price_e6=None if line.item_code in prices.beyond else guided_e6.get(line.item_code),
        )
        for line in lines
    ]
    rules = LineRules(
        payable_services=frozenset(said["payable_services"]) | prices.payable,
        barred_drugs=said["barred_drugs"],
        never_paid_marks=frozenset(said["never_paid_marks"]),
    )
    return check_lines(facts, rules)


def never_paid_marks(region: str, day: date) -> frozenset[str]:
    """The marks of items that no fund ever pays in a region on a day, as the fee for delivering medicine (配送费)."""
    try:
        return frozenset(rulebook_on(region, day).values["never_paid_marks"])
    except NoPolicyError:
        return frozenset()


def _is_market(visit: VisitOnline, rulebook: Rulebook, day: date) -> bool:
    """Whether the market makes the institution's prices: it is not public (第七条)."""
    practice = practice_on(visit.institution_id, day)
    return rulebook.values["market_price_if_not_public"] and practice is not None and not practice.is_public


def _guided(rulebook: Rulebook, level: str) -> dict[str, int]:
    """The guided prices that the rulebook itself publishes for a level, in millionths of a yuan by item."""
    return {code: fen * _E6_OF_FEN for (code, of), fen in rulebook.guided_prices().items() if of == level}
