"""A client of the e-prescription centre and of mobile payment, written from the description of their envelope alone."""

import base64
import json
import time

from yibao.core import sm2, sm4

from .hospital import post


class SealedRefusedError(Exception):
    """The platform refused; the sentence is the message."""


class SealedClient:
    """One institution's program: it ciphers with SM4, signs with SM2, and checks what comes back."""

    def __init__(self, base, app_id, secret, private_key, platform_public_key, *, ciphers=True, send=post):
        self.base, self.app_id, self.secret = base, app_id, secret
        self.private_key, self.platform_public_key = private_key, platform_public_key
        self.ciphers, self._post = ciphers, send
        self._latest_ms = 0
        self.sent = []

    def body(self, data, *, at_ms=None):
        """The bytes of a request; each has a time of its own."""
        self._latest_ms = at_ms or max(self._latest_ms + 1, time.time_ns() // 1_000_000)
        members = {
            "appId": self.app_id,
            "encType": "SM4",
            "signType": "SM2",
            "timestamp": str(self._latest_ms),
            "version": "2.0.0",
        }
        plain = canonical(data)
        text = "&".join(f"{name}={value}" for name, value in sorted({**members, "data": plain}.items()))
        members["signData"] = self.signature(f"{text}&key={self.secret}")
        if self.ciphers:
            return json.dumps({**members, "encData": self.cipher(plain)}).encode()
        return f'{json.dumps(members)[:-1]},"data":{plain}}}'.encode()

    def signature(self, text):
        return base64.b64encode(sm2.sign(self.private_key, text.encode(), user_id=self.secret.encode())).decode()

    def key(self):
        return sm4.encrypt(self.app_id.encode()[:16].ljust(16, b"\0"), self.secret.encode()).hex().upper()[:16].encode()

    def cipher(self, plain):
        return sm4.encrypt(self.key(), plain.encode()).hex().upper()

    def send(self, path, body):
        """The answer's bytes."""
        self.sent.append(body)
        status, content = self._post(f"{self.base}{path}", body)
        assert status == "200 OK"
        return content

    def ask(self, path, data):
        """The parsed answer, whatever it says."""
        return json.loads(self.send(path, self.body(data)))

    def call(self, path, data):
        """The business object of a success whose signature is right."""
        return self.opened(self.send(path, self.body(data)))

    def opened(self, content):
        """The business object of an answer."""
        answer = json.loads(content, parse_float=Written)
        if answer.get("code") != 0:
            raise SealedRefusedError(answer["message"])
        signature = base64.b64decode(answer.pop("signData"))
        sealed = answer.pop("encData", None)
        assert "data" not in answer or not self.ciphers
        plain = sm4.decrypt(self.key(), bytes.fromhex(sealed)).decode() if sealed else canonical(answer.get("data"))
        pairs = {**answer, "data": plain} if sealed or "data" in answer else answer
        text = "&".join(
            f"{name}={str(value).lower() if isinstance(value, bool) else value}"
            for name, value in sorted(pairs.items())
        )
        signed = f"{text}&key={self.secret}".encode()
        assert sm2.verify(self.platform_public_key, signed, signature, user_id=self.secret.encode())
        return json.loads(plain) if plain else {}


def canonical(value):
    """JSON by the order of names, nothing empty, no blanks."""
    if value is None:
        return ""
    if isinstance(value, dict):
        inner = (
            f"{json.dumps(name)}:{canonical(value[name])}"
            for name in sorted(value)
            if value[name] not in (None, "", [], {})
        )
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return value if isinstance(value, Written) else json.dumps(value, ensure_ascii=False)


class Written(str):
    """A number with decimals as it was written, which is how it was signed."""

    __slots__ = ()
