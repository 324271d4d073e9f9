"""Who may speak here: access points and institutions, read from the database and remembered for a few seconds."""

import time
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.institutions.queries import institution_with_code
from yibao.domains.messages.models import AccessPoint
from yibao.domains.messages.queries import credentials_of, open_access_points

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


class _Memory:
    """What was read last, and when; replaced as a whole, so threads see the old or the new."""

    def __init__(self) -> None:
        self.points: list[AccessPoint] = []
        self.credentials: dict[int, list[tuple[str, str, str]]] = {}
        self.institutions: dict[str, KnownInstitution] = {}
        self.read_at = float("-inf")


_memory = _Memory()


def forget() -> None:
    """Read everything anew at the next request."""
    _memory.read_at = float("-inf")


def _fresh() -> _Memory:
    """The memory, renewed when it is older than REMEMBER_SECONDS."""
    if time.monotonic() - _memory.read_at > REMEMBER_SECONDS:
        points = open_access_points()
        _memory.credentials = {point.pk: credentials_of(point.pk) for point in points}
        _memory.points = points
        _memory.institutions = {}
        _memory.read_at = time.monotonic()
    return _memory


def access_point_for(path: str) -> AccessPoint | None:
    """The open access point whose prefix the path begins with, the longest first."""
    return next(
        (p for p in _fresh().points if path == p.path_prefix or path.startswith(p.path_prefix + "/")),
        None,
    )


def secret_of(point: AccessPoint, access_key: str) -> str | None:
    """The secret that belongs to an access key at this access point."""
    return next((secret for _, key, secret in _fresh().credentials[point.pk] if key == access_key), None)


def institution_speaking(point: AccessPoint, *, code: str, access_key: str) -> KnownInstitution:
    """The institution of this code, when its credential at the access point carries the key that signed.

    :raises UnknownInstitutionError: there is no such institution.
    :raises InstitutionNotAllowedError: it has no such credential here.
    """
    known = _institution(code)
    if known is None:
        raise UnknownInstitutionError(field="fixmedins_code", institution=code)
    if not any(c == code and key == access_key for c, key, _ in _fresh().credentials[point.pk]):
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
