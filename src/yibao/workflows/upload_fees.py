"""Keep an upload of fee lines (2204, 2301): each priced against the catalogue of its day and split into its parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.agreements.agreed_prices import ask_for_excess, refuse_excess
from yibao.domains.catalogue.queries import LineCoverage, ask_for_coverage, coverage_of
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.queries import ask_whether_batch_settled
from yibao.domains.storage import Raw, Rows, ask
from yibao.domains.visits.operations import NewLine, keep_lines
from yibao.domains.visits.queries import VisitToChange
from yibao.engines.pricing import InconsistentAmountError, line_amount_fen, split_line
from yibao.policies.interregional import interregional_on
from yibao.workflows.change_visit import AlreadyDischargedError, AskedVisit, VisitChange, ask_visit, visit_to_change
from yibao.workflows.check_internet_lines import check_uploaded_lines, never_paid_marks
from yibao.workflows.exactly_once import Outcome, Step

TOLERANCE_FEN = 1
"""A line's amount may differ from quantity times price by this much (clients round differently): our default."""

REFUSED_BY_HOSPITAL = "2"


class UnlistedItemError(YibaoError):
    """No item of the catalogue has this code (目录编码不存在)."""

    code: ClassVar[str] = "visits.unlisted_item"


class ExpiredItemError(YibaoError):
    """The item was not valid on the day of the line (目录编码已失效)."""

    code: ClassVar[str] = "catalogue.expired_item"


class UncoveredItemError(YibaoError):
    """The catalogue does not say how the scheme covers the item on that day."""

    code: ClassVar[str] = "catalogue.uncovered_item"


class NegativeLineError(YibaoError):
    """A quantity is not positive, or a price or an amount is negative (金额或数量为负)."""

    code: ClassVar[str] = "visits.negative_line"


class LineNumberReusedError(YibaoError):
    """A line of this number stands in the visit, or twice in the upload (费用明细流水号重复)."""

    code: ClassVar[str] = "visits.line_number_reused"


class BatchSettledError(YibaoError):
    """The charge batch is settled; it takes no further lines (收费批次已结算)."""

    code: ClassVar[str] = "visits.batch_settled"


class LineOutsideVisitError(YibaoError):
    """The line occurred before the visit began or after now."""

    code: ClassVar[str] = "visits.line_outside_visit"


class MixedUploadError(YibaoError):
    """An upload brings the lines of one person, one visit and one charge batch."""

    code: ClassVar[str] = "visits.mixed_upload"


@dataclass(frozen=True, slots=True)
class WishedLine:
    """One line as the institution sends it."""

    number: str
    item_code: str
    item_name: str
    quantity_e4: int
    price_e6: int
    amount_fen: int
    approval: str | None
    department_code: str
    physician_code: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line as it was kept, with what the answer says of its item."""

    line: NewLine
    is_essential: bool
    is_negotiated: bool


def upload_step(
    change: VisitChange, *, care_region: str, batch_number: str, lines: Sequence[WishedLine]
) -> Step[AskedVisit, list[KeptLine]]:
    """The change that keeps an upload; the answer is the split of every line, by the catalogue of the place of care.

    :raises NegativeLineError, InconsistentAmountError, UnlistedItemError, ExpiredItemError, UncoveredItemError,
        LineNumberReusedError, BatchSettledError, LineOutsideVisitError, AlreadyDischargedError, AboveAgreedPriceError,
        InternetRefusedError: nothing was changed.
    """
    for place, wished in enumerate(lines):
        _check_amounts(place, wished)

    def act(raw: Raw, person: LockedPerson | None, asked: AskedVisit) -> Outcome[list[KeptLine]]:
        assert person is not None
        visit = visit_to_change(change, person, asked)
        if visit.state == "discharged":
            raise AlreadyDischargedError(visit_id=visit.id)
        covered = ask_for_coverage(
            raw,
            codes=[line.item_code for line in lines],
            days=[localdate(line.occurred_at) for line in lines],
            region=_catalogue_region(visit.region, care_region, localdate(visit.began_at)),
            scheme=visit.scheme,
            level=visit.level,
            marked_in=visit.region,
        )
        excess = _ask_for_excess(raw, visit, lines) if visit.is_private else None
        settled = ask_whether_batch_settled(raw, visit_id=visit.id, batch_number=batch_number)
        taken = _ask_for_numbers(raw, visit.id, lines)
        if settled.fetchone() is not None:
            raise BatchSettledError(batch=batch_number)
        _refuse_reused_numbers(lines, taken)
        if excess is not None:
            refuse_excess(
                excess, lines={place: (line.number, line.item_code) for place, line in enumerate(lines)}
            )  # fmt: skip
        kept = [
            _keep(place, line, coverage, began_at=visit.began_at, now=change.at, region=visit.region)
            for place, (line, coverage) in enumerate(zip(lines, coverage_of(covered), strict=True))
        ]
        made = [each.line for each in kept]
        check_uploaded_lines(
            raw,
            made,
            visit_id=visit.id,
            care_region=care_region,
            medical_type=visit.medical_type,
            began_at=visit.began_at,
        )
        keep_lines(raw, visit_id=visit.id, batch_number=batch_number, lines=made)
        return Outcome(kept, visit.id)

    return Step(lambda raw: ask_visit(raw, change), act)


def _ask_for_excess(raw: Raw, visit: VisitToChange, lines: Sequence[WishedLine]) -> Rows:
    """Ask which lines cost more than the service agreement of an institution that is not public allows."""
    return ask_for_excess(
        raw, institution_id=visit.institution_id, codes=[line.item_code for line in lines],
        prices_e6=[line.price_e6 for line in lines], days=[localdate(line.occurred_at) for line in lines],
    )  # fmt: skip


def _catalogue_region(region: str, care_region: str, on: date) -> str:
    """Whose catalogue and ceiling prices split the lines of a visit that began on a day (就医地目录)."""
    if region == care_region:
        return region
    return care_region if interregional_on(on).catalogue_of_care else region


def _check_amounts(place: int, line: WishedLine) -> None:
    """Refuse negative figures, and an amount that is not quantity times price."""
    if line.quantity_e4 <= 0 or line.price_e6 < 0 or line.amount_fen < 0:
        raise NegativeLineError(field=f"feedetail[{place}]", line=line.number)
    expected_fen = line_amount_fen(quantity_e4=line.quantity_e4, price_e6=line.price_e6)
    if abs(expected_fen - line.amount_fen) > TOLERANCE_FEN:
        raise InconsistentAmountError(
            field=f"feedetail[{place}].det_item_fee_sumamt",
            line=line.number,
            sent_fen=line.amount_fen,
            expected_fen=expected_fen,
        )


def _ask_for_numbers(raw: Raw, visit_id: int, lines: Sequence[WishedLine]) -> Rows:
    """Ask which of the upload's line numbers stand in the visit."""
    return ask(
        raw,
        "SELECT number FROM visits_feeline WHERE visit_id = %s AND number = ANY (%s::text[]) AND withdrawn_at IS NULL",
        (visit_id, [line.number for line in lines]),
    )


def _refuse_reused_numbers(lines: Sequence[WishedLine], taken: Rows) -> None:
    """Refuse a number that stands in the visit or comes twice."""
    seen = {row[0] for row in taken.fetchall()}
    for place, line in enumerate(lines):
        if line.number in seen:
            raise LineNumberReusedError(field=f"feedetail[{place}].feedetl_sn", line=line.number)
        seen.add(line.number)


def _keep(
    place: int, wished: WishedLine, coverage: LineCoverage, *, began_at: datetime, now: datetime, region: str
) -> KeptLine:
    """Split one line by what the catalogue says of its item on its day; the fund never pays what is marked so."""
    field = f"feedetail[{place}].med_list_codg"
    day = localdate(wished.occurred_at)
    if day < localdate(began_at) or wished.occurred_at > now:
        raise LineOutsideVisitError(field=f"feedetail[{place}].fee_ocur_time", line=wished.number)
    if coverage.item_code is None:
        raise UnlistedItemError(field=field, item=wished.item_code)
    assert coverage.valid_from is not None
    if day < coverage.valid_from or (coverage.valid_until is not None and day >= coverage.valid_until):
        raise ExpiredItemError(field=field, item=wished.item_code, day=day)
    if coverage.item_class is None or coverage.self_pay_first_ppm is None:
        raise UncoveredItemError(field=field, item=wished.item_code, day=day)
    item_class, ratio = coverage.item_class, coverage.self_pay_first_ppm
    is_unpaid = coverage.mark is not None and coverage.mark in never_paid_marks(region, day)
    if wished.approval == REFUSED_BY_HOSPITAL or is_unpaid:
        item_class, ratio = "03", 1_000_000
    split = split_line(
        amount_fen=wished.amount_fen,
        quantity_e4=wished.quantity_e4,
        price_e6=wished.price_e6,
        item_class=item_class,
        self_pay_first_ppm=ratio,
        ceiling_price_e6=coverage.ceiling_price_e6,
    )
    line = NewLine(
        number=wished.number,
        item_code=wished.item_code,
        item_name=coverage.item_name or wished.item_name,
        item_class=item_class,
        charge_category=coverage.charge_category or "14",
        quantity_e4=wished.quantity_e4,
        price_e6=wished.price_e6,
        ceiling_price_e6=coverage.ceiling_price_e6,
        self_pay_first_ppm=ratio,
        amount_fen=wished.amount_fen,
        full_self_pay_fen=split.full_self_pay_fen,
        over_ceiling_fen=split.over_ceiling_fen,
        self_pay_first_fen=split.self_pay_first_fen,
        in_scope_fen=split.in_scope_fen,
        department_code=wished.department_code,
        physician_code=wished.physician_code,
        occurred_at=wished.occurred_at,
        mark=None if wished.approval == REFUSED_BY_HOSPITAL else coverage.mark,
    )
    return KeptLine(line, bool(coverage.is_essential), bool(coverage.is_negotiated))
