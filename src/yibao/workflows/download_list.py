"""Download what changed of a list since the version that a client holds (目录下载, 1301 to 1327)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.listings.lists import LISTS
from yibao.domains.listings.models import ListFile, Listing, Release
from yibao.domains.listings.queries import file_made, latest_release, listing_of
from yibao.workflows.list_files import STILL_FETCHABLE, make_file

_VERSION: Final = re.compile(r"[vV](\d{4,9})(?:_\d{14})?").fullmatch


class NotPublishedError(YibaoError):
    """The list was never published here (目录尚未发布)."""

    code: ClassVar[str] = "listings.not_published"


class UnknownVersionError(YibaoError):
    """No version of the list was ever called so (版本号不存在)."""

    code: ClassVar[str] = "listings.unknown_version"


@dataclass(frozen=True, slots=True)
class ListDownload:
    """Where the file is fetched (9102), until which day, and how many rows it holds."""

    number: str
    name: str
    fetchable_until: date
    rows: int


def download_list(*, code: str, region: str, held: str, at: datetime) -> ListDownload:
    """The file with what changed since the version `held` (v0000: nothing is held), as the institution's region has it.

    Version and version name are both understood: real clients send the last one of the file that they read.
    :raises NotPublishedError: no version was published.
    :raises UnknownVersionError: there was no such version.
    """
    listing = listing_of(code=code, region=region if LISTS[code].is_regional else None)
    latest = latest_release(listing.pk) if listing else None
    if listing is None or latest is None:
        raise NotPublishedError(listing=code, name=LISTS[code].zh, name_en=LISTS[code].en)
    match = _VERSION(held)
    if match is None or int(match[1]) > latest.number:
        raise UnknownVersionError(field="ver", sent=held, latest=latest.version)
    made = _made_once(listing, latest, int(match[1]), at)
    return ListDownload(made.file.number, made.file.name, localdate(made.file.expires_at), made.rows)


def _made_once(listing: Listing, latest: Release, since: int, at: datetime) -> ListFile:
    """The file, made when nobody asked for it before; who asks meanwhile waits for it."""
    made = file_made(release_id=latest.pk, since=since, fetchable_at=at + STILL_FETCHABLE)
    if made is not None:
        return made
    with transaction.atomic():
        Listing.objects.select_for_update().get(pk=listing.pk)
        made = file_made(release_id=latest.pk, since=since, fetchable_at=at + STILL_FETCHABLE)
        return made or make_file(latest, since=since, at=at)
