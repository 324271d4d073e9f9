"""Which lists there are (目录), the columns of their files, and what of our own catalogue their rows describe."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Final

from yibao.core.yaml_text import load_yaml

VALID: Final = "有效标志"
RECORD: Final = "唯一记录号"
CREATED: Final = "数据创建时间"
UPDATED: Final = "数据更新时间"
VERSION: Final = "版本号"
VERSION_NAME: Final = "版本名称"

STAMPED: Final = frozenset({VALID, RECORD, CREATED, UPDATED, VERSION, VERSION_NAME})
"""Columns that a release fills in by itself, whatever an imported file says in them; the valid flag is read too."""

FIRST_DAY: Final = ("开始日期", "开始时间", "begndate")
LAST_DAY: Final = ("结束日期", "结束时间", "enddate")
"""The names under which lists hold the first and the last day of a row."""


@dataclass(frozen=True, slots=True)
class ListKind:
    """One list: its number, names, columns in the file's order, the columns of code and name, its trust mark."""

    code: str
    zh: str
    en: str
    scope: str
    trust: str
    source: str
    key: str
    name: str
    columns: tuple[str, ...]
    register: str | None = None

    @property
    def is_regional(self) -> bool:
        """Whether each pooling region publishes its own."""
        return self.scope == "regional"


def _read() -> dict[str, ListKind]:
    """The lists of data/lists.yaml."""
    text = resources.files("yibao.domains.listings").joinpath("data", "lists.yaml").read_text(encoding="utf-8")
    return {
        code: ListKind(code=code, **{**said, "columns": tuple(said["columns"])})
        for code, said in load_yaml(text).items()
    }


LISTS: Final[Mapping[str, ListKind]] = MappingProxyType(_read())
"""The lists by the number of the transaction that downloads or queries them."""
