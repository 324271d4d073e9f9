"""The message catalogue (报文目录): every transaction of the institution interface as data, read once at import."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from yibao.interfaces.gateway.catalogue.model import (
    Dictionary,
    Field,
    Group,
    Members,
    Named,
    Node,
    Transaction,
    Variant,
)

_FOLDER: Final = Path(__file__).parent
_GROUP_NAMES: Final = (
    "sign_in",
    "person",
    "catalogue_download",
    "catalogue_query",
    "dictionary_download",
    "pharmacy",
    "outpatient",
    "inpatient",
    "filings",
    "reversal",
    "auditing",
    "reconciliation",
    "matching",
    "departments",
    "stock",
    "stock_query",
    "quality_results",
    "settlement_list",
    "self_paid",
    "clinical",
    "medical_record",
    "queries",
    "mutual_recognition",
    "mobile_payment",
    "prescriptions",
    "prescription_centre",
    "files",
)
_Read = TypeVar("_Read")


def _read(name: str, shape: type[_Read]) -> _Read:
    """Read one file of the catalogue and hold it to its shape."""
    return msgspec.yaml.decode((_FOLDER / f"{name}.yaml").read_bytes(), type=shape)


def _with_shape(transaction: Transaction, siblings: Mapping[str, Transaction]) -> Transaction:
    """Give a variant (2203A) the nodes of the transaction that it repeats (2203)."""
    if transaction.same_shape_as is None:
        return transaction
    model = siblings[transaction.same_shape_as]
    return msgspec.structs.replace(transaction, input=model.input, output=model.output)


def _by_number(groups: Mapping[str, Group]) -> dict[str, Transaction]:
    """All transactions by number, variants completed."""
    return {
        infno: _with_shape(transaction, group.transactions)
        for group in groups.values()
        for infno, transaction in group.transactions.items()
    }


GROUPS: Final[Mapping[str, Group]] = MappingProxyType({name: _read(name, Group) for name in _GROUP_NAMES})
"""The groups as they stand in the files."""

TRANSACTIONS: Final[Mapping[str, Transaction]] = MappingProxyType(_by_number(GROUPS))
"""Every transaction by number (infno)."""

VARIANTS: Final[Mapping[str, Variant]] = MappingProxyType(
    {path.stem: _read(f"variants/{path.stem}", Variant) for path in sorted((_FOLDER / "variants").glob("*.yaml"))}
)
"""What regions lay over the catalogue, by name of the variant; an access point names the one that its clients speak."""

NAMED_ONLY: Final[Mapping[str, Named]] = MappingProxyType(_read("named_only", dict[str, Named]))
"""Transactions whose fields nobody has published, by number."""

DICTIONARIES: Final[Mapping[str, Dictionary]] = MappingProxyType(_read("dictionaries", dict[str, Dictionary]))
"""The code tables by name."""

ENVELOPE: Final[tuple[Field, ...]] = _read("envelope", Members).fields
"""The members of the request envelope, in the order of the texts."""

__all__ = [
    "DICTIONARIES",
    "ENVELOPE",
    "GROUPS",
    "NAMED_ONLY",
    "TRANSACTIONS",
    "VARIANTS",
    "Dictionary",
    "Field",
    "Group",
    "Named",
    "Node",
    "Transaction",
    "Variant",
]
