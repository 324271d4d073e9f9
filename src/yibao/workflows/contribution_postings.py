"""What contributions mean to the ledger: which accounts of which books a receipt, a credit or a transfer debits and credits.

Source of the accounts: 社会保险基金会计制度, 财会〔2017〕28号 (征缴入库 1004/4001, 财政补助 1004/4101, 转移 5201/1003 and 1003/4301).
"""

from collections.abc import Mapping, Sequence

from yibao.domains.enrolment.models import Assessment
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.operations import Posting

FISCAL_ACCOUNT = "1004"
PAYMENT_ACCOUNT = "1003"
CONTRIBUTIONS = "4001"
SUBSIDIES = "4101"
TRANSFERS_IN = "4301"
OTHER_INCOME = "4501"
TRANSFERS_OUT = "5201"
BENEFITS_PAID = "5001"


def receipt_postings(assessments: Sequence[Assessment], funds: Mapping[str, str], *, sign: int = 1) -> list[Posting]:
    """Income of each fund by what was paid for these assessments; `sign` -1 takes it back in red.

    Subsidies come with the contribution they go with (居民财政补助). What assistance takes over is its expense and the pooled fund's
    income. The account's part is income of the account, what it gets beyond that moves out of the pooled fund.
    """

    def total(*names: str) -> int:
        amounts: list[int] = [getattr(each, name) for each in assessments for name in names]
        return sign * sum(amounts)

    subsidy_fen, assistance_fen = total("subsidy_fen"), total("assistance_fen")
    pool, account = funds["pool"], funds.get("account", "")
    postings = [
        *income(pool, CONTRIBUTIONS, total("to_pool_fen") - subsidy_fen),
        *income(pool, SUBSIDIES, subsidy_fen),
        *income(funds.get("large", ""), CONTRIBUTIONS, total("to_large_fen")),
        *income(account, CONTRIBUTIONS, total("to_account_fen")),
        *moved_to_account(pool, account, total("from_pool_fen")),
    ]
    if assistance_fen:
        fund = funds["assistance"]
        book = book_of_fund(fund)
        postings += [
            Posting(book, BENEFITS_PAID, fund, assistance_fen, 0),
            Posting(book, PAYMENT_ACCOUNT, fund, 0, assistance_fen),
        ]
    return postings


def late_fee_postings(pool: str, fen: int) -> list[Posting]:
    """Late fees (滞纳金) are other income of the pooled fund (其他收入); nothing for nothing."""
    return income(pool, OTHER_INCOME, fen)


def income(
    fund: str, account: str, fen: int, *, into: str = FISCAL_ACCOUNT, person_id: int | None = None
) -> list[Posting]:
    """Debit the bank, credit an income account of a fund; nothing for nothing."""
    if not fen:
        return []
    book = book_of_fund(fund)
    return [
        Posting(book, into, fund, fen, 0, None, person_id),
        Posting(book, account, fund, 0, fen, None, person_id),
    ]


def moved_to_account(pool: str, account: str, fen: int) -> list[Posting]:
    """Move income and money from the pooled fund to the accounts (统筹划入个人账户), within one book; nothing for nothing."""
    if not fen:
        return []
    book = book_of_fund(pool)
    return [
        Posting(book, CONTRIBUTIONS, pool, fen, 0),
        Posting(book, CONTRIBUTIONS, account, 0, fen),
        Posting(book, FISCAL_ACCOUNT, account, fen, 0),
        Posting(book, FISCAL_ACCOUNT, pool, 0, fen),
    ]


def balance_out(account: str, fen: int, *, person_id: int) -> list[Posting]:
    """An account's balance leaves with its owner: debit transfers out, credit the bank."""
    book = book_of_fund(account)
    return [
        Posting(book, TRANSFERS_OUT, account, fen, 0, None, person_id),
        Posting(book, PAYMENT_ACCOUNT, account, 0, fen, None, person_id),
    ]


def balance_in(account: str, fen: int, *, person_id: int) -> list[Posting]:
    """A balance arrives with its owner: debit the bank, credit transfers in."""
    return income(account, TRANSFERS_IN, fen, into=PAYMENT_ACCOUNT, person_id=person_id)
