"""Reimburse by hand: type the bill, try it by the law, check, decide; the approval is a settlement like any other.

The trial and the approval are one walk through `settle_visit`: a visit is recorded from the paper, its lines are priced against the
catalogue of the region of insurance, the kernel decides under the person's lock. The trial undoes what it wrote.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.catalogue.queries import LineCoverage, ask_for_coverage, coverage_of
from yibao.domains.claims.models import Application
from yibao.domains.claims.operations import Act, check, decide, locked_application, take
from yibao.domains.claims.states import State, Step, WrongStateError
from yibao.domains.enrolment.queries import ask_for_entitlements, entitlements_of
from yibao.domains.people.models import Voucher
from yibao.domains.people.queries import LockedPerson, ask_for_lock, locked_person
from yibao.domains.reimbursement.models import BillLine, Calculation, Reimbursement
from yibao.domains.reimbursement.operations import (
    TypedLine,
    enter_lines,
    keep_calculation,
    refuse_line,
    settle_case,
    withdraw_line,
)
from yibao.domains.reimbursement.queries import bill_digest, case_of, latest_calculation, standing_lines
from yibao.domains.settlement.operations import BY_HAND
from yibao.domains.storage import Raw, write_together
from yibao.domains.visits.operations import NewLine, NewVisit, keep_lines, record_past_visit
from yibao.engines.pricing import InconsistentAmountError, line_amount_fen, split_line
from yibao.workflows.check_reimbursement import checks_of
from yibao.workflows.exactly_once import Request
from yibao.workflows.settle_visit import NotInsuredError, Settled, SettlementWish, settlement_step
from yibao.workflows.upload_fees import TOLERANCE_FEN, ExpiredItemError, UncoveredItemError, UnlistedItemError

KIND: Final = Application.Kind.BY_HAND
MEDICAL_TYPES: Final = {"outpatient": "11", "inpatient": "21", "pharmacy": "41"}
"""Medical category (med_type) by kind of care: ordinary outpatient, ordinary inpatient, purchase in a pharmacy."""
_BATCH: Final = "1"
_OUT_OF_CATALOGUE: Final = "03"
_OTHER_CHARGES: Final = "14"
_WHOLE_PPM: Final = 1_000_000


class NothingBilledError(YibaoError):
    """No line of the bill stands."""

    code: ClassVar[str] = "reimbursement.empty_bill"


class BillLineOutsideCareError(YibaoError):
    """A line of the bill lies outside the days of care."""

    code: ClassVar[str] = "reimbursement.line_outside_care"


class NoVoucherError(YibaoError):
    """The register knows no voucher of the person, so the identity shown cannot be noted."""

    code: ClassVar[str] = "reimbursement.no_voucher"


class NotCalculatedError(YibaoError):
    """The bill was changed after it was calculated, or never calculated."""

    code: ClassVar[str] = "reimbursement.not_calculated"


class CalculationChangedError(YibaoError):
    """What the law gives today is not what was checked: something was settled or changed meanwhile; check again."""

    code: ClassVar[str] = "reimbursement.calculation_changed"


@dataclass(frozen=True, slots=True)
class _Walked:
    """What a walk gave, with the visit it recorded."""

    settled: Settled
    visit_id: int


class _Undone(Exception):  # noqa: N818  # no error: it carries the result of a trial out of what is undone
    def __init__(self, walked: _Walked) -> None:
        self.walked = walked
        super().__init__()


def type_bill(application_id: int, lines: Sequence[TypedLine], act: Act) -> list[BillLine]:
    """Enter lines of the paper bill.

    :raises InconsistentAmountError: an amount is not quantity times price.
    :raises BillLineOutsideCareError: a line's day is not within the care.
    :raises UnlistedItemError: a code is given that the catalogue does not know.
    """
    with transaction.atomic():
        case = _locked_case(application_id, act)
        for place, line in enumerate(lines, 1):
            _check_line(place, line, case)
        return enter_lines(case, lines, act)


def _check_line(place: int, line: TypedLine, case: Reimbursement) -> None:
    """Refuse a line that cannot be right."""
    expected_fen = line_amount_fen(quantity_e4=line.quantity_e4, price_e6=line.price_e6)
    if abs(expected_fen - line.amount_fen) > TOLERANCE_FEN:
        raise InconsistentAmountError(
            field=f"lines[{place}]", line=place, sent_fen=line.amount_fen, expected_fen=expected_fen
        )
    if not case.began_on <= line.occurred_on <= case.ended_on:
        raise BillLineOutsideCareError(line=place, day=line.occurred_on)
    if line.item_code:
        with storage.reading() as raw:
            found = _ask_for_coverage(raw, case, [line.item_code], [line.occurred_on])
            coverage = coverage_of(found)[0]
        _check_coverage(line.item_code, line.occurred_on, coverage, place)


def _ask_for_coverage(raw: Raw, case: Reimbursement, codes: list[str], days: list[date]) -> storage.Rows:
    """Ask how the region of insurance covers items at the level of this institution."""
    return ask_for_coverage(
        raw, codes=codes, days=days, region=case.application.region_id, scheme=case.scheme, level=case.institution.level
    )


def _check_coverage(code: str, day: date, coverage: LineCoverage, place: int) -> None:
    """Refuse an item that the catalogue of the day does not know or does not decide about."""
    field = f"lines[{place}]"
    if coverage.item_code is None:
        raise UnlistedItemError(field=field, item=code)
    assert coverage.valid_from is not None
    if day < coverage.valid_from or (coverage.valid_until is not None and day >= coverage.valid_until):
        raise ExpiredItemError(field=field, item=code, day=day)
    if coverage.item_class is None or coverage.self_pay_first_ppm is None:
        raise UncoveredItemError(field=field, item=code, day=day)


def withdraw_typed_line(application_id: int, line_id: int, act: Act) -> None:
    """Withdraw a line that was typed wrong."""
    with transaction.atomic():
        withdraw_line(_locked_case(application_id, act), line_id, act)


def refuse_typed_line(application_id: int, line_id: int, act: Act) -> None:
    """Refuse a line by the article in `act`; without one it counts again."""
    with transaction.atomic():
        refuse_line(_locked_case(application_id, act), line_id, article=act.article)


def calculate(application_id: int, act: Act) -> Calculation:
    """Try the bill by the law of its day and keep the result with the checks; nothing else is written.

    :raises NothingBilledError, NotInsuredError, NoVoucherError: the bill cannot be settled.
    """
    with transaction.atomic():
        person, case = _locked_person_and_case(application_id, act)
        if case.application.state != State.ACCEPTED:
            raise WrongStateError(state=case.application.state, step=str(Step.CHECK.value))
        lines = standing_lines(case)
        walked = _try(person, case, lines, act)
        return keep_calculation(
            case,
            bill_digest=bill_digest(lines),
            checks=[each.to_plain() for each in checks_of(case, lines)],
            columns=columns_of(walked.settled),
            act=act,
        )


def check_case(application_id: int, act: Act) -> Application:
    """Record that the officer checked the case as it was calculated.

    :raises NotCalculatedError: the bill is not the one that was calculated.
    """
    with transaction.atomic():
        case = _locked_case(application_id, act)
        _calculation_of(case)
        return check(case.application, act)


def send_back(application_id: int, act: Act) -> Application:
    """Send a checked case back to be worked on."""
    with transaction.atomic():
        case = _locked_case(application_id, act)
        return take(case.application, Step.SEND_BACK, act, checked_by=None)


def approve(application_id: int, act: Act) -> Application:
    """Approve a checked case: visit, lines, settlement, accumulators and ledger are written, exactly as was checked.

    :raises yibao.domains.claims.operations.SameOfficerError: the officer checked it.
    :raises CalculationChangedError: the law gives something else than what was checked.
    """
    with transaction.atomic():
        person, case = _locked_person_and_case(application_id, act)
        if case.application.state != State.CHECKED:
            raise WrongStateError(state=case.application.state, step=str(Step.APPROVE.value))
        checked = _calculation_of(case)
        with storage.transaction() as raw:
            walked = _walk(raw, person, case, standing_lines(case), act)
            _refuse_difference(checked, walked.settled)
        step = Step.APPROVE if walked.settled.result.fund_fen else Step.APPROVE_NOTHING
        settle_case(case, settlement_id=walked.settled.settlement.id)
        return decide(case.application, step, act)


def refuse(application_id: int, act: Act) -> Application:
    """Refuse a checked case by an article; its invoices may be brought again.

    :raises yibao.domains.claims.operations.SameOfficerError: the officer checked it.
    :raises yibao.domains.claims.operations.ArticleMissingError: no article is named.
    """
    with transaction.atomic():
        return decide(_locked_case(application_id, act).application, Step.REFUSE, act)


def withdraw(application_id: int, act: Act) -> Application:
    """Record that the applicant withdrew, before the decision."""
    with transaction.atomic():
        return take(_locked_case(application_id, act).application, Step.WITHDRAW, act)


def _locked_case(application_id: int, act: Act) -> Reimbursement:
    """The case of the officer's region, its application locked."""
    return case_of(locked_application(application_id=application_id, region=act.member.region_id, kind=KIND))


def _locked_person_and_case(application_id: int, act: Act) -> tuple[LockedPerson, Reimbursement]:
    """Person first, then application: the one order in which rows are locked."""
    number = Application.objects.filter(pk=application_id).values_list("person__number", flat=True).first()
    with storage.transaction() as raw:
        person = locked_person(ask_for_lock(raw, number=number or ""))
    case = _locked_case(application_id, act)
    assert person is not None
    return person, case


def _calculation_of(case: Reimbursement) -> Calculation:
    """The calculation of the bill as it stands."""
    found = latest_calculation(case)
    if found is None or found.bill_digest != bill_digest(standing_lines(case)):
        raise NotCalculatedError(application=case.application_id)
    return found


def _refuse_difference(checked: Calculation, settled: Settled) -> None:
    """Refuse to approve anything but what was checked; the trace may differ in nothing either."""
    now = json.loads(json.dumps(columns_of(settled)))
    different = [name for name, value in now.items() if getattr(checked, name) != value]
    if different:
        raise CalculationChangedError(checked_fen=checked.fund_fen, now_fen=settled.result.fund_fen)


def columns_of(settled: Settled) -> dict[str, Any]:
    """The columns that calculation and settlement share, as plain values."""
    row = settled.settlement
    names = (
        "total_fen", "full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen", "deductible_fen",
        "fund_fen", "person_fen", "hospital_fen", "policy", "trace",
    )  # fmt: skip
    columns = {name: getattr(row, name) for name in names}
    return columns | {
        "fund_codes": list(row.fund_codes),
        "fund_amounts_fen": list(row.fund_amounts_fen),
        "accumulator_changes": dict(row.accumulator_changes),
    }


def _try(person: LockedPerson, case: Reimbursement, lines: Sequence[BillLine], act: Act) -> _Walked:
    """Walk, and undo what was written."""
    try:
        with storage.transaction() as raw:
            raise _Undone(_walk(raw, person, case, lines, act))  # noqa: TRY301  # what undoes the savepoint
    except _Undone as undone:
        return undone.walked


def _walk(raw: Raw, person: LockedPerson, case: Reimbursement, lines: Sequence[BillLine], act: Act) -> _Walked:
    """Record the visit with its lines and settle it; all that a settlement writes is written."""
    if not lines:
        raise NothingBilledError(application=case.application_id)
    voucher = Voucher.objects.filter(person_id=person.id).order_by("pk").first()
    if voucher is None:
        raise NoVoucherError(person=person.number)
    covered = coverage_of(
        _ask_for_coverage(raw, case, [line.item_code for line in lines], [line.occurred_on for line in lines])
    )
    priced = [
        _priced(place, line, coverage) for place, (line, coverage) in enumerate(zip(lines, covered, strict=True), 1)
    ]
    visit_id = record_past_visit(raw, _visit(raw, person, case, voucher), ended_at=_moment(case.ended_on, time(23, 59)))
    keep_lines(raw, visit_id=visit_id, batch_number=_BATCH, lines=priced)
    wish = SettlementWish(
        institution_id=case.institution_id,
        institution_region=case.application.region_id,
        person_number=person.number,
        visit_id=visit_id,
        is_inpatient=case.care == "inpatient",
        batch_number=_BATCH,
        voucher_kind=voucher.kind,
        voucher_number=voucher.number,
        scheme=case.scheme,
        medical_type=MEDICAL_TYPES[case.care],
        total_fen=sum(line.amount_fen for line in priced),
        uses_account=False,
        is_midway=False,
        invoice="",
        at=act.at,
    )
    step = settlement_step(wish, request_of(case, act))
    outcome = step.act(raw, person, step.ask(raw))
    write_together(raw, outcome.writes)
    return _Walked(outcome.made, visit_id)


def request_of(case: Reimbursement, act: Act) -> Request:
    """Who asks for the settlement: no message of the interface, but an officer with an application."""
    return Request(
        institution_id=case.institution_id,
        msgid=f"REIMBURSEMENT{case.application_id}",
        infno=BY_HAND,
        operator=act.member.user.get_username()[:30],
        digest=b"",
        body=b"",
        received_at=act.at,
    )


def _visit(raw: Raw, person: LockedPerson, case: Reimbursement, voucher: Voucher) -> NewVisit:
    """The visit as the paper tells it, under the enrolment of its first day."""
    entitled = entitlements_of(ask_for_entitlements(raw, person_id=person.id, on=case.began_on))
    of_scheme = [each for each in entitled if each.scheme == case.scheme and each.region == case.application.region_id]
    if not of_scheme:
        raise NotInsuredError(scheme=case.scheme, day=case.began_on, state="0")
    return NewVisit(
        institution_id=case.institution_id,
        person_id=person.id,
        enrolment_id=of_scheme[0].enrolment_id,
        care=case.care,
        medical_type=MEDICAL_TYPES[case.care],
        number_at_institution=f"{BY_HAND}-{case.application_id}",
        voucher_kind=voucher.kind,
        place=case.place,
        began_at=_moment(case.began_on, time.min),
        department_code="",
        department_name="",
        physician_code="",
        physician_name="",
        details={"access": BY_HAND, "application": case.application_id, "reason": case.reason},
    )


def _priced(place: int, line: BillLine, coverage: LineCoverage) -> NewLine:
    """A typed line split by the catalogue; refused ones and those without a code are the person's."""
    item_class, ratio, ceiling = _OUT_OF_CATALOGUE, _WHOLE_PPM, None
    if line.item_code and not line.refused_article:
        _check_coverage(line.item_code, line.occurred_on, coverage, place)
        assert coverage.item_class is not None
        assert coverage.self_pay_first_ppm is not None
        item_class, ratio, ceiling = coverage.item_class, coverage.self_pay_first_ppm, coverage.ceiling_price_e6
    split = split_line(
        amount_fen=line.amount_fen,
        quantity_e4=line.quantity_e4,
        price_e6=line.price_e6,
        item_class=item_class,
        self_pay_first_ppm=ratio,
        ceiling_price_e6=ceiling,
    )
    return NewLine(
        number=str(line.pk),
        item_code=line.item_code,
        item_name=coverage.item_name or line.item_name,
        item_class=item_class,
        charge_category=coverage.charge_category or _OTHER_CHARGES,
        quantity_e4=line.quantity_e4,
        price_e6=line.price_e6,
        ceiling_price_e6=ceiling,
        self_pay_first_ppm=ratio,
        amount_fen=line.amount_fen,
        **split._asdict(),
        department_code="",
        physician_code="",
        occurred_at=_moment(line.occurred_on, time(12)),
        mark=None if line.refused_article else coverage.mark,
    )


def _moment(day: date, at: time) -> datetime:
    """A time of a day on the clock of the office."""
    return datetime.combine(day, at, ZoneInfo(settings.TIME_ZONE))
