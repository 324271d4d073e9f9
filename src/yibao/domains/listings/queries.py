"""What was released of a list, and what an institution's own items are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from yibao.domains.listings.models import Entry, ListFile, Listing, Matching, Release
from yibao.domains.storage import Raw, Rows, ask

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class StandingEntry:
    """How a row stands: the digest of its values, whether it is valid, when it was first released."""

    digest: str
    is_valid: bool
    created_at: datetime


def listing_of(*, code: str, region: str | None) -> Listing | None:
    """The list of this number, the region's own where `region` is given."""
    return Listing.objects.filter(code=code, region_id=region).first()


def latest_release(listing_id: int) -> Release | None:
    """The newest version of a list."""
    return Release.objects.filter(listing_id=listing_id).order_by("-number").select_related("listing").first()


def standing_entries(listing_id: int) -> dict[str, StandingEntry]:
    """How every row of a list stands, by code."""
    latest = _latest(Entry.objects.filter(listing_id=listing_id))
    found = latest.values_list("code", "digest", "is_valid", "created_at").iterator(_CHUNK)
    return {code: StandingEntry(digest, is_valid, created) for code, digest, is_valid, created in found}


def entries_since(
    *, listing_id: int, since: int, until: int
) -> Iterator[tuple[str, Mapping[str, str], bool, Any, Any, int]]:
    """The latest word on every row that releases after number `since`, up to `until`, say something about, by code.

    Code, values, whether valid, first released at, released at, number of the release.
    """
    found = _latest(Entry.objects.filter(listing_id=listing_id, release__number__gt=since, release__number__lte=until))
    return found.values_list(
        "code", "values", "is_valid", "created_at", "release__released_at", "release__number"
    ).iterator(_CHUNK)


def _latest(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Only the newest entry of each code."""
    return entries.order_by("code", "-release_id").distinct("code")


def standing_list(listing_id: int) -> QuerySet[Entry]:
    """The newest entry of each row of a list, to be filtered and paged."""
    newest = _latest(Entry.objects.filter(listing_id=listing_id)).values("id")
    return Entry.objects.filter(id__in=newest).select_related("release").order_by("code")


def file_made(*, release_id: int, since: int, fetchable_at: datetime) -> ListFile | None:
    """The file of a release for clients that hold number `since`, when it was made and can be fetched at a moment."""
    return (
        ListFile.objects.filter(release_id=release_id, since=since, file__expires_at__gt=fetchable_at)
        .select_related("file")
        .order_by("-id")
        .first()
    )


def standing_matchings(institution_id: int) -> QuerySet[Matching]:
    """The matchings of an institution that were not withdrawn, newest first."""
    return Matching.objects.filter(institution_id=institution_id, withdrawal=None).order_by("-id")


def matched_codes(*, institution_id: int, own_codes: Sequence[str], on: date) -> dict[str, str]:
    """What an institution's own codes are in the national list on a day; those without a matching are left out."""
    found = standing_matchings(institution_id).filter(
        Q(valid_until=None) | Q(valid_until__gt=on), own_code__in=own_codes, valid_from__lte=on
    )
    return dict(found.values_list("own_code", "item_code"))


def releases_of(listing_id: int) -> list[Release]:
    """All versions of a list, newest first."""
    return list(Release.objects.filter(listing_id=listing_id).order_by("-number").select_related("listing"))


def matchings_of(institution_id: int) -> QuerySet[Matching]:
    """The matchings of an institution, withdrawn ones too, in the order in which they came."""
    return Matching.objects.filter(institution_id=institution_id).select_related("withdrawal").order_by("id")


def ask_for_standing_matchings(raw: Raw, *, institution_id: int, own_codes: Sequence[str]) -> Rows:
    """Ask for the matchings of these items that stand: number, own code, national code, kind of list; they stay locked."""
    return ask(
        raw,
        "SELECT m.id, m.own_code, m.item_code, m.list_type FROM listings_matching m"
        " WHERE m.institution_id = %s AND m.own_code = ANY(%s::text[])"
        " AND NOT EXISTS (SELECT FROM listings_matchingwithdrawal w WHERE w.matching_id = m.id)"
        " ORDER BY m.id FOR UPDATE OF m",
        (institution_id, list(own_codes)),
    )
