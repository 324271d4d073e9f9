"""Reconciliation: 3201 totals, 3202 rows by file, 3211 3212 the daily one of Inner Mongolia; 3203 3204 clearing."""

from collections.abc import Callable
from typing import Any, Final

from django.utils.timezone import localtime

from yibao.core.money import format_scaled
from yibao.domains.files.queries import file_of
from yibao.domains.reconciliation.operations import Asker, Claim
from yibao.domains.reconciliation.queries import run_of_message
from yibao.domains.reconciliation.totals import NORMAL, REFUND, Period
from yibao.domains.storage import Raw
from yibao.interfaces.gateway.context import Context, NoSuchIdError, handles, record_id
from yibao.workflows.apply_for_clearing import ClearingWish, application_step, withdrawal_step
from yibao.workflows.reconcile import ClaimFile, DetailsCompared, TotalsCompared, details_step, totals_step

CODES: Final = {
    "short": {"equal": "0", "here": "1", "there": "1", "amounts": "1"},
    "long": {"equal": "000000", "here": "000101", "there": "000102", "amounts": "000103"},
}
"""对账结果 (stmt_rslt) by the region's codes."""
_FINISHED: Final = "1"
"""任务状态 of 3212: the comparison was carried out with 3211 itself (our default; no list of the states is known)."""


@handles("3201")
def totals(context: Context, data: dict[str, Any]) -> bytes:
    """医药机构费用结算对总账: sums and number of settlements."""
    sent = data["data"]
    claim = Claim(
        count=sent["fixmedins_setl_cnt"],
        total_fen=sent["medfee_sumamt"],
        fund_fen=sent["fund_pay_sumamt"],
        account_fen=sent["acct_pay"],
    )
    step = totals_step(_period(context, sent), claim, _asker(context))
    return context.change(
        None,
        step,
        lambda made: {
            "stmtinfo": {
                "setl_optins": sent["setl_optins"],
                "stmt_rslt": CODES[made.practice.result_codes][made.result],
                "stmt_rslt_dscr": _described(made),
            }
        },
    )


@handles("3202")
def details(context: Context, data: dict[str, Any]) -> bytes:
    """医药机构费用结算对明细账: row by row, from a file that 9101 took."""
    sent = data["data"]
    claim = Claim(
        count=sent["fixmedins_setl_cnt"],
        total_fen=sent["medfee_sumamt"],
        fund_fen=sent["fund_pay_sumamt"],
        cash_fen=sent["cash_payamt"],
    )
    return context.change(
        None,
        details_step(_period(context, sent), claim, _asker(context), _file(context, sent["file_qury_no"])),
        lambda made: {"fileinfo": _fileinfo(made)},
    )


@handles("3211")
def daily(context: Context, data: dict[str, Any]) -> bytes:
    """定点机构日结算对账 (Inner Mongolia): row by row, all schemes and kinds; the file's own sums are the claim."""
    sent = data["data"]
    period = Period(
        institution_id=context.institution.id,
        region=context.institution.region,
        first_day=sent["clr_begin_ymd"],
        last_day=sent["clr_end_ymd"],
    )
    return context.change(
        None,
        details_step(period, None, _asker(context), _file(context, sent["file_qury_no"])),
        lambda made: {"fileinfo": {"task_key": str(made.run_id)}},
    )


@handles("3212")
def daily_result(context: Context, data: dict[str, Any]) -> bytes:
    """日结算结果查询 (Inner Mongolia): what 3211 came to."""
    sent = data["data"]
    run = run_of_message(institution_id=context.institution.id, run_id=record_id(sent["task_key"], field="task_key"))
    if run is None:
        raise NoSuchIdError(field="task_key", sent=sent["task_key"])
    return context.answer(
        {
            "fileinfo": {
                "check_state": CODES["short"]["equal" if run.is_equal else "amounts"],
                "task_status": _FINISHED,
                "file_qury_no1": run.answer_number,
            }
        }
    )


def _period(context: Context, sent: dict[str, Any]) -> Period:
    """Which settlements are compared."""
    return Period(
        institution_id=context.institution.id,
        region=context.institution.region,
        first_day=sent["stmt_begndate"],
        last_day=sent["stmt_enddate"],
        agency=sent["setl_optins"],
        scheme=sent.get("insutype") or "",
        clearing_type=sent["clr_type"] or "",
        refunds=_refunds(sent.get("refd_setl_flag")),
    )


def _refunds(flag: str | None) -> str:
    """Normal rows, refund rows, or both: regions write the flag in one, three or six digits."""
    if not flag:
        return ""
    return REFUND if flag.lstrip("0") else NORMAL


def _asker(context: Context) -> Asker:
    """Who asks."""
    envelope = context.envelope
    return Asker(source=envelope.infno, at=context.now, operator=envelope.opter, msgid=envelope.msgid)


def _file(context: Context, number: str) -> Callable[[Raw], ClaimFile]:
    """What opens the institution's own file inside of the transaction."""

    def opened(raw: Raw) -> ClaimFile:
        kept = file_of(raw, number=number, name=None, reader_id=context.institution.id, at=context.now)
        return ClaimFile(code=context.institution.code, name=kept.name, content=kept.content)

    return opened


def _fileinfo(made: DetailsCompared) -> dict[str, Any]:
    """Where the result can be fetched."""
    return {
        "file_qury_no": made.file_number,
        "filename": made.file_name,
        "dld_endtime": localtime(made.expires_at),
    }


def _described(made: TotalsCompared) -> str:
    """结果说明: what is here beside what was claimed, where they are not the same."""
    claim, found = made.claim, made.found
    if made.result == "equal":
        return "对账一致"
    pairs = [
        ("医疗费总额", format_scaled(found.total_fen, decimals=2), format_scaled(claim.total_fen, decimals=2)),
        ("基金支付总额", format_scaled(found.fund_fen, decimals=2), format_scaled(claim.fund_fen, decimals=2)),
        (
            "个人账户支付",
            format_scaled(found.account_fen, decimals=2),
            format_scaled(claim.account_fen or 0, decimals=2),
        ),
        ("结算笔数", str(found.count), str(claim.count)),
    ]
    return "；".join(f"{name}中心{here}、机构{there}" for name, here, there in pairs if here != there)[:200]


@handles("3203")
def apply_for_clearing(context: Context, data: dict[str, Any]) -> bytes:
    """清算申请: a month of one clearing type; the total is sent under one of two names."""
    sent = data["data"]
    wish = ClearingWish(
        institution_id=context.institution.id,
        region=context.institution.region,
        month=sent["setlym"],
        clearing_type=sent["clr_type"],
        clearing_way=sent["clr_way"] or "",
        visits=sent["psntime"],
        total_fen=sent["med_sumfee"] if sent["medfee_sumamt"] is None else sent["medfee_sumamt"],
        fund_fen=sent["fund_appy_sum"],
        account_fen=sent["acct_pay"],
        cash_fen=sent["cash_payamt"],
        msgid=context.envelope.msgid,
        operator=context.envelope.opter,
        at=context.now,
    )
    return context.change(None, application_step(wish), lambda number: {"result": {"clr_appy_evt_id": str(number)}})


@handles("3204")
def withdraw_application(context: Context, data: dict[str, Any]) -> bytes:
    """清算申请撤销."""
    number = record_id(data["data"]["clr_appy_evt_id"], field="clr_appy_evt_id")
    step = withdrawal_step(
        institution_id=context.institution.id, application_id=number, operator=context.envelope.opter, at=context.now
    )
    return context.change(None, step, lambda _made: None)
