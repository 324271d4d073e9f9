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
from yibao.domains.settlement.yearly_burdens import burdened_persons, burdens_of
from yibao.policies.poverty_watch import Limit, WatchLaw, load_watch

_PERSONS_AT_ONCE = 1_000
_LOCK = 7_060_531


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRun:
    """What a run came to: how many persons reached the lowest limit, and who was newly listed."""

    region: str
    year: int
    burdened: int
    listed: tuple[WatchListing, ...]


def watch_poverty(*, region: str, year: int, at: datetime) -> WatchRun:
    """List everyone who crossed a threshold of a benefit year and is not listed for it yet; run again, it lists nobody twice.

    The law is that of the day, for a year that is over that of its last day. Everything or nothing is written.
    :raises yibao.policies.NoPolicyError: the region has no law of the watch for the year.
    """
    on = min(at.date(), date(year, 12, 31))
    law = load_watch(region, on)
    with transaction.atomic():
        _one_run_at_a_time(region, year)
        least_fen = min(limit.limit_fen for limit in law.limits)
        persons = burdened_persons(region=region, year=year, least_fen=least_fen)
        held = listed_thresholds(region=region, year=year)
        listed = []
        numbers = sorted(persons)
        for start in range(0, len(numbers), _PERSONS_AT_ONCE):
            batch = numbers[start : start + _PERSONS_AT_ONCE]
            new = list(_new_listings(law, batch, year=year, on=on, held=held))
            listed += [list_person(listing=listing, at=at) for listing in new]
    return WatchRun(region=region, year=year, burdened=len(persons), listed=tuple(listed))


def _one_run_at_a_time(region: str, year: int) -> None:
    """Let a second run of the same region and year wait until the first has written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, int(region) * 10 + year % 10])


def _new_listings(
    law: WatchLaw, person_ids: Sequence[int], *, year: int, on: date, held: set[tuple[int, str]]
) -> Iterator[NewListing]:
    """Every limit of a person's group that was crossed and is not listed yet."""
    kinds = kinds_held(person_ids=person_ids, on=on)
    settlements = burdens_of(person_ids=person_ids, region=law.region, year=year)
    for person_id, of_person in groupby(settlements, key=lambda settlement: settlement.person_id):
        rows = list(of_person)
        group = law.group_of(kinds.get(person_id, []))
        for limit in law.limits:
            if limit.group == group and (person_id, limit.key) not in held:
                path = _path(rows, limit.limit_fen)
                if path:
                    yield _listing(law, limit, path, year=year)


def _path(settlements: Sequence[Settlement], limit_fen: int) -> list[Settlement]:
    """The settlements up to the one with which the sum reached the limit; none when it was not reached."""
    path, sum_fen = [], 0
    for settlement in settlements:
        path.append(settlement)
        sum_fen += _burden(settlement)
        if sum_fen >= limit_fen:
            return path
    return []


def _burden(settlement: Settlement) -> int:
    """What the settlement counts, as its query has worked it out."""
    burden_fen: int = settlement.burden_fen  # type: ignore[attr-defined]  # annotated by yearly_burdens
    return burden_fen


def _listing(law: WatchLaw, limit: Limit, path: Sequence[Settlement], *, year: int) -> NewListing:
    """The listing of a person who crossed a limit."""
    return NewListing(
        person_id=path[-1].person_id,
        region=law.region,
        benefit_year=year,
        threshold=limit.key,
        title_zh=limit.title.zh,
        title_en=limit.title.en,
        signal=limit.signal,
        group=limit.group,
        limit_fen=limit.limit_fen,
        clauses=[_clause(law, figure) for figure in limit.figures],
        crossed_on=localdate(path[-1].settled_at),
        path=[Counted(settlement.pk, _burden(settlement)) for settlement in path],
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
