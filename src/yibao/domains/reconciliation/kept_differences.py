"""Differences of a run that is being kept: one more of the sums, who was read of, and all of them in their order."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from yibao.domains.reconciliation.models import ReconciliationDifference
from yibao.domains.reconciliation.operations import Claim
from yibao.domains.reconciliation.totals import Totals
from yibao.domains.storage import Raw, ask

PAGE: Final = 5_000


def keep_difference_of_sums(raw: Raw, *, run_id: int, claim: Claim, claimed: Totals) -> None:
    """Keep that the totals sent are not the sums of the file: what was sent stands as claimed, the file's sums as found."""
    ask(
        raw,
        "INSERT INTO reconciliation_reconciliationdifference (run_id, cause, situation, mended_by, setl_id, visit_number,"
        " person_number, msgid, infno, is_refund, claimed_total_fen, claimed_fund_fen, claimed_account_fen,"
        " found_total_fen, found_fund_fen, found_account_fen)"
        " VALUES (%s, 'sums', 'sums', '', '', '', '', '', '', false, %s, %s, %s, %s, %s, %s)",
        (
            run_id, claim.total_fen, claim.fund_fen, claim.account_fen, claimed.total_fen, claimed.fund_fen,
            claimed.account_fen,
        ),
    )  # fmt: skip


def note_readings(raw: Raw, *, run_id: int, institution_id: int, infno: str, operator: str, read_at: datetime) -> None:
    """Log that an institution reads of the persons whose settlements differ."""
    ask(
        raw,
        "INSERT INTO message_store_recordread (institution_id, person_id, infno, operator, read_at)"
        " SELECT DISTINCT %s::bigint, s.person_id, %s, %s, %s::timestamptz FROM reconciliation_reconciliationdifference d"
        " JOIN settlement_settlement s ON s.id = d.settlement_id WHERE d.run_id = %s",
        (institution_id, infno, operator, read_at, run_id),
    )


def stream_differences(run_id: int) -> Iterator[ReconciliationDifference]:
    """The differences of a run in their order, read a page at a time."""
    after_id = 0
    while True:
        page = list(ReconciliationDifference.objects.filter(run_id=run_id, pk__gt=after_id).order_by("pk")[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        after_id = page[-1].pk
