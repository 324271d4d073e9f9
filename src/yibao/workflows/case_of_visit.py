"""The frozen input of the benefit kernel for one visit, from what was read of it."""

from collections.abc import Sequence

import msgspec
from django.utils.timezone import localdate

from yibao.domains.settlement.queries import BatchSums, VisitToSettle
from yibao.engines.benefits import BenefitCase, BenefitResult, CompiledPolicy
from yibao.workflows.benefit_circumstances import times_due, used_of
from yibao.workflows.recorded_circumstances import Circumstances


def case_of(
    policy: CompiledPolicy,
    visit: VisitToSettle,
    batches: Sequence[BatchSums],
    found: Circumstances,
    *,
    age: int,
    tenure: int,
    uses_account: bool,
) -> BenefitCase:
    """Put a visit, the sums of its unsettled batches and its circumstances together; `tenure` in full years.

    A stay that continues another one after a transfer counts as the same admission where the law carries the deductible over.
    """
    year, month = policy.benefit_time(visit.benefit_date)
    balance_fen, *further_fen = balances_of(policy, visit, year)
    return BenefitCase(
        care=found.care,
        level=visit.level,
        status=visit.status_group,
        age=age,
        ordinal=visit.earlier_admissions[visit.benefit_date.year - year] - found.chained_stays + 1,
        place=found.place,
        total_fen=sum(batch.amount_fen for batch in batches),
        full_self_pay_fen=sum(batch.full_self_pay_fen for batch in batches),
        over_ceiling_fen=sum(batch.over_ceiling_fen for batch in batches),
        self_pay_first_fen=sum(batch.self_pay_first_fen for batch in batches),
        in_scope_fen=sum(batch.in_scope_fen for batch in batches),
        account_balance_fen=balance_fen,
        account_used=uses_account,
        accumulators=used_of(policy, visit.accumulators, year),
        aid=policy.aid_of(visit.special_statuses or ()),
        tenure=tenure,
        plan=found.plan,
        disease=found.disease,
        month=month,
        deductible_credit_fen=found.deductible_credit_fen,
        deductible_times=times_due(policy, found.care, _stay_days(visit)),
        extras=found.extras,
        further_balances=tuple(further_fen),
    )


def balances_of(policy: CompiledPolicy, visit: VisitToSettle, year: int) -> tuple[int, ...]:
    """What the account holds in fen: all of it, or this year's money and that of earlier years where the law parts them.

    This year's money is what was credited since the year began less what was paid since, for that is spent first.
    """
    whole_fen = (visit.account_balance_fen or 0) if policy.has_own_account else 0
    if len(policy.balances) == 1:
        return (whole_fen,)
    begins = f"{year:04d}-{policy.year_starts:02d}"
    months = msgspec.json.decode(visit.account_months) if visit.account_months else []
    current_fen = sum(credited_fen - paid_fen for month, credited_fen, paid_fen in months if month >= begins)
    current_fen = min(max(current_fen, 0), whole_fen)
    return current_fen, whole_fen - current_fen


def earlier_money(case: BenefitCase, result: BenefitResult) -> dict[str, int]:
    """What was paid from money of earlier years, as a fact to be kept; nothing where none was."""
    paid_fen = sum(case.further_balances) - sum(result.balances_fen[1:])
    return {"earlier_account_fen": paid_fen} if case.further_balances and paid_fen else {}


def _stay_days(visit: VisitToSettle) -> int:
    """Days of a stay so far; none outside of a hospital bed."""
    return (visit.benefit_date - localdate(visit.began_at)).days if visit.care == "inpatient" else 0
