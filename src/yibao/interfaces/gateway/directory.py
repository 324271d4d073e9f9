"""Who may speak here: access points and institutions, read from the database and remembered for a few seconds.

While the database is away the last memory stands, so that a message is still answered in the envelope of its access point.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import ClassVar

from django.db import InterfaceError, OperationalError, connection

from yibao.core.errors import YibaoError
from yibao.core.period import Period
from yibao.domains.agreements.queries import agreement_gaps
from yibao.domains.institutions.queries import institution_with_code
from yibao.domains.messages.keys import Material, SealedKey, keys_in_force, material_of
from yibao.domains.messages.models import AccessPoint
from yibao.domains.messages.queries import open_access_points
from yibao.interfaces.gateway.schemes import SCHEMES, Keyring, KnownKey, Proof

REMEMBER_SECONDS = 3.0

_LOG = logging.getLogger(__name__)


class UnknownInstitutionError(YibaoError):
    """No designated institution has this code (定点医药机构编号不存在)."""

    code: ClassVar[str] = "institutions.unknown"


class InstitutionNotAllowedError(YibaoError):
    """The institution may not speak through this access point, or signed with another's key (机构与接入点不符)."""

    code: ClassVar[str] = "gateway.institution_not_allowed"


@dataclass(frozen=True, slots=True)
class KnownInstitution:
    """An institution as the door needs it; `agreement_gaps` are days on which its agreement does not let it settle."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    division: str
    region: str
    designated_from: date
    designated_until: date | None
    agreement_gaps: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was read last, and when; replaced as a whole, so threads see the old or the new."""

    points: list[AccessPoint] = field(default_factory=list)
    rows: list[SealedKey] = field(default_factory=list)
    keyrings: dict[int, Keyring] = field(default_factory=dict)
    institutions: dict[str, KnownInstitution] = field(default_factory=dict)
    read_at: float = float("-inf")


_latest = [_Memory()]
_NO_KEYS = Keyring()


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
    """Read access points with their keys; institutions are read as they speak. Keys that stand as before are not opened."""
    points, before = open_access_points(), _latest[0]
    rows = keys_in_force(access_point_ids=[point.pk for point in points], at=datetime.now(UTC))
    schemes = {point.pk: point.scheme for point in points}
    if rows == before.rows and schemes == {point.pk: point.scheme for point in before.points}:
        return _Memory(points, rows, before.keyrings, {}, time.monotonic())
    return _Memory(points, rows, _keyrings(rows, schemes), {}, time.monotonic())


def _keyrings(rows: Sequence[SealedKey], schemes: Mapping[int, str]) -> dict[int, Keyring]:
    """The keys of each access point, each with all who hold it; one that cannot be used is left out and logged."""
    holders: dict[int, dict[tuple[str, Material], set[str]]] = {number: {} for number in schemes}
    for row in rows:
        try:
            material = _opened(row)
        except YibaoError as unusable:
            _LOG.error("the key of %s at access point %s: %s", row.institution_code, row.access_point_id, unusable)
            continue
        if set(SCHEMES[schemes[row.access_point_id]].parts) <= set(material.parts):
            holders[row.access_point_id].setdefault((row.access_key, material), set()).add(row.institution_code)
    return {
        number: Keyring(KnownKey(name, material, frozenset(codes)) for (name, material), codes in found.items())
        for number, found in holders.items()
    }


@lru_cache(maxsize=100_000)
def _opened(row: SealedKey) -> Material:
    """What a key consists of; a key that was opened once is not opened again."""
    return material_of(row)


def access_point_for(path: str) -> AccessPoint | None:
    """The open access point whose prefix the path begins with, the longest first."""
    return _point_of(path, _fresh().points)


def remembered_access_point(path: str) -> AccessPoint | None:
    """The access point as it was read last, without asking the database."""
    return _point_of(path, _latest[0].points)


def _point_of(path: str, points: list[AccessPoint]) -> AccessPoint | None:
    """The first whose prefix the path begins with."""
    return next((p for p in points if path == p.path_prefix or path.startswith(p.path_prefix + "/")), None)


def keyring_at(point: AccessPoint) -> Keyring:
    """The keys that an access point accepts, none when it was closed a moment ago."""
    return _fresh().keyrings.get(point.pk, _NO_KEYS)


def token_point(client_id: str) -> AccessPoint | None:
    """The access point that gives this client tokens, for requests outside of every prefix."""
    memory = _fresh()
    return next(
        (p for p in memory.points if SCHEMES[p.scheme].issues_tokens and memory.keyrings[p.pk].named(client_id)), None
    )


def institution_speaking(*, code: str, proof: Proof) -> KnownInstitution:
    """The institution of this code, when it holds one of the keys that the request proved.

    :raises UnknownInstitutionError: there is no such institution.
    :raises InstitutionNotAllowedError: it holds none of them.
    """
    known = _institution(code)
    if known is None:
        raise UnknownInstitutionError(field="fixmedins_code", institution=code)
    if not any(code in key.institutions for key in proof.keys):
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
            row.designated_from or date.max,  # in the register, and never designated yet
            row.designated_until,
            agreement_gaps(row.pk, row.division.pooling_region),
        )
    return memory.institutions[code]
