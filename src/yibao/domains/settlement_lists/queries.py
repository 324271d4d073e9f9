"""Reading settlement lists: the latest version of each, by settlement, month, state, finding; and how many there are."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement_lists.models import SettlementList
from yibao.domains.staff.queries import Scope
from yibao.domains.storage import Raw, ask


def latest_lists() -> "QuerySet[SettlementList]":
    """The latest version of every list."""
    newer = SettlementList.objects.filter(settlement_id=OuterRef("settlement_id"), version__gt=OuterRef("version"))
    return SettlementList.objects.filter(~Exists(newer))


def latest_of_settlement(*, settlement_id: int, institution_id: int) -> SettlementList | None:
    """The latest list of a settlement made at this institution."""
    lists = SettlementList.objects.select_related("person", "settlement", "institution", "visit")
    return lists.filter(settlement_id=settlement_id, institution_id=institution_id).order_by("-version").first()


def hold_settlement(raw: Raw, *, settlement_id: int) -> None:
    """Let lists of one settlement come one after the other until the transaction ends."""
    ask(raw, "SELECT 1 FROM settlement_settlement WHERE id = %s FOR NO KEY UPDATE", (settlement_id,)).fetchall()


def known_diseases(raw: Raw, *, kind: str, codes: str) -> frozenset[str] | None:
    """Of these codes (JSON of a list) those that stand in the register of this kind; none at all when it is empty."""
    row = ask(
        raw,
        "SELECT EXISTS (SELECT FROM catalogue_disease WHERE kind = %s), (SELECT array_agg(code) FROM catalogue_disease"
        " WHERE kind = %s AND code IN (SELECT jsonb_array_elements_text(%s::jsonb)))",
        (kind, kind, codes),
    ).fetchone()
    assert row is not None
    return frozenset(row[1] or ()) if row[0] else None


@dataclass(frozen=True, slots=True)
class ListSearch:
    """What lists are searched for; empty fields do not narrow. The settled time is half open."""

    settlement_id: int | None = None
    person: str = ""
    institution: str = ""
    state: str = ""
    quality: str = ""
    check: str = ""
    settled_from: datetime | None = None
    settled_until: datetime | None = None


def found_lists(scope: Scope, search: ListSearch) -> "QuerySet[SettlementList]":
    """The latest lists within a member's sight that answer the search, newest first, with whom and where."""
    if not scope.sees_records:
        return SettlementList.objects.none()
    wanted = Q(settlement__enrolment__region_id=scope.region)
    if scope.institution_id is not None:
        wanted &= Q(institution_id=scope.institution_id)
    exact = {
        "settlement_id": search.settlement_id,
        "person__number": search.person or None,
        "institution__code": search.institution or None,
        "state": search.state or None,
        "settlement__settled_at__gte": search.settled_from,
        "settlement__settled_at__lt": search.settled_until,
    }
    for column, value in exact.items():
        if value is not None:
            wanted &= Q(**{column: value})
    wanted &= {"error": Q(errors__gt=0), "warning": Q(errors=0, warnings__gt=0), "clean": Q(errors=0, warnings=0)}.get(
        search.quality, Q()
    )
    found = latest_lists().filter(wanted)
    if search.check:
        found = found.filter(findings__check_id=search.check).distinct()
    return found.select_related("person", "institution", "settlement").order_by("-pk")


@dataclass(frozen=True, slots=True)
class ListCounts:
    """How many settlements of a time there are, and what became of their lists (4105)."""

    settlements: int
    lists: int
    submitted: int
    drafts: int
    with_errors: int
    with_warnings: int


def list_counts(
    *,
    institution_id: int,
    settled_from: datetime | None,
    settled_until: datetime | None,
    medical_types: tuple[str, ...],
    reversed_too: bool,
) -> ListCounts:
    """Count an institution's settlements of a half-open time and their latest lists."""
    wanted = Q(institution_id=institution_id, kind=Settlement.Kind.SETTLEMENT)
    if settled_from is not None:
        wanted &= Q(settled_at__gte=settled_from)
    if settled_until is not None:
        wanted &= Q(settled_at__lt=settled_until)
    if medical_types:
        wanted &= Q(visit__medical_type__in=medical_types)
    if not reversed_too:
        wanted &= Q(reversal=None)
    settlements = Settlement.objects.filter(wanted)
    lists = latest_lists().filter(settlement__in=settlements)
    return ListCounts(
        settlements=settlements.count(),
        lists=lists.count(),
        submitted=lists.filter(state="1").count(),
        drafts=lists.filter(state="0").count(),
        with_errors=lists.filter(errors__gt=0).count(),
        with_warnings=lists.filter(errors=0, warnings__gt=0).count(),
    )


def list_of_month(
    *,
    institution_id: int,
    settled_from: datetime | None,
    settled_until: datetime | None,
    person: str,
    level: str,
    place: int,
) -> SettlementList | None:
    """The latest list at a place (from nought) among those of an institution that answer the conditions, by number."""
    wanted = Q(institution_id=institution_id)
    if settled_from is not None:
        wanted &= Q(settlement__settled_at__gte=settled_from, settlement__settled_at__lt=settled_until)
    if person:
        wanted &= Q(person__number=person)
    wanted &= {"1": Q(errors__gt=0), "2": Q(errors=0, warnings__gt=0)}.get(level, Q())
    lists = latest_lists().filter(wanted).select_related("person", "settlement", "institution", "visit").order_by("pk")
    return lists[place : place + 1].first()
