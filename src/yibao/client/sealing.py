"""The envelope of the prescription centre and of mobile payment (D001 to D007, 6101 to 6401): hand a `Sealed` to `Client`.

SM2 and SM4 come from the library of your choice; four functions are all that is needed of it.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

VERSION: Final = "2.0.0"
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {})


class ForgedAnswerError(Exception):
    """The answer is not signed by the platform."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One institution's half of a key: appId and appSecret, and how it signs, checks, ciphers and deciphers.

    `sign(message, user_id)` gives the 64 bytes of SM2 with SM3 by the institution's key; `verify(message, signature,
    user_id)` checks the platform's; `encrypt(key, plain)` and `decrypt(key, cipher)` are SM4 in ECB with PKCS7.
    """

    app_id: str
    secret: str
    sign: Callable[[bytes, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]
    encrypt: Callable[[bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes], bytes]

    def seal(self, data: Mapping[str, Any], *, milliseconds: int) -> bytes:
        """A request around a business object."""
        members: dict[str, Any] = {
            "appId": self.app_id,
            "encType": "SM4",
            "signType": "SM2",
            "timestamp": str(milliseconds),
            "version": VERSION,
        }
        plain = canonical(data)
        signature = self.sign(self._signed(members, plain), self.secret.encode())
        members["encData"] = self.encrypt(self._key(), plain.encode()).hex().upper()
        members["signData"] = base64.b64encode(signature).decode()
        return json.dumps(members).encode()

    def open(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The business object of an answer that was a success, decimal numbers as `Decimal`.

        :raises ForgedAnswerError: the platform did not sign it.
        """
        members = {name: value for name, value in answer.items() if name not in {"signData", "encData"}}
        sealed = str(answer.get("encData") or "")
        plain = self.decrypt(self._key(), bytes.fromhex(sealed)).decode() if sealed else ""
        signature = base64.b64decode(str(answer.get("signData") or ""))
        if not self.verify(self._signed(members, plain), signature, self.secret.encode()):
            raise ForgedAnswerError
        opened: dict[str, Any] = json.loads(plain, parse_float=Decimal) if plain else {}
        return opened

    def _signed(self, members: Mapping[str, Any], plain: str) -> bytes:
        """What is signed: members by name, the business object in plain, the secret last."""
        told = {**members, "data": plain}
        pairs = (f"{name}={_text(told[name])}" for name in sorted(told) if told[name] not in _EMPTY)
        return "&".join([*pairs, f"key={self.secret}"]).encode()

    def _key(self) -> bytes:
        """The SM4 key: the first 16 letters of the secret's own cipher text under the appId, in hex."""
        first = self.app_id.encode()[:16].ljust(16, b"\0")
        return self.encrypt(first, self.secret.encode()).hex().upper()[:16].encode()


def canonical(value: Any) -> str:
    """JSON with names in order, without blanks and without what is empty."""
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(name)}:{canonical(value[name])}" for name in sorted(value) if value[name] not in _EMPTY)
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(str(value) if isinstance(value, Decimal) else value, ensure_ascii=False)


def _text(value: Any) -> str:
    """A member as it is signed."""
    return str(value).lower() if isinstance(value, bool) else str(value)
