import json
import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yibao.interfaces.gateway import codec
from yibao.interfaces.gateway.catalogue import DICTIONARIES, TRANSACTIONS, Field, Node
from yibao.interfaces.gateway.catalogue.values import BEIJING

LINE = {
    "feedetl_sn": "1",
    "mdtrt_id": "M1",
    "psn_no": "P1",
    "chrg_bchno": "B1",
    "rx_circ_flag": "0",
    "fee_ocur_time": "2026-07-01 09:30:00",
    "med_list_codg": "XA01",
    "medins_list_codg": "A1",
    "det_item_fee_sumamt": 12.3,
    "cnt": "3",
    "pric": "4.1",
    "bilg_dept_codg": "D1",
    "bilg_dept_name": "内科",
    "bilg_dr_codg": "R1",
    "bilg_dr_name": "甲",
}
SIGN_IN = {"opter_no": "1", "mac": "", "ip": "10.0.0.1"}
TRIAL = {
    "psn_no": "P1",
    "mdtrt_cert_type": "02",
    "mdtrt_cert_no": "X",
    "med_type": "11",
    "medfee_sumamt": "4.52",
    "psn_setlway": "01",
    "mdtrt_id": "M1",
    "chrg_bchno": "B1",
    "acct_used_flag": "1",
    "insutype": "310",
}


def lines(*changes: dict[str, Any]) -> bytes:
    return json.dumps({"feedetail": [{**LINE, **change} for change in changes]}).encode()


def refused(infno: str, raw: object) -> list[tuple[str, str]]:
    with pytest.raises(codec.InputRefusedError) as refusal:
        codec.decode_input(infno, raw)
    return [(fault.path, fault.reason) for fault in refusal.value.faults]


class TestReading:
    def test_values_are_typed(self):
        (line,) = codec.decode_input("2204", lines({}))["feedetail"]
        assert line["det_item_fee_sumamt"] == 1230
        assert (line["cnt"], line["pric"]) == (30_000, 4_100_000)
        assert line["fee_ocur_time"] == datetime(2026, 7, 1, 9, 30, tzinfo=BEIJING)
        assert line["bilg_dept_name"] == "内科"
        assert line["prd_days"] is None
        assert set(line) == {field.name for field in TRANSACTIONS["2204"].input["feedetail"].fields}

    @pytest.mark.parametrize(
        ("sent", "fen"),
        [
            ("12.30", 1230),
            (" 12.3 ", 1230),
            (12, 1200),
            (12.3, 1230),
            ("12.3000000", 1230),
            (-0.01, -1),
            ("-0.01", -1),
            ("+1", 100),
            (".5", 50),
            ("5.", 500),
            ("1.2E+1", 1200),
            ("1e-2", 1),
            (0, 0),
            ("99999999999999.99", 10**16 - 1),
        ],
    )
    def test_amounts_in_every_honest_form(self, sent: object, fen: int):
        assert (
            codec.decode_input("2204", lines({"det_item_fee_sumamt": sent}))["feedetail"][0]["det_item_fee_sumamt"]
            == fen
        )

    def test_a_json_number_is_read_as_the_text_it_was_written_in(self):
        raw = lines({}).replace(b"12.3,", b"12345678901234.56,")
        assert codec.decode_input("2204", raw)["feedetail"][0]["det_item_fee_sumamt"] == 1234567890123456

    @pytest.mark.parametrize(
        ("sent", "moment"),
        [
            ("2026-07-01", datetime(2026, 7, 1, tzinfo=BEIJING)),
            ("2026-07-01 23:59:59", datetime(2026, 7, 1, 23, 59, 59, tzinfo=BEIJING)),
            ("2026-07-01T23:59:59", datetime(2026, 7, 1, 23, 59, 59, tzinfo=BEIJING)),
            (1782869399000, datetime(2026, 7, 1, 9, 29, 59, tzinfo=BEIJING)),
            ("1782869399000", datetime(2026, 7, 1, 9, 29, 59, tzinfo=BEIJING)),
        ],
    )
    def test_times_in_four_forms(self, sent: object, moment: datetime):
        assert codec.decode_input("2204", lines({"fee_ocur_time": sent}))["feedetail"][0]["fee_ocur_time"] == moment

    def test_a_day_drops_the_time(self):
        raw = {"dscginfo": {"die_date": "2026-07-01 10:00:00"}}
        with pytest.raises(codec.InputRefusedError) as refusal:
            codec.decode_input("2402", raw)
        assert "dscginfo.die_date" not in refusal.value.facts["fields"]

    @pytest.mark.parametrize("blank", [None, "", "  ", "null"])
    def test_blank_is_none(self, blank: object):
        assert codec.decode_input("9001", {"signIn": {**SIGN_IN, "mac": blank}})["signIn"]["mac"] is None

    def test_numbers_stand_for_text(self):
        assert codec.decode_input("9001", {"signIn": {**SIGN_IN, "opter_no": 17}})["signIn"]["opter_no"] == "17"
        raw = b'{"signIn": {"opter_no": 1.50, "ip": "x"}}'
        assert codec.decode_input("9001", raw)["signIn"]["opter_no"] == "1.50"

    def test_an_input_that_is_a_json_string(self):
        inner = json.dumps({"signIn": SIGN_IN})
        assert codec.decode_input("9001", json.dumps(inner).encode()) == codec.decode_input("9001", {"signIn": SIGN_IN})
        assert codec.decode_input("9001", inner) == codec.decode_input("9001", msgspec.Raw(inner.encode()))

    def test_an_object_for_a_list_and_the_other_way_round(self):
        assert len(codec.decode_input("2204", {"feedetail": LINE | {"det_item_fee_sumamt": "1"}})["feedetail"]) == 1
        assert codec.decode_input("9001", {"signIn": [SIGN_IN]})["signIn"]["ip"] == "10.0.0.1"

    def test_unknown_members_are_ignored(self):
        decoded = codec.decode_input("9001", {"signIn": {**SIGN_IN, "x": {"y": 1}}, "z": 1})
        assert decoded == {"signIn": {"opter_no": "1", "mac": None, "ip": "10.0.0.1"}}

    def test_optional_nodes_may_be_absent(self):
        assert codec.decode_input("2207", {"data": TRIAL})["drug_trac_info"] == []

    def test_an_extension_is_kept_as_text(self):
        data = {"data": {"mdtrt_id": "1", "psn_no": "1", "chrg_bchno": "0000", "exp_content": {"a": [1]}}}
        assert codec.decode_input("2205", data)["data"]["exp_content"] == '{"a":[1]}'

    def test_several_rows_may_be_withdrawn_at_once(self):
        row = {"feedetl_sn": "0000", "mdtrt_id": "1", "psn_no": "1"}
        assert len(codec.decode_input("2302", {"data": [row, row]})["data"]) == 2
        assert len(codec.decode_input("2302", {"data": row})["data"]) == 1

    def test_the_code_that_clients_cut_is_repaired(self):
        data = {"psn_cert_type": "1", "certno": "X", "psn_name": "甲"}
        assert codec.decode_input("1101", {"data": data})["data"]["psn_cert_type"] == "01"


class TestRefusing:
    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"cnt": "十"}, ("cnt", "not_a_number")),
            ({"cnt": True}, ("cnt", "not_a_number")),
            ({"cnt": [1]}, ("cnt", "not_a_number")),
            ({"cnt": "1,000"}, ("cnt", "not_a_number")),
            ({"cnt": "1_0"}, ("cnt", "not_a_number")),
            ({"cnt": "１"}, ("cnt", "not_a_number")),
            ({"cnt": "."}, ("cnt", "not_a_number")),
            ({"cnt": "NaN"}, ("cnt", "not_a_number")),
            ({"cnt": "1e999"}, ("cnt", "not_a_number")),
            ({"cnt": "1e99"}, ("cnt", "not_a_number")),
            ({"cnt": "1.00001"}, ("cnt", "too_many_decimals")),
            ({"det_item_fee_sumamt": 12.345}, ("det_item_fee_sumamt", "too_many_decimals")),
            ({"det_item_fee_sumamt": "100000000000000"}, ("det_item_fee_sumamt", "too_large")),
            ({"det_item_fee_sumamt": -(10**14)}, ("det_item_fee_sumamt", "too_large")),
            ({"fee_ocur_time": "2026-02-30"}, ("fee_ocur_time", "not_a_date")),
            ({"fee_ocur_time": "20260701"}, ("fee_ocur_time", "not_a_date")),
            ({"fee_ocur_time": "2026-07-01 09:30:00.0"}, ("fee_ocur_time", "not_a_date")),
            ({"fee_ocur_time": "2026-W01-1"}, ("fee_ocur_time", "not_a_date")),
            ({"fee_ocur_time": 1782869399}, ("fee_ocur_time", "not_a_date")),
            ({"fee_ocur_time": {}}, ("fee_ocur_time", "not_a_date")),
            ({"psn_no": "1" * 31}, ("psn_no", "too_long")),
            ({"psn_no": True}, ("psn_no", "not_text")),
            ({"psn_no": {"a": 1}}, ("psn_no", "not_text")),
            ({"bilg_dr_name": "甲\0"}, ("bilg_dr_name", "bad_character")),
            ({"rx_circ_flag": "7"}, ("rx_circ_flag", "unknown_code")),
            ({"psn_no": None}, ("psn_no", "missing")),
            ({"psn_no": " null "}, ("psn_no", "missing")),
        ],
    )
    def test_the_field_is_named(self, change: dict[str, Any], fault: tuple[str, str]):
        assert refused("2204", lines({}, change)) == [(f"feedetail[1].{fault[0]}", fault[1])]

    def test_all_faults_at_once_in_the_order_of_the_message(self):
        assert refused("2204", lines({"cnt": "x", "psn_no": ""}, {}, {"pric": "x"})) == [
            ("feedetail[0].psn_no", "missing"),
            ("feedetail[0].cnt", "not_a_number"),
            ("feedetail[2].pric", "not_a_number"),
        ]

    @pytest.mark.parametrize("raw", [b"null", b'""', b'"null"', None])
    def test_no_input(self, raw: object):
        assert refused("9001", raw) == [("input", "missing")]

    def test_an_empty_input(self):
        assert refused("9001", {}) == [("signIn", "missing")]

    @pytest.mark.parametrize("node", [None, "", "null", {}, []])
    def test_a_missing_node(self, node: object):
        assert refused("2204", {"feedetail": node}) == [("feedetail", "missing")]

    @pytest.mark.parametrize(
        ("raw", "fault"),
        [
            (b"[1]", ("input", "not_an_object")),
            (b"17", ("input", "not_an_object")),
            (b'"{"', ("input", "not_json")),
            (b'"[[[\xff"', ("input", "not_json")),
            (b'{"signIn": 5}', ("signIn", "not_an_object")),
            (b'{"signIn": [{"opter_no": 1}, {}]}', ("signIn", "too_many_rows")),
        ],
    )
    def test_the_wrong_shape(self, raw: bytes, fault: tuple[str, str]):
        assert refused("9001", raw) == [fault]

    def test_deep_nesting_is_no_traceback(self):
        assert refused("9001", json.dumps("[" * 100_000)) == [("input", "not_json")]

    def test_more_rows_than_the_interface_allows(self):
        assert refused("2204", lines(*[{}] * 101)) == [("feedetail", "too_many_rows")]
        assert len(codec.decode_input("2204", lines(*[{}] * 100))["feedetail"]) == 100

    def test_one_of_two_is_enough_and_needed(self):
        assert refused("1101", {"data": {"psn_name": "甲"}}) == [("data.mdtrt_cert_no", "missing")]
        assert codec.decode_input("1101", {"data": {"certno": "X"}})["data"]["certno"] == "X"
        assert codec.decode_input("1101", {"data": {"mdtrt_cert_no": "T"}})["data"]["mdtrt_cert_no"] == "T"

    @pytest.mark.requirement("NET-02")
    def test_codes_of_a_sourced_table_only_or_of_its_regional_form(self):
        assert refused("2206", {"data": {**TRIAL, "insutype": "311"}}) == [("data.insutype", "unknown_code")]
        assert refused("2206", {"data": {**TRIAL, "med_type": "99"}}) == [("data.med_type", "unknown_code")]
        assert codec.decode_input("2206", {"data": {**TRIAL, "med_type": "140104"}})["data"]["med_type"] == "140104"
        assert codec.decode_input("2206", {"data": {**TRIAL, "med_type": "9999"}})["data"]["med_type"] == "9999"

    def test_codes_of_a_recalled_table_are_open(self):
        assert DICTIONARIES["hosp_appr_flag"].confidence == "recalled"
        assert codec.decode_input("2204", lines({"hosp_appr_flag": "8"}))["feedetail"][0]["hosp_appr_flag"] == "8"

    def test_an_unknown_transaction(self):
        for action in (codec.decode_input, codec.decode_output, codec.encode_output, codec.encode_input):
            with pytest.raises(codec.UnknownTransactionError) as refusal:
                action("9999", {})
            assert refusal.value.facts == {"infno": "9999"}


class TestWriting:
    def test_amounts_are_numbers_with_exactly_their_decimals(self):
        row = {"feedetl_sn": "1", "det_item_fee_sumamt": -1205, "cnt": 30_000, "pric": 4_100_001, "selfpay_prop": 500}
        text = codec.encode_output("2204", {"result": [row]}).decode()
        assert '"det_item_fee_sumamt":-12.05,"cnt":3.0000,"pric":4.100001,' in text
        assert '"selfpay_prop":0.0500,' in text
        assert '"fulamt_ownpay_amt":null' in text

    def test_times_are_written_on_beijings_clock(self):
        moment = datetime(2026, 7, 1, 16, 0, 59, 999_999, tzinfo=timezone.utc)  # noqa: UP017
        assert codec.encode_output("9001", {"signinoutb": {"sign_time": moment, "sign_no": "7"}}) == (
            b'{"signinoutb":{"sign_time":"2026-07-02 00:00:59","sign_no":"7"}}'
        )
        person = {"psn_no": "1", "brdy": date(1950, 1, 2), "age": 765}
        text = codec.encode_output("1101", {"baseinfo": person}).decode()
        assert '"brdy":"1950-01-02","age":76.5,' in text
        text = codec.encode_output("1101", {"baseinfo": {"brdy": datetime(1950, 1, 1, 20, tzinfo=timezone.utc)}})  # noqa: UP017
        assert b'"brdy":"1950-01-02"' in text
        assert text.endswith(b'"insuinfo":[],"idetinfo":[]}')

    def test_no_output_is_null(self):
        assert codec.encode_output("2202", None) == b"null"
        assert codec.encode_output("2207", {"setldetail": []}) == b'{"setlinfo":null,"setldetail":[]}'

    def test_an_output_that_is_itself_a_list(self):
        text = codec.encode_output("5204", {"root": [{"mdtrt_id": "1", "cnt": 10_000}]})
        assert text.startswith(b'[{"mdtrt_id":"1","setl_id":null,')
        assert codec.decode_output("5204", text)["root"][0]["cnt"] == 10_000
        assert codec.encode_output("5204", {"root": []}) == b"[]"

    @pytest.mark.parametrize(
        "values", [{"setlinfos": {}}, {"setlinfo": {"setl_idd": "1"}}, {"setlinfo": [{"setl_id": "1"}]}]
    )
    def test_what_the_catalogue_does_not_know_is_our_mistake(self, values: dict[str, Any]):
        with pytest.raises(codec.UnknownOutputError):
            codec.encode_output("2207", values)

    @pytest.mark.parametrize("wrong", [{"psn_no": 1}, {"medfee_sumamt": 1.5}, {"medfee_sumamt": True}, {"age": "7"}])
    def test_a_wrong_type_is_our_mistake(self, wrong: dict[str, Any]):
        with pytest.raises(TypeError):
            codec.encode_output("2207", {"setlinfo": wrong})


def typed_values(field: Field) -> st.SearchStrategy[Any]:
    """Any value that this field may have, None where it may be absent."""
    values: st.SearchStrategy[Any]
    if field.type == "number":
        assert field.precision is not None
        bound = 10 ** field.precision[0] - 1
        values = st.integers(-bound, bound)
    elif field.type == "boolean":
        values = st.booleans()
    elif field.type == "bytes":
        values = st.binary(min_size=1, max_size=20)
    elif field.type == "date":
        values = st.dates()
    elif field.type == "datetime":
        values = st.datetimes(timezones=st.just(BEIJING)).map(lambda moment: moment.replace(microsecond=0))
    elif field.dictionary:
        values = st.sampled_from(sorted(DICTIONARIES[field.dictionary].values))
    else:
        alphabet = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
        text = st.text(alphabet, min_size=1, max_size=min(field.length or 0, 40))
        values = text.map(str.strip).filter(lambda value: value not in {"", "null"})
    return values if field.required else st.none() | values


def typed_nodes(nodes: Mapping[str, Node]) -> st.SearchStrategy[dict[str, Any]]:
    """Complete typed values of nodes, the nodes inside them too."""

    def one(node: Node) -> st.SearchStrategy[Any]:
        fields = st.fixed_dictionaries({field.name: typed_values(field) for field in node.fields})
        fields = fields.filter(lambda each: all(any(each[n] is not None for n in g) for g in node.one_of))
        row = st.builds(lambda own, inner: {**own, **inner}, fields, typed_nodes(node.nodes))
        return st.lists(row, min_size=1, max_size=2) if node.many else row

    return st.fixed_dictionaries({name: one(node) for name, node in nodes.items()})


@st.composite
def inputs(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A transaction with a complete typed input."""
    infno = draw(st.sampled_from(sorted(TRANSACTIONS)))
    return infno, draw(typed_nodes(TRANSACTIONS[infno].input))


@settings(max_examples=120, deadline=None)
@given(inputs())
def test_what_is_written_is_read_again(case: tuple[str, dict[str, Any]]):
    infno, values = case
    assert codec.decode_input(infno, codec.encode_input(infno, values)) == values


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["feedetail", "psn_no", "cnt", "pric", "fee_ocur_time", "rx_circ_flag"]), inner)))  # fmt: skip
def test_whatever_comes_is_read_or_refused_by_name(junk: Any):
    try:
        codec.decode_input("2204", msgspec.json.encode(junk))
    except codec.InputRefusedError as refusal:
        unnamed = [fault for fault in refusal.faults if not fault.path]
    else:
        unnamed = []
    assert unnamed == []


def test_threads_share_the_codec():
    expected = codec.decode_input("2204", lines(*[{"cnt": str(number)} for number in range(50)]))
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(30):
            decoded = codec.decode_input("2204", lines(*[{"cnt": str(each)} for each in range(50)]))
            wrong.extend([number] if decoded != expected else [])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_beijing_is_eight_hours_ahead():
    assert datetime(2026, 1, 1, tzinfo=BEIJING).utcoffset() == timedelta(hours=8)


def test_a_region_may_write_other_names_and_further_fields():
    sent = {"data": {"type": "sex", "parentValue": "1", "valiFlag": "1"}}
    read = codec.decode_input("1901", sent, variant="guangdong")["data"]
    assert (read["parent_value"], read["Vali_Flag"]) == ("1", "1")
    both = {"data": {"parentValue": "theirs", "parent_value": "ours"}}
    assert codec.decode_input("1901", both, variant="guangdong")["data"]["parent_value"] == "ours"
    further = {"data": {"type": "sex", "operatorId": "007"}}
    assert codec.decode_input("1901", further, variant="inner_mongolia")["data"]["operatorId"] == "007"
    assert "operatorId" not in codec.decode_input("1901", further)["data"]


def test_an_unknown_variant_is_named():
    with pytest.raises(codec.UnknownVariantError) as refused:
        codec.decode_input("9001", {"signIn": {}}, variant="atlantis")
    assert refused.value.facts["variant"] == "atlantis"
