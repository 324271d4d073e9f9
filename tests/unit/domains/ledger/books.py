"""Journals for the tests of the ledger: two lines that balance, in the employees' book."""

import itertools
from datetime import UTC, datetime

from django.db import connection

from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.operations import Posting, posted, seal
from yibao.domains.storage import transaction, write_together

AT = datetime(2026, 11, 10, 9, tzinfo=UTC)
REGION = "110000"
FUND, OTHER_FUND = "310100", "390100"
_causes = itertools.count(10**6)


def lines(debit_fen=500, credit_fen=None, *, account="5001", fund=FUND):
    """A debit and a credit, equal unless told otherwise."""
    book = book_of_fund(FUND)
    return [
        Posting(book, account, fund, debit_fen, 0),
        Posting(book, "2001", FUND, 0, debit_fen if credit_fen is None else credit_fen),
    ]


def post(postings=None, *, cause_id=None):
    """Post a journal in a transaction and run the checks of its commit; gives the number of its cause."""
    cause_id = next(_causes) if cause_id is None else cause_id
    with transaction() as raw:
        write_together(
            raw,
            posted(
                region=REGION,
                cause="settlement",
                cause_id=cause_id,
                entered_at=AT,
                postings=lines() if postings is None else postings,
            ),
        )
    check()
    return cause_id


def check():
    """Run now what the database checks at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def sealed():
    """Seal what is young; gives how many."""
    with transaction() as raw:
        return seal(raw, at=AT)


def by_hand(statement, parameters=()):
    """What a superuser can do who silences the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = origin")
