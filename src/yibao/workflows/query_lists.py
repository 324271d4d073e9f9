"""Lists that institutions query page by page: what is covered how, their own matchings, dictionaries (1304, 1312, 1316 to 1319, 1901)."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q
from django.utils.timezone import make_aware

from yibao.domains.catalogue.terms import Terms, TermsWish, ceiling_prices, covered_items, first_shares
from yibao.domains.listings.lists import LISTS
from yibao.domains.listings.models import Entry, Matching
from yibao.domains.listings.queries import listing_of, matchings_of, standing_list
from yibao.domains.reference.models import DictionaryEntry
from yibao.domains.reference.queries import dictionary_entries

ETHNIC = "1304"


@dataclass(frozen=True, slots=True)
class Span:
    """Rows `first` to `first` + `most` - 1, counted from 0."""

    first: int
    most: int


def query_insured_items(wish: TermsWish) -> tuple[int, list[Terms]]:
    """How many items the region covers, and a page of them with their class."""
    return covered_items(wish)


def query_ceiling_prices(wish: TermsWish) -> tuple[int, list[Terms]]:
    """How many ceiling prices (限价) the region has, level by level, and a page of them."""
    return ceiling_prices(wish)


def query_first_shares(wish: TermsWish) -> tuple[int, list[Terms]]:
    """How many first shares (先行自付比例) the region has, scheme by scheme, and a page of them."""
    return first_shares(wish)


def query_ethnic_drugs(
    *, conditions: dict[str, str], code: str | None, is_valid: bool | None, updated_from: date, span: Span
) -> tuple[int, list[Entry]]:
    """Ethnic medicines (民族药品) whose columns hold these words, updated since a day: how many, and a page of them."""
    listing = listing_of(code=ETHNIC, region=None)
    if listing is None:
        return 0, []
    found = standing_list(listing.pk).filter(release__released_at__gte=_midnight(updated_from))
    if code is not None:
        found = found.filter(code=code)
    if is_valid is not None:
        found = found.filter(is_valid=is_valid)
    for column, words in conditions.items():
        assert column in LISTS[ETHNIC].columns
        found = found.filter(**{f"values__{column}__icontains": words})
    return found.count(), list(found[span.first : span.first + span.most])


def query_matchings(
    *, institution_id: int, conditions: dict[str, Any], on: date | None, is_valid: bool | None, updated_from: date,
    today: date, span: Span,
) -> tuple[int, list[Matching]]:  # fmt: skip
    """The institution's own matchings, withdrawn ones too, changed since a day: how many, and a page of them."""
    found = matchings_of(institution_id).filter(**conditions)
    since = _midnight(updated_from)
    found = found.filter(Q(matched_at__gte=since) | Q(withdrawal__withdrawn_at__gte=since))
    if on is not None:
        found = found.filter(Q(valid_until=None) | Q(valid_until__gt=on), valid_from__lte=on)
    if is_valid is not None:
        stands = Q(withdrawal=None) & Q(valid_from__lte=today) & (Q(valid_until=None) | Q(valid_until__gt=today))
        found = found.filter(stands if is_valid else ~stands)
    return found.count(), list(found[span.first : span.first + span.most])


def query_dictionaries(table: str | None) -> list[DictionaryEntry]:
    """The entries of a dictionary (字典), of all when none is named."""
    return dictionary_entries(table)


def _midnight(day: date) -> datetime:
    """The first moment of a day in Beijing."""
    return make_aware(datetime.combine(day, time.min))
