"""Real messages: what clients send is accepted, what platforms answer obeys the sums and is written again as it was."""

import json
from decimal import Decimal
from typing import Any

import pytest

from yibao.interfaces.gateway import codec, envelope
from yibao.interfaces.gateway.catalogue import TRANSACTIONS

SETTLEMENTS = ("2206", "2206A", "2207", "2207A", "2208", "2303", "2304", "2305")
FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "hifdm_pay")


def answers(samples: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """File, transaction and answer of every sample whose transaction the catalogue knows and whose output is readable."""
    found = []
    for name, sample in samples.items():
        infno = sample.get("infno") or (sample.get("request") or {}).get("infno") or name.split("_")[1].split(".")[0]
        response = sample.get("response") or sample.get("response_truncated") or {}
        if infno in TRANSACTIONS and isinstance(response.get("output"), dict):
            found.append((name, infno, response))
    return found


def test_every_real_request_is_accepted(real_requests: list[tuple[str, dict[str, Any]]]):
    accepted = []
    for name, request in real_requests:
        if request["infno"] in TRANSACTIONS:
            read = envelope.read_request(json.dumps(request, ensure_ascii=False).encode(), path="/CSB")
            values = codec.decode_input(read.infno, read.input)
            envelope.require_enrolment_division(read, values)
            accepted.append((name, read.infno))
    assert len(accepted) >= 25
    assert {"1101", "2201", "2203", "2204", "2206A", "2207A", "2208", "2404", "2601", "5206", "9001"} <= {
        i for _, i in accepted
    }


def test_the_line_of_a_real_zhejiang_client(samples: dict[str, Any]):
    row = samples["zj_2204.json"]["request_feedetail_row"]
    known = {"feedetl_sn": "1", "mdtrt_id": "1", "psn_no": "1", "chrg_bchno": "1"}
    (line,) = codec.decode_input("2204", {"feedetail": [{**known, **row}]})["feedetail"]
    assert (line["det_item_fee_sumamt"], line["cnt"], line["pric"]) == (120_000, 100_000, 120_000_000)


def exact(text: str | bytes) -> Any:
    """JSON with exact numbers, so that 4.5 and 4.50 are equal and no float hides a fen."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def rows_of(node: Any) -> list[dict[str, Any]]:
    """A node as a list of objects."""
    return node if isinstance(node, list) else [node or {}]


def meant(field: str, value: Any) -> Any:
    """What a value means: blank text is null, a document type without its leading zero has one."""
    if field == "psn_cert_type":
        return value.zfill(2)
    return None if value == "" else value


def test_real_answers_are_written_again_as_they_were(samples: dict[str, Any]):
    seen = set()
    for name, infno, response in answers(samples):
        text = json.dumps(response["output"])
        before, after = exact(text), exact(codec.encode_output(infno, codec.decode_output(infno, text)))
        for node in after:
            assert len(rows_of(before.get(node))) == len(rows_of(after[node])) or not after[node]
            for old, new in zip(rows_of(before.get(node)), rows_of(after[node]), strict=False):
                kept = old.keys() & new.keys()
                assert {f: new[f] for f in kept} == {f: meant(f, old[f]) for f in kept}, (name, node)
        seen.add(infno)
    assert {"1101", "2201", "2204", "2206", "2207", "2208", "2301", "2303", "2304", "2305", "9001"} <= seen


def check_settlement(name: str, output: dict[str, Any]) -> None:
    """The sums of a settlement, where the answer carries the amounts."""
    info = {key: value or 0 for key, value in output["setlinfo"].items()}
    total, funds, account = info["medfee_sumamt"], info["fund_pay_sumamt"], info["acct_pay"]
    scope = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    assert total == sum(info[part] for part in scope), name
    assert funds == sum(info[fund] for fund in FUNDS), name
    assert 0 <= abs(info["act_pay_dedc"]) <= abs(info["inscp_scp_amt"]), name
    rows = {row["fund_pay_type"]: row["fund_payamt"] for row in output["setldetail"]}
    hospital = sum(fen for kind, fen in rows.items() if kind.startswith("9999"))
    assert sum(rows.values()) == funds + account + hospital, name
    if output["setlinfo"]["psn_part_amt"] is not None:
        assert total == funds + info["psn_part_amt"] + info["hosp_part_amt"], name
        assert info["psn_part_amt"] == account + info["psn_cash_pay"], name
        assert hospital == info["hosp_part_amt"], name
    else:
        assert total == funds + account + info["psn_cash_pay"] + hospital, name


def test_real_settlements_add_up(samples: dict[str, Any]):
    checked = []
    for name, infno, response in answers(samples):
        output = response["output"]
        if infno in SETTLEMENTS and "setldetail" in output:
            decoded = codec.decode_output(infno, json.dumps(output).encode())
            if decoded["setlinfo"]["psn_cash_pay"] is None:
                decoded["setlinfo"]["psn_cash_pay"] = round(output["setlinfo"]["psn_pay"] * 100)
            check_settlement(name, decoded)
            checked.append(name)
    assert len(checked) == 6


def test_real_lines_add_up(samples: dict[str, Any]):
    parts = ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")
    lines = [
        (name, row)
        for name, infno, response in answers(samples)
        if infno in {"2204", "2301"}
        for row in codec.decode_output(infno, json.dumps(response["output"]))["result"]
    ]
    assert len(lines) > 10
    assert [name for name, row in lines if row["det_item_fee_sumamt"] != sum(row[part] for part in parts)] == []


@pytest.mark.parametrize("damage", ["medfee_sumamt", "hifp_pay", "acct_pay"])
def test_the_check_sees_a_wrong_fen(samples: dict[str, Any], damage: str):
    output = samples["openhis_resp_2304_1.json"]["response"]["output"]
    decoded = codec.decode_output("2304", json.dumps(output).encode())
    decoded["setlinfo"][damage] += 1
    with pytest.raises(AssertionError):
        check_settlement(damage, decoded)
