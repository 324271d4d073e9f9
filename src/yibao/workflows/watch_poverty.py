"""Watch who may become poor by illness (因病致贫返贫监测): list everyone whose own share of a year's cost crossed a threshold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import localdate

from yibao.domains.assistance.models import WatchListing
from yibao.domains.assistance.operations import Counted, NewListing, list_person
from yibao.domains.assistance.queries import listed_thresholds
from yibao.domains.enrolment.special_statuses import kinds_held
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.yearly_burdens import persons_to_look_at, settlements_to_count
from yibao.policies.poverty_watch import Limit, WatchLaw, load_watch
from yibao.workflows.in_scope_burden import in_scope_burden_fen

_PERSONS_AT_ONCE = 1_000
_LOCK = 7_060_531


Counting = Sequence[tuple[Settlement, int]]
"""Settlements of one person in the order of settling, each with what it counts in fen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRun:
    """What a run came to: how many persons reached a limit of theirs, and who was newly listed."""

    region: str
    year: int
    burdened: int
    listed: tuple[WatchListing, ...]


def watch_poverty(*, region: str, year: int, at: datetime) -> WatchRun:
    """List everyone who crossed a threshold of a benefit year and is not listed for it yet; run again, it lists nobody twice.

    The law is that of the day, for a year that is over that of its last day. Everything or nothing is written.
    :raises yibao.policies.NoPolicyError: the region has no law of the watch for the year.
    """
    on = min(localdate(at), date(year, 12, 31))
    law = load_watch(region, on)
    with transaction.atomic():
        _one_run_at_a_time(region, year)
        least_fen = min(limit.limit_fen for limit in law.limits)
        persons = persons_to_look_at(region=region, year=year, least_fen=least_fen)
        held = listed_thresholds(region=region, year=year)
        burdened, listed = set(), []
        for start in range(0, len(persons), _PERSONS_AT_ONCE):
            for listing in _crossings(law, persons[start : start + _PERSONS_AT_ONCE], year=year, on=on):
                burdened.add(listing.person_id)
                if (listing.person_id, listing.threshold) not in held:
                    listed.append(list_person(listing=listing, at=at))
    return WatchRun(region=region, year=year, burdened=len(burdened), listed=tuple(listed))


def _one_run_at_a_time(region: str, year: int) -> None:
    """Let a second run of the same region and year wait until the first has written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, int(region) * 10 + year % 10])


def _crossings(law: WatchLaw, person_ids: Sequence[int], *, year: int, on: date) -> Iterator[NewListing]:
    """Every limit of a person's group that was crossed."""
    kinds = kinds_held(person_ids=person_ids, on=on)
    settlements = settlements_to_count(person_ids=person_ids, region=law.region, year=year)
    for person_id, of_person in groupby(settlements, key=lambda settlement: settlement.person_id):
        counted = [(settlement, in_scope_burden_fen(settlement)) for settlement in of_person]
        group = law.group_of(kinds.get(person_id, []))
        for limit in law.limits:
            path = _path(counted, limit.limit_fen) if limit.group == group else []
            if path:
                yield _listing(law, limit, path, year=year)


def _path(counting: Counting, limit_fen: int) -> Counting:
    """The settlements up to the one with which the sum reached the limit, those that count nothing left out; else none."""
    path, sum_fen = [], 0
    for settlement, counted_fen in counting:
        if counted_fen:
            path.append((settlement, counted_fen))
            sum_fen += counted_fen
        if sum_fen >= limit_fen:
            return path
    return []


def _listing(law: WatchLaw, limit: Limit, path: Counting, *, year: int) -> NewListing:
    """The listing of a person who crossed a limit."""
    return NewListing(
        person_id=path[-1][0].person_id,
        region=law.region,
        benefit_year=year,
        threshold=limit.key,
        title_zh=limit.title.zh,
        title_en=limit.title.en,
        signal=limit.signal,
        group=limit.group,
        limit_fen=limit.limit_fen,
        clauses=[_clause(law, figure) for figure in limit.figures],
        crossed_on=localdate(path[-1][0].settled_at),
        path=[Counted(settlement.pk, counted_fen) for settlement, counted_fen in path],
    )


def _clause(law: WatchLaw, figure: Any) -> dict[str, Any]:
    """A figure of the limit as it is kept with the listing: value, source and trust mark."""
    source = law.sources.get(figure.source) if figure.source else None
    return {
        "clause": figure.clause,
        "value": str(figure.value),
        "unit": figure.unit,
        "document": source.document if source else None,
        "article": figure.article,
        "link": source.link if source else None,
        "trust": figure.trust,
        "note": figure.note,
    }
