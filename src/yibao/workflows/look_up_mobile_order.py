"""What became of a mobile payment order (6301): an order that waits for its channel is asked about first."""

from yibao.domains import storage
from yibao.domains.messages.operations import record_read
from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.queries import order_numbered
from yibao.workflows.exactly_once import Request
from yibao.workflows.mobile_order_parties import SaidOrder
from yibao.workflows.resume_mobile_orders import ask_again


def look_up_order(question: SaidOrder, request: Request) -> Order:
    """The order as it stands, after its channel was asked where that decides; the look is logged.

    :raises UnknownOrderError, PersonDoesNotFitError: the institution may not know it.
    """
    order = question.order()
    question.check(order.person)
    record_read(
        storage.driver(), institution_id=question.institution_id, person_id=order.person_id, infno=request.infno,
        operator=request.operator, read_at=question.at,
    )  # fmt: skip
    ask_again(order, at=question.at)
    found = order_numbered(question.number)
    assert found is not None
    return found
