"""Repair a gap (补缴): assess and pay missed periods, and renew from when the funds pay."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.enrolment.models import Assessment, Enrolment, Receipt
from yibao.domains.enrolment.owing import insured_by_enrolment, standing_contributions, unpaid_assessments
from yibao.domains.enrolment.paying import lock_people, write_assessments
from yibao.domains.people.models import Person
from yibao.domains.reference.operations import act_as
from yibao.engines.contributions import add_months
from yibao.policies.contribution_terms import contribution_law, scheme_on, waiting_law
from yibao.policies.contributions import ContributionLaw
from yibao.workflows.assess_month import Term, assessed_person, new_assessment
from yibao.workflows.derive_coverage import PERIOD_MONTHS, standing_of_person
from yibao.workflows.record_payment import Incoming, pay_for, payer_of, standing_receipt


class NoGapError(YibaoError):
    """There is no missed period to repair: nothing was missed, or the person has not paid again yet."""

    code: ClassVar[str] = "contributions.no_gap"


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair costs: the missed periods by their first days, and what is owed for them together, in fen."""

    periods: tuple[date, ...]
    due_fen: int


def price_repair(*, region: str, scheme: str, person_number: str, on: date, periods: int | None = None) -> Repair:
    """Tell what it costs to repair the latest `periods` missed periods (all without it) on a day; nothing is written.

    :raises NoGapError, UnknownPayerError: there is nothing to repair.
    """
    law = contribution_law(region)
    person = Person.objects.filter(number=person_number).first()
    if person is None:
        raise NoGapError(person=person_number)
    rows = _repairs(law, scheme, person, on=on, at=datetime.combine(on, time.min, UTC), periods=periods)
    return Repair(tuple(row.period_start for row in rows), sum(row.employer_fen + row.person_fen for row in rows))


@transaction.atomic
def repair_gap(incoming: Incoming, *, periods: int | None = None) -> Receipt:
    """Pay the latest `periods` missed periods (all without it) of the gap before the person's latest run.

    The amount must be what `price_repair` tells. A repeat gives the receipt that stands.
    :raises NoGapError, ReceiptNumberUsedError, UnknownPayerError, AmountNotOwedError: nothing changed.
    """
    act_as(incoming.actor)
    law = contribution_law(incoming.region)
    employer, person = payer_of(incoming)
    if person is None:
        raise NoGapError(person=incoming.employer_code)
    lock_people([person.pk])
    known = standing_receipt(incoming, employer, person)
    if known is not None:
        return known
    rows = _repairs(law, incoming.scheme, person, on=incoming.paid_on, at=incoming.at, periods=periods)
    write_assessments([row for row in rows if row.pk is None])
    return pay_for(law, rows, incoming, None, person)


def _repairs(
    law: ContributionLaw,
    scheme: str,
    person: Person,
    *,
    on: date,
    at: datetime,
    periods: int | None,
) -> list[Assessment]:
    """What is owed for each missed period; new assessments are not yet written."""
    missed = _missed(law, scheme, person)
    if not missed:
        raise NoGapError(person=person.number)
    wanted = missed if periods is None else missed[-periods:]
    return [_assessment(law, scheme, person, start, on=on, at=at) for start in wanted]


def _missed(law: ContributionLaw, scheme: str, person: Person) -> list[date]:
    """First days of the missed periods before the latest run that were not repaired yet."""
    standing = standing_of_person(law, scheme, person)
    if standing is None or standing.run.gap_began is None:
        return []
    run, months = standing.run, PERIOD_MONTHS[scheme_on(law, scheme, standing.run.began).period]
    repaired = set(standing_contributions(person_ids=[person.pk], scheme=scheme).values_list("period_start", flat=True))
    assert run.gap_began is not None
    starts = [add_months(run.gap_began, months * place) for place in range(run.missed)]
    return [start for start in starts if start not in repaired]


def _assessment(
    law: ContributionLaw, scheme: str, person: Person, start: date, *, on: date, at: datetime
) -> Assessment:
    """What is owed for one missed period: what was assessed and never paid, or a new assessment by the law that the rule names."""
    standing = unpaid_assessments().filter(person=person, scheme=scheme, period_start=start).select_related("person")
    if (unpaid := standing.first()) is not None:
        return unpaid
    rule = waiting_law(law, scheme, on)
    months = PERIOD_MONTHS[scheme_on(law, scheme, start).period]
    priced_on = on if rule is not None and rule.repair_at == "now" else start
    term = Term(law, scheme, start, add_months(start, months), priced_on)
    enrolment = _enrolment(law.region, scheme, person, start)
    insured = insured_by_enrolment(enrolment_id=enrolment.pk, start=start, end=term.end)
    found = assessed_person(term, insured, in_full=False)
    if found is None:
        raise NoGapError(person=person.number)
    row = new_assessment(term, insured, *found, at=at, is_repair=True)
    row.person = person
    return row


def _enrolment(region: str, scheme: str, person: Person, start: date) -> Enrolment:
    """The enrolment of the missed period, or the one that comes next."""
    rows = list(Enrolment.objects.filter(person=person, scheme=scheme, region_id=region).order_by("valid_from"))
    if not rows:
        raise NoGapError(person=person.number)
    covering = [row for row in rows if row.valid_from <= start and (row.valid_until is None or row.valid_until > start)]
    later = [row for row in rows if row.valid_from > start]
    return (covering or later or rows[-1:])[0]
