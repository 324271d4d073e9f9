"""How fast institutions may send: the setting for everybody, and the records of those with a rate of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from yibao.domains.messages.models import MessageRate
from yibao.domains.reference.models import Setting

SETTING: Final = "gateway.message_rate"
"""The key of the setting; its value is {"per_second": 300, "burst": 600}."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket of messages: how many come in a second, and how many it holds."""

    per_second: int
    burst: int


EVERYBODY: Final = Rate(per_second=300, burst=600)
"""Our default where there is no such setting: several times what the busiest hospital needs, less than a server does."""


def rates() -> tuple[Rate, Mapping[int, Rate]]:
    """The rate of everybody, and the rates of institutions by their id; a setting that is no rate is not heeded."""
    of_one = {row.pk: Rate(row.per_second, row.burst) for row in MessageRate.objects.all()}
    return _rate_of(Setting.objects.filter(key=SETTING).values_list("value", flat=True).first()), of_one


def _rate_of(value: object) -> Rate:
    """The rate that a setting says."""
    if isinstance(value, dict):
        per_second, burst = value.get("per_second"), value.get("burst")
        if isinstance(per_second, int) and isinstance(burst, int) and per_second >= 1 and burst >= 1:
            return Rate(per_second, burst)
    return EVERYBODY
