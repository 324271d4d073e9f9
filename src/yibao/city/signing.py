"""How the city's institutions sign: their own code, as a vendor writes it from the published description."""

import base64
import hashlib
import hmac
import secrets


def headers(*, scheme: str, access_key: str, secret: str, infno: str, seconds: int) -> dict[str, str]:
    """The HTTP headers that a scheme of signing (none, csb, tif) wants for one request at a moment."""
    if scheme == "csb":
        return _csb(access_key=access_key, secret=secret, infno=infno, seconds=seconds)
    if scheme == "tif":
        return _tif(access_key=access_key, secret=secret, seconds=seconds)
    assert scheme == "none"
    return {}


def _csb(*, access_key: str, secret: str, infno: str, seconds: int) -> dict[str, str]:
    """Base64 of HMAC-SHA1 over the four signed headers, sorted by name."""
    signed = {
        "_api_access_key": access_key,
        "_api_name": infno,
        "_api_timestamp": f"{seconds}000",
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
