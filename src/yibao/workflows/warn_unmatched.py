"""A region may want to know of charged items that their institution never matched (未对照目录): a warning, no refusal.

The setting `listings.warn_unmatched` lists the regions that do; without it nobody is warned (our default).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar, Final

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.listings.queries import matched_codes
from yibao.domains.reference.queries import setting_value

SETTING: Final = "listings.warn_unmatched"
REMEMBER: Final = timedelta(seconds=3)
_NEVER: Final = timedelta(0)


class UnmatchedItemsError(YibaoError):
    """Charged items of an institution stand in no matching of its own; told as a warning beside the answer (未对照)."""

    code: ClassVar[str] = "listings.unmatched_items"


_latest: list[tuple[datetime, frozenset[str]]] = []


def forget() -> None:
    """Read the setting anew at the next upload."""
    _latest.clear()


def unmatched_codes(*, institution_id: int, region: str, own_codes: Collection[str], at: datetime) -> list[str]:
    """The institution's own codes that match no national code on this day, where its region wants to know; else none."""
    if not own_codes or region not in _warned_regions(at):
        return []
    wanted = sorted(set(own_codes))
    matched = matched_codes(institution_id=institution_id, own_codes=wanted, on=localdate(at))
    return [code for code in wanted if code not in matched]


def _warned_regions(at: datetime) -> frozenset[str]:
    """The regions that are warned, remembered for a few seconds."""
    if not _latest or not _NEVER <= at - _latest[0][0] <= REMEMBER:
        value = setting_value(SETTING)
        _latest[:] = [(at, frozenset(value if isinstance(value, list) else ()))]
    return _latest[0][1]
