"""Apply for a month to be cleared (3203 清算申请), withdraw the application (3204), decide on it; a cleared month stays as it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.utils.timezone import localdate
from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.core.money import format_yuan
from yibao.domains import storage
from yibao.domains.people.queries import LockedPerson
from yibao.domains.reconciliation.models import CLEARING_TYPES, ClearingApplication
from yibao.domains.reconciliation.operations import NewApplication, apply_for_clearing, end_application
from yibao.domains.reconciliation.practices import practice_at, practice_of
from yibao.domains.reconciliation.queries import is_cleared, months_days, reconciled_cells
from yibao.domains.reconciliation.totals import Period, Totals
from yibao.domains.settlement.models import Settlement
from yibao.domains.storage import Raw, ask
from yibao.workflows.exactly_once import Outcome, Step
from yibao.workflows.hold_for_audit import refuse_unaudited
from yibao.workflows.withhold_deposit import undo_deposits, withhold_deposits

State = ClearingApplication.State
_MONTH = re.compile(r"(2\d{3})-?(0[1-9]|1[0-2])").fullmatch


class MonthRefusedError(YibaoError):
    """The month cannot be read, or is not over (结算年月无效或尚未结束)."""

    code: ClassVar[str] = "reconciliation.month"


class NotReconciledError(YibaoError):
    """Some day of the month has settlements that no reconciliation covers, or that changed since (尚未对平)."""

    code: ClassVar[str] = "reconciliation.not_reconciled"


class NothingToClearError(YibaoError):
    """No settlement of this clearing type stands in the month (无可清算的结算)."""

    code: ClassVar[str] = "reconciliation.nothing_to_clear"


class AlreadyAppliedError(YibaoError):
    """An application for this month and clearing type stands (已申请清算)."""

    code: ClassVar[str] = "reconciliation.already_applied"


class ClearingFiguresError(YibaoError):
    """A figure of the application is not the one that stands here (清算申请金额不符)."""

    code: ClassVar[str] = "reconciliation.figures"


class UnknownClearingError(YibaoError):
    """The institution has no such application (清算申请事件ID不存在)."""

    code: ClassVar[str] = "reconciliation.unknown_application"


class ApplicationEndedError(YibaoError):
    """The application was withdrawn, returned or accepted before (申请已办结)."""

    code: ClassVar[str] = "reconciliation.application_ended"


class MonthClearedError(YibaoError):
    """The settlement is of an earlier month that an application for clearing stands for (已清算月份不可撤销)."""

    code: ClassVar[str] = "reconciliation.month_cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingWish:
    """What an institution applies for: figures in fen, none where it does not say one; `month` as it was sent."""

    institution_id: int
    region: str
    month: str
    clearing_type: str
    clearing_way: str
    visits: int | None
    total_fen: int | None
    fund_fen: int
    account_fen: int | None
    cash_fen: int | None
    msgid: str
    operator: str
    at: datetime


def application_step(wish: ClearingWish) -> Step[None, int]:
    """The change that applies for clearing, for `exactly_once.perform`; its number (清算申请事件ID).

    :raises MonthRefusedError, AlreadyAppliedError, NothingToClearError, NotReconciledError, ClearingFiguresError: nothing was
        kept.
    """
    month = _month(wish)

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[int]:
        ask(raw, "SELECT pg_advisory_xact_lock(hashtext('clearing'), %s::bigint::int)", (wish.institution_id,))
        if is_cleared(institution_id=wish.institution_id, month=month, clearing_type=wish.clearing_type):
            raise AlreadyAppliedError(month=f"{month:%Y%m}", clearing_type=wish.clearing_type)
        found = _reconciled(wish, month)
        _check_figures(wish, found)
        try:
            number = apply_for_clearing(raw, _application(wish, month, found))
        except database_errors.UniqueViolation:
            raise AlreadyAppliedError(month=f"{month:%Y%m}", clearing_type=wish.clearing_type) from None
        return Outcome(number, number)

    return Step(lambda _raw: None, act)


def _month(wish: ClearingWish) -> date:
    """The first day of the month that was sent, when the month is over.

    :raises MonthRefusedError: otherwise.
    """
    said = _MONTH(wish.month)
    month = date(int(said[1]), int(said[2]), 1) if said else None
    if month is None or months_days(month)[1] >= localdate(wish.at):
        raise MonthRefusedError(field="setlym", month=wish.month)
    return month


def _reconciled(wish: ClearingWish, month: date) -> Totals:
    """What stands in the month, when it was reconciled as far as the region wants it."""
    practice = practice_of(wish.region)
    first_day, last_day = months_days(month)
    period = Period(
        institution_id=wish.institution_id, region=wish.region, first_day=first_day, last_day=last_day,
        clearing_type=wish.clearing_type,
    )  # fmt: skip
    cells = reconciled_cells(period, practice)
    if wish.clearing_type not in CLEARING_TYPES.values() or not cells:
        raise NothingToClearError(month=f"{month:%Y%m}", clearing_type=wish.clearing_type)
    open_days = [cell for cell in cells if not cell.is_reconciled]
    if practice.needs_reconciled_month and open_days:
        raise NotReconciledError(
            month=f"{month:%Y%m}",
            day=open_days[0].day,
            scheme=open_days[0].scheme,
            days=len({c.day for c in open_days}),
        )
    return sum((cell.totals for cell in cells), Totals())


def _check_figures(wish: ClearingWish, found: Totals) -> None:
    """Refuse a figure that was sent and is not what stands here.

    :raises ClearingFiguresError: it names the first.
    """
    pairs = (
        ("medfee_sumamt", wish.total_fen, found.total_fen),
        ("fund_appy_sum", wish.fund_fen, found.fund_fen),
        ("acct_pay", wish.account_fen, found.account_fen),
        ("cash_payamt", wish.cash_fen, found.cash_fen),
    )
    for field, sent_fen, found_fen in pairs:
        if sent_fen is not None and sent_fen != found_fen:
            raise ClearingFiguresError(field=field, sent=format_yuan(sent_fen), found=format_yuan(found_fen))


def _application(wish: ClearingWish, month: date, found: Totals) -> NewApplication:
    """The application as it is kept: by what stands here."""
    return NewApplication(
        institution_id=wish.institution_id,
        month=month,
        clearing_type=wish.clearing_type,
        clearing_way=wish.clearing_way,
        visits=found.count if wish.visits is None else wish.visits,
        total_fen=found.total_fen,
        fund_fen=found.fund_fen,
        account_fen=found.account_fen,
        cash_fen=found.cash_fen,
        msgid=wish.msgid,
        operator=wish.operator,
        at=wish.at,
    )


def withdrawal_step(*, institution_id: int, application_id: int, operator: str, at: datetime) -> Step[None, None]:
    """The change that withdraws an application (3204), for `exactly_once.perform`.

    :raises UnknownClearingError, ApplicationEndedError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[None]:
        state = _locked_state(raw, application_id, institution_id=institution_id)
        if state != State.APPLIED:
            raise ApplicationEndedError(application=application_id, state=state)
        end_application(raw, application_id=application_id, state=State.WITHDRAWN, by=operator, note="", at=at)
        return Outcome(None, application_id)

    return Step(lambda _raw: None, act)


def decide_on_application(
    *, application_id: int, region: str, is_accepted: bool, by: str, note: str, at: datetime
) -> None:
    """The agency's word on an application of its region: accepted, or returned, also after it was accepted.

    Of what is accepted the quality deposit is withheld; returned afterwards, it goes back whole.
    :raises UnknownClearingError, ApplicationEndedError, AuditPendingError, DepositAssessedError: nothing changed.
    """
    with storage.transaction() as raw:
        state = _locked_state(raw, application_id, region=region)
        if state != State.APPLIED and (is_accepted or state != State.ACCEPTED):
            raise ApplicationEndedError(application=application_id, state=state)
        if is_accepted:
            refuse_unaudited(application_id)
        elif state == State.ACCEPTED:
            undo_deposits(raw, application_id=application_id, region=region, by=by, at=at)
        new = State.ACCEPTED if is_accepted else State.RETURNED
        end_application(raw, application_id=application_id, state=new, by=by, note=note, at=at)
        if is_accepted:
            withhold_deposits(raw, application_id=application_id, region=region, by=by, at=at)


def _locked_state(
    raw: Raw, application_id: int, *, institution_id: int | None = None, region: str | None = None
) -> str:
    """The state of an institution's, or a region's, application, which nobody else ends meanwhile.

    :raises UnknownClearingError: there is none.
    """
    row = ask(
        raw,
        "SELECT a.state FROM reconciliation_clearingapplication a JOIN institutions_institution i ON i.id = a.institution_id"
        " JOIN reference_division d ON d.code = i.division_id WHERE a.id = %s AND (%s::bigint IS NULL OR i.id = %s)"
        " AND (%s::text IS NULL OR d.pooling_region = %s) FOR UPDATE OF a",
        (application_id, institution_id, institution_id, region, region),
    ).fetchone()
    if row is None:
        raise UnknownClearingError(application=application_id)
    return str(row[0])


def refuse_cleared(settlement: Settlement, *, at: datetime) -> None:
    """Refuse to change a settlement of an earlier month that is cleared, where the region's practice is so.

    :raises MonthClearedError: an application for clearing of its month stands.
    """
    month = localdate(settlement.settled_at).replace(day=1)
    if month == localdate(at).replace(day=1):
        return
    clearing_type = CLEARING_TYPES[settlement.visit.care]
    institution_id = settlement.institution_id
    if is_cleared(institution_id=institution_id, month=month, clearing_type=clearing_type) and (
        practice_at(institution_id).closes_cleared_months
    ):
        raise MonthClearedError(settlement_id=settlement.pk, month=f"{month:%Y%m}")
