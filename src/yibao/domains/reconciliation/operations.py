"""Keeping reconciliations and their differences, and applications for clearing."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from yibao.domains.reconciliation.practices import Reversals
from yibao.domains.reconciliation.totals import Period, Totals
from yibao.domains.storage import Raw, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an institution says it settled in a period; amounts in fen, none where the transaction does not ask for it."""

    count: int
    total_fen: int
    fund_fen: int
    account_fen: int | None = None
    cash_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks for a reconciliation: an operator of the institution by a message, or a member of staff at the office."""

    source: str
    at: datetime
    operator: str = ""
    member_id: int | None = None
    msgid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedFile:
    """The file of a reconciliation of details: its name, the digest of its bytes, and how many rows it has."""

    name: str
    digest: bytes
    rows: int


_RUN: LiteralString = (
    "INSERT INTO reconciliation_reconciliationrun (id, institution_id, grain, source, agency, scheme, clearing_type, refunds,"
    " reversals, first_day, last_day, operator, member_id, msgid, asked_at, claimed_count, claimed_total_fen,"
    " claimed_fund_fen, claimed_account_fen, claimed_cash_fen, found_count, found_total_fen, found_fund_fen,"
    " found_account_fen, found_cash_fen, file_name, file_digest, file_rows, difference_count, is_equal, answer_number)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " %s, %s, %s, %s)"
)


def next_run_id(raw: Raw) -> int:
    """The number of a run that is about to be kept."""
    row = ask(raw, "SELECT nextval('reconciliation_reconciliationrun_id_seq')").fetchone()
    assert row is not None
    return int(row[0])


def keep_run(
    raw: Raw,
    *,
    run_id: int,
    period: Period,
    reversals: Reversals,
    asker: Asker,
    claim: Claim,
    found: Totals,
    is_equal: bool,
    file: ClaimedFile | None = None,
    differences: int = 0,
    answer_number: str = "",
) -> None:
    """Keep a reconciliation with its result; its differences are kept before it."""
    ask(
        raw,
        _RUN,
        (
            run_id, period.institution_id, "details" if file else "totals", asker.source, period.agency, period.scheme,
            period.clearing_type, period.refunds, reversals, period.first_day, period.last_day, asker.operator,
            asker.member_id, asker.msgid, asker.at, claim.count, claim.total_fen, claim.fund_fen, claim.account_fen,
            claim.cash_fen, found.count, found.total_fen, found.fund_fen, found.account_fen, found.cash_fen,
            file.name if file else "", file.digest if file else None, file.rows if file else None, differences, is_equal,
            answer_number,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplication:
    """What an institution wants cleared: a month of one clearing type, and its figures in fen."""

    institution_id: int
    month: date
    clearing_type: str
    clearing_way: str
    visits: int
    total_fen: int
    fund_fen: int
    account_fen: int
    cash_fen: int
    msgid: str
    operator: str
    at: datetime


def apply_for_clearing(raw: Raw, new: NewApplication) -> int:
    """Keep an application for clearing (清算申请); its number. A second one of month and type fails the transaction."""
    row = ask(
        raw,
        "INSERT INTO reconciliation_clearingapplication (institution_id, month, clearing_type, clearing_way, visits,"
        " total_fen, fund_fen, account_fen, cash_fen, msgid, operator, applied_at, state, ended_by, note)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'applied', '', '') RETURNING id",
        (
            new.institution_id, new.month, new.clearing_type, new.clearing_way, new.visits, new.total_fen, new.fund_fen,
            new.account_fen, new.cash_fen, new.msgid, new.operator, new.at,
        ),
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def end_application(raw: Raw, *, application_id: int, state: str, by: str, note: str, at: datetime) -> None:
    """Withdraw, accept or return an application; the database refuses what may not follow."""
    ask(
        raw,
        "UPDATE reconciliation_clearingapplication SET state = %s, ended_by = %s, note = %s, ended_at = %s WHERE id = %s",
        (state, by, note, at, application_id),
    )
