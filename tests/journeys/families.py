"""Relatives who share their accounts, as the tests make them, and what must hold of their accounts afterwards."""

from datetime import UTC, date, datetime, timedelta

from yibao.domains.enrolment.authorising import authorise_sharing
from yibao.domains.enrolment.models import AccountEntry
from yibao.domains.ledger.models import Entry
from yibao.domains.settlement.models import Settlement

from .serial_order import check_account

START = datetime(2026, 1, 5, 2, tzinfo=UTC)


def share(owner, relative, *, relation="child", nth=0, since=date(2026, 1, 5), until=None):
    """Let the owner's account pay for the relative; a higher `nth` was authorised later."""
    return authorise_sharing(
        owner_id=owner.pk, beneficiary_id=relative.pk, relation=relation, document="户口簿", valid_from=since,
        valid_until=until, at=START + timedelta(days=nth), actor="test",
    )  # fmt: skip


def balances(*persons):
    """What the persons' accounts hold, in fen, in order."""
    for person in persons:
        person.account.refresh_from_db()
    return [person.account.balance_fen for person in persons]


def check_accounts(*persons):
    """Each account is what its entries add up to; every settlement's accounts moved and were posted as it says."""
    for person in persons:
        check_account(person)
    for row in Settlement.objects.filter(person__in=persons).order_by("id"):
        own_fen = row.account_fen - row.shared_account_fen
        said = dict(zip(row.shared_owner_ids, row.shared_amounts_fen, strict=True))
        said |= {row.person_id: own_fen} if own_fen else {}
        moved = AccountEntry.objects.filter(cause="settlement", cause_id=row.pk)
        assert dict(moved.values_list("account__person_id", "amount_fen")) == {who: -fen for who, fen in said.items()}
        posted = Entry.objects.filter(journal__cause="settlement", journal__cause_id=row.pk, fund_id="310200")
        assert dict(posted.filter(account__code="2001").values_list("person_id", "credit_fen")) == said
        assert dict(posted.filter(account__code="5001").values_list("person_id", "debit_fen")) == said
