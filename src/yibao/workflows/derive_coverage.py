"""From what was paid to the day from which the funds pay (待遇享受起始): gaps, waiting periods, repairs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from yibao.domains.enrolment.coverage import begin_coverage, close_gap
from yibao.domains.enrolment.models import Contribution, SpecialStatus
from yibao.domains.enrolment.owing import standing_contributions
from yibao.domains.enrolment.transferring import arrivals_from_outside
from yibao.domains.people.models import Person
from yibao.engines.contributions import PaidPeriod, Run, Waiting, WaitingFacts, add_months, latest_run, waiting_of
from yibao.policies.contribution_terms import scheme_on, waiting_law, waiting_terms
from yibao.policies.contributions import ContributionLaw, WaitingLaw

PERIOD_MONTHS: Mapping[str, int] = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands under a scheme: the latest run of paid periods, and the waiting that comes before benefits."""

    run: Run
    waiting: Waiting | None


def standing_of_person(law: ContributionLaw, scheme: str, person: Person) -> Standing | None:
    """Run and waiting of one person by all that was paid in any region; None when nothing was paid."""
    paid = standing_contributions(person_ids=[person.pk], scheme=scheme)
    return _standing(law, scheme, person, paid, arrivals_from_outside(person_ids=[person.pk], scheme=scheme))


def renew_coverage(law: ContributionLaw, scheme: str, persons: Iterable[Person], *, actor: str) -> int:
    """Set from when the funds pay for persons whose contributions changed; how many wait. The persons are locked by the caller."""
    people = {person.pk: person for person in persons}
    paid: dict[int, list[Contribution]] = {number: [] for number in people}
    for contribution in standing_contributions(person_ids=people, scheme=scheme):
        paid[contribution.enrolment.person_id].append(contribution)
    arrivals = arrivals_from_outside(person_ids=people, scheme=scheme)
    waiting = 0
    for number, contributions in paid.items():
        standing = _standing(law, scheme, people[number], contributions, arrivals)
        if standing is not None and standing.waiting is not None:
            _apply(standing.run, standing.waiting, scheme=scheme, person_id=number, actor=actor)
            waiting += standing.waiting.total_months > 0
    return waiting


def _standing(
    law: ContributionLaw,
    scheme: str,
    person: Person,
    paid: Iterable[Contribution],
    arrivals: Sequence[tuple[int, date, int]],
) -> Standing | None:
    contributions = list(paid)
    if not contributions:
        return None
    latest = max(each.period_start for each in contributions)
    rule = waiting_law(law, scheme, latest)
    months = PERIOD_MONTHS[scheme_on(law, scheme, latest).period]
    periods = [PaidPeriod(each.period_start, each.paid_on, _is_repair(each, months)) for each in contributions]
    periods += [period for who, day, count in arrivals if who == person.pk for period in _elsewhere(day, count, months)]
    run = latest_run(periods, months=months, counts_from=rule.counts_from if rule else None)
    if run is None:
        return None
    newest = max(contributions, key=lambda each: each.period_start)
    if rule is None or newest.enrolment.status_group in rule.exempt_groups:
        return Standing(run, None)
    return Standing(run, waiting_of(waiting_terms(rule), _facts(rule, run, person)))


def _elsewhere(arrived_on: date, count: int, months: int) -> list[PaidPeriod]:
    """Months on the paper of a transfer, taken to end with the month before the arrival (our default); yearly schemes have none."""
    first = arrived_on.replace(day=1)
    starts = [add_months(first, -place) for place in range(1, count + 1)] if months == 1 else []
    return [PaidPeriod(start, start) for start in starts]


def _is_repair(contribution: Contribution, months: int) -> bool:
    """Whether a period was missed before it was paid: by its assessment, or because a whole further period had passed (our default)."""
    return contribution.is_repair or contribution.paid_on >= add_months(contribution.period_end, months)


def _facts(rule: WaitingLaw, run: Run, person: Person) -> WaitingFacts:
    """What the rule asks: a late payment counts from the day of paying, a gap from the first period of the run."""
    is_late = rule.late_after_days is not None and run.latest_paid_on >= run.latest + timedelta(
        days=rule.late_after_days
    )
    begins_now = run.latest == run.began
    resumed_on = max(run.latest, run.latest_paid_on) if is_late else run.began
    counts = begins_now or not is_late
    return WaitingFacts(
        missed=run.missed if counts else 0,
        repaired=run.repaired if counts else 0,
        is_late=is_late,
        is_exempt=_is_exempt(rule, person, resumed_on),
        resumed_on=resumed_on,
        gap_began=run.gap_began if counts else None,
    )


def _is_exempt(rule: WaitingLaw, person: Person, day: date) -> bool:
    """Whether the rule spares the person: too young, or holding a status that it names."""
    born = person.birth_date
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    if age < rule.exempt_under_age:
        return True
    held = SpecialStatus.objects.filter(person=person, kind__in=rule.exempt_kinds, valid_from__lte=day)
    return any(status.valid_until is None or status.valid_until > day for status in held)


def _apply(run: Run, waiting: Waiting, *, scheme: str, person_id: int, actor: str) -> None:
    """Write what follows for the person's enrolments."""
    if run.gap_began is not None and waiting.backdated_to is not None:
        close_gap(person_id=person_id, scheme=scheme, gap_began=run.gap_began, resumed_on=run.began, actor=actor)
    closed = waiting.backdated_to is not None
    is_late_year = waiting.total_months > 0 and run.latest != run.began and waiting.covered_from > run.latest
    begin_coverage(
        person_id=person_id,
        scheme=scheme,
        resumed_on=run.latest if is_late_year else run.began,
        gap_began=None if closed or is_late_year else run.gap_began,
        covered=waiting.covered_from,
        actor=actor,
    )
