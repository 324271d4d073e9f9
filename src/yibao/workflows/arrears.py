"""Arrears of employers (单位欠费): suspend benefits by the region's rule, and note the late fee that a late payment brings.

A suspension is lifted when everything was paid; what of the time between is covered then, the rules on gaps decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from yibao.domains.enrolment.arrears import employers_unpaid, running_enrolments, suspend
from yibao.domains.enrolment.late_fees import LateFee
from yibao.domains.enrolment.models import Assessment, Employer, Receipt
from yibao.domains.enrolment.paying import lock_people
from yibao.domains.reference.operations import act_as
from yibao.engines.contributions import arrears_begin, late_fee, suspended_from
from yibao.policies import NoPolicyError
from yibao.policies.contribution_terms import arrears_law, contribution_law, late_fee_terms
from yibao.policies.contributions import ContributionLaw


@dataclass(frozen=True, slots=True)
class Suspended:
    """What a run found: persons with unpaid periods of their employers, and how many were suspended anew."""

    in_arrears: int
    suspended: int


@dataclass(frozen=True, slots=True)
class RunningFee:
    """The late fee of one period of an employer if it is paid on a day; amounts in fen."""

    employer: Employer
    scheme: str
    period_start: date
    principal_fen: int
    arrears_from: date
    days: int
    fee_fen: int
    clause: str


@transaction.atomic
def suspend_arrears(*, region: str, on: date, actor: str) -> Suspended:
    """Suspend, from the day that the rule says, whoever has an unpaid period of an employer by a day; a second run adds nothing.

    :raises NoPolicyError: the region states no contributions.
    """
    act_as(actor)
    law = contribution_law(region)
    in_arrears = suspended = 0
    for scheme in law.file.schemes:
        try:
            rule = arrears_law(law, scheme, on)
        except NoPolicyError:
            continue
        if rule is None:
            continue
        terms, exempt = rule
        days: dict[int, date] = {}
        for row in employers_unpaid(region=region, scheme=scheme, until=on):
            day = suspended_from(terms, period_start=row.period_start, period_end=row.period_end, on=on)
            if day is not None:
                days[row.person_id] = min(day, days.get(row.person_id, day))
        lock_people(days)
        running = running_enrolments(person_ids=days, region=region, scheme=scheme)
        spared = [each for each in running if each.status_group in exempt]
        in_arrears += len(days)
        suspended += sum(suspend(each, days[each.person_id]) for each in running if each not in spared)
    return Suspended(in_arrears, suspended)


def note_late_fees(law: ContributionLaw, assessments: Sequence[Assessment], receipt: Receipt) -> list[LateFee]:
    """Note the late fee of every period that an employer paid late with this receipt; part of the payment's transaction."""
    if receipt.employer is None:
        return []
    fees = [
        LateFee(
            receipt=receipt, employer=each.employer, scheme=each.scheme, period_start=each.period_start,
            principal_fen=each.principal_fen, arrears_from=each.arrears_from, paid_on=receipt.paid_on, days=each.days,
            fee_fen=each.fee_fen, clause=each.clause,
        )
        for each in _fees(law, receipt.employer, assessments, receipt.paid_on)
    ]  # fmt: skip
    return LateFee.objects.bulk_create(fees)


def running_fees(region: str, on: date) -> list[RunningFee]:
    """What every employer of a region in arrears would owe as late fees if it paid on a day, by employer and period.

    :raises NoPolicyError: the region states no contributions.
    """
    law = contribution_law(region)
    owed: dict[Employer, list[Assessment]] = {}
    for scheme in law.file.schemes:
        try:
            arrears_law(law, scheme, on)
        except NoPolicyError:
            continue
        for row in employers_unpaid(region=region, scheme=scheme, until=on):
            assert row.enrolment.employer is not None
            owed.setdefault(row.enrolment.employer, []).append(row)
    found = sorted(owed.items(), key=lambda item: item[0].code)
    return [fee for employer, rows in found for fee in _fees(law, employer, rows, on)]


def _fees(
    law: ContributionLaw, employer: Employer, assessments: Sequence[Assessment], paid_on: date
) -> Iterator[RunningFee]:
    """The late fee of every period of an employer that is paid late on a day."""
    owed: dict[tuple[str, date, date], int] = {}
    for each in assessments:
        period = (each.scheme, each.period_start, each.period_end)
        owed[period] = owed.get(period, 0) + each.employer_fen + each.person_fen
    for (scheme, start, end), principal_fen in sorted(owed.items()):
        rule, terms = arrears_law(law, scheme, paid_on), late_fee_terms(law, scheme, paid_on)
        if rule is None or terms is None:
            continue
        begins = arrears_begin(rule[0], period_end=end)
        due = late_fee(terms, principal_fen=principal_fen, begins=begins, paid_on=paid_on)
        if due.fee_fen:
            yield RunningFee(employer, scheme, start, principal_fen, begins, due.days, due.fee_fen, due.clause)
