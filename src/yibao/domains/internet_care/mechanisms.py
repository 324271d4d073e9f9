"""An institution's own mechanisms for care over the internet (第二十二条): reported by it, found in place by an officer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Q, QuerySet

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.internet_care.models import InternetMechanism, MechanismCheck
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import Scope


class NotOwnMechanismError(YibaoError):
    """Institutions report their own mechanisms, officers of their region check them."""

    code: ClassVar[str] = "internet_care.not_own_mechanism"


class NotResponsibleError(YibaoError):
    """Who is to answer for a mechanism does not work there on that day; for prescriptions it is a pharmacist."""

    code: ClassVar[str] = "internet_care.not_responsible"


class UnknownMechanismError(YibaoError):
    """The region has no such mechanism."""

    code: ClassVar[str] = "internet_care.unknown_mechanism"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMechanism:
    """What an institution reports; `responsible` is a practitioner's code."""

    kind: str
    document: str
    content: str
    responsible: str
    valid_from: date


@transaction.atomic
def report_mechanism(new: NewMechanism, *, member: StaffMember, at: datetime) -> InternetMechanism:
    """Enter a mechanism of the member's institution; it does not stand before an officer found it in place.

    :raises NotOwnMechanismError, NotResponsibleError: nothing was written.
    """
    if member.role != StaffMember.Role.INSTITUTION or member.institution is None:
        raise NotOwnMechanismError(user=member.user.get_username())
    responsible = _working(member.institution, new.valid_from).filter(code=new.responsible.upper()).first()
    is_review = new.kind == InternetMechanism.Kind.PRESCRIPTION_REVIEW
    if responsible is None or (is_review and responsible.kind != Practitioner.Kind.PHARMACIST):
        raise NotResponsibleError(practitioner=new.responsible)
    act_as(member.user.get_username())
    return InternetMechanism.objects.create(
        institution=member.institution, kind=new.kind, document=new.document, content=new.content,
        responsible=responsible, valid_from=new.valid_from, entered_by=member, entered_at=at,
    )  # fmt: skip


@transaction.atomic
def check_mechanism(
    mechanism_id: int, *, is_in_place: bool, note: str, member: StaffMember, at: datetime
) -> MechanismCheck:
    """Write down whether a mechanism is in place; checked again later, the latest word counts.

    :raises NotOwnMechanismError, UnknownMechanismError: nothing was written.
    """
    if member.role != StaffMember.Role.AGENCY:
        raise NotOwnMechanismError(user=member.user.get_username())
    mechanism = InternetMechanism.objects.filter(
        pk=mechanism_id, institution__division__pooling_region=member.region_id
    ).first()  # fmt: skip
    if mechanism is None:
        raise UnknownMechanismError(mechanism=mechanism_id)
    act_as(member.user.get_username())
    return MechanismCheck.objects.create(
        mechanism=mechanism, is_in_place=is_in_place, note=note, checked_by=member, checked_at=at
    )


def mechanisms_on(institution_id: int, day: date) -> frozenset[str]:
    """The kinds of mechanism that an institution has in place on a day.

    Of each kind the newest counts, with the latest word on it, while who answers for it works there.
    """
    newest: dict[str, InternetMechanism] = {}
    reported = InternetMechanism.objects.filter(institution_id=institution_id, valid_from__lte=day)
    for mechanism in reported.select_related("institution", "responsible").order_by("valid_from", "pk"):
        if (word := mechanism.checks.order_by("-pk").first()) is not None and word.is_in_place:
            newest[mechanism.kind] = mechanism
        elif word is not None:
            newest.pop(mechanism.kind, None)
    return frozenset(
        kind
        for kind, mechanism in newest.items()
        if _working(mechanism.institution, day).filter(pk=mechanism.responsible_id).exists()
    )


def mechanisms_in(scope: Scope) -> "QuerySet[InternetMechanism]":
    """The mechanisms in a member's sight, newest first, with the words on them."""
    found = InternetMechanism.objects.filter(institution__division__pooling_region=scope.region)
    if scope.institution_id is not None:
        found = found.filter(institution_id=scope.institution_id)
    return found.select_related("institution", "responsible", "entered_by__user").prefetch_related(
        "checks__checked_by__user"
    )


def _working(institution: Institution, day: date) -> "QuerySet[Practitioner]":
    """Who works at an institution on a day."""
    holds = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))
    return Practitioner.objects.filter(holds, institution=institution)
