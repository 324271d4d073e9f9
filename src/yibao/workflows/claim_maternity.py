"""Claim maternity benefits (生育待遇): allowance and cost in one application, checked, decided and posted together.

Documents, notice, acceptance and payment are those of every claim (`apply_for_reimbursement`, `pay_claim`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.claims.models import Application, Document
from yibao.domains.claims.operations import (
    Act,
    Applicant,
    check,
    deadline,
    decide,
    locked_application,
    receive,
    take,
    take_back,
)
from yibao.domains.claims.queries import live_documents
from yibao.domains.claims.states import State, Step, WrongStateError
from yibao.domains.enrolment.models import Enrolment
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.maternity.models import MaternityCalculation, MaternityClaim
from yibao.domains.maternity.operations import Facts, keep_maternity_calculation, let_event_go, open_claim
from yibao.domains.maternity.queries import claim_of, latest_maternity_calculation
from yibao.domains.people.queries import ask_for_lock, locked_person
from yibao.domains.storage import write_together
from yibao.engines.maternity import MaternityCase, MaternityResult, settle_maternity
from yibao.policies.maternity import MaternityLaw, maternity_law
from yibao.policies.procedure import procedure_on
from yibao.workflows.apply_for_reimbursement import find_person
from yibao.workflows.check_reimbursement import Check, months_after
from yibao.workflows.settlement_postings import BENEFITS_PAID, OWED

KIND: Final = Application.Kind.MATERNITY
EMPLOYEES: Final = "310"


class NotAnEmployeeError(YibaoError):
    """The person is not insured as an employee in this region on the day of the event."""

    code: ClassVar[str] = "maternity.not_an_employee"


class EventAheadError(YibaoError):
    """The event lies after today."""

    code: ClassVar[str] = "maternity.event_ahead"


class TooFewMonthsError(YibaoError):
    """The person was not insured long enough before the event."""

    code: ClassVar[str] = "maternity.too_few_months"


class MaternityNotCalculatedError(YibaoError):
    """Nothing was calculated yet."""

    code: ClassVar[str] = "maternity.not_calculated"


class MaternityChangedError(YibaoError):
    """What the law gives now is not what was checked."""

    code: ClassVar[str] = "maternity.calculation_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaternityWish:
    """What is claimed: whose event on which day, its circumstances, wages and costs in fen."""

    person: str
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


@transaction.atomic
def claim_maternity(wish: MaternityWish, applicant: Applicant, act: Act) -> Application:
    """Receive a claim for allowance and cost at once; it is decided within the days for the allowance.

    :raises yibao.workflows.apply_for_reimbursement.NoSuchPersonError, NotAnEmployeeError, EventAheadError,
        yibao.domains.maternity.operations.EventClaimedError: nothing was written.
    :raises yibao.engines.maternity.WrongMaternityCaseError, yibao.engines.maternity.UnknownCareKindError: nor then.
    """
    today = localdate(act.at)
    person = find_person(wish.person)
    with storage.transaction() as raw:
        locked_person(ask_for_lock(raw, number=person.number))
    if wish.happened_on > today:
        raise EventAheadError(day=wish.happened_on)
    region = act.member.region_id
    enrolment = _enrolment_on(person.pk, region, wish.happened_on)
    if enrolment is None:
        raise NotAnEmployeeError(day=wish.happened_on)
    settle_maternity(maternity_law(region, wish.happened_on).terms, _case(wish, has_allowance=True))
    application = receive(
        kind=KIND,
        person_id=person.pk,
        applicant=applicant,
        clock=deadline(today, days=procedure_on(today).allowance_days),
        act=act,
    )
    facts = {name: getattr(wish, name) for name in MaternityWish.__slots__ if name != "person"}
    open_claim(application, Facts(enrolment_id=enrolment.pk, employer_id=enrolment.employer_id, **facts))
    return application


def _enrolment_on(person_id: int, region: str, day: date) -> Enrolment | None:
    """The employee's enrolment in force on a day."""
    rows = Enrolment.objects.filter(
        person_id=person_id, scheme=EMPLOYEES, region_id=region, state=Enrolment.State.NORMAL, valid_from__lte=day
    )
    return next((row for row in rows if row.valid_until is None or day < row.valid_until), None)


def _case(said: MaternityWish | MaternityClaim, *, has_allowance: bool) -> MaternityCase:
    """The engine's input from what was said."""
    return MaternityCase(
        event="birth" if said.event == MaternityClaim.Event.BIRTH else "miscarriage",
        is_difficult=said.is_difficult,
        children=said.children,
        pregnancy_weeks=said.pregnancy_weeks,
        average_wage_fen=said.average_wage_fen,
        own_wage_fen=said.own_wage_fen,
        has_allowance=has_allowance,
        prenatal_cost_fen=said.prenatal_cost_fen,
        care_cost_fen=said.care_cost_fen,
        care_key=said.care_key,
    )


def months_before(claim: MaternityClaim) -> int:
    """Full months without a gap, as an employee here, up to the day of the event."""
    rows = Enrolment.objects.filter(
        person_id=claim.application.person_id,
        scheme=EMPLOYEES,
        region_id=claim.application.region_id,
        state=Enrolment.State.NORMAL,
        valid_from__lte=claim.happened_on,
    ).order_by("-valid_from")
    since = claim.happened_on
    for place, row in enumerate(rows):
        joins = row.valid_until is None or row.valid_until > since if place == 0 else row.valid_until == since
        if not joins:
            break
        since = row.valid_from
    months = 0
    while months_after(since, months + 1) <= claim.happened_on:
        months += 1
    return months


def calculate_maternity(application_id: int, act: Act) -> MaternityCalculation:
    """Compute the claim by the law of the day of the event and keep the result with the checks."""
    with transaction.atomic():
        claim = _locked_claim(application_id, act)
        law = maternity_law(claim.application.region_id, claim.happened_on)
        columns = _columns(law, _result(law, claim))
        return keep_maternity_calculation(
            claim, checks=[each.to_plain() for each in _checks(claim, law)], columns=columns, act=act
        )


def _result(law: MaternityLaw, claim: MaternityClaim) -> MaternityResult:
    return settle_maternity(law.terms, _case(claim, has_allowance=claim.employer_id is not None))


def _columns(law: MaternityLaw, result: MaternityResult) -> dict[str, Any]:
    """The columns of the calculation; the trace names each step, its figures and its clauses."""
    terms = law.terms
    days, clauses = result.days, law.clauses
    trace = [
        ["days", {"basic": days.basic, "difficult": days.difficult, "further": days.further_children,
                  "local": days.local, "total": days.total},
         [clauses[key].id for key in ("birth_days", "difficult_days", "further_child_days", "local_days")]],
        ["allowance", {"wage_fen": result.wage_fen, "divisor": terms.divisor_days, "days": days.total,
                       "fen": result.allowance_fen}, [clauses["divisor_days"].id]],
        ["prenatal", {"limit_fen": result.prenatal_limit_fen, "fen": result.prenatal_fen},
         [clauses["prenatal_limits"].id]],
        ["care", {"fen": result.care_fen}, [clauses["care_fixed"].id, clauses["care_limits"].id]],
    ]  # fmt: skip
    pays = result.fund_fen > 0
    return {
        "days": days.total,
        "allowance_fen": result.allowance_fen,
        "employer_tops_up_fen": result.employer_tops_up_fen,
        "prenatal_fen": result.prenatal_fen,
        "care_fen": result.care_fen,
        "total_fen": result.fund_fen,
        "fund_codes": [law.fund] if pays else [],
        "fund_amounts_fen": [result.fund_fen] if pays else [],
        "law": law.name,
        "trace": trace,
    }


def _checks(claim: MaternityClaim, law: MaternityLaw) -> Sequence[Check]:
    """What an officer should look at; the months are also demanded by the approval."""
    application = claim.application
    invoices = [each for each in live_documents(application) if each.kind == Document.Kind.INVOICE]
    invoiced_fen = sum(invoice.amount_fen or 0 for invoice in invoices)
    cost_fen = claim.prenatal_cost_fen + claim.care_cost_fen
    months = months_before(claim)
    return [
        Check("months_before", months >= law.months_before, f"{months} / {law.months_before}"),
        Check("employer_known", claim.employer_id is not None),
        Check("invoices_equal_cost", invoiced_fen == cost_fen, f"{invoiced_fen / 100:.2f} / {cost_fen / 100:.2f}"),
        Check("own_account", application.account_holder.strip() == application.person.name),
    ]


def check_maternity(application_id: int, act: Act) -> Application:
    """Record that the officer checked the claim as it was calculated.

    :raises MaternityNotCalculatedError: nothing was calculated.
    """
    with transaction.atomic():
        claim = _locked_claim(application_id, act)
        _calculation_of(claim)
        return check(claim.application, act)


def send_maternity_back(application_id: int, act: Act) -> Application:
    """Send a checked claim back to be worked on."""
    with transaction.atomic():
        return take(_locked_claim(application_id, act).application, Step.SEND_BACK, act, checked_by=None)


def approve_maternity(application_id: int, act: Act) -> Application:
    """Approve a checked claim: what the fund owes is posted, owed to the person, in the same transaction.

    :raises TooFewMonthsError: the person was not insured long enough.
    :raises MaternityChangedError: the law gives something else than what was checked.
    :raises yibao.domains.claims.operations.SameOfficerError: the officer checked it.
    """
    with transaction.atomic():
        claim = _locked_claim(application_id, act)
        if claim.application.state != State.CHECKED:
            raise WrongStateError(state=claim.application.state, step=str(Step.APPROVE.value))
        law = maternity_law(claim.application.region_id, claim.happened_on)
        months = months_before(claim)
        if months < law.months_before:
            raise TooFewMonthsError(months=months, needed=law.months_before)
        checked = _calculation_of(claim)
        now = json.loads(json.dumps(_columns(law, _result(law, claim))))
        if any(getattr(checked, name) != value for name, value in now.items()):
            raise MaternityChangedError(checked_fen=checked.total_fen, now_fen=now["total_fen"])
        step = Step.APPROVE if checked.total_fen else Step.APPROVE_NOTHING
        decide(claim.application, step, act)
        _post(claim, checked, cause=Journal.Cause.MATERNITY, act=act, is_red=False)
        return claim.application


def refuse_maternity(application_id: int, act: Act) -> Application:
    """Refuse a checked claim by an article; the event may be claimed for again."""
    with transaction.atomic():
        claim = _locked_claim(application_id, act)
        decide(claim.application, Step.REFUSE, act)
        let_event_go(claim)
        return claim.application


def withdraw_maternity(application_id: int, act: Act) -> Application:
    """Record that the applicant withdrew, before the decision."""
    with transaction.atomic():
        claim = _locked_claim(application_id, act)
        take(claim.application, Step.WITHDRAW, act)
        let_event_go(claim)
        return claim.application


def reverse_maternity(application_id: int, act: Act) -> Application:
    """Take an approval back: its journal is posted in red, the event may be claimed for again.

    :raises yibao.domains.claims.operations.SameOfficerError: the officer is the one who approved.
    """
    with transaction.atomic():
        claim = _locked_claim(application_id, act)
        take_back(claim.application, act)
        _post(claim, _calculation_of(claim), cause=Journal.Cause.MATERNITY_REVERSAL, act=act, is_red=True)
        let_event_go(claim)
        return claim.application


def _locked_claim(application_id: int, act: Act) -> MaternityClaim:
    """The claim of the officer's region, its application locked."""
    return claim_of(locked_application(application_id=application_id, region=act.member.region_id, kind=KIND))


def _calculation_of(claim: MaternityClaim) -> MaternityCalculation:
    found = latest_maternity_calculation(claim)
    if found is None:
        raise MaternityNotCalculatedError(application=claim.application_id)
    return found


def _post(claim: MaternityClaim, owed: MaternityCalculation, *, cause: str, act: Act, is_red: bool) -> None:
    """Debit benefits (5001), credit what is owed to the person (2001); in red when it is taken back."""
    person_id = claim.application.person_id
    postings = []
    for fund, fen in zip(owed.fund_codes, owed.fund_amounts_fen, strict=True):
        book, amount_fen = book_of_fund(fund), -fen if is_red else fen
        postings += [
            Posting(book, BENEFITS_PAID, fund, amount_fen, 0, None, person_id),
            Posting(book, OWED, fund, 0, amount_fen, None, person_id),
        ]
    if postings:
        with storage.transaction() as raw:
            writes = posted(
                region=claim.application.region_id, cause=cause, cause_id=claim.application_id, entered_at=act.at,
                postings=postings,
            )  # fmt: skip
            write_together(raw, writes)
