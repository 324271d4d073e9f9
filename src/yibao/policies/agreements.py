"""The law of agreements (协议管理): <region>/agreements.yaml, dated and sourced like all law, read and checked here.

A file says what an application needs (conditions, materials, windows, terms), whether an acceptance test is owed, how long an
agreement lives, what points (记分) staff take on and what they cost, and by which indicators institutions are assessed. What a
region does not say its province says, and what neither says the nation's file says.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from yibao.policies.language import Name, Source, Sourced, Strict, Text

ProcedureKey = Literal["designation_hospital", "designation_pharmacy", "internet", "physician"]
PROCEDURE_KEYS: Final[tuple[ProcedureKey, ...]] = (
    "designation_hospital", "designation_pharmacy", "internet", "physician",
)  # fmt: skip
Stage = Literal["review", "supplement", "assess", "negotiate", "rebuild", "test", "sign"]
TermUnit = Literal["working_days", "days", "months"]
Scope = Literal["everyday", "internet"]
Measure = Literal[
    "voucher_ppm", "equal_reconciliations_ppm", "violation_ppm", "staff_points", "cost_growth_ppm",
    "real_name_in_time_ppm", "prescriptions_present_ppm", "records_in_time_ppm", "online_violation_ppm",
    "online_cost_ppm",
]  # fmt: skip
"""What yibao can measure of an institution's year; workflows/assessment_evidence.py says how."""
MonthDay = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Points = Annotated[int, Meta(ge=1, le=12)]
FULL_WEIGHT: Final = 100
NO_NEW_AGREEMENT: Final = "no_new_agreement"
"""The measure of joint punishment that keeps from new agreements."""
AUDITED_CLOSELY: Final = "audited_closely"
"""The measure of joint punishment by which every visit over the internet is looked at before it is paid."""


class Term(Sourced, frozen=True, kw_only=True):
    """A length of time: working days of the official calendar, days, or months."""

    value: Annotated[int, Meta(ge=1, le=3660)]
    unit: TermUnit


class Condition(Sourced, frozen=True, kw_only=True):
    """What an applicant must fulfil.

    `designated`: the register of agreements answers it; `not_listed`: the list of joint punishments does; `declared`: the
    reviewing officer does, by the materials.
    """

    key: Name
    title: Text
    check: Literal["designated", "not_listed", "mechanisms", "declared"] = "declared"


class Material(Sourced, frozen=True, kw_only=True):
    """A document that is handed in with an application."""

    key: Name
    title: Text


class Window(Sourced, frozen=True, kw_only=True):
    """Days of a year in which one may apply, the first and the last included."""

    first: MonthDay
    last: MonthDay


class Choice(Sourced, frozen=True, kw_only=True):
    """A choice that a law makes: yes or no, or a key."""

    value: Any


class Stages(Strict, frozen=True, kw_only=True):
    """How long each stage of an application may take; a stage without a term is not gone through."""

    review: Term
    supplement: Term
    assess: Term | None = None
    negotiate: Term | None = None
    rebuild: Term | None = None
    test: Term | None = None
    sign: Term


class Life(Strict, frozen=True, kw_only=True):
    """How long an agreement holds, and the terms around its renewal, suspension, exit and a new application."""

    term: Term
    renew_before: Term
    suspension_most: Term
    exit_before: Term
    apply_again_after: Term | None = None


class Procedure(Strict, frozen=True, kw_only=True):
    """How one kind of agreement is applied for and lives, for applications of some days.

    `together` says that an institution that is not designated yet may apply for the designation and for this in one
    (一并申请); `test` names the programme of the acceptance test that must be passed, or nothing.
    """

    effective_from: date
    effective_until: date | None
    title: Text
    template: Name
    together: Choice
    test: Choice
    public_may_leave: Choice
    windows: list[Window] = []
    conditions: Annotated[list[Condition], Meta(min_length=1)]
    materials: Annotated[list[Material], Meta(min_length=1)]
    stages: Stages
    life: Life

    @property
    def test_programme(self) -> str:
        """The programme of the acceptance test; empty where none is owed."""
        return str(self.test.value or "")

    @property
    def path(self) -> tuple[Stage, ...]:
        """The stages between complete materials and the signing, in their order."""
        wanted: tuple[Stage, ...] = ("assess", "negotiate", "test")
        return tuple(stage for stage in wanted if getattr(self.stages, stage) is not None)


class Act(Sourced, frozen=True, kw_only=True):
    """What staff take points for, and the band of points."""

    key: Name
    title: Text
    low: Points
    high: Points


class Suspension(Sourced, frozen=True, kw_only=True):
    """From how many points of a natural year on the qualification is suspended, and for how many months."""

    points: Points
    months: Annotated[int, Meta(ge=1, le=12)]


class Bar(Sourced, frozen=True, kw_only=True):
    """Twelve points end the qualification; for how many months nobody registers it again."""

    points: Points
    months: Annotated[int, Meta(ge=1, le=120)]
    at_once: bool


class PointsLaw(Strict, frozen=True, kw_only=True):
    """Points of staff (支付资格记分): acts, suspension, ending; counted by natural year, across all places of practice."""

    effective_from: date
    effective_until: date | None
    title: Text
    acts: Annotated[list[Act], Meta(min_length=1)]
    suspensions: Annotated[list[Suspension], Meta(min_length=1)]
    bars: Annotated[list[Bar], Meta(min_length=2, max_length=2)]

    def act(self, key: str) -> Act | None:
        """The act of this key."""
        return next((act for act in self.acts if act.key == key), None)

    def suspension_months(self, points: int) -> int:
        """For how many months so many points of a year suspend; 0 where they do not."""
        reached = [each for each in self.suspensions if each.points <= points]
        return max(reached, key=lambda each: each.points).months if reached else 0

    def bar_months(self, points: int, *, at_once: bool) -> int:
        """For how many months so many points bar from registering; 0 where they do not end the qualification."""
        bars = [bar for bar in self.bars if bar.at_once == at_once and points >= bar.points]
        return bars[0].months if bars else 0


class EvidenceStep(Strict, frozen=True, kw_only=True):
    """From which value of a measure on which score is proposed, in points of a hundred."""

    at_least: int
    score: Annotated[int, Meta(ge=0, le=100)]


class Evidence(Sourced, frozen=True, kw_only=True):
    """Which recorded facts propose a score for an indicator: a measure in its own unit, and steps that rise from the lowest.

    Shares (`_ppm`) are in millionths; a value below the first step proposes what that step does.
    """

    measure: Measure
    steps: Annotated[list[EvidenceStep], Meta(min_length=1)]

    def score_of(self, value: int) -> int:
        """The proposed score of a value."""
        reached = [step.score for step in self.steps if value >= step.at_least]
        return reached[-1] if reached else self.steps[0].score


class Indicator(Sourced, frozen=True, kw_only=True):
    """What an institution is assessed by, and how heavily; those of the internet are weighed apart.

    Without `evidence` nothing that yibao records proposes a score, and the officer says it.
    """

    key: Name
    title: Text
    dimension: Literal["behaviour", "quality", "cost", "satisfaction"]
    scope: Scope
    weight: Annotated[int, Meta(ge=1, le=100)]
    evidence: Evidence | None = None


class Grade(Sourced, frozen=True, kw_only=True):
    """What a score of at least so many points is worth: its share of the payment that hangs on it, the renewal, budget and audit.

    Without `may_raise_budget` the budget is not raised until a better assessment was published; `audited_closely`: every visit
    over the internet is looked at by a person before it is paid.
    """

    key: Name
    title: Text
    at_least: Annotated[int, Meta(ge=0, le=100)]
    payment_percent: Annotated[int, Meta(ge=0, le=100)]
    may_renew: bool
    may_raise_budget: bool = True
    audited_closely: bool = False


class Deposit(Sourced, frozen=True, kw_only=True):
    """Which share of the funds' money of a cleared month is withheld until the year's assessment (质量保证金), in percent."""

    percent: Annotated[int, Meta(ge=0, le=100)]


class AssessmentLaw(Strict, frozen=True, kw_only=True):
    """How institutions are assessed by the year: indicators and grades; grades fall, the last begins at 0."""

    effective_from: date
    effective_until: date | None
    title: Text
    deposit: Deposit
    indicators: Annotated[list[Indicator], Meta(min_length=1)]
    grades: Annotated[list[Grade], Meta(min_length=1)]

    def of_scope(self, scope: str) -> tuple[Indicator, ...]:
        """The indicators of everyday care, or those of the internet."""
        return tuple(each for each in self.indicators if each.scope == scope)

    def grade_of(self, score_e2: int) -> Grade:
        """The grade of a score, in hundredths of a point."""
        return next(grade for grade in self.grades if score_e2 >= grade.at_least * 100)


class RequiredFrom(Sourced, frozen=True, kw_only=True):
    """From which day on care is settled only where a designation agreement is in force; null: the register alone decides."""

    value: date | None


class CreditMeasure(Sourced, frozen=True, kw_only=True):
    """What joint punishment for dishonesty (失信联合惩戒) may consist of."""

    key: Name
    title: Text


class CreditLaw(Strict, frozen=True, kw_only=True):
    """How long joint punishment lasts, and by which measures; `no_new_agreement` and `audited_closely` are enforced here."""

    term: Term
    measures: Annotated[list[CreditMeasure], Meta(min_length=1)]


class Department(Sourced, frozen=True, kw_only=True):
    """Another department that violations are notified to (通报)."""

    key: Name
    title: Text


class AgreementFile(Strict, frozen=True, kw_only=True):
    """The whole file of a region."""

    region: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    title: Text
    sources: dict[Name, Source]
    designation_required_from: RequiredFrom | None = None
    procedures: dict[ProcedureKey, Annotated[list[Procedure], Meta(min_length=1)]] = {}
    points: list[PointsLaw] = []
    assessment: list[AssessmentLaw] = []
    departments: list[Department] = []
    credit: CreditLaw | None = None
