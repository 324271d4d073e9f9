"""The sum rules that hold on every answer of the national interface; source: settlement arithmetic, section 1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from yibao.core.money import parse_scaled

FUNDS: Final = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay")
SUMS: Final = (
    "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc",
    "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "hosp_part_amt", *FUNDS,
)  # fmt: skip
ACCOUNT_FUNDS: Final = ("310200", "310201")
HOSPITAL_FUNDS: Final = ("999996", "999997", "999900")


def fen(value: Any) -> int:
    """An amount of an answer in fen; nothing is zero."""
    return 0 if value is None else parse_scaled(value, decimals=2)


def amounts(info: Mapping[str, Any]) -> dict[str, int]:
    """The sums of a settlement in fen, by member."""
    return {name: fen(info.get(name)) for name in SUMS}


def line_faults(rows: Sequence[Mapping[str, Any]], sent_fen: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with the split of fee lines, given what was sent by line number."""
    if {row["feedetl_sn"] for row in rows} != set(sent_fen):
        yield "the answer's lines are not those sent"
    for row in rows:
        total = fen(row["det_item_fee_sumamt"])
        parts = sum(fen(row[name]) for name in ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt"))
        if total != parts or total != sent_fen.get(row["feedetl_sn"], total):
            yield f"line {row['feedetl_sn']}: {total} fen sent, parts add up to {parts}"


def settlement_faults(
    info: Mapping[str, Any], detail: Sequence[Mapping[str, Any]], *, total_fen: int, msgid: str, is_trial: bool
) -> Iterator[str]:
    """What is wrong with a settlement or a trial of this total, sent under this message number."""
    sums = amounts(info)
    equal = {
        "total sent": (sums["medfee_sumamt"], total_fen),
        "scope": (
            sums["medfee_sumamt"],
            sums["fulamt_ownpay_amt"] + sums["overlmt_selfpay"] + sums["preselfpay_amt"] + sums["inscp_scp_amt"],
        ),
        "payers": (sums["medfee_sumamt"], sums["fund_pay_sumamt"] + sums["psn_part_amt"] + sums["hosp_part_amt"]),
        "person": (sums["psn_part_amt"], sums["acct_pay"] + sums["psn_cash_pay"]),
        "funds": (sums["fund_pay_sumamt"], sum(sums[name] for name in FUNDS)),
        **_detail_sums(sums, detail),
    }
    yield from (f"{name}: {left} is not {right} fen" for name, (left, right) in equal.items() if left != right)
    if not 0 <= abs(sums["act_pay_dedc"]) <= abs(sums["inscp_scp_amt"]):
        yield "deductible: more than what is in scope"
    if total_fen >= 0 and min(sums.values()) < 0:
        yield "an amount is negative"
    if info.get("medins_setl_id") != msgid:
        yield "medins_setl_id is not the message number"
    if bool(info.get("setl_id")) == is_trial:
        yield "a trial has a settlement number" if is_trial else "a settlement has no number"


def _detail_sums(sums: Mapping[str, int], detail: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """The two sums of setldetail: all rows, and the rows of real funds."""
    apart = (*ACCOUNT_FUNDS, *HOSPITAL_FUNDS)
    of_funds = sum(fen(row["fund_payamt"]) for row in detail if row["fund_pay_type"] not in apart)
    return {
        "setldetail": (
            sum(fen(row["fund_payamt"]) for row in detail),
            sums["fund_pay_sumamt"] + sums["acct_pay"] + sums["hosp_part_amt"],
        ),
        "setldetail of funds": (of_funds, sums["fund_pay_sumamt"]),
    }


def reversal_faults(info: Mapping[str, Any], original: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a reversal of a settlement: every sum must be turned around."""
    back, there = amounts(info), amounts(original)
    yield from (
        f"reversal: {name} is {back[name]}, the original {there[name]} fen"
        for name in SUMS
        if back[name] != -there[name]
    )
    if info.get("setl_id") == original.get("setl_id"):
        yield "reversal: it has the original's number"
