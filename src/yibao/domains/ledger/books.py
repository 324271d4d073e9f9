"""Which book each fund's payments stand in."""

from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.ledger.models import Fund

_BOOKS: dict[str, str] = {}


class UnknownFundError(YibaoError):
    """A policy pays from a fund that the ledger does not know; it needs a line in the fund table."""

    code: ClassVar[str] = "ledger.unknown_fund"


def book_of_fund(fund: str) -> str:
    """The book of a fund, remembered for the life of the process: a fund never changes its book.

    :raises UnknownFundError: the fund has no line in the table.
    """
    if fund not in _BOOKS:
        _BOOKS.update(Fund.objects.values_list("code", "book_id"))
    if fund not in _BOOKS:
        raise UnknownFundError(fund=fund)
    return _BOOKS[fund]
