"""What an acceptance asks for: transactions by kind of institution, and chains of them (业务闭环)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from yibao.domains.institutions.models import Institution

Kind = Literal["pharmacy", "clinic", "hospital_1", "hospital_2", "internet"]
KINDS: Final[tuple[Kind, ...]] = ("pharmacy", "clinic", "hospital_1", "hospital_2", "internet")
"""Kinds of institution; `internet` is the test run for a supplementary agreement on Internet+ services, whoever asks for it."""
Business = Literal["", "normal", "cross_region", "internet"]
"""What a visit is: ordinary, of a person insured elsewhere, or over the internet (正常、异地、互联网业务); empty: whatever."""


class Required(msgspec.Struct, frozen=True):
    """A transaction that must be performed; one that is not offered here counts neither for nor against."""

    infno: str
    zh: str
    en: str
    is_offered: bool


class Chain(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Transactions that belong together: in this order in one visit (of one business), or all of them in any order."""

    zh: str
    en: str
    kinds: tuple[Kind, ...]
    steps: tuple[str, ...]
    one_visit: bool = False
    business: Business = ""
    trust: Literal["official", "relayed", "third_party", "our_default"]
    source_zh: str
    source_en: str


class OwnProgramme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A programme that no kind of institution has: the transactions it asks for, and what it stands on."""

    required: tuple[str, ...]
    trust: Literal["official", "relayed", "third_party", "our_default"]
    source_zh: str
    source_en: str


class Programme(msgspec.Struct, frozen=True):
    """What an institution of a kind must have performed to be accepted."""

    kind: Kind
    required: tuple[Required, ...]
    chains: Mapping[str, Chain]


_DATA: Final = Path(__file__).parent / "data"
_CHAINS: Final = msgspec.yaml.decode((_DATA / "chains.yaml").read_bytes(), type=dict[str, Chain])
_PROGRAMMES: Final = msgspec.yaml.decode((_DATA / "programmes.yaml").read_bytes(), type=dict[str, OwnProgramme])


def all_chains() -> Mapping[str, Chain]:
    """Every chain by its key, as the file has them."""
    return _CHAINS


def required_for(kind: Kind) -> frozenset[str]:
    """The transactions that a programme of its own names, beside those that the message catalogue marks for a kind."""
    return frozenset(_PROGRAMMES[kind].required) if kind in _PROGRAMMES else frozenset()


def chains_for(kind: Kind) -> dict[str, Chain]:
    """The chains that an institution of this kind must go through."""
    return {key: chain for key, chain in all_chains().items() if kind in chain.kinds}


def kind_of(institution: Institution) -> Kind:
    """The kind by which an institution is accepted: pharmacy, clinic, hospital of level one, or of a higher level."""
    if institution.kind == Institution.Kind.PHARMACY:
        return "pharmacy"
    if institution.kind in {Institution.Kind.CLINIC, Institution.Kind.COMMUNITY}:
        return "clinic"
    return "hospital_1" if institution.level == "primary" else "hospital_2"
