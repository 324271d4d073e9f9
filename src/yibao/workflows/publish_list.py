"""Publish a new version of a list (目录发布): what differs becomes the version, the register follows, the files are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.listings.lists import LISTS, ListKind
from yibao.domains.listings.models import Release
from yibao.domains.listings.operations import Differences, ListRow, compare, publish
from yibao.domains.listings.queries import listing_of, standing_list
from yibao.domains.reference.founding import found_quietly, record_again
from yibao.workflows.list_files import make_file
from yibao.workflows.list_registers import register_release, rows_of_register


class UnknownListingError(YibaoError):
    """There is no list of this number (目录不存在)."""

    code: ClassVar[str] = "listings.unknown_list"


@dataclass(frozen=True, slots=True)
class Publication:
    """Rows to be published, and by whom; `is_whole`: what they leave out is withdrawn."""

    code: str
    region: str
    rows: Mapping[str, ListRow]
    is_whole: bool
    source: str
    actor: str
    at: datetime

    @property
    def kind(self) -> ListKind:
        """The list.

        :raises UnknownListingError: there is none of this number.
        """
        if self.code not in LISTS:
            raise UnknownListingError(listing=self.code)
        return LISTS[self.code]

    @property
    def listing_region(self) -> str | None:
        """The region that publishes, where each has its own list."""
        return self.region if self.kind.is_regional else None


def preview_publication(wish: Publication) -> Differences:
    """What publishing would add, change and withdraw; nothing is written."""
    return compare(code=wish.code, region=wish.listing_region, rows=wish.rows, is_whole=wish.is_whole)


def publish_list(wish: Publication) -> tuple[Release, Differences]:
    """Publish; the files for clients that hold nothing and for those that hold the version before are made at once.

    :raises NothingToReleaseError: nothing differs.
    """
    kind = wish.kind
    with transaction.atomic():
        release, differences = publish(
            code=wish.code,
            region=wish.listing_region,
            rows=wish.rows,
            is_whole=wish.is_whole,
            source=wish.source,
            actor=wish.actor,
            at=wish.at,
        )
        if release.number == 1:
            found_quietly()
        register_release(kind, rows=wish.rows, differences=differences, version=release.version, on=localdate(wish.at))
        record_again()
        for since in sorted({0, release.number - 1}):
            make_file(release, since=since, at=wish.at)
    return release, differences


def registered_rows(code: str, region: str) -> dict[str, ListRow]:
    """A list's rows as our register has them now, over what was last published of each.

    Codes that another list publishes are left out: a preparation stands among the drugs of the register.
    :raises UnknownListingError: there is no list of this number.
    """
    if code not in LISTS:
        raise UnknownListingError(listing=code)
    kind = LISTS[code]
    listing = listing_of(code=code, region=region if kind.is_regional else None)
    standing = {entry.code: entry.values for entry in standing_list(listing.pk)} if listing else {}
    elsewhere = _published_elsewhere(kind)
    return {
        key: ListRow({**standing.get(key, {}), **row.values}, row.is_valid)
        for key, row in rows_of_register(kind).items()
        if key in standing or key not in elsewhere
    }


def _published_elsewhere(kind: ListKind) -> set[str]:
    """The codes that other lists of the nation say."""
    found: set[str] = set()
    for other in LISTS.values():
        if other.code != kind.code and other.register is not None and not other.is_regional:
            listing = listing_of(code=other.code, region=None)
            if listing is not None:
                found.update(standing_list(listing.pk).values_list("code", flat=True))
    return found
