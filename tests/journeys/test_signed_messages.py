"""Institutions speak every scheme of signing through the door; what is wrong, stale, repeated or another's is refused.

The clients here are written from the published descriptions, with SM2, SM3 and SM4 alone in common with the gateway.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from yibao.core import sm2, sm4
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, add_key, retire_key, rotate_key
from yibao.domains.messages.models import AccessPoint, Credential, Message, UsedNonce
from yibao.interfaces.gateway import directory

from .hospital import BEIJING, Hospital, post
from .records import nothing_changes
from .small_town import REGION, new_person

CODE = "H11010100001"
CLIENT_ID = "client-of-jilin1"
SM4_KEY = "0123456789abcdeffedcba9876543210"
HIS_PRIVATE, OURS_PRIVATE, OTHER_PRIVATE = (sm2.new_private_key() for _ in range(3))
HIS_PUBLIC, OURS_PUBLIC = sm2.public_key_of(HIS_PRIVATE), sm2.public_key_of(OURS_PRIVATE)
SM2_PAIR = {"public_key": HIS_PUBLIC, "private_key": OURS_PRIVATE}
MATERIALS = {
    "x-ca": (CODE, Material("zhejiang")),
    "apikey": ("", Material("123456")),
    "oauth": (CLIENT_ID, Material("client-secret", "his", "pass:word", **SM2_PAIR)),
    "sm2": ("", Material(**SM2_PAIR, sm4_key=SM4_KEY)),
    "csb": ("csb-key", Material("csb-secret")),
    "tif": ("tif-key", Material("tif-token", sm4_key=SM4_KEY)),
}


def open_point(scheme, **settings):
    """An access point of this scheme with a key for the hospital; gives its path."""
    path = f"/signed/{scheme}"
    point = AccessPoint.objects.create(name=scheme, path_prefix=path, region_id=REGION, scheme=scheme, **settings)
    name, material = MATERIALS[scheme]
    institution = Institution.objects.get(code=CODE)
    add_key(KeyRow(point.pk, institution.pk, name, material))
    directory.forget()
    return path


def now(**off):
    return datetime.now(BEIJING) + timedelta(**off)


def registration(person=None, **changes):
    """A 2201 as a dict; the person is new unless given."""
    hospital = Hospital()
    node = {"data": hospital.registration(person or new_person())}
    return hospital.envelope("2201", node, **{"inf_time": f"{now():%Y-%m-%d %H:%M:%S}", **changes})


def as_bytes(message):
    return json.dumps(message, ensure_ascii=False).encode()


def send(path, body, headers=None):
    status, answer = post(path, body, headers=headers or {})
    assert status == "200 OK"
    return json.loads(answer)


# What vendors write.


def x_ca(body, *, secret="zhejiang", off=0, charset="utf-8"):
    seconds = str(int(now(seconds=off).timestamp()))
    signed = body if charset == "utf-8" else body.decode().encode(charset)
    digest = hmac.new(secret.encode(), seconds.encode() + b"\n" + signed, "sm3").hexdigest().upper()
    return {"x-ca-key": CODE, "x-ca-signature": f"{seconds}:{digest}"}


def tif(*, token="tif-token", nonce="n1", at=None):
    seconds = str(int((at or now()).timestamp()))
    signature = hashlib.sha256(f"{seconds}{token}{nonce}{seconds}".encode()).hexdigest()
    return {
        "x-tif-paasid": "tif-key", "x-tif-timestamp": seconds, "x-tif-nonce": nonce, "x-tif-signature": signature,
    }  # fmt: skip


def csb(*, milliseconds=None):
    stamp = str(milliseconds if milliseconds is not None else int(now().timestamp() * 1000))
    text = f"_api_access_key=csb-key&_api_name=service&_api_timestamp={stamp}&_api_version=1.0.0"
    signature = base64.b64encode(hmac.new(b"csb-secret", text.encode(), hashlib.sha1).digest()).decode()
    return {
        "_api_access_key": "csb-key", "_api_name": "service", "_api_timestamp": stamp, "_api_version": "1.0.0",
        "_api_signature": signature,
    }  # fmt: skip


def ask_for_token(path, *, secret="client-secret", password="pass:word", grant="password"):
    form = {"username": "his", "password": password, "scope": "server", "grant_type": grant}
    basic = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    return send(f"{path}/auth/oauth/token", urlencode(form).encode(), {"Authorization": f"Basic {basic}"})


def jilin(message, *, private_key=HIS_PRIVATE, ciphers=True, signs=None):
    """The message as the client of Jilin writes it."""
    plain = json.dumps(message["input"], ensure_ascii=False)
    signature = sm2.sign(private_key, (signs or plain).encode(), user_id=CLIENT_ID.encode())
    sealed = base64.b64encode(sm4.encrypt(CLIENT_ID.encode(), plain.encode())).decode()
    text = as_bytes(
        {
            **message,
            "cainfo": base64.b64encode(signature).decode(),
            "signtype": "SM2",
            "encType": "SM4",
            "input": sealed if ciphers else message["input"],
        }
    )
    # An input that goes out plain is signed as it stands in the message.
    return text if ciphers else text.replace(json.dumps(message["input"]).encode(), plain.encode())


def hubei_text(members):
    names = sorted(set(members) - {"cainfo", "input", "output"})
    return "&".join(f"{name}={'' if members[name] is None else members[name]}" for name in names).encode()


def hubei(message, *, private_key=HIS_PRIVATE):
    """The message as the client of Hubei writes it: input as a JSON string."""
    message = {**message, "input": json.dumps(message["input"], ensure_ascii=False)}
    return as_bytes({**message, "cainfo": sm2.sign(private_key, hubei_text(message)).hex().upper()})


@pytest.fixture
def bearer(standing_town):
    """The header of a hospital of Jilin that has its token, and the path."""
    path = open_point("oauth")
    return path, {"Authorization": f"Bearer {ask_for_token(path)['access_token']}"}


class TestZhejiang:
    def test_a_message_goes_through_once_and_again(self, standing_town):
        path, body = open_point("x-ca"), as_bytes(registration())
        answers = [send(path, body, x_ca(body)), send(path, body, x_ca(body, off=-5))]
        assert (answers[0]["infcode"], answers[0]) == (0, answers[1])
        assert Message.objects.count() == 1

    def test_the_library_of_the_province_signs_gb2312(self, standing_town):
        path, body = open_point("x-ca", signed_charset="gb2312"), as_bytes(registration(opter_name="收费员张三"))
        with nothing_changes():
            assert send(path, body, x_ca(body)) == {"code": 401, "message": "签名不一致!"}
        assert send(path, body, x_ca(body, charset="gb2312"))["infcode"] == 0

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"secret": "guessed"}, "签名不一致!"),
            ({"off": -1860}, "签名时间戳超时!"),
            ({"off": 1890}, "签名时间戳超时!"),
        ],
    )
    def test_wrong_or_stale(self, standing_town, changes, message):
        path, body = open_point("x-ca"), as_bytes(registration())
        with nothing_changes():
            assert send(path, body, x_ca(body, **changes)) == {"code": 401, "message": message}

    def test_a_signature_for_another_body(self, standing_town):
        path, body = open_point("x-ca"), as_bytes(registration())
        other = as_bytes(registration())
        assert send(path, body, headers := x_ca(body))["infcode"] == 0
        with nothing_changes():
            assert send(path, other, headers) == {"code": 401, "message": "签名不一致!"}


class TestInnerMongolia:
    def test_the_key_lets_in_whoever_holds_it(self, standing_town):
        path = open_point("apikey")
        assert send(path, as_bytes(registration()), {"apikey": "123456"})["infcode"] == 0
        body, other = as_bytes(registration()), as_bytes(registration(fixmedins_code="H11010100002"))
        with nothing_changes():
            assert send(path, body, {"apikey": "12345"}) == {"code": 401, "message": "非法用户!"}
            assert "无权使用" in send(path, other, {"apikey": "123456"})["err_msg"]


class TestNonces:
    def test_a_nonce_lets_one_message_in(self, standing_town):
        path, first, other = open_point("tif"), as_bytes(registration()), as_bytes(registration())
        headers = tif()
        answers = [send(path, first, headers), send(path, first, headers)]
        assert (answers[0]["infcode"], answers[0]) == (0, answers[1])
        with nothing_changes():
            refusal = send(path, other, headers)
            again = send(path, other, tif(at=now(seconds=-2)))
        assert refusal == again == {"code": 401, "message": "重复的请求：签名或随机数已使用!"}
        assert send(path, other, tif(nonce="n2"))["infcode"] == 0
        assert UsedNonce.objects.count() == 2

    def test_the_same_message_under_a_new_nonce_is_answered_as_before_and_uses_it_up(self, standing_town):
        path, first = open_point("tif"), as_bytes(registration())
        answers = [send(path, first, tif(nonce="n1")), send(path, first, tif(nonce="n2"))]
        assert answers[0] == answers[1]
        assert send(path, as_bytes(registration()), tif(nonce="n2"))["code"] == 401

    def test_a_look_up_uses_its_nonce_and_may_be_repeated(self, standing_town):
        path, person = open_point("tif"), new_person()
        node = {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "psn_cert_type": "01",
                         "certno": person.document_number}}  # fmt: skip
        body, other = as_bytes(Hospital().envelope("1101", node)), as_bytes(registration())
        assert [send(path, body, tif())["infcode"] for _ in "12"] == [0, 0]
        with nothing_changes():
            assert send(path, other, tif())["code"] == 401

    def test_a_refusal_uses_its_nonce_and_may_be_repeated_when_the_cause_is_mended(self, standing_town):
        path, person = open_point("tif"), new_person(state="2")
        body, other, headers = as_bytes(registration(person)), as_bytes(registration()), tif()
        assert send(path, body, headers)["infcode"] == -1
        with nothing_changes():
            assert send(path, other, headers)["code"] == 401
        person.enrolments.update(state="1")
        assert send(path, body, headers)["infcode"] == 0

    def test_a_nonce_of_long_ago_is_free_again(self, standing_town):
        path = open_point("tif")
        assert send(path, as_bytes(registration()), tif())["infcode"] == 0
        UsedNonce.objects.update(used_until=now(seconds=-1))
        other, third = as_bytes(registration()), as_bytes(registration())
        assert send(path, other, tif())["infcode"] == 0
        with nothing_changes():
            assert send(path, third, tif())["code"] == 401

    def test_another_access_point_has_nonces_of_its_own(self, standing_town):
        paths = open_point("tif"), "/ebus/bj"
        Credential.objects.filter(access_point__path_prefix=paths[1], institution__code=CODE).delete()
        point = AccessPoint.objects.get(path_prefix=paths[1])
        institution = Institution.objects.get(code=CODE)
        add_key(KeyRow(point.pk, institution.pk, "tif-key", MATERIALS["tif"][1]))
        directory.forget()
        assert [send(path, as_bytes(registration()), tif())["infcode"] for path in paths] == [0, "0"]

    def test_a_csb_signature_with_milliseconds_lets_one_message_in_one_with_seconds_many(self, standing_town):
        path = open_point("csb")
        headers, other = csb(), as_bytes(registration())
        assert send(path, as_bytes(registration()), headers)["infcode"] == 0
        with nothing_changes():
            assert send(path, other, headers)["code"] == 401
        headers = csb(milliseconds=int(now().timestamp()))
        assert [send(path, as_bytes(registration()), headers)["infcode"] for _ in "12"] == [0, 0]

    def test_an_access_point_may_do_without(self, standing_town):
        path = open_point("tif", nonce_once=False)
        assert [send(path, as_bytes(registration()), tif())["infcode"] for _ in "12"] == [0, 0]
        assert not UsedNonce.objects.exists()


class TestJilin:
    def test_a_message_goes_through_and_its_answer_is_for_the_client_alone(self, bearer):
        path, headers = bearer
        body = jilin(registration())
        answer = send(path, body, headers)
        assert (answer["infcode"], answer["signtype"], answer["enctype"]) == (0, "SM2", "SM4")
        plain = sm4.decrypt(CLIENT_ID.encode(), base64.b64decode(answer["output"]))
        signature = base64.b64decode(answer["cainfo"])
        assert len(signature) == 64
        assert sm2.verify(OURS_PUBLIC, plain, signature, user_id=CLIENT_ID.encode())
        assert set(json.loads(plain)["data"]) >= {"mdtrt_id", "psn_no"}

    def test_the_same_bytes_again_get_the_same_bytes(self, bearer):
        path, headers = bearer
        body = jilin(registration())
        assert post(path, body, headers=headers) == post(path, body, headers=headers)
        assert Message.objects.count() == 1

    def test_the_same_message_signed_anew_is_the_same_message(self, bearer):
        path, headers = bearer
        message = registration()
        bodies = [jilin(message), jilin(message)]
        assert bodies[0] != bodies[1]
        assert send(path, bodies[0], headers) == send(path, bodies[1], headers)
        assert Message.objects.count() == 1

    def test_an_input_in_plain_gets_a_plain_answer_signed_all_the_same(self, bearer):
        path, headers = bearer
        answer = send(path, jilin(registration(), ciphers=False), headers)
        assert answer["output"]["data"]["mdtrt_id"]
        assert (answer["signtype"], "enctype" in answer) == ("SM2", False)

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda sent: jilin(sent, private_key=OTHER_PRIVATE), "签名不一致!"),
            (lambda sent: jilin(sent, signs="{}"), "签名不一致!"),
            (lambda sent: as_bytes({**json.loads(jilin(sent)), "cainfo": "AAAA"}), "签名不一致!"),
            (lambda sent: as_bytes({**json.loads(jilin(sent)), "cainfo": ""}), "缺少数字签名(cainfo)!"),
            (lambda sent: as_bytes({**json.loads(jilin(sent)), "input": "QUJD" * 16}), "报文解密失败!"),
        ],
    )
    def test_what_is_not_signed_by_the_client(self, bearer, spoil, message):
        path, headers = bearer
        sent = registration()
        with nothing_changes():
            assert send(path, spoil(sent), headers) == {"code": 401, "message": message}

    def test_a_signature_moved_to_another_message(self, bearer):
        path, headers = bearer
        person = new_person()
        body = jilin(registration(person))
        assert send(path, body, headers)["infcode"] == 0
        moved = as_bytes({**json.loads(body), "msgid": Hospital().new_msgid()})
        with nothing_changes():
            assert send(path, moved, headers)["code"] == 401

    @pytest.mark.parametrize(
        ("token", "message"),
        [("", "缺少服务网关的请求头!"), ("nonsense", "非法用户!"), (None, "令牌已过期，请重新获取!")],
    )
    def test_without_a_token_that_counts(self, bearer, token, message):
        path, headers = bearer
        body = jilin(registration())
        if token is None:
            AccessPoint.objects.filter(path_prefix=path).update(token_seconds=-1)
            directory.forget()
            token = ask_for_token(path)["access_token"]
        with nothing_changes():
            assert send(path, body, {"Authorization": f"Bearer {token}"} if token else {}) == {
                "code": 401,
                "message": message,
            }
        changed = headers["Authorization"][:-1] + ("A" if headers["Authorization"][-1] != "A" else "B")
        assert send(path, body, {"Authorization": changed})["code"] == 401

    def test_a_refusal_of_the_platform_is_readable(self, bearer):
        path, headers = bearer
        answer = send(path, jilin(registration(new_person(state="2"))), headers)
        assert (answer["infcode"], answer["output"]) == (-1, None)
        assert "不享受待遇" in answer["err_msg"]

    def test_tokens(self, standing_town):
        path = open_point("oauth")
        token = ask_for_token(path)
        assert (token["token_type"], token["expires_in"], token["scope"]) == ("bearer", 7200, "server")
        assert "access_token" in ask_for_token("")  # at the root, as the real platform has it
        assert ask_for_token(path, secret="other") == {"code": 401, "message": "签名不一致!"}
        assert ask_for_token(path, password="other") == {"code": 401, "message": "签名不一致!"}
        assert ask_for_token(path, grant="client_credentials") == {"code": 401, "message": "授权方式不支持!"}
        missing = send(f"{path}/auth/oauth/token", b"", {})
        assert missing == {"code": 401, "message": "缺少服务网关的请求头!"}


class TestHubei:
    def test_a_message_goes_through_and_its_answer_is_signed(self, standing_town):
        path, body = open_point("sm2"), hubei(registration())
        answers = [send(path, body), send(path, body)]
        assert (answers[0]["infcode"], answers[0]) == (0, answers[1])
        signature = bytes.fromhex(answers[0]["cainfo"])
        assert answers[0]["signtype"] == "SM2"
        assert sm2.verify(OURS_PUBLIC, hubei_text(answers[0]), signature)

    def test_a_refusal_is_signed_too(self, standing_town):
        path = open_point("sm2")
        answer = send(path, hubei(registration(new_person(state="2"))))
        assert answer["infcode"] == -1
        assert sm2.verify(OURS_PUBLIC, hubei_text(answer), bytes.fromhex(answer["cainfo"]))

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda sent: hubei(sent, private_key=OTHER_PRIVATE), "签名不一致!"),
            (lambda sent: as_bytes({**json.loads(hubei(sent)), "opter": "another"}), "签名不一致!"),
            (lambda sent: as_bytes({**json.loads(hubei(sent)), "cainfo": None}), "缺少数字签名(cainfo)!"),
            (lambda sent: hubei({**sent, "inf_time": f"{now(seconds=-1860):%Y-%m-%d %H:%M:%S}"}), "签名时间戳超时!"),
            (lambda sent: hubei({**sent, "fixmedins_code": "H11010100002"}), "非法用户!"),
        ],
    )
    def test_wrong_stale_or_another_s(self, standing_town, spoil, message):
        path, sent = open_point("sm2"), registration()
        with nothing_changes():
            assert send(path, spoil(sent)) == {"code": 401, "message": message}

    def test_a_signature_moved_to_another_input(self, standing_town):
        path = open_point("sm2")
        message = registration()
        body = hubei(message)
        assert send(path, body)["infcode"] == 0
        moved = as_bytes({**json.loads(body), "input": {"data": Hospital().registration(new_person())}})
        with nothing_changes():
            assert send(path, moved)["code"] == 401


class TestCipheredInput:
    @pytest.mark.parametrize("member", ["enc_type", "encType"])
    def test_under_the_key_that_was_agreed_on(self, standing_town, member):
        path, message = open_point("tif"), registration()
        sealed = base64.b64encode(sm4.encrypt(bytes.fromhex(SM4_KEY), as_bytes(message["input"]))).decode()
        body = as_bytes({**message, member: "SM4", "input": sealed})
        answer = send(path, body, tif())
        assert (answer["infcode"], answer["enctype"], answer["cainfo"]) == (0, "SM4", None)
        assert b"mdtrt_id" in sm4.decrypt(bytes.fromhex(SM4_KEY), base64.b64decode(answer["output"]))

    def test_some_say_sm4_and_send_plain(self, standing_town):
        path = open_point("tif")
        for nonce, as_sent in (("a", lambda node: node), ("b", json.dumps)):
            message = registration(enc_type="SM4")
            answer = send(path, as_bytes({**message, "input": as_sent(message["input"])}), tif(nonce=nonce))
            assert answer["output"]["data"]["mdtrt_id"]

    def test_what_nobody_can_open(self, standing_town):
        path, message = open_point("tif"), registration(enc_type="SM4")
        sealed = base64.b64encode(sm4.encrypt(b"another key 1234", as_bytes(message["input"]))).decode()
        with nothing_changes():
            answer = send(path, as_bytes({**message, "input": sealed}), tif())
        assert answer == {"code": 401, "message": "报文解密失败!"}


class TestRotation:
    def test_old_and_new_overlap_then_the_old_one_ends(self, standing_town):
        path, old = open_point("x-ca"), Credential.objects.latest("pk")
        body = as_bytes(registration())
        rotate_key(credential_id=old.pk, material=Material("newer"), at=now(seconds=-2), overlap_until=now(hours=1))
        directory.forget()
        answers = [send(path, body, x_ca(body, secret=secret)) for secret in ("zhejiang", "newer")]
        assert (answers[0]["infcode"], answers[0]) == (0, answers[1])
        retire_key(credential_id=old.pk, at=now(seconds=-1))
        directory.forget()
        with nothing_changes():
            assert send(path, body, x_ca(body)) == {"code": 401, "message": "签名不一致!"}
        assert send(path, body, x_ca(body, secret="newer")) == answers[0]

    def test_a_key_counts_from_its_day_on(self, standing_town):
        path = open_point("x-ca")
        old = Credential.objects.latest("pk")
        rotate_key(credential_id=old.pk, material=Material("next"), at=now(hours=1), overlap_until=now(hours=2))
        directory.forget()
        body = as_bytes(registration())
        assert send(path, body, x_ca(body, secret="next"))["code"] == 401
        assert send(path, body, x_ca(body))["infcode"] == 0

    def test_a_token_ends_with_the_key_that_it_was_given_for(self, bearer):
        path, headers = bearer
        old = Credential.objects.latest("pk")
        material = Material("changed", "his", "pass:word", **SM2_PAIR)
        rotate_key(credential_id=old.pk, material=material, at=now(seconds=-2), overlap_until=now(seconds=-1))
        directory.forget()
        body = jilin(registration())
        with nothing_changes():
            assert send(path, body, headers) == {"code": 401, "message": "非法用户!"}
        token = ask_for_token(path, secret="changed")["access_token"]
        assert send(path, jilin(registration()), {"Authorization": f"Bearer {token}"})["infcode"] == 0

    def test_a_key_without_the_parts_of_its_scheme_is_none(self, standing_town):
        path = open_point("x-ca")
        Credential.objects.all().delete()
        point = AccessPoint.objects.get(path_prefix=path)
        institution = Institution.objects.get(code=CODE)
        add_key(KeyRow(point.pk, institution.pk, CODE, Material()))
        directory.forget()
        body = as_bytes(registration())
        assert send(path, body, x_ca(body, secret="")) == {"code": 401, "message": "非法用户!"}
