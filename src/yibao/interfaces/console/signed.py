"""Signing on behalf of an institution of the sandbox: for messages sent again and commands to be copied."""

import shlex
from datetime import datetime

from yibao.domains.messages.keys import SealedKey, keys_in_force, material_of
from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.gateway.schemes import SCHEMES


def signed_headers(
    point: AccessPoint, *, institution_code: str, body: bytes, infno: str, at: datetime
) -> dict[str, str]:
    """The headers with which an institution's system would send a body now; none where it has no key here."""
    for key in keys_at(point, at):
        if key.institution_code == institution_code:
            return SCHEMES[point.scheme].sign(
                body,
                access_key=key.access_key,
                secret=material_of(key).secret,
                now_seconds=int(at.timestamp()),
                api_name=infno,
            )
    return {}


def keys_at(point: AccessPoint, at: datetime) -> list[SealedKey]:
    """The keys that an access point accepts at a moment."""
    return keys_in_force(access_point_ids=[point.pk], at=at)


def as_curl(*, url: str, body: bytes, headers: dict[str, str], content_type: str) -> str:
    """A command that sends a message from a shell."""
    lines = [f"curl -sS {shlex.quote(url)}", f"  -H {shlex.quote(f'Content-Type: {content_type}')}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"  --data-binary {shlex.quote(body.decode(errors='replace'))}")
    return " \\\n".join(lines)
