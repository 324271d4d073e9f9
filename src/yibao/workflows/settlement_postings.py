"""What a settlement means to the ledger: which accounts of which books it debits and credits."""

from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.operations import Posting
from yibao.domains.settlement.operations import BY_HAND, NewSettlement

BENEFITS_PAID = "5001"
OWED = "2001"
PERSONAL_ACCOUNT_FUND = "310200"


def postings_of(settlement: NewSettlement) -> list[Posting]:
    """Debit benefits (5001 社会保险待遇支出), credit what is owed to the institution (2001 暂收款), fund by fund.

    What was settled by hand is owed to the person, who has paid the institution already.
    A reversal posts the same lines in red. Source of the accounts: 社会保险基金会计制度, 财会〔2017〕28号; that a settlement
    is entered when it is made and not when the institution is paid is our default (docs/decisions/0005).
    """
    paid = list(zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True))
    if settlement.account_fen:
        paid.append((PERSONAL_ACCOUNT_FUND, settlement.account_fen))
    return [posting for fund, fen in paid for posting in _pair(settlement, fund, fen)]


def _pair(settlement: NewSettlement, fund: str, fen: int) -> tuple[Posting, Posting]:
    """The two lines of one fund's payment."""
    book = book_of_fund(fund)
    is_by_hand = settlement.infno == BY_HAND
    person_id = settlement.person_id if is_by_hand or fund == PERSONAL_ACCOUNT_FUND else None
    creditor_id = None if is_by_hand else settlement.institution_id
    return (
        Posting(book, BENEFITS_PAID, fund, fen, 0, settlement.institution_id, person_id),
        Posting(book, OWED, fund, 0, fen, creditor_id, person_id),
    )
