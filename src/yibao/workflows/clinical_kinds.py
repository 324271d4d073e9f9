"""The kinds of clinical uploads as they stand in the data beside: one workflow keeps them all."""

from pathlib import Path
from typing import Final

import msgspec


class ClinicalKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind: its names, the node that names the record, and the fields by which it is known again."""

    zh: str
    en: str
    node: str
    visit_number: str
    each: bool = False
    key: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    report: str | None = None
    item: tuple[str, str] | None = None
    self_paid: bool = False


CLINICAL_KINDS: Final = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, ClinicalKind]
)
"""The kinds by transaction number."""
