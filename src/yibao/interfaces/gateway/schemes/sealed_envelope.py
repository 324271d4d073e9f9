"""The envelope of the e-prescription centre and of mobile payment (电子处方中心、移动支付信封): opened, answered, sent.

`{appId, encType, signType, timestamp, version, encData or data, signData}`: the business object is SM4 cipher text, the
whole is signed with SM2. Source: clients of Inner Mongolia and of the national portal (third party; knowledge of the
gateway envelope, section 6). Where clients differ in what is signed of empty fields inside the object, both are taken.

The access point has the scheme `envelope`; an institution's key there is named by its appId and has the appSecret.
`sealed_messages.py` turns what comes into messages for the handlers; what a change keeps is the sealed answer.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from yibao.core import sm2, sm4
from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import (
    MissingSignatureError,
    Proof,
    Scheme,
    SchemeError,
    SignatureMismatchError,
    Signed,
    SignedRequest,
    StaleTimestampError,
    UndecipherableError,
    UnknownAccessKeyError,
    register,
)
from yibao.interfaces.gateway.schemes.keyring import Keyring, KnownKey

OK: Final = 0
FAILED: Final = 500159
"""The code of a refusal, as the one known answer of the centre has it (third party)."""

VERSION: Final = "2.0.0"
_UNSIGNED: Final = frozenset(("signData", "encData", "extra"))
_SECRET_KEY_LETTERS: Final = 16
_TIMESTAMP_DIGITS: Final = (10, 13)
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {})


class UnreadableEnvelopeError(SchemeError):
    """The body is no JSON object with an appId."""

    code: ClassVar[str] = "gateway.scheme.unreadable_message"


class _Number(str):
    """A number with decimals as its sender wrote it, so that the signed text stays the same."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class OpenedEnvelope:
    """What was sent: the business object, by whom, and the signature that lets one message in."""

    key: KnownKey
    data: dict[str, Any]
    version: str
    is_ciphered: bool
    nonce: str
    digest: bytes

    @property
    def proof(self) -> Proof:
        """What the envelope proves, as schemes say it; `directory.institution_speaking` takes it."""
        return Proof((self.key,), self.nonce)


def open_envelope(body: bytes, keys: Keyring, *, now_seconds: int, window_seconds: int) -> OpenedEnvelope:
    """Check and decipher what came in.

    :raises UnreadableEnvelopeError: it is no such envelope.
    :raises UnknownAccessKeyError, StaleTimestampError, MissingSignatureError, SignatureMismatchError, UndecipherableError:
        it is not let in.
    """
    members = read_object(body)
    app_id = str(members.get("appId") or members.get("appCode") or "")
    known = [key for key in keys.named(app_id) if key.material.public_key and key.material.private_key]
    if not known:
        raise UnknownAccessKeyError(access_key=app_id[:64])
    _check_time(str(members.get("timestamp", "")), now_seconds, window_seconds)
    signature = _signature(members)
    refusal: SchemeError = SignatureMismatchError()
    for key in known:
        try:
            plain = {**members, "data": _plain_data(members, key)}
        except UndecipherableError as undecipherable:
            refusal = undecipherable
            continue
        if _is_signed(key, plain, signature):
            meant = {name: value for name, value in plain.items() if name not in _UNSIGNED}
            return OpenedEnvelope(
                key=key,
                data=plain["data"],
                version=str(members.get("version") or VERSION),
                is_ciphered=not isinstance(members.get("data"), dict),
                nonce=signature.hex(),
                digest=hashlib.sha256(_compact(meant).encode()).digest(),
            )
    raise refusal


def seal_answer(
    key: KnownKey, data: dict[str, Any], *, now: datetime, message: str = "成功", is_ciphered: bool = True
) -> bytes:
    """A success in the envelope, signed by the platform; `data` is ciphered unless the request was not."""
    answer = {"code": OK, "success": True, "type": "success", "message": message}
    speaker = (key.access_key, key.material.secret, key.material.private_key)
    return _sealed(answer, speaker, data, now=now, is_ciphered=is_ciphered)


def refuse(message: str, *, code: int = FAILED) -> bytes:
    """A refusal as the centre writes it, unsigned."""
    return json.dumps({"code": code, "success": False, "message": message}, ensure_ascii=False).encode()


def seal_request(
    *, app_id: str, app_secret: str, private_key: str, data: dict[str, Any], now: datetime, is_ciphered: bool = True
) -> bytes:
    """A request as a client sends it, signed with the client's own private key."""
    return _sealed({}, (app_id, app_secret, private_key), data, now=now, is_ciphered=is_ciphered)


def secret_key(app_id: str, app_secret: str) -> bytes:
    """The SM4 key of business objects: the first 16 letters of the secret's own cipher text under the appId, in hex."""
    first = app_id.encode()[: sm4.KEY_BYTES].ljust(sm4.KEY_BYTES, b"\0")
    return sm4.encrypt(first, app_secret.encode()).hex().upper()[:_SECRET_KEY_LETTERS].encode()


def signed_texts(members: dict[str, Any], app_secret: str) -> Iterator[bytes]:
    """What may be signed of members whose `data` is plain: empty texts inside the object kept, or left out."""
    for keep_empty in (True, False):
        pairs = [
            f"{name}={_text(members[name], keep_empty=keep_empty)}"
            for name in sorted(members)
            if name not in _UNSIGNED and members[name] not in _EMPTY
        ]
        yield "&".join([*pairs, f"key={app_secret}"]).encode()


def _sealed(
    members: dict[str, Any], speaker: tuple[str, str, str], data: dict[str, Any], *, now: datetime, is_ciphered: bool
) -> bytes:
    """An envelope around a business object; empty members are left out, so that nobody can differ about them.

    `speaker` is the appId, the secret and the private key that signs.
    """
    app_id, app_secret, private_key = speaker
    envelope: dict[str, Any] = {
        **members,
        "appId": app_id,
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": str(int(now.timestamp() * 1000)),
        "version": VERSION,
        "data": (data := _full(data)),
    }
    text = next(signed_texts(envelope, app_secret))
    signature = sm2.sign(private_key, text, user_id=app_secret.encode())
    plain = _compact(envelope.pop("data"))
    if not data:
        plain = ""  # an empty object is not signed, so it is not sent
    elif is_ciphered:
        envelope["encData"] = sm4.encrypt(secret_key(app_id, app_secret), plain.encode()).hex().upper()
    envelope["signData"] = base64.b64encode(signature).decode()
    told = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    if plain and not is_ciphered:
        told = f'{told[:-1]},"data":{plain}}}'  # numbers as they were signed
    return told.encode()


def read_object(body: bytes) -> dict[str, Any]:
    """The members of a JSON object, numbers with decimals as they were written.

    :raises UnreadableEnvelopeError: it is none.
    """
    try:
        members = json.loads(body, parse_float=_Number)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise UnreadableEnvelopeError
    return members


def _check_time(text: str, now_seconds: int, window_seconds: int) -> None:
    """Insist on a timestamp in milliseconds or seconds within the window."""
    seconds = int(text[:10]) if text.isascii() and text.isdigit() and len(text) in _TIMESTAMP_DIGITS else None
    if seconds is None or abs(now_seconds - seconds) > window_seconds:
        raise StaleTimestampError(timestamp=text[:20])


def _signature(members: dict[str, Any]) -> bytes:
    """The signature of an envelope."""
    sent = members.get("signData")
    if not isinstance(sent, str) or not sent:
        raise MissingSignatureError(field="signData")
    try:
        return sm2.read_signature(sent)
    except sm2.UnreadableSignatureError:
        raise SignatureMismatchError from None


def _plain_data(members: dict[str, Any], key: KnownKey) -> dict[str, Any]:
    """The business object, deciphered where it is cipher text."""
    data = members.get("encData") or members.get("data") or {}
    if isinstance(data, dict):
        return data
    try:
        plain = sm4.decrypt(secret_key(key.access_key, key.material.secret), bytes.fromhex(str(data)))
        found = json.loads(plain, parse_float=_Number)
    except (sm4.UnreadableCipherError, ValueError, RecursionError):
        raise UndecipherableError from None
    if not isinstance(found, dict):
        raise UndecipherableError
    return found


def _is_signed(key: KnownKey, members: dict[str, Any], signature: bytes) -> bool:
    """Whether the holder of the key signed these members; the user identity is the secret."""
    secret = key.material.secret
    return any(
        sm2.verify(key.material.public_key, text, signature, user_id=secret.encode())
        for text in signed_texts(members, secret)
    )


def _text(value: Any, *, keep_empty: bool) -> str:
    """A member as it is signed."""
    if isinstance(value, dict | list):
        return _compact(value if keep_empty else _full(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _full(value: Any) -> Any:
    """A value without what is empty in it."""
    if isinstance(value, dict):
        return {name: _full(inner) for name, inner in value.items() if inner not in _EMPTY}
    return [_full(inner) for inner in value] if isinstance(value, list) else value


def _compact(value: Any) -> str:
    """JSON in the order of names, without blanks and without null members."""
    if isinstance(value, dict):
        inner = (f"{json.dumps(name)}:{_compact(value[name])}" for name in sorted(value) if value[name] is not None)
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return value if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


class EnvelopeScheme(Scheme):
    """The access points of this envelope; messages of the other kind are no envelopes and not let in."""

    name: ClassVar[str] = "envelope"
    parts: ClassVar[tuple[str, ...]] = ("secret", "public_key", "private_key")
    optional_parts: ClassVar[tuple[str, ...]] = ()
    has_own_envelope: ClassVar[bool] = True

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Open the whole."""
        return open_envelope(
            request.body, keys, now_seconds=request.now_seconds, window_seconds=request.window_seconds
        ).proof

    def sign(
        self,
        body: bytes,
        *,
        access_key: str,
        material: Material,
        now_ms: int,
        api_name: str = "",
        nonce: str = "",
        token: str = "",
    ) -> Signed:
        """The envelope around a business object, which the body is; `private_key` is the client's own here."""
        del api_name, nonce, token
        sealed = seal_request(
            app_id=access_key,
            app_secret=material.secret,
            private_key=material.private_key,
            data=read_object(body),
            now=datetime.fromtimestamp(now_ms / 1000, UTC),
        )
        return Signed({}, sealed)


register(EnvelopeScheme())
