"""What a settlement means to the ledgers: which accounts of which books it debits and credits, in one region or in two."""

from collections.abc import Sequence
from typing import Final

from yibao.domains.interregional.operations import claim_made
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.operations import Posting, Side, posted_sides
from yibao.domains.settlement.operations import BY_HAND, NewSettlement
from yibao.domains.storage import Write

BENEFITS_PAID: Final = "5001"
OWED: Final = "2001"
CLAIM_ON_REGION: Final = "110102"
OWED_TO_REGION: Final = "200102"
PERSONAL_ACCOUNT_FUND: Final = "310200"

Paid = tuple[str, int, int | None]
"""A fund, what it pays in fen, and whose account it is or who is paid, if anyone."""


def settlement_posted(settlement: NewSettlement, *, scheme: str, region: str, care_region: str) -> list[Write]:
    """The writes that post a settlement, and claim it from the region of enrolment when care was given in another.

    In one region: debit benefits (5001 社会保险待遇支出), credit what is owed to the institution (2001 暂收款), fund by fund.
    In two: the region of enrolment debits benefits and owes the place of care (200102), which has a claim on it (110102)
    and owes the institution. What was settled by hand is owed to the person, who has paid the institution already, wherever.
    A reversal posts the same lines in red. Source of the accounts: 社会保险基金会计制度, 财会〔2017〕28号; that a settlement
    is entered when it is made and not when the institution is paid is our default (docs/decisions/0005).
    """
    paid = _paid(settlement)
    if not paid:
        return []
    if region == care_region or settlement.infno == BY_HAND:
        sides = [Side(region, _pairs(settlement, paid, BENEFITS_PAID, OWED))]
        claims = []
    else:
        sides = _sides(settlement, paid, region, care_region)
        claims = [_claim(settlement, paid, scheme=scheme, region=region, care_region=care_region)]
    journals = posted_sides(cause="settlement", cause_id=settlement.id, entered_at=settlement.settled_at, sides=sides)
    return journals + claims


def _paid(settlement: NewSettlement) -> list[Paid]:
    """What each fund pays; each account that pays is its owner's, the person's own or a relative's (家庭共济)."""
    payee_id = settlement.person_id if settlement.infno == BY_HAND else None
    funds = zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True)
    paid: list[Paid] = [(fund, fen, payee_id) for fund, fen in funds]
    own_fen = settlement.account_fen - settlement.shared_account_fen
    if own_fen:
        paid.append((PERSONAL_ACCOUNT_FUND, own_fen, settlement.person_id))
    relatives = zip(settlement.shared_owner_ids, settlement.shared_amounts_fen, strict=True)
    return paid + [(PERSONAL_ACCOUNT_FUND, fen, owner_id) for owner_id, fen in relatives]


def _sides(settlement: NewSettlement, paid: Sequence[Paid], region: str, care_region: str) -> list[Side]:
    """What the region of enrolment and the place of care each post; accounts of persons stand in the first alone."""
    there = [(fund, fen, None) for fund, fen, _person_id in paid]
    return [
        Side(region, _pairs(settlement, paid, BENEFITS_PAID, OWED_TO_REGION), care_region),
        Side(care_region, _pairs(settlement, there, CLAIM_ON_REGION, OWED), region),
    ]


def _claim(settlement: NewSettlement, paid: Sequence[Paid], *, scheme: str, region: str, care_region: str) -> Write:
    """The claim of the place of care, fund by fund."""
    by_fund: dict[str, int] = {}
    for fund, fen, _person_id in paid:
        by_fund[fund] = by_fund.get(fund, 0) + fen
    return claim_made(
        settlement_id=settlement.id, care_region=care_region, enrolment_region=region, scheme=scheme, by_fund=by_fund,
        made_at=settlement.settled_at,
    )  # fmt: skip


def _pairs(settlement: NewSettlement, paid: Sequence[Paid], debit: str, credit: str) -> list[Posting]:
    """The two lines of each payment by a fund, or by the account of a person."""
    creditor_id = None if settlement.infno == BY_HAND else settlement.institution_id
    return [
        posting
        for fund, fen, person_id in paid
        for book in (book_of_fund(fund),)
        for posting in (
            Posting(book, debit, fund, fen, 0, settlement.institution_id, person_id),
            Posting(book, credit, fund, 0, fen, creditor_id, person_id),
        )
    ]
