"""The kinds of changes of stock (库存变更类型), read once from the data beside."""

from pathlib import Path
from typing import Final, Literal

import msgspec


class ChangeKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind: its names, and whether goods come (1) or go (-1)."""

    zh: str
    en: str
    sign: Literal[1, -1]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    trust: str
    kinds: dict[str, ChangeKind]


CHANGE_KINDS: Final = msgspec.yaml.decode(
    (Path(__file__).parent / "data" / "change_kinds.yaml").read_bytes(), type=_File
).kinds
"""The kinds by code."""
