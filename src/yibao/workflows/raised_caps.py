"""Settle by a cap that the person's own history raises (奖励额度): looked up only where the cap of the law itself cuts something off.

Nearly every visit is settled once and asks nothing. What is done with many visits at once is `raising_caps`, by the same function.
"""

from yibao.engines.benefits import BenefitCase, BenefitResult, CompiledPolicy
from yibao.workflows.earned_incentives import RAISED, earned_raise_fen
from yibao.workflows.raising_caps import settle_raised


def settle_with_raise(
    policy: CompiledPolicy, case: BenefitCase, *, person_id: int, region: str, scheme: str, year: int
) -> tuple[BenefitCase, BenefitResult]:
    """Settle a visit of a benefit year; gives the case with the raise that counted, if any did, and the result."""
    return settle_raised(
        policy,
        case,
        lambda cap_fen: earned_raise_fen(person_id=person_id, region=region, scheme=scheme, year=year, cap_fen=cap_fen),
    )


def raise_drawn(case: BenefitCase) -> dict[str, int]:
    """The raise that a settlement drew on, as a fact to be kept; nothing where none was."""
    return {RAISED: sum(case.raises.values())} if case.raises else {}
