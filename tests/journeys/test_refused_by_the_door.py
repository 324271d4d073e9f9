"""Messages that the door itself refuses: bytes, envelope, path, institution, signature. Nothing is changed by any."""

import json
from datetime import datetime

import pytest

from yibao.domains.messages.keys import Material
from yibao.domains.messages.models import AccessPoint, Credential
from yibao.interfaces.gateway.envelope import BODY_LIMIT_BYTES
from yibao.interfaces.gateway.schemes import SCHEMES
from yibao.interfaces.gateway.wsgi import before_pages

from .hospital import BEIJING, Hospital, post, refused
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def a_registration(hospital, **changes):
    """The envelope of a registration that would succeed, as a dict."""
    return json.loads(hospital.body("2201", {"data": hospital.registration(new_person())}, **changes))


def as_bytes(message):
    return json.dumps(message, ensure_ascii=False).encode()


class TestBytes:
    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            (b"", "报文不是合法的JSON：第1行第1列附近有误"),
            (b'{"infno": "2201",\n "msgid": }', "报文不是合法的JSON：第2行第11列附近有误"),
            (b'{"infno": "2201"', "报文不是合法的JSON：第1行第17列附近有误"),
            (b"{'infno': '2201'}", "报文不是合法的JSON：第1行第2列附近有误"),
            (b'["2201"]', "报文应为JSON对象"),
            (b'"2201"', "报文应为JSON对象"),
            (b"null", "报文应为JSON对象"),
            ('{"infno": "2201", "opter_name": "张"}'.encode("gbk"), "报文不是UTF-8编码：第34字节"),
            (b"[" * 100_000, "报文应为JSON对象"),
            (b'{"input":' * 50_000, "报文不是合法的JSON"),
        ],
    )
    def test_that_are_no_envelope(self, hospital, body, sentence):
        with nothing_changes():
            assert refused(hospital.post_bytes(body)).startswith(sentence)

    def test_beyond_the_limit(self, hospital):
        message = a_registration(hospital)
        body = as_bytes({**message, "padding": "x" * BODY_LIMIT_BYTES})

        with nothing_changes():
            sentence = refused(hospital.post_bytes(body))

        assert sentence == f"报文过大：{BODY_LIMIT_BYTES + 1}字节，上限{BODY_LIMIT_BYTES}字节"

    def test_of_another_content_type(self, hospital):
        body = as_bytes(a_registration(hospital))

        with nothing_changes():
            sentence = refused(hospital.post_bytes(body, content_type="application/xml"))

        assert sentence == "不支持的内容类型：application/xml，应为application/json或text/plain"


class TestEnvelope:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"msgid": ""}, "发送方报文ID(msgid)不能为空"),
            ({"msgid": "null"}, "发送方报文ID(msgid)不能为空"),
            ({"msgid": None}, "发送方报文ID(msgid)不能为空"),
            ({"msgid": "M" * 31}, "发送方报文ID(msgid)过长：31个字符，最多30个"),
            ({"msgid": ["a"]}, "发送方报文ID(msgid)应为字符串"),
            ({"msgid": "a\u0000b"}, "发送方报文ID(msgid)含有非法字符"),
            ({"infno": None}, "交易编号(infno)不能为空"),
            ({"opter": " "}, "经办人(opter)不能为空"),
            ({"fixmedins_code": ""}, "定点医药机构编号(fixmedins_code)不能为空"),
            ({"mdtrtarea_admvs": "1101011"}, "就医地医保区划(mdtrtarea_admvs)过长：7个字符，最多6个"),
            (
                {"inf_time": "yesterday"},
                "交易时间(inf_time)不是有效的日期时间：yesterday，格式应为yyyy-MM-dd或yyyy-MM-dd HH:mm:ss",
            ),
            ({"inf_time": "2026-02-30 10:00:00"}, "交易时间(inf_time)不是有效的日期时间：2026-02-30 10:00:00，"),
            ({"insuplc_admdvs": ""}, "参保地医保区划(insuplc_admdvs)不能为空"),
            ({"infno": "9999"}, "未知交易编号：交易编号(infno)9999不在支持范围内"),
            ({"infno": "2201B"}, "未知交易编号：交易编号(infno)2201B不在支持范围内"),
            ({"fixmedins_code": "H99999999999"}, "定点医药机构编号(fixmedins_code)H99999999999不存在"),
            ({"opter": "", "msgid": ""}, "发送方报文ID(msgid)不能为空；经办人(opter)不能为空"),
        ],
    )
    def test_members_that_cannot_be_read(self, hospital, changes, sentence):
        message = {**a_registration(hospital), **changes}

        with nothing_changes():
            assert refused(hospital.post_bytes(as_bytes(message))).startswith(sentence)

    @pytest.mark.parametrize(
        ("node", "sentence"),
        [
            (None, "节点(input)不能为空"),
            ("", "节点(input)不能为空"),
            ("null", "节点(input)不能为空"),
            ([], "节点(input)应为JSON对象"),
            ({}, "节点(data)不能为空"),
            (7, "节点(input)应为JSON对象"),
            ("{not json", "节点(input)不是合法的JSON"),
            ({"other": 1}, "节点(data)不能为空"),
            ({"data": "text"}, "节点(data)应为JSON对象"),
            ({"data": [{}, {}]}, "节点(data)行数过多：2行，最多1行"),
        ],
    )
    def test_an_input_that_is_none(self, hospital, node, sentence):
        message = {**a_registration(hospital), "input": node}

        with nothing_changes():
            assert refused(hospital.post_bytes(as_bytes(message))).startswith(sentence)

    def test_a_number_that_does_not_fit_the_path_gets_the_gateways_own_answer(self, hospital):
        hospital.path = "/fsi/2207"

        message = as_bytes(a_registration(hospital))

        with nothing_changes():
            answer = json.loads(hospital.post_bytes(message))

        serial = answer["err_msg"].rpartition(":")[2]
        assert serial.isdigit()
        assert answer == {
            "type": "error",
            "infcode": -1,
            "err_msg": f"FSI-FSI-交易报文不正确：未知交易编号！,异常流水号:{serial}",
        }


class TestInstitution:
    def test_without_a_credential_at_the_access_point(self, hospital):
        Credential.objects.filter(access_point__path_prefix="/fsi", institution__code=hospital.code).delete()
        message = as_bytes(a_registration(hospital))

        with nothing_changes():
            sentence = refused(hospital.post_bytes(message))

        assert sentence == "定点医药机构编号(fixmedins_code)H11010100001无权使用本接入点或密钥"

    @pytest.mark.parametrize(("scheme", "path"), [("csb", "/CSB"), ("tif", "/ebus/bj")])
    def test_that_signs_with_its_own_key_and_speaks_as_another(self, scheme, path):
        hospital = Hospital(scheme=scheme, path=path)
        message = {**a_registration(hospital), "fixmedins_code": "H11010100002"}

        with nothing_changes():
            sentence = refused(hospital.post_bytes(as_bytes(message)))

        assert sentence == "定点医药机构编号(fixmedins_code)H11010100002无权使用本接入点或密钥"

    def test_at_an_access_point_that_was_closed_there_are_only_pages(self, hospital):
        AccessPoint.objects.filter(path_prefix="/fsi").update(is_open=False)
        message = as_bytes(a_registration(hospital))

        def pages(environ, start_response):
            start_response("404 Not Found", [])
            return [environ["PATH_INFO"].encode()]

        with nothing_changes():
            answered = post("/fsi", message, application=before_pages(pages))

        assert answered == ("404 Not Found", b"/fsi")


def without(name):
    return lambda headers: {key: value for key, value in headers.items() if key != name}


def with_value(name, value):
    return lambda headers: {**headers, name: value}


class TestSignature:
    """Answered with code 401 in the gateway's own shape, as clients of these provinces know it."""

    @pytest.mark.parametrize(
        ("scheme", "path", "spoil", "message"),
        [
            ("csb", "/CSB", without("_api_signature"), "缺少服务网关的请求头!"),
            ("csb", "/CSB", without("_api_timestamp"), "缺少服务网关的请求头!"),
            ("csb", "/CSB", with_value("_api_signature", "AAAA"), "签名不一致!"),
            ("csb", "/CSB", with_value("_api_name", "2208"), "签名不一致!"),
            ("csb", "/CSB", with_value("_api_access_key", "key-nobody"), "非法用户!"),
            ("csb", "/CSB", with_value("_api_timestamp", "soon"), "签名时间戳超时!"),
            ("tif", "/ebus/bj", without("x-tif-nonce"), "缺少服务网关的请求头!"),
            ("tif", "/ebus/bj", with_value("x-tif-signature", "0" * 64), "签名不一致!"),
            ("tif", "/ebus/bj", with_value("x-tif-nonce", "other"), "签名不一致!"),
            ("tif", "/ebus/bj", with_value("x-tif-paasid", "key-nobody"), "非法用户!"),
            ("csb", "/CSB", lambda _headers: {}, "缺少服务网关的请求头!"),
            ("tif", "/ebus/bj", lambda _headers: {}, "缺少服务网关的请求头!"),
        ],
    )
    def test_that_is_missing_or_wrong(self, scheme, path, spoil, message):
        hospital = Hospital(scheme=scheme, path=path)
        body = as_bytes(a_registration(hospital))

        with nothing_changes():
            answer = json.loads(hospital.post_bytes(body, headers=spoil(hospital.headers(body))))

        assert answer == {"code": 401, "message": message}

    @pytest.mark.parametrize(("scheme", "path"), [("csb", "/CSB"), ("tif", "/ebus/bj")])
    @pytest.mark.parametrize("age", [1860, -1860])
    def test_of_a_timestamp_outside_the_window(self, scheme, path, age):
        hospital = Hospital(scheme=scheme, path=path)
        body = as_bytes(a_registration(hospital))
        stale = (
            SCHEMES[scheme]
            .sign(
                body,
                access_key=f"key-{hospital.code}",
                material=Material(f"secret-{hospital.code}"),
                now_ms=(int(datetime.now(BEIJING).timestamp()) - age) * 1000,
                api_name="2207",
            )
            .headers
        )

        with nothing_changes():
            answer = json.loads(hospital.post_bytes(body, headers=stale))

        assert answer == {"code": 401, "message": "签名时间戳超时!"}
