"""Writing what regions owe each other: claims as settlements are made, statements of a month, and the steps of a statement."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final, LiteralString

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.core.working_days import CalendarUnknownError, add_working_days
from yibao.domains.interregional.models import ClearingItem, ClearingStatement, ClearingStep
from yibao.domains.interregional.queries import receiving_region
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import Write, array_of

Kind = ClearingStep.Kind
ORDER: Final = (Kind.ISSUED, Kind.CONFIRMED, Kind.PAID, Kind.RECEIVED)


class NotARegionOfficerError(YibaoError):
    """Only an agency officer (经办人员) of the right region takes this step."""

    code: ClassVar[str] = "interregional.not_an_officer"


class SameOfficerTwiceError(YibaoError):
    """Another officer takes this step than the one before (复核)."""

    code: ClassVar[str] = "interregional.same_officer"


class MonthNotOverError(YibaoError):
    """The month is not over, so its statement cannot be drawn up."""

    code: ClassVar[str] = "interregional.month_not_over"


class AlreadyDrawnError(YibaoError):
    """The month was drawn up before for these regions."""

    code: ClassVar[str] = "interregional.already_drawn"


class NoOpenClaimsError(YibaoError):
    """The regions owe each other nothing that is not in a statement yet."""

    code: ClassVar[str] = "interregional.nothing_to_clear"


class WrongClearingStepError(YibaoError):
    """The statement is not at the point where this step is taken."""

    code: ClassVar[str] = "interregional.wrong_step"


def claim_made(
    *,
    settlement_id: int,
    care_region: str,
    enrolment_region: str,
    scheme: str,
    by_fund: Mapping[str, int],
    made_at: datetime,
) -> Write:
    """The write of what a settlement makes one region owe the other, in fen by fund; it travels with the settlement."""
    return Write(
        "region_claim",
        "INSERT INTO interregional_regionclaim (settlement_id, care_region_id, enrolment_region_id, scheme, fund_codes,"
        " fund_amounts_fen, amount_fen, made_at) SELECT %s, %s, %s, %s, %s::text[], %s::bigint[], %s, %s /*from each*/",
        (
            settlement_id, care_region, enrolment_region, scheme, array_of(by_fund), array_of(by_fund.values()),
            sum(by_fund.values()), made_at,
        ),
    )  # fmt: skip


def check_officer(member: StaffMember, region: str) -> None:
    """Refuse who is no agency officer of the region.

    :raises NotARegionOfficerError: another role or region.
    """
    if member.role != StaffMember.Role.AGENCY or member.region_id != region:
        raise NotARegionOfficerError(user=str(member.user), region=region)


def due_after(days: int, *, at: datetime) -> date | None:
    """The day so many working days after a moment; none where the calendar does not know the year yet."""
    try:
        return add_working_days(localdate(at), days)
    except CalendarUnknownError:
        return None


@transaction.atomic
def draw_statement(
    *, care_region: str, enrolment_region: str, month: date, member: StaffMember, at: datetime
) -> ClearingStatement:
    """Draw up what the place of care claims for a month (按月申报): all made before its end that no statement holds yet.

    That takes in reversals, corrections and answered disputes of earlier months. `month` is its first day.
    :raises NotARegionOfficerError, MonthNotOverError, AlreadyDrawnError, NoOpenClaimsError: nothing was written.
    """
    check_officer(member, care_region)
    until = (month.replace(day=28) + _FOUR_DAYS).replace(day=1)
    if until > localdate(at):
        raise MonthNotOverError(month=f"{month:%Y-%m}")
    act_as(str(member.user))
    _one_at_a_time(care_region, enrolment_region)
    pair = {"care_region_id": care_region, "enrolment_region_id": enrolment_region, "month": month}
    if ClearingStatement.objects.filter(**pair).exists():
        raise AlreadyDrawnError(month=f"{month:%Y-%m}", care=care_region, enrolment=enrolment_region)
    lines, amount_fen = _open_sums(care_region, enrolment_region, until)
    if not lines:
        raise NoOpenClaimsError(month=f"{month:%Y-%m}", care=care_region, enrolment=enrolment_region)
    statement = ClearingStatement.objects.create(
        **pair, lines=lines, amount_fen=amount_fen, drawn_by=member, drawn_at=at
    )
    with connection.cursor() as cursor:
        parameters: list[str | date | int] = [*_of_pair(care_region, enrolment_region, until), statement.pk]
        cursor.execute(_ADD, parameters)
    return statement


_FOUR_DAYS: Final = date(2000, 1, 5) - date(2000, 1, 1)
# Claims that no statement holds, of disputed ones those whose dispute is answered, and corrections that none has taken yet.
# Days are Beijing's.
_OPEN: Final[LiteralString] = """
WITH open AS (
  SELECT c.settlement_id AS claim_id, NULL::bigint AS correction_id, c.amount_fen
    FROM interregional_regionclaim c
   WHERE c.care_region_id = %s AND c.enrolment_region_id = %s
     AND (c.made_at AT TIME ZONE 'Asia/Shanghai')::date < %s
     AND NOT EXISTS (SELECT FROM interregional_clearingitem i WHERE i.claim_id = c.settlement_id AND NOT i.is_held)
     AND NOT EXISTS (
       SELECT FROM interregional_inquiry q WHERE q.claim_id = c.settlement_id AND q.item_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM interregional_inquiryanswer a JOIN interregional_inquiryapproval p
                            ON p.answer_id = a.id AND p.is_approved WHERE a.inquiry_id = q.id))
  UNION ALL
  SELECT NULL, x.id, x.amount_fen
    FROM interregional_claimcorrection x JOIN interregional_regionclaim c ON c.settlement_id = x.claim_id
   WHERE c.care_region_id = %s AND c.enrolment_region_id = %s
     AND (x.made_at AT TIME ZONE 'Asia/Shanghai')::date < %s
     AND NOT EXISTS (SELECT FROM interregional_clearingitem i WHERE i.correction_id = x.id)
     -- With its claim or after it, never before.
     AND NOT EXISTS (
       SELECT FROM interregional_inquiry q WHERE q.claim_id = c.settlement_id AND q.item_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM interregional_inquiryanswer a JOIN interregional_inquiryapproval p
                            ON p.answer_id = a.id AND p.is_approved WHERE a.inquiry_id = q.id)))
"""
_SUMS: Final[LiteralString] = _OPEN + " SELECT count(*), COALESCE(sum(amount_fen), 0)::bigint FROM open"  # noqa: S608  # our own text
_ADD: Final[LiteralString] = _OPEN + (  # noqa: S608  # our own text
    " INSERT INTO interregional_clearingitem (statement_id, claim_id, correction_id, amount_fen, is_held)"
    " SELECT %s, claim_id, correction_id, amount_fen, false FROM open ORDER BY claim_id, correction_id"
)


def _of_pair(care_region: str, enrolment_region: str, until: date) -> list[str | date]:
    """What narrows both parts of what is open."""
    return [care_region, enrolment_region, until] * 2


def _open_sums(care_region: str, enrolment_region: str, until: date) -> tuple[int, int]:
    """How many lines are open, and their sum in fen."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, _of_pair(care_region, enrolment_region, until))
        lines, amount_fen = cursor.fetchone()
    return int(lines), int(amount_fen)


def _one_at_a_time(care_region: str, enrolment_region: str) -> None:
    """Statements of one pair are drawn up one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('yibao_clearing'), hashtext(%s))", [care_region + enrolment_region]
        )


def take_step(
    *,
    statement: ClearingStatement,
    kind: ClearingStep.Kind,
    due_days: int | None,
    member: StaffMember,
    at: datetime,
    document: str = "",
    note: str = "",
) -> ClearingStep:
    """Take the next step of a statement, within a transaction: issued, confirmed, paid, received.

    Whoever drew it up does not issue it, whoever confirms it does not pay it; the region that the money went to confirms its receipt.
    :raises NotARegionOfficerError, SameOfficerTwiceError, WrongClearingStepError: nothing was written.
    """
    locked = ClearingStatement.objects.select_for_update(of=("self",)).get(pk=statement.pk)
    amount_fen = payable_fen(locked)
    check_officer(member, _region_of(locked, kind, amount_fen))
    earlier = list(locked.steps.order_by("pk"))
    if len(earlier) != ORDER.index(kind):
        raise WrongClearingStepError(statement=locked.pk, step=str(kind.value))
    last_id = earlier[-1].taken_by_id if earlier else None
    before_id = {Kind.ISSUED: locked.drawn_by_id, Kind.PAID: last_id, Kind.RECEIVED: last_id}.get(kind)
    if before_id == member.pk:
        raise SameOfficerTwiceError(user=str(member.user))
    act_as(str(member.user))
    return ClearingStep.objects.create(
        statement=locked,
        kind=kind,
        amount_fen=amount_fen,
        document=document,
        note=note,
        due_on=due_after(due_days, at=at) if due_days is not None else None,
        taken_by=member,
        taken_at=at,
    )


def _region_of(statement: ClearingStatement, kind: ClearingStep.Kind, amount_fen: int) -> str:
    """The region whose officer takes a step."""
    if kind == Kind.RECEIVED:
        return receiving_region(statement, amount_fen)
    return statement.care_region_id if kind == Kind.ISSUED else statement.enrolment_region_id


def payable_fen(statement: ClearingStatement) -> int:
    """The sum of the lines that are not held for a dispute, in fen."""
    items = ClearingItem.objects.filter(statement=statement, is_held=False)
    return int(items.aggregate(sum=Sum("amount_fen"))["sum"] or 0)
