"""Scheme `oauth` (Jilin): a token fetched beforehand, an SM2 signature over the plain input, SM4 around input and output.

Source: a public client of this province (third party): cainfo is Base64 of r and s over the JSON text of the plain input,
the user identity is the client's number; input is Base64 of SM4-ECB under the client's number as 16 bytes; the answer
likewise. Our defaults: the answer is ciphered where the request was, and a signature lets one message in.
"""

import base64
from typing import ClassVar

import msgspec

from yibao.core import sm2, sm4
from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes import tokens
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
    UndecipherableError,
    register,
)
from yibao.interfaces.gateway.schemes.ciphered import (
    SM4,
    cipher_text,
    ciphered_output,
    deciphered,
    digest_of,
    plain_text,
)
from yibao.interfaces.gateway.schemes.keyring import Keyring, KnownKey


def sm4_key_of(access_key: str) -> bytes:
    """The key of input and output: the client's number, 16 characters or 32 hexadecimal digits.

    :raises UndecipherableError: it has another length.
    """
    raw = access_key.encode()
    if len(raw) == sm4.KEY_BYTES:
        return raw
    try:
        raw = bytes.fromhex(access_key)
    except ValueError:
        raw = b""
    if len(raw) != sm4.KEY_BYTES:
        raise UndecipherableError
    return raw


class OAuthScheme(Scheme):
    """Header Authorization: Bearer, and cainfo in the message."""

    name: ClassVar[str] = "oauth"
    parts: ClassVar[tuple[str, ...]] = ("secret", "public_key", "private_key")
    optional_parts: ClassVar[tuple[str, ...]] = ("username", "password")
    signs_messages: ClassVar[bool] = True
    issues_tokens: ClassVar[bool] = True

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Check the token."""
        token = tokens.bearer_of(request.headers)
        return Proof(tokens.holders(token, keys, now_seconds=request.now_seconds))

    def open(self, message: Message, proof: Proof, keys: Keyring) -> Opened:
        """Decipher the input where it is cipher text, then check its signature by the token's client."""
        del keys
        if message.cainfo is None:
            raise MissingSignatureError(field="cainfo")
        sealed = cipher_text(message.input)
        plain = plain_text(message.input) if sealed is None else _deciphered(sealed, proof)
        try:
            signature = sm2.read_signature(message.cainfo)
        except sm2.UnreadableSignatureError:
            raise SignatureMismatchError from None
        fitting = tuple(key for key in proof.keys if _signed(key, plain, signature))
        if not fitting:
            raise SignatureMismatchError
        key = fitting[0]

        def seal(members: Members) -> Members:
            """Sign the plain output, then cipher it where the input was."""
            if members["output"] is None:
                return members
            user_id = key.access_key.encode()
            made = sm2.sign(key.material.private_key, bytes(members["output"]), user_id=user_id)
            signed = {**members, "cainfo": base64.b64encode(made).decode(), "signtype": "SM2"}
            return signed if sealed is None else ciphered_output(signed, sm4_key_of(key.access_key))

        return Opened(Proof(fitting, signature.hex()), plain, digest_of(message.text, plain), seal)

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
        """The message with cainfo and its input as cipher text, under a token that the client has fetched."""
        del now_ms, api_name, nonce
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        plain = bytes(members["input"])
        signature = sm2.sign(material.private_key, plain, user_id=access_key.encode())
        sealed = {
            **members,
            "cainfo": base64.b64encode(signature).decode(),
            "signtype": "SM2",
            "encType": SM4,
            "input": base64.b64encode(sm4.encrypt(sm4_key_of(access_key), plain)).decode(),
        }
        return Signed({"Authorization": f"Bearer {token}"}, msgspec.json.encode(sealed))


def _deciphered(sealed: bytes, proof: Proof) -> bytes:
    """The plain input, under the number of the client whose token it is."""
    return deciphered(sealed, {key: sm4_key_of(key.access_key) for key in proof.keys})[1]


def _signed(key: KnownKey, plain: bytes, signature: bytes) -> bool:
    """Whether the holder of a key signed the plain input."""
    return sm2.verify(key.material.public_key, plain, signature, user_id=key.access_key.encode())


register(OAuthScheme())
