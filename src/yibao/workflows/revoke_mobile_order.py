"""Take the upload of an order back before it is paid (6401): its lines are withdrawn, the visit it registered is cancelled."""

from datetime import datetime

from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.operations import Cause, move
from yibao.domains.mobile_orders.queries import locked_order
from yibao.domains.mobile_orders.states import State, after
from yibao.domains.mobile_orders.states import Step as OrderStep
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.domains.visits.operations import cancel_visit
from yibao.workflows.change_visit import VisitChange, ask_visit, visit_to_change
from yibao.workflows.exactly_once import Outcome, Request, Step
from yibao.workflows.mobile_order_parties import SaidOrder
from yibao.workflows.pay_mobile_order import LastStep
from yibao.workflows.refund_mobile_order import withdraw_order_lines


def revoke_order(wish: SaidOrder, request: Request) -> LastStep:
    """The change that takes an order back, for `exactly_once.perform`; one that was taken back before stays so.

    :raises UnknownOrderError, PersonDoesNotFitError, WrongOrderStateError: nothing was changed.
    """
    known = wish.order()

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[Order]:
        assert person is not None
        wish.check(person)
        order = locked_order(known.pk)
        if order.state != State.REVOKED:
            after(order.state, OrderStep.REVOKE)
            withdraw_order_lines(raw, person, order, at=wish.at)
            if order.opened_visit:
                _cancel_empty_visit(raw, person, order, at=wish.at)
            move(
                order=order, step=OrderStep.REVOKE, cause=Cause(wish.at, request.infno, request.msgid, request.operator)
            )
        return Outcome(order, order.pk)

    return LastStep(known.person.number, Step(lambda _raw: None, act))


def _cancel_empty_visit(raw: Raw, person: LockedPerson, order: Order, *, at: datetime) -> None:
    """Cancel the visit that the order registered, unless something else hangs on it by now."""
    change = VisitChange(order.institution_id, person.number, order.visit_id, is_inpatient=False, at=at)
    asked = ask_visit(raw, change)
    visit = visit_to_change(change, person, asked)
    if asked.settled.fetchone() is None and not visit.has_lines:
        cancel_visit(raw, visit_id=visit.id)
