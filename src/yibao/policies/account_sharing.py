"""The law of sharing a personal account in the family (个人账户家庭共济): a region's own file, else the nation's."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from yibao.policies.facts import FactLaw, Unit, read_facts
from yibao.policies.law import Clause
from yibao.policies.library import ROOT
from yibao.policies.procedure import NATION

SHARING_FILE: Final = "account_sharing.yaml"
_EXPECTED: Final[dict[str, Unit]] = {"relations": "codes", "schemes": "codes", "cares": "codes", "reach": "codes"}
_DIGITS: Final = {"region": 6, "province": 2, "country": 0}
"""How many leading digits of their pooling regions' codes two persons must have in common."""


@dataclass(frozen=True, slots=True)
class SharingLaw:
    """What holds on a day: the relations, the schemes of who is paid for, the kinds of care, and the reach."""

    relations: tuple[str, ...]
    schemes: tuple[str, ...]
    cares: tuple[str, ...]
    reach: tuple[str, ...]
    clauses: dict[str, Clause]

    def reaches(self, owner_region: str, beneficiary_region: str) -> bool:
        """Whether the two regions of insurance are near enough to each other."""
        digits = min(_DIGITS[each] for each in self.reach)
        return owner_region[:digits] == beneficiary_region[:digits]


@lru_cache(maxsize=64)
def sharing_law(path: Path) -> FactLaw:
    """The law as it was read, checked.

    :raises yibao.policies.errors.PolicyError: it cannot be law.
    """
    return read_facts(path, _EXPECTED)


def sharing_files(root: Path = ROOT) -> tuple[Path, ...]:
    """Every file of this law."""
    return tuple(sorted(root.glob(f"*/{SHARING_FILE}")))


@lru_cache(maxsize=512)
def sharing_on(region: str, day: date, root: Path = ROOT) -> SharingLaw:
    """The rules for paying on this day for somebody insured in this region.

    :raises yibao.policies.errors.NoPolicyError: accounts were not shared on that day.
    """
    own = root / region / SHARING_FILE
    facts = sharing_law(own if own.is_file() else root / NATION / SHARING_FILE).on(day)
    return SharingLaw(
        **{key: facts[key].value for key in _EXPECTED}, clauses={key: facts[key].clause for key in _EXPECTED}
    )
