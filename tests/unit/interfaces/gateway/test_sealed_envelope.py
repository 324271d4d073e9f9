"""The e-prescription and mobile envelope, held against a client written here from its description alone."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from yibao.core import sm2, sm4
from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes import (
    SCHEMES,
    Keyring,
    KnownKey,
    MissingSignatureError,
    SignatureMismatchError,
    SignedRequest,
    StaleTimestampError,
    UndecipherableError,
    UnknownAccessKeyError,
)
from yibao.interfaces.gateway.schemes.sealed_envelope import (
    UnreadableEnvelopeError,
    open_envelope,
    refuse,
    seal_answer,
    seal_request,
    secret_key,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
APP_ID = "T98HPCGN5ZVVQBS8LZQNOAEXVI9GYHKQ"
SECRET = "NMVFVILMKT13GEMD3BKPKCTBOQBPZR2P"
THEIRS, OURS, OTHER = (sm2.new_private_key() for _ in range(3))
KEY = KnownKey(
    APP_ID,
    Material(SECRET, public_key=sm2.public_key_of(THEIRS), private_key=OURS),
    frozenset(("H11010100001",)),
)
KEYS = Keyring([KEY])
DATA = {"hospRxno": "R1", "rxDrugDetail": [{"b": "乙", "a": 1.50}], "memo": "", "gone": None}
# What the client signs of DATA: names in order, without nulls; 1.50 as it is written.
CANONICAL = '{"hospRxno":"R1","memo":"","rxDrugDetail":[{"a":1.50,"b":"乙"}]}'
WITHOUT_EMPTY = '{"hospRxno":"R1","rxDrugDetail":[{"a":1.50,"b":"乙"}]}'


def from_client(*, private_key=THEIRS, secret=SECRET, signed=CANONICAL, cipher="encData", changes=None, drop=()):
    """An envelope as the public clients build it."""
    timestamp = str(int(NOW.timestamp() * 1000))
    text = (
        f"appId={APP_ID}&data={signed}&encType=SM4&signType=SM2&timestamp={timestamp}&version=2.0.0&key={secret}"
    ).encode()
    plain = json.dumps(DATA, ensure_ascii=False).replace("1.5}", "1.50}")
    first = sm4.encrypt(APP_ID[:16].encode(), secret.encode()).hex().upper()
    sealed = sm4.encrypt(first[:16].encode(), plain.encode()).hex().upper()
    members = {
        "appId": APP_ID,
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": timestamp,
        "version": "2.0.0",
        "extra": "ignored",
        "empty": "",
        "signData": base64.b64encode(sm2.sign(private_key, text, user_id=secret.encode())).decode(),
        **(changes or {}),
    }
    head = json.dumps({name: value for name, value in members.items() if name not in drop})[:-1]
    body = f'{head},"{cipher}":"{sealed}"}}' if cipher else f'{head},"data":{plain}}}'
    return body.encode()


def opened(body, keys=KEYS, **off):
    return open_envelope(body, keys, now_seconds=int((NOW + timedelta(**off)).timestamp()), window_seconds=1800)


class TestOpening:
    @pytest.mark.parametrize("cipher", ["encData", "data", None])
    @pytest.mark.parametrize("signed", [CANONICAL, WITHOUT_EMPTY])
    def test_what_clients_send(self, cipher, signed):
        found = opened(from_client(cipher=cipher, signed=signed))
        assert (found.key, found.is_ciphered, found.version) == (KEY, cipher is not None, "2.0.0")
        assert found.data == {"hospRxno": "R1", "rxDrugDetail": [{"b": "乙", "a": "1.50"}], "memo": "", "gone": None}
        assert found.proof.keys == (KEY,)
        assert len(bytes.fromhex(found.proof.nonce)) == 64

    def test_the_same_object_signed_anew_is_the_same_message_another_is_not(self):
        first, second = opened(from_client()), opened(from_client())
        assert (first.digest, first.nonce != second.nonce) == (second.digest, True)
        third = seal_request(app_id=APP_ID, app_secret=SECRET, private_key=THEIRS, data={"a": "1"}, now=NOW)
        assert opened(third).digest != first.digest

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (b"[]", UnreadableEnvelopeError),
            (b"{", UnreadableEnvelopeError),
            (b"\xff", UnreadableEnvelopeError),
            (b"{}", UnknownAccessKeyError),
            (from_client(changes={"appId": "nobody"}), UnknownAccessKeyError),
            (from_client(drop=("timestamp",)), StaleTimestampError),
            (from_client(changes={"timestamp": "soon"}), StaleTimestampError),
            (from_client(drop=("signData",)), MissingSignatureError),
            (from_client(changes={"signData": "AAAA"}), SignatureMismatchError),
            (from_client(private_key=OTHER), SignatureMismatchError),
            (from_client(changes={"version": "1.0.0"}), SignatureMismatchError),
            (from_client(signed=CANONICAL.replace("R1", "R2")), SignatureMismatchError),
            (from_client(secret="another secret of some length"), UndecipherableError),
        ],
    )
    def test_what_is_not_let_in(self, body, error):
        with pytest.raises(error):
            opened(body)

    @pytest.mark.parametrize("off", [-1801, 1801])
    def test_a_stale_one(self, off):
        with pytest.raises(StaleTimestampError):
            opened(from_client(), seconds=off)

    def test_during_a_rotation_of_the_secret(self):
        newer = KnownKey(
            APP_ID, Material("newer", public_key=KEY.material.public_key, private_key=OURS), frozenset("B")
        )
        assert opened(from_client(), Keyring([newer, KEY])).key == KEY
        sealed = seal_request(app_id=APP_ID, app_secret="newer", private_key=THEIRS, data={"a": "1"}, now=NOW)
        assert opened(sealed, Keyring([newer, KEY])).key == newer


class TestAnswering:
    def test_a_client_checks_and_deciphers_the_answer(self):
        answer = json.loads(seal_answer(KEY, {"rxTraceCode": "T1", "fen": 100, "none": None, "empty": ""}, now=NOW))
        assert (answer["code"], answer["success"], answer["message"], answer["encType"]) == (0, True, "成功", "SM4")
        plain = sm4.decrypt(secret_key(APP_ID, SECRET), bytes.fromhex(answer["encData"])).decode()
        assert plain == '{"fen":100,"rxTraceCode":"T1"}'
        text = (
            f"appId={APP_ID}&code=0&data={plain}&encType=SM4&message=成功&signType=SM2&success=true"
            f"&timestamp={answer['timestamp']}&type=success&version=2.0.0&key={SECRET}"
        )
        signature = base64.b64decode(answer["signData"])
        assert sm2.verify(sm2.public_key_of(OURS), text.encode(), signature, user_id=SECRET.encode())

    def test_plain_where_the_request_was(self):
        answer = json.loads(seal_answer(KEY, {"a": "1"}, now=NOW, is_ciphered=False))
        assert (answer["data"], "encData" in answer) == ({"a": "1"}, False)

    def test_a_refusal_has_the_shape_of_the_known_one(self):
        assert json.loads(refuse("请使用医保电子凭证二维码")) == {
            "message": "请使用医保电子凭证二维码", "success": False, "code": 500159,
        }  # fmt: skip


def test_as_a_scheme_of_an_access_point():
    scheme = SCHEMES["envelope"]
    client = Material(SECRET, private_key=THEIRS)
    signed = scheme.sign(b'{"a": 1}', access_key=APP_ID, material=client, now_ms=int(NOW.timestamp() * 1000))
    request = SignedRequest({}, signed.body, int(NOW.timestamp()), 1800)
    assert scheme.verify(request, KEYS).keys == (KEY,)
    assert opened(signed.body).data == {"a": 1}
