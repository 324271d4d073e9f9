"""Scheme `sm2` (Hubei, V1.2.02): an SM2 signature over the sorted members of the message, in cainfo.

Source: a public client of this province (third party): without cainfo and input, `name=value` in the order of names,
joined by `&`, empty ones kept; SM2 with the default user identity; r and s in upper hex. Our defaults: the message's own
time (inf_time) must lie within the window, a signature lets one message in (the input is not signed), and answers are
signed the same way, without cainfo and output.
"""

from typing import Any, ClassVar, Final

import msgspec

from yibao.core import sm2
from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import (
    Members,
    Message,
    MissingSignatureError,
    Opened,
    Proof,
    Scheme,
    SignatureMismatchError,
    Signed,
    SignedRequest,
    StaleTimestampError,
    UnknownAccessKeyError,
    register,
)
from yibao.interfaces.gateway.schemes.ciphered import open_ciphered
from yibao.interfaces.gateway.schemes.keyring import Keyring

_UNSIGNED: Final = frozenset(("cainfo", "input", "output"))
_DECODER: Final = msgspec.json.Decoder(float_hook=str)
_ENCODER: Final = msgspec.json.Encoder()


def _text(value: Any) -> str:
    """A value as it enters the signed text: null is empty, numbers as written, what is nested as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _ENCODER.encode(value).decode()


def signed_text(members: Members) -> bytes:
    """What is signed of a message or an answer."""
    signed = sorted((name, _text(value)) for name, value in members.items() if name not in _UNSIGNED)
    return "&".join(f"{name}={value}" for name, value in signed).encode()


class Sm2MembersScheme(Scheme):
    """Nothing in the headers; the institution is the one that the message names, and its key signs."""

    name: ClassVar[str] = "sm2"
    parts: ClassVar[tuple[str, ...]] = ("public_key", "private_key")
    signs_messages: ClassVar[bool] = True

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """The headers prove nothing."""
        del request, keys
        return Proof()

    def open(self, message: Message, proof: Proof, keys: Keyring) -> Opened:
        """Check the message's time, then its signature by one of the institution's keys."""
        del proof
        if message.cainfo is None:
            raise MissingSignatureError(field="cainfo")
        if abs(message.now_seconds - message.sent_at_seconds) > message.window_seconds:
            raise StaleTimestampError(timestamp=str(message.sent_at_seconds))
        known = keys.of(message.institution)
        if not known:
            raise UnknownAccessKeyError(access_key=message.institution[:64])
        try:
            signature = sm2.read_signature(message.cainfo)
        except sm2.UnreadableSignatureError:
            raise SignatureMismatchError from None
        text = signed_text(_DECODER.decode(message.text))
        fitting = tuple(key for key in known if sm2.verify(key.material.public_key, text, signature))
        if not fitting:
            raise SignatureMismatchError
        proven = Proof(fitting, signature.hex())
        private_key = fitting[0].material.private_key
        opened = open_ciphered(message, proven)

        def seal(members: Members) -> Members:
            """Cipher where the request was, then sign."""
            sealed = {**(opened.seal(members) if opened.seal else members), "signtype": "SM2"}
            return {**sealed, "cainfo": sm2.sign(private_key, signed_text(sealed)).hex().upper()}

        return Opened(proven, opened.input, opened.digest, seal)

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
        """The message with cainfo; its input stays as it is."""
        del access_key, now_ms, api_name, nonce, token
        members = _DECODER.decode(body)
        cainfo = sm2.sign(material.private_key, signed_text(members)).hex().upper()
        return Signed(
            {}, msgspec.json.encode({**msgspec.json.decode(body, type=dict[str, msgspec.Raw]), "cainfo": cainfo})
        )


register(Sm2MembersScheme())
