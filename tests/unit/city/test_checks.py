from typing import Any

import pytest

from yibao.city.checks import fen, line_faults, reversal_faults, settlement_faults

MSGID = "H11010190001202611210800000001"


def info(**changed: Any) -> dict[str, Any]:
    return {
        "setl_id": "7",
        "medins_setl_id": MSGID,
        "medfee_sumamt": "23442.46",
        "fulamt_ownpay_amt": "2533.97",
        "overlmt_selfpay": "1396.89",
        "preselfpay_amt": "703.44",
        "inscp_scp_amt": "18808.16",
        "act_pay_dedc": "650.00",
        "hifp_pay": "18785.39",
        "fund_pay_sumamt": "18785.39",
        "psn_part_amt": "4152.06",
        "acct_pay": "170.04",
        "psn_cash_pay": "3982.02",
        "hosp_part_amt": "505.01",
        **changed,
    }


DETAIL = [
    {"fund_pay_type": "310100", "fund_payamt": "18785.39"},
    {"fund_pay_type": "310200", "fund_payamt": "170.04"},
    {"fund_pay_type": "999996", "fund_payamt": "505.01"},
]


def faults(changed: dict[str, Any], *, is_trial: bool = False, total_fen: int = 2344246) -> list[str]:
    return list(settlement_faults(info(**changed), DETAIL, total_fen=total_fen, msgid=MSGID, is_trial=is_trial))


def test_a_published_answer_has_no_faults() -> None:
    assert faults({}) == []


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"preselfpay_amt": "703.45"}, "scope"),
        ({"hosp_part_amt": "505.02"}, "payers"),
        ({"acct_pay": "170.05"}, "person"),
        ({"hifp_pay": "18785.38"}, "funds"),
        ({"act_pay_dedc": "18808.17"}, "deductible"),
        ({"medins_setl_id": "other"}, "medins_setl_id"),
        ({"setl_id": None}, "no number"),
    ],
)
def test_a_fen_or_a_number_that_is_wrong_is_found(changed: dict[str, Any], word: str) -> None:
    assert any(word in fault for fault in faults(changed))


def test_the_total_sent_must_come_back() -> None:
    assert faults({}, total_fen=2344245) == ["total sent: 2344246 is not 2344245 fen"]


def test_a_trial_has_no_number() -> None:
    assert faults({"setl_id": None}, is_trial=True) == []
    assert faults({}, is_trial=True) == ["a trial has a settlement number"]


def test_a_reversal_turns_every_sum_around() -> None:
    turned = {name: f"-{value}" for name, value in info().items() if name not in {"setl_id", "medins_setl_id"}}
    assert list(reversal_faults({**turned, "setl_id": "8"}, info())) == []
    assert list(reversal_faults({**turned, "setl_id": "8", "acct_pay": "0"}, info())) == [
        "reversal: acct_pay is 0, the original 17004 fen"
    ]
    assert "reversal: it has the original's number" in list(reversal_faults({**turned, "setl_id": "7"}, info()))


def test_lines_must_be_those_sent_and_add_up() -> None:
    row = {
        "feedetl_sn": "1",
        "det_item_fee_sumamt": "10.00",
        "fulamt_ownpay_amt": "1.00",
        "overlmt_amt": "2.00",
        "preselfpay_amt": "0.70",
        "inscp_scp_amt": "6.30",
    }
    assert list(line_faults([row], {"1": 1000})) == []
    assert list(line_faults([{**row, "inscp_scp_amt": "6.31"}], {"1": 1000})) == [
        "line 1: 1000 fen sent, parts add up to 1001"
    ]
    assert len(list(line_faults([row], {"1": 999}))) == 1
    assert list(line_faults([], {"1": 1000})) == ["the answer's lines are not those sent"]


def test_nothing_is_zero_fen() -> None:
    assert fen(None) == 0
