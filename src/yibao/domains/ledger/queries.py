"""Reading the ledger: entries of a cause, balances, and whether the chain still holds."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Sum

from yibao.domains.ledger.models import Entry, Seal
from yibao.domains.ledger.operations import GENESIS, Posting, chain_digest, journal_digest
from yibao.domains.storage import Raw, ask

_READ_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Damage:
    """One place where the ledger is not what was sealed: what kind, which record."""

    kind: str
    record: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How much of the ledger was verified and what was found."""

    seals: int
    journals: int
    unsealed: int
    damages: tuple[Damage, ...]


def entries_of_cause(*, cause: str, cause_id: int, region: str | None = None) -> list[Entry]:
    """The ledger entries that a record caused, in order; of one region's books, if it is named."""
    entries = Entry.objects.filter(journal__cause=cause, journal__cause_id=cause_id)
    if region is not None:
        entries = entries.filter(journal__region_id=region)
    return list(entries.select_related("journal", "account", "fund", "institution").order_by("journal_id", "line"))


def balance_fen(*, book: str, account: str, region: str | None = None, counterparty: str | None = None) -> int:
    """Debits less credits of an account in fen, over all its entries, of one region and of one counterparty if named."""
    entries = Entry.objects.filter(account__book_id=book, account__code=account)
    if region is not None:
        entries = entries.filter(journal__region_id=region)
    if counterparty is not None:
        entries = entries.filter(journal__counterparty_id=counterparty)
    sums = entries.aggregate(debit=Sum("debit_fen"), credit=Sum("credit_fen"))
    return int(sums["debit"] or 0) - int(sums["credit"] or 0)


def latest_seal() -> Seal | None:
    """The newest link of the chain."""
    return Seal.objects.order_by("-id").first()


def verify(raw: Raw) -> Verification:
    """Compute every digest and every link anew and name each place that differs.

    Finds a changed, added or removed entry or journal, a changed link, a journal that does not balance.
    """
    links = ask(raw, "SELECT id, journal_ids, previous_digest, digest FROM ledger_seal ORDER BY id").fetchall()
    damages: list[Damage] = []
    journals = dict(_journals(raw, damages))  # read after the links: what a link names was committed before it
    previous, sealed = GENESIS, set[int]()
    for number, ids, before, digest in links:
        missing = [i for i in ids if i not in journals]
        damages.extend(Damage("journal_missing", str(i)) for i in missing)
        damages.extend(Damage("journal_sealed_twice", str(i)) for i in ids if i in sealed)
        link = chain_digest(previous, [(i, journals[i]) for i in ids if i in journals])
        if bytes(before) != previous or bytes(digest) != link:
            damages.append(Damage("seal_broken", str(number)))
        previous = bytes(digest)
        sealed.update(ids)
    return Verification(len(links), len(journals), len(journals.keys() - sealed), tuple(damages))


def _journals(raw: Raw, damages: list[Damage]) -> Iterator[tuple[int, bytes]]:
    """Each journal's number and the digest of what it says now; differences from what it said are damages."""
    after = 0
    while rows := ask(raw, _JOURNALS, (after, _READ_AT_ONCE)).fetchall():
        for number, region, counterparty, book, cause, cause_id, entered_at, digest, *columns in rows:
            postings = [
                Posting(book, account, fund, debit_fen, credit_fen, institution_id, person_id)
                for account, fund, institution_id, person_id, debit_fen, credit_fen in zip(*columns, strict=True)
            ]
            now = journal_digest(
                book=book, cause=cause, cause_id=cause_id, entered_at=entered_at, postings=postings, region=region,
                counterparty=counterparty,
            )  # fmt: skip
            if now != bytes(digest):
                damages.append(Damage("journal_changed", str(number)))
            if sum(p.debit_fen - p.credit_fen for p in postings):
                damages.append(Damage("journal_unbalanced", str(number)))
            yield number, now
        after = rows[-1][0]


_JOURNALS = """
SELECT id, region_id, counterparty_id, book_id, cause, cause_id, entered_at, digest, account_codes, fund_codes,
       institution_ids, person_ids, debits_fen, credits_fen FROM ledger_journal WHERE id > %s ORDER BY id LIMIT %s
"""
