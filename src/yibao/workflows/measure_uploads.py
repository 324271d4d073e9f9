"""Measure how soon institutions uploaded what visits over the internet leave (实时上传), by the rulebook of each visit's day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from yibao.domains import storage
from yibao.domains.internet_care.uploads import (
    KINDS,
    Standing,
    UploadCounts,
    VisitUploads,
    counts_by_kind,
    uploads_of_visits,
)
from yibao.policies.errors import NoPolicyError
from yibao.policies.internet_care import latest_rulebook, marked_types, rulebook_on


@dataclass(frozen=True, slots=True)
class MeasuredVisit:
    """A visit with how each of its records stands."""

    visit: VisitUploads
    standing: Mapping[str, Standing]

    @property
    def is_flagged(self) -> bool:
        """Whether anything came late or never."""
        return bool({"late", "missing"} & set(self.standing.values()))


@dataclass(frozen=True, slots=True)
class HouseUploads:
    """An institution's uploads of some days: counts by kind, and its visits."""

    code: str
    name: str
    counts: Mapping[str, UploadCounts]
    visits: Sequence[MeasuredVisit]

    @property
    def flagged(self) -> list[MeasuredVisit]:
        """The visits of which something came late or never."""
        return [each for each in self.visits if each.is_flagged]


def measure_uploads(
    *, region: str, first_day: date, last_day: date, institution_id: int | None = None
) -> list[HouseUploads]:
    """The uploads of a region's institutions, or of one, for settled visits over the internet that began on some days."""
    with storage.reading() as raw:
        found = uploads_of_visits(
            raw, region=region, medical_types=marked_types(), first_day=first_day, last_day=last_day,
            institution_id=institution_id,
        )  # fmt: skip
    houses: dict[str, list[VisitUploads]] = {}
    for visit in found:
        houses.setdefault(visit.institution_code, []).append(visit)
    return [_house(region, visits) for _code, visits in sorted(houses.items())]


def _house(region: str, visits: Sequence[VisitUploads]) -> HouseUploads:
    """One institution; the limits are those of the day on which its last visit began."""
    limits = upload_limits(region, localdate(visits[-1].began_at))
    measured = [
        MeasuredVisit(visit, {kind: visit.standing(kind, limits) for kind in KINDS}) for visit in visits
    ]  # fmt: skip
    return HouseUploads(
        visits[0].institution_code, visits[0].institution_name, counts_by_kind(visits, limits), measured
    )


def upload_limits(region: str, day: date) -> dict[str, int]:
    """Within how many minutes each kind of record is due; where no rulebook is in force, by the last one.

    :raises yibao.policies.errors.NoPolicyError: the region never had one.
    """
    try:
        return rulebook_on(region, day).upload_minutes()
    except NoPolicyError:
        return latest_rulebook(region).upload_minutes()
