"""From which day the funds pay under an enrolment: waiting after gaps, and gaps that a repair closes."""

from datetime import date, timedelta

from django.db import transaction

from yibao.domains.enrolment.models import Enrolment
from yibao.domains.reference.operations import act_as

_State = Enrolment.State


def covered_from(enrolment: Enrolment) -> date:
    """The first day on which the funds pay under an enrolment: where its waiting period ends, or where it begins."""
    return enrolment.covered_from or enrolment.valid_from


@transaction.atomic
def begin_coverage(
    *, person_id: int, scheme: str, resumed_on: date, gap_began: date | None, covered: date, actor: str
) -> Enrolment | None:
    """Let the funds pay from `covered` on, for the insured stretch that was resumed on a day; gives its enrolment.

    A gap that no suspension tells becomes one: the enrolment ends where the gap began (without one: where it resumed), and a
    new one begins. The person is locked by the caller. None when nothing is insured on the day.
    """
    act_as(actor)
    running = _insured_on(person_id, scheme, resumed_on)
    if running is None:
        return None
    begins = running.valid_from
    if begins < resumed_on and (gap_began is None or begins < gap_began) and covered > resumed_on:
        return _split(running, ends=gap_began or resumed_on, resumes=resumed_on, covered=covered)
    if begins < resumed_on and gap_began is not None and begins < gap_began:
        return _split(running, ends=gap_began, resumes=resumed_on, covered=covered)
    wanted = covered if covered > max(begins, resumed_on) else None
    if running.covered_from != wanted:
        running.covered_from = wanted
        running.save(update_fields=["covered_from"])
    return running


@transaction.atomic
def close_gap(*, person_id: int, scheme: str, gap_began: date, resumed_on: date, actor: str) -> int:
    """Make the suspended stretches of a gap insured ones, because it was repaired; how many. The person is locked by the caller."""
    act_as(actor)
    suspended = Enrolment.objects.filter(
        person_id=person_id,
        scheme=scheme,
        state=_State.SUSPENDED,
        valid_from__gte=gap_began,
        valid_until__lte=resumed_on,
    )
    return suspended.update(state=_State.NORMAL, covered_from=None)


def _insured_on(person_id: int, scheme: str, day: date) -> Enrolment | None:
    """The enrolment that insures the person on a day or, when the period began before it, on a later day of the same month."""
    rows = Enrolment.objects.filter(person_id=person_id, scheme=scheme, state=_State.NORMAL).order_by("-valid_from")
    for row in rows:
        if row.valid_from <= day + timedelta(days=30) and (row.valid_until is None or row.valid_until > day):
            return row
    return None


def _split(running: Enrolment, *, ends: date, resumes: date, covered: date) -> Enrolment:
    """End a row where the gap began, suspend it for the gap, and begin a new one."""
    until, running.valid_until = running.valid_until, ends
    if running.covered_from is not None and running.covered_from >= ends:
        running.covered_from = None
    running.save(update_fields=["valid_until", "covered_from"])
    if ends < resumes:
        _next(running, state=_State.SUSPENDED, valid_from=ends, valid_until=resumes)
    wanted = covered if covered > resumes else None
    return _next(running, state=_State.NORMAL, valid_from=resumes, valid_until=until, covered=wanted)


def _next(
    running: Enrolment, *, state: str, valid_from: date, valid_until: date | None, covered: date | None = None
) -> Enrolment:
    """A row that goes on where another ended."""
    return Enrolment.objects.create(
        person_id=running.person_id,
        scheme=running.scheme,
        region_id=running.region_id,
        division_id=running.division_id,
        employer_id=running.employer_id,
        person_type=running.person_type,
        status_group=running.status_group,
        is_civil_servant=running.is_civil_servant,
        state=state,
        valid_from=valid_from,
        valid_until=valid_until,
        covered_from=covered,
    )
