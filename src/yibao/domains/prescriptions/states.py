"""The life of a prescription: which step leads from where to where. Nothing else in yibao decides this."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from yibao.core.errors import YibaoError


class PrescriptionStateError(YibaoError):
    """The step does not fit the state of the prescription (处方当前状态不能办理)."""

    code: ClassVar[str] = "prescriptions.wrong_state"


class State(models.TextChoices):
    """Where a prescription stands."""

    CHECKED = "checked", _("pre-checked, not signed")
    SIGNED = "signed", _("signed, waiting for the pharmacist")
    APPROVED = "approved", _("approved by the hospital's pharmacist")
    REFUSED = "refused", _("refused by the hospital's pharmacist")
    PLACED = "placed", _("place chosen")
    CLAIMED = "claimed", _("claimed by a dispenser")
    REVIEWED = "reviewed", _("approved by the pharmacy's pharmacist")
    PARTLY = "partly", _("dispensed in part")
    DISPENSED = "dispensed", _("dispensed")
    RETURNED = "returned", _("given back")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")


class Step(models.TextChoices):
    """What can happen to a prescription."""

    CHECK = "check", _("pre-checked")
    REPLACE = "replace", _("replaced before it was signed")
    SIGN = "sign", _("signed by the physician")
    APPROVE = "approve", _("approved by the hospital's pharmacist")
    REFUSE = "refuse", _("refused by the hospital's pharmacist")
    CHOOSE = "choose", _("place chosen")
    CLAIM = "claim", _("claimed by a dispenser")
    RELEASE = "release", _("let go by the dispenser")
    LAPSE = "lapse", _("claim lapsed")
    RETAIL_APPROVE = "retail_approve", _("approved by the pharmacy's pharmacist")
    RETAIL_REFUSE = "retail_refuse", _("refused by the pharmacy's pharmacist")
    DISPENSE_PART = "dispense_part", _("dispensed in part")
    DISPENSE_USE = "dispense_use", _("dispensed, further uses remain")
    DISPENSE = "dispense", _("dispensed")
    RETURN_PART = "return_part", _("given back in part")
    RETURN_ALL = "return_all", _("given back")
    WITHDRAW = "withdraw", _("withdrawn by the hospital")
    EXPIRE = "expire", _("expired")
    PAYMENT = "payment", _("payment reported")
    DELIVERY = "delivery", _("delivery reported")


AVAILABLE: Final = (State.APPROVED, State.PLACED, State.PARTLY, State.RETURNED)
"""States in which a dispenser may claim it."""
HELD: Final = (State.CLAIMED, State.REVIEWED)
"""States in which one dispenser holds it."""
ENDED: Final = frozenset({State.REFUSED, State.DISPENSED, State.WITHDRAWN, State.EXPIRED})
"""States in which nothing more is dispensed."""
UPLOADED: Final = frozenset(State) - {State.CHECKED, State.SIGNED, State.REFUSED}
"""States of a prescription that was let into circulation once."""


def _to(target: State, *sources: State) -> Mapping[State, State]:
    return dict.fromkeys(sources, target)


def _staying(*sources: State) -> Mapping[State, State]:
    return {source: source for source in sources}


CIRCULATING: Final = (*AVAILABLE, *HELD, State.DISPENSED)
"""States of a prescription on its way: payments and deliveries are told of these."""

WAYS: Final[Mapping[Step, Mapping[State, State]]] = MappingProxyType(
    {
        Step.REPLACE: _to(State.WITHDRAWN, State.CHECKED),
        Step.SIGN: _to(State.SIGNED, State.CHECKED),
        Step.APPROVE: _to(State.APPROVED, State.SIGNED),
        Step.REFUSE: _to(State.REFUSED, State.SIGNED),
        Step.CHOOSE: {**_to(State.PLACED, State.APPROVED, State.PLACED), **_staying(State.PARTLY, State.RETURNED)},
        Step.CLAIM: _to(State.CLAIMED, *AVAILABLE),
        Step.RELEASE: _to(State.APPROVED, *HELD),
        Step.LAPSE: _to(State.APPROVED, *HELD),
        Step.RETAIL_APPROVE: _to(State.REVIEWED, State.CLAIMED),
        Step.RETAIL_REFUSE: _to(State.APPROVED, State.CLAIMED),
        Step.DISPENSE_PART: _to(State.PARTLY, *HELD),
        Step.DISPENSE_USE: _to(State.APPROVED, *HELD),
        Step.DISPENSE: _to(State.DISPENSED, *HELD),
        Step.RETURN_PART: _to(State.PARTLY, State.PARTLY, State.APPROVED, State.DISPENSED),
        Step.RETURN_ALL: _to(State.RETURNED, State.PARTLY, State.APPROVED, State.DISPENSED),
        Step.WITHDRAW: _to(State.WITHDRAWN, State.CHECKED, State.SIGNED, State.APPROVED, State.PLACED, State.RETURNED),
        Step.EXPIRE: _to(State.EXPIRED, State.CHECKED, State.SIGNED, *AVAILABLE, *HELD),
        Step.PAYMENT: _staying(*CIRCULATING),
        Step.DELIVERY: _staying(*CIRCULATING),
    }
)
"""Step → from which state it leads to which; CHECK begins the life."""

LETTING_GO: Final = frozenset({Step.RELEASE, Step.LAPSE, Step.RETAIL_REFUSE})
"""Steps by which a dispenser holds it no more; what was dispensed in part stays so."""


def after(state: str, step: Step, *, is_partly_dispensed: bool = False) -> State:
    """The state that a step leads to; what was dispensed in part stays so when its holder lets it go.

    :raises PrescriptionStateError: the step cannot be taken in this state.
    """
    target = WAYS[step].get(State(state))
    if target is None:
        raise PrescriptionStateError(state=state, step=str(step.value))
    return State.PARTLY if step in LETTING_GO and is_partly_dispensed else target


def possible_steps(state: str) -> frozenset[Step]:
    """The steps that can be taken in a state."""
    return frozenset(step for step, ways in WAYS.items() if state in ways)
