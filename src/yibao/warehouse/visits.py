"""Visits as the simulator reads them: one row each in Parquet, a person's visits together and in order of time.

Files are read in chunks that never part a person's year, so that memory is bounded by the chunk and not by the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yibao.core.errors import YibaoError

CHUNK_ROWS: Final = 500_000
"""Visits read at once; with two laws and all their layers a chunk takes about 150 MB."""

_TEXT = pa.dictionary(pa.int32(), pa.string())
TEXTS: Final = ("scheme", "care", "level", "place", "status", "aid", "plan", "disease")
AMOUNTS: Final = ("total_fen", "full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen")
"""In the order of the kernel: the total and its four parts."""
VISITS: Final = pa.schema([
    ("person_id", pa.int64()), ("benefit_year", pa.int16()), ("began_on", pa.date32()),
    *((name, _TEXT) for name in TEXTS), ("age", pa.int16()), ("tenure", pa.int16()), ("institution_id", pa.int64()),
    ("account_used", pa.bool_()), ("account_balance_fen", pa.int64()), ("earned_raise_fen", pa.int64()),
    *((name, pa.int64()) for name in AMOUNTS),
])  # fmt: skip
"""`account_balance_fen` is the person's balance before the first visit of the year, the same in all rows of that year;
so is `earned_raise_fen`, by how much the person's own years raise a cap that the law lets them raise, before its ceiling."""
DEFAULTS: Final[Mapping[str, Any]] = {
    "place": "local", "aid": "none", "plan": "none", "disease": "none", "tenure": 0, "account_used": False,
    "account_balance_fen": 0, "earned_raise_fen": 0,
}  # fmt: skip
"""What a column that a file does not have is taken for; all others must be there."""

Integers = NDArray[np.int64]


class UnreadableVisitsError(YibaoError):
    """A file is no Parquet, or lacks a column, or a column has another kind of values or gaps."""

    code: ClassVar[str] = "warehouse.unreadable_visits"


class NotInPersonOrderError(YibaoError):
    """The visits of a person and year do not stand together in order of time; `sorted_copy` puts them so."""

    code: ClassVar[str] = "warehouse.not_in_person_order"


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as names and, for each row, the place of its name; (n,) int64."""

    names: tuple[Any, ...]
    codes: Integers


@dataclass(frozen=True, slots=True)
class Visits:
    """The columns of n visits of P persons' years, each person's year whole.

    `starts` is (P + 1,) and says where each person's year begins; `person` is (n,) and names the year of each visit from
    0. `amounts` is (5, n) in fen in the order of AMOUNTS, `balances` and `earned_raises` (P,). `month` counts from 0 within the calendar year.
    `rows` are the places in the file.
    """

    file: Path
    rows: Integers
    starts: Integers
    person: Integers
    texts: Mapping[str, Coded]
    institutions: Coded
    age: Integers
    tenure: Integers
    month: Integers
    account_used: NDArray[np.bool_]
    amounts: Integers
    balances: Integers
    earned_raises: Integers


def files_of(place: Path) -> list[Path]:
    """The Parquet files that a place stands for: the file itself, or all of a folder by name.

    :raises UnreadableVisitsError: there are none.
    """
    found = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
    if not found or not found[0].is_file():
        raise UnreadableVisitsError(file=str(place), column="-", reason="there is no Parquet file")
    return found


def count_visits(files: Sequence[Path]) -> int:
    """How many visits files hold, from their footers alone."""
    return sum(_open(path).metadata.num_rows for path in files)


def read_visits(files: Sequence[Path], *, scheme: str | None = None, rows: int = CHUNK_ROWS) -> Iterator[Visits]:
    """Read the visits of one scheme, or of all, chunk by chunk; a person's year is never parted.

    :raises UnreadableVisitsError, NotInPersonOrderError: with file, column or row, and reason.
    """
    last: tuple[int, int] | None = None
    for path in files:
        for first_row, table in _whole_persons(path, rows):
            last = _check_order(path, table, first_row, last)
            yield _visits(path, table, first_row, scheme)


def _whole_persons(path: Path, rows: int) -> Iterator[tuple[int, pa.Table]]:
    """Read a file piece by piece; the last person of a piece waits for the next one."""
    held: pa.Table | None = None
    first_row = 0
    for batch in _open(path).iter_batches(batch_size=rows, columns=_columns(path)):
        table = pa.Table.from_batches([batch])
        table = pa.concat_tables([held, table]).unify_dictionaries() if held is not None else table
        cut = _last_person_begins(table)
        if cut:
            yield first_row, table.slice(0, cut).combine_chunks()
        held, first_row = table.slice(cut), first_row + cut
    if held is not None and held.num_rows:
        yield first_row, held.combine_chunks()


def sorted_copy(files: Sequence[Path], target: Path) -> Path:
    """Write the visits of some files into one, in the order in which they can be read; what memory cannot hold goes to disk."""
    engine = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(target.parent)})
    visits = engine.read_parquet([str(path) for path in files])
    visits.order("person_id, benefit_year, began_on").write_parquet(str(target), compression="zstd")
    engine.close()
    return target


def _open(path: Path) -> pq.ParquetFile:
    """Open a file."""
    try:
        named = set(pq.read_schema(path).names)
        return pq.ParquetFile(path, read_dictionary=[name for name in TEXTS if name in named])
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableVisitsError(file=str(path), column="-", reason=str(error)) from None


def _columns(path: Path) -> list[str]:
    """The columns to be read; those without a default must be there, with integers for amounts."""
    schema = _open(path).schema_arrow
    for name in VISITS.names:
        if name not in schema.names:
            if name not in DEFAULTS and name != "scheme":
                raise UnreadableVisitsError(file=str(path), column=name, reason="the column is missing")
        elif name not in TEXTS and not _fits(schema.field(name).type, VISITS.field(name).type):
            kind = schema.field(name).type
            raise UnreadableVisitsError(
                file=str(path), column=name, reason=f"{kind} instead of {VISITS.field(name).type}"
            )
    return [name for name in VISITS.names if name in schema.names]


def _fits(kind: pa.DataType, wanted: pa.DataType) -> bool:
    """Say whether values of a kind can be read as what is wanted without loss."""
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(kind))
    return bool(kind == wanted or (pa.types.is_date(wanted) and pa.types.is_date(kind)))


def _last_person_begins(table: pa.Table) -> int:
    """Where the last person's rows begin: what comes before is whole."""
    person = table.column("person_id").to_numpy()
    changes = np.flatnonzero(person[1:] != person[:-1])
    return int(changes[-1]) + 1 if len(changes) else 0


def _visits(path: Path, table: pa.Table, first_row: int, scheme: str | None) -> Visits:
    """Turn rows into columns of numbers."""
    rows = np.arange(first_row, first_row + table.num_rows, dtype=np.int64)
    if scheme is not None and "scheme" in table.column_names:
        mask = pc.equal(table.column("scheme").cast(pa.string()), scheme)
        if not pc.all(mask).as_py():
            table, rows = table.filter(mask).combine_chunks(), rows[mask.to_numpy()]
    count = table.num_rows

    def numbers(name: str) -> Any:
        if name not in table.column_names:
            return np.full(count, DEFAULTS[name])
        column = table.column(name)
        if column.null_count:
            raise UnreadableVisitsError(file=str(path), column=name, reason=f"{column.null_count} rows have no value")
        return column.to_numpy()

    person, year = numbers("person_id"), numbers("benefit_year")
    begins = np.ones(count, bool)
    begins[1:] = (person[1:] != person[:-1]) | (year[1:] != year[:-1])
    firsts = np.flatnonzero(begins)
    amounts = np.stack([numbers(name).astype(np.int64, copy=False) for name in AMOUNTS])
    return Visits(
        file=path,
        rows=rows,
        starts=np.append(firsts, count).astype(np.int64),
        person=np.cumsum(begins, dtype=np.int64) - 1,
        texts={name: _coded(path, table, name) for name in TEXTS if name != "scheme"},
        institutions=_coded(path, table, "institution_id"),
        age=numbers("age").astype(np.int64),
        tenure=numbers("tenure").astype(np.int64),
        month=numbers("began_on").astype("datetime64[M]").astype(np.int64) % 12,
        account_used=numbers("account_used").astype(bool),
        amounts=amounts,
        balances=numbers("account_balance_fen").astype(np.int64)[firsts],
        earned_raises=numbers("earned_raise_fen").astype(np.int64)[firsts],
    )


def _coded(path: Path, table: pa.Table, name: str) -> Coded:
    """A column as names and codes."""
    if name not in table.column_names:
        return Coded((DEFAULTS[name],), np.zeros(table.num_rows, np.int64))
    column = table.column(name)
    if column.null_count:
        raise UnreadableVisitsError(file=str(path), column=name, reason=f"{column.null_count} rows have no value")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.num_chunks == 0:
        return Coded((), np.zeros(0, np.int64))
    array = column.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    return Coded(tuple(array.dictionary.to_pylist()), array.indices.to_numpy().astype(np.int64))


def _check_order(path: Path, table: pa.Table, first_row: int, last: tuple[int, int] | None) -> tuple[int, int]:
    """Refuse rows that are out of order; gives the last person and year seen."""
    person = table.column("person_id").to_numpy()
    year = table.column("benefit_year").to_numpy().astype(np.int64)
    day = table.column("began_on").to_numpy().astype("datetime64[D]").astype(np.int64)
    same_person = person[1:] == person[:-1]
    same_year = same_person & (year[1:] == year[:-1])
    falls = (person[1:] < person[:-1]) | (same_person & (year[1:] < year[:-1])) | (same_year & (day[1:] < day[:-1]))
    if falls.any() or (last is not None and (int(person[0]), int(year[0])) <= last):
        raise NotInPersonOrderError(file=str(path), row=first_row + (int(np.argmax(falls)) + 1 if falls.any() else 0))
    return int(person[-1]), int(year[-1])
