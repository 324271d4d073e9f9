"""Input and output as SM4 cipher text in Base64 (enc_type SM4), and what a message means whatever hides it.

Source: clients of Jilin and Hubei (third party). Some send enc_type SM4 beside plain input: what is no Base64 is taken as
it is. The answer is ciphered where the request was.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from yibao.core import sm4
from yibao.interfaces.gateway.schemes.base import Members, Message, Opened, Proof, UndecipherableError
from yibao.interfaces.gateway.schemes.keyring import KnownKey

SM4: Final = "SM4"


def cipher_text(raw_input: bytes) -> bytes | None:
    """The cipher text of an input that is a JSON string of Base64; None where the input is plain."""
    if not raw_input.startswith(b'"'):
        return None
    try:
        text = msgspec.json.decode(raw_input, type=str).strip()
        return None if text.startswith(("{", "[")) or not text else base64.b64decode(text, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None


def plain_text(raw_input: bytes) -> bytes:
    """The JSON text of a plain input: as it stands, or what a JSON string holds."""
    if not raw_input.startswith(b'"'):
        return raw_input
    try:
        return msgspec.json.decode(raw_input, type=str).encode()
    except msgspec.DecodeError:
        return raw_input


def ciphered_output(members: Members, key: bytes) -> Members:
    """An answer with its output as cipher text; one without output stays without."""
    output = members["output"]
    if output is None:
        return members
    text = base64.b64encode(sm4.encrypt(key, bytes(output))).decode()
    return {**members, "output": text, "enctype": SM4}


def digest_of(text: bytes, plain_input: bytes) -> bytes:
    """SHA-256 of what a message means: its members in order, without the signature, the input in plain."""
    members = msgspec.json.decode(text)
    members.pop("cainfo", None)
    try:
        members["input"] = msgspec.json.decode(plain_input)
    except (msgspec.DecodeError, UnicodeDecodeError):
        members["input"] = plain_input.hex()  # the codec will say what is wrong with it
    return hashlib.sha256(msgspec.json.encode(members, order="sorted")).digest()


def deciphered(sealed: bytes, keys: Mapping[KnownKey, bytes]) -> tuple[KnownKey, bytes]:
    """The key that opens a cipher text to JSON, and the JSON text.

    :raises UndecipherableError: none does.
    """
    for key, secret in keys.items():
        try:
            plain = sm4.decrypt(secret, sealed)
        except sm4.UnreadableCipherError:
            continue
        if plain.lstrip()[:1] in {b"{", b"["}:
            return key, plain
    raise UndecipherableError


def open_ciphered(message: Message, proof: Proof) -> Opened:
    """Decipher the input of a message that says SM4, under the key that was agreed on with its sender.

    :raises UndecipherableError: none of the keys that were proved opens it.
    """
    sealed = cipher_text(message.input)
    if sealed is None:
        plain = plain_text(message.input)
        return Opened(proof, plain, digest_of(message.text, plain))
    agreed = {key: bytes.fromhex(key.material.sm4_key) for key in proof.keys if key.material.sm4_key}
    key, plain = deciphered(sealed, agreed)
    return Opened(proof, plain, digest_of(message.text, plain), lambda members: ciphered_output(members, agreed[key]))
