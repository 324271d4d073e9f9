"""Journals that commit after younger ones are sealed all the same, once; two sealers do not meet."""

import psycopg
import pytest
from django.db import connection

from yibao.domains.ledger.models import Journal, Seal
from yibao.domains.ledger.operations import posted, seal
from yibao.domains.ledger.queries import verify
from yibao.domains.storage import driver, transaction
from yibao.workflows.load_reference import load_reference

from .books import AT, REGION, lines, sealed


@pytest.fixture
def lasting_books(transactional_db):
    """The books, committed."""
    load_reference(at=AT)


def another_connection():
    parts = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{name: parts[name] for name in names if parts.get(name)})


def post_on(raw, cause_id):
    """Post a journal on this connection, without committing it."""
    for write in posted(region=REGION, cause="settlement", cause_id=cause_id, entered_at=AT, postings=lines()):
        raw.execute(write.statement, write.parameters)


@pytest.mark.usefixtures("lasting_books")
class TestLateCommits:
    def test_are_sealed_when_they_come(self):
        with another_connection() as early, another_connection() as late:
            post_on(late, 1)
            post_on(early, 2)
            early.commit()
            first = sealed()
            late.commit()
            second = sealed()

        ids = dict(Journal.objects.values_list("cause_id", "id"))
        assert ids[1] < ids[2]
        assert (first, second, sealed()) == (1, 1, 0)
        assert [s.journal_ids for s in Seal.objects.order_by("id")] == [[ids[2]], [ids[1]]]
        assert verify(driver()).damages == ()

    def test_a_journal_later_than_the_window_is_sealed_with_everything(self):
        with another_connection() as late:
            post_on(late, 1)
            for cause in range(2, 14):
                with another_connection() as early:
                    post_on(early, cause)
                assert sealed() == 1
            late.commit()
        assert sealed() == 0
        assert verify(driver()).unsealed == 1

        with transaction() as raw:
            assert seal(raw, at=AT, everything=True) == 1

        found = verify(driver())
        assert (found.unsealed, found.damages) == (0, ())

    def test_a_late_journal_never_brings_sealed_ones_back(self):
        with another_connection() as late, another_connection() as early:
            post_on(late, 1)
            for cause in (2, 3):
                post_on(early, cause)
            early.commit()
            assert sealed() == 2
            late.commit()
            # until the link of 2 and 3 lies before the window and that of 1 within it, and on
            for cause in range(4, 30):
                post_on(early, cause)
                early.commit()
                assert sealed() == (2 if cause == 4 else 1)

        found = verify(driver())
        assert (found.journals, found.unsealed, found.damages) == (29, 0, ())

    def test_two_sealers_do_not_meet(self):
        with another_connection() as one:
            post_on(one, 1)
            one.commit()
            assert seal(one, at=AT) == 1
            assert sealed() == 0
            one.commit()

        assert (sealed(), Seal.objects.count()) == (0, 1)
