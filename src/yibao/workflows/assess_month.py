"""Assess the contributions of a region for a month (月度应缴核定): everybody insured, once, however often it is run."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.timezone import localdate

from yibao.domains import storage
from yibao.domains.enrolment.models import Assessment
from yibao.domains.enrolment.owing import Insured, insured_in, standing_assessments
from yibao.domains.enrolment.paying import lock_people, write_assessments, write_contributions
from yibao.domains.ledger.operations import posted
from yibao.engines.contributions import Assessed, add_months, assess
from yibao.policies.contribution_terms import category_of, contribution_law, scheme_on, terms_for
from yibao.policies.contributions import ContributionLaw
from yibao.workflows.contribution_postings import receipt_postings

AT_ONCE: Final = 500
Progress = Callable[[int], None]


@dataclass(slots=True)
class Tally:
    """What a run assessed: persons by scheme, what is owed in fen, who could not be assessed by scheme and status group."""

    persons: Counter[str] = field(default_factory=Counter)
    due_fen: Counter[str] = field(default_factory=Counter)
    credited_fen: Counter[str] = field(default_factory=Counter)
    outside_the_law: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Term:
    """A month or year of one scheme that is assessed by the law of a day."""

    law: ContributionLaw
    scheme: str
    start: date
    end: date
    priced_on: date


def assess_month(
    *, region: str, month: date, at: datetime, scheme: str | None = None, progress: Progress | None = None
) -> Tally:
    """Assess what is owed for a month, and for its year where a scheme is paid by the year; a second run adds nothing.

    Who owes nothing is entered as paid at once, and a retired person's account credited. Runs page by page, each in a
    transaction, so that a broken run goes on where it stopped. `progress` is told how many persons each page had.
    :raises NoPolicyError: the region states no contributions of that month.
    """
    law = contribution_law(region)
    tally = Tally()
    for code in [scheme] if scheme else list(law.file.schemes):
        term = term_of(law, code, month)
        after = 0
        while page := _assess_page(term, after=after, at=at, tally=tally):
            after = page[-1].person_id
            if progress:
                progress(len(page))
    return tally


def term_of(law: ContributionLaw, scheme: str, day: date) -> Term:
    """The month or year of a scheme that holds a day, by the law of its first day.

    :raises NoPolicyError: nothing is known of that day.
    """
    if scheme_on(law, scheme, day).period == "year":
        start, end = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    else:
        start = day.replace(day=1)
        end = add_months(start, 1)
    scheme_on(law, scheme, start)
    return Term(law, scheme, start, end, start)


def assessed_person(term: Term, person: Insured, *, in_full: bool = True) -> tuple[str, Assessed] | None:
    """Category and amounts of one person, or None when the law has no words for the status group.

    Age counts on the first day of the period. `in_full` false leaves out subsidies and reliefs, which no repair brings.
    """
    category = category_of(
        term.law, term.scheme, term.priced_on, group=person.status_group, has_employer=person.has_employer
    )
    if category is None:
        return None
    born, day = person.birth_date, term.start
    age = max(0, day.year - born.year - ((day.month, day.day) < (born.month, born.day)))
    terms = terms_for(term.law, term.scheme, term.priced_on, category=category, age=age)
    wage_fen = person.wage_fen if person.wage_fen is not None else person.carried_base_fen
    if in_full:
        return category, assess(terms, wage_fen=wage_fen, statuses=person.statuses)
    return category, assess(terms.without_subsidy(), wage_fen=wage_fen)


def new_assessment(
    term: Term, person: Insured, category: str, amounts: Assessed, *, at: datetime, is_repair: bool = False
) -> Assessment:
    """The row that keeps an assessment, not yet written."""
    return Assessment(
        person_id=person.person_id,
        enrolment_id=person.enrolment_id,
        scheme=term.scheme,
        period_start=term.start,
        period_end=term.end,
        category=category,
        attempt=person.attempts + 1,
        is_repair=is_repair,
        law=f"{term.law.region}@{term.priced_on.isoformat()}",
        base_fen=amounts.base_fen,
        employer_fen=amounts.employer_fen,
        person_fen=amounts.person_fen,
        subsidy_fen=amounts.subsidy_fen,
        assistance_fen=amounts.assistance_fen,
        to_pool_fen=amounts.to_pool_fen,
        to_large_fen=amounts.to_large_fen,
        to_account_fen=amounts.to_account_fen,
        from_pool_fen=amounts.from_pool_fen,
        lines=[asdict(line) for line in amounts.lines],
        assessed_at=at,
    )


@transaction.atomic
def _assess_page(term: Term, *, after: int, at: datetime, tally: Tally) -> list[Insured]:
    """Assess the next persons; gives them, none when all are done."""
    page = insured_in(
        region=term.law.region, scheme=term.scheme, start=term.start, end=term.end, after=after, limit=AT_ONCE
    )
    lock_people(person.person_id for person in page)
    done = _done_meanwhile(term, page)
    rows = []
    for person in page:
        found = assessed_person(term, person)
        if found is None:
            tally.outside_the_law[term.scheme, person.status_group] += 1
        elif person.person_id not in done:
            rows.append(new_assessment(term, person, *found, at=at))
    write_assessments(rows)
    owing_nothing = [row for row in rows if not row.employer_fen + row.person_fen]
    if owing_nothing:
        _enter_as_paid(term, owing_nothing, at=at)
    tally.persons[term.scheme] += len(rows)
    tally.due_fen[term.scheme] += sum(row.employer_fen + row.person_fen for row in rows)
    tally.credited_fen[term.scheme] += sum(row.to_account_fen + row.from_pool_fen for row in owing_nothing)
    return page


def _done_meanwhile(term: Term, page: Sequence[Insured]) -> set[int]:
    """Whom another run assessed between the reading and the lock."""
    standing = standing_assessments().filter(
        scheme=term.scheme, period_start=term.start, person_id__in=[person.person_id for person in page]
    )
    return set(standing.values_list("person_id", flat=True))


def _enter_as_paid(term: Term, rows: Sequence[Assessment], *, at: datetime) -> None:
    """Nothing is to be paid: the period counts, subsidy and assistance come in, accounts are credited."""
    write_contributions(rows, receipt=None, paid_on=min(localdate(at), term.end), at=at)
    postings = receipt_postings(rows, dict(term.law.file.schemes[term.scheme].funds))  # type: ignore[arg-type]  # names of pots are texts
    if postings:
        number = max(row.pk for row in rows)
        with storage.transaction() as raw:
            credited = posted(region=term.law.region, cause="credit", cause_id=number, entered_at=at, postings=postings)
            storage.write_together(raw, credited)
