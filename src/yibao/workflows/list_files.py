"""The file of a list for clients that hold an earlier version: one zip with one text, TAB between columns.

Real files are UTF-8, one row per line, the word null for an empty column, no line of titles (third party; knowledge of
the gateway envelope, section 7).
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.timezone import localtime

from yibao.domains import storage
from yibao.domains.files.models import File
from yibao.domains.files.operations import KEPT_FOR, PUBLIC, NewFile, digest_of, keep_file
from yibao.domains.listings import lists
from yibao.domains.listings.lists import LISTS, ListKind
from yibao.domains.listings.models import ListFile, Release
from yibao.domains.listings.operations import file_kept
from yibao.domains.listings.queries import entries_since

EMPTY: Final = "null"
STILL_FETCHABLE: Final = timedelta(days=1)
"""A file that was made can be given out while it can be fetched this long; after that it is made anew (our default)."""

_Row = tuple[str, Mapping[str, str], bool, Any, Any, int]


def make_file(release: Release, *, since: int, at: datetime) -> ListFile:
    """Make and keep the file of a release for clients that hold number `since`, 0: that hold nothing."""
    kind = LISTS[release.listing.code]
    name = f"{release.listing.code}_{release.version}_{since}.txt"
    packed, rows = _packed(kind, release, since=since, name=name)
    number = keep_file(storage.driver(), NewFile(None, PUBLIC, f"{name}.zip", packed, at, at + KEPT_FOR))
    file_id = File.objects.values_list("pk", flat=True).get(number=number)
    return file_kept(release_id=release.pk, since=since, file_id=file_id, rows=rows)


def _packed(kind: ListKind, release: Release, *, since: int, name: str) -> tuple[bytes, int]:
    """The zip and how many rows it holds."""
    packed = io.BytesIO()
    count = 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, date_time=localtime(release.released_at).timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as text:
            for line in _lines(kind, release, since):
                text.write(line)
                count += 1
    return packed.getvalue(), count


def _lines(kind: ListKind, release: Release, since: int) -> Iterator[bytes]:
    """The rows that changed after number `since`, each as it stands now."""
    stamps = _stamps(release)
    for row in entries_since(listing_id=release.listing_id, since=since, until=release.number):
        values = {**row[1], **{column: stamp(row) for column, stamp in stamps.items()}}
        yield ("\t".join([values.get(column) or EMPTY for column in kind.columns]) + "\n").encode()


def _stamps(release: Release) -> Mapping[str, Callable[[_Row], str]]:
    """What a release fills in by itself, column by column."""
    known: dict[datetime, str] = {}

    def moment(at: datetime) -> str:
        if at not in known:
            known[at] = f"{localtime(at):%Y-%m-%d %H:%M:%S}"
        return known[at]

    return {
        lists.VALID: lambda row: "1" if row[2] else "0",
        lists.RECORD: lambda row: record_number(release.listing.code, release.listing.region_id, row[0]),
        lists.CREATED: lambda row: moment(row[3]),
        lists.UPDATED: lambda row: moment(row[4]),
        lists.VERSION: lambda row: f"v{row[5]:04d}",
        lists.VERSION_NAME: lambda row: f"v{row[5]:04d}_{localtime(row[4]):%Y%m%d%H%M%S}",
    }


def record_number(code: str, region: str | None, key: str) -> str:
    """The number of a row for ever (唯一记录号): 32 hex digits of list, region and code (our default)."""
    return digest_of(f"{code}\t{region or ''}\t{key}".encode()).hex()[:32]
