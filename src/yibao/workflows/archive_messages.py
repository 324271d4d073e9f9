"""Move old months of messages and notes of reading out of the database, into one Parquet file a month (报文归档).

The numbers that were used stay: a message of an archived month that is sent again is refused, never carried out twice.
A month is first written and read again while it still stands; then it is taken out, and dropped when nothing changed
meanwhile. Whatever interrupts this, the next run goes on.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import pyarrow as pa
import pyarrow.parquet as pq

from yibao.core.errors import YibaoError
from yibao.domains.messages.months import KeptMonth, drop, kept_months, rows_of, state_of, take_out

_NAMES: Final = {"message_store_message": "messages", "message_store_recordread": "record-reads"}
_TIME: Final = pa.timestamp("us", tz="UTC")
_COLUMNS: Final = {
    "message_store_message": pa.schema(
        [
            ("id", pa.int64()), ("institution_id", pa.int64()), ("msgid", pa.string()), ("infno", pa.string()),
            ("state", pa.string()), ("digest", pa.binary()), ("body", pa.binary()), ("answer", pa.binary()),
            ("person_id", pa.int64()), ("subject_id", pa.int64()), ("received_at", _TIME),
        ]
    ),
    "message_store_recordread": pa.schema(
        [
            ("id", pa.int64()), ("institution_id", pa.int64()), ("person_id", pa.int64()), ("infno", pa.string()),
            ("operator", pa.string()), ("read_at", _TIME),
        ]
    ),
}  # fmt: skip
"""What stands in the files; the names are the database's."""


class MonthTooYoungError(YibaoError):
    """Messages of that month must still be kept where they are found; `first_kept` is the oldest such month."""

    code: ClassVar[str] = "messages.month_too_young"


class ArchiveExistsError(YibaoError):
    """A file of that name is there already and is not written over."""

    code: ClassVar[str] = "messages.archive_exists"


class ArchiveDiffersError(YibaoError):
    """What was read back from the file is not what stands in the database; the month stays where it is."""

    code: ClassVar[str] = "messages.archive_differs"


@dataclass(frozen=True, slots=True)
class Archived:
    """A month that was moved: into which file, how many rows."""

    month: KeptMonth
    file: Path
    rows: int


def archive_messages(*, before: str, folder: Path, today: date, kept_months_count: int) -> Iterator[Archived]:
    """Move every month before `before` (2025-01) into the folder, oldest first; each is done when it is given.

    `kept_months_count` whole months before this one must stay.
    :raises MonthTooYoungError, ArchiveExistsError, ArchiveDiffersError: that month and the later ones stay.
    :raises yibao.domains.messages.months.MonthBusyError: likewise.
    """
    first_kept = _month_back(today, kept_months_count)
    if before > first_kept:
        raise MonthTooYoungError(month=before, first_kept=first_kept)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for month in kept_months():
        if month.month < before:
            yield _archive(month, folder / f"{_NAMES[month.table]}-{month.month}.parquet")


def _month_back(today: date, months: int) -> str:
    """The month that lies so many months before this day's."""
    place = today.year * 12 + today.month - 1 - months
    return f"{place // 12}-{place % 12 + 1:02d}"


def _archive(month: KeptMonth, file: Path) -> Archived:
    """Move one month; one that was taken out by a run that was interrupted is written once more."""
    if month.stands:
        if file.exists():
            raise ArchiveExistsError(file=str(file))
        before = state_of(month)
        rows = _write(month, file)
        month = take_out(month)
        if state_of(month) != before:  # a message was undone while the file was written
            rows = _write(month, file)
    else:
        rows = _write(month, file)
    drop(month)
    return Archived(month, file, rows)


def _write(month: KeptMonth, file: Path) -> int:
    """Write a month's file, read it again, and only then give it its name; gives the number of rows."""
    schema, partial = _COLUMNS[month.table], file.with_suffix(".partial")
    written = hashlib.sha256()
    rows = 0
    partial.unlink(missing_ok=True)
    with (
        os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink,
        pq.ParquetWriter(sink, schema, compression="zstd") as writer,
    ):
        for columns, batch in rows_of(month):
            assert columns == schema.names
            writer.write_batch(_batch(schema, batch))
            _take_in(written, batch)
            rows += len(batch)
    _make_durable(partial)
    read = hashlib.sha256()
    with pq.ParquetFile(partial) as archive:
        for part in archive.iter_batches():
            _take_in(read, zip(*(column.to_pylist() for column in part.columns), strict=True))
        if archive.metadata.num_rows != rows or read.digest() != written.digest():
            raise ArchiveDiffersError(file=str(partial))
    partial.rename(file)
    _make_durable(file.parent)
    return rows


def _batch(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _take_in(digest: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    """Let a digest grow by every value of the rows."""
    for row in rows:
        plain = [value.timestamp() if isinstance(value, datetime) else value for value in row]
        digest.update(repr(plain).encode())


def _make_durable(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
