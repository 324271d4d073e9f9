"""Who may speak here: access points and institutions, read from the database and remembered for a few seconds.

While the database is away the last memory stands, so that a message is still answered in the envelope of its access point.
"""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import ClassVar

from django.db import InterfaceError, OperationalError, connection

from yibao.core.errors import YibaoError
from yibao.domains.institutions.queries import institution_with_code
from yibao.domains.messages.keys import keys_in_force, material_of
from yibao.domains.messages.models import AccessPoint
from yibao.domains.messages.queries import open_access_points

REMEMBER_SECONDS = 3.0


class UnknownInstitutionError(YibaoError):
    """No designated institution has this code (定点医药机构编号不存在)."""

    code: ClassVar[str] = "institutions.unknown"


class InstitutionNotAllowedError(YibaoError):
    """The institution may not speak through this access point, or signed with another's key (机构与接入点不符)."""

    code: ClassVar[str] = "gateway.institution_not_allowed"


@dataclass(frozen=True, slots=True)
class KnownInstitution:
    """An institution as the door needs it."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    division: str
    region: str
    designated_from: date
    designated_until: date | None


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was read last, and when; replaced as a whole, so threads see the old or the new."""

    points: list[AccessPoint] = field(default_factory=list)
    credentials: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)
    institutions: dict[str, KnownInstitution] = field(default_factory=dict)
    read_at: float = float("-inf")


_latest = [_Memory()]


def forget() -> None:
    """Read everything anew at the next request."""
    _latest[0] = replace(_latest[0], read_at=float("-inf"))


def _fresh() -> _Memory:
    """The memory, renewed when it is older than REMEMBER_SECONDS.

    :raises django.db.OperationalError, django.db.InterfaceError: the database is away and nothing was read before.
    """
    memory = _latest[0]
    if time.monotonic() - memory.read_at > REMEMBER_SECONDS:
        try:
            _latest[0] = memory = _read_on_a_living_connection()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or not memory.points:
                raise
    return memory


def _read_on_a_living_connection() -> _Memory:
    """Read everything; a connection that died since this thread used it last is opened anew."""
    try:
        return _read()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
    return _read()


def _read() -> _Memory:
    """Read access points with their credentials; institutions are read as they speak."""
    points = open_access_points()
    credentials: dict[int, list[tuple[str, str, str]]] = {}
    for key in keys_in_force(access_point_ids=[point.pk for point in points], at=datetime.now(UTC)):
        row = (key.institution_code, key.access_key, material_of(key).secret)
        credentials.setdefault(key.access_point_id, []).append(row)
    return _Memory(points, credentials, {}, time.monotonic())


def access_point_for(path: str) -> AccessPoint | None:
    """The open access point whose prefix the path begins with, the longest first."""
    return _point_of(path, _fresh().points)


def remembered_access_point(path: str) -> AccessPoint | None:
    """The access point as it was read last, without asking the database."""
    return _point_of(path, _latest[0].points)

def secret_of(point: AccessPoint, access_key: str) -> str | None:
    """The secret that belongs to an access key at this access point."""
    return next((secret for _, key, secret in _credentials_at(point) if key == access_key), None)

def _point_of(path: str, points: list[AccessPoint]) -> AccessPoint | None:
    """The first whose prefix the path begins with."""
    return next((p for p in points if path == p.path_prefix or path.startswith(p.path_prefix + "/")), None)

def _credentials_at(point: AccessPoint) -> list[tuple[str, str, str]]:
    """The credentials of an access point, none when it was closed a moment ago."""
    return _fresh().credentials.get(point.pk, [])


def institution_speaking(point: AccessPoint, *, code: str, access_key: str) -> KnownInstitution:
    """The institution of this code, when its credential at the access point carries the key that signed.

    :raises UnknownInstitutionError: there is no such institution.
    :raises InstitutionNotAllowedError: it has no such credential here.
    """
    known = _institution(code)
    if known is None:
        raise UnknownInstitutionError(field="fixmedins_code", institution=code)
    if not any(c == code and key == access_key for c, key, _ in _credentials_at(point)):
        raise InstitutionNotAllowedError(field="fixmedins_code", institution=code)
    return known


def _institution(code: str) -> KnownInstitution | None:
    """The institution from memory or the database."""
    memory = _fresh()
    if code not in memory.institutions:
        row = institution_with_code(code)
        if row is None:
            return None
        memory.institutions[code] = KnownInstitution(
            row.pk,
            row.code,
            row.name,
            row.kind,
            row.level,
            row.division_id,
            row.division.pooling_region,
            row.designated_from,
            row.designated_until,
        )
    return memory.institutions[code]
