"""Schemes that sign HTTP headers, held against signatures made by other programs."""

from collections.abc import Mapping

import pytest

from yibao.domains.messages.keys import Material
from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.gateway.schemes import (
    SCHEMES,
    Keyring,
    KnownKey,
    MissingHeaderError,
    Proof,
    SignatureMismatchError,
    SignedRequest,
    StaleTimestampError,
    UnknownAccessKeyError,
)
from yibao.interfaces.gateway.texts import text_of

NOW = 1_721_789_415
WINDOW = 1_800
BODY = '{"infno":"1101","name":"张三𠮷"}'.encode()
SECRETS = {"AK": "demo-secret", "PAAS": "demo-token", "H33010000001": "demo-secret"}
HOLDERS = frozenset(("H11010100001",))
KEYS = Keyring(KnownKey(name, Material(secret), HOLDERS) for name, secret in SECRETS.items())
CSB = {
    "_api_name": "1101",
    "_api_version": "1.0.0",
    "_api_timestamp": "1721789415123",
    "_api_access_key": "AK",
    "_api_signature": "reaE7YEdOKUGSvn4HUzheGn/b1E=",  # openssl dgst -sha1 -hmac demo-secret -binary | base64
}
TIF = {
    "x-tif-paasid": "PAAS",
    "x-tif-timestamp": "1721789415",
    "x-tif-nonce": "abc123",
    "x-tif-signature": "660b5262faf30124fbde26c70d951cfe2ee76a2ac6cca5ce04c4e8a677547bc2",  # openssl dgst -sha256
}
X_CA = {
    "x-ca-key": "H33010000001",
    "x-ca-signature": "1721789415:87C95FEBF28B55FC5A41D53B78A10E84072F92A333DE79BD04EE6CC54C2C2552",
}  # openssl dgst -sm3
X_CA_GB2312 = "1721789415:8E88C9B5DB32BB5628C3F3B0F5C4EB76A885396A21E217F61A68F2240CD9CF47"  # iconv -t gbk, 𠮷 as ?
SIGNED = [("csb", CSB), ("tif", TIF), ("x-ca", X_CA)]


def verify(scheme: str, headers: Mapping[str, str], now_seconds: int = NOW, **changes: object) -> Proof:
    request = {"body": BODY, "charset": "utf-8", "keys": KEYS, **changes}
    keys = request.pop("keys")
    return SCHEMES[scheme].verify(
        SignedRequest(headers, now_seconds=now_seconds, window_seconds=WINDOW, **request), keys
    )


def key_of(proof: Proof) -> str:
    (key,) = proof.keys
    return key.access_key


def test_the_schemes_are_those_that_access_points_may_have():
    assert {name: scheme.name for name, scheme in SCHEMES.items()} == {name: name for name in AccessPoint.Scheme.values}
    assert {name for name, scheme in SCHEMES.items() if scheme.signs_messages} == {"oauth", "sm2"}


class TestNone:
    def test_accepts_everything_from_whoever_needs_no_key(self):
        unsigned = KnownKey("", Material(), frozenset(("A", "B")))
        keys = Keyring([unsigned, *KEYS.keys])
        assert verify("none", {}, keys=keys) == Proof((unsigned,))
        assert verify("none", {}) == Proof(())
        assert SCHEMES["none"].sign(b"b", access_key="AK", material=Material("x"), now_ms=NOW).headers == {}


@pytest.mark.parametrize(("scheme", "headers"), SIGNED)
class TestSigned:
    def test_signatures_made_elsewhere_are_accepted(self, scheme: str, headers: dict[str, str]):
        assert key_of(verify(scheme, headers)) in SECRETS

    def test_header_names_as_a_wsgi_server_folds_them(self, scheme: str, headers: dict[str, str]):
        folded = {name.replace("_", "-").title(): value for name, value in headers.items()}
        assert key_of(verify(scheme, folded)) in SECRETS

    def test_each_header_is_needed(self, scheme: str, headers: dict[str, str]):
        for name in headers:
            for rest in ({k: v for k, v in headers.items() if k != name}, {**headers, name: " "}):
                with pytest.raises(MissingHeaderError) as refusal:
                    verify(scheme, rest)
                assert refusal.value.facts == {"header": name}
                assert text_of(refusal.value) == "缺少服务网关的请求头!"

    @pytest.mark.parametrize("off", [-WINDOW - 1, WINDOW + 1])
    def test_a_stale_timestamp(self, scheme: str, headers: dict[str, str], off: int):
        with pytest.raises(StaleTimestampError) as refusal:
            verify(scheme, headers, NOW + off)
        assert text_of(refusal.value) == "签名时间戳超时!"
        assert verify(scheme, headers, NOW + WINDOW) == verify(scheme, headers, NOW - WINDOW)

    @pytest.mark.parametrize("timestamp", ["soon", "172178941", "-1721789415", "１７２１７８９４１５"])
    def test_a_timestamp_that_is_none(self, scheme: str, headers: dict[str, str], timestamp: str):
        name = "x-ca-signature" if scheme == "x-ca" else next(n for n in headers if n.endswith("timestamp"))
        sent = f"{timestamp}:{headers[name][11:]}" if scheme == "x-ca" else timestamp
        with pytest.raises(StaleTimestampError):
            verify(scheme, {**headers, name: sent})

    def test_an_unknown_access_key(self, scheme: str, headers: dict[str, str]):
        name = next(name for name, value in headers.items() if value in SECRETS)
        with pytest.raises(UnknownAccessKeyError) as refusal:
            verify(scheme, {**headers, name: "nobody"})
        assert text_of(refusal.value) == "非法用户!"

    def test_a_signature_that_does_not_fit(self, scheme: str, headers: dict[str, str]):
        changed = [name for name, value in headers.items() if value not in SECRETS and not name.endswith("timestamp")]
        for name in changed:
            with pytest.raises(SignatureMismatchError) as refusal:
                verify(scheme, {**headers, name: "1721789415:不同" if scheme == "x-ca" else "不同"})
            assert text_of(refusal.value) == "签名不一致!"

    def test_what_we_sign_we_accept_and_nobody_else_can(self, scheme: str, headers: dict[str, str]):
        key = next(value for value in headers.values() if value in SECRETS)
        signing = {"access_key": key, "now_ms": NOW * 1000}
        signed = SCHEMES[scheme].sign(BODY, material=Material(SECRETS[key]), **signing)
        assert (key_of(verify(scheme, signed.headers)), signed.body) == (key, BODY)
        forged = SCHEMES[scheme].sign(BODY, material=Material("guess"), **signing)
        with pytest.raises(SignatureMismatchError):
            verify(scheme, forged.headers)

    def test_during_a_rotation_both_keys_are_accepted_each_for_its_holders(self, scheme: str, headers: dict[str, str]):
        name = next(value for value in headers.values() if value in SECRETS)
        old = KnownKey(name, Material(SECRETS[name]), frozenset(("A",)))
        new = KnownKey(name, Material("new"), frozenset(("A", "B")))
        keys = Keyring([old, new])
        assert verify(scheme, headers, keys=keys).keys == (old,)
        signed = SCHEMES[scheme].sign(BODY, access_key=name, material=new.material, now_ms=NOW * 1000)
        assert verify(scheme, signed.headers, keys=keys).keys == (new,)


class TestNonces:
    def test_of_csb_is_a_signature_with_milliseconds(self):
        assert verify("csb", CSB).nonce == CSB["_api_signature"]
        seconds = {**CSB, "_api_timestamp": "1721789415", "_api_signature": "XoKUQkFjjRiU+ghK+WPAi/Nf11E="}
        assert verify("csb", seconds).nonce is None

    def test_of_tif_is_the_nonce_of_the_client(self):
        assert verify("tif", TIF).nonce == "PAAS abc123"
        again = [SCHEMES["tif"].sign(b"", access_key="PAAS", material=Material("demo-token"), now_ms=0) for _ in "12"]
        assert again[0].headers["x-tif-nonce"] != again[1].headers["x-tif-nonce"]

    def test_a_signature_over_the_body_needs_none(self):
        assert verify("x-ca", X_CA).nonce is None
        with pytest.raises(SignatureMismatchError):
            verify("x-ca", X_CA, body=BODY + b" ")


class TestXCa:
    def test_the_bytes_of_gb2312_where_the_access_point_says_so(self):
        headers = {**X_CA, "x-ca-signature": X_CA_GB2312}
        assert key_of(verify("x-ca", headers, charset="gb2312")) == "H33010000001"
        for charset, sent in (("utf-8", headers), ("gb2312", X_CA)):
            with pytest.raises(SignatureMismatchError):
                verify("x-ca", sent, charset=charset)

    def test_lower_digits_are_taken_too(self):
        assert verify("x-ca", {**X_CA, "x-ca-signature": X_CA["x-ca-signature"].lower()}).keys


class TestApiKey:
    KEYS = Keyring(
        [
            KnownKey("shared", Material("123456"), frozenset(("A", "B"))),
            KnownKey("own", Material("a-key-of-c"), frozenset(("C",))),
        ]
    )

    def test_whoever_sends_it_is_whoever_holds_it(self):
        assert verify("apikey", {"apikey": "123456"}, keys=self.KEYS).keys[0].institutions == {"A", "B"}
        assert verify("apikey", {"Apikey": "a-key-of-c"}, keys=self.KEYS).keys[0].institutions == {"C"}
        made = SCHEMES["apikey"].sign(b"{}", access_key="own", material=Material("a-key-of-c"), now_ms=0)
        assert made.headers == {"apikey": "a-key-of-c"}

    def test_others_are_refused(self):
        for headers, error in (({}, MissingHeaderError), ({"apikey": "own"}, UnknownAccessKeyError)):
            with pytest.raises(error):
                verify("apikey", headers, keys=self.KEYS)
