"""Reads of the reference register."""

from collections.abc import Collection
from typing import Any, ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.reference.models import DictionaryEntry, Division, Setting


class UnknownSettingError(YibaoError):
    """No choice is kept under this key: the reference data was not loaded, or the key is misspelt."""

    code: ClassVar[str] = "reference.unknown_setting"


def setting(key: str) -> Any:
    """The value that this region chose for `key`, as JSON gives it.

    :raises UnknownSettingError: nothing is kept under the key.
    """
    value = Setting.objects.filter(key=key).values_list("value", flat=True).first()
    if value is None:
        raise UnknownSettingError(key=key)
    return value


def divisions_of(pooling_region: str) -> list[Division]:
    """The divisions (行政区划) that lie in a pooling region (统筹区), the region itself among them, by code."""
    return list(Division.objects.filter(pooling_region=pooling_region).order_by("code"))


def dictionary(table: str) -> dict[str, str]:
    """Chinese names of a national dictionary (字典) by code; empty when the table is not known."""
    return dict(DictionaryEntry.objects.filter(table=table).order_by("code").values_list("code", "name_zh"))


def division_names(codes: Collection[str]) -> dict[str, str]:
    """Names of divisions (行政区划) by code; a code that was never entered is left out."""
    return dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
