"""The sum rules that hold on every answer with a settlement (knowledge of gateway settlement, section 1), to the fen."""

import json
from decimal import Decimal

FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")


def check_settlement_answer(answer):
    """Assert rules 1 to 8 on the bytes of an answer; answers without a settlement have nothing to keep."""
    output = json.loads(answer, parse_float=Decimal, parse_int=Decimal)["output"]
    if not isinstance(output, dict) or "setlinfo" not in output:
        return
    info, rows = output["setlinfo"], output["setldetail"]
    total, person = info["medfee_sumamt"], info.get("psn_part_amt", info.get("psn_pay"))
    cash, hospital = info.get("psn_cash_pay", info.get("cash_payamt")), info.get("hosp_part_amt", Decimal(0))
    scope, deductible = info["inscp_scp_amt"], info["act_pay_dedc"]
    sign = -1 if total < 0 else 1

    assert total == info["fulamt_ownpay_amt"] + info["overlmt_selfpay"] + info["preselfpay_amt"] + scope
    assert total == info["fund_pay_sumamt"] + person + hospital
    assert person == info["acct_pay"] + cash
    assert info["fund_pay_sumamt"] == sum(info[name] for name in FUNDS) + (info.get("hifdm_pay") or 0)
    assert sum(row["fund_payamt"] for row in rows) == info["fund_pay_sumamt"] + info["acct_pay"] + hospital
    assert sum(row["fund_payamt"] for row in rows if not is_no_fund(row)) == info["fund_pay_sumamt"]
    assert all(row["inscp_scp_amt"] == scope for row in rows)
    assert 0 <= sign * deductible <= sign * scope
    assert info["balc"] >= 0
    amounts = [total, person, cash, hospital, scope, info["acct_pay"], *(info[name] for name in FUNDS)]
    assert all(sign * amount >= 0 for amount in amounts)
    assert all(-amount.as_tuple().exponent <= 2 for amount in amounts)


def is_no_fund(row):
    """Rows of setldetail for the personal account and the hospital stand beside the funds."""
    return row["fund_pay_type"] in {"310200", "999996"}


def check_fee_answer(answer):
    """Assert that the four parts of every uploaded line add up to its amount."""
    output = json.loads(answer, parse_float=Decimal)["output"]
    for row in output["result"]:
        parts = ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")
        assert row["det_item_fee_sumamt"] == sum(row[name] for name in parts)
        assert all(row[name] >= 0 for name in parts)
