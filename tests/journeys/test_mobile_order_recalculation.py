"""Law that takes effect in the past, and an order that was paid from afar: the person is set aside, the order stays whole."""

from yibao.domains.corrections.models import SetAsidePerson
from yibao.workflows.recalculate_settlements import compute, correct

from .mobile_payer import MobilePayer, connect_test_channel
from .records import nothing_changes
from .small_town import new_person
from .test_mobile_orders import order_of
from .test_recalculation import LOWER, NOW, approved, asked, change_law, officers  # noqa: F401  # fixtures


def test_who_paid_by_an_order_is_set_aside(officers, change_law):  # noqa: F811  # fixtures
    connect_test_channel()
    payer, person = MobilePayer(), new_person()
    placed = payer.place(person, total="2000.00")
    paid = payer.pay(placed)
    change_law(*LOWER)
    run = approved(officers, compute(asked(officers).pk, at=NOW))
    assert run.differences.count() == 1
    assert SetAsidePerson.objects.get(run=run).reason == "by_hand"
    with nothing_changes():
        assert correct(run.pk, at=NOW) == 0
    assert payer.refund(placed, paid) == "SUCC"
    assert order_of(placed).state == "refunded"
