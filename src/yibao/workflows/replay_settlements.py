"""What a person's settlements would be by the law now in force: the same kernel again, in the order in which they were made."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.utils.timezone import localdate

from yibao import policies
from yibao.domains.corrections.models import RecalculationRun
from yibao.domains.settlement.known_circumstances import facts_of
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.settled_lines import settled_lines
from yibao.domains.storage import driver
from yibao.domains.visits.queries import main_diagnosis_code
from yibao.engines.benefits import BenefitCase, BenefitResult, CompiledPolicy
from yibao.workflows.apply_emergency import AppliedLaw, law_for
from yibao.workflows.benefit_circumstances import care_of, disease_of, times_due
from yibao.workflows.earned_incentives import RAISED
from yibao.workflows.raised_caps import raise_drawn, settle_with_raise
from yibao.workflows.recorded_circumstances import place_in_law
from yibao.workflows.settle_visit import age_on

EMERGENCY: Final = "+"
"""What parts the name of an emergency from that of the ordinary policy in a policy's id."""
_PARTS: Final = ("full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen")
_AMOUNTS: Final = ("deductible_fen", "fund_fen", "person_fen", "account_fen", "cash_fen", "hospital_fen")


@dataclass(frozen=True, slots=True)
class Replayed:
    """A settlement with what the law now in force gives for it; `decision_id` is the emergency decision that law stands on.

    `facts` are the further circumstances that it was settled under, and is settled under again.
    """

    settlement: Settlement
    case: BenefitCase
    result: BenefitResult
    decision_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether any amount, fund or accumulator is another one."""
        return outcome_of(self) != _stored(self.settlement)


def replay(rows: Sequence[Settlement], run: RecalculationRun) -> list[Replayed]:
    """Settle a person's standing settlements anew, accumulators starting at nothing with each benefit year.

    What lies before the run's first day stays as it was settled, and so does what belongs to another scheme. The account
    pays at most what it paid then, so that a correction never takes more from it than its reversal gives back.
    :raises NoPolicyError, UnknownCircumstanceError: the law now in force cannot settle one of them.
    """
    used: dict[int, Counter[str]] = {}
    stays: dict[int, set[tuple[Any, int]]] = {}
    replayed, known = [], facts_of(rows)
    for settlement in rows:
        visit, year = settlement.visit, settlement.benefit_year
        earlier = stays.setdefault(year, set())
        mark = (visit.began_at, visit.pk)
        ordinal = 1 + sum(other < mark for other in earlier) if visit.care == "inpatient" else 1
        if visit.care == "inpatient":
            earlier.add(mark)
        enrolment = settlement.enrolment
        if (enrolment.region_id, enrolment.scheme) != (run.region_id, run.scheme):
            continue
        so_far = used.setdefault(year, Counter())
        day = benefit_day(settlement)
        if day < run.benefit_from:
            so_far.update(settlement.accumulator_changes)
            continue
        policy = policies.load(enrolment.region_id, enrolment.scheme, day)
        carried = {name for name, begins in policy.carried.items() if year % 2 != begins}
        before = Counter({name: fen for name, fen in used.get(year - 1, Counter()).items() if name in carried})
        facts = known.get(settlement.pk, {})
        law = _law(settlement, policy, _case(settlement, policy, day, ordinal, so_far + before, facts), day)
        case, result = settle_with_raise(
            law.policy, law.case, person_id=settlement.person_id, region=run.region_id, scheme=run.scheme, year=year
        )
        so_far.update(result.accumulator_changes)
        facts = {**{name: fact for name, fact in facts.items() if name != RAISED}, **raise_drawn(case)}
        replayed.append(Replayed(settlement, case, result, law.decision_id, facts))
    return replayed


def benefit_day(settlement: Settlement) -> date:
    """The day whose law and year applied: an outpatient's visit, a stay's end, or the day of settling midway."""
    visit = settlement.visit
    if visit.care != "inpatient":
        return localdate(visit.began_at)
    ended = visit.ended_at
    return localdate(ended if ended is not None and ended <= settlement.settled_at else settlement.settled_at)


def to_make_anew(replayed: Sequence[Replayed]) -> Iterator[Replayed]:
    """What differs, and what was settled later of the same visit: it must be reversed before what differs can be."""
    visits: set[int] = set()
    for each in replayed:
        if each.differs or each.settlement.visit_id in visits:
            visits.add(each.settlement.visit_id)
            yield each


def outcome_of(each: Replayed) -> dict[str, Any]:
    """The parts of the cost as the law sees them, and the amounts, funds and changes of accumulators it comes to."""
    result = each.result
    return {
        **{name: getattr(each.case, name) for name in _PARTS},
        **{name: getattr(result, name) for name in _AMOUNTS},
        "fund_codes": [code for code, _ in result.funds],
        "fund_amounts_fen": [fen for _, fen in result.funds],
        "accumulator_changes": dict(result.accumulator_changes),
    }


def _stored(settlement: Settlement) -> dict[str, Any]:
    """The same of a settlement as it was made."""
    return {
        **{name: getattr(settlement, name) for name in (*_PARTS, *_AMOUNTS)},
        "fund_codes": list(settlement.fund_codes),
        "fund_amounts_fen": list(settlement.fund_amounts_fen),
        "accumulator_changes": {name: fen for name, fen in settlement.accumulator_changes.items() if fen},
    }


def _law(settlement: Settlement, policy: CompiledPolicy, case: BenefitCase, day: date) -> AppliedLaw:
    """The ordinary law, or that of an emergency decision which names the visit."""
    return law_for(
        policy,
        case,
        region=settlement.enrolment.region_id,
        scheme=settlement.enrolment.scheme,
        day=day,
        main_diagnosis=lambda: main_diagnosis_code(driver(), visit_id=settlement.visit_id),
    )


def _parts(settlement: Settlement) -> dict[str, int]:
    """The four parts of the cost as the catalogue has them: a law that suspends it left other ones in the settlement."""
    if EMERGENCY not in settlement.policy:
        return {name: getattr(settlement, name) for name in _PARTS}
    lines = settled_lines(settlement)
    return {name: sum(getattr(line, name) for line in lines) for name in _PARTS}


def _case(  # noqa: PLR0917
    settlement: Settlement,
    policy: CompiledPolicy,
    day: date,
    ordinal: int,
    used: Counter[str],
    facts: Mapping[str, Any],
) -> BenefitCase:
    """The frozen input of the kernel, from what was settled under which circumstances."""
    visit, (_, month) = settlement.visit, policy.benefit_time(day)
    care, parts = facts.get("care") or care_of(policy, visit.care, visit.medical_type), _parts(settlement)
    earlier_fen = facts.get("earlier_account_fen", 0) if len(policy.balances) > 1 else 0
    stay_days = (day - localdate(visit.began_at)).days if visit.care == "inpatient" else 0
    return BenefitCase(
        care=care,
        level=settlement.institution.level,
        status=settlement.enrolment.status_group,
        age=age_on(settlement.person.birth_date, day),
        ordinal=ordinal - facts.get("chained_stays", 0),
        place=place_in_law(policy, facts.get("place", settlement.visit.place)),
        total_fen=settlement.total_fen,
        full_self_pay_fen=parts["full_self_pay_fen"],
        over_ceiling_fen=parts["over_ceiling_fen"],
        self_pay_first_fen=parts["self_pay_first_fen"],
        in_scope_fen=parts["in_scope_fen"],
        account_balance_fen=settlement.account_fen - earlier_fen,
        account_used=settlement.uses_account,
        accumulators={name: used[name] for name in policy.accumulators if used[name]},
        aid=policy.aid_of(_special_statuses(settlement, day) if len(policy.aids) > 1 else ()),
        tenure=age_on(_insured_since(settlement), day) if len(policy.tenure_groups) > 1 else 0,
        plan=facts.get("plan", policy.plans[0]),
        disease=facts.get("disease") or disease_of(policy, care, visit.details.get("dise_codg")),
        month=month,
        deductible_credit_fen=facts.get("deductible_credit_fen", 0),
        further_balances=(earlier_fen,) if earlier_fen else (),
        extras={part: fen for part, fen in facts.get("extras", {}).items() if part in policy.components},
        deductible_times=times_due(policy, care, stay_days),
    )


def _special_statuses(settlement: Settlement, day: date) -> list[str]:
    """The special statuses that the person held on a day."""
    held = settlement.person.special_statuses.filter(valid_from__lte=day).exclude(valid_until__lte=day)
    return list(held.values_list("kind", flat=True))


def _insured_since(settlement: Settlement) -> date:
    """The first day of the uninterrupted enrolment."""
    since = settlement.enrolment.valid_from
    periods = settlement.person.enrolments.filter(scheme=settlement.enrolment.scheme, state="1", valid_from__lt=since)
    for period in periods.order_by("-valid_from"):
        if period.valid_until == since:
            since = period.valid_from
    return since
