"""Publishing a new version of a list; matching an institution's items with it."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, NamedTuple

from django.db import connection, transaction

from yibao.core.errors import YibaoError
from yibao.domains.listings.models import Entry, ListFile, Listing, Release
from yibao.domains.listings.queries import StandingEntry, latest_release, standing_entries
from yibao.domains.reference.founding import found
from yibao.domains.reference.operations import act_as
from yibao.domains.storage import Raw, Rows, ask


class NothingToReleaseError(YibaoError):
    """The list stands as the rows say: there is nothing to release."""

    code: ClassVar[str] = "listings.nothing_to_release"


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list: its values by column, the empty ones left out, and whether it is valid."""

    values: Mapping[str, str]
    is_valid: bool = True

    @property
    def digest(self) -> str:
        """Tells rows with other values apart: 32 hex digits."""
        text = json.dumps(self.values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.new("sm3", text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Differences:
    """What a new version would add, change and withdraw, by code, and how many rows stay as they are."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.changed or self.withdrawn)


class _EntryRow(NamedTuple):
    """An entry as COPY takes it."""

    listing_id: int
    release_id: int
    code: str
    values: str
    digest: str
    is_valid: bool
    created_at: datetime


def differences_of(
    rows: Mapping[str, ListRow], standing: Mapping[str, StandingEntry], *, is_whole: bool
) -> Differences:
    """How rows differ from what stands; when they are the whole list, what they leave out is withdrawn."""
    found_differences = Differences()
    unchanged = 0
    for code, row in rows.items():
        known = standing.get(code)
        if known is None:
            (found_differences.added if row.is_valid else found_differences.withdrawn).append(code)
        elif known.is_valid and not row.is_valid:
            found_differences.withdrawn.append(code)
        elif row.is_valid and (not known.is_valid or known.digest != row.digest):
            found_differences.changed.append(code)
        else:
            unchanged += 1
    if is_whole:
        found_differences.withdrawn.extend(
            code for code, known in standing.items() if known.is_valid and code not in rows
        )
    return Differences(found_differences.added, found_differences.changed, found_differences.withdrawn, unchanged)


def compare(*, code: str, region: str | None, rows: Mapping[str, ListRow], is_whole: bool) -> Differences:
    """What publishing these rows would change; nothing is written."""
    listing = Listing.objects.filter(code=code, region_id=region).first()
    return differences_of(rows, standing_entries(listing.pk) if listing else {}, is_whole=is_whole)


@transaction.atomic
def publish(
    *,
    code: str,
    region: str | None,
    rows: Mapping[str, ListRow],
    is_whole: bool,
    source: str,
    actor: str,
    at: datetime,
) -> tuple[Release, Differences]:
    """Publish a new version of a list (目录发布); one version of a list is published at a time.

    :raises NothingToReleaseError: the list stands as the rows say.
    """
    act_as(actor)
    Listing.objects.get_or_create(code=code, region_id=region)
    listing = Listing.objects.select_for_update().get(code=code, region_id=region)
    standing = standing_entries(listing.pk)
    differences = differences_of(rows, standing, is_whole=is_whole)
    if differences.is_empty:
        raise NothingToReleaseError(listing=code)
    newest = latest_release(listing.pk)
    release = Release.objects.create(
        listing=listing,
        number=newest.number + 1 if newest else 1,
        released_at=at,
        released_by=actor,
        source=source,
        added=len(differences.added),
        changed=len(differences.changed),
        withdrawn=len(differences.withdrawn),
    )
    _write_entries(release, differences, rows, standing)
    return release, differences


def _write_entries(
    release: Release, differences: Differences, rows: Mapping[str, ListRow], standing: Mapping[str, StandingEntry]
) -> None:
    """One entry for each row that differs; what is withdrawn without being named keeps the values that it had."""
    named = [code for code in differences.withdrawn if code in rows]
    found(
        model=Entry,
        rows=[
            _EntryRow(
                release.listing_id,
                release.pk,
                code,
                json.dumps(rows[code].values, ensure_ascii=False),
                rows[code].digest,
                rows[code].is_valid,
                standing[code].created_at if code in standing else release.released_at,
            )
            for code in (*differences.added, *differences.changed, *named)
        ],
    )
    _withdraw_as_they_were(release, [code for code in differences.withdrawn if code not in rows])


def _withdraw_as_they_were(release: Release, codes: Collection[str]) -> None:
    """Write the last values of rows once more, no longer valid."""
    if not codes:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO listings_entry (listing_id, release_id, code, "values", digest, is_valid, created_at)'
            ' SELECT DISTINCT ON (code) listing_id, %s, code, "values", digest, false, created_at FROM listings_entry'
            " WHERE listing_id = %s AND code = ANY(%s) ORDER BY code, release_id DESC",
            [release.pk, release.listing_id, list(codes)],
        )


def file_kept(*, release_id: int, since: int, file_id: int, rows: int) -> ListFile:
    """Remember the file that was made of a release for clients that hold number `since`."""
    return ListFile.objects.create(release_id=release_id, since=since, file_id=file_id, rows=rows)


@dataclass(frozen=True, slots=True)
class NewMatching:
    """A matching that an institution sends; `valid_until` is the first day on which it does not hold."""

    own_code: str
    own_name: str
    list_type: str
    item_code: str
    valid_from: date
    valid_until: date | None
    details: Mapping[str, str]


def keep_matching(raw: Raw, new: NewMatching, *, institution_id: int, matched_at: datetime, matched_by: str) -> None:
    """Keep a matching (目录对照); the database refuses one whose days another that stands covers."""
    ask(
        raw,
        "INSERT INTO listings_matching (institution_id, own_code, own_name, list_type, item_code, valid_from,"
        " valid_until, details, matched_at, matched_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s)",
        (
            institution_id, new.own_code, new.own_name, new.list_type, new.item_code, new.valid_from, new.valid_until,
            json.dumps(dict(new.details), ensure_ascii=False), matched_at, matched_by,
        ),
    ).fetchall()  # fmt: skip


def withdraw_matchings(raw: Raw, *, matching_ids: Collection[int], withdrawn_at: datetime, withdrawn_by: str) -> Rows:
    """Withdraw matchings (目录对照撤销): each gets its row of withdrawal."""
    return ask(
        raw,
        "INSERT INTO listings_matchingwithdrawal (matching_id, withdrawn_at, withdrawn_by)"
        " SELECT unnest(%s::bigint[]), %s, %s",
        (list(matching_ids), withdrawn_at, withdrawn_by),
    )
