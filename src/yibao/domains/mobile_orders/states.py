"""The life of a mobile payment order: which step leads from where to where. Nothing else in yibao decides this.

The database holds the same table (`yibao_order_leads_to`, migrations 0002, 0008) and refuses every other way; a test compares.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from yibao.core.errors import YibaoError
from yibao.core.ways import Way, way


class WrongOrderStateError(YibaoError):
    """The step does not fit the state of the order (订单状态不符)."""

    code: ClassVar[str] = "mobile_orders.wrong_state"


class State(models.TextChoices):
    """Where an order stands."""

    PLACED = "placed", _("waiting for payment")
    SETTLING = "settling", _("being paid")
    PAID = "paid", _("paid in full")
    FAILED = "failed", _("payment failed")
    REVOKED = "revoked", _("taken back before payment")
    INSURANCE_BACK = "insurance_back", _("insurance part given back")
    CASH_OWED = "cash_owed", _("cash being given back")
    CASH_PART_BACK = "cash_part_back", _("insurance part and some of the cash given back")
    REFUNDED = "refunded", _("given back in full")


class Step(models.TextChoices):
    """What can happen to an order."""

    PLACE = "place", _("fee details uploaded and tried")
    PAY = "pay", _("settled, cash asked for")
    CONFIRM = "confirm", _("paid in full")
    FAIL = "fail", _("cash not paid, settlement reversed")
    REVOKE = "revoke", _("upload taken back")
    REFUND_ALL = "refund_all", _("refund begun: settlement reversed, cash asked back")
    REFUND_INSURANCE = "refund_insurance", _("insurance part refunded: settlement reversed")
    REFUND_CASH = "refund_cash", _("cash asked back")
    CASH_DECLINED = "cash_declined", _("channel declined to give the cash back")
    REFUND_PART = "refund_part", _("part of the cash given back")
    REFUND_DONE = "refund_done", _("refunded in full")


WAYS: Final[Mapping[Step, Way[State]]] = MappingProxyType(
    {
        Step.PLACE: way(to=State.PLACED),
        Step.PAY: way(State.PLACED, State.FAILED, to=State.SETTLING),
        Step.CONFIRM: way(State.SETTLING, to=State.PAID),
        Step.FAIL: way(State.SETTLING, to=State.FAILED),
        Step.REVOKE: way(State.PLACED, State.FAILED, to=State.REVOKED),
        Step.REFUND_ALL: way(State.PAID, to=State.CASH_OWED),
        Step.REFUND_INSURANCE: way(State.PAID, to=State.INSURANCE_BACK),
        Step.REFUND_CASH: way(State.INSURANCE_BACK, State.CASH_OWED, State.CASH_PART_BACK, to=State.CASH_OWED),
        Step.CASH_DECLINED: way(State.CASH_OWED, to=State.CASH_OWED),
        Step.REFUND_PART: way(State.CASH_OWED, to=State.CASH_PART_BACK),
        Step.REFUND_DONE: way(State.CASH_OWED, State.INSURANCE_BACK, to=State.REFUNDED),
    }
)
"""Step → where it may be taken and where it leads."""

NATIONAL: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.PLACED: "1",
        State.SETTLING: "2",
        State.PAID: "6",
        State.FAILED: "16",
        State.REVOKED: "12",
        State.INSURANCE_BACK: "8",
        State.CASH_OWED: "8",
        State.CASH_PART_BACK: "11",
        State.REFUNDED: "7",
    }
)
"""State → the national code of it (ord_stas, recalled); while cash is on its way back the insurance part is back already."""

BEFORE_PAYMENT: Final = frozenset({State.PLACED, State.FAILED})
"""States in which nothing was paid."""

UNDECIDED: Final = frozenset({State.SETTLING, State.CASH_OWED})
"""States that a payment channel's word ends."""


def after(state: str | None, step: Step) -> State:
    """The state that a step leads to; the first step comes from none.

    :raises WrongOrderStateError: the step cannot be taken in this state.
    """
    leading = WAYS[step]
    if (state is None) != (not leading.sources) or (state is not None and state not in leading.sources):
        raise refused(state, step)
    return leading.target


def refused(state: str | None, step: Step) -> WrongOrderStateError:
    """The refusal of a step, with the national code of the state."""
    return WrongOrderStateError(
        state=str(state), ord_stas=NATIONAL[State(state)] if state else "", step=str(step.value)
    )
