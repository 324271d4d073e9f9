"""How the rows of published lists and our own registers of items and diseases say the same thing.

A list has many columns, our registers the few that settlement needs: `register_release` writes those into the register
when a list is published, `rows_of_register` reads a list's rows out of the register where nobody imported a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from yibao.domains.catalogue.models import Disease, Item
from yibao.domains.catalogue.registering import (
    RegisteredDisease,
    RegisteredItem,
    diseases_of_kind,
    end_diseases,
    end_items,
    items_of_kind,
    register_diseases,
    register_items,
)
from yibao.domains.listings.lists import FIRST_DAY, LAST_DAY, ListKind
from yibao.domains.listings.operations import Differences, ListRow

_YES: Final = frozenset({"1", "是"})
_ESSENTIAL: Final = "基本药物标志"
_NEGOTIATED: Final = "医保谈判药品标志"


@dataclass(frozen=True, slots=True)
class _ItemWords:
    """Which columns of a list hold what an item of ours has; the first one filled counts, the first one is written.

    `unit` and `charge_category` are what an item gets where the list has no such column (our default).
    """

    kind: str
    names: tuple[str, ...]
    unit: str
    charge_category: str
    specifications: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    makers: tuple[str, ...] = ("生产企业名称",)


_ITEMS: Final[Mapping[str, _ItemWords]] = {
    "drug": _ItemWords(
        "drug", ("药品通用名", "注册名称", "药品商品名"), "盒", "09", ("药品规格", "注册规格"),
        ("药品剂型名称", "注册剂型", "药品剂型"), ("最小包装单位名称", "最小计价单位", "最小包装单位"),
    ),
    "preparation": _ItemWords(
        "drug", ("药品商品名", "注册名称"), "盒", "09", ("药品规格", "注册规格"), ("剂型名称", "注册剂型", "剂型"),
        ("最小包装单位名称", "最小计价单位", "最小包装单位"),
    ),
    "ethnic_drug": _ItemWords(
        "drug", ("drug_genname", "drug_prodname"), "盒", "11", ("drug_spec",), ("dosform",), ("min_pacunt", "min_prcunt"),
        (),
    ),
    "decoction_piece": _ItemWords("decoction_piece", ("单味药名称",), "g", "10"),
    "granule": _ItemWords("decoction_piece", ("配方颗粒名称",), "g", "10", ("规格",), (), ("最小计价单位",)),
    "service": _ItemWords("service", ("医疗服务项目名称",), "次", "14", units=("计价单位名称", "计价单位"), makers=()),
    "consumable": _ItemWords(
        "consumable", ("耗材名称", "医保通用名"), "个", "08", ("规格型号", "规格"), (), ("最小使用单位", "包装单位")
    ),
}  # fmt: skip
_DISEASES: Final = frozenset({"diagnosis", "operation", "special"})
_PATENT_CODE: Final = "Z"
_PATENT_CATEGORY: Final = "11"

NAME_MOST: Final = 200
"""The longest name, specification and maker that the register holds, in characters."""


def register_release(
    kind: ListKind, *, rows: Mapping[str, ListRow], differences: Differences, version: str, on: date
) -> None:
    """Write what a release changed into the register of items or diseases, where the list has one."""
    said = [*differences.added, *differences.changed]
    words = _ITEMS.get(kind.register or "")
    if words is not None:
        register_items(rows=[_item(words, code, rows[code].values) for code in said], version=version, on=on)
        end_items(codes=differences.withdrawn, on=on)
    elif kind.register in _DISEASES:
        named = [RegisteredDisease(code, kind.register, rows[code].values.get(kind.name, code)) for code in said]
        register_diseases(rows=named, on=on)
        end_diseases(kind=kind.register, codes=differences.withdrawn, on=on)


def _item(words: _ItemWords, code: str, values: Mapping[str, str]) -> RegisteredItem:
    """An item of ours as a row describes it."""
    category = words.charge_category
    if words.kind == "drug" and code.startswith(_PATENT_CODE):
        category = _PATENT_CATEGORY
    return RegisteredItem(
        code=code,
        kind=words.kind,
        name=_first(values, words.names) or code,
        specification=_first(values, words.specifications),
        dosage_form=_first(values, words.forms)[:100],
        unit=(_first(values, words.units) or words.unit)[:20],
        maker=_first(values, words.makers),
        charge_category=category,
        is_essential=values.get(_ESSENTIAL) in _YES,
        is_negotiated=values.get(_NEGOTIATED) in _YES,
        valid_from=day_of(_first(values, FIRST_DAY)),
        valid_until=day_of(_first(values, LAST_DAY)),
    )


def _first(values: Mapping[str, str], columns: Iterable[str]) -> str:
    """The first of these columns that holds something, cut to what the register holds."""
    return next((values[column] for column in columns if values.get(column)), "")[:NAME_MOST]


def day_of(text: str) -> date | None:
    """The day that a value writes, with or without a time behind it; None when it is empty.

    :raises ValueError: it is no day.
    """
    return date.fromisoformat(text[:10]) if text else None


def rows_of_register(kind: ListKind) -> dict[str, ListRow]:
    """The rows of a list as our register has them; none where the list describes no register of ours."""
    words = _ITEMS.get(kind.register or "")
    if words is not None:
        return {item.code: _row_of_item(kind, words, item) for item in items_of_kind(words.kind)}
    if kind.register in _DISEASES:
        return {disease.code: _row_of_disease(kind, disease) for disease in diseases_of_kind(kind.register)}
    return {}


def _row_of_item(kind: ListKind, words: _ItemWords, item: Item) -> ListRow:
    """A row with the columns that the register knows."""
    said = {
        kind.key: item.code,
        **_written(words.names, item.name),
        **_written(words.specifications, item.specification),
        **_written(words.forms, item.dosage_form),
        **_written(words.units, item.unit),
        **_written(words.makers, item.maker),
        _ESSENTIAL: str(int(item.is_essential)),
        _NEGOTIATED: str(int(item.is_negotiated)),
        **{column: item.valid_from.isoformat() for column in FIRST_DAY},
        **{column: item.valid_until.isoformat() if item.valid_until else "" for column in LAST_DAY},
    }
    return ListRow({column: value for column, value in said.items() if value and column in kind.columns})


def _written(columns: tuple[str, ...], value: str) -> dict[str, str]:
    """A value under the column in which a list writes it."""
    return {columns[0]: value} if columns else {}


def _row_of_disease(kind: ListKind, disease: Disease) -> ListRow:
    """A row with code and name."""
    return ListRow({kind.key: disease.code, kind.name: disease.name}, is_valid=disease.valid_until is None)
