"""What flowed out of each fund."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True, kw_only=True)
class FundFlow:
    """What one fund spent, in fen: debits less credits of its expense accounts, reversals taken off."""

    fund: str
    name_zh: str
    name_en: str
    today_fen: int
    month_fen: int


def fund_flows(*, region: str, month_from: datetime, today_from: datetime, until: datetime) -> Sequence[FundFlow]:
    """Sum each fund's spending in a region since `month_from` and since the later `today_from`, both before `until`."""
    with connection.cursor() as cursor:
        cursor.execute(_FLOWS, [today_from, month_from, until, region])
        return [
            FundFlow(fund=fund, name_zh=zh, name_en=en, today_fen=int(today), month_fen=int(month))
            for fund, zh, en, today, month in cursor.fetchall()
        ]


# The lines stand in their journal, so that the index on the time of entry leads to them at once.
_FLOWS = """
SELECT fund.code, fund.name_zh, fund.name_en,
       COALESCE(sum(line.debit_fen - line.credit_fen) FILTER (WHERE journal.entered_at >= %s), 0),
       sum(line.debit_fen - line.credit_fen)
  FROM ledger_journal AS journal
 CROSS JOIN LATERAL unnest(journal.account_codes, journal.fund_codes, journal.debits_fen, journal.credits_fen)
                    AS line(account, fund, debit_fen, credit_fen)
  JOIN ledger_account AS account
    ON account.book_id = journal.book_id AND account.code = line.account AND account.nature = 'expense'
  JOIN ledger_fund AS fund ON fund.code = line.fund
 WHERE journal.entered_at >= %s AND journal.entered_at < %s AND journal.region_id = %s
 GROUP BY fund.code, fund.name_zh, fund.name_en
 ORDER BY fund.code
"""
