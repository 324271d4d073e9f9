"""A journal is written whole and balanced, or not at all, and stays as it is."""

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.models import Entry, Journal
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.ledger.queries import balance_fen, entries_of_cause

from .books import AT, FUND, OTHER_FUND, REGION, check, lines, post

pytestmark = pytest.mark.usefixtures("books")


class TestWhatIsPosted:
    def test_shows_as_entries_of_its_cause(self):
        cause = post(lines(1234))

        assert [
            (e.line, e.account.code, e.fund_id, e.debit_fen, e.credit_fen)
            for e in entries_of_cause(cause="settlement", cause_id=cause)
        ] == [
            (1, "5001", FUND, 1234, 0),
            (2, "2001", FUND, 0, 1234),
        ]

    def test_in_red_turns_the_balance_back(self):
        post(lines(1234))
        post(lines(-1234))

        book = book_of_fund(FUND)
        assert (balance_fen(book=book, account="5001"), balance_fen(book=book, account="2001")) == (0, 0)
        assert Entry.objects.count() == 4

    def test_in_two_books_makes_two_journals(self):
        other = book_of_fund(OTHER_FUND)
        cause = post([*lines(100), Posting(other, "5001", OTHER_FUND, 7, 0), Posting(other, "2001", OTHER_FUND, 0, 7)])

        assert Journal.objects.filter(cause_id=cause).count() == 2

    def test_nothing_makes_no_journal(self):
        assert posted(region=REGION, cause="settlement", cause_id=1, entered_at=AT, postings=[]) == []


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("postings", "reason"),
        [
            (lambda: lines(500, 499), "does not balance: debit 500, credit 499"),
            (lambda: lines(500)[:1], "is misshapen"),
            (lambda: lines(0), "is misshapen"),
            (lambda: [Posting(book_of_fund(FUND), "5001", FUND, 5, 5)] * 2, "is misshapen"),
            (lambda: lines(account="9999"), "leaves its book"),
            (lambda: lines(fund=OTHER_FUND), "leaves its book"),
        ],
        ids=["unbalanced", "one line", "no amount", "both sides", "no such account", "a fund of another book"],
    )
    def test_at_commit(self, postings, reason):
        with pytest.raises(Exception, match=reason), transaction.atomic():
            post(postings())

        assert Journal.objects.count() == 0

    @pytest.mark.parametrize("column", ["debits_fen", "credits_fen", "institution_ids", "person_ids", "fund_codes"])
    def test_arrays_of_different_length(self, column):
        row = {
            "account_codes": ["5001", "2001"], "fund_codes": [FUND, FUND], "institution_ids": [None, None],
            "person_ids": [None, None], "debits_fen": [5, 0], "credits_fen": [0, 5],
        }  # fmt: skip
        row[column] = row[column][:1]

        with pytest.raises(IntegrityError, match=r"is misshapen|leaves its book"), transaction.atomic():
            enter(row)

    def test_a_cause_twice_in_a_book(self):
        cause = post()

        with pytest.raises(Exception, match="journal_once_per_cause_and_book"), transaction.atomic():
            post(cause_id=cause)

        assert Journal.objects.count() == 1


class TestWhatStands:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_journal SET debits_fen = credits_fen",
            "UPDATE ledger_journal SET digest = ''",
            "UPDATE ledger_journal SET entered_at = now()",
            "DELETE FROM ledger_journal",
        ],
    )
    def test_is_neither_changed_nor_deleted(self, statement):
        post()

        with pytest.raises(IntegrityError, match="ledger_journal is append only"), transaction.atomic():
            run(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO ledger_entry (journal_id, line, fund_id, debit_fen, credit_fen) VALUES (1, 3, '310100', 1, 0)",
            "UPDATE ledger_entry SET debit_fen = 1",
            "DELETE FROM ledger_entry",
        ],
    )
    def test_takes_no_further_line(self, statement):
        post()

        with pytest.raises(Exception, match=r"cannot (insert into|update|delete from) view"), transaction.atomic():
            run(statement)


def enter(row):
    """Insert a journal as it is, past the function that posts, and run the checks of the commit."""
    book = book_of_fund(FUND)
    said = {"book_id": book, "region_id": REGION, "cause": "settlement", "cause_id": 1, "entered_at": AT}
    Journal.objects.create(**said, digest=b"", **row)
    check()


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
