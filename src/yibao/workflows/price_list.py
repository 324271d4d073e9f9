"""Price the lines of a settlement list (费用清单) that somebody brings along: split by the catalogue, nothing kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.catalogue.queries import LineCoverage, ask_for_coverage, coverage_of
from yibao.engines.pricing import InconsistentAmountError, LineSplit, line_amount_fen, split_line
from yibao.workflows.upload_fees import (
    TOLERANCE_FEN,
    ExpiredItemError,
    NegativeLineError,
    UncoveredItemError,
    UnlistedItemError,
)

MOST_LINES: Final = 500
"""A longer list is refused: our default, several times the longest list of a stay that a person types or pastes."""


class TooManyLinesError(YibaoError):
    """The list has more lines than are priced at once, or none."""

    code: ClassVar[str] = "estimate.too_many_lines"


class RefusedLinesError(YibaoError):
    """Lines of the list cannot be priced: `problems` holds the line's number in the list and the reason of each."""

    code: ClassVar[str] = "estimate.refused_lines"

    def __init__(self, problems: Sequence[tuple[int, YibaoError]]) -> None:
        """Keep the problems in the order of the list."""
        self.problems = tuple(problems)
        super().__init__(count=len(self.problems), lines=", ".join(str(number) for number, _ in self.problems))


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line as it stands in the list; `number` is its place there. Without an amount it is quantity times price."""

    number: int
    item_code: str
    quantity_e4: int
    price_e6: int
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with what the catalogue says of its item, and its four parts in fen."""

    line: ListedLine
    item_name: str
    item_class: str
    amount_fen: int
    parts: LineSplit


def price_list(
    lines: Sequence[ListedLine], *, region: str, scheme: str, level: str, on: date
) -> tuple[PricedLine, ...]:
    """Split each line as an upload of a hospital of that level would be split on that day.

    :raises TooManyLinesError: the list is empty or longer than `MOST_LINES`.
    :raises RefusedLinesError: with every line that cannot be priced.
    """
    if not 1 <= len(lines) <= MOST_LINES:
        raise TooManyLinesError(count=len(lines), most=MOST_LINES)
    with storage.reading() as raw:
        rows = ask_for_coverage(
            raw,
            codes=[line.item_code for line in lines],
            days=[on] * len(lines),
            region=region,
            scheme=scheme,
            level=level,
        )
        covered = coverage_of(rows)
    problems = [
        (line.number, problem)
        for line, coverage in zip(lines, covered, strict=True)
        for problem in _problems(line, coverage, on)
    ]
    if problems:
        raise RefusedLinesError(problems)
    return tuple(_priced(line, coverage) for line, coverage in zip(lines, covered, strict=True))


def _problems(line: ListedLine, coverage: LineCoverage, on: date) -> Iterator[YibaoError]:
    """Say what is wrong with a line, at most one thing: figures first, then the item."""
    field, item = f"line {line.number}", line.item_code
    if line.quantity_e4 <= 0 or line.price_e6 < 0 or (line.amount_fen or 0) < 0:
        yield NegativeLineError(field=field, line=line.number)
        return
    expected_fen = line_amount_fen(quantity_e4=line.quantity_e4, price_e6=line.price_e6)
    if line.amount_fen is not None and abs(expected_fen - line.amount_fen) > TOLERANCE_FEN:
        yield InconsistentAmountError(
            field=field, line=line.number, sent_fen=line.amount_fen, expected_fen=expected_fen
        )
    elif coverage.item_code is None:
        yield UnlistedItemError(field=field, item=item)
    elif not _is_valid(coverage, on):
        yield ExpiredItemError(field=field, item=item, day=on)
    elif coverage.item_class is None or coverage.self_pay_first_ppm is None:
        yield UncoveredItemError(field=field, item=item, day=on)


def _is_valid(coverage: LineCoverage, on: date) -> bool:
    """Whether the item stands in the national catalogue on the day."""
    begun = coverage.valid_from is not None and coverage.valid_from <= on
    return begun and (coverage.valid_until is None or on < coverage.valid_until)


def _priced(line: ListedLine, coverage: LineCoverage) -> PricedLine:
    """Split a line whose item is covered."""
    assert coverage.item_class is not None
    assert coverage.self_pay_first_ppm is not None
    amount_fen = line.amount_fen
    if amount_fen is None:
        amount_fen = line_amount_fen(quantity_e4=line.quantity_e4, price_e6=line.price_e6)
    parts = split_line(
        amount_fen=amount_fen,
        quantity_e4=line.quantity_e4,
        price_e6=line.price_e6,
        item_class=coverage.item_class,
        self_pay_first_ppm=coverage.self_pay_first_ppm,
        ceiling_price_e6=coverage.ceiling_price_e6,
    )
    return PricedLine(line, coverage.item_name or "", coverage.item_class, amount_fen, parts)
