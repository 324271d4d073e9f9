"""The access points of a sandbox: one for every scheme of signing, each with keys of one institution of every level."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from yibao.city.make import City
from yibao.city.providers import SIZES
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, found_keys
from yibao.domains.messages.models import AccessPoint, Credential
from yibao.domains.sandbox.client_keys import paired

PREFIX: Final = "/hsa"
_NAMED_BY_CODE: Final = {"x-ca", "x_ca"}
_PAIR: Final = {"public_key", "private_key"}


@dataclass(frozen=True, slots=True)
class SandboxScheme:
    """A scheme of signing as its access point needs it: its names, and the parts of its keys."""

    name: str
    title: str
    parts: Collection[str]


def chosen(city: City) -> list[str]:
    """The codes of the institutions that hold keys everywhere: the first of each level."""
    first = {provider.level: provider.code for provider in reversed(city.providers)}
    return [first[level] for level in ("tertiary", "secondary", "primary", "community", "pharmacy") if level in SIZES]


@transaction.atomic
def found_access(*, city: City, schemes: Iterable[SandboxScheme]) -> list[AccessPoint]:
    """Open an access point for every scheme that has none, and give the chosen institutions keys where they have none.

    Gives the access points that were opened; a second call opens none.
    """
    opened = []
    for scheme in schemes:
        points = list(AccessPoint.objects.filter(region_id=city.region.code, scheme=scheme.name))
        if not points:
            points = [
                AccessPoint.objects.create(
                    name=scheme.title,
                    path_prefix=f"{PREFIX}/{scheme.name}",
                    region_id=city.region.code,
                    scheme=scheme.name,
                )
            ]
            opened += points
        for point in points:
            _give_keys(point, scheme, chosen(city))
    return opened


def _give_keys(point: AccessPoint, scheme: SandboxScheme, codes: Collection[str]) -> None:
    """Keys of institutions at an access point, for those that have none."""
    have = set(Credential.objects.filter(access_point=point).values_list("institution__code", flat=True))
    numbers: Mapping[str, int] = dict(Institution.objects.filter(code__in=codes).values_list("code", "pk"))
    found_keys(
        rows=[
            KeyRow(point.pk, numbers[code], _access_key(code, scheme), _material(code, scheme))
            for code in codes
            if code not in have
        ]
    )


def _access_key(code: str, scheme: SandboxScheme) -> str:
    """The name of a key: the institution's own code where the scheme knows no other, else 16 characters."""
    if not scheme.parts:
        return ""
    return code if scheme.name in _NAMED_BY_CODE else f"yb{code}01"


def _material(code: str, scheme: SandboxScheme) -> Material:
    """The parts that a scheme needs; the same for the same institution on every machine, for a sandbox guards nothing."""
    made = {part: _hex(code, scheme.name, part) for part in scheme.parts if part not in _PAIR}
    if "sm4_key" in made:
        made["sm4_key"] = made["sm4_key"][:32]
    if not _PAIR.intersection(scheme.parts):
        return Material(**made)
    return paired(Material(**made, private_key=_hex(code, scheme.name, "private_key") * 2))


def _hex(*words: str) -> str:
    """32 hexadecimal digits that follow from some words."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:32]
