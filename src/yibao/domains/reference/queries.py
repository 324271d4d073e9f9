"""Reads of the reference register."""

from collections.abc import Collection
from typing import Any

from yibao.domains.reference.models import DictionaryEntry, Division, Setting


def divisions_of(pooling_region: str) -> list[Division]:
    """The divisions (行政区划) that lie in a pooling region (统筹区), the region itself among them, by code."""
    return list(Division.objects.filter(pooling_region=pooling_region).order_by("code"))


def dictionary(table: str) -> dict[str, str]:
    """Chinese names of a national dictionary (字典) by code; empty when the table is not known."""
    return dict(DictionaryEntry.objects.filter(table=table).order_by("code").values_list("code", "name_zh"))


def division_names(codes: Collection[str]) -> dict[str, str]:
    """Names of divisions (行政区划) by code; a code that was never entered is left out."""
    return dict(Division.objects.filter(code__in=codes).values_list("code", "name"))


def choice(key: str, default: Any) -> Any:
    """A choice that no law makes (参数设置), as the region's register has it, else the default that the caller states."""
    kept = Setting.objects.filter(key=key).values_list("value", flat=True).first()
    return default if kept is None else kept


def dictionary_entries(table: str | None) -> list[DictionaryEntry]:
    """The entries of a dictionary (字典), of all when no table is named, by table and code."""
    entries = DictionaryEntry.objects.order_by("table", "code")
    return list(entries if table is None else entries.filter(table=table))


def setting_value(key: str) -> object:
    """The value of a setting (参数), nothing when it was never made."""
    return Setting.objects.filter(key=key).values_list("value", flat=True).first()
