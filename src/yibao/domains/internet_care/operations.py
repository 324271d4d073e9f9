"""Writing what was checked of visits over the internet, and the one budget of an institution."""

from datetime import date, datetime
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Sum

from yibao.core.errors import YibaoError
from yibao.domains.agreements.conduct import AssessmentSheet
from yibao.domains.agreements.queries import last_grade
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.internet_care.models import BudgetChange, PhysicianQualification
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import Raw, ask


class BudgetKnownError(YibaoError):
    """The year's budget was set before; it is adjusted from then on (年初指标已下达)."""

    code: ClassVar[str] = "internet_care.budget_known"


class NoBudgetError(YibaoError):
    """A budget that was never set cannot be adjusted, and none falls below nought."""

    code: ClassVar[str] = "internet_care.budget_below_nought"


class BudgetBarredError(YibaoError):
    """The last published assessment bars raising the budget (考评结果与预算管理相关联)."""

    code: ClassVar[str] = "internet_care.budget_barred"


def keep_check(
    raw: Raw, *, visit_id: int, document: str, disease_code: str, prior_visit_id: int, checked_at: datetime
) -> None:
    """Keep that a visit passed, and on what."""
    ask(
        raw,
        "INSERT INTO internet_care_visitcheck (visit_id, document, disease_code, prior_visit_id, checked_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        (visit_id, document, disease_code, prior_visit_id, checked_at),
    )


def record_qualification(
    *,
    practitioner: Practitioner,
    licence_number: str,
    licensed_from: date,
    licensed_until: date | None,
    independent_since: date,
    document: str,
    at: datetime,
) -> PhysicianQualification:
    """Record a physician's licence and independent practice, as evidence shows them; the row before stays."""
    return PhysicianQualification.objects.create(
        practitioner=practitioner, licence_number=licence_number, licensed_from=licensed_from,
        licensed_until=licensed_until, independent_since=independent_since, document=document, recorded_at=at,
    )  # fmt: skip


@transaction.atomic
def change_budget(
    *,
    institution: Institution,
    year: int,
    kind: str,
    amount_fen: int,
    reason: str,
    document: str,
    member: StaffMember,
    at: datetime,
) -> BudgetChange:
    """Set an institution's budget of a year, or adjust it by an amount that may be negative.

    What an institution is given more of during the year hangs on its last published assessment.
    :raises BudgetKnownError, NoBudgetError, BudgetBarredError: nothing was changed.
    """
    Institution.objects.select_for_update().get(pk=institution.pk)
    steps = BudgetChange.objects.filter(institution=institution, year=year)
    total_fen = steps.aggregate(fen=Sum("amount_fen"))["fen"]
    is_opening = kind == BudgetChange.Kind.OPENING
    if is_opening and total_fen is not None:
        raise BudgetKnownError(institution=institution.code, year=year)
    if (not is_opening and total_fen is None) or (total_fen or 0) + amount_fen < 0:
        raise NoBudgetError(institution=institution.code, year=year)
    grade = last_grade(institution.pk, AssessmentSheet.Scope.EVERYDAY)
    if not is_opening and amount_fen > 0 and grade is not None and not grade.may_raise_budget:
        raise BudgetBarredError(institution=institution.code, grade=grade.title.zh, grade_en=grade.title.en)
    act_as(str(member.user))
    try:
        return BudgetChange.objects.create(
            institution=institution, year=year, kind=kind, amount_fen=amount_fen, reason=reason, document=document,
            decided_by=member, decided_at=at,
        )  # fmt: skip
    except IntegrityError:
        raise BudgetKnownError(institution=institution.code, year=year) from None
