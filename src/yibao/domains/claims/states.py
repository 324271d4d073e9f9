"""The life of an application: which step leads from where to where. Nothing else in yibao decides this."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from yibao.core.errors import YibaoError
from yibao.core.ways import Way, way


class WrongStateError(YibaoError):
    """The step does not fit the state of the application (当前状态不能办理)."""

    code: ClassVar[str] = "claims.wrong_state"


class State(models.TextChoices):
    """Where an application stands."""

    RECEIVED = "received", _("received")
    WANTING = "wanting", _("documents wanting")
    ACCEPTED = "accepted", _("accepted")
    CHECKED = "checked", _("checked")
    APPROVED = "approved", _("approved")
    CLOSED = "closed", _("closed")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REVERSED = "reversed", _("taken back")


class Step(models.TextChoices):
    """What can happen to an application."""

    RECEIVE = "receive", _("application received")
    NOTIFY = "notify", _("notice of missing documents")
    ACCEPT = "accept", _("accepted for processing")
    CHECK = "check", _("checked")
    SEND_BACK = "send_back", _("sent back to the check")
    APPROVE = "approve", _("approved")
    APPROVE_NOTHING = "approve_nothing", _("approved, nothing to be paid")
    REFUSE = "refuse", _("refused")
    PAY = "pay", _("payment ordered")
    PAYMENT_RETURNED = "payment_returned", _("payment returned by the bank")
    WITHDRAW = "withdraw", _("withdrawn by the applicant")
    REVERSE = "reverse", _("approval taken back")


WAYS: Final[Mapping[Step, Way[State]]] = MappingProxyType(
    {
        Step.RECEIVE: way(to=State.RECEIVED),
        Step.NOTIFY: way(State.RECEIVED, to=State.WANTING),
        Step.ACCEPT: way(State.RECEIVED, State.WANTING, to=State.ACCEPTED),
        Step.CHECK: way(State.ACCEPTED, to=State.CHECKED),
        Step.SEND_BACK: way(State.CHECKED, to=State.ACCEPTED),
        Step.APPROVE: way(State.CHECKED, to=State.APPROVED),
        Step.APPROVE_NOTHING: way(State.CHECKED, to=State.CLOSED),
        Step.REFUSE: way(State.CHECKED, to=State.REFUSED),
        Step.PAY: way(State.APPROVED, to=State.CLOSED),
        Step.PAYMENT_RETURNED: way(State.CLOSED, to=State.APPROVED),
        Step.WITHDRAW: way(State.RECEIVED, State.WANTING, State.ACCEPTED, State.CHECKED, to=State.WITHDRAWN),
        Step.REVERSE: way(State.APPROVED, State.CLOSED, to=State.REVERSED),
    }
)
"""Step → where it may be taken and where it leads."""

ENDED: Final = frozenset({State.CLOSED, State.REFUSED, State.WITHDRAWN, State.REVERSED})
"""States in which no deadline runs any more."""

TAKING_DOCUMENTS: Final = frozenset({State.RECEIVED, State.WANTING, State.ACCEPTED})
"""States in which documents come and are corrected."""

LETTING_INVOICES_GO: Final = frozenset({State.REFUSED, State.WITHDRAWN, State.REVERSED})
"""States after which an invoice may be brought again."""


def after(state: str, step: Step) -> State:
    """The state that a step leads to.

    :raises WrongStateError: the step cannot be taken in this state.
    """
    leading = WAYS[step]
    if state not in leading.sources:
        raise WrongStateError(state=state, step=str(step.value))
    return leading.target


def possible_steps(state: str) -> frozenset[Step]:
    """The steps that can be taken in a state."""
    return frozenset(step for step, leading in WAYS.items() if state in leading.sources)
