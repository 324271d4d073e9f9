"""What looks wrong in a settled visit over the internet before the institution is paid for it (申报费用的基本条件)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class AuditRules:
    """Limits of the audit: days between the same drug, visits of a physician a day and of a person a month, line quantity."""

    repeat_days: int
    physician_visits_day: int
    person_visits_month: int
    quantity: int


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A settled line: whole units charged (rounded up), and on which other days the same person got the same item."""

    line_id: int
    item_code: str
    item_name: str
    kind: str
    units: int
    day: date
    other_days: Collection[date]


@dataclass(frozen=True, slots=True)
class VisitToAudit:
    """A settled visit over the internet with what the records of all institutions show around it.

    `broken` are the rules of the visit and its lines that it breaks as the records stand now: diagnoses may have been
    replaced and earlier visits cancelled since. `has_charged_prior`: anything was settled for the visit in person before.
    """

    day: date
    broken: Sequence[str]
    lines: Sequence[AuditLine]
    has_charged_prior: bool
    has_record: bool
    has_prescription: bool
    is_dead: bool
    is_in_hospital: bool
    physician_visits: int
    person_visits: int


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A rule that the audit found broken, the lines it is about (none: the whole visit), and what shows it."""

    rule: str
    line_ids: tuple[int, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


def audit_visit(visit: VisitToAudit, rules: AuditRules) -> list[Suspicion]:
    """Everything that a person should look at before the visit is paid; nothing here refuses by itself.

    Source: 天津市“互联网+”医疗服务医保支付管理办法(试行) 第十三、十八、十九、二十二条; the limits are the rulebook's.
    """
    return [
        *(Suspicion(rule) for rule in visit.broken),
        *_identity(visit),
        *_records(visit),
        *_too_many(visit, rules),
        *(found for line in visit.lines for found in _line(line, rules)),
    ]


def _identity(visit: VisitToAudit) -> Iterator[Suspicion]:
    """Who cannot have been there: the dead, and who lay in a hospital that day (身份不实)."""
    if visit.is_dead:
        yield Suspicion("false_identity", facts={"why": "dead"})
    if visit.is_in_hospital:
        yield Suspicion("false_identity", facts={"why": "in_hospital"})


def _records(visit: VisitToAudit) -> Iterator[Suspicion]:
    """A visit in person that nothing was charged for, care without a record, drugs without a prescription (虚构医疗服务)."""
    if not visit.has_charged_prior:
        yield Suspicion("empty_prior")
    if not visit.has_record:
        yield Suspicion("no_record")
    drugs = tuple(line.line_id for line in visit.lines if line.kind == "drug")
    if drugs and not visit.has_prescription:
        yield Suspicion("no_prescription", drugs)


def _too_many(visit: VisitToAudit, rules: AuditRules) -> Iterator[Suspicion]:
    """More visits than one physician can hold, or one person needs."""
    if visit.physician_visits > rules.physician_visits_day:
        yield Suspicion("physician_visits", facts={"visits": visit.physician_visits})
    if visit.person_visits > rules.person_visits_month:
        yield Suspicion("person_visits", facts={"visits": visit.person_visits})


def _line(line: AuditLine, rules: AuditRules) -> Iterator[Suspicion]:
    """Too much of an item, the same drug again too soon, the same service twice a day."""
    if line.kind == "drug" and line.units > rules.quantity:
        yield Suspicion("over_quantity", (line.line_id,), {"item": line.item_name, "units": line.units})
    gaps = [abs((line.day - other).days) for other in line.other_days]
    if line.kind == "drug" and any(gap < rules.repeat_days for gap in gaps):
        yield Suspicion("repeated_drug", (line.line_id,), {"item": line.item_name, "days": min(gaps)})
    if line.kind != "drug" and 0 in gaps:
        yield Suspicion("duplicate", (line.line_id,), {"item": line.item_name})
