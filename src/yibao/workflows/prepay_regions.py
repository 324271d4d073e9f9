"""The prepaid fund between two regions (异地就医预付金): paid, topped up, returned, and how much of it is used.

The region of enrolment debits what it has prepaid (110101) and credits its payment account (1003); the place of care debits its
own and credits what it holds (200101). What the fund should hold is so many mean months of the last full quarter, and its use is
what is claimed and unpaid over what it holds (policies/100000/interregional.yaml).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from django.db import transaction

from yibao.domains import storage
from yibao.domains.interregional import prepaying
from yibao.domains.interregional.models import PrepaidDecision, PrepaidOrder
from yibao.domains.interregional.queries import claimed_between, ordered_movements, owing, prepaid_fen
from yibao.domains.ledger.models import Fund, Journal
from yibao.domains.ledger.operations import Side, posted_sides
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import Scope
from yibao.domains.storage import write_together
from yibao.policies.interregional import Interregional, interregional_on
from yibao.workflows.clear_regions import between
from yibao.workflows.pay_claim import PAYMENT_ACCOUNT

PREPAID_TO_REGION: Final = "110101"
HELD_FOR_REGION: Final = "200101"
FUND_OF_SCHEME: Final = {"310": "310100", "390": "390100"}
"""Which fund prepays for a scheme: its pooled fund."""
_MONTHS_A_QUARTER: Final = 3
_PPM: Final = 1_000_000

Level = Literal["none", "fine", "warning", "alarm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidState:
    """How a prepaid fund stands, in fen: what it holds, what is claimed and unpaid, its use in millionths, what it should hold.

    `level` is `none` where nothing is prepaid; `to_top_up_fen` is what is missing, negative what may be returned.
    """

    care_region: str
    enrolment_region: str
    scheme: str
    fund: str
    held_fen: int
    unpaid_fen: int
    use_ppm: int
    level: Level
    should_hold_fen: int

    @property
    def to_top_up_fen(self) -> int:
        """What is missing of what the fund should hold."""
        return self.should_hold_fen - self.held_fen


def prepaid_states(*, today: date, scope: Scope | None = None) -> list[PrepaidState]:
    """Every prepaid fund that concerns the region, or of all regions, as it stands on a day."""
    law = interregional_on(today)
    first, until = _last_quarter(today)
    claimed = {
        (each.care_region, each.enrolment_region, each.scheme): each.claimed_fen
        for each in claimed_between(first, until, scope=scope)
    }
    unpaid = {(each.care_region, each.enrolment_region, each.scheme): each.unpaid_fen for each in owing(scope)}
    held = {
        (order.care_region_id, order.enrolment_region_id, scheme)
        for order in ordered_movements(scope)
        for scheme, fund in FUND_OF_SCHEME.items()
        if order.fund_id == fund
    }
    return [
        _state(pair, law, claimed_fen=claimed.get(pair, 0), unpaid_fen=unpaid.get(pair, 0))
        for pair in sorted(claimed.keys() | unpaid.keys() | held)
    ]


def _state(pair: tuple[str, str, str], law: Interregional, *, claimed_fen: int, unpaid_fen: int) -> PrepaidState:
    """One fund's state."""
    care_region, enrolment_region, scheme = pair
    fund = FUND_OF_SCHEME[scheme]
    held_fen = prepaid_fen(care_region, enrolment_region, fund)
    use_ppm = max(unpaid_fen, 0) * _PPM // held_fen if held_fen else 0
    level: Level = "none"
    if held_fen:
        level = "alarm" if use_ppm >= law.usage_alarm else "warning" if use_ppm >= law.usage_warning else "fine"
    return PrepaidState(
        care_region=care_region,
        enrolment_region=enrolment_region,
        scheme=scheme,
        fund=fund,
        held_fen=held_fen,
        unpaid_fen=unpaid_fen,
        use_ppm=use_ppm,
        level=level,
        should_hold_fen=max(claimed_fen, 0) * law.prepaid_months // _MONTHS_A_QUARTER,
    )


def _last_quarter(today: date) -> tuple[date, date]:
    """The last full quarter before a day: its first day, and the first day after it."""
    until = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    first = until.replace(year=until.year - 1, month=10) if until.month == 1 else until.replace(month=until.month - 3)
    return first, until


def ask_for_movement(
    *,
    care_region: str,
    enrolment_region: str,
    fund: Fund,
    kind: str,
    amount_fen: int,
    document: str,
    reason: str,
    member: StaffMember,
    at: datetime,
) -> PrepaidOrder:
    """Ask for a payment, a top-up or a return; an officer of the region that pays orders it.

    :raises NotARegionOfficerError, PrepaidSignError, PrepaidKnownError: nothing was written.
    """
    return prepaying.ask_for_movement(
        care_region=care_region, enrolment_region=enrolment_region, fund=fund, kind=kind, amount_fen=amount_fen,
        document=document, reason=reason, member=member, at=at,
    )  # fmt: skip


@transaction.atomic
def decide(
    order: PrepaidOrder, *, is_approved: bool, note: str = "", member: StaffMember, at: datetime
) -> PrepaidDecision:
    """Order a movement and post it in both regions, or refuse it.

    :raises NotARegionOfficerError, SameOfficerTwiceError, PrepaidDecidedError, PrepaidTooLowError: nothing was written.
    """
    decision = prepaying.decide_on_movement(order=order, is_approved=is_approved, note=note, member=member, at=at)
    if is_approved:
        _post(order, at)
    return decision


def _post(order: PrepaidOrder, at: datetime) -> None:
    """Post a movement in both regions, a return in red."""
    care, enrolment, by_fund = order.care_region_id, order.enrolment_region_id, {order.fund_id: order.amount_fen}
    sides = (
        Side(enrolment, between(by_fund, debit=PREPAID_TO_REGION, credit=PAYMENT_ACCOUNT), care),
        Side(care, between(by_fund, debit=PAYMENT_ACCOUNT, credit=HELD_FOR_REGION), enrolment),
    )
    with storage.transaction() as raw:
        cause = Journal.Cause.REGION_PREPAID
        write_together(raw, posted_sides(cause=cause, cause_id=order.pk, entered_at=at, sides=sides))
