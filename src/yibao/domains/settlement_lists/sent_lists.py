"""A settlement list as it was sent, and what this platform knows of its settlement: what the checks look at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.timezone import localdate

from yibao.domains.settlement_lists.checks import Check

_BEIJING: Final = ZoneInfo("Asia/Shanghai")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SettledFacts:
    """What this platform knows of the settlement: amounts in fen, the person as registered, the visit, known codes.

    `known` holds, by register, those of the codes sent that are in it; a register that is empty is not in `known`.
    """

    total_fen: int
    account_fen: int
    cash_fen: int
    person_fen: int
    funds: Mapping[str, int]
    registered: Mapping[str, object]
    visited: Mapping[str, datetime | None]
    care: str
    medical_type: str
    known: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class SentList:
    """A list as it was sent and read: the head (setlinfo) and the other nodes by name."""

    head: Row
    nodes: Mapping[str, Sequence[Row]]
    settled: SettledFacts


def age_in_days(head: Row) -> int | None:
    """Days from birth to admission; none when one of them is not known."""
    born, admitted = head.get("brdy"), day_of(head.get("adm_time"))
    return None if born is None or admitted is None else (admitted - born).days


def day_of(moment: Any) -> date | None:
    """The day of a moment in Beijing; days are themselves."""
    if isinstance(moment, datetime):
        return localdate(moment)
    return moment if isinstance(moment, date) else None


def moment_of(value: Any) -> datetime | date | None:
    """A moment sent as such or as text of fourteen digits or of the usual form; none for anything else."""
    if value is None or isinstance(value, date):
        return value
    digits = re.sub(r"\D", "", str(value))
    try:
        return datetime.strptime(digits.ljust(14, "0")[:14], "%Y%m%d%H%M%S").replace(tzinfo=_BEIJING)
    except ValueError:
        return None


def rows_of(check: Check, sent: SentList) -> Iterator[tuple[str, Row]]:
    """The rows a check looks at, each with its path."""
    for place, row in enumerate(sent.nodes.get(check.node, ())):
        if check.when.row is None or row.get(check.when.row) is not None:
            yield f"{check.node}[{place}]", row
