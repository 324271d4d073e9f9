"""Cases in and results out as JSON, CSV or Parquet, by the ending of the name; what cannot be read is named by its place."""

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final, NamedTuple, Protocol

import msgspec

from yibao.core.errors import YibaoError
from yibao.engines.benefits import BenefitCase, BenefitResult, CompiledPolicy

SUFFIXES: Final = (".json", ".csv", ".parquet")
_ROWS_AT_ONCE: Final = 10_000
_FIELDS: Final = frozenset(field.name for field in dataclasses.fields(BenefitCase))


class UnreadableCaseError(YibaoError):
    """A row of a file is no case: file, place in it, field and reason."""

    code: ClassVar[str] = "commands.unreadable_case"


class UnreadableCasesError(YibaoError):
    """A file holds no cases at all: it is no JSON list, no CSV or no Parquet."""

    code: ClassVar[str] = "commands.unreadable_cases"


class Placed(NamedTuple):
    """A case with its place in the file, as 'line 7' of a CSV or 'case 3' of a JSON list."""

    place: str
    case: BenefitCase


def read_cases(path: Path) -> Iterator[Placed]:
    """Read the cases of a file one by one.

    :raises UnreadableCasesError: the file cannot be read as what its name says.
    :raises UnreadableCaseError: a row has an unknown or missing field, or a value of another kind.
    """
    read: Callable[[Path], Iterator[tuple[str, Any]]] = {
        ".json": _json_rows,
        ".csv": _csv_rows,
        ".parquet": _parquet_rows,
    }[path.suffix]
    for place, row in read(path):
        yield Placed(place, _case(path, place, row, strict=path.suffix != ".csv"))


def count_cases(path: Path) -> int | None:
    """How many cases a file holds, where that is known without reading it whole."""
    if path.suffix != ".parquet":
        return None
    from pyarrow import parquet

    try:
        return int(parquet.read_metadata(path).num_rows)
    except ValueError:
        return None  # reading it will say what is wrong


def _case(path: Path, place: str, row: Any, *, strict: bool) -> BenefitCase:
    """Turn one row into a case."""

    def refuse(field: str, reason: str) -> UnreadableCaseError:
        return UnreadableCaseError(file=str(path), place=place, field=field, reason=reason)

    if not isinstance(row, dict):
        raise refuse("-", "an object with named fields was expected")
    unknown = sorted(str(name) for name in row.keys() - _FIELDS)
    if unknown:
        raise refuse(unknown[0], "there is no such field")
    if isinstance(row.get("accumulators"), str):
        try:
            row["accumulators"] = json.loads(row["accumulators"] or "{}")
        except json.JSONDecodeError as error:
            raise refuse("accumulators", f"no JSON: {error}") from None
    try:
        return msgspec.convert(row, BenefitCase, strict=strict)
    except msgspec.ValidationError as error:
        reason, _, at = str(error).partition(" - at `$.")
        missing = reason.partition("missing required field `")[2].rstrip("`")
        raise refuse(at.rstrip("`").partition("[")[0] or missing or "-", reason) from None


def _json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """The entries of a JSON list."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableCasesError(file=str(path), reason=f"no JSON: {error}") from None
    if not isinstance(rows, list):
        raise UnreadableCasesError(file=str(path), reason="a list of cases was expected")
    yield from ((f"case {number}", row) for number, row in enumerate(rows, start=1))


def _csv_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """The rows of a CSV with their lines; the first line names the fields."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, restkey="", restval=None)
        try:
            for row in reader:
                if "" in row:
                    raise UnreadableCaseError(
                        file=str(path), place=f"line {reader.line_num}", field="-", reason="more values than fields"
                    )
                yield f"line {reader.line_num}", {name: value for name, value in row.items() if value is not None}
        except (UnicodeDecodeError, csv.Error) as error:
            raise UnreadableCasesError(file=str(path), reason=f"no CSV in UTF-8: {error}") from None


def _parquet_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """The rows of a Parquet file, read a batch at a time."""
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except ValueError as error:
        raise UnreadableCasesError(file=str(path), reason=f"no Parquet file: {error}") from None
    number = 0
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            number += 1
            yield (
                f"row {number}",
                {name: dict(v) if name == "accumulators" and isinstance(v, list) else v for name, v in row.items()},
            )


@contextmanager
def results_file(path: Path, policy: CompiledPolicy) -> Iterator[Callable[[BenefitResult], None]]:
    """Take results one by one; the file is put in place when all are written, and not at all when something refuses."""
    beside = path.with_name(f".{path.name}.writing")
    kinds: dict[str, type[_Results]] = {".json": _JsonResults, ".csv": _CsvResults, ".parquet": _ParquetResults}
    try:
        with beside.open("wb") as file:
            results = kinds[path.suffix](file, policy)
            try:
                yield results.add
            finally:
                results.close()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


class _Results(Protocol):
    """A kind of file that takes results."""

    def __init__(self, file: BinaryIO, policy: CompiledPolicy) -> None: ...

    def add(self, result: BenefitResult) -> None:
        """Write one result, or keep it until more have come."""

    def close(self) -> None:
        """Write what is left; the file itself is closed by who opened it."""


class _JsonResults:
    """A JSON list: every result with its steps and the sentences that explain it."""

    def __init__(self, file: BinaryIO, policy: CompiledPolicy) -> None:
        self._policy, self._file, self._between = policy, file, "[\n"

    def add(self, result: BenefitResult) -> None:
        """Write one result."""
        content = json.dumps(_explained(self._policy, result), ensure_ascii=False, indent=2)
        self._file.write((self._between + content).encode())
        self._between = ",\n"

    def close(self) -> None:
        """End the list."""
        self._file.write(b"[]\n" if self._between == "[\n" else b"\n]\n")


class _CsvResults:
    """A table with one column for each amount and each fund of the policy."""

    def __init__(self, file: BinaryIO, policy: CompiledPolicy) -> None:
        self._policy, self._text = policy, io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._rows = csv.DictWriter(self._text, _columns(policy))
        self._rows.writeheader()

    def add(self, result: BenefitResult) -> None:
        """Write one result."""
        self._rows.writerow(_flat(self._policy, result))

    def close(self) -> None:
        """Leave the file to who opened it."""
        self._text.detach()


class _ParquetResults:
    """The same table as Parquet."""

    def __init__(self, file: BinaryIO, policy: CompiledPolicy) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        text = ("policy_id", "accumulator_changes")
        self._schema = pa.schema([(name, pa.string() if name in text else pa.int64()) for name in _columns(policy)])
        self._policy, self._file = policy, parquet.ParquetWriter(file, self._schema)
        self._rows: list[dict[str, Any]] = []

    def add(self, result: BenefitResult) -> None:
        """Take one result, and write when enough have come together."""
        self._rows.append(_flat(self._policy, result))
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        import pyarrow as pa

        self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


_AMOUNTS: Final = ("deductible_fen", "fund_fen", "person_fen", "account_fen", "cash_fen", "hospital_fen")


def _columns(policy: CompiledPolicy) -> list[str]:
    """The columns of a table of results."""
    return ["policy_id", *_AMOUNTS, *(f"fund_{code}_fen" for code in policy.funds), "accumulator_changes"]


def _flat(policy: CompiledPolicy, result: BenefitResult) -> dict[str, Any]:
    """Write a result as one row: every fund of the policy has a column."""
    paid = dict(result.funds)
    return {
        "policy_id": result.policy_id,
        **{name: getattr(result, name) for name in _AMOUNTS},
        **{f"fund_{code}_fen": paid.get(code, 0) for code in policy.funds},
        "accumulator_changes": json.dumps(dict(result.accumulator_changes)),
    }


def _explained(policy: CompiledPolicy, result: BenefitResult) -> dict[str, Any]:
    """Write a result with its trace and its sentences."""
    from yibao.policies import explain, steps_to_plain

    steps = steps_to_plain(result.steps)
    return {
        "policy_id": result.policy_id,
        "funds": dict(result.funds),
        **{name: getattr(result, name) for name in _AMOUNTS},
        "accumulator_changes": dict(result.accumulator_changes),
        "steps": steps,
        "explanation": {"zh": explain(policy, steps, "zh"), "en": explain(policy, steps, "en")},
    }
