"""Posting to the ledger, and sealing what was posted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yibao.domains.storage import Raw, ask

GENESIS = b"\0" * 32
SEAL_LOCK = 7_230_641
SEAL_JOURNALS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Posting:
    """One line to post: a debit or a credit in fen, negative in red (红字), on an account of the fund's book."""

    book: str
    account: str
    fund: str
    debit_fen: int
    credit_fen: int
    institution_id: int | None = None
    person_id: int | None = None


def journal_digest(
    *, book: str, cause: str, cause_id: int, entered_at: datetime, postings: Sequence[Posting]
) -> bytes:
    """SM3 (GB/T 32905) over all that a journal says, in a fixed text form; microseconds since the epoch for the time."""
    microseconds = round(entered_at.timestamp() * 1_000_000)
    head = f"{book}|{cause}|{cause_id}|{microseconds}"
    lines = (
        f"{line}|{p.account}|{p.fund}|{p.institution_id or ''}|{p.person_id or ''}|{p.debit_fen}|{p.credit_fen}"
        for line, p in enumerate(postings, 1)
    )
    return hashlib.new("sm3", "\n".join((head, *lines)).encode()).digest()


def post(raw: Raw, *, cause: str, cause_id: int, entered_at: datetime, postings: Sequence[Posting]) -> None:
    """Post one journal per book, each balanced; the database refuses the commit otherwise.

    Nothing but inserts: no balance row is touched, so no two postings ever wait for each other.
    """
    books: dict[str, list[Posting]] = {}
    for posting in postings:
        books.setdefault(posting.book, []).append(posting)
    if not books:
        return
    digests = [
        journal_digest(book=book, cause=cause, cause_id=cause_id, entered_at=entered_at, postings=lines)
        for book, lines in books.items()
    ]
    placed = [(book, line, p) for book, lines in books.items() for line, p in enumerate(lines, 1)]
    ask(
        raw,
        "WITH journal AS (INSERT INTO ledger_journal (book_id, cause, cause_id, entered_at, entry_count, digest)"
        "  SELECT b.book, %s, %s, %s, b.entries, b.digest"
        "  FROM unnest(%s::text[], %s::int[], %s::bytea[]) AS b(book, entries, digest) RETURNING id, book_id)"
        " INSERT INTO ledger_entry (journal_id, line, account_id, fund_id, institution_id, person_id, debit_fen,"
        " credit_fen) SELECT journal.id, p.line, account.id, p.fund, p.institution, p.person, p.debit, p.credit"
        " FROM unnest(%s::text[], %s::int[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],"
        " %s::bigint[]) AS p(book, line, account, fund, institution, person, debit, credit)"
        " JOIN journal ON journal.book_id = p.book"
        " JOIN ledger_account account ON account.book_id = p.book AND account.code = p.account",
        (
            cause, cause_id, entered_at, list(books), [len(lines) for lines in books.values()], digests,
            [book for book, _, _ in placed], [line for _, line, _ in placed], [p.account for _, _, p in placed],
            [p.fund for _, _, p in placed], [p.institution_id for _, _, p in placed],
            [p.person_id for _, _, p in placed], [p.debit_fen for _, _, p in placed],
            [p.credit_fen for _, _, p in placed],
        ),
    )  # fmt: skip


def chain_digest(previous: bytes, journals: Sequence[tuple[int, bytes]]) -> bytes:
    """SM3 over the link before and the numbers and digests of the journals that this link seals."""
    link = hashlib.new("sm3", previous)
    for number, digest in journals:
        link.update(number.to_bytes(8, "big") + digest)
    return link.digest()


def seal(raw: Raw, *, at: datetime) -> int:
    """Seal the journals that were committed since the last link, up to a limit; returns how many.

    One sealer works at a time (an advisory lock); posters never wait for it, because it only reads what they wrote.
    """
    if not ask(raw, "SELECT pg_try_advisory_xact_lock(%s)", (SEAL_LOCK,)).fetchone()[0]:  # type: ignore[index]
        return 0
    last = ask(raw, "SELECT id, digest FROM ledger_seal ORDER BY id DESC LIMIT 1").fetchone()
    previous = bytes(last[1]) if last else GENESIS
    journals = [(row[0], bytes(row[1])) for row in ask(raw, _UNSEALED, (SEAL_JOURNALS_MAX,)).fetchall()]
    if not journals:
        return 0
    ask(
        raw,
        "INSERT INTO ledger_seal (journal_ids, previous_digest, digest, sealed_at) VALUES (%s::bigint[], %s, %s, %s)",
        ([number for number, _ in journals], previous, chain_digest(previous, journals), at),
    )
    return len(journals)


# A journal may commit after younger ones, so the numbers of the last links overlap; journals that are older than all
# of the last hundred links were sealed or are found by `verify`, which looks at every journal.
_UNSEALED = """
WITH recent AS (SELECT unnest(journal_ids) AS id FROM (SELECT journal_ids FROM ledger_seal ORDER BY id DESC LIMIT 100) s)
SELECT j.id, j.digest FROM ledger_journal j
 WHERE j.id > CASE WHEN (SELECT count(*) FROM ledger_seal) < 100 THEN 0 ELSE (SELECT min(id) FROM recent) END
   AND j.id NOT IN (SELECT id FROM recent) ORDER BY j.id LIMIT %s
"""
