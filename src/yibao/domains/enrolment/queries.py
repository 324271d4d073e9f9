"""Reads of enrolments, special statuses and personal accounts."""

from datetime import date

from django.db.models import Q, QuerySet

from yibao.domains.enrolment.models import Enrolment, PersonalAccount, SpecialStatus


def _runs_on(day: date) -> Q:
    """The condition that a dated row holds on a day."""
    return Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))


def enrolments_on(person_id: int, on: date) -> QuerySet[Enrolment]:
    """The person's enrolments (参保关系) of all schemes and states on a day, by scheme."""
    return Enrolment.objects.filter(_runs_on(on), person_id=person_id).order_by("scheme")


def enrolment_on(person_id: int, scheme: str, on: date) -> Enrolment | None:
    """The person's enrolment under a scheme on a day, in whatever state, or None."""
    return enrolments_on(person_id, on).filter(scheme=scheme).first()


def special_statuses_on(person_id: int, on: date) -> QuerySet[SpecialStatus]:
    """The person's special statuses (特殊身份) on a day, by kind."""
    return SpecialStatus.objects.filter(_runs_on(on), person_id=person_id).order_by("kind")


def account_balance_fen(person_id: int) -> int | None:
    """Balance of the personal account (个人账户余额) in fen, or None when the person has none."""
    return PersonalAccount.objects.filter(person_id=person_id).values_list("balance_fen", flat=True).first()
