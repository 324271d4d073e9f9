from collections.abc import Mapping

import pytest

from yibao.interfaces.gateway.schemes import (
    SCHEMES,
    MissingHeaderError,
    SignatureMismatchError,
    StaleTimestampError,
    UnknownAccessKeyError,
)
from yibao.interfaces.gateway.texts import text_of

NOW = 1_721_789_415
WINDOW = 1_800
SECRETS = {"AK": "demo-secret", "PAAS": "demo-token"}
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
SIGNED = [("csb", CSB), ("tif", TIF)]


def verify(scheme: str, headers: Mapping[str, str], now_seconds: int = NOW) -> str:
    return SCHEMES[scheme].verify(headers, b"{}", secret_of=SECRETS.get, now_seconds=now_seconds, window_seconds=WINDOW)


def test_the_schemes_of_the_first_issue():
    assert {name: scheme.name for name, scheme in SCHEMES.items()} == {"csb": "csb", "none": "none", "tif": "tif"}


def test_none_accepts_everything():
    assert verify("none", {}) == ""
    assert SCHEMES["none"].sign(b"", access_key="AK", secret="x", now_seconds=NOW) == {}


@pytest.mark.parametrize(("scheme", "headers"), SIGNED)
class TestSigned:
    def test_signatures_made_elsewhere_are_accepted(self, scheme: str, headers: dict[str, str]):
        assert verify(scheme, headers) in SECRETS

    def test_header_names_as_a_wsgi_server_folds_them(self, scheme: str, headers: dict[str, str]):
        assert verify(scheme, {name.replace("_", "-").title(): value for name, value in headers.items()}) in SECRETS

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
        name = next(name for name in headers if name.endswith("timestamp"))
        with pytest.raises(StaleTimestampError):
            verify(scheme, {**headers, name: timestamp})

    def test_an_unknown_access_key(self, scheme: str, headers: dict[str, str]):
        name = next(name for name, value in headers.items() if value in SECRETS)
        with pytest.raises(UnknownAccessKeyError) as refusal:
            verify(scheme, {**headers, name: "nobody"})
        assert text_of(refusal.value) == "非法用户!"

    def test_a_signature_that_does_not_fit(self, scheme: str, headers: dict[str, str]):
        changed = [name for name, value in headers.items() if value not in SECRETS and not name.endswith("timestamp")]
        for name in changed:
            with pytest.raises(SignatureMismatchError) as refusal:
                verify(scheme, {**headers, name: "不同"})
            assert text_of(refusal.value) == "签名不一致!"

    def test_what_we_sign_we_accept_and_nobody_else_can(self, scheme: str, headers: dict[str, str]):
        key = next(value for value in headers.values() if value in SECRETS)
        signed = SCHEMES[scheme].sign(b"{}", access_key=key, secret=SECRETS[key], now_seconds=NOW)
        assert verify(scheme, signed) == key
        forged = SCHEMES[scheme].sign(b"{}", access_key=key, secret="guess", now_seconds=NOW)
        with pytest.raises(SignatureMismatchError):
            verify(scheme, forged)


def test_csb_takes_seconds_too():
    signed = SCHEMES["csb"].sign(b"", access_key="AK", secret="demo-secret", now_seconds=NOW)
    assert signed["_api_timestamp"] == "1721789415000"
    with pytest.raises(SignatureMismatchError):
        verify("csb", {**signed, "_api_timestamp": "1721789415"})
