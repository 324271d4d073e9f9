"""What a settlement means to the ledger: which accounts of which books it debits and credits."""

from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.operations import Posting
from yibao.domains.settlement.operations import BY_HAND, NewSettlement

BENEFITS_PAID = "5001"
OWED = "2001"
PERSONAL_ACCOUNT_FUND = "310200"


def postings_of(settlement: NewSettlement) -> list[Posting]:
    """Debit benefits (5001 社会保险待遇支出), credit what is owed to the institution (2001 暂收款), fund by fund.

    Each account that pays is its owner's, the person's own or a relative's (家庭共济), and stands on lines of its own.
    What was settled by hand is owed to the person, who has paid the institution already.
    A reversal posts the same lines in red. Source of the accounts: 社会保险基金会计制度, 财会〔2017〕28号; that a settlement
    is entered when it is made and not when the institution is paid is our default (docs/decisions/0005).
    """
    paid: list[tuple[str, int, int | None]] = [
        (fund, fen, settlement.person_id if settlement.infno == BY_HAND else None)
        for fund, fen in zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True)
    ]
    own_fen = settlement.account_fen - settlement.shared_account_fen
    if own_fen:
        paid.append((PERSONAL_ACCOUNT_FUND, own_fen, settlement.person_id))
    relatives = zip(settlement.shared_owner_ids, settlement.shared_amounts_fen, strict=True)
    paid += [(PERSONAL_ACCOUNT_FUND, fen, owner_id) for owner_id, fen in relatives]
    return [posting for fund, fen, person_id in paid for posting in _pair(settlement, fund, fen, person_id)]


def _pair(settlement: NewSettlement, fund: str, fen: int, person_id: int | None) -> tuple[Posting, Posting]:
    """The two lines of one payment by a fund, or by the account of a person."""
    book = book_of_fund(fund)
    creditor_id = None if settlement.infno == BY_HAND else settlement.institution_id
    return (
        Posting(book, BENEFITS_PAID, fund, fen, 0, settlement.institution_id, person_id),
        Posting(book, OWED, fund, 0, fen, creditor_id, person_id),
    )
