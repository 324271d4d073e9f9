"""Signing on behalf of an institution of the sandbox: for messages sent again and commands to be copied."""

import shlex
from datetime import datetime
from typing import Final

from yibao.domains.messages.keys import SealedKey, keys_in_force, material_of
from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.client_keys import as_client
from yibao.interfaces.gateway.schemes import SCHEMES, KnownKey, Signed
from yibao.interfaces.gateway.schemes.tokens import token_for

TOKEN_SECONDS: Final = 7200
"""How long the tokens last that the console fetches for a client."""


def signed_message(point: AccessPoint, *, institution_code: str, body: bytes, infno: str, at: datetime) -> Signed:
    """A plain message as an institution's system would send it now; unsigned where its key is not known here."""
    for key in keys_at(point, at):
        material = material_of(key)
        client = as_client(material)
        if key.institution_code == institution_code and client is not None:
            scheme = SCHEMES[point.scheme]
            seconds = int(at.timestamp())
            known = KnownKey(key.access_key, material, frozenset([institution_code]))
            token = token_for(known, until_seconds=seconds + TOKEN_SECONDS) if scheme.issues_tokens else ""
            return scheme.sign(
                body,
                access_key=key.access_key,
                material=client,
                now_ms=int(at.timestamp() * 1000),
                api_name=infno,
                token=token,
            )
    return Signed({}, body)


def signs_bodies(point: AccessPoint) -> bool:
    """Whether the messages of an access point carry their signature in themselves."""
    return SCHEMES[point.scheme].signs_messages or has_own_envelope(point)


def has_own_envelope(point: AccessPoint) -> bool:
    """Whether its messages are those of prescriptions and mobile payment, in their own envelope."""
    return SCHEMES[point.scheme].has_own_envelope


def keys_at(point: AccessPoint, at: datetime) -> list[SealedKey]:
    """The keys that an access point accepts at a moment."""
    return keys_in_force(access_point_ids=[point.pk], at=at)


def as_curl(*, url: str, body: bytes, headers: dict[str, str], content_type: str) -> str:
    """A command that sends a message from a shell."""
    lines = [f"curl -sS {shlex.quote(url)}", f"  -H {shlex.quote(f'Content-Type: {content_type}')}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"  --data-binary {shlex.quote(body.decode(errors='replace'))}")
    return " \\\n".join(lines)
