"""The file that answers a reconciliation of details: a ZIP with result.txt, a row for each difference.

Columns, with tabs between them (knowledge of the gateway's envelope, section 7: third party): psn_no, mdtrt_id, setl_id,
msgid, stmt_rslt, refd_setl_flag, memo, medfee_sumamt, fund_pay_sumamt, acct_pay; "null" for what is empty. The amounts are the
centre's, or the institution's where the centre has none.
"""

import io
import zipfile
from datetime import datetime
from typing import Final

from django.utils.timezone import localtime

from yibao.core.money import format_scaled
from yibao.domains.files.operations import KEPT_FOR, NewFile
from yibao.domains.reconciliation.kept_differences import stream_differences
from yibao.domains.reconciliation.mending import mending_of
from yibao.domains.reconciliation.models import ReconciliationDifference
from yibao.domains.reconciliation.totals import Period

RESULT_NAME: Final = "result.txt"
Cause = ReconciliationDifference.Cause
CODES: Final = {
    Cause.ONLY_HERE: "000101",
    Cause.REVERSED: "000101",
    Cause.ONLY_THERE: "000102",
    Cause.REPEATED: "000102",
    Cause.ELSEWHERE: "000102",
    Cause.AMOUNTS: "000103",
    Cause.VISIT: "000103",
    Cause.SUMS: "000103",
}
"""对账结果 (stmt_rslt) of a row by its cause: only at the centre, only at the institution, data differ."""


def result_file(run_id: int, period: Period, *, code: str, at: datetime) -> NewFile:
    """The file of a run's differences, for its institution."""
    packed = io.BytesIO()
    entry = zipfile.ZipInfo(RESULT_NAME, localtime(at).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(packed, "w") as archive, archive.open(entry, "w") as inside:
        for difference in stream_differences(run_id):
            inside.write(_row(difference).encode())
    name = f"{code}_{period.first_day:%Y%m%d}_{period.last_day:%Y%m%d}_{run_id}.zip"
    return NewFile(period.institution_id, code, name, packed.getvalue(), at, at + KEPT_FOR)


def _row(difference: ReconciliationDifference) -> str:
    """One line of result.txt."""
    cells = (
        difference.person_number,
        difference.visit_number,
        difference.setl_id,
        difference.msgid,
        CODES[Cause(difference.cause)],
        "1" if difference.is_refund else "0",
        mending_of(difference).zh,
        _yuan(difference.found_total_fen, difference.claimed_total_fen),
        _yuan(difference.found_fund_fen, difference.claimed_fund_fen),
        _yuan(difference.found_account_fen, difference.claimed_account_fen),
    )
    return "\t".join(cell or "null" for cell in cells) + "\n"


def _yuan(found_fen: int | None, claimed_fen: int | None) -> str:
    """The centre's amount in yuan, else the institution's."""
    fen = found_fen if found_fen is not None else claimed_fen
    return "" if fen is None else format_scaled(fen, decimals=2)
