"""What a person looks at before paying: the orders that wait for payment, and what is charged in one."""

from django.db.models import QuerySet

from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.queries import of_person
from yibao.domains.mobile_orders.states import BEFORE_PAYMENT
from yibao.domains.visits.models import FeeLine


def lines_of(order: Order) -> list[FeeLine]:
    """The fee lines of an order, in the order of their upload."""
    lines = FeeLine.objects.filter(visit_id=order.visit_id, batch__number=order.batch_number, withdrawn_at=None)
    return list(lines.order_by("id"))


def waiting_for_payment(person_id: int) -> "QuerySet[Order]":
    """The orders of a person that wait for payment, newest first; one whose payment failed waits again."""
    return of_person(person_id).filter(state__in=BEFORE_PAYMENT)
