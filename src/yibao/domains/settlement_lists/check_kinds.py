"""The kinds of checks of a settlement list, a function each: what it finds, as fields with the values sent."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from yibao.domains.settlement_lists.checks import Check
from yibao.domains.settlement_lists.durations import minutes_of
from yibao.domains.settlement_lists.sent_lists import Row, SentList, day_of, moment_of, rows_of

_NURSING: Final = ("spga_nurscare_days", "lv1_nurscare_days", "scd_nurscare_days", "lv3_nurscare_days")
WESTERN: Final = "1"
"""诊断类别 of the Western diagnoses, of which one is the main one."""

Found = Iterator[tuple[str, object]]
_Kind = Callable[[Check, SentList], Found]
KINDS: Final[dict[str, _Kind]] = {}
"""The kinds by the names under which the data calls them."""


def _kind(function: _Kind) -> _Kind:
    """Register a kind of check under the function's own name."""
    KINDS[function.__name__] = function
    return function


def _mains(check: Check, sent: SentList) -> list[tuple[str, Row]]:
    """The main Western diagnoses."""
    return [
        (path, row) for path, row in rows_of(check, sent) if row["diag_type"] == WESTERN and row["maindiag_flag"] == "1"
    ]


@_kind
def required(check: Check, sent: SentList) -> Found:
    """Every one of the fields is filled."""
    yield from ((f"setlinfo.{name}", None) for name in check.fields if sent.head.get(name) is None)


@_kind
def one_of(check: Check, sent: SentList) -> Found:
    """One of the fields is filled."""
    if all(sent.head.get(name) is None for name in check.fields):
        yield f"setlinfo.{check.fields[0]}", None


@_kind
def pattern(check: Check, sent: SentList) -> Found:
    """The field, when filled, is written like this."""
    value = sent.head.get(check.field)
    if value is not None and not re.fullmatch(check.pattern, value):
        yield f"setlinfo.{check.field}", value


@_kind
def code(check: Check, sent: SentList) -> Found:
    """The field is filled with one of the codes."""
    if sent.head.get(check.field) not in check.values:
        yield f"setlinfo.{check.field}", sent.head.get(check.field)


@_kind
def code_in_rows(check: Check, sent: SentList) -> Found:
    """The field of every row is filled with one of the codes."""
    for path, row in rows_of(check, sent):
        if row.get(check.field) not in check.values:
            yield f"{path}.{check.field}", row.get(check.field)


@_kind
def range(check: Check, sent: SentList) -> Found:  # noqa: A001  # the name stands in the data
    """The number, when there is one, lies between the bounds, both included."""
    value = sent.head.get(check.field)
    if value is not None and not check.least <= value <= check.most:
        yield f"setlinfo.{check.field}", value


@_kind
def order(check: Check, sent: SentList) -> Found:
    """The first moment is not after the other."""
    first, second = sent.head.get(check.field), sent.head.get(check.other)
    if _is_after(first, second):
        yield f"setlinfo.{check.other}", second


@_kind
def order_in_rows(check: Check, sent: SentList) -> Found:
    """The same within every row."""
    for path, row in rows_of(check, sent):
        if _is_after(row.get(check.field), row.get(check.other)):
            yield f"{path}.{check.other}", row.get(check.other)


def _is_after(first: Any, second: Any) -> bool:
    """Whether both are known and the first comes after the second; days are compared with days."""
    if first is None or second is None:
        return False
    if isinstance(first, datetime) and isinstance(second, datetime):
        return first > second
    one, other = day_of(first), day_of(second)
    return one is not None and other is not None and one > other


@_kind
def required_in_rows(check: Check, sent: SentList) -> Found:
    """Every row has the fields filled."""
    for path, row in rows_of(check, sent):
        yield from ((f"{path}.{name}", None) for name in check.fields if row.get(name) is None)


@_kind
def one_of_in_rows(check: Check, sent: SentList) -> Found:
    """Every row has one of the fields filled."""
    for path, row in rows_of(check, sent):
        if all(row.get(name) is None for name in check.fields):
            yield f"{path}.{check.fields[0]}", None


@_kind
def rows(check: Check, sent: SentList) -> Found:
    """There is a row."""
    if not sent.nodes.get(check.node):
        yield check.node, None


@_kind
def within_stay(check: Check, sent: SentList) -> Found:
    """The moments, when filled, lie between admission and discharge, whose days both count."""
    for path, row in rows_of(check, sent):
        for name in check.fields:
            moment = moment_of(row.get(name))
            if row.get(name) is not None and (
                moment is None
                or _is_after(day_of(sent.head.get("adm_time")), day_of(moment))
                or _is_after(day_of(moment), day_of(sent.head.get("dscg_time")))
            ):
                yield f"{path}.{name}", row[name]


@_kind
def one_main(check: Check, sent: SentList) -> Found:
    """Exactly one Western diagnosis is the main one; where all are of traditional medicine there is none to ask for."""
    western = [row for _, row in rows_of(check, sent) if row["diag_type"] == WESTERN]
    mains = _mains(check, sent)
    if western and len(mains) != 1:
        yield f"{check.node}.maindiag_flag", len(mains)


@_kind
def main_not(check: Check, sent: SentList) -> Found:
    """The main diagnosis begins with none of the prefixes."""
    for path, row in _mains(check, sent):
        if row["diag_code"].startswith(check.prefixes):
            yield f"{path}.diag_code", row["diag_code"]


@_kind
def main_condition_not(check: Check, sent: SentList) -> Found:
    """The main diagnosis has none of these conditions at admission."""
    for path, row in _mains(check, sent):
        if row.get("adm_cond_type") in check.values:
            yield f"{path}.adm_cond_type", row["adm_cond_type"]


@_kind
def distinct(check: Check, sent: SentList) -> Found:
    """No value of the field stands in two rows of one kind."""
    seen: Counter[object] = Counter()
    for path, row in rows_of(check, sent):
        key = row.get("diag_type"), row.get(check.field)
        seen[key] += 1
        if seen[key] == 2:
            yield f"{path}.{check.field}", row.get(check.field)


@_kind
def known_code(check: Check, sent: SentList) -> Found:
    """The code stands in the register, when the register holds anything; Western diagnoses and operations only."""
    known = sent.settled.known.get(check.register)
    if known is None:
        return
    for path, row in rows_of(check, sent):
        value = row.get(check.field)
        if value is not None and row.get("diag_type", WESTERN) == WESTERN and value not in known:
            yield f"{path}.{check.field}", value


@_kind
def sex_of_codes(check: Check, sent: SentList) -> Found:
    """Persons of this sex have none of the codes."""
    if sent.head.get("gend") in check.values:
        for path, row in rows_of(check, sent):
            if (row.get(check.field) or "").startswith(check.prefixes):
                yield f"{path}.{check.field}", row[check.field]


@_kind
def counted(check: Check, sent: SentList) -> Found:
    """The count sent, when there is one, is the number of rows."""
    value = sent.head.get(check.field)
    if value is not None and value != len(sent.nodes.get(check.node, ())):
        yield f"setlinfo.{check.field}", value


@_kind
def as_registered(check: Check, sent: SentList) -> Found:
    """The field, when sent, says what the register of persons says."""
    value = sent.head.get(check.field)
    if value is not None and value != sent.settled.registered[check.field]:
        yield f"setlinfo.{check.field}", value if check.field == "gend" else None


@_kind
def as_visited(check: Check, sent: SentList) -> Found:
    """The day, when sent, is that of the visit as it was registered."""
    value, visited = sent.head.get(check.field), sent.settled.visited.get(check.field)
    if value is not None and visited is not None and day_of(value) != day_of(visited):
        yield f"setlinfo.{check.field}", value


@_kind
def age_at_admission(check: Check, sent: SentList) -> Found:
    """The age in tenths of a year, when sent, is the full years between birth and admission."""
    value, born = sent.head.get(check.field), sent.head.get("brdy")
    admitted = day_of(sent.head.get("adm_time"))
    if value is None or born is None or admitted is None:
        return
    years = admitted.year - born.year - ((admitted.month, admitted.day) < (born.month, born.day))
    if years >= 1 and value // 10 != years:
        yield f"setlinfo.{check.field}", value // 10


@_kind
def stay_days(check: Check, sent: SentList) -> Found:
    """The days of stay, when sent, are those from admission to discharge, at least one."""
    value, stayed = sent.head.get(check.field), _stayed(sent)
    if value is not None and stayed is not None and value != stayed:
        yield f"setlinfo.{check.field}", value


def _stayed(sent: SentList) -> int | None:
    """Days from admission to discharge, at least one."""
    admitted, left = day_of(sent.head.get("adm_time")), day_of(sent.head.get("dscg_time"))
    return None if admitted is None or left is None else max((left - admitted).days, 1)


@_kind
def nursing_within_stay(check: Check, sent: SentList) -> Found:
    """The nursing days of all grades together are not more than the stay and the day of discharge."""
    days, stayed = sum(sent.head.get(name) or 0 for name in _NURSING), _stayed(sent)
    if stayed is not None and days > stayed + 1:
        yield f"setlinfo.{check.field}", days


@_kind
def duration(check: Check, sent: SentList) -> Found:
    """Durations, when sent, are written as days/hours/minutes."""
    for name in check.fields:
        value = sent.head.get(name)
        if value is not None and minutes_of(value) is None:
            yield f"setlinfo.{name}", value


@_kind
def duration_within_stay(check: Check, sent: SentList) -> Found:
    """A duration is not longer than the stay, whose first and last day both count in full."""
    minutes, stayed = minutes_of(sent.head.get(check.field)), _stayed(sent)
    if minutes is not None and stayed is not None and minutes > (stayed + 1) * 24 * 60:
        yield f"setlinfo.{check.field}", sent.head[check.field]


@_kind
def sum_is_settled(check: Check, sent: SentList) -> Found:
    """The rows, when sent, add up to the amount settled."""
    amounts = [row[check.field] or 0 for row in sent.nodes.get(check.node, ())]
    if amounts and sum(amounts) != getattr(sent.settled, check.fact):
        yield f"{check.node}.{check.field}", sum(amounts)


@_kind
def charge_parts(check: Check, sent: SentList) -> Found:
    """Every charge is the sum of class A, class B, self-paid and other."""
    parts = ("claa_sumfee", "clab_amt", "fulamt_ownpay_amt", "oth_amt")
    for path, row in rows_of(check, sent):
        if row["amt"] != sum(row[part] or 0 for part in parts):
            yield f"{path}.amt", row["amt"]


@_kind
def funds_are_settled(check: Check, sent: SentList) -> Found:
    """Each fund, when funds are told, paid what was settled."""
    told: Counter[str] = Counter()
    for _, row in rows_of(check, sent):
        told[row["fund_pay_type"]] += row["fund_payamt"]
    if told:
        for fund in sorted({*told, *sent.settled.funds}):
            if told[fund] != sent.settled.funds.get(fund, 0):
                yield f"{check.node}.{fund}", told[fund]


@_kind
def is_settled(check: Check, sent: SentList) -> Found:
    """The amount, when sent, is the one settled."""
    value = sent.head.get(check.field)
    if value is not None and value != getattr(sent.settled, check.fact):
        yield f"setlinfo.{check.field}", value


@_kind
def person_parts(check: Check, sent: SentList) -> Found:
    """What the person bore within and outside the catalogue is what the person paid."""
    within, outside = sent.head.get(check.field), sent.head.get("psn_ownpay")
    if within is not None and outside is not None and within + outside != sent.settled.person_fen:
        yield f"setlinfo.{check.field}", within + outside
