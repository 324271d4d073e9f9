"""Posting to the ledger, and sealing what was posted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from yibao.domains.storage import Raw, Write, array_of, ask

GENESIS = b"\0" * 32
SEAL_LOCK = 7_230_641
SEAL_JOURNALS_MAX = 10_000
SEAL_WINDOW = 10


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


@dataclass(frozen=True, slots=True)
class Side:
    """What one region posts; `counterparty` is the other one where two regions owe each other (往来)."""

    region: str
    postings: Sequence[Posting]
    counterparty: str | None = None


def journal_digest(
    *,
    book: str,
    cause: str,
    cause_id: int,
    entered_at: datetime,
    postings: Sequence[Posting],
    region: str | None,
    counterparty: str | None = None,
) -> bytes:
    """SM3 (GB/T 32905) over all that a journal says, in a fixed text form; microseconds since the epoch for the time.

    Journals from before regions were kept apart name none.
    """
    microseconds = round(entered_at.timestamp() * 1_000_000)
    head = f"{book}|{cause}|{cause_id}|{microseconds}"
    if region is not None:
        head = f"{region}|{counterparty or ''}|{head}"
    lines = (
        f"{line}|{p.account}|{p.fund}|{p.institution_id or ''}|{p.person_id or ''}|{p.debit_fen}|{p.credit_fen}"
        for line, p in enumerate(postings, 1)
    )
    return hashlib.new("sm3", "\n".join((head, *lines)).encode()).digest()


def posted(*, region: str, cause: str, cause_id: int, entered_at: datetime, postings: Sequence[Posting]) -> list[Write]:
    """The writes of one journal per book of a region, each balanced; the database refuses the commit otherwise.

    Nothing but inserts: no balance row is touched, so no two postings ever wait for each other.
    """
    return posted_sides(cause=cause, cause_id=cause_id, entered_at=entered_at, sides=(Side(region, postings),))


def posted_sides(*, cause: str, cause_id: int, entered_at: datetime, sides: Sequence[Side]) -> list[Write]:
    """The writes of one journal per region and book, each balanced on its own."""
    journals: dict[tuple[str, str | None, str], list[Posting]] = {}
    for side in sides:
        for posting in side.postings:
            journals.setdefault((side.region, side.counterparty, posting.book), []).append(posting)
    return [
        Write(
            _JOURNAL_NAMES[place],
            _INSERT,
            (
                region, counterparty, book, cause, cause_id, entered_at, array_of(p.account for p in lines),
                array_of(p.fund for p in lines), array_of(p.institution_id for p in lines),
                array_of(p.person_id for p in lines), array_of(p.debit_fen for p in lines),
                array_of(p.credit_fen for p in lines),
                journal_digest(
                    book=book, cause=cause, cause_id=cause_id, entered_at=entered_at, postings=lines, region=region,
                    counterparty=counterparty,
                ),
            ),
        )
        for place, ((region, counterparty, book), lines) in enumerate(journals.items())
    ]  # fmt: skip


_JOURNAL_NAMES: tuple[LiteralString, ...] = (
    "journal_a", "journal_b", "journal_c", "journal_d", "journal_e", "journal_f", "journal_g", "journal_h",
    "journal_i", "journal_j", "journal_k", "journal_l", "journal_m", "journal_n", "journal_o", "journal_p",
)  # fmt: skip
_INSERT: LiteralString = (
    "INSERT INTO ledger_journal (region_id, counterparty_id, book_id, cause, cause_id, entered_at, account_codes,"
    " fund_codes, institution_ids, person_ids, debits_fen, credits_fen, digest) SELECT %s, %s, %s, %s, %s, %s,"
    " %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s /*from each*/"
)


def chain_digest(previous: bytes, journals: Sequence[tuple[int, bytes]]) -> bytes:
    """SM3 over the link before and the numbers and digests of the journals that this link seals."""
    link = hashlib.new("sm3", previous)
    for number, digest in journals:
        link.update(number.to_bytes(8, "big") + digest)
    return link.digest()


def seal(raw: Raw, *, at: datetime, everything: bool = False) -> int:
    """Seal the journals that were committed since the last links, up to a limit; returns how many.

    One sealer works at a time (an advisory lock); posters never wait for it, because it only reads what they wrote.
    A journal may commit after younger ones did. What is younger than all that stood before the last `SEAL_WINDOW` links
    is looked at again each time; what came even later is found by `verify` and sealed with `everything`, which looks
    at the whole chain.
    """
    if not ask(raw, "SELECT pg_try_advisory_xact_lock(%s)", (SEAL_LOCK,)).fetchone()[0]:  # type: ignore[index]
        return 0
    last = ask(raw, "SELECT id, digest FROM ledger_seal ORDER BY id DESC LIMIT 1").fetchone()
    previous = bytes(last[1]) if last else GENESIS
    statement, parameters = (_UNSEALED, ()) if everything else (_YOUNG, (SEAL_WINDOW, SEAL_WINDOW, SEAL_WINDOW))
    journals = [(row[0], bytes(row[1])) for row in ask(raw, statement, (*parameters, SEAL_JOURNALS_MAX)).fetchall()]
    if not journals:
        return 0
    ask(
        raw,
        "INSERT INTO ledger_seal (journal_ids, previous_digest, digest, sealed_at) VALUES (%s::bigint[], %s, %s, %s)",
        ([number for number, _ in journals], previous, chain_digest(previous, journals), at),
    )
    return len(journals)


# The floor is the youngest journal of the links just before the window: a link of latecomers alone does not lower it.
_YOUNG: LiteralString = """
WITH recent AS (SELECT unnest(journal_ids) AS id
                  FROM (SELECT journal_ids FROM ledger_seal ORDER BY id DESC LIMIT %s) AS links),
earlier AS (SELECT journal_ids FROM ledger_seal ORDER BY id DESC OFFSET %s LIMIT %s),
floor AS (SELECT COALESCE(max(id), 0) AS id FROM (SELECT unnest(journal_ids) AS id FROM earlier) AS sealed)
SELECT j.id, j.digest FROM ledger_journal j
 WHERE j.id > (SELECT id FROM floor) AND j.id NOT IN (SELECT id FROM recent) ORDER BY j.id LIMIT %s
"""
_UNSEALED: LiteralString = """
SELECT j.id, j.digest FROM ledger_journal j
 WHERE j.id NOT IN (SELECT unnest(journal_ids) FROM ledger_seal) ORDER BY j.id LIMIT %s
"""
