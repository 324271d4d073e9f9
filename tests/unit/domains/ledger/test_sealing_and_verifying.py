"""Journals are chained after they were committed, in whatever order; whoever changes one by hand is found."""

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.domains.ledger import queries
from yibao.domains.ledger.models import Journal, Seal
from yibao.domains.ledger.operations import GENESIS, journal_digest
from yibao.domains.ledger.queries import Damage, verify
from yibao.domains.storage import driver

from .books import AT, REGION, by_hand, lines, post, sealed

pytestmark = pytest.mark.usefixtures("books")


def damages():
    """What is found, as pairs."""
    return [(damage.kind, damage.record) for damage in verify(driver()).damages]


@pytest.fixture
def chain():
    """Three links of two journals each."""
    for _ in range(3):
        post(lines(100))
        post(lines(250))
        assert sealed() == 2
    return list(Seal.objects.order_by("id")), list(Journal.objects.order_by("id"))


class TestSealing:
    def test_links_each_seal_to_the_one_before(self, chain):
        seals, journals = chain

        assert [bytes(seal.previous_digest) for seal in seals] == [GENESIS, *(bytes(s.digest) for s in seals[:-1])]
        assert [number for seal in seals for number in seal.journal_ids] == [journal.pk for journal in journals]

    def test_without_anything_new_makes_no_link(self, chain):
        assert (sealed(), Seal.objects.count()) == (0, 3)

    def test_a_chain_never_forks(self, chain):
        seals, _ = chain

        with pytest.raises(IntegrityError, match="seal_chain_never_forks"), transaction.atomic():
            Seal.objects.create(journal_ids=[1], previous_digest=seals[0].previous_digest, digest=b"x", sealed_at=AT)

    @pytest.mark.parametrize("statement", ["UPDATE ledger_seal SET sealed_at = now()", "DELETE FROM ledger_seal"])
    def test_a_seal_is_neither_changed_nor_deleted(self, chain, statement):
        with (
            pytest.raises(IntegrityError, match="ledger_seal is append only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


class TestVerifying:
    def test_a_whole_ledger_finds_nothing(self, chain):
        post()

        found = verify(driver())

        assert (found.seals, found.journals, found.unsealed, found.damages) == (3, 7, 1, ())

    def test_finds_a_changed_amount(self, chain):
        seals, journals = chain
        by_hand(
            "UPDATE ledger_journal SET debits_fen = '{101,0}', credits_fen = '{0,101}' WHERE id = %s", [journals[2].pk]
        )

        assert damages() == [("journal_changed", str(journals[2].pk)), ("seal_broken", str(seals[1].pk))]

    def test_finds_a_changed_amount_whose_digest_was_made_anew(self, chain):
        seals, journals = chain
        journal = journals[2]
        digest = journal_digest(
            book=journal.book_id, cause=journal.cause, cause_id=journal.cause_id, entered_at=AT, postings=lines(101),
            region=REGION,
        )  # fmt: skip
        by_hand(
            "UPDATE ledger_journal SET debits_fen = '{101,0}', credits_fen = '{0,101}', digest = %s WHERE id = %s",
            [digest, journal.pk],
        )

        assert damages() == [("seal_broken", str(seals[1].pk))]

    def test_finds_a_journal_that_does_not_balance(self, chain):
        _, journals = chain
        by_hand("UPDATE ledger_journal SET debits_fen = '{101,0}' WHERE id = %s", [journals[0].pk])

        assert ("journal_unbalanced", str(journals[0].pk)) in damages()

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("account_codes", "{1001,2001}"), ("fund_codes", "{310200,310100}"), ("person_ids", "{1,NULL}"),
            ("institution_ids", "{NULL,1}"), ("cause_id", "7"), ("entered_at", "2026-11-10 09:00:00.000001+00"),
            ("digest", "x"),
        ],
    )  # fmt: skip
    def test_finds_a_change_of_anything_a_journal_says(self, chain, column, value):
        _, journals = chain
        by_hand(f"UPDATE ledger_journal SET {column} = %s WHERE id = %s", [value, journals[3].pk])

        assert damages()[0] == ("journal_changed", str(journals[3].pk))

    def test_finds_a_change_of_what_is_not_sealed_yet(self, chain):
        cause = post()
        number = Journal.objects.get(cause_id=cause).pk
        by_hand("UPDATE ledger_journal SET debits_fen = '{1,0}', credits_fen = '{0,1}' WHERE id = %s", [number])

        assert damages() == [("journal_changed", str(number))]

    def test_finds_a_removed_journal(self, chain):
        seals, journals = chain
        by_hand("DELETE FROM ledger_journal WHERE id = %s", [journals[5].pk])

        assert damages() == [("journal_missing", str(journals[5].pk)), ("seal_broken", str(seals[2].pk))]

    @pytest.mark.parametrize("place", [0, 1])
    def test_finds_a_removed_seal_by_the_one_after_it(self, chain, place):
        seals, _ = chain
        by_hand("DELETE FROM ledger_seal WHERE id = %s", [seals[place].pk])

        assert damages() == [("seal_broken", str(seals[place + 1].pk))]

    def test_finds_a_swapped_order_of_journals(self, chain):
        seals, _ = chain
        by_hand(
            "UPDATE ledger_seal SET journal_ids = ARRAY[journal_ids[2], journal_ids[1]] WHERE id = %s", [seals[0].pk]
        )

        assert damages() == [("seal_broken", str(seals[0].pk))]

    def test_finds_swapped_seals(self, chain):
        seals, _ = chain
        first, second = seals[:2]
        for one, other in ((first, second), (second, first)):
            by_hand("UPDATE ledger_seal SET journal_ids = %s WHERE id = %s", [other.journal_ids, one.pk])

        assert [record for kind, record in damages() if kind == "seal_broken"] == [str(first.pk), str(second.pk)]

    def test_finds_a_journal_that_two_seals_name(self, chain):
        seals, journals = chain
        by_hand("UPDATE ledger_seal SET journal_ids = journal_ids || %s WHERE id = %s", [journals[0].pk, seals[2].pk])

        assert Damage("journal_sealed_twice", str(journals[0].pk)) in verify(driver()).damages

    def test_is_not_misled_by_what_is_posted_and_sealed_meanwhile(self, chain, monkeypatch):
        read = queries._journals

        def read_while_others_post(raw, found):
            yield from read(raw, found)
            post()
            assert sealed() == 1

        monkeypatch.setattr(queries, "_journals", read_while_others_post)

        assert verify(driver()).damages == ()
