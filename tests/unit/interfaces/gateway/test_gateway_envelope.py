import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from yibao.interfaces.gateway import envelope
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.codec import decode_input
from yibao.interfaces.gateway.texts import text_of

REQUEST = {
    "infno": "9001",
    "msgid": "H11010100001202607010930150001",
    "mdtrtarea_admvs": "110100",
    "insuplc_admdvs": "",
    "recer_sys_code": "接收方系统代码",
    "dev_no": "null",
    "cainfo": "null",
    "signtype": "SM2",
    "infver": "V1.0",
    "opter_type": 1,
    "opter": "001",
    "opter_name": "收费员",
    "inf_time": "2026-07-01 09:30:15",
    "fixmedins_code": "H11010100001",
    "fixmedins_name": "示例医院",
    "sign_no": "null",
    "serv_code": {"nobody": "knows"},
    "input": {"signIn": {"opter_no": "001", "ip": "10.0.0.1"}},
}


def body(**changes: Any) -> bytes:
    return json.dumps({**REQUEST, **changes}, ensure_ascii=False).encode()


class TestReading:
    def test_members_are_typed_and_the_input_is_left_as_it_came(self):
        read = envelope.read_request(body(), content_type="text/plain;charset=utf-8")
        assert (read.infno, read.msgid, read.opter_type) == ("9001", REQUEST["msgid"], "1")
        assert (read.cainfo, read.sign_no, read.insuplc_admdvs) == (None, None, None)
        assert read.inf_time == datetime(2026, 7, 1, 9, 30, 15, tzinfo=BEIJING)
        assert read.input == b'{"signIn": {"opter_no": "001", "ip": "10.0.0.1"}}'
        assert decode_input(read.infno, read.input)["signIn"]["opter_no"] == "001"

    def test_a_byte_order_mark_is_tolerated(self):
        marked, plain = envelope.read_request(b"\xef\xbb\xbf" + body()), envelope.read_request(body())
        assert replace(marked, text=b"") == replace(plain, text=b"")

    @pytest.mark.parametrize(
        "msgid", ["1", "a" * 30, "6f1ed002ab5595859014ebf0951522", "H1101010000120260701093015129"]
    )
    def test_only_the_length_of_msgid_is_checked(self, msgid: str):
        assert envelope.read_request(body(msgid=msgid)).msgid == msgid

    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"msgid": "a" * 31}, ("msgid", "too_long")),
            ({"msgid": None}, ("msgid", "missing")),
            ({"fixmedins_code": "null"}, ("fixmedins_code", "missing")),
            ({"inf_time": "2026/07/01"}, ("inf_time", "not_a_date")),
            ({"opter": {}}, ("opter", "not_text")),
            ({"infno": ""}, ("infno", "missing")),
            ({"infno": "9001-long"}, ("infno", "too_long")),
        ],
    )
    def test_the_member_is_named(self, changes: dict[str, Any], fault: tuple[str, str]):
        with pytest.raises(envelope.EnvelopeRefusedError) as refusal:
            envelope.read_request(body(**changes))
        assert (refusal.value.faults[0].path, refusal.value.faults[0].reason) == fault

    def test_the_enrolment_division_is_needed_with_a_person(self):
        request = envelope.read_request(body())
        envelope.require_enrolment_division(request, {"signIn": {"ip": "1"}, "none": None, "rows": []})
        for values in ({"data": {"psn_no": "1"}}, {"feedetail": [{"psn_no": None}, {"psn_no": "1"}]}):
            with pytest.raises(envelope.EnvelopeRefusedError) as refusal:
                envelope.require_enrolment_division(request, values)
            assert text_of(refusal.value) == "参保地医保区划(insuplc_admdvs)不能为空"
        named = envelope.read_request(body(insuplc_admdvs="110100"))
        envelope.require_enrolment_division(named, {"data": {"psn_no": "1"}})

    @pytest.mark.parametrize(
        ("raw", "line", "column"),
        [
            (b"", 1, 1),
            (b'{"infno":}', 1, 10),
            ('{"医":\n "保",}'.encode(), 2, 6),
            (b"{} x", 1, 5),
            (b'{"a":NaN}', 1, 6),
            (b'{"input":' + b"[" * 100_000, 1, 1),
        ],
    )
    def test_malformed_json_says_where(self, raw: bytes, line: int, column: int):
        with pytest.raises(envelope.MalformedJsonError) as refusal:
            envelope.read_request(raw)
        assert refusal.value.facts == {"line": line, "column": column}
        assert text_of(refusal.value) == f"报文不是合法的JSON：第{line}行第{column}列附近有误"

    @pytest.mark.parametrize("raw", [b"[]", b"17", b'"x"', b"null"])
    def test_json_that_is_no_object(self, raw: bytes):
        with pytest.raises(envelope.NotAnEnvelopeError):
            envelope.read_request(raw)

    def test_other_encodings_and_sizes_and_types(self):
        with pytest.raises(envelope.NotUtf8Error) as refusal:
            envelope.read_request('{"opter_name":"收费员"}'.encode("gb18030"))
        assert refusal.value.facts == {"position": 16}
        with pytest.raises(envelope.BodyTooLargeError):
            envelope.read_request(b" " * (envelope.BODY_LIMIT_BYTES + 1))
        with pytest.raises(envelope.ContentTypeError):
            envelope.read_request(body(), content_type="multipart/form-data; boundary=x")
        assert envelope.read_request(body(), content_type="Application/JSON").infno == "9001"


class TestPaths:
    @pytest.mark.parametrize(
        ("path", "route"),
        [
            ("/fsi/api/rsfComIfsService/callService", envelope.Route("call_service", ())),
            ("/CSB/", envelope.Route("call_service", ())),
            ("/uif-hsaf-med-api/api/medical/service", envelope.Route("call_service", ())),
            ("/ebus/sz_prd/hsa/hgs/2207", envelope.Route("infno", ("2207",))),
            ("/ebus/sz_prd/hsa/hgs/2203A/", envelope.Route("infno", ("2203A",))),
            ("/ebus/rio_fsi/fsi/api/signInSignOutService/signIn", envelope.Route("service", ("9001",))),
            ("/fsi/api/outpatientSettleService/saveSettletmentV2", envelope.Route("service", ("2207",))),
            ("/fsi/api/outpatientSettleService/saveSettletment", envelope.Route("service", ("2207", "2207A"))),
        ],
    )
    def test_three_shapes(self, path: str, route: envelope.Route):
        assert envelope.route_of(path) == route

    @pytest.mark.parametrize("path", ["/x/9001", "/fsi/api/signInSignOutService/signIn"])
    def test_an_empty_infno_falls_back_to_the_path(self, path: str):
        assert envelope.read_request(body(infno=""), path=path).infno == "9001"

    @pytest.mark.parametrize("infno", ["2207", "2207A"])
    @pytest.mark.parametrize("method", ["saveSettletment", "saveSettletmentA", "saveSettletmentV2"])
    def test_variants_fit_each_others_paths(self, infno: str, method: str):
        path = f"/fsi/api/outpatientSettleService/{method}"
        assert envelope.read_request(body(infno=infno), path=path).infno == infno

    @pytest.mark.parametrize("path", ["/fsi/api/reverseService/revsMethod", "/hgs/2207"])
    def test_a_path_of_another_transaction(self, path: str):
        with pytest.raises(envelope.InfnoDoesNotFitPathError) as refusal:
            envelope.read_request(body(infno="3201"), path=path)
        assert json.loads(envelope.path_refusal(text_of(refusal.value), serial=1972450481)) == {
            "type": "error",
            "infcode": -1,
            "err_msg": "FSI-FSI-交易报文不正确：未知交易编号！,异常流水号:1972450481",
        }


class TestAnswering:
    def test_the_answer_of_a_success(self):
        moment = datetime(2026, 7, 1, 1, 30, 15, 120_999, tzinfo=timezone.utc)  # noqa: UP017
        answer = envelope.answer(
            infcode=envelope.OK,
            inf_refmsgid=envelope.reference_id("110100", moment, 42),
            refmsg_time=envelope.stamp(moment),
            respond_time=envelope.stamp(moment.replace(microsecond=158_000)),
            output=b'{"x":12.30}',
        )
        assert answer.decode() == (
            '{"infcode":0,"inf_refmsgid":"110100202607010930150000000042","refmsg_time":"20260701093015120",'
            '"respond_time":"20260701093015158","err_msg":null,"warn_msg":null,"output":{"x":12.30},'
            '"cainfo":null,"signtype":null}'
        )

    def test_infcode_as_text_and_a_failure(self):
        answer = envelope.answer(
            infcode=envelope.FAILED,
            infcode_as_text=True,
            inf_refmsgid=None,
            refmsg_time="",
            respond_time="",
            err_msg="错" * 300,
        )
        told = json.loads(answer)
        assert (told["infcode"], told["inf_refmsgid"], told["output"]) == ("-1", None, None)
        assert told["err_msg"] == "错" * 199 + "…"

    def test_reference_ids_keep_their_form(self):
        moment = datetime(2026, 7, 1, tzinfo=BEIJING)
        assert envelope.reference_id("1101", moment, 10**10 + 7) == "110100" + "20260701000000" + "0000000007"

    def test_a_message_is_cut_between_faults_and_outside_names(self):
        assert envelope.fit("a" * 200) == "a" * 200
        assert envelope.fit("甲不能为空；" * 40) == "；".join(["甲不能为空"] * 33) + "…"
        assert envelope.fit("字" * 190 + "(feedetail[3].cnt)不是数字") == "字" * 190 + "…"
        assert envelope.fit("甲(a)；乙(b)", 6) == "甲(a)…"

    def test_the_gateways_own_shape(self):
        assert envelope.gateway_refusal("签名不一致!").decode() == '{"code":401,"message":"签名不一致!"}'
