"""Listings of the poverty watch that a member of staff may see, with where each stands; without a scope there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from yibao.domains.assistance.models import CountedSettlement, WatchDecision, WatchListing
from yibao.domains.staff.queries import Scope

LISTED = "listed"
State = Literal["", "listed", "passed", "recognised", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSearch:
    """What listings are searched for; empty fields do not narrow. `person` is a person number or a document number."""

    year: int | None = None
    signal: str = ""
    state: State = ""
    person: str = ""


def visible_listings(scope: Scope) -> QuerySet[WatchListing]:
    """Listings of the region, each with its `state`; none for roles that work for one institution or see no records."""
    if not scope.sees_records or scope.institution_id is not None:
        return WatchListing.objects.none()
    latest = WatchDecision.objects.filter(listing=OuterRef("pk")).order_by("-id").values("step")[:1]
    listings = WatchListing.objects.filter(region_id=scope.region).select_related("person")
    return listings.annotate(state=Coalesce(Subquery(latest), Value(LISTED)))


def found_listings(scope: Scope, search: WatchSearch) -> QuerySet[WatchListing]:
    """Listings within the scope that answer the search, newest first."""
    wanted = Q()
    if search.year is not None:
        wanted &= Q(benefit_year=search.year)
    if search.signal:
        wanted &= Q(signal=search.signal)
    if search.state:
        wanted &= Q(state=search.state)
    if search.person:
        wanted &= Q(person__number=search.person) | Q(person__document_number=search.person.upper())
    return visible_listings(scope).filter(wanted).order_by("-id")


def listed_thresholds(*, region: str, year: int) -> set[tuple[int, str]]:
    """Person and threshold of everyone who is listed for a year."""
    listings = WatchListing.objects.filter(region_id=region, benefit_year=year)
    return set(listings.values_list("person_id", "threshold"))


def path_of(listing: WatchListing) -> Sequence[CountedSettlement]:
    """The settlements that add up to the limit, in their order, with institution and visit."""
    related = ("settlement__institution", "settlement__visit", "settlement__reversal")
    return list(CountedSettlement.objects.filter(listing=listing).select_related(*related).order_by("place"))


def decisions_of(listing: WatchListing) -> Sequence[WatchDecision]:
    """What was decided, in the order of entering."""
    return list(WatchDecision.objects.filter(listing=listing).order_by("id"))
