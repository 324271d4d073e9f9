"""What must hold of the money when a walk is over."""

from datetime import UTC, datetime

from yibao.domains.ledger.models import Entry, Journal
from yibao.domains.ledger.operations import seal
from yibao.domains.ledger.queries import verify
from yibao.domains.mobile_orders.models import Order
from yibao.domains.storage import driver, transaction

from .families import check_accounts


def orders_of(walk):
    return Order.objects.select_related("settlement", "institution").filter(person=walk.cast.patient).order_by("pk")


def check_ledger(walk):
    """Every fund of every journal is balanced, the chain is whole, accounts are what their entries say."""
    with transaction() as raw:
        seal(raw, at=datetime.now(UTC))
    found = verify(driver())
    assert (found.damages, found.unsealed) == ((), 0)
    assert found.journals == Journal.objects.count() > 0
    for order in orders_of(walk):
        sides = {}
        rows = Entry.objects.filter(journal__cause="settlement", journal__cause_id=order.settlement_id)
        for fund, debit_fen, credit_fen in rows.values_list("fund_id", "debit_fen", "credit_fen"):
            both = sides.setdefault(fund, [0, 0])
            both[0], both[1] = both[0] + debit_fen, both[1] + credit_fen
        moved = order.settlement.fund_fen + order.settlement.account_fen
        assert [fund for fund, (debit, credit) in sides.items() if debit != credit] == []
        assert sum(debit for debit, _ in sides.values()) >= moved > 0
    check_accounts(walk.cast.patient, walk.cast.daughter)
