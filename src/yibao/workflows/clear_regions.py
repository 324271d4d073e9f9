"""Clear between two regions month by month (异地就医月清算): drawn up, issued, confirmed, paid, received; each by another officer.

Paid: the region of enrolment debits what it owes (200102), the place of care credits its claim (110102), fund by fund; the
money goes through the payment accounts (1003 支出户存款) of both (our default: the procedure moves it between fiscal accounts).
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.interregional import operations
from yibao.domains.interregional.models import ClearingStatement, ClearingStep
from yibao.domains.interregional.operations import AlreadyDrawnError, NoOpenClaimsError
from yibao.domains.interregional.queries import fund_sums, partners_of
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.operations import Posting, Side, posted_sides
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import write_together
from yibao.policies.interregional import interregional_on
from yibao.workflows.pay_claim import PAYMENT_ACCOUNT
from yibao.workflows.settlement_postings import CLAIM_ON_REGION, OWED_TO_REGION


def draw(
    *, care_region: str, enrolment_region: str, month: date, member: StaffMember, at: datetime
) -> ClearingStatement:
    """Draw up what the place of care claims from one region for a month.

    :raises yibao.domains.interregional.operations.NotARegionOfficerError, MonthNotOverError, AlreadyDrawnError,
        NoOpenClaimsError: nothing was written.
    """
    return operations.draw_statement(
        care_region=care_region, enrolment_region=enrolment_region, month=month.replace(day=1), member=member, at=at
    )


def draw_all(
    *, month: date, member: StaffMember, at: datetime
) -> tuple[list[ClearingStatement], list[tuple[str, YibaoError]]]:
    """Draw up the member's region's statements of a month for all regions whose insured came; a second run adds nothing.

    Gives what was drawn up, and why not for the others.
    """
    drawn: list[ClearingStatement] = []
    left_out: list[tuple[str, YibaoError]] = []
    for region in partners_of(member.region_id):
        try:
            drawn.append(draw(care_region=member.region_id, enrolment_region=region, month=month, member=member, at=at))
        except (AlreadyDrawnError, NoOpenClaimsError) as error:
            left_out.append((region, error))
    return drawn, left_out


@transaction.atomic
def issue(statement: ClearingStatement, *, note: str = "", member: StaffMember, at: datetime) -> ClearingStep:
    """Issue a statement to the region that owes (复核下发); another officer than who drew it up.

    :raises NotARegionOfficerError, SameOfficerTwiceError, WrongClearingStepError: nothing was written.
    """
    days = interregional_on(localdate(at)).confirm_days
    return operations.take_step(
        statement=statement, kind=ClearingStep.Kind.ISSUED, due_days=days, note=note, member=member, at=at
    )


@transaction.atomic
def confirm(statement: ClearingStatement, *, note: str = "", member: StaffMember, at: datetime) -> ClearingStep:
    """Confirm what is not disputed of a statement (确认); the disputed lines stay out.

    :raises NotARegionOfficerError, WrongClearingStepError: nothing was written.
    """
    days = interregional_on(localdate(at)).pay_days
    return operations.take_step(
        statement=statement, kind=ClearingStep.Kind.CONFIRMED, due_days=days, note=note, member=member, at=at
    )


@transaction.atomic
def pay(
    statement: ClearingStatement, *, document: str, note: str = "", member: StaffMember, at: datetime
) -> ClearingStep:
    """Order the payment of what was confirmed (拨付), and post it in both regions; another officer than who confirmed.

    :raises NotARegionOfficerError, SameOfficerTwiceError, WrongClearingStepError: nothing was written.
    """
    days = interregional_on(localdate(at)).receive_days
    step = operations.take_step(
        statement=statement, kind=ClearingStep.Kind.PAID, due_days=days, document=document, note=note, member=member,
        at=at,
    )  # fmt: skip
    sides = _sides(statement)
    if sides:
        with storage.transaction() as raw:
            cause = Journal.Cause.REGION_CLEARING
            write_together(raw, posted_sides(cause=cause, cause_id=statement.pk, entered_at=at, sides=sides))
    return step


@transaction.atomic
def receive(
    statement: ClearingStatement, *, document: str, note: str = "", member: StaffMember, at: datetime
) -> ClearingStep:
    """Confirm that the money came (到账确认), with the document of the bank; by an officer of the region that it went to.

    It moves nothing in the ledgers: both posted the payment when it was ordered.
    :raises NotARegionOfficerError, WrongClearingStepError: nothing was written.
    """
    return operations.take_step(
        statement=statement, kind=ClearingStep.Kind.RECEIVED, due_days=None, document=document, note=note,
        member=member, at=at,
    )  # fmt: skip


def _sides(statement: ClearingStatement) -> Sequence[Side]:
    """What each region posts of the payment, by fund; a fund whose reversals outweigh its claims is posted in red."""
    paid: dict[str, int] = {}
    for each in fund_sums(statement):
        paid[each.fund] = paid.get(each.fund, 0) + each.amount_fen - each.held_fen
    paid = {fund: fen for fund, fen in paid.items() if fen}
    if not paid:
        return ()
    care, enrolment = statement.care_region_id, statement.enrolment_region_id
    return (
        Side(enrolment, between(paid, debit=OWED_TO_REGION, credit=PAYMENT_ACCOUNT), care),
        Side(care, between(paid, debit=PAYMENT_ACCOUNT, credit=CLAIM_ON_REGION), enrolment),
    )


def between(by_fund: dict[str, int], *, debit: str, credit: str, institution_id: int | None = None) -> list[Posting]:
    """A debit and a credit for each fund, in fen; one that is owed to an institution names it."""
    return [
        posting
        for fund, fen in by_fund.items()
        for posting in (
            Posting(book_of_fund(fund), debit, fund, fen, 0, institution_id),
            Posting(book_of_fund(fund), credit, fund, 0, fen, institution_id),
        )
    ]
