"""Arrears of employers (单位欠费): suspend benefits by the region's rule, and note the late fee that a late payment brings.

A suspension is lifted when everything was paid; what of the time between is covered then, the rules on gaps decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from yibao.domains.enrolment.arrears import employers_unpaid, running_enrolments, suspend
from yibao.domains.enrolment.late_fees import LateFee
from yibao.domains.enrolment.models import Assessment, Receipt
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
    owed: dict[tuple[str, date, date], int] = {}
    for each in assessments:
        period = (each.scheme, each.period_start, each.period_end)
        owed[period] = owed.get(period, 0) + each.employer_fen + each.person_fen
    fees = []
    for (scheme, start, end), principal_fen in sorted(owed.items()):
        rule, terms = arrears_law(law, scheme, receipt.paid_on), late_fee_terms(law, scheme, receipt.paid_on)
        if rule is None or terms is None:
            continue
        begins = arrears_begin(rule[0], period_end=end)
        due = late_fee(terms, principal_fen=principal_fen, begins=begins, paid_on=receipt.paid_on)
        if due.fee_fen:
            fees.append(
                LateFee(
                    receipt=receipt, employer=receipt.employer, scheme=scheme, period_start=start,
                    principal_fen=principal_fen, arrears_from=begins, paid_on=receipt.paid_on, days=due.days,
                    fee_fen=due.fee_fen, clause=due.clause,
                )
            )  # fmt: skip
    return LateFee.objects.bulk_create(fees)
