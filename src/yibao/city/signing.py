"""How the city's institutions sign: their own code, as a vendor writes it from the published description."""

import base64
import hashlib
import hmac
import secrets
import threading

_lock = threading.Lock()
_latest = [0]


def moment_of_its_own(milliseconds: int) -> int:
    """The moment, or the next one that no request was signed at yet: a signature lets one message in."""
    with _lock:
        _latest[0] = max(_latest[0] + 1, milliseconds)
        return _latest[0]


def headers(*, scheme: str, access_key: str, secret: str, infno: str, milliseconds: int) -> dict[str, str]:
    """The HTTP headers that a scheme of signing (none, csb, tif) wants for one request at a moment."""
    if scheme == "csb":
        return _csb(access_key=access_key, secret=secret, infno=infno, milliseconds=milliseconds)
    if scheme == "tif":
        return _tif(access_key=access_key, secret=secret, seconds=milliseconds // 1000)
    assert scheme == "none"
    return {}


def _csb(*, access_key: str, secret: str, infno: str, milliseconds: int) -> dict[str, str]:
    """Base64 of HMAC-SHA1 over the four signed headers, sorted by name."""
    signed = {
        "_api_access_key": access_key,
        "_api_name": infno,
        "_api_timestamp": str(milliseconds),
        "_api_version": "1.0.0",
    }
    text = "&".join(f"{name}={value}" for name, value in sorted(signed.items()))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    return {**signed, "_api_signature": base64.b64encode(digest).decode()}


def _tif(*, access_key: str, secret: str, seconds: int) -> dict[str, str]:
    """Lower hex of SHA-256 over timestamp, token, nonce, timestamp."""
    nonce = secrets.token_hex(8)
    signature = hashlib.sha256(f"{seconds}{secret}{nonce}{seconds}".encode()).hexdigest()
    return {
        "x-tif-paasid": access_key,
        "x-tif-timestamp": str(seconds),
        "x-tif-nonce": nonce,
        "x-tif-signature": signature,
    }
