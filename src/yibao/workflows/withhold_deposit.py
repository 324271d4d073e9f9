"""Withhold the quality deposit (质量保证金) of an accepted month, return or forfeit it after the year's assessment.

Withheld: debit what is owed to the institution (2001 暂收款), credit its deposit (200103). Undone with its month: the same in
red. Assessed: debit the deposit; credit what is owed for the part returned, other income (4501 其他收入) for the part forfeited.
That the deposit stands on an account of its own and the forfeited part is other income is our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.core.money import divide_half_up
from yibao.domains import storage
from yibao.domains.agreements.conduct import AssessmentSheet
from yibao.domains.agreements.queries import published_sheet
from yibao.domains.institutions.models import Institution
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.reconciliation.models import ClearingApplication, DepositEnd
from yibao.domains.reconciliation.queries import months_days
from yibao.domains.reconciliation.totals import Period
from yibao.domains.reconciliation.withholding import (
    Held,
    end_deposit,
    ended_by_assessment,
    keep_deposit,
    paid_by_funds,
    standing_deposits,
)
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import Raw, write_together
from yibao.policies.agreement_library import assessment_law
from yibao.policies.errors import NoPolicyError
from yibao.policies.internet_care import marked_types
from yibao.workflows.settlement_postings import OWED

DEPOSIT: Final = "200103"
OTHER_INCOME: Final = "4501"
Cause = DepositEnd.Cause


class DepositAssessedError(YibaoError):
    """The deposit of the month was returned or forfeited by the year's assessment; the month stays cleared (保证金已清退)."""

    code: ClassVar[str] = "reconciliation.deposit_assessed"


class NotAssessedError(YibaoError):
    """No assessment of the year was published for what still is withheld, or nothing is (尚未公布考核结果)."""

    code: ClassVar[str] = "reconciliation.not_assessed"


class NotADepositOfficerError(YibaoError):
    """Deposits are returned by officers of the agency, of institutions of their region."""

    code: ClassVar[str] = "reconciliation.not_a_deposit_officer"


@dataclass(frozen=True, slots=True)
class Settled:
    """What the assessment made of the deposits of a year: how many, returned and forfeited in fen."""

    deposits: int
    returned_fen: int
    forfeited_fen: int


def withhold_deposits(raw: Raw, *, application_id: int, region: str, by: str, at: datetime) -> None:
    """Withhold the deposits of a month that is being accepted, by the law of its last day; where there is none, nothing."""
    application = ClearingApplication.objects.get(pk=application_id)
    first_day, last_day = months_days(application.month)
    try:
        law = assessment_law(region, last_day).deposit
    except NoPolicyError:
        return
    period = Period(
        institution_id=application.institution_id, region=region, first_day=first_day, last_day=last_day,
        clearing_type=application.clearing_type,
    )  # fmt: skip
    for scope, paid in paid_by_funds(raw, period, internet_types=marked_types()).items():
        amounts = _withheld(paid, law.percent)
        if not amounts:
            continue
        deposit_id = keep_deposit(
            raw, application_id=application_id, scope=scope, percent=law.percent, clause=law.clause, bases=paid,
            amounts=amounts, by=by, at=at,
        )  # fmt: skip
        held = Held(deposit_id, application.institution_id, application.month.year, scope, amounts)
        _post(raw, held, Journal.Cause.DEPOSIT, region=region, at=at, taken=amounts, sign=1)


def _withheld(paid: Mapping[str, int], percent: int) -> dict[str, int]:
    """What is withheld of each fund: its share rounded half up; a fund that got more back than it paid gives nothing."""
    shares = {fund: divide_half_up(max(fen, 0) * percent, 100) for fund, fen in paid.items()}
    return {fund: fen for fund, fen in shares.items() if fen}


def undo_deposits(raw: Raw, *, application_id: int, region: str, by: str, at: datetime) -> None:
    """Give the deposits of a month back whole that is sent back to the institution after it was accepted.

    :raises DepositAssessedError: the assessment has returned or forfeited one; nothing changed.
    """
    if ended_by_assessment(raw, application_id=application_id):
        raise DepositAssessedError(application=application_id)
    for held in standing_deposits(raw, application_id=application_id):
        amounts = list(held.amounts.values())
        end_deposit(
            raw, held, cause=Cause.UNDONE, sheet_id=None, returned=amounts, forfeited=[0] * len(amounts), by=by, at=at
        )  # fmt: skip
        _post(raw, held, Journal.Cause.DEPOSIT_END, region=region, at=at, taken=held.amounts, sign=-1)


def settle_deposits(*, institution_code: str, year: int, member: StaffMember, at: datetime) -> Settled:
    """Return and forfeit what is withheld of an institution's year by its published assessments (考核与支付挂钩).

    Of each fund the part returned is the sheet's share of the payment, rounded half up to the fen; the rest is forfeited. What
    is withheld for internet services waits for their own assessment.
    :raises NotADepositOfficerError, NotAssessedError: nothing changed.
    """
    house = Institution.objects.filter(
        code=institution_code.strip().upper(), division__pooling_region=member.region_id
    ).first()  # fmt: skip
    if member.role != StaffMember.Role.AGENCY or house is None:
        raise NotADepositOfficerError(user=member.user.get_username(), institution=institution_code)
    by, done = member.user.get_username(), Settled(0, 0, 0)
    with storage.transaction() as raw:
        for held in standing_deposits(raw, institution_id=house.pk, year=year):
            sheet = published_sheet(house.pk, year, held.scope)
            if sheet is not None:
                returned = _assess(raw, held, sheet, region=member.region_id, by=by, at=at)
                kept = sum(held.amounts.values()) - returned
                done = Settled(done.deposits + 1, done.returned_fen + returned, done.forfeited_fen + kept)
        if not done.deposits:
            raise NotAssessedError(institution=house.code, year=year)
    return done


def _assess(raw: Raw, held: Held, sheet: AssessmentSheet, *, region: str, by: str, at: datetime) -> int:
    """Return the sheet's share of one deposit and forfeit the rest; what was returned, in fen."""
    returned = {fund: divide_half_up(fen * sheet.payment_percent, 100) for fund, fen in held.amounts.items()}
    forfeited = {fund: fen - returned[fund] for fund, fen in held.amounts.items()}
    end_deposit(
        raw, held, cause=Cause.ASSESSED, sheet_id=sheet.pk, returned=list(returned.values()),
        forfeited=list(forfeited.values()), by=by, at=at,
    )  # fmt: skip
    postings = [
        posting
        for fund, fen in held.amounts.items()
        for posting in (
            Posting(book_of_fund(fund), DEPOSIT, fund, fen, 0, held.institution_id),
            Posting(book_of_fund(fund), OWED, fund, 0, returned[fund], held.institution_id),
            Posting(book_of_fund(fund), OTHER_INCOME, fund, 0, forfeited[fund], held.institution_id),
        )
        if posting.debit_fen or posting.credit_fen
    ]
    write_together(
        raw,
        posted(
            region=region, cause=Journal.Cause.DEPOSIT_END, cause_id=held.id, entered_at=at, postings=postings
        ),
    )  # fmt: skip
    return sum(returned.values())


def _post(raw: Raw, held: Held, cause: str, *, region: str, at: datetime, taken: Mapping[str, int], sign: int) -> None:
    """Post what is withheld, or with the sign turned what is given back whole (红字)."""
    postings = [
        posting
        for fund, fen in taken.items()
        for posting in (
            Posting(book_of_fund(fund), OWED, fund, sign * fen, 0, held.institution_id),
            Posting(book_of_fund(fund), DEPOSIT, fund, 0, sign * fen, held.institution_id),
        )
    ]
    write_together(raw, posted(region=region, cause=cause, cause_id=held.id, entered_at=at, postings=postings))
