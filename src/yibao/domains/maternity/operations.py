"""Writes of maternity claims: the claim, its calculations, and whether it still stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.claims.models import Application
from yibao.domains.claims.operations import Act
from yibao.domains.claims.states import State, Step, WrongStateError
from yibao.domains.maternity.models import MaternityCalculation, MaternityClaim


class EventClaimedError(YibaoError):
    """The event was claimed for before and that claim stands (生育待遇重复申领)."""

    code: ClassVar[str] = "maternity.event_claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a claim says; wages and costs in fen, `care_key` names the kind of delivery or operation in the law."""

    enrolment_id: int
    employer_id: int | None
    event: str
    happened_on: date
    is_difficult: bool
    children: int
    pregnancy_weeks: int
    average_wage_fen: int
    own_wage_fen: int
    prenatal_cost_fen: int
    care_cost_fen: int
    care_key: str


def open_claim(application: Application, facts: Facts) -> MaternityClaim:
    """Open the claim of an application that was received in this transaction.

    :raises EventClaimedError: a claim for the same day stands.
    """
    standing = MaternityClaim.objects.filter(
        application__person_id=application.person_id, happened_on=facts.happened_on, is_live=True
    ).first()
    if standing is not None:
        raise EventClaimedError(application=standing.application_id)
    return MaternityClaim.objects.create(
        application=application,
        enrolment_id=facts.enrolment_id,
        employer_id=facts.employer_id,
        event=facts.event,
        happened_on=facts.happened_on,
        is_difficult=facts.is_difficult,
        children=facts.children,
        pregnancy_weeks=facts.pregnancy_weeks,
        average_wage_fen=facts.average_wage_fen,
        own_wage_fen=facts.own_wage_fen,
        prenatal_cost_fen=facts.prenatal_cost_fen,
        care_cost_fen=facts.care_cost_fen,
        care_key=facts.care_key,
    )


def keep_maternity_calculation(
    claim: MaternityClaim, *, checks: Sequence[Any], columns: Mapping[str, Any], act: Act
) -> MaternityCalculation:
    """Keep what a calculation gave.

    :raises WrongStateError: the application is not being worked on.
    """
    if claim.application.state != State.ACCEPTED:
        raise WrongStateError(state=claim.application.state, step=str(Step.CHECK.value))
    return MaternityCalculation.objects.create(
        claim=claim, made_at=act.at, made_by=act.member, checks=list(checks), **columns
    )


def let_event_go(claim: MaternityClaim) -> None:
    """Let the event be claimed for again: this claim was refused, withdrawn or taken back."""
    claim.is_live = False
    claim.save(update_fields=["is_live"])
