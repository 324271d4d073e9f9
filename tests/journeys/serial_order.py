"""What settlements of one person must look like when they were made one after the other, in whatever order."""

from yibao.domains.enrolment.models import AccountEntry, PersonalAccount
from yibao.domains.settlement.models import Accumulator, Settlement


def check_serial(person, *, deductible, rate_percent):
    """Replay the person's outpatient settlements in their order: each must go on where the one before ended."""
    borne = balance = None
    for row in Settlement.objects.filter(person=person).order_by("id"):
        borne = borne or 0
        taken = min(row.in_scope_fen, max(deductible - borne, 0))
        assert row.deductible_fen == taken
        assert row.fund_fen == ((row.in_scope_fen - taken) * rate_percent + 50) // 100
        assert balance is None or row.balance_after_fen == balance - row.account_fen
        borne, balance = borne + taken, row.balance_after_fen
    held = Accumulator.objects.get(person=person).amounts
    settled = Settlement.objects.filter(person=person)
    assert held["outpatient_deductible"] == borne == sum(settled.values_list("deductible_fen", flat=True))
    assert held["outpatient_pooled_paid"] == sum(settled.values_list("fund_fen", flat=True))
    check_account(person)


def check_account(person):
    """The account's balance is what its entries add up to, each continuing the one before, and never negative."""
    account = PersonalAccount.objects.get(person=person)
    balance = 0
    for entry in AccountEntry.objects.filter(account=account).order_by("id"):
        balance += entry.amount_fen
        assert entry.balance_after_fen == balance >= 0
    assert account.balance_fen == balance
